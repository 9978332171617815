"""Expected and landed values: equal or not, and who changed what since.

A value is *empty* when it is ``None``, ``False`` or an empty text or list: Odoo cannot tell these
apart for most field types, and a filled one never equals an empty one.
"""

import html as entities
import re

EQUAL, EXPLAINED, DIFFERENT, MISSING = "equal", "explained", "different", "missing"
VERDICTS = (EQUAL, EXPLAINED, DIFFERENT, MISSING)
_TAG = re.compile(r"<[^>]+>")
_BLANK = re.compile(r"\s+")


def is_empty(value):
    """Return whether a value says nothing; 0 and 0.0 do say something."""
    return value is None or value is False or value == "" or value == [] or value == {}


def same(expected, landed, field_type):
    """Return whether two values of a field are the same to a reader.

    :param field_type: Odoo's type; figures compare to nine digits (a cent of ten millions counts),
        HTML by the text and the images it shows (Odoo's sanitizer rewrites the tags)
    """
    if field_type in ("integer", "float", "monetary"):
        return abs((expected or 0) - (landed or 0)) < 1e-9 * max(1.0, abs(expected or 0))
    if field_type == "boolean":
        return bool(expected) == bool(landed)
    if is_empty(expected) or is_empty(landed):
        return is_empty(expected) and is_empty(landed)
    if field_type in ("many2many", "one2many"):
        return set(expected) == set(landed)
    if field_type == "html":
        return shown(expected) == shown(landed)
    if field_type == "json":
        return expected == landed
    return str(expected) == str(landed)


def shown(markup):
    """Return what HTML shows: its words in order, and how many images.

    >>> shown("<p>a <b>b</b></p>") == shown("<div>a b</div>")
    True
    """
    text = _TAG.sub(" ", str(markup).replace("<img", "\ufffcimg<"))
    return _BLANK.sub("", entities.unescape(text).replace("\ufffcimg", "\ufffc"))


def verdict(expected, landed, field_type, rule=""):
    """Return the verdict on one field.

    :param rule: name of the rule that explains why the expected value is not the source's
    """
    if same(expected, landed, field_type):
        return EXPLAINED if rule else EQUAL
    if is_empty(landed) and not is_empty(expected):
        return MISSING
    return DIFFERENT


def three_way(old, new, now, types):
    """Compare the last landed values, the newly expected ones and Odoo's of today.

    :param old: expected values at the last load, or ``None`` if they are not known
    :param new: expected values now
    :param now: values in Odoo
    :param types: field -> Odoo type
    :return: ``(to_write, conflicts)``: both {field: new value}. Source-only changes are written,
        edits made only in Odoo stay, changes on both sides are conflicts. Without ``old`` every
        difference is a conflict: who changed it is not known.
    """
    to_write, conflicts = {}, {}
    for name, value in new.items():
        kind = types.get(name, "char")
        if same(value, now.get(name), kind):
            continue
        if old is None:
            conflicts[name] = value
        elif same(old.get(name), now.get(name), kind):
            to_write[name] = value
        elif not same(old.get(name), value, kind):
            conflicts[name] = value
    return to_write, conflicts
