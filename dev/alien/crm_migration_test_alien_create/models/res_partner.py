from odoo import api, models


class ResPartner(models.Model):
    _inherit = "res.partner"

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            vals["function"] = f"alien {vals.get('name')}"
        return super().create(vals_list)
