from odoo import fields, models


class CrmLead(models.Model):
    _inherit = "crm.lead"

    x_source_id = fields.Char("Source ID", index="btree_not_null", copy=False, readonly=True)
    x_source_system = fields.Char("Source System", copy=False, readonly=True)
    x_source_created_at = fields.Datetime("Created in Source", copy=False, readonly=True)
    x_source_modified_at = fields.Datetime("Modified in Source", copy=False, readonly=True)
    x_source_data = fields.Json("Source Data", copy=False, readonly=True)
    x_spark_owner_id = fields.Char("Source Owner ID", copy=False, readonly=True)
    x_source_amount = fields.Float("Source Amount", copy=False, readonly=True, digits=(16, 2))
    x_source_currency = fields.Char("Source Currency", copy=False, readonly=True)
    x_source_stage = fields.Char("Source Stage", copy=False, readonly=True)
    x_source_stage_entered_at = fields.Datetime(
        "Stage Entered in Source", copy=False, readonly=True
    )

    def _pls_increment_frequencies(self, from_state=None, to_state=None):
        """A load or rollback leaves the scoring alone (design, decision 4).

        The deals of another CRM would also count twice after a rollback: Odoo adds to the
        frequencies on create, and never subtracts on unlink (odoo19.md, section 2).
        """
        if self.env.context.get("crm_migration_silent"):
            return None
        return super()._pls_increment_frequencies(from_state=from_state, to_state=to_state)
