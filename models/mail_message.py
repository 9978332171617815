from odoo import fields, models


class MailMessage(models.Model):
    _inherit = "mail.message"

    x_source_id = fields.Char("Source ID", index="btree_not_null", copy=False, readonly=True)
    x_source_system = fields.Char("Source System", copy=False, readonly=True)
    x_source_data = fields.Json("Source Data", copy=False, readonly=True)
    x_source_recording = fields.Char("Recording", copy=False, readonly=True)
    x_spark_owner_id = fields.Char("Source Owner ID", copy=False, readonly=True)
