"""Deals by stage, and their sums: what the source says against what Odoo holds."""

from ..engine.mapping import fold

# Rows read at a time: only their stage, pipeline and amount are mapped.
ROWS = 5000
FIELDS = ("stage_id", "team_id", "expected_revenue")


class StageSums:
    def __init__(self, project):
        self.project = project
        self.env = project.env
        self.stages = {}

    def get(self):
        """Return one dict per stage of the source: deals and sum there, deals and sum in Odoo."""
        for mapping in self.project.mapping_ids.filtered(lambda m: m.target == "lead"):
            self._add_entity(mapping)
        return sorted(self.stages.values(), key=lambda stage: (stage["pipeline"], stage["order"]))

    def _add_entity(self, mapping):
        loader = self.env["crm.migration.loader"]
        entity_map = loader._get_entity_map(self.project, mapping.entity)
        columns = {column for name in FIELDS for column in entity_map.columns_of(name)}
        entity_map = loader._narrow_map(entity_map, columns)
        order = {
            (fold(v.group or ""), fold(v.source_value)): v.sequence
            for v in self.project.value_ids.filtered(lambda v: v.domain == "stage")
        }
        for payload, *landed in self._read(mapping.entity):
            mapped = entity_map.map_row(payload)
            pipeline, stage = self._name(mapped, "team_id"), self._name(mapped, "stage_id")
            self._add(pipeline, stage, order, mapped.values.get("expected_revenue") or 0, landed)

    def _read(self, entity):
        """Yield the rows of the newest export with the deal that each became, if it did."""
        last_id = 0
        while True:
            self.env.cr.execute(
                """SELECT r.id, r.payload, l.id, l.stage_id, l.expected_revenue
                     FROM crm_migration_record r
                     LEFT JOIN crm_lead l ON r.model = 'crm.lead' AND l.id = r.res_id
                          AND r.state IN ('created', 'updated', 'unchanged', 'merged')
                    WHERE r.project_id = %s AND r.entity = %s AND r.state != 'skipped'
                      AND r.generation = (SELECT max(generation) FROM crm_migration_record
                                           WHERE project_id = %s AND entity = %s)
                      AND r.id > %s ORDER BY r.id LIMIT %s""",
                [self.project.id, entity, self.project.id, entity, last_id, ROWS],
            )
            rows = self.env.cr.fetchall()
            if not rows:
                return
            last_id = rows[-1][0]
            for __, *row in rows:
                yield row

    def _name(self, mapped, field):
        references = mapped.references.get(field) or []
        return references[0].value.strip() if references else ""

    def _add(self, pipeline, stage, order, amount, landed):
        lead_id, stage_id, revenue = landed
        key = fold(pipeline), fold(stage)
        entry = self.stages.setdefault(
            key,
            {
                "pipeline": pipeline,
                "stage": stage,
                "order": order.get(key, 999),
                "source_count": 0,
                "source_sum": 0.0,
                "odoo_count": 0,
                "odoo_sum": 0.0,
                "stage_id": stage_id,
            },
        )
        entry["source_count"] += 1
        entry["source_sum"] += float(amount)
        if lead_id:
            entry["odoo_count"] += 1
            entry["odoo_sum"] += float(revenue or 0)
            entry["stage_id"] = entry["stage_id"] or stage_id
