"""What a line of the map does to some values of its column: before and after.

The engine's own map of one rule, run over values of the staged rows; nothing is written.
"""

from dataclasses import replace

from odoo.tools import format_date, format_datetime, formatLang

from ..engine.issues import CATALOGUE
from ..engine.mapping import EntityMap
from ..engine.transforms import TRANSFORMS
from . import words

# Rows that are looked at for values, and values that are shown.
ROWS = 1000
SHOWN = 5
LONGEST = 200


class LinePreview:
    def __init__(self, line):
        self.line = line
        self.env = line.env
        self.project = line.project_id or line.mapping_id.project_id

    def get(self):
        """Return some ``{before, after, note, level}``: what cannot be read comes first."""
        line = self.line
        if not line.mapping_id or not line.column:
            return []
        entity_map = self._get_map()
        rows = [self._describe(entity_map, raw) for raw in self._read_values()]
        odd = [row for row in rows if row["note"]]
        plain = [row for row in rows if not row["note"]]
        return (odd[: SHOWN - 1] + plain)[:SHOWN]

    def _read_values(self):
        """Return distinct values of the column, in the order of the rows."""
        self.env.cr.execute(
            """SELECT raw FROM (
                   SELECT payload ->> %s AS raw, id FROM crm_migration_record
                    WHERE project_id = %s AND entity = %s AND state != 'skipped'
                    ORDER BY id LIMIT %s) AS first_rows
                WHERE trim(raw) != '' GROUP BY raw ORDER BY min(id)""",
            [self.line.column, self.project.id, self.line.mapping_id.entity, ROWS],
        )
        return [raw for (raw,) in self.env.cr.fetchall()]

    def _get_map(self):
        line = self.line
        mapping = line.mapping_id
        full = self.env["crm.migration.loader"]._get_entity_map(self.project, mapping.entity)
        return EntityMap(
            entity=full.entity,
            target=full.target,
            constants={},
            rules=[replace(line._get_rule(), column=line.column)],
            values=full.values,
            defaults=full.defaults,
        )

    def _describe(self, entity_map, raw):
        mapped = entity_map.map_row({self.line.column: raw})
        problem = next(iter(mapped.problems), None)
        row = {"before": raw[:LONGEST], "after": self._get_after(mapped, raw), "note": ""}
        if problem:
            note = words.get_title(self.env, problem.code)
            row |= {"note": note, "level": CATALOGUE[problem.code].severity}
        return row

    def _get_after(self, mapped, raw):
        name = self.line.target_field
        if not name or self.line.state == "ignored":
            return self.env._("left out")
        if name == "id":
            return raw.strip()
        references = mapped.references.get(name)
        if references:
            return self._describe_links(references)
        if name in mapped.values:
            return self._to_text(mapped.values[name], TRANSFORMS[self.line.transform].output_type)
        return self.env._("kept as text") if mapped.kept else ""

    def _describe_links(self, references):
        labels = []
        for reference in references[:SHOWN]:
            way = words.describe_reference(self.env, f"{reference.entity}.{reference.by}")
            labels.append(f"{reference.value} → {way}" if way else str(reference.value))
        return ", ".join(labels)

    def _to_text(self, value, output_type):
        if isinstance(value, bool):
            return self.env._("yes") if value else self.env._("no")
        if isinstance(value, list):
            return " · ".join(map(str, value))
        if isinstance(value, float):
            return formatLang(self.env, value, digits=0 if value.is_integer() else 2)
        if output_type == "date":
            return format_date(self.env, value)
        if output_type == "datetime":
            return format_datetime(self.env, value)
        return str(value)[:LONGEST]
