from collections import defaultdict

from .. import known
from ..creation import PlainRoad

# What every creation runs through. Computes, inverses and constraints are looked at one by one.
CORE = (
    "create", "_create", "_prepare_create_values", "_add_missing_default_values",
    "_add_precomputed_values", "default_get", "modified", "_modified", "_modified_triggers",
    "_compute_field_value", "_validate_fields", "_check_company", "_parent_store_create",
)  # fmt: skip


class StandIn:
    """What the known overrides of one model do in a creation, for all records at once.

    A subclass vouches for the functions that ``known.json`` names for its model: ``prepare`` and
    ``finish`` do what overrides of ``create`` do before and after, under the context of a load.
    """

    model = None
    # Keys of the context without which overrides would do more than the stand-in does.
    needs = ("crm_migration_silent",)
    # Fields that others are supplied from: each record has a value of them.
    presupposes = ()
    # field -> (methods that must be known, name of the method here that returns its values)
    supplies = {}
    # inverse method -> (methods that must be known, name of the method here: which rows need it)
    inverses = {}
    # constraint -> name of the method here that tells whether any row may break it
    constraints = {}
    # methods that a shortcut stands in for, where they are known
    shortcuts = ()
    # model whose records are made along with these -> its field with their ID
    companions = {}
    # field with a count of days -> time that it is counted from: where that is "now", the count
    # is another one before and after the turn of a second
    counted_from = {}

    def find_unknown(self, model):
        """Return the name of code that keeps the model on the plain road, or None."""
        return known.find_unknown(model, CORE)

    def find_unknown_below(self, model):
        """Return the name of unknown code that lies below the overrides of ``create``, or None."""
        names = [name for name in CORE if name != "create"]
        return known.find_unknown(model, names) or known.find_unknown_below(model, "create")

    def require_silence(self, model):
        """Leave the plain road to creations that are to tell somebody."""
        for key in self.needs:
            if not model.env.context.get(key):
                raise PlainRoad(f"{key} is not set")

    def is_plain(self, values):
        """Tell whether one record is for ``create()``; those around it need not be."""
        return False

    def is_plain_below(self, values):
        """Tell the same of the values that all overrides of ``create`` have seen."""
        return self.is_plain(values)

    def prepare(self, model, vals_list):
        """Change values as overrides of ``create`` do before they call ``super``."""

    def finish(self, records, rows):
        """Do what overrides of ``create`` do with the new records."""

    # ------------------------------------------------------------- computes

    def get_supplies(self, model):
        """Return {field: function of the rows} of the computes that are as they are known here.

        Fields of one compute are supplied together or not at all: the others would pull it in.
        """
        usable = {}
        for name, (methods, function) in self.supplies.items():
            field = model._fields.get(name)
            if field is None or not field.store or not self._is_compute(model, field, methods):
                continue
            usable[name] = getattr(self, function)
        return {
            name: function
            for name, function in usable.items()
            if all(
                other.name in usable or not other.store
                for other in model.pool.field_computed.get(model._fields[name], ())
            )
        }

    def _is_compute(self, model, field, methods):
        if field.related:
            return methods == (field.related,)
        return field.compute == methods[0] and known.find_unknown(model, methods) is None

    def supplies_all(self, model, name):
        return name in self.get_supplies(model)

    def is_constant_default(self, model, field):
        """Tell whether the default of a field is known to be the same for all records of a call."""
        return known.is_known(self.model, *known.describe(field.default))

    # ------------------------------------------------------------- inverses, constraints

    def needs_inverse(self, field, rows):
        """Return for each row whether the inverse would do anything."""
        methods, function = self.inverses.get(field.inverse, ((), None))
        if function and known.find_unknown(rows.model, methods) is None:
            return getattr(self, function)(rows)
        return [True] * len(rows)

    def validate(self, records, names, rows):
        """Run the constraints of the fields, but for those that no row can break."""
        names = set(names)
        for check in records._constraint_methods:
            if not names.isdisjoint(check._constrains) and not self._holds(check, rows):
                check(records.sudo())

    def _holds(self, check, rows):
        """Tell whether a known constraint holds for sure."""
        function = self.constraints.get(check.__name__)
        if not function or known.find_unknown(rows.model, (check.__name__,)):
            return False
        return getattr(self, function)(rows)

    def check_company(self, records, rows):
        """Look at each pair of company and linked record once; see ``_check_company``."""
        fields = [f for f in records._fields.values() if f.relational and f.check_company]
        own = [field for field in fields if field.company_dependent]
        given = {name for field in own for name in [field.name] if any(rows.get(name))}
        if given or "company_id" not in records._fields or any(
            field.type != "many2one" or field.compute and not rows.is_complete(field.name)
            for field in fields if not field.company_dependent
        ):  # fmt: skip
            records._check_company()
            return
        suspects = set()
        for field in fields:
            if not field.company_dependent:
                suspects |= self._find_suspects(field, records, rows)
        if own or suspects:
            # The value of a field by company is the same for all new records: the fallback.
            records.browse(sorted(suspects | {rows.ids[0]}))._check_company()

    def _find_suspects(self, field, records, rows):
        """Return IDs of records whose linked record belongs to another company."""
        pairs = defaultdict(list)
        companies = rows.get("company_id")
        for id_, company, linked in zip(rows.ids, companies, rows.get(field.name), strict=True):
            if linked:
                pairs[company or False, linked].append(id_)
        suspects = set()
        for company_id, group in self._group_by_company(pairs).items():
            company = records.env["res.company"].browse(company_id or ())
            linked = records.env[field.comodel_name].sudo().browse(group)
            domain = linked._check_company_domain(company)
            if domain:
                # The domain's own columns are read, not all that the linked records have.
                linked = linked.with_context(active_test=False, prefetch_fields=False)
                fitting = linked.filtered_domain(domain)
                for other in linked - fitting:
                    suspects.update(pairs[company_id, other.id])
        return suspects

    def _group_by_company(self, pairs):
        groups = defaultdict(list)
        for company_id, linked in pairs:
            groups[company_id].append(linked)
        return groups
