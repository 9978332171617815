from odoo import api, fields, models

from ..models.origin import Origin


class CrmMigrationOrigin(models.TransientModel):
    """Shows where a record came from. Nothing of it is kept: only which record it is about."""

    _name = "crm.migration.origin"
    _description = "Origin of a Record"

    model = fields.Char(required=True, readonly=True)
    res_id = fields.Many2oneReference(model_field="model", required=True, readonly=True)
    name = fields.Char(compute="_compute_origin")
    origin_html = fields.Html(compute="_compute_origin", sanitize=False)
    log_ids = fields.Many2many("crm.migration.log", compute="_compute_origin")
    record_ids = fields.Many2many("crm.migration.record", compute="_compute_origin")

    @api.depends("model", "res_id")
    @api.depends_context("lang", "tz", "uid")
    def _compute_origin(self):
        for wizard in self:
            record = self.env[wizard.model].browse(wizard.res_id)
            record.check_access("read")
            origin = Origin(record)
            wizard.name = self.env._("Origin of %(name)s", name=record.display_name)
            wizard.log_ids = origin.find_log()
            wizard.record_ids = origin.rows
            wizard.origin_html = self.env["ir.qweb"]._render(
                "crm_migration.origin_page", origin.get()
            )

    def action_open_record(self):
        """Go back to the record."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "res_model": self.model,
            "res_id": self.res_id,
            "views": [(False, "form")],
        }
