from odoo import api, models

from ..bulk import create_many
from .crm_migration_target_history import COMMON

# Time of day of what was done on a day.
NOON = "12:00:00"


class CrmMigrationTargetActivity(models.AbstractModel):
    """Tasks: open ones wait for their owner, done ones are archived and stand in the chatter."""

    _name = "crm.migration.target.activity"
    _inherit = "crm.migration.target.history"
    _description = "Target: Activity"
    _model = "mail.activity"
    _watched = ("active",)
    _used = (
        *COMMON,
        "date_deadline",
        "done",
        "state",
        "date_done",
        "priority",
        "recurrence",
        "duration",
        "outcome",
    )

    @api.model
    def _get_values(self, item, resolver):
        mapped = item.mapped.values
        parent = self._find_parent(item, resolver)
        self._set_owner(item, resolver)
        done = bool(mapped.get("done")) or mapped.get("state") == "done"
        if mapped.get("recurrence"):
            item.tell("recurring_task", "", mapped["recurrence"], "recurrence")
        return {
            "res_model_id": self.env["ir.model"]._get_id(parent.model) if parent else False,
            "res_id": parent.res_id if parent else False,
            "activity_type_id": self._get_id("mail.mail_activity_data_todo"),
            "summary": mapped.get("summary") or False,
            "note": mapped.get("body") or False,
            "date_deadline": self._get_deadline(item),
            "user_id": item.values["user_id"],
            "active": not done,
            "date_done": self._get_done_day(item) if done else False,
            "x_source_created_at": self._get_when(item) or False,
            "x_source_priority": mapped.get("priority") or False,
            "x_source_recurrence": mapped.get("recurrence") or False,
            "x_source_duration": mapped.get("duration") or 0.0,
            "x_source_outcome": mapped.get("outcome") or False,
            "x_spark_owner_id": item.values.get("x_spark_owner_id") or False,
        }

    @api.model
    def _get_deadline(self, item):
        """Return the due day; without one the day it was made, never today."""
        due = item.mapped.values.get("date_deadline")
        if due:
            return due[:10]
        when = self._get_when(item) or item.mapped.values.get("date_done")
        if not when:
            item.tell("missing_date", "date_deadline")
            return False
        item.rules["date_deadline"] = "missing_date"
        return when[:10]

    @api.model
    def _get_done_day(self, item):
        done_at = item.mapped.values.get("date_done")
        if done_at:
            return done_at[:10]
        item.rules["date_done"] = "missing_date"
        return self._get_deadline(item)

    @api.model
    def _read_names(self, parents):
        """Read the names of what activities hang on: Odoo would, one by one, for ``res_name``."""
        groups = {}
        for model, res_id in parents:
            groups.setdefault(model, set()).add(res_id)
        for model, ids in groups.items():
            self.env[model].browse(ids).mapped("display_name")

    @api.model
    def _create(self, items, resolver):
        """Create with the name of the record it hangs on: Odoo would read it one by one."""
        models_by_id = {
            item.values["res_model_id"]: self.env["ir.model"].browse(item.values["res_model_id"])
            for item in items
        }
        links = [
            (models_by_id[item.values["res_model_id"]].model, item.values["res_id"])
            for item in items
        ]
        names = self._get_names(links)
        for item, link in zip(items, links, strict=True):
            item.extra["res_name"] = names[link]
        return super()._create(items, resolver)

    @api.model
    def _get_names(self, links):
        """Return {(model, ID): display name}, with one read per model."""
        names = {}
        for model in {model for model, __ in links}:
            records = self.env[model].browse({res_id for name, res_id in links if name == model})
            names |= {(model, record.id): record.display_name for record in records}
        return names

    @api.model
    def _after_create(self, records, items, resolver):
        """Put done tasks into the chatter, as Odoo does when one is marked done."""
        resolver.messages += [
            (self._get_done_message(item, resolver), item)
            for item in items
            if not item.values["active"]
        ]

    @api.model
    def _get_done_message(self, item, resolver):
        author, sender = self._get_author(item, resolver)
        values = item.values
        return {
            "model": self.env["ir.model"].browse(values["res_model_id"]).model,
            "res_id": values["res_id"],
            "date": item.mapped.values.get("date_done") or f"{values['date_done']} {NOON}",
            "subject": values["summary"],
            "body": values["note"] or "",
            "message_type": "notification",
            "subtype_id": self._get_id("mail.mt_activities"),
            "mail_activity_type_id": values["activity_type_id"],
            "author_id": author,
            "email_from": sender,
        } | self.env["crm.migration.target.message"]._get_technical(item, resolver)

    @api.model
    def _add_done_activities(self, items, resolver):
        """Add the done activity of calls that just became messages."""
        if not items:
            return
        call = self._get_id("mail.mail_activity_data_call")
        models_by_name = {
            name: self.env["ir.model"]._get_id(name)
            for name in {item.values["model"] for item in items}
        }
        self._read_names((item.values["model"], item.values["res_id"]) for item in items)
        names = self._get_names([(item.values["model"], item.values["res_id"]) for item in items])
        activities = create_many(
            self.env["mail.activity"],
            [
                {
                    "res_name": names[item.values["model"], item.values["res_id"]],
                    "res_model_id": models_by_name[item.values["model"]],
                    "res_id": item.values["res_id"],
                    "activity_type_id": call,
                    "summary": item.values["subject"],
                    "user_id": self._get_user(item, resolver),
                    "date_deadline": item.values["date"][:10],
                    "date_done": item.values["date"][:10],
                    "active": False,
                    "x_source_duration": item.mapped.values.get("duration") or 0.0,
                    "x_source_outcome": item.mapped.values.get("outcome") or False,
                    "x_source_created_at": item.values["date"],
                }
                for item in items
            ],
        )
        for item, activity in zip(items, activities, strict=True):
            item.companions.append(("mail.activity", activity.id))

    @api.model
    def _get_user(self, item, resolver):
        for reference in item.mapped.references.get("user_id", [])[:1]:
            return resolver.owner(reference.value)[0] or False
        return False
