from odoo import fields, models


class ResPartner(models.Model):
    _inherit = "res.partner"

    x_source_id = fields.Char("Source ID", index="btree_not_null", copy=False, readonly=True)
    x_source_system = fields.Char("Source System", copy=False, readonly=True)
    x_source_created_at = fields.Datetime("Created in Source", copy=False, readonly=True)
    x_source_modified_at = fields.Datetime("Modified in Source", copy=False, readonly=True)
    x_source_data = fields.Json("Source Data", copy=False, readonly=True)
    x_source_company_ids = fields.Many2many(
        "res.partner",
        "res_partner_source_company_rel",
        "partner_id",
        "company_id",
        string="Companies in the Source",
        domain=[("is_company", "=", True)],
        copy=False,
        help="All companies of a contact that had several; its parent is the first.",
    )
    x_source_contact_count = fields.Integer("Contacts in the Source", copy=False, readonly=True)
    x_spark_owner_id = fields.Char("Source Owner ID", copy=False, readonly=True)

    def _fields_sync(self, values):
        """Push no address or tax ID to other partners during a migration.

        What one row says of one partner must not change another behind the log: the target
        writes what relatives share, and logs it.
        """
        if self.env.context.get("crm_migration_silent"):
            return None
        return super()._fields_sync(values)
