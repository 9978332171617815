from odoo import models


class MailThread(models.AbstractModel):
    _inherit = "mail.thread"

    def message_subscribe(self, partner_ids=None, subtype_ids=None):
        """A load changes no followers.

        ``mail.activity.create`` makes the assignee a follower whatever its context says.
        """
        if self.env.context.get("crm_migration_silent"):
            return True
        return super().message_subscribe(partner_ids=partner_ids, subtype_ids=subtype_ids)
