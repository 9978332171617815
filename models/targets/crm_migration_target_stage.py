from odoo import api, models

from ...engine.mapping import fold

# What the schema made the stage with, from the confirmed value map.
MADE = ("name", "sequence", "x_source_probability", "is_won", "fold")


class CrmMigrationTargetStage(models.AbstractModel):
    """Rows of a list of stages or pipelines: the schema made them from the confirmed value map.

    A row gives its stage what the value map does not have: the source's ID, its action items, and
    custom properties (SP-18, SP-21).
    """

    _name = "crm.migration.target.stage"
    _inherit = "crm.migration.target"
    _description = "Target: Stage"
    _model = "crm.stage"
    _pseudo = (*MADE, "team_ids")

    @api.model
    def _prepare(self, items, resolver):
        made, choices = self._get_made(resolver), self._get_choices(items)
        for item in items:
            item.target = self
            item.rules = dict(item.mapped.rules)
            item.problems = list(item.mapped.problems)
            item.model, res_id = self._find_made(item, resolver)
            item.extra["found"] = res_id
            if item.model == self._model and res_id in made:
                item.values = self._get_plain_values(item, choices) | {"x_source_id": item.key}
                self._keep_links([item])

    @api.model
    def _find_made(self, item, resolver):
        """Return ``(model, ID)`` of the stage or team that the row is about."""
        pipelines = resolver.pipelines()
        if item.key in pipelines.stages:
            pipeline, name = pipelines.stages[item.key]
            return self._model, resolver.xmlid("stage", fold(pipeline), fold(name)) or 0
        name = pipelines.names.get(item.key) or pipelines.pipeline_of(item.mapped)
        return "crm.team", resolver.xmlid("team", fold(name)) or 0

    @api.model
    def _get_made(self, resolver):
        """Return the IDs of the stages that this source made: others are not touched."""
        self.env.cr.execute(
            "SELECT res_id FROM ir_model_data WHERE module = %s AND model = %s",
            [resolver.project._get_xmlid_module(), self._model],
        )
        return {row[0] for row in self.env.cr.fetchall()}

    @api.model
    def _foresee(self, items, resolver):
        for item in items:
            item.res_id = item.extra.pop("found")
            item.outcome = "merged" if item.res_id else "skipped"

    @api.model
    def _load(self, items, resolver):
        """Link the rows; write what differs on stages that were made here."""
        self._foresee(items, resolver)
        self._write_values([item for item in items if item.res_id and item.values])

    @api.model
    def _write_values(self, items):
        if not items:
            return
        names = sorted({name for item in items for name in item.values})
        landed = self._read_landed([item.res_id for item in items], names)
        for item in items:
            now = landed[item.res_id]
            changes = {k: v for k, v in item.values.items() if now[k] != v}
            if changes:
                item.extra = {"before": {name: now[name] for name in changes}, "after": changes}
        self._write_changes([item for item in items if item.extra.get("after")])
