"""Columns that ``write`` cannot put back as they were: all languages of a text, a figure not given.

The log keeps them beside the values before; the rollback writes them after the values.
"""

from psycopg2.extras import Json

from odoo.tools import SQL

# Where a line of the log keeps them: {field: content of its column}.
RAW = "columns"


def read_raw(records, names):
    """Return {ID: {field: content of its column}}."""
    if not records:
        return {}
    records.flush_recordset(names)
    columns = SQL(", ").join(map(SQL.identifier, names))
    records.env.cr.execute(
        SQL(
            "SELECT id, %s FROM %s WHERE id IN %s",
            columns, SQL.identifier(records._table), records._ids,
        )
    )  # fmt: skip
    return {row.pop("id"): row for row in records.env.cr.dictfetchall()}


def write_raw(record, values):
    """Write {field: content of its column}: dicts are JSON, None is nothing."""
    record.flush_recordset()
    for name, value in values.items():
        record.env.cr.execute(
            SQL(
                "UPDATE %s SET %s = %s WHERE id = %s",
                SQL.identifier(record._table), SQL.identifier(name),
                Json(value) if isinstance(value, dict) else value, record.id,
            )
        )  # fmt: skip
    record.invalidate_recordset(list(values))
