from odoo import fields, models


class CrmMigrationInventory(models.Model):
    _name = "crm.migration.inventory"
    _description = "Not Moved"
    _order = "project_id, kind, name"

    project_id = fields.Many2one(
        "crm.migration.project", required=True, index=True, ondelete="cascade"
    )
    kind = fields.Char(required=True, help="workflow, campaign, webhook, integration …")
    name = fields.Char(required=True)
    detail = fields.Text()
    counterpart = fields.Char(help="The nearest thing in Odoo, to rebuild it with.")
    count = fields.Integer()
