from odoo import fields, models


class CrmStage(models.Model):
    _inherit = "crm.stage"

    x_source_id = fields.Char("Source ID", index="btree_not_null", copy=False, readonly=True)
    x_source_probability = fields.Float("Source Probability", digits=(5, 2), copy=False)
    x_source_system = fields.Char("Source System", copy=False, readonly=True)
