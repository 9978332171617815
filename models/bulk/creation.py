"""The fast road: what ``BaseModel.create`` does, by column instead of by record."""

import json
import re
from collections import defaultdict
from functools import partial
from itertools import chain, repeat
from operator import is_

from psycopg2.extras import Json as AsJson

from odoo.fields import Char, Command, Html, Json, Many2one, Text
from odoo.tools.json import json_default

from .. import plain_values
from .copying import copy_columns, copy_texts, encode, next_ids
from .markup import clean

MISSING = object()
# What COPY reads as NULL.
NOTHING = "\\N"
DUMPS = partial(json.dumps, default=json_default)
# No amount of any currency: it stays so only where none is known.
UNROUNDED = 0.123456789
# Kinds of values of which no two are equal.
TEXT_OR_NOTHING = {str, type(None), bool, type(MISSING)}
LOG_COLUMNS = ("create_uid", "create_date", "write_uid", "write_date")
# Of these the column's value depends on the value alone: equal ones are converted once.
PLAIN_TYPES = (
    "char", "text", "html", "integer", "float", "boolean", "date", "datetime", "selection",
    "many2one", "many2one_reference",
)  # fmt: skip
# Dates as PostgreSQL reads them; it refuses the 30th of February as Odoo does.
WRITTEN = {
    "date": re.compile(r"[1-9][0-9]{3}-[01][0-9]-[0-3][0-9]"),
    "datetime": re.compile(r"[1-9][0-9]{3}-[01][0-9]-[0-3][0-9] [0-2][0-9]:[0-5][0-9]:[0-5][0-9]"),
}


class PlainRoad(Exception):
    """These values are for ``create()``; the text says why."""


class Rows:
    """Values of records to be, complete with defaults, by column."""

    def __init__(self, model, ids, columns, constant):
        self.model = model
        self.env = model.env
        self.ids = ids
        # Values that all records have: nobody gave another one.
        self.constant = constant
        # Of the others, MISSING where a record has none.
        self.columns = columns
        # The same as one asks for them: None where a record has none.
        self._columns = {}
        self._linked = {}

    def __len__(self):
        return len(self.ids)

    @property
    def names(self):
        return [*self.columns, *self.constant]

    def get(self, name):
        """Return the values of a field, None where it has none."""
        if name not in self._columns:
            self._columns[name] = [None if v is MISSING else v for v in self.get_given(name)]
        return self._columns[name]

    def get_given(self, name):
        """Return the values of a field, MISSING where it has none."""
        if name in self.columns:
            return self.columns[name]
        return [self.constant.get(name, MISSING)] * len(self)

    def is_complete(self, name):
        """Tell whether each record has a value of a field, if only an empty one."""
        return name in self.constant or MISSING not in self.columns.get(name, (MISSING,))

    def get_distinct(self, name):
        """Return the set of what a field has but for nothing."""
        values = [self.constant[name]] if name in self.constant else self.get(name)
        return {value for value in values if value}

    def take(self, *names):
        """Return the values of several fields of each record, as tuples."""
        return zip(*map(self.get, names), strict=True)

    def read_linked(self, name, fields):
        """Return for each row a dict of what the record in this many2one holds, one read for all.

        Fields of an empty link are False.
        """
        key = (name, *fields)
        if key not in self._linked:
            comodel = self.env[self.model._fields[name].comodel_name].sudo()
            self._linked[key] = self.read_records(comodel, self.get(name), fields)
        return self._linked[key]

    def read_records(self, comodel, ids, fields):
        known = {id_ for id_ in ids if id_}
        found = plain_values.read(comodel.browse(known), fields)
        nothing = dict.fromkeys(fields, False)
        return [found.get(id_, nothing) if id_ else nothing for id_ in ids]

    def supply(self, name, values):
        self.columns[name] = values
        self.constant.pop(name, None)
        self._columns.pop(name, None)
        self._linked = {key: rows for key, rows in self._linked.items() if key[0] != name}


class Creation:
    """Creates the records of one call.

    Steps: complete the values, supply what is known of stored computes, copy the rows and their
    relations, tell the ORM what is new, let inverses and constraints run, do what the stood-in
    overrides do afterwards.
    """

    def __init__(self, model, stand_in):
        self.model = model.browse()
        self.fields = model._fields
        self.stand_in = stand_in

    def run(self, values_list):
        """Return the new records.

        :raises PlainRoad: before anything is written
        """
        vals_list = [dict(values) for values in values_list]
        self.stand_in.prepare(self.model, vals_list)
        records, rows = self._insert(vals_list)
        self.stand_in.finish(records, rows)
        return records

    def _insert(self, vals_list):
        columns, constant = self._complete(vals_list)
        self._check_names(columns, constant)
        ids = next_ids(self.model.env.cr, self.model._table, len(vals_list))
        rows = Rows(self.model, ids, columns, constant)
        given = {
            name: [value is not MISSING for value in rows.get_given(name)]
            for name in rows.names
            if self.fields[name].compute or self.fields[name].inverse
        }
        protected = self._get_protected(given, rows)
        inversed = self._get_inversed(given, rows)
        self._supply(rows, protected)
        names = rows.names
        records = self.model.browse(rows.ids)
        relations = self._get_relations(names, rows)
        self._copy(names, rows)
        self._fill_cache(rows, relations)
        self._remember(rows)
        self._copy_relations(relations, rows)
        self._tell(records, protected, relations, rows)
        self._make_lines(records, protected, rows)
        with self.model.env.protecting([([f], self.model.browse(i)) for f, i in protected.items()]):
            for fields, ids in inversed:
                fields[0].determine_inverse(self.model.browse(ids))
        self.stand_in.validate(records, [n for n in names if self.fields[n].store], rows)
        if self.model._check_company_auto:
            self.stand_in.check_company(records, rows)
        return records, rows

    # ------------------------------------------------------------- values

    def _complete(self, vals_list):
        """Return ({field: values}, {field: value of all}) with defaults and log columns.

        See ``_prepare_create_values``. What the known overrides of ``default_get`` return for a
        field hangs on no other one.
        """
        model, env = self.model, self.model.env
        names = dict.fromkeys(chain.from_iterable(vals_list))
        columns = {
            name: list(map(dict.get, vals_list, repeat(name), repeat(MISSING))) for name in names
        }
        partly = {name for name, values in columns.items() if MISSING in values}
        constant = self._get_defaults(names.keys() - partly)
        for name in self._get_varying_defaults() - (names.keys() - partly):
            constant.pop(name, None)
            columns[name] = [
                self._get_defaults(self.fields.keys() - {name}).get(name, MISSING)
                if value is MISSING
                else value
                for value in columns.get(name) or [MISSING] * len(vals_list)
            ]
        for name in constant.keys() & columns.keys():
            default = constant.pop(name)
            columns[name] = [default if value is MISSING else value for value in columns[name]]
        for field in self.fields.values():
            if field.type == "properties":
                self._check_properties(field, columns, constant)
                columns.pop(field.name, None)
                constant[field.name] = {}
        discarded = {"id", "parent_path", *(LOG_COLUMNS if model._log_access else ())}
        discarded |= {n for n, f in self.fields.items() if f.precompute and f.readonly}
        for name in discarded:
            columns.pop(name, None)
            constant.pop(name, None)
        if model._log_access:
            constant |= zip(LOG_COLUMNS, (env.uid, env.cr.now()) * 2, strict=True)
        if any(
            field.precompute and not self.stand_in.supplies_all(model, name)
            and name not in constant and MISSING in columns.get(name, (MISSING,))
            for name, field in self.fields.items()
        ):  # fmt: skip
            raise PlainRoad("precomputed fields")
        return columns, constant

    def _get_defaults(self, given):
        """Return defaults of the fields that are not given, as ``create`` takes them."""
        missing = [name for name in self.fields if name not in given]
        defaults = self.model.default_get(missing)
        for name, value in defaults.items():
            if self.fields[name].type == "many2many" and value and isinstance(value[0], int):
                defaults[name] = [Command.set(value)]
        return defaults

    def _get_varying_defaults(self):
        """Return fields whose default is worked out for each record anew."""
        set_by_user = self.model.env["ir.default"]._get_model_defaults(self.model._name)
        return {
            name
            for name, field in self.fields.items()
            if field.default and field.store and name not in set_by_user
            and not field.default.__qualname__.endswith("_setup_attrs__.<locals>.<lambda>")
            and not self.stand_in.is_constant_default(self.model, field)
        }  # fmt: skip

    def _check_properties(self, field, columns, constant):
        """Leave records with properties to ``create``: the others have none, nor defaults."""
        if any(value and value is not MISSING for value in columns.get(field.name, ())):
            raise PlainRoad(f"{field.name} is given")
        name = field.definition_record
        for definition in {constant[name]} if name in constant else set(columns.get(name, ())):
            vals = {} if definition is MISSING else {name: definition}
            if field._add_default_values(self.model.env, vals):
                raise PlainRoad(f"{field.name} has defaults")

    def _check_names(self, columns, constant):
        if self.model._inherits or self.model._parent_store:
            raise PlainRoad("inherited or hierarchical model")
        for name in (*columns, *constant):
            field = self.fields.get(name)
            if field is None:
                raise PlainRoad(f"{name} is no field")
            if field.inherited or (field.inverse and not field.store):
                raise PlainRoad(f"{name} is written through an inverse")
            if field.store and not field.column_type and field.type != "many2many":
                values = columns.get(name) or [constant[name]]
                if any(value and value is not MISSING for value in values):
                    self._refuse_lines(field)

    def _refuse_lines(self, field):
        raise PlainRoad(f"{field.name} is no column")

    # ------------------------------------------------------------- computes

    def _get_protected(self, given, rows):
        """Return {field: IDs of the records whose given value stands}."""
        protected = defaultdict(set)
        for name, flags in given.items():
            field = self.fields[name]
            if field.compute and (not field.readonly or field.precompute):
                ids = [id_ for id_, flag in zip(rows.ids, flags, strict=True) if flag]
                for other in self.model.pool.field_computed.get(field, [field]):
                    protected[other].update(ids)
        return protected

    def _get_inversed(self, given, rows):
        """Return [(fields, IDs)] for which an inverse method is to be called."""
        groups = defaultdict(lambda: ([], {}))
        for name, flags in given.items():
            field = self.fields[name]
            if field.store and field.inverse:
                needed = self.stand_in.needs_inverse(field, rows)
                fields, ids = groups[field.inverse]
                fields.append(field)
                for id_, flag, need in zip(rows.ids, flags, needed, strict=True):
                    if flag and need:
                        ids[id_] = True
        return [(fields, list(ids)) for fields, ids in groups.values() if ids]

    def _supply(self, rows, protected):
        """Fill the columns of stored computes whose outcome is known before the record is there."""
        for name, function in self.stand_in.get_supplies(self.model).items():
            field = self.fields[name]
            stands = protected.get(field, set())
            if len(stands) == len(rows):
                continue
            values = function(rows)
            if values is None:
                continue
            given = rows.get(name)
            rows.supply(
                name,
                [
                    old if id_ in stands else new
                    for id_, old, new in zip(rows.ids, given, values, strict=True)
                ],
            )
            protected[field] = set(rows.ids)

    # ------------------------------------------------------------- rows

    def _copy(self, names, rows):
        columns = {"id": list(map(str, rows.ids))}
        for name in names:
            field = self.fields[name]
            if field.store and field.column_type:
                columns[name] = self._encode(field, rows)
        defaults = self._get_column_defaults()
        for name in defaults & columns.keys():
            if not rows.is_complete(name):
                raise PlainRoad(f"{name} has a default in the database")
        filled = {
            name: texts
            for name, texts in columns.items()
            if name in defaults or texts.count(NOTHING) < len(texts)
        }
        copy_texts(self.model.env.cr, self.model._table, filled)

    def _encode(self, field, rows):
        """Return the values of a column as the ORM would give them to an INSERT, for COPY."""
        if field.type == "monetary":
            return self._encode_monetary(field, rows)
        if field.name in rows.constant:
            return [self._encode_value(field, rows.constant[field.name])] * len(rows)
        values = rows.columns[field.name]
        if all(map(is_, values, repeat(values[0]))):
            return [self._encode_value(field, values[0])] * len(values)
        if field.type not in PLAIN_TYPES or field.company_dependent:
            return [self._encode_value(field, value) for value in values]
        # 1, 1.0 and True are equal, and are not the same text.
        alike = set(map(type, values)) <= TEXT_OR_NOTHING
        if alike and self._is_as_it_is(field, [v for v in values if type(v) is str]):
            return [v if type(v) is str else self._encode_value(field, v) for v in values]
        keys = values if alike else list(zip(map(type, values), values, strict=True))
        texts = {
            key: self._encode_value(field, value)
            for key, value in dict(zip(keys, values, strict=True)).items()
        }
        return list(map(texts.__getitem__, keys))

    def _is_as_it_is(self, field, texts):
        """Tell whether COPY takes these texts as they are: looked at all at once."""
        if type(field) in (Char, Text) and not (field.translate or field.size):
            joined = "".join(texts)
            return joined.isprintable() and "\\" not in joined
        return field.type in WRITTEN and all(map(WRITTEN[field.type].fullmatch, texts))

    def _encode_value(self, field, value):
        return NOTHING if value is MISSING else encode(self._convert_value(field, value))

    def _convert_value(self, field, value):
        """Convert as the ORM does; what it would leave as it is need not be taken apart."""
        kind, type_ = type(field), type(value)
        if type_ is int and kind is Many2one and not field.company_dependent:
            return value or None
        if kind is Json:  # Odoo takes a copy besides, by writing and reading it
            return AsJson(value, dumps=DUMPS) if value else None
        if type_ is not str or field.company_dependent:
            return field.convert_to_column_insert(value, self.model)
        if kind in (Char, Text) and not (field.translate or field.size):
            return value
        if field.type in WRITTEN and WRITTEN[field.type].fullmatch(value):
            return value
        if kind is Html and field.sanitize:
            plain = not (field.sanitize_overridable or field.translate)
            cleaned = clean(value) if plain else None
            if cleaned is not None:
                return cleaned
        return field.convert_to_column_insert(value, self.model)

    def _encode_monetary(self, field, rows):
        """Round by the currency; it is that of the values, and few of them differ in it."""
        currency = self.fields[field.get_currency_field(self.model)]
        sources = sorted({currency.name, *(currency.related or "").split(".")[:1]} - {""})
        others = [rows.get_given(name) for name in sources]
        keys = list(zip(rows.get_given(field.name), *others, strict=True))
        texts, rounded = {}, {}
        for key in dict.fromkeys(keys):
            value, *given = key
            told = tuple(given)
            relevant = {n: v for n, v in zip(sources, given, strict=True) if v is not MISSING}
            if told not in rounded:
                probe = field.convert_to_column_insert(UNROUNDED, self.model, relevant)
                rounded[told] = probe != UNROUNDED
            if value is MISSING:
                texts[key] = NOTHING
            elif rounded[told]:
                texts[key] = encode(field.convert_to_column_insert(value, self.model, relevant))
            else:
                # Without a currency at hand, as where a method finds it, Odoo takes it as it is.
                texts[key] = encode(float(value or 0.0))
        return list(map(texts.__getitem__, keys))

    def _get_column_defaults(self):
        """Return the columns that the database fills by itself: COPY would, or would not."""
        cr = self.model.env.cr
        cr.execute(
            """SELECT attname FROM pg_attribute
                WHERE attrelid = %s::regclass AND atthasdef AND attname != 'id'""",
            [f'"{self.model._table}"'],
        )
        return {name for (name,) in cr.fetchall()}

    def _get_relations(self, names, rows):
        """Return {many2many field: linked IDs by row}."""
        return {
            field: [self._get_linked(field, commands) for commands in rows.get(field.name)]
            for field in map(self.fields.get, names)
            if field.store and field.type == "many2many"
        }

    def _get_linked(self, field, commands):
        ids = {}
        for command in commands or ():
            if isinstance(command, int):
                raise PlainRoad(f"{field.name} is not given by commands")
            if command[0] == Command.LINK:
                ids[command[1]] = True
            elif command[0] in (Command.SET, Command.CLEAR):
                ids = dict.fromkeys(command[2] or ()) if command[0] == Command.SET else {}
            else:
                raise PlainRoad(f"{field.name} makes other records")
        return tuple(ids)

    def _copy_relations(self, relations, rows):
        for field, linked in relations.items():
            pairs = [
                (id_, other) for id_, ids in zip(rows.ids, linked, strict=True) for other in ids
            ]
            if pairs:
                left, right = zip(*pairs, strict=True)
                columns = {field.column1: left, field.column2: right}
                copy_columns(self.model.env.cr, field.relation, columns)

    # ------------------------------------------------------------- the ORM

    def _fill_cache(self, rows, relations):
        """New records have no lines yet; and lists that would hold them are read again."""
        env = self.model.env
        for field in self.fields.values():
            if field.store and field.type in ("one2many", "many2many") and field not in relations:
                cache = field._get_cache(env)
                cache.update(dict.fromkeys(rows.ids, ()))
            if field.store and field.type in ("many2one", "many2one_reference"):
                linked = rows.get_distinct(field.name)
                for inverse in self.model.pool.field_inverses[field] if linked else ():
                    inverse._invalidate_cache(env, linked)
        for field, linked in relations.items():
            field._get_cache(env).update(zip(rows.ids, linked, strict=True))
            others = {id_ for ids in linked for id_ in ids}
            for inverse in self.model.pool.field_inverses[field] if others else ():
                inverse._invalidate_cache(env, others)

    def _remember(self, rows):
        """Values are read again by whoever asks: mostly nobody does."""

    def _make_lines(self, records, protected, rows):
        """There are none."""

    def _tell(self, records, protected, relations, rows):
        """Mark what depends on the new records, but for what is known already.

        What they link to is read for it: these columns, not all that the records have.
        """
        env = self.model.env
        with env.protecting([([f], self.model.browse(ids)) for f, ids in protected.items()]):
            records.with_context(prefetch_fields=False).modified(self.fields, create=True)
        for field, linked in relations.items():
            others = {id_ for ids in linked for id_ in ids}
            names = [
                inverse.name
                for inverse in self.model.pool.field_inverses[field]
                if inverse.model_name == field.comodel_name
            ]
            if others and names:
                env[field.comodel_name].browse(others).modified(names)
