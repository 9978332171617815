"""Adds the functions that the stand-ins stand in for to ``known.json``; run in an Odoo shell."""

# ruff: noqa: F821
# pylint: disable=undefined-variable,print-used
import json

from odoo.addons.crm_migration.models.bulk import known
from odoo.addons.crm_migration.models.bulk.stand_ins import STAND_INS, phones
from odoo.addons.crm_migration.models.bulk.stand_ins.stand_in import CORE

# Random for each record: not to be worked out once.
VARYING = {"access_token"}


def get_functions(model, stand_in):
    """Yield all functions that a creation on the fast road relies on."""
    names = {*CORE, *stand_in.constraints, *stand_in.shortcuts}
    for methods, __ in (*stand_in.supplies.values(), *stand_in.inverses.values()):
        names.update(methods)
    for name in sorted(names - model._fields.keys()):
        yield from known.find(model, name)
    for field in model._fields.values():
        if field.default and field.store and field.name not in VARYING:
            if "_setup_attrs__" not in field.default.__qualname__:
                yield field.default


def get_all_functions():
    """Yield ``(model, function)``; those that belong to no model are under ``*``."""
    for name, stand_in in STAND_INS.items():
        for function in get_functions(env[name].sudo(), stand_in):
            yield name, function
    for name in phones.FUNCTIONS:
        yield "*", getattr(phones.phone_validation, name)


def collect(told):
    """Add what is there to ``told``: {model: {function: [digests]}}."""
    for name, function in get_all_functions():
        function_name, digest = known.describe(function)
        if not digest or function_name.startswith(known.OWN):
            continue
        group = "*" if function_name.startswith("odoo.orm.") else name
        digests = told.setdefault(group, {}).setdefault(function_name, [])
        if digest not in digests:
            digests.append(digest)
            print(f"{group}: {function_name}")


told = known.read()
collect(told)
known.FILE.write_text(json.dumps(told, indent=1, sort_keys=True) + "\n", encoding="utf-8")
