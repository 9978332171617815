"""The last sample record by record: what the source has, what Odoo would have, and why it differs.

A sample has some hundred records, so what is grouped here is small whatever the export's size.
"""

from odoo.tools import SQL, html2plaintext

from . import words

#: Records of one page.
PAGE = 50
#: What a form shows by its shape, or not at all.
HIDDEN = ("name", "is_company", "type", "active")
ORDER = ("missing", "different", "explained", "equal")


class SampleView:
    def __init__(self, project):
        self.project = project
        self.env = project.env
        self.run = project.run_ids.filtered(lambda r: r.kind == "sample" and r.state == "done")[:1]

    def get(self, entity=None, verdict=None, field=None, text=None, offset=0):
        """Return a page of the sample's records, differences first, and what it can be narrowed by.

        :param entity: code of an entity, or None for all
        :param verdict: only records with a comparison of that verdict
        :param field: only records with that field compared (with the verdict, if one is given)
        :param text: part of the record's name or of its ID in the source
        :return: ``{"name", "state", "total", "landed", "verdicts", "entities", "fields",
            "records", "count"}``
        """
        where = self._get_conditions(entity, verdict, field, text)
        records, count = self._read_records(where, offset)
        labels = words.get_entities(self.env)
        counters = self.run.counters or {}
        return {
            "name": self.project.name,
            "state": self.project.state,
            "is_manager": self.env.user.has_group("crm_migration.crm_migration_group_manager"),
            "total": counters.get("records", 0),
            "landed": self._count_landed(),
            "verdicts": self._get_verdicts(counters.get("checks") or {}),
            "entities": [[code, labels.get(code, code)] for code in self._read_column("entity")],
            "fields": self._get_fields(entity),
            "records": [dict(one, label=labels.get(one["entity"])) for one in records],
            "count": count,
        }

    def get_record(self, record_id):
        """Return the comparison of one record, differences first, and how it would look in Odoo."""
        checks = self.env["crm.migration.check"].search(
            [("run_id", "=", self.run.id), ("record_id", "=", record_id)],
            order="verdict_rank, id",
        )
        verdicts = dict(checks._fields["verdict"]._description_selection(self.env))
        return {
            "model": checks[:1].model and self.env["ir.model"]._get(checks[:1].model).name,
            "rows": [
                {
                    "id": check.id,
                    "field": check.field_name,
                    "label": check.field_label,
                    "source": check.source_value or "",
                    "rule": check.rule_label or "",
                    "odoo": check.actual or "",
                    "shown": self._show(check),
                    "verdict": check.verdict,
                    "verdict_label": verdicts[check.verdict],
                }
                for check in checks
            ],
        }

    def _show(self, check):
        """Return a value as its form shows it; empty for what stands in no ordinary form."""
        text = check.actual or ""
        if (check.field_name or "").startswith("x_source") or check.field_name in HIDDEN:
            return ""
        if text in ("True", "False"):
            return self.env._("Yes") if text == "True" else ""
        return html2plaintext(text) if text.startswith("<") else text

    def _get_verdicts(self, counts):
        labels = dict(
            self.env["crm.migration.check"]._fields["verdict"]._description_selection(self.env)
        )
        return [
            {"name": name, "label": labels[name], "count": counts.get(name, 0)}
            for name in reversed(ORDER)
        ]

    def _get_conditions(self, entity, verdict, field, text):
        parts = [SQL("run_id = %s AND kind IN ('value', 'link')", self.run.id or 0)]
        if entity:
            parts.append(SQL("entity = %s", entity))
        if verdict:
            parts.append(SQL("verdict = %s", verdict))
        if field:
            parts.append(SQL("field_name = %s", field))
        if text:
            like = "%" + text.replace("\\", "\\\\").replace("%", r"\%").replace("_", r"\_") + "%"
            parts.append(SQL("(record_name ILIKE %s OR source_key ILIKE %s)", like, like))
        return SQL(" AND ").join(parts)

    def _read_records(self, where, offset):
        self.env.flush_all()
        self.env.cr.execute(
            SQL(
                """SELECT record_id AS id, min(entity) AS entity, min(source_key) AS key,
                          min(record_name) AS name, min(verdict_rank) AS rank,
                          count(*) FILTER (WHERE verdict IN ('different', 'missing')) AS wrong,
                          count(*) FILTER (WHERE verdict = 'explained') AS explained,
                          count(*) OVER () AS total
                     FROM crm_migration_check WHERE %s AND record_id IS NOT NULL
                    GROUP BY record_id
                    ORDER BY min(verdict_rank), wrong DESC, explained DESC, record_id
                    LIMIT %s OFFSET %s""",
                where,
                PAGE,
                offset,
            )
        )
        rows = self.env.cr.dictfetchall()
        return rows, rows[0]["total"] if rows else 0

    def _read_column(self, column, entity=None):
        where = self._get_conditions(entity, None, None, None)
        self.env.cr.execute(
            SQL(
                "SELECT DISTINCT %s FROM crm_migration_check WHERE %s ORDER BY 1",
                SQL.identifier(column),
                where,
            )
        )
        return [value for (value,) in self.env.cr.fetchall() if value]

    def _get_fields(self, entity):
        """Return [(field, label)]; a field of two models that call it differently has one label."""
        groups = self.env["crm.migration.check"]._read_group(
            [
                ("run_id", "=", self.run.id),
                ("kind", "in", ["value", "link"]),
                *([("entity", "=", entity)] if entity else []),
            ],
            ["field_name"],
            ["id:min"],
        )
        checks = self.env["crm.migration.check"].browse([first for __, first in groups])
        fields = [(check.field_name, check.field_label) for check in checks if check.field_name]
        return sorted(fields, key=lambda one: (one[1] or "").casefold())

    def _count_landed(self):
        self.env.cr.execute(
            "SELECT count(DISTINCT record_id) FROM crm_migration_check WHERE run_id = %s",
            [self.run.id or 0],
        )
        return self.env.cr.fetchone()[0]
