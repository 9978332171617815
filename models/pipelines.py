"""What an export's own lists of pipelines and stages say: IDs, order, probability, outcome.

Plain Python around an environment. The lists are small; they are read once per batch.
"""

from ..engine.mapping import fold


class Pipelines:
    """
    :param names: {pipeline ID: name}
    :param stages: {stage ID: (pipeline name, stage name)}
    :param order: {folded pipeline: {stage name: (sequence, probability)}}
    :param listed: {folded pipeline: name}, in the order of the export
    :param outcomes: {folded pipeline: {stage name: outcome as the source writes it}}
    """

    def __init__(self, project):
        self.names, self.stages, self.order, self.listed, self.outcomes = {}, {}, {}, {}, {}
        rows = list(self._read(project))
        for entity, key, mapped in rows:
            self._add_pipeline(entity, key, mapped)
        for __, key, mapped in rows:
            self._add_stage(key, mapped)

    def _read(self, project):
        """Yield (entity, source key, mapped row) of every row of these lists."""
        loader = project.env["crm.migration.loader"]
        for mapping in project.mapping_ids.filtered(lambda m: m.target == "stage"):
            entity_map = loader._get_entity_map(project, mapping.entity)
            project.env.cr.execute(
                """SELECT source_key, payload FROM crm_migration_record
                    WHERE project_id = %s AND entity = %s
                      AND (state != 'skipped' OR load_run_id IS NOT NULL) ORDER BY id""",
                [project.id, mapping.entity],
            )
            for key, payload in project.env.cr.fetchall():
                yield mapping.entity, key, entity_map.map_row(payload)

    def _add_pipeline(self, entity, key, mapped):
        told = self._get_links(mapped)
        name = told.get("name")
        if not told and entity == "pipeline":
            name, told = mapped.values.get("name"), {"id": key}
        if name and told.get("id"):
            self.names[told["id"]] = name
        if name:
            self.listed.setdefault(fold(name), name)

    def _add_stage(self, key, mapped):
        name, pipeline = mapped.values.get("name"), self.pipeline_of(mapped)
        if not name or (not pipeline and key in self.names):
            return
        self.stages[key] = (pipeline, name)
        place = mapped.values.get("sequence"), mapped.values.get("x_source_probability")
        self.order.setdefault(fold(pipeline), {})[name] = place
        self.listed.setdefault(fold(pipeline), pipeline)
        outcome = mapped.values.get("is_won")
        self.outcomes.setdefault(fold(pipeline), {})[name] = outcome

    def pipeline_of(self, mapped):
        """Return the name of the pipeline of a row of these lists, or an empty text."""
        told = self._get_links(mapped)
        return told.get("name") or self.names.get(told.get("id"), told.get("id", ""))

    def _get_links(self, mapped):
        return {r.by: r.value.strip() for r in mapped.references.get("team_ids", [])}

    # ------------------------------------------------------------- what rows of deals name

    def name(self, value, by):
        """Return the name of the pipeline that a deal names by name or ID."""
        value = (value or "").strip()
        return self.names.get(value, value) if by == "id" else value

    def stage(self, value, by):
        """Return ``(pipeline name or None, stage name)`` of the stage that a deal names."""
        value = (value or "").strip()
        return self.stages.get(value, (None, value)) if by == "id" else (None, value)

    def default(self):
        """Return the pipeline for rows that name none: the first one listed, or None."""
        return next(iter(self.listed.values()), None)
