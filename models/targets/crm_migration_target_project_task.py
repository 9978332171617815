from odoo import api, models

from .crm_migration_target_activity import NOON
from .crm_migration_target_history import COMMON

PRIORITIES = {"low": "0", "normal": "1", "high": "2", "urgent": "3"}


class CrmMigrationTargetProjectTask(models.AbstractModel):
    """Tasks of a project, with the contact and the opportunity they belong to (CC-24, CC-25).

    Odoo links no task to an opportunity: its contact, and a custom field, keep the link (X-14).
    """

    _name = "crm.migration.target.project.task"
    _inherit = "crm.migration.target.app"
    _description = "Target: Task of a Project"
    _model = "project.task"
    _use = "task"
    _fallback = "crm.migration.target.activity"
    _used = (*COMMON, "date_deadline", "done", "state", "date_done", "priority", "recurrence")

    @api.model
    def _get_values(self, item, resolver):
        mapped = item.mapped.values
        parent = self._find_record(item, resolver)
        owner = self._get_owner_id(item, resolver)
        done = bool(mapped.get("done")) or mapped.get("state") == "done"
        if mapped.get("recurrence"):
            item.tell("recurring_task", "", mapped["recurrence"], "recurrence")
        if not mapped.get("summary"):
            item.tell("no_name", "name", by="ID")
        return {
            "name": mapped.get("summary") or item.key,
            "description": mapped.get("body") or False,
            "date_deadline": self._get_moment(mapped.get("date_deadline")),
            "state": "1_done" if done else "01_in_progress",
            "priority": PRIORITIES.get(mapped.get("priority"), "0"),
            "user_ids": [owner] if owner else [],
            "partner_id": self._get_partner_id(parent),
            "project_id": resolver.xmlid("app", "project"),
            "stage_id": resolver.xmlid("app", "stage", "done" if done else "open"),
            "date_end": self._get_moment(mapped.get("date_done")) if done else False,
            "company_id": resolver.project.company_id.id,
            "x_crm_lead_id": parent.res_id if parent and parent.model == "crm.lead" else False,
            "x_source_recurrence": mapped.get("recurrence") or False,
            "x_spark_owner_id": item.values.get("x_spark_owner_id") or False,
        }

    @api.model
    def _find_record(self, item, resolver):
        """Return the landed record the task belongs to; a task of nothing stays one."""
        told = item.mapped.values.get("res_model")
        references = self._get_parents(item, resolver, told)
        for reference in references:
            found = resolver.find(reference, told, stuck=True)
            if len(found) == 1 and found[0].landed:
                self._keep_others(item, references, reference)
                return found[0]
            if len(found) == 1 and not found[0].stuck:
                item.tell("waits_for", "res_id", reference.value, entity=found[0].entity)
                return None
            if len(found) > 1:
                item.tell("ambiguous_activity", "res_id", reference.value, count=len(found))
                return None
        if references:
            item.tell("missing_contact", "partner_id", references[0].value, references[0].column)
            item.keep(references[0].column, references[0].value)
        return None

    @api.model
    def _get_partner_id(self, parent):
        if not parent:
            return False
        if parent.model == "crm.lead":
            if parent.res_id < 0:  # a deal that is only foreseen
                return False
            return self.env["crm.lead"].browse(parent.res_id).partner_id.id
        return parent.res_id if parent.model == "res.partner" else False

    @api.model
    def _get_moment(self, text):
        """Return a moment; of a day its noon, which is that day in every inhabited time zone."""
        return (text if len(text) > 10 else f"{text} {NOON}") if text else False

    # ------------------------------------------------------------- write

    @api.model
    def _create(self, items, resolver):
        """Create, then put back the dates that Odoo sets to now; note what it made besides."""
        if not items:
            return self.env[self._model]
        types = self.env["project.task.type"]
        newest = types.search([("user_id", "!=", False)], order="id desc", limit=1).id or 0
        records = super()._create(items, resolver)
        self.env.flush_all()
        self.env.cr.execute_values(
            """UPDATE project_task t
                  SET date_end = v.ended::timestamp, date_assign = v.made::timestamp,
                      date_last_stage_update = COALESCE(v.ended, v.made)::timestamp
                 FROM (VALUES %s) AS v(id, ended, made) WHERE t.id = v.id""",
            [
                (
                    record.id,
                    item.values["date_end"] or None,
                    item.values["x_source_created_at"] or None,
                )
                for record, item in zip(records, items, strict=True)
            ],
            template="(%s, %s, %s)",
        )
        records.invalidate_recordset()
        # A user's own columns of tasks, made with the first task he gets.
        made = types.search([("user_id", "!=", False), ("id", ">", newest)])
        items[0].companions += [(types._name, res_id) for res_id in made.ids]
        return records

    @api.model
    def _write(self, records, values):
        """Give date and stage together: a write of the stage sets the date to now."""
        late = {name: values.pop(name) for name in ("date_end",) if name in values}
        if late and values:
            super()._write(records, values)
        return super()._write(records, late or values)
