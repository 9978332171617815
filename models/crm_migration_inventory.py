from odoo import api, fields, models
from odoo.exceptions import UserError

from ..engine.inventory import nearest_action, nearest_model, nearest_trigger


class CrmMigrationInventory(models.Model):
    """What does not move, one line for each: what it was, and what is nearest to it in Odoo."""

    _name = "crm.migration.inventory"
    _description = "Not Moved"
    _order = "project_id, kind, id"

    project_id = fields.Many2one(
        "crm.migration.project", required=True, index=True, ondelete="cascade"
    )
    kind = fields.Char(required=True, help="workflow, campaign, webhook, integration …")
    kind_label = fields.Char(string="Kind of Thing")
    name = fields.Char(required=True)
    trigger = fields.Char(help="What starts it, as the source says.")
    conditions = fields.Char()
    action = fields.Char(help="What it does, as the source says.")
    detail = fields.Text()
    counterpart = fields.Char(string="Nearest in Odoo", help="To rebuild it with.")
    count = fields.Integer(help="Rows it stands for.")
    origin = fields.Char(help="Collected lines are made anew; those added by hand stay.")
    file_id = fields.Many2one("crm.migration.file", ondelete="set null", index="btree_not_null")
    line = fields.Integer(aggregator=None)
    payload = fields.Json(help="The row as it came.")
    is_done = fields.Boolean(string="Rebuilt")
    automation_id = fields.Integer(readonly=True, copy=False, aggregator=None)
    can_draft = fields.Boolean(compute="_compute_can_draft")

    @api.depends("trigger", "action", "automation_id")
    def _compute_can_draft(self):
        there = "base.automation" in self.env
        for thing in self:
            known = nearest_trigger(thing.trigger or "")
            thing.can_draft = bool(there and known and thing.action and not thing.automation_id)

    # ------------------------------------------------------------- draft rule

    def action_draft_rule(self):
        """Make a disabled automation rule to start from; logged, and removed by a rollback.

        :raises UserError: where the source does not tell trigger and action, or the app is missing
        """
        self.project_id.check_access("read")
        self.project_id._check_manager()
        ready = self.filtered("can_draft")
        if not ready:
            raise UserError(
                self.env._(
                    "A draft needs the trigger and the action of the source, and Odoo's "
                    "automation rules installed."
                )
            )
        for project, things in ready.sudo().grouped("project_id").items():
            self.env["crm.migration.collector"].sudo()._draft_rules(project, things)
        return self._open_rules(ready) if len(ready) == 1 else None

    def _open_rules(self, things):
        return {
            "type": "ir.actions.act_window",
            "res_model": "base.automation",
            "res_id": things.automation_id,
            "view_mode": "form",
            "views": [(False, "form")],
        }

    def action_open_rule(self):
        """Show the draft that was made of it."""
        self.ensure_one()
        return self._open_rules(self)

    def _prepare_rule(self):
        """Return the values of the disabled rule: nearest model and trigger, nothing it would do.

        What is to be done stands as a comment in its action, to be built by a person.
        """
        self.ensure_one()
        trigger = nearest_trigger(self.trigger)
        model = self.env["ir.model"]._get(nearest_model(self.trigger, self.action))
        told = [("Trigger", self.trigger), ("Conditions", self.conditions), ("Action", self.action)]
        lines = [f"# {name}: {' '.join(text.split())}" for name, text in told if text]
        values = {
            "name": self.env._("[Draft] %(name)s", name=self.name),
            "model_id": model.id,
            "trigger": trigger,
            "active": False,
            "description": "<br/>".join(line.removeprefix("# ") for line in lines),
        }
        action = {
            "name": self.env._("[Draft] %(name)s", name=self.name),
            "model_id": model.id,
            "state": "code",
            "code": "\n".join([*lines, "pass"]),
            "usage": "base_automation",
        }
        return values, action

    # ------------------------------------------------------------- words

    @api.model
    def _get_trigger_names(self):
        """Return {trigger of an automation rule: its name}."""
        return {
            "on_stage_set": self.env._("Automation rule “Stage is set to”"),
            "on_tag_set": self.env._("Automation rule “Tag is added”"),
            "on_user_set": self.env._("Automation rule “User is set”"),
            "on_time": self.env._("Automation rule “Based on date field”"),
            "on_archive": self.env._("Automation rule “On archived”"),
            "on_create": self.env._("Automation rule “On create”"),
            "on_create_or_write": self.env._("Automation rule “On create and edit”"),
            "on_webhook": self.env._("Automation rule “On webhook”"),
        }

    @api.model
    def _get_action_names(self):
        """Return {kind of action: its name}."""
        return {
            "mail": self.env._("action “Send Email”"),
            "sms": self.env._("action “Send SMS”"),
            "activity": self.env._("action “Create Activity”"),
            "webhook": self.env._("action “Send Webhook Notification”"),
            "write": self.env._("action “Update Record”"),
        }

    @api.model
    def _get_counterpart(self, trigger, action, usual):
        """Return the nearest thing in Odoo: a rule and its action where the source tells them."""
        names = [
            self._get_trigger_names().get(nearest_trigger(trigger)),
            self._get_action_names().get(nearest_action(action)),
        ]
        told = ", ".join(name for name in names if name)
        return told if trigger and names[0] else usual
