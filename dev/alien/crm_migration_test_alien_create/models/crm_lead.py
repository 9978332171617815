from odoo import api, fields, models


class CrmLead(models.Model):
    _inherit = "crm.lead"

    alien_seen = fields.Char()

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            vals["referred"] = f"alien {vals.get('name')}"
        leads = super().create(vals_list)
        for lead in leads:
            lead.alien_seen = f"{lead.won_status} {lead.expected_revenue} {lead.phone_sanitized}"
        return leads
