from odoo import api, fields, models


class MailMessage(models.Model):
    _inherit = "mail.message"

    alien_kind = fields.Char(required=True, default="plain")
    alien_length = fields.Integer(compute="_compute_alien_length", store=True)

    @api.depends("body", "subject")
    def _compute_alien_length(self):
        for message in self:
            message.alien_length = len(message.body or "") + len(message.subject or "")
