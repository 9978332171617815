from odoo import models


class IrCron(models.Model):
    _inherit = "ir.cron"

    def _trigger_list(self, at_list):
        """A load wakes no job: neither enrichment of leads that are years old, nor reminders.

        ``crm_iap_enrich`` asks for its job on every ``create`` of a lead (odoo19.md, section 2).
        """
        if self.env.context.get("crm_migration_silent"):
            return self.env["ir.cron.trigger"]
        return super()._trigger_list(at_list)
