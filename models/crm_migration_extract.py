from odoo import fields, models


class CrmMigrationExtract(models.Model):
    """A page of a source as it came, with its time: the original of what was staged (KC-32)."""

    _name = "crm.migration.extract"
    _description = "Extracted Page"
    _order = "id desc"
    _rec_name = "endpoint"
    _log_access = False

    project_id = fields.Many2one(
        "crm.migration.project", required=True, index=True, ondelete="cascade"
    )
    run_id = fields.Many2one("crm.migration.run", required=True, index=True, ondelete="cascade")
    endpoint = fields.Char(required=True, string="List")
    pass_number = fields.Integer(help="The list is walked again when pages moved meanwhile.")
    page = fields.Integer(aggregator=None)
    url = fields.Char(string="Address")
    count = fields.Integer(string="Records")
    total = fields.Integer(help="Number of all records, as the source says.", aggregator=None)
    keys = fields.Json(help="IDs of the records.")
    attachment_id = fields.Many2one("ir.attachment", ondelete="set null", string="File")
    received_at = fields.Datetime()
