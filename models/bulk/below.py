"""``create()`` with all its overrides, and by column what lies below them: ``BaseModel.create``."""

from datetime import date, datetime

from odoo.tools.misc import clean_context

from .creation import MISSING, PLAIN_TYPES, WRITTEN, Creation, PlainRoad

# Asks the ``create()`` that all overrides call in the end for records made by column.
BY_COLUMN = "crm_migration_by_column"
REMEMBERED = {*PLAIN_TYPES, "monetary"} - {"html"}
PARSERS = {"date": date.fromisoformat, "datetime": datetime.fromisoformat}


class Below(Creation):
    """Creates the records of one call from the values that all overrides have seen.

    What the overrides do before and after is theirs: nothing of it is stood in for.
    """

    def run(self, values_list):
        self.stand_in.require_silence(self.model)
        if any(map(self.stand_in.is_plain_below, values_list)):
            raise PlainRoad("there are values with side effects")
        return self._insert(values_list)[0]

    def _complete(self, vals_list):
        columns, constant = super()._complete(vals_list)
        for name in self.stand_in.presupposes:
            if name not in constant and MISSING in columns.get(name, (MISSING,)):
                raise PlainRoad(f"{name} is to be found")
        return columns, constant

    def _refuse_lines(self, field):
        """The ORM makes them, once the records are there."""

    def _remember(self, rows):
        """Remember the values too: overrides ask for them, and each time for all records."""
        # Money is rounded by a currency that follows from other fields.
        for field in sorted(self.fields.values(), key=lambda field: field.type == "monetary"):
            if (
                field.store and field.column_type and field.type in REMEMBERED
                and not field.company_dependent and not field.translate
            ):  # fmt: skip
                field._get_cache(rows.env).update(self._remember_field(field, rows))

    def _remember_field(self, field, rows):
        """Return {ID: value of a field as the cache holds it}."""
        if field.type == "monetary" and any(rows.get(field.name)):
            records = self.model.browse(rows.ids)
            return {
                record.id: field.convert_to_cache(value, record)
                for record, value in zip(records, rows.get(field.name), strict=True)
            }
        values = rows.columns.get(field.name)
        if values is None:
            value = rows.constant.get(field.name, MISSING)
            return dict.fromkeys(rows.ids, self._remember_value(field, value))
        # 1, 1.0 and True are equal, and are not the same.
        keys = list(zip(map(type, values), values, strict=True))
        known = {key: self._remember_value(field, key[1]) for key in set(keys)}
        return dict(zip(rows.ids, map(known.get, keys), strict=True))

    def _remember_value(self, field, value):
        if value is MISSING:
            return None
        if type(value) is str and field.type in WRITTEN and WRITTEN[field.type].fullmatch(value):
            return PARSERS[field.type](value)
        return field.convert_to_cache(value, self.model)

    def _make_lines(self, records, protected, rows):
        """Have the ORM make what is no column: lines, pictures."""
        lines = [
            field
            for field in map(self.fields.get, rows.names)
            if field.store and not field.column_type and field.type != "many2many"
            and any(rows.get(field.name))
        ]  # fmt: skip
        if not lines:
            return
        env = records.env
        others = records.with_env(env(context=clean_context(env.context)))
        with env.protecting([([f], records.browse(ids)) for f, ids in protected.items()]):
            for field in sorted(lines, key=lambda field: field._sequence):
                field.create([p for p in zip(others, rows.get(field.name), strict=True) if p[1]])
            records.modified([field.name for field in lines], create=True)
