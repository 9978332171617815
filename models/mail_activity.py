from odoo import api, fields, models


class MailActivity(models.Model):
    _inherit = "mail.activity"

    x_source_id = fields.Char("Source ID", index="btree_not_null", copy=False, readonly=True)
    x_source_system = fields.Char("Source System", copy=False, readonly=True)
    x_source_created_at = fields.Datetime("Created in Source", copy=False, readonly=True)
    x_source_data = fields.Json("Source Data", copy=False, readonly=True)
    x_spark_owner_id = fields.Char("Source Owner ID", copy=False, readonly=True)
    x_source_priority = fields.Char("Priority", copy=False)
    x_source_recurrence = fields.Char("Repeats", copy=False)
    x_source_duration = fields.Float("Duration (minutes)", copy=False)
    x_source_outcome = fields.Char("Outcome", copy=False)

    @api.autovacuum
    def _gc_delete_old_overdue_activities(self):
        """Odoo deletes open activities that are overdue for years (3 by default), every night.

        A task that was still open in the old CRM is somebody's decision, not litter.
        """
        spared = self.with_context(crm_migration_spare=True)
        return super(MailActivity, spared)._gc_delete_old_overdue_activities()

    def unlink(self):
        if self.env.context.get("crm_migration_spare"):
            self = self.filtered(lambda activity: not activity.x_source_id)
        return super().unlink()
