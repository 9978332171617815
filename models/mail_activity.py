from odoo import fields, models


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
