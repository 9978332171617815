from odoo import api, models

from ...engine.mapping import fold


class CrmMigrationTargetStage(models.AbstractModel):
    """Rows of a list of stages: the schema made the stages from the confirmed value map."""

    _name = "crm.migration.target.stage"
    _inherit = "crm.migration.target"
    _description = "Target: Stage"
    _model = "crm.stage"

    @api.model
    def _prepare(self, items, resolver):
        for item in items:
            item.target = self
            item.model = self._model
            item.problems = list(item.mapped.problems)
            pipelines = item.mapped.references.get("team_ids", [])
            pipeline = fold(pipelines[0].value) if pipelines else ""
            name = fold(item.mapped.values.get("name") or "")
            item.extra["found"] = resolver.xmlid("stage", pipeline, name)

    @api.model
    def _load(self, items, resolver):
        """Link the row to its stage."""
        for item in items:
            item.res_id = item.extra.pop("found") or 0
            item.outcome = "merged" if item.res_id else "skipped"
