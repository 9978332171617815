from odoo import api, fields, models


class CrmLead(models.Model):
    _inherit = "crm.lead"

    alien_level = fields.Selection([("low", "Low"), ("high", "High")], required=True, default="low")
    alien_value = fields.Float(compute="_compute_alien_value", store=True)

    @api.depends("expected_revenue", "partner_id.alien_label", "tag_ids", "day_close")
    def _compute_alien_value(self):
        for lead in self:
            label = lead.partner_id.alien_label or ""
            lead.alien_value = (
                lead.expected_revenue + len(label) + len(lead.tag_ids) + lead.day_close
            )
