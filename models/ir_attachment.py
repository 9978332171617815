from odoo import fields, models


class IrAttachment(models.Model):
    _inherit = "ir.attachment"

    x_source_id = fields.Char("Source ID", index="btree_not_null", copy=False, readonly=True)
    x_source_system = fields.Char("Source System", copy=False, readonly=True)
    x_source_created_at = fields.Datetime("Created in Source", copy=False, readonly=True)
    x_source_data = fields.Json("Source Data", copy=False, readonly=True)

    def _postprocess_contents(self, values):
        """Leave uploads of a migration as they are: Odoo makes large pictures smaller (SP-29)."""
        if values.get("res_model") == "crm.migration.project":
            return values
        return super()._postprocess_contents(values)
