from odoo import fields, models


class CrmMigrationCheck(models.Model):
    """A verdict: one field of one record, or the sum over an entity and field.

    A sample keeps every comparison; a verification keeps the sums and everything not equal.
    """

    _name = "crm.migration.check"
    _description = "Check"
    _order = "run_id desc, id"
    _log_access = False

    project_id = fields.Many2one(
        "crm.migration.project", required=True, index=True, ondelete="cascade"
    )
    run_id = fields.Many2one("crm.migration.run", required=True, index=True, ondelete="cascade")
    kind = fields.Selection(
        [
            ("value", "Value"),
            ("link", "Link"),
            ("field", "Field total"),
            ("entity", "Entity total"),
        ],
        required=True,
    )
    entity = fields.Selection(words.select_entity, string="File Kind")
    record_id = fields.Many2one("crm.migration.record", ondelete="set null", index="btree_not_null")
    source_key = fields.Char()
    model = fields.Char()
    res_id = fields.Many2oneReference(model_field="model", string="Odoo Record")
    field_name = fields.Char(string="Field")
    source_value = fields.Char(string="Source")
    rule = fields.Char()
    expected = fields.Char()
    actual = fields.Char(string="Odoo")
    verdict = fields.Selection(
        [
            ("equal", "Equal"),
            ("explained", "Explained"),
            ("different", "Different"),
            ("missing", "Missing"),
        ]
    )
    # Totals
    equal = fields.Integer()
    explained = fields.Integer()
    different = fields.Integer()
    missing = fields.Integer()
    source_filled = fields.Integer(help="Rows with a value in the source.")
    landed_filled = fields.Integer(help="Odoo records with a value.")
    fill_rate = fields.Float(
        compute="_compute_fill_rate", help="Filled in Odoo / filled in source."
    )

    def _compute_fill_rate(self):
        for check in self:
            check.fill_rate = (
                check.landed_filled / check.source_filled if check.source_filled else 1.0
            )

    def action_open_record(self):
        """Open the Odoo record that was compared."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "res_model": self.model,
            "res_id": self.res_id,
            "view_mode": "form",
            "views": [(False, "form")],
        }
