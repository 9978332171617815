from datetime import timedelta

import pytz
from markupsafe import Markup, escape

from odoo import api, fields, models

from ...engine.mapping import fold
from ..damage import Damage
from .crm_migration_target_history import COMMON


class CrmMigrationTargetEvent(models.AbstractModel):
    """Meetings in the calendar, linked to their record without the side effects of doing so."""

    _name = "crm.migration.target.event"
    _inherit = "crm.migration.target.history"
    _description = "Target: Meeting"
    _model = "calendar.event"
    _watched = ("active", "privacy", "show_as", "allday")
    _used = (
        *COMMON, "stop", "duration", "location", "partner_ids", "categ_ids", "allday",
    )  # fmt: skip

    @api.model
    def _get_values(self, item, resolver):
        mapped = item.mapped.values
        parent = self._find_parent(item, resolver)
        self._set_owner(item, resolver)
        start = self._get_when(item)
        if not start:
            item.tell("missing_date", "start")
        attendees, unknown = self._get_attendees(item, resolver, parent)
        lead = parent.res_id if parent and parent.model == "crm.lead" else False
        return {
            "name": mapped.get("summary") or item.key,
            "categ_ids": self._get_calendars(item, resolver),
            "location": mapped.get("location") or False,
            "description": self._get_description(mapped, unknown),
            "user_id": item.values["user_id"],
            "partner_ids": attendees,
            "res_model_id": self.env["ir.model"]._get_id(parent.model) if parent else False,
            "res_id": parent.res_id if parent else False,
            "opportunity_id": lead,
            "x_source_created_at": mapped.get("x_source_created_at") or False,
            "x_spark_owner_id": item.values.get("x_spark_owner_id") or False,
        } | self._get_times(item, resolver, start)

    @api.model
    def _get_calendars(self, item, resolver):
        """Return the tags that stand for the source's calendars: Odoo has one only (X-16)."""
        known = resolver.by_name("calendar.event.type")
        names = [reference.value for reference in item.mapped.references.get("categ_ids", [])]
        return sorted({known[fold(name)] for name in names if fold(name) in known})

    @api.model
    def _get_times(self, item, resolver, start):
        """Return start and end; of whole days the days, as the source's zone has them.

        Odoo lets whole days last from 8 to 18 o'clock, whatever the zone.
        """
        stop = self._get_stop(item, start)
        if not (item.mapped.values.get("allday") and start):
            return {"allday": False, "start": start, "stop": stop}
        first, last = (self._get_day(resolver, when) for when in (start, stop))
        if last > first and stop[11:] == start[11:]:
            last -= timedelta(days=1)  # an end at midnight is that of the day before
        return {
            "allday": True,
            "start_date": str(first),
            "stop_date": str(last),
            "start": f"{first} 08:00:00",
            "stop": f"{last} 18:00:00",
        }

    @api.model
    def _get_day(self, resolver, when):
        zone = pytz.timezone(resolver.project.timezone or "UTC")
        return pytz.utc.localize(fields.Datetime.to_datetime(when)).astimezone(zone).date()

    @api.model
    def _get_stop(self, item, start):
        """Return the end: given, else by the duration; one without both ends when it starts."""
        mapped = item.mapped.values
        stop = mapped.get("stop")
        if stop and start and stop >= start:
            return stop
        if start and mapped.get("duration"):
            end = fields.Datetime.to_datetime(start) + timedelta(minutes=mapped["duration"])
            return fields.Datetime.to_string(end)
        if start:
            if not mapped.get("allday"):
                item.tell("event_without_end", "stop", stop or "")
        return start

    @api.model
    def _get_attendees(self, item, resolver, parent):
        """Return ``(partner IDs, unknown addresses)``.

        The contact and the company that the row names attend too, whatever it hangs on (KC-13).
        """
        ids, unknown = [], []
        for reference in item.mapped.references.get("partner_ids", []):
            found, waits = resolver.participants(reference)
            ids += found
            if waits:
                item.tell("waits_for", "partner_ids", reference.value, entity=reference.entity)
            elif not found:
                unknown.append(reference.value)
                item.tell("attendee_unknown", "partner_ids", reference.value, reference.column)
        if parent and parent.model == "res.partner":
            ids.append(parent.res_id)
        for reference in item.mapped.references.get("res_id", []):
            if reference.entity in ("contact", "company"):
                found = resolver.find(reference, stuck=True)
                ids += [one.res_id for one in found if one.landed and len(found) == 1]
                if len(found) == 1 and not found[0].landed:
                    item.tell("attendee_unknown", "partner_ids", reference.value, reference.column)
        return sorted(set(ids)), unknown

    @api.model
    def _get_description(self, mapped, unknown):
        body = Markup(mapped.get("body") or "")
        if unknown:
            body += Markup("<p>%s</p>") % escape(", ".join(unknown))
        return str(body) or False

    # ------------------------------------------------------------- write

    @api.model
    def _create(self, items, resolver):
        """Create unlinked, then link: linking at create posts and schedules (odoo19.md, 1.7)."""
        links = [
            {name: item.values.pop(name) for name in ("res_model_id", "res_id", "opportunity_id")}
            for item in items
        ]
        records = super()._create(items, resolver)
        for item, link in zip(items, links, strict=True):
            item.values |= link
        self._link(records, links)
        self._queue_notes(items, resolver)
        return records

    @api.model
    def _queue_notes(self, items, resolver):
        """Put a meeting's notes into the chatter of its record too, where the profile says so."""
        messages = self.env["crm.migration.target.message"]
        for item in items:
            mapped, model_id = item.mapped.values, item.values["res_model_id"]
            if mapped.get("notes_in_chatter") and mapped.get("body") and model_id:
                author, sender = self._get_author(item, resolver)
                note = {
                    "model": self.env["ir.model"].browse(model_id).model,
                    "res_id": item.values["res_id"],
                    "date": item.values["start"],
                    "subject": item.values["name"],
                    "body": mapped["body"],
                    "message_type": "comment",
                    "subtype_id": self._get_id("mail.mt_note"),
                    "is_internal": True,
                    "mail_activity_type_id": self._get_id("mail.mail_activity_data_meeting"),
                    "author_id": author,
                    "email_from": sender,
                }
                note |= messages._get_technical(item, resolver)
                resolver.messages.append((note, item))

    @api.model
    def _get_technical(self, item, resolver):
        """No alarms, and nothing for the calendar synchronisation to push."""
        no_sync = {"need_sync": False} if "need_sync" in self.env[self._model]._fields else {}
        return {"alarm_ids": []} | no_sync

    @api.model
    def _link(self, records, links):
        """Set the links in one statement: three plain columns without computes of their own."""
        if not records:
            return
        self.env.flush_all()
        self.env.cr.execute_values(
            """UPDATE calendar_event e
                  SET res_model_id = v.model_id::int, res_id = v.res_id::int,
                      opportunity_id = v.lead_id::int, res_model = m.model
                 FROM (VALUES %s) AS v(id, model_id, res_id, lead_id)
                 LEFT JOIN ir_model m ON m.id = v.model_id::int
                WHERE e.id = v.id""",
            [
                (
                    record.id,
                    link["res_model_id"] or None,
                    link["res_id"] or None,
                    link["opportunity_id"] or None,
                )
                for record, link in zip(records, links, strict=True)
            ],
        )
        records.invalidate_recordset()

    @api.model
    def _find_damage(self, items):
        """Every one invited has an attendance of its own, beside the list of partners."""
        events = self.env[self._model].browse([item.record["res_id"] for item in items]).exists()
        attending = {event.id: set(event.attendee_ids.partner_id.ids) for event in events}
        invited = {event.id: set(event.partner_ids.ids) for event in events}
        damage = Damage(self.env["crm.migration.project"])
        return [
            damage._tell(item, "attendee_ids", sorted(wanted), sorted(attending[event_id]))
            for item in items
            for event_id in [item.record["res_id"]]
            if event_id in attending
            for wanted in [invited[event_id] & set(item.values.get("partner_ids") or [])]
            if wanted - attending[event_id]
        ]
