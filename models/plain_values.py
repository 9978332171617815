"""What records hold, as plain values: IDs for links, text for dates, False for nothing.

Columns and plain relations are read by SQL, as the ORM would read them for the superuser; what it
works out, translates, or keeps by company is the ORM's.
"""

from odoo.tools import SQL

from .inserting import as_array

NOTHING = {"integer": 0, "many2one_reference": 0, "float": 0.0, "monetary": 0.0}
TEXTS = ("char", "text", "html", "selection")
COLUMNS = (*NOTHING, *TEXTS, "boolean", "date", "datetime", "many2one", "json")


def read(records, names):
    """Return {ID: {field: value}} of the records that are there.

    :param names: fields of the model, in any order
    """
    if not records:
        return {}
    fields = records._fields
    columns = [name for name in names if _is_column(records, fields[name])]
    links = [name for name in names if _is_relation(records, fields[name])]
    others = [name for name in names if name not in columns and name not in links]
    rows = _read_columns(records, columns)
    for name in links:
        add_links(records, fields[name], rows)
    if others:
        for row in records.browse(rows).read(others, load=None):
            rows[row["id"]] |= {name: _to_plain(fields[name], row[name]) for name in others}
    return rows


def _is_column(records, field):
    return (
        records.env.su
        and field.store
        and field.column_type
        and field.type in COLUMNS
        and not field.translate
        and not field.company_dependent
    )


def _is_relation(records, field):
    """True for a many2many whose archived ones are not left out."""
    return (
        records.env.su
        and field.type == "many2many"
        and field.store
        and (
            not records.env.context.get("active_test", True)
            or not records.env[field.comodel_name]._active_name
        )
    )


def _read_columns(records, names):
    records.flush_model(names)
    fields = records._fields
    records.env.cr.execute(
        SQL(
            "SELECT %s FROM %s WHERE id = ANY(%s)",
            SQL(", ").join(map(SQL.identifier, ["id", *names])),
            SQL.identifier(records._table),
            as_array("int", records.ids),
        )
    )
    # A column at a time: what a value needs depends on its type alone.
    ids, *columns = list(zip(*records.env.cr.fetchall(), strict=True)) or [()] * (len(names) + 1)
    read_columns = [
        _convert(fields[name].type, column) for name, column in zip(names, columns, strict=True)
    ]
    if not names:
        return {res_id: {"id": res_id} for res_id in ids}
    return {
        res_id: {"id": res_id, **dict(zip(names, row, strict=True))}
        for res_id, row in zip(ids, zip(*read_columns, strict=True), strict=True)
    }


def _convert(kind, values):
    if kind in ("date", "datetime"):
        return [str(value) if value else False for value in values]
    if kind == "boolean":
        return [bool(value) for value in values]
    nothing = NOTHING.get(kind, False)
    return [nothing if value is None else value for value in values]


def add_links(records, field, rows):
    """Add to the rows of records, by ID, what a plain many2many holds."""
    records.flush_model([field.name])
    for row in rows.values():
        row[field.name] = []
    records.env.cr.execute(
        SQL(
            "SELECT %(one)s, %(other)s FROM %(table)s WHERE %(one)s = ANY(%(ids)s) ORDER BY 1, 2",
            one=SQL.identifier(field.column1),
            other=SQL.identifier(field.column2),
            table=SQL.identifier(field.relation),
            ids=as_array("int", rows),
        )
    )
    for one, other in records.env.cr.fetchall():
        rows[one][field.name].append(other)


def _to_plain(field, value):
    if field.type in ("date", "datetime", "html") and value:
        return str(value)
    return list(value) if field.type in ("many2many", "one2many") else value
