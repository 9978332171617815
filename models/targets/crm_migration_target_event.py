from datetime import timedelta

from markupsafe import Markup, escape

from odoo import api, fields, models

from .crm_migration_target_history import COMMON


class CrmMigrationTargetEvent(models.AbstractModel):
    """Meetings in the calendar, linked to their record without the side effects of doing so."""

    _name = "crm.migration.target.event"
    _inherit = "crm.migration.target.history"
    _description = "Target: Meeting"
    _model = "calendar.event"
    _used = (*COMMON, "stop", "duration", "location", "partner_ids")

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
            "start": start,
            "stop": self._get_stop(item, start),
            "allday": False,
            "location": mapped.get("location") or False,
            "description": self._get_description(mapped, unknown),
            "user_id": item.values["user_id"],
            "partner_ids": attendees,
            "res_model_id": self.env["ir.model"]._get_id(parent.model) if parent else False,
            "res_id": parent.res_id if parent else False,
            "opportunity_id": lead,
            "x_source_created_at": mapped.get("x_source_created_at") or False,
            "x_spark_owner_id": item.values.get("x_spark_owner_id") or False,
        }

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
            item.tell("event_without_end", "stop", stop or "")
        return start

    @api.model
    def _get_attendees(self, item, resolver, parent):
        """Return ``(partner IDs, unknown addresses)``; its own contact attends too (KC-13)."""
        ids, unknown = [], []
        for reference in item.mapped.references.get("partner_ids", []):
            found = resolver.find(reference)
            # Contacts sharing one address cannot be told apart: the invitation went to all.
            ids += [candidate.res_id for candidate in found if candidate.landed]
            if any(not candidate.landed for candidate in found):
                item.tell("waits_for", "partner_ids", reference.value, entity=reference.entity)
            elif not found:
                unknown.append(reference.value)
                item.tell("attendee_unknown", "partner_ids", reference.value, reference.column)
        if parent and parent.model == "res.partner":
            ids.append(parent.res_id)
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
        return records

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
