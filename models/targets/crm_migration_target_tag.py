from odoo import api, models

from ...engine.mapping import fold


class CrmMigrationTargetTag(models.AbstractModel):
    """Rows of a list of tags: the schema made the tags; the rows tell that they are there."""

    _name = "crm.migration.target.tag"
    _inherit = "crm.migration.target"
    _description = "Target: Tag"
    _model = "crm.tag"

    @api.model
    def _prepare(self, items, resolver):
        for item in items:
            item.target = self
            item.model = self._model
            item.problems = list(item.mapped.problems)
            name = item.mapped.values.get("name") or ""
            item.extra["found"] = resolver.by_name(self._model).get(fold(name))

    @api.model
    def _load(self, items, resolver):
        """Link the row to the tag of that name; a tag that no deal uses is left out."""
        for item in items:
            item.res_id = item.extra.pop("found") or 0
            item.outcome = "merged" if item.res_id else "skipped"
