from odoo import api, fields, models

from . import words


class CrmMigrationMappingValue(models.Model):
    """A value of the source and its counterpart: stages, owners, kinds, statuses, pick-lists."""

    _name = "crm.migration.mapping.value"
    _description = "Mapped Value"
    _order = "project_id, domain, sequence, id"
    _rec_name = "source_value"

    project_id = fields.Many2one(
        "crm.migration.project", required=True, index=True, ondelete="cascade"
    )
    domain = fields.Char(required=True, help="stage, owner, activity_kind, won_status …")
    kind = fields.Selection(words.select_value_kind, compute="_compute_kind", store=True)
    field_label = fields.Char(
        compute="_compute_kind", store=True, string="Field", help="The field of a pick-list."
    )
    counterparts = fields.Json(compute="_compute_counterparts")
    target_label = fields.Char(compute="_compute_counterparts", string="In Odoo")
    group = fields.Char(help="What the value belongs to: the pipeline of a stage.")
    source_value = fields.Char(required=True)
    target_value = fields.Char(help="Counterpart by name; empty: not decided.")
    user_id = fields.Many2one("res.users", help="The user an owner becomes.")
    stage_id = fields.Many2one("crm.stage", help="An existing stage to use; empty: one is made.")
    sequence = fields.Integer(aggregator=None)
    probability = fields.Float(aggregator=None, digits=(5, 2))
    is_won = fields.Boolean(string="Won")
    is_lost = fields.Boolean(string="Lost")
    known = fields.Boolean(default=True, help="Recognised; otherwise it is a question.")
    email = fields.Char(help="Email of an owner, if the source tells it.")
    display_text = fields.Char(string="Name", help="Name of an owner, if the source tells it.")
    count = fields.Integer(string="Rows")
    score = fields.Float(aggregator=None, digits=(3, 2))
    reason = fields.Char()
    state = fields.Selection(
        [("proposed", "To confirm"), ("confirmed", "Confirmed")],
        default="proposed",
        required=True,
    )
    decided_by_id = fields.Many2one("res.users", readonly=True)

    _unique_value = models.UniqueIndex(
        "(project_id, domain, COALESCE(\"group\", ''), source_value)"
    )

    @api.depends("domain")
    def _compute_kind(self):
        kinds = words.get_value_kinds(self.env)
        labels = self._read_field_labels()
        for value in self:
            choice = "." in (value.domain or "")
            value.kind = "choice" if choice else value.domain if value.domain in kinds else "other"
            value.field_label = labels.get((value.project_id.id, value.domain)) if choice else False

    def _read_field_labels(self):
        """Return {(project ID, domain): label of the pick-list}."""
        lines = self.env["crm.migration.mapping.line"].search(
            [("project_id", "in", self.project_id.ids), ("new_type", "=", "selection")]
        )
        return {
            (line.project_id.id, line._get_choice_domain()): line.new_label or line.column
            for line in lines
        }

    @api.depends("kind", "target_value")
    @api.depends_context("lang")
    def _compute_counterparts(self):
        for value in self:
            choices = words.get_counterparts(self.env, value.kind)
            value.counterparts = list(choices.items())
            value.target_label = choices.get(value.target_value, value.target_value)

    def write(self, vals):
        self.project_id._check_not_frozen()
        if not self.env.context.get("crm_migration_proposing"):
            if "state" not in vals:
                vals = vals | {"state": "confirmed"}
            vals = vals | {"decided_by_id": self.env.uid}
        result = super().write(vals)
        self.project_id._void_changed_approvals()
        return result

    def action_confirm(self):
        """Accept the counterparts as they stand."""
        self.write({"state": "confirmed"})

    def action_confirm_certain(self):
        """Accept all that is certain: the button is about the whole project."""
        self.env["crm.migration.mapping.line"].action_confirm_certain()
