"""The columns of records in which people type, read as they are stored.

What Odoo works out by itself is not among them, nor is who wrote a record and when.
"""

from odoo.tools import SQL

#: Columns that Odoo changes by itself as records are used.
COUNTED = ("customer_rank", "supplier_rank", "message_main_attachment_id", "signup_type")


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
    pairs = [SQL("%s, %s", SQL("%s", name), SQL.identifier(name)) for name in typed_columns(model)]
    # A function takes a hundred arguments at most.
    parts = [
        SQL("jsonb_build_object(%s)", SQL(", ").join(pairs[start : start + 50]))
        for start in range(0, len(pairs), 50)
    ]
    model.env.cr.execute(
        SQL(
            "SELECT id, jsonb_strip_nulls(%s) FROM %s WHERE id = ANY(%s)",
            SQL(" || ").join(parts),
            SQL.identifier(model._table),
            list(ids),
        )
    )
    return {
        res_id: {name: value for name, value in row.items() if value}
        for res_id, row in model.env.cr.fetchall()
    }
