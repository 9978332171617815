"""Many rows into a table of our own with one statement: a list per column, taken apart by unnest.

On the log's wide rows as fast as COPY, a quarter faster than a list of VALUES, and it goes with
``ON CONFLICT`` and ``UPDATE … FROM``.
"""

from odoo.tools import SQL

# Rows per statement.
PART = 2000


def insert_rows(cr, table, types, rows, tail=""):
    """Insert tuples: see :func:`get_inserts`."""
    for insert in get_inserts(table, types, rows, tail):
        cr.execute(insert)


def get_inserts(table, types, rows, tail=""):
    """Yield the statements that insert tuples.

    :param types: {column: its type in PostgreSQL}, in the order of the tuples; no arrays
    :param tail: what follows the rows, such as ``ON CONFLICT DO NOTHING``
    """
    for start in range(0, len(rows), PART):
        yield SQL(
            "INSERT INTO %s (%s) SELECT * FROM %s %s",
            SQL.identifier(table),
            SQL(", ").join(map(SQL.identifier, types)),
            unnest(types.values(), rows[start : start + PART]),
            SQL(tail),
        )


def unnest(types, rows):
    """Return tuples as a set of rows for a FROM clause."""
    columns = zip(*rows, strict=True) if rows else ([] for __ in types)
    arrays = [as_array(kind, column) for kind, column in zip(types, columns, strict=True)]
    return SQL("unnest(%s)", SQL(", ").join(arrays))


def as_array(kind, values):
    """Return values as one literal: an array of literals would be parsed one by one."""
    if kind in ("int", "boolean"):
        text = ",".join(map(str, values)).replace("None", "NULL")
    else:
        text = ",".join(["NULL" if value is None else _quote(value) for value in values])
    return SQL("%s::" + kind + "[]", f"{{{text}}}")


def _quote(value):
    text = value if isinstance(value, str) else str(value)
    if "\\" in text or '"' in text:
        text = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{text}"'
