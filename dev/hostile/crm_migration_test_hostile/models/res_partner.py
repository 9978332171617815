from odoo import api, fields, models
from odoo.exceptions import ValidationError


class ResPartner(models.Model):
    _inherit = "res.partner"

    hostile_branch = fields.Char(required=True, default="main")
    hostile_letters = fields.Integer(compute="_compute_hostile_letters", store=True)

    @api.depends("name", "parent_id.name")
    def _compute_hostile_letters(self):
        for partner in self:
            partner.hostile_letters = len(partner.name or "") + len(partner.parent_id.name or "")

    @api.constrains("email")
    def _check_hostile_email(self):
        for partner in self:
            if (partner.email or "").endswith("@refused.example"):
                raise ValidationError(self.env._("This house takes no such address."))
