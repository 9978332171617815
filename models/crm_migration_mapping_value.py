from odoo import fields, models


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

    def write(self, vals):
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
