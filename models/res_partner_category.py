from odoo import fields, models


class ResPartnerCategory(models.Model):
    _inherit = "res.partner.category"

    x_description = fields.Text("Description", copy=False)
