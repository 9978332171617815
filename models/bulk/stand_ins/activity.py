from collections import defaultdict

from odoo import fields

from ..creation import PlainRoad
from .stand_in import StandIn


class Activity(StandIn):
    """``mail.activity``: the record's name is read once, nobody is told or made a follower."""

    model = "mail.activity"
    supplies = {
        "res_model": (("res_model_id.model",), "_get_models"),
        "res_name": (("_compute_res_name",), "_get_names"),
        "date_done": (("_compute_date_done",), "_get_done_days"),
        "user_tz": (("user_id.tz",), "_get_zones"),
    }

    def prepare(self, model, vals_list):
        context = model.env.context
        if not (context.get("mail_activity_quick_update") and context.get("crm_migration_silent")):
            raise PlainRoad("assignees are told")

    def _get_models(self, rows):
        return [model["model"] for model in rows.read_linked("res_model_id", ["model"])]

    def _get_names(self, rows):
        links = list(zip(rows.get("res_model"), rows.get("res_id"), strict=True))
        groups = defaultdict(set)
        for name, id_ in links:
            if name and id_:
                groups[name].add(id_)
        names = {
            (name, record.id): record.display_name
            for name, ids in groups.items()
            for record in rows.env[name].sudo().browse(ids)
        }
        return [names.get(link, False) for link in links]

    def _get_done_days(self, rows):
        now = fields.Datetime.now()
        return [
            False if active else given or now
            for active, given in zip(rows.get("active"), rows.get("date_done"), strict=True)
        ]

    def _get_zones(self, rows):
        return [user["tz"] for user in rows.read_linked("user_id", ["tz"])]

    def finish(self, records, rows):
        """Refresh the assignees' counters; ``message_subscribe`` stays silent."""
        groups, due = defaultdict(set), defaultdict(int)
        today = fields.Date.today()
        for user_id, model, res_id, deadline, active in rows.take(
            "user_id", "res_model", "res_id", "date_deadline", "active"
        ):
            if user_id:
                if model and res_id:
                    groups[model, user_id].add(res_id)
                if active and deadline and fields.Date.to_date(deadline) <= today:
                    due[user_id] += 1
        users = (
            records.env["res.users"].sudo().browse({user_id for __, user_id in groups} | due.keys())
        )
        partners = {user.id: user.partner_id.ids for user in users}
        for (name, user_id), ids in groups.items():
            records.env[name].browse(ids).message_subscribe(partner_ids=partners[user_id])
        for user_id, count in due.items():
            users.browse(user_id)._bus_send(
                "mail.activity/updated", {"activity_created": True, "count_diff": count}
            )
