"""The columns of records in which people type, read as they are stored.

What Odoo works out by itself is not among them, nor is who wrote a record and when.
"""

from collections import Counter
from itertools import chain

from odoo.tools import SQL

from .edits import read_writings
from .inserting import as_array

#: Columns that Odoo changes by itself as records are used.
COUNTED = ("customer_rank", "supplier_rank", "message_main_attachment_id", "signup_type")

#: What is as good as empty, by type of column.
ZEROS = {
    "bool": "FALSE", "varchar": "''", "text": "''", "int4": "0", "int8": "0", "numeric": "0",
    "float8": "0", "jsonb": "'{}'",
}  # fmt: skip


def typed_columns(model):
    """Return the names of the columns of a model that a person can fill."""
    stamps = ("id", "create_uid", "create_date", "write_uid", "write_date")
    return [
        field.name
        for field in model._fields.values()
        if field.store and field.column_type and field.type != "binary"
        and not (field.compute and field.readonly) and not field.related
        and field.name not in (*stamps, *COUNTED)
    ]  # fmt: skip


def read_filled(model, ids):
    """Return {ID: {column: value as JSON}} of the filled columns; one query."""
    model.env.flush_all()
    model.env.cr.execute(
        SQL(
            "SELECT id, jsonb_strip_nulls(%s) FROM %s WHERE id = ANY(%s)",
            pack(model),
            SQL.identifier(model._table),
            list(ids),
        )
    )
    return {
        res_id: {name: value for name, value in row.items() if value}
        for res_id, row in model.env.cr.fetchall()
    }


def find_changed(project, model, logged):
    """Return {ID: (columns as Odoo had filled them, columns now)} of created records that nobody
    wrote since, and which hold something else in a column that the log has no value of.

    The database compares, nearly all are the same: first what was noted with what is in those
    columns that have something unlogged, and of the few that differ what is not in the log.

    :param logged: {ID: names of fields that the log has values of}
    """
    model.env.flush_all()
    unwritten = SQL()
    if model._log_access:
        unwritten = SQL(
            """JOIN (%s) AS w ON w.res_id = t.id AND NOT w.in_between
                AND date_trunc('second', t.write_date) <= w.last""",
            read_writings(project, model._name, logged, whole_seconds=True),
        )
    names = list(dict.fromkeys(name for name, __ in find_unlogged(model, logged)))
    model.env.cr.execute(
        SQL(
            """WITH noted AS MATERIALIZED (
                   SELECT t.id, c.filled, %(now)s AS now
                     FROM crm_migration_log c JOIN %(table)s t ON t.id = c.res_id
                          %(unwritten)s
                    WHERE c.project_id = %(project)s AND c.model = %(model)s
                      AND c.res_id = ANY(%(ids)s) AND c.action = 'create'
                      AND c.filled IS NOT NULL)
               SELECT id, filled - keys, now - keys
                 FROM (SELECT id, filled, now, ARRAY(
                              SELECT DISTINCT jsonb_object_keys(u.after)
                                FROM crm_migration_log u
                               WHERE u.project_id = %(project)s AND u.model = %(model)s
                                 AND u.res_id = noted.id AND jsonb_typeof(u.after) = 'object'
                          ) AS keys
                         FROM noted WHERE filled != now) AS compared
                WHERE filled - keys != now - keys""",
            now=_pack(model, names),
            table=SQL.identifier(model._table),
            project=project.id,
            model=model._name,
            ids=as_array("int", logged),
            unwritten=unwritten,
        )
    )
    return {res_id: (filled, now) for res_id, filled, now in model.env.cr.fetchall()}


def find_unlogged(model, logged):
    """Return [(column, whether some lines have a value of it)] of the typed columns in which some
    record holds something that its log line has no value of; one query.

    Most of some fifty columns are empty, or logged wherever they are filled: to put all of them
    into JSON for each record took the database longer than to write the records.

    :param logged: {ID: names of the fields that its line has, each once}
    """
    counts, told = {}, Counter(chain.from_iterable(logged.values()))
    for name in typed_columns(model):
        column = _get_column(model._fields[name], drop_zeros=True)
        if not told[name]:
            counts[name, False] = SQL("count(%s)", column)
        elif told[name] < len(logged):
            others = as_array("int", [id_ for id_, names in logged.items() if name not in names])
            counts[name, True] = SQL("count(%s) FILTER (WHERE id = ANY(%s))", column, others)
    if not counts:
        return []
    model.env.cr.execute(
        SQL(
            "SELECT %s FROM %s t WHERE id = ANY(%s)",
            SQL(", ").join(counts.values()),
            SQL.identifier(model._table),
            as_array("int", logged),
        )
    )
    return [key for key, count in zip(counts, model.env.cr.fetchone(), strict=True) if count]


def pack_unlogged(model, columns, line):
    """Return the SQL of what :func:`find_unlogged` found in the record ``t``, as one JSON object.

    :param line: SQL of the JSON with the values that the record's line has
    """
    pairs = []
    for name, logged in columns:
        value = _get_column(model._fields[name], drop_zeros=True)
        if logged:
            value = SQL("CASE WHEN %s ? %s THEN NULL ELSE %s END", line, name, value)
        pairs.append(SQL("%s, %s", name, value))
    return _build_filled(pairs)


def pack(model):
    """Return the SQL of the typed columns as one JSON object."""
    return _build([SQL("%s, %s", n, _get_column(model._fields[n])) for n in typed_columns(model)])


def _pack(model, names):
    """Return the SQL of columns of the record ``t``, of what is not as good as empty in them."""
    fields = [model._fields[name] for name in names]
    return _build_filled([SQL("%s, %s", f.name, _get_column(f, drop_zeros=True)) for f in fields])


def _build_filled(pairs):
    return SQL("jsonb_strip_nulls(%s)", _build(pairs)) if pairs else SQL("'{}'::jsonb")


def _build(pairs):
    # A function takes a hundred arguments at most.
    parts = [
        SQL("jsonb_build_object(%s)", SQL(", ").join(pairs[start : start + 50]))
        for start in range(0, len(pairs), 50)
    ]
    return SQL(" || ").join(parts)


def _get_column(field, drop_zeros=False):
    column = SQL.identifier("t", field.name) if drop_zeros else SQL.identifier(field.name)
    zero = ZEROS.get(field.column_type[0]) if drop_zeros else None
    return SQL("NULLIF(%s, %s)", column, SQL(zero)) if zero else column
