"""Which models take the fast road: those whose code is known, and that stand the comparison."""

import logging
from functools import cached_property
from itertools import groupby

from .below import BY_COLUMN, Below
from .comparison import find_differences
from .creation import Creation, PlainRoad
from .stand_ins import STAND_INS

_logger = logging.getLogger(__name__)

# Fewer records are created plainly: a bad one of a batch that was halved gets the ORM's own error.
FEW = 4
# Records that are made both ways where fields are filled for the first time.
SAMPLE = 20
# System parameter, words: "plain" sends everything through ``create()``, "slow" leaves that wholly
# to Odoo, "unproven" leaves the comparison out (for tests that compare whole databases); empty is
# what every load should have.
PARAMETER = "crm_migration.creation"
# What a road counts: records copied, created, and created by column below the overrides.
COUNTS = ("fast", "plain", "by_column")
# Where a registry keeps its roads: they are those of its classes.
ATTRIBUTE = "crm_migration_roads"


class Road:
    """How the records of one model are created in a database, and why."""

    def __init__(self, model_name):
        self.model_name = model_name
        self.stand_in = STAND_INS.get(model_name)
        self.reason = None if self.stand_in else "no stand-in"
        # Names of fields that were filled in records made both ways, and came out equal.
        self.proven = set()
        self.fast = self.plain = 0

    @cached_property
    def below(self):
        """The same of what lies below the overrides of ``create``: by column or by the ORM."""
        return Road(self.model_name)

    def is_plain(self, values):
        """Tell whether a record is for ``create()``."""
        return bool(self.reason) or self.stand_in.is_plain(values)

    def close(self, reason):
        """Send the model to the plain road until the next run."""
        if self.reason == reason:
            return
        self.reason = reason
        _logger.info("%s is created by the plain road: %s", self.model_name, reason)

    def describe(self):
        road = "plain" if self.reason else "fast"
        counts = (self.fast, self.plain, self.below.fast)
        return {"road": road, "reason": self.reason, **dict(zip(COUNTS, counts, strict=True))}


def forget(env):
    """Have every model prove itself again; called when a run begins."""
    env.registry.__dict__.pop(ATTRIBUTE, None)


def _get_road(model):
    roads = model.env.registry.__dict__.setdefault(ATTRIBUTE, {})
    return roads.setdefault(model._name, Road(model._name))


def get_below(env, model_name):
    """Return what ``get_roads`` does, of ``create()`` below its overrides."""
    return _get_road(env[model_name]).below.describe()


def _get_told(env):
    return {*(env["ir.config_parameter"].sudo().get_param(PARAMETER) or "").split()}


def get_roads(env):
    """Return {model: {"road", "reason", a count for each kind}} of this process's creations."""
    roads = env.registry.__dict__.get(ATTRIBUTE, {})
    return {name: road.describe() for name, road in roads.items()}


def add_roads(one, other):
    """Return what two processes did as if it had been one; a closed road is told."""
    result = {name: dict(road) for name, road in one.items()}
    for name, road in other.items():
        known = result.setdefault(name, road | dict.fromkeys(COUNTS, 0))
        if not known["reason"]:
            known |= {"road": road["road"], "reason": road["reason"]}
        known |= {kind: known.get(kind, 0) + road.get(kind, 0) for kind in COUNTS}
    return result


def subtract_roads(roads, before):
    """Return what was created since an earlier answer of ``get_roads``."""
    return {
        name: road | {kind: road[kind] - before.get(name, {}).get(kind, 0) for kind in COUNTS}
        for name, road in roads.items()
    }


def create_many(model, values_list):
    """Create records as ``model.create(values_list)`` does.

    :param model: empty recordset, as superuser in the silent context of a load
    :param values_list: as for ``create``; not changed
    """
    road = _get_road(model)
    told = _get_told(model.env)
    if told & {"plain", "slow"}:
        road.close("by system parameter")
    records = model.browse()
    # Neighbours only: the order of the records is that of their IDs.
    # pylint: disable-next=bad-builtin-groupby
    for plain, group in groupby(values_list, key=road.is_plain):
        records += _create(model, road, plain, list(group), told)
    return records


def _create(model, road, plain, values_list, told):
    if not plain and len(values_list) >= FEW and model.env.su:
        unknown = road.stand_in.find_unknown(model)
        if unknown:
            road.close(f"{unknown} is not known")
        else:
            try:
                creation = Creation(model, road.stand_in)
                if "unproven" not in told:
                    _prove(model, road, values_list, creation)
                if not road.reason:
                    records = creation.run(values_list)
                    road.fast += len(records)
                    return records
            except PlainRoad as reason:
                _logger.info("%s of %s records by create(): %s", len(values_list), model, reason)
    road.plain += len(values_list)
    creating = model.with_context(**{BY_COLUMN: "slow" not in told})
    return creating.create([dict(values) for values in values_list])


def create_below(model, vals_list, create):
    """Create records as ``BaseModel.create`` does: by column, if all below it is known.

    :param vals_list: what all overrides of ``create`` have made of the values; not changed
    :param create: Odoo's own
    """
    if model._name not in STAND_INS:
        return create(vals_list)
    road = _get_road(model).below
    if len(vals_list) >= FEW and model.env.su and not road.reason:
        unknown = road.stand_in.find_unknown_below(model)
        if unknown:
            road.close(f"{unknown} is not known")
        else:
            try:
                creation = Below(model, road.stand_in)
                if "unproven" not in _get_told(model.env):
                    _prove(model, road, vals_list, creation, create)
                if not road.reason:
                    records = creation.run(vals_list)
                    road.fast += len(records)
                    return records
            except PlainRoad as reason:
                _logger.info("%s of %s records by the ORM: %s", len(vals_list), model, reason)
    road.plain += len(vals_list)
    return create(vals_list)


def _prove(model, road, values_list, creation, create=None):
    """Compare both roads wherever fields come filled that were not compared before."""
    sample, names = _take_sample(values_list, road.proven)
    if not names:
        return
    different = find_differences(model, creation, sample, create)
    if different:
        road.close(f"it would differ in {', '.join(different)}")
    road.proven |= names


def _take_sample(values_list, proven):
    """Return (records that fill fields not proven yet and some more, the names of these fields)."""
    sample, names = [], set()
    unproven = set().union(*values_list) - proven
    for values in values_list if unproven else ():
        new = {name for name in unproven & values.keys() if values[name]} - names
        if new:
            sample.append(values)
            names |= new
    if names:
        sample += [values for values in values_list[:SAMPLE] if values not in sample]
    return sample, names
