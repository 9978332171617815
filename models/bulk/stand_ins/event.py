from odoo import fields

from ..creation import PlainRoad
from .stand_in import StandIn
from .thread import Thread


class Event(Thread):
    """``calendar.event`` of a given time, not linked yet: its attendees come with it."""

    model = "calendar.event"
    needs = (*Thread.needs, "no_mail_to_attendees", "dont_notify", "skip_contact_description")
    supplies = {
        "res_model": (("res_model_id.model",), "_get_models"),
        "start_date": (("_compute_dates",), "_get_start_days"),
        "stop_date": (("_compute_dates",), "_get_stop_days"),
        "duration": (("_compute_duration", "_get_duration"), "_get_durations"),
        "videocall_location": (
            ("_compute_videocall_location", "_compute_videocall_source"), "_get_calls"
        ),
    }  # fmt: skip
    presupposes = ("name", "start", "stop", "user_id")
    constraints = {"_check_closing_date": "_ends_after_start"}
    companions = {"calendar.attendee": "event_id"}

    def is_plain(self, values):
        """Of whole days Odoo sets the times; what is linked has side effects."""
        return bool(values.get("attendee_ids")) or self.is_plain_below(values)

    def is_plain_below(self, values):
        return bool(
            values.get("allday")
            or values.get("recurrency")
            or any(
                values.get(name)
                for name in (
                    "res_id", "opportunity_id", "activity_ids", "alarm_ids", "access_token",
                    "videocall_location",
                )
                if not (name == "alarm_ids" and values[name] == [(6, 0, [])])
            )
        )  # fmt: skip

    def prepare(self, model, vals_list):
        self.require_silence(model)
        for vals in vals_list:
            if not vals.keys() >= {*self.presupposes, "partner_ids"}:
                raise PlainRoad("name, time, organiser or attendees are to be found")
            for name in ("description", "res_id", "res_model", "res_model_id"):
                vals.setdefault(name, None)
        model._set_videocall_location(vals_list)

    def finish(self, records, rows):
        """Make an attendance of everyone invited."""
        records._track_discard()
        from ..roads import create_many  # a road leads here

        create_many(
            records.env["calendar.attendee"],
            [
                {"event_id": id_, **command[2]}
                for id_, commands in zip(rows.ids, rows.get("partner_ids"), strict=True)
                for command in records.browse()._attendees_values(commands)
            ],
        )

    def _get_models(self, rows):
        return [model["model"] for model in rows.read_linked("res_model_id", ["model"])]

    def _get_start_days(self, rows):
        return [False] * len(rows)

    def _get_stop_days(self, rows):
        return [False] * len(rows)

    def _get_durations(self, rows):
        to_datetime = fields.Datetime.to_datetime
        return [
            rows.model._get_duration(to_datetime(start), to_datetime(stop))
            for start, stop in zip(rows.get("start"), rows.get("stop"), strict=True)
        ]

    def _get_calls(self, rows):
        return rows.get("videocall_location")

    def _ends_after_start(self, rows):
        to_datetime = fields.Datetime.to_datetime
        return all(
            to_datetime(start) <= to_datetime(stop)
            for start, stop in zip(rows.get("start"), rows.get("stop"), strict=True)
            if start and stop
        )


class Attendee(StandIn):
    """``calendar.attendee``: the organiser of the load has accepted, as in Odoo."""

    model = "calendar.attendee"
    supplies = {"common_name": (("_compute_common_name",), "_get_names")}

    def prepare(self, model, vals_list):
        own = model.env.user.partner_id.id
        for vals in vals_list:
            if vals.get("common_name"):
                raise PlainRoad("common_name is given")
            if "state" not in vals and vals.get("partner_id") == own:
                vals["state"] = "accepted"

    def _get_names(self, rows):
        partners = rows.read_linked("partner_id", ["name", "email"])
        return [partner["name"] or partner["email"] for partner in partners]
