"""Nested objects as the cells of one row.

Objects become dotted columns (``company.name``); lists of words one cell; lists of objects numbered
columns (``emails.1.email``); custom fields given as name and value a column each.
"""

import json
from decimal import Decimal

#: Between the words of a list: the mark that stands least often in words.
LIST_SEPARATOR = "|"
#: Objects of a list that get columns; those after them stay together as JSON.
LISTED = 5

#: What names a custom field, the best first.
_NAMES = (
    "name", "label", "title", "key", "field", "field_name", "fieldname", "field_label", "code",
    "field_id", "custom_field_id", "definition_id", "id",
)  # fmt: skip
_VALUES = ("value", "values", "field_value")


def flatten(record):
    """``{column: text or None}`` of one object.

    >>> flatten({"id": 7, "company": {"name": "ACME"}, "tags": ["a", "b"], "ok": True})
    {'id': '7', 'company.name': 'ACME', 'tags': 'a|b', 'ok': 'true'}
    >>> flatten({"fields": [{"name": "Tier", "value": "Gold"}, {"name": "Size", "value": 3}]})
    {'fields.Tier': 'Gold', 'fields.Size': '3'}
    >>> flatten({"emails": [{"email": "a@b.example", "type": 1}]})
    {'emails.1.email': 'a@b.example', 'emails.1.type': '1'}
    """
    cells = {}
    _add(cells, "", record)
    return cells


def text_of(value):
    """A single value as text; ``None`` stays.

    >>> text_of(Decimal("1E+2")), text_of(False), text_of("")
    ('100', 'false', None)
    """
    if value is None or value == "":
        return None
    if value is True or value is False:
        return "true" if value else "false"
    if isinstance(value, Decimal) and abs(value.adjusted()) < 400:
        return format(value, "f")
    return str(value)


def _add(cells, name, value):
    if isinstance(value, dict):
        given = _custom_value(value)
        if name and given:
            _put(cells, name, given[1])
            return
        for key, one in value.items():
            _add(cells, f"{name}.{key}" if name else str(key), one)
    elif isinstance(value, list):
        _add_list(cells, name, value)
    else:
        cells[name] = text_of(value)


def _add_list(cells, name, values):
    if not values:
        return  # elsewhere it holds objects, perhaps: their columns are other ones
    if not any(isinstance(value, (dict, list)) for value in values):
        cells[name] = LIST_SEPARATOR.join(filter(None, map(text_of, values))) or None
    elif all(isinstance(value, dict) and _custom_name(value) for value in values):
        for value in values:
            _put(cells, f"{name}.{_custom_name(value)}", _custom_value(value)[1])
    else:
        for number, value in enumerate(values[:LISTED], 1):
            _add(cells, f"{name}.{number}", value)
        if values[LISTED:]:
            rest = json.dumps(values[LISTED:], ensure_ascii=False, default=text_of)
            cells[f"{name}.more"] = rest


def _put(cells, name, value):
    """Several values of one custom field are a list."""
    if isinstance(value, (dict, list)):
        _add(cells, name, value)
        return
    text, before = text_of(value), cells.get(name)
    cells[name] = LIST_SEPARATOR.join((before, text)) if before and text else text or before


def _custom_value(value):
    """``(key, value)`` if an object is nothing but a custom field and its value."""
    key = next((key for key in _VALUES if key in value), None)
    known = _custom_name(value) and key
    return (key, value[key]) if known else None


def _custom_name(value):
    if not any(key in value for key in _VALUES):
        return None
    name = next((value[key] for key in _NAMES if value.get(key) not in (None, "")), None)
    return None if name is None or isinstance(name, (dict, list)) else str(name).strip()
