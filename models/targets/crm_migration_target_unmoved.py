from odoo import api, models


class CrmMigrationTargetUnmoved(models.AbstractModel):
    """Rows that have no home without their app: left out, told, and written down in a list."""

    _name = "crm.migration.target.unmoved"
    _inherit = "crm.migration.target"
    _description = "Target: None, for Want of an App"
    _model = "res.partner"

    @api.model
    def _prepare(self, items, resolver):
        for item in items:
            item.target = self
            item.problems = list(item.mapped.problems)
            item.tell("app_missing")

    @api.model
    def _foresee(self, items, resolver):
        for item in items:
            item.outcome = "skipped"

    @api.model
    def _load(self, items, resolver):
        self._foresee(items, resolver)
