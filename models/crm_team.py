from odoo import fields, models


class CrmTeam(models.Model):
    _inherit = "crm.team"

    x_source_id = fields.Char("Source Pipeline", copy=False, readonly=True)
    x_source_system = fields.Char("Source System", copy=False, readonly=True)
