from datetime import date
from itertools import chain

from odoo import api, models
from odoo.fields import Command
from odoo.tools import SQL, ormcache

from ...engine.comparing import is_empty, three_way
from ...engine.mapping import KEPT, fold
from .. import followers, plain_values
from ..bulk import create_many
from ..inserting import as_array
from ..xmlid import xmlid_name

# Fields a target fills that no person edits; compared when verifying, never in conflict.
IDENTITY = ("x_source_id", "x_source_system")
TEXTS = ("char", "text")


class CrmMigrationTarget(models.AbstractModel):
    """Writer of one Odoo model.

    A target turns mapped rows into Odoo values (``_prepare``), which serves the load, the sample
    and the verification alike, and writes them (``_load``). Odoo's traps belong here.
    """

    _name = "crm.migration.target"
    _description = "Target"
    _model = None
    # Fields that no row may fill, but that are to stay as the load left them: logged, and compared.
    _watched = ()
    # Mapped fields that ``_prepare`` turns into values by code of their own.
    _pseudo = ()
    # Mapped fields that tell where a row belongs; without any, one worker loads all rows.
    _share_fields = ()
    # Required fields that ``_create`` or Odoo itself fills.
    _supplied = ()

    # ------------------------------------------------------------- several workers

    @api.model
    def _can_share(self, project, entities):
        """Tell whether several workers can create these records at once.

        That is: no record of them needs another one, nor a number that comes after the last one's.
        """
        return bool(self._share_fields)

    @api.model
    def _get_share_condition(self):
        """Return which rows can be shared out, in SQL: parents land before what is below them."""
        return SQL("AND COALESCE(sort_key, '0000') = '0000'")

    @api.model
    def _get_share_keys(self, items, resolver):
        """Return a text for each mapped row: rows with the same one belong together."""
        keys = []
        for item in items:
            links = [
                one for name in self._share_fields for one in item.mapped.references.get(name, [])
            ]
            keys.append(fold(links[0].value) if links else item.key)
        return keys

    # ------------------------------------------------------------- prepare

    @api.model
    def _get_model(self):
        """Return the name of the model written, of one that is there."""
        return self._model

    @api.model
    def _get_most(self, project):
        """Return how many records a batch may hold at most, or None. For each to say."""
        return None

    @api.model
    def _split(self, items, resolver):
        """Return [(target, items)]: which target writes which of the items."""
        return [(self, items)]

    @api.model
    def _prepare(self, items, resolver):
        """Fill ``item.values`` from ``item.mapped``; tell problems. One query per kind of link."""
        choices = self._get_choices(items)
        for item in items:
            item.target = self
            item.model = self._model
            item.rules = dict(item.mapped.rules)
            item.problems = list(item.mapped.problems)
            item.values = self._get_plain_values(item, choices)
            item.values |= self._get_identity(item, resolver)
        self._keep_links(items)
        self._prepare_links(items, resolver)
        if KEPT in self.env[self._model]._fields:
            for item in items:
                item.values[KEPT] = item.mapped.kept or False
        self._check_required(items)

    @api.model
    def _prepare_links(self, items, resolver):
        """Resolve references and mend what Odoo would change. For each target to say."""

    @api.model
    def _get_choices(self, items):
        """Return {field: the values it takes} of those mapped fields that do not take any."""
        fields = self.env[self._model]._fields
        mapped = dict.fromkeys(chain.from_iterable(item.mapped.values for item in items))
        choices = {}
        for name in mapped:
            if name in self._pseudo or name not in fields:
                choices[name] = ()
            elif fields[name].type == "selection":
                choices[name] = fields[name].get_values(self.env)
        return choices

    @api.model
    def _get_plain_values(self, item, choices):
        """Return the mapped values that the model takes as they are; keep what it cannot take.

        :param choices: see :meth:`_get_choices`
        """
        values = dict(item.mapped.values)
        for name, taken in choices.items():
            if name in values and values[name] not in taken:
                value = values.pop(name)
                if name not in self._pseudo:
                    self._refuse(item, name, value)
        for name, value in values.items():
            if type(value) is list and self.env[self._model]._fields[name].type in TEXTS:
                values[name] = ", ".join(value)  # several choices as a text (SP-23)
        return values

    @api.model
    def _refuse(self, item, name, value):
        if name in self.env[self._model]._fields:
            item.tell("unknown_value", name, value)
        item.keep_sources([name])

    @api.model
    def _keep_links(self, items):
        """Keep the texts of the links that the target makes nothing of."""
        linked = set().union(*(item.mapped.references for item in items))
        unused = linked.difference(self._pseudo)
        for item in items if unused else ():
            item.keep_sources(unused & item.mapped.references.keys())

    @api.model
    def _get_identity(self, item, resolver):
        return {
            "x_source_id": item.key,
            "x_source_system": resolver.source_system,
        }

    @api.model
    def _set_owner(self, item, resolver, field="user_id"):
        """Set the responsible user; without one in the source nobody is, not even the importer."""
        item.values[field] = False
        for reference in item.mapped.references.get("user_id", [])[:1]:
            user_id, problem = resolver.owner(reference.value)
            known = resolver.owner_details(reference.value)
            item.values["x_spark_owner_id"] = known.get("id") or reference.value
            item.values[field] = user_id
            if problem:
                item.problems.append(problem)
                item.rules[field] = problem.code

    @api.model
    def _get_tag_ids(self, item, field, model, resolver):
        """Replace tag names by IDs; the schema made the missing ones before."""
        ids = []
        for name in item.mapped.values.get(field) or ():
            if tag := resolver.by_name(model).get(fold(name)):
                ids.append(tag)
            else:
                item.tell("unknown_value", field, name)
        return ids

    @api.model
    def _get_id(self, xmlid):
        """Return the ID of an external ID; ``env.ref`` would ask each time whether it exists."""
        return self.env["ir.model.data"]._xmlid_to_res_id(xmlid, raise_if_not_found=True)

    @api.model
    def _check_required(self, items):
        """Hold new records without a value that a field of the database requires.

        Odoo would refuse them one by one; told here, they are known before the load.
        """
        new = [item for item in items if not (item.record.get("res_id") or item.held)]
        for name in self._get_required_fields() if new else ():
            for item in new:
                given = item.extra if name in item.extra else item.values
                if is_empty(given.get(name)) and not item.merge_into:
                    label = self.env[self._model]._fields[name].get_description(self.env)["string"]
                    item.tell("required_field", "", "", name, label=label)

    @api.model
    def _get_required_fields(self):
        """Return the names of fields that must be given: required, without default or compute."""
        fields = self.env[self._model]._fields
        # What a record is a part of (a product of its template) is made with it.
        made = {*self._supplied, *self.env[self._model]._inherits.values()}
        names = [
            name
            for name, field in fields.items()
            if field.required and field.store and name not in made
            and not (field.compute or field.related or field.inherited)
            and field.type not in ("boolean", "integer", "float", "monetary")
        ]  # fmt: skip
        defaults = self.env[self._model].default_get(names) if names else {}
        return [name for name in names if is_empty(defaults.get(name))]

    # ------------------------------------------------------------- forecast

    @api.model
    def _foresee(self, items, resolver):
        """Say what ``_load`` would make of prepared items: ``outcome``; nothing is written."""
        self._find_existing(items, resolver)
        for item in items:
            if not item.res_id:
                item.outcome = "created"
        self._compare_landed([item for item in items if item.res_id])

    # ------------------------------------------------------------- load

    @api.model
    def _load(self, items, resolver):
        """Create or update the records of prepared items; sets ``outcome`` and ``res_id``.

        Steps: find those that exist, create the others in one call, update changed fields only.
        """
        self._find_existing(items, resolver)
        self._create([item for item in items if not item.res_id], resolver)
        self._update([item for item in items if item.res_id and not item.outcome], resolver)

    @api.model
    def _find_existing(self, items, resolver):
        """Look the identity up: what the record became before, else its external ID."""
        for item in items:
            if item.record.get("res_id"):
                item.res_id = item.record["res_id"]
        unknown = {self._get_xmlid(item): item for item in items if not item.res_id}
        if unknown:
            # Each by itself: else the database reads all names of the migration for each batch.
            self.env.cr.execute(
                SQL(
                    """SELECT wanted, res_id FROM unnest(%s) AS one(wanted), LATERAL (
                              SELECT res_id, model FROM ir_model_data
                               WHERE module = %s AND name = wanted OFFSET 0) AS found
                        WHERE model = %s""",
                    as_array("varchar", unknown),
                    resolver.xmlid_module,
                    self._model,
                )
            )
            for name, res_id in self.env.cr.fetchall():
                unknown[name].res_id = res_id
        self._forget_deleted(items)

    @api.model
    def _forget_deleted(self, items):
        """A record that a person deleted is made anew; its identity is not a promise to exist."""
        known = [item.res_id for item in items if item.res_id]
        alive = set(self.env[self._model].browse(known).exists().ids)
        for item in items:
            if item.res_id and item.res_id not in alive:
                item.res_id = 0

    @api.model
    def _get_xmlid(self, item):
        return xmlid_name(item.entity, item.key)

    @api.model
    def _get_row_xmlid(self, entity, key):
        """Return the name of the external ID of what a row became."""
        return xmlid_name(entity, key)

    @api.model
    def _create(self, items, resolver):
        if not items:
            return self.env[self._model]
        values = [
            {**item.values, **item.extra, **self._get_technical(item, resolver)} for item in items
        ]
        records = create_many(self.env[self._model], self._to_orm_each(values))
        for item, res_id in zip(items, records._ids, strict=True):
            item.res_id = res_id
            item.outcome = "created"
        self._after_create(records, items, resolver)
        return records

    @api.model
    def _get_technical(self, item, resolver):
        """Return values that ``create`` would otherwise look up or act upon. For each to say."""
        return {}

    @api.model
    def _after_create(self, records, items, resolver):
        """Mend what ``create`` would not take. For each target to say."""

    @api.model
    def _update(self, items, resolver):
        """Write source-only changes, field by field; conflicts become issues."""
        self._compare_landed(items)
        self._write_changes([item for item in items if item.outcome == "updated"])

    @api.model
    def _compare_landed(self, items):
        """Say of records that exist what the source changed, and what people changed too."""
        if not items:
            return
        names = sorted({name for item in items for name in item.values})
        landed = self._read_landed([item.res_id for item in items], names)
        types = {name: self.env[self._model]._fields[name].type for name in names}
        for item in items:
            now = landed[item.res_id]
            old = item.record.get("loaded_values")
            changes, conflicts = three_way(old, item.values, now, types)
            self._tell_conflicts(item, conflicts, now)
            item.outcome = "updated" if changes else "unchanged"
            if changes:
                item.extra = {
                    "before": {name: now[name] for name in changes},
                    "after": changes,
                }

    @api.model
    def _tell_conflicts(self, item, conflicts, now):
        for name, value in conflicts.items():
            if name not in IDENTITY:
                item.tell("both_changed", "", value, column=name, landed=str(now[name])[:200])

    @api.model
    def _write_changes(self, items):
        """Write equal changes together: one write per distinct set of values.

        What Odoo changes besides (a company's text that a link replaces, the phone of a contact's
        deals) is logged with them: a rollback puts it back too.
        """
        if not items:
            return
        self._note_stamps(items)
        before = self._read_rows(items)
        names = set().union(*(item.extra["after"] for item in items))
        following = followers.Followers(self.env, self._get_followed(self._model), names)
        followed = following.look([item.res_id for item in items])
        groups = {}
        for item in items:
            key = repr(sorted(item.extra["after"].items()))
            groups.setdefault(key, []).append(item)
        for group in groups.values():
            records = self.env[self._model].browse([item.res_id for item in group])
            self._write(records, dict(group[0].extra["after"]))
        self._note_side_effects(items, before)
        effects = following.compare(followed)
        for item in items:
            item.side_effects += effects.get(item.res_id, [])

    @api.model
    @ormcache("model")
    def _get_followed(self, model):
        """Return {field of the model: {(model, link, field) that follow it}}."""
        return followers.find_fields(self.env, model)

    @api.model
    @ormcache("model")
    def _get_following(self, model):
        """Return the names of the fields of a model that follow other records."""
        return followers.find_names(self.env, model)

    @api.model
    def _read_rows(self, items):
        """Return {ID: {field: value}} of the fields that a write of others may change.

        Figures that Odoo works out anew by itself are not among them.
        """
        names = [
            field.name
            for field in self.env[self._model]._fields.values()
            if field.store and field.column_type and not field.translate
            and not field.company_dependent and not (field.compute and field.readonly)
            and field.type not in ("binary", "json", "properties", "properties_definition")
            and field.name not in ("id", "create_uid", "create_date", "write_uid", "write_date")
        ]  # fmt: skip
        self.env.flush_all()
        self.env.cr.execute(
            SQL(
                "SELECT id, %s FROM %s WHERE id IN %s",
                SQL(", ").join(map(SQL.identifier, names)),
                SQL.identifier(self.env[self._model]._table),
                tuple(item.res_id for item in items),
            )
        )
        return {row["id"]: row for row in self.env.cr.dictfetchall()}

    @api.model
    def _note_side_effects(self, items, before):
        after = self._read_rows(items)
        for item in items:
            old, new = before[item.res_id], after[item.res_id]
            known = item.extra["after"]
            effects = [name for name in new if new[name] != old[name] and name not in known]
            for name in effects:
                # As ``read`` has them: nothing is False, dates are text.
                item.extra["before"][name] = self._to_plain(old[name])
                item.extra["after"][name] = self._to_plain(new[name])

    @api.model
    def _to_plain(self, value):
        if value is None:
            return False
        return str(value) if isinstance(value, date) else value

    @api.model
    def _note_stamps(self, items):
        """Keep who last wrote the records and when: a rollback puts that back too."""
        schema = self.env["crm.migration.schema"]
        stamps = schema._read_stamps(self.env[self._model]._table, [item.res_id for item in items])
        for item in items:
            uid, date = stamps[item.res_id]
            item.extra["before"] |= {"write_uid": uid, "write_date": date}

    @api.model
    def _write(self, records, values):
        records.write(self._to_orm(values))

    @api.model
    def _to_orm(self, values):
        """Return values as ``create`` and ``write`` take them."""
        return self._to_orm_each([values])[0]

    @api.model
    def _to_orm_each(self, values_list):
        return self._to_orm_of(self._model, values_list)

    @api.model
    def _to_orm_of(self, model, values_list):
        lists = self._get_lists(model).intersection(chain.from_iterable(values_list))
        result = [dict(values) for values in values_list]
        for values in result:
            for name in lists:
                value = values.get(name, ())
                if name in values and not (value and isinstance(value[0], (tuple, list))):
                    values[name] = [Command.set(value or [])]
        return result

    @api.model
    @ormcache("model")
    def _get_lists(self, model):
        """Return the names of the fields of a model that hold several records."""
        fields = self.env[model]._fields.values()
        return frozenset(field.name for field in fields if field.type in ("many2many", "one2many"))

    # ------------------------------------------------------------- read

    @api.model
    def _read_landed(self, ids, names):
        """Return {id: {field: value}} with plain values: IDs for links, text for dates."""
        return self._read_landed_of(self._model, ids, names)

    @api.model
    def _read_landed_of(self, model, ids, names):
        return plain_values.read(self.env[model].browse(ids), names)

    @api.model
    def _get_log_values(self, item):
        """Return what the log keeps of a creation: filled values only."""
        filled = {n: value for n, value in item.values.items() if value or not is_empty(value)}
        filled |= item.extra.get("watched", {})
        return filled

    @api.model
    def _note_watched(self, items):
        """Keep how the watched fields of new records are that no row fills: they go to the log."""
        names = [
            name
            for name in self._watched
            if name in self.env[self._model]._fields
            and not all(name in item.values for item in items)
        ]
        landed = self._read_landed([item.res_id for item in items], names) if names else {}
        for item in items:
            if item.res_id in landed:
                now = landed[item.res_id]
                item.extra["watched"] = {n: now[n] for n in names if n not in item.values}

    @api.model
    def _find_damage(self, items):
        """Return checks of what is no field of the record. For each to say."""
        return []

    @api.model
    def _compare_besides(self, items):
        """Return checks of what the rows ask for beside fields of their record. For each to say."""
        return []
