from odoo import api, fields, models


class ResPartner(models.Model):
    _inherit = "res.partner"

    alien_seen = fields.Char()

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            vals["function"] = f"alien {vals.get('name')}"
        partners = super().create(vals_list)
        for partner in partners:
            tags = partner.category_id.mapped("name")
            partner.alien_seen = f"{partner.complete_name} {partner.user_id.login} {tags}"
        return partners
