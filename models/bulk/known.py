"""Which code of Odoo the fast road stands in for: functions known by the digest of their source.

``known.json`` names them for each model, and under ``*`` those of the ORM and of no model. A
function that is not there, or reads otherwise (another addon's, a newer Odoo's), is unknown: what
hangs on it is left to Odoo. ``dev/digests`` writes the file.
"""

import ast
import functools
import hashlib
import inspect
import json
import textwrap
from pathlib import Path

FILE = Path(__file__).with_name("known.json")
OWN = "odoo.addons.crm_migration.models."


@functools.cache
def read():
    """Return {model: {function: [digests]}}."""
    return json.loads(FILE.read_text(encoding="utf-8"))


@functools.cache
def describe(function):
    """Return ``(name, digest)`` of a function; the digest is that of its code without comments."""
    function = inspect.unwrap(getattr(function, "__func__", function))
    if not hasattr(function, "__qualname__"):
        return repr(function), None
    name = f"{function.__module__}.{function.__qualname__}"
    try:
        source = textwrap.dedent(inspect.getsource(function))
    except (OSError, TypeError):
        return name, None
    try:
        tree = ast.parse(source)
    except SyntaxError:  # a lambda amid an argument list
        return name, hashlib.sha256(source.encode()).hexdigest()[:16]
    body = tree.body[0]
    if isinstance(body, (ast.FunctionDef, ast.AsyncFunctionDef)) and ast.get_docstring(body):
        body.body = body.body[1:]
    return name, hashlib.sha256(ast.dump(tree).encode()).hexdigest()[:16]


def find(model, name):
    """Return all definitions of a method that a call of it may run through."""
    return [cls.__dict__[name] for cls in type(model).__mro__ if name in cls.__dict__]


def is_known(model_name, told, digest):
    """Tell whether the stand-in of a model vouches for a function; the ORM's own are for all."""
    known = read()
    return digest in known.get(model_name, {}).get(told, known.get("*", {}).get(told, ()))


def find_unknown(model, names):
    """Return the name of the first definition of these methods that is not known, or None."""
    for name in names:
        for function in find(model, name):
            told, digest = describe(function)
            if told.startswith(OWN):
                continue
            if not is_known(model._name, told, digest):
                return told
    return None


def find_unknown_below(model, name):
    """Return the name of the first definition below ours of a method that is not known, or None."""
    told = [describe(function) for function in find(model, name)]
    own = [place for place, (one, __) in enumerate(told) if one.startswith(OWN)]
    if not own:
        return f"{name} without ours"
    unknown = (one for one, digest in told[own[-1] + 1 :] if digest not in read()["*"].get(one, ()))
    return next(unknown, None)
