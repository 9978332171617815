"""Staged records as the database gives them: their rows of the source are read all at once."""

import json

from odoo.tools import SQL

COLUMNS = (
    "id", "entity", "source_key", "file_id", "line", "payload", "loaded_payload", "state",
    "model", "res_id", "in_circle", "contact_count",
)  # fmt: skip
PAYLOADS = ("payload", "loaded_payload")


def get_columns(*table):
    """Return the SQL of the columns, for a SELECT whose rows :func:`fetch` reads.

    :param table: its name or alias, where it needs one
    """
    return SQL(", ").join([_get_column(SQL.identifier(*table, name), name) for name in COLUMNS])


def _get_column(column, name):
    if name in PAYLOADS:
        return SQL("%s::text AS %s", column, SQL.identifier(name))
    return column


def fetch(cr):
    """Return what was selected as dicts."""
    names = [column.name for column in cr.description]
    rows = [dict(zip(names, row, strict=True)) for row in cr.fetchall()]
    for name in PAYLOADS:
        _decode(rows, name)
    return rows


def _decode(rows, name):
    """Read a column of JSON: in one text, the names that all rows have are made once for all."""
    filled = [row for row in rows if row[name] is not None]
    values = json.loads(f"[{','.join([row[name] for row in filled])}]")
    for row, value in zip(filled, values, strict=True):
        row[name] = value
