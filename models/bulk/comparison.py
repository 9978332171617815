"""The self-check: some records are made by both roads, undone, and compared column by column."""

from datetime import datetime, timedelta

from odoo.tools import SQL

# What differs between any two creations.
STAMPS = {"create_date", "write_date"}
# Two times of day that are both "now" are the same.
NOW = timedelta(minutes=5)


def find_differences(model, creation, values_list, create=None):
    """Return the sorted names of the columns in which the fast road differs from ``create()``.

    :param creation: the fast road, unused
    :param create: what makes records plainly: ``create()``, if none is given
    :raises PlainRoad: where the fast road would not take the values
    """
    varying = creation._get_varying_defaults()
    fast = _make(model, creation.run, values_list, creation.stand_in, varying)
    plain = _make(model, create or model.create, values_list, creation.stand_in, varying)
    return sorted(
        {
            name
            for one, other in zip(fast, plain, strict=True)
            for name in compare(one, other, creation.stand_in)
        }
    )


def compare(one, other, stand_in):
    """Return the names of the columns in which two rows differ, but for what "now" changes."""
    return {
        name
        for name in one.keys() | other.keys()
        if not is_equal(one.get(name), other.get(name))
        and not all(is_now(row.get(stand_in.counted_from.get(name))) for row in (one, other))
    }


def _make(model, create, values_list, stand_in, varying):
    """Return the rows that a road makes of the values; nothing of them stays."""
    model.env.flush_all()
    savepoint = model.env.cr.savepoint()
    try:
        records = create([dict(values) for values in values_list])
        model.env.flush_all()
        return read_rows(records, stand_in, varying)
    finally:
        savepoint.close(rollback=True)


def read_rows(records, stand_in, ignored=()):
    """Return one dict for each record: all columns, linked IDs and companions.

    IDs of the records themselves are told by their place, so that two sets of them compare.
    """
    places = {id_: f"record {place}" for place, id_ in enumerate(records.ids)}
    rows = _read_columns(records, places, {*STAMPS, *ignored, "id"})
    for name, field in records._fields.items():
        if field.store and field.type == "many2many":
            own = places if field.comodel_name == records._name else {}
            for id_, linked in _read_links(records, field).items():
                rows[id_][name] = sorted(str(own.get(other, other)) for other in linked)
    for model, link in stand_in.companions.items():
        _add_companions(records.env[model], link, rows, places)
    return [rows[id_] for id_ in records.ids]


def _read_columns(records, places, ignored):
    fields = records._fields
    rows = {}
    for row in _fetch(records, "id", records.ids):
        rows[row["id"]] = {
            name: places.get(value, value)
            if name in fields
            and fields[name].type == "many2one"
            and fields[name].comodel_name == records._name
            else value
            for name, value in row.items()
            if name not in ignored
        }
    return rows


def _fetch(model, column, ids):
    model.env.cr.execute(
        SQL(
            "SELECT * FROM %s WHERE %s IN %s ORDER BY id",
            SQL.identifier(model._table),
            SQL.identifier(column),
            tuple(ids),
        )
    )
    return model.env.cr.dictfetchall()


def _read_links(records, field):
    records.env.cr.execute(
        SQL(
            "SELECT %s, array_agg(%s) FROM %s WHERE %s IN %s GROUP BY 1",
            SQL.identifier(field.column1),
            SQL.identifier(field.column2),
            SQL.identifier(field.relation),
            SQL.identifier(field.column1),
            tuple(records.ids),
        )
    )
    return dict(records.env.cr.fetchall())


def _add_companions(model, link, rows, places):
    """Add to each row what was made along with it."""
    varying = {name for name, field in model._fields.items() if callable(field.default)}
    varying -= {n for n in varying if "_setup_attrs__" in model._fields[n].default.__qualname__}
    for row in _fetch(model, link, list(rows)):
        owner = rows[row[link]]
        place = sum(name.startswith(f"{model._name} ") for name in owner)
        owner[f"{model._name} {place}"] = {
            name: places.get(value, value) if name == link else value
            for name, value in row.items()
            if name not in {*STAMPS, *varying, "id"}
        }


def is_equal(one, other):
    return one == other or (is_now(one) and is_now(other))


def is_now(moment):
    if not isinstance(moment, datetime):
        return False
    return abs(moment - datetime.now()) < NOW or abs(moment - datetime.utcnow()) < NOW
