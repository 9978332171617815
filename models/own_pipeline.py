"""Odoo's own pipeline for a source with one (CC-07): which of its stages gets which name.

Plain Python around an environment.
"""

from ..engine.mapping import fold
from .xmlid import xmlid_name


class OwnPipeline:
    """
    :param pipelines: {folded pipeline: name} of the confirmed stages
    :param team: the sales team whose stages are Odoo's own
    """

    def __init__(self, project):
        self.project, self.env = project, project.env
        self.values = project.value_ids.filtered(lambda v: v.domain == "stage").sorted("sequence")
        self.pipelines = {fold(v.group or ""): v.group or "" for v in self.values}
        self.team = project.team_id or self.env["crm.team"].search(
            [("company_id", "in", [False, project.company_id.id])], limit=1
        )

    @property
    def is_taken(self):
        """Whether the project chose it, and can: several pipelines are teams of their own."""
        return bool(
            self.project.pipeline_policy == "default" and len(self.pipelines) == 1 and self.team
        )

    def take_team(self):
        """Name the team after the pipeline, in external IDs only; return its ID."""
        self._name([("team", *self.pipelines)], self.team)
        return self.team.id

    def name_stages(self, pairs):
        """Let the renamed stages be found as those of the source."""
        for value, stage in pairs.items():
            self._name([self._get_name(value)], stage)

    def pairs(self):
        """Return {value: stage to rename}: equal names first, then in order; won with won.

        Stages that the source calls lost are none in Odoo; those that a person chose, or that were
        taken before, are left out.
        """
        named = self._read_named()
        values = [
            value for value in self.values
            if not value.stage_id and not value.is_lost
            and xmlid_name(*self._get_name(value)) not in named
        ]  # fmt: skip
        known = {*named.values(), *self.values.stage_id.ids}
        stages = self.env["crm.stage"].search([("team_ids", "in", [False, self.team.id])])
        free = [stage for stage in stages if stage.id not in known]
        pairs = {}
        for is_pair in (self._is_same, self._is_like):
            for value in values:
                stage = next((s for s in free if value not in pairs and is_pair(value, s)), None)
                if stage:
                    pairs[value] = stage
                    free.remove(stage)
        return {value: pairs[value] for value in values if value in pairs}

    def _is_same(self, value, stage):
        return fold(stage.name) == fold(self._get_label(value)) and self._is_like(value, stage)

    def _is_like(self, value, stage):
        return value.is_won == stage.is_won

    def describe(self):
        """Return the parameters of what is told: who is renamed, and how many deals are there."""
        pairs = self.pairs()
        stages = [stage.id for stage in pairs.values()]
        deals = self.env["crm.lead"].with_context(active_test=False)
        return {
            "pipeline": next(iter(self.pipelines.values())) or self.project._get_profile().name,
            "team": self.team.name,
            "stages": ", ".join(f"{s.name} → {self._get_label(v)}" for v, s in pairs.items()),
            "count": deals.search_count([("stage_id", "in", stages)]),
        }

    def get_stage_values(self, value):
        """Return what a stage gets from the confirmed value."""
        return {
            "name": self._get_label(value),
            "sequence": value.sequence,
            "x_source_probability": value.probability,
            "x_source_system": self.project.source_system,
        }

    def _get_label(self, value):
        return value.target_value or value.source_value

    def _get_name(self, value):
        return "stage", fold(value.group or ""), fold(value.source_value)

    def _read_named(self):
        """Return {name: stage ID} of the external IDs of this source."""
        self.env.cr.execute(
            "SELECT name, res_id FROM ir_model_data WHERE module = %s AND model = 'crm.stage'",
            [self.project._get_xmlid_module()],
        )
        return dict(self.env.cr.fetchall())

    def _name(self, names, record):
        module = self.project._get_xmlid_module()
        self.env["ir.model.data"]._update_xmlids(
            [
                {"xml_id": f"{module}.{xmlid_name(*name)}", "record": record, "noupdate": True}
                for name in names
            ]
        )
