from odoo import api, fields, models
from odoo.exceptions import ValidationError


class ResPartner(models.Model):
    _inherit = "res.partner"

    alien_rank = fields.Integer(required=True, default=7)
    alien_token = fields.Char(default=lambda self: f"token of {self.env.uid}", required=True)
    alien_label = fields.Char(compute="_compute_alien_label", store=True)
    alien_count = fields.Integer(compute="_compute_alien_count", store=True)

    @api.depends("name", "email_normalized", "parent_id.name", "category_id.name")
    def _compute_alien_label(self):
        for partner in self:
            tags = " ".join(partner.category_id.sorted("id").mapped("name"))
            words = (partner.name, partner.email_normalized, partner.parent_id.name, tags)
            partner.alien_label = " / ".join(filter(None, words))

    @api.depends("child_ids", "child_ids.phone_sanitized")
    def _compute_alien_count(self):
        for partner in self:
            partner.alien_count = len(partner.child_ids.filtered("phone_sanitized"))

    @api.constrains("name", "alien_rank")
    def _check_alien_name(self):
        for partner in self:
            if "Forbidden" in (partner.name or "") or partner.alien_rank != 7:
                raise ValidationError(self.env._("This name is forbidden here."))
