from odoo import fields, models


class CrmTag(models.Model):
    _inherit = "crm.tag"

    x_description = fields.Text("Description", copy=False)
