"""Lines of a document that stand in one cell: as JSON, or as a written list."""

import json
import re

from . import numbers
from .exceptions import ValueProblem

# Part of a line -> names it has in JSON, folded.
NAMES = {
    "name": ("name", "title", "product", "item", "description", "product_name", "label",
             "bezeichnung"),
    "sku": ("sku", "code", "product_code", "item_code", "artikelnummer"),
    "product_id": ("product_id", "item_id", "id"),
    "quantity": ("quantity", "qty", "count", "units", "menge", "anzahl"),
    "price_unit": ("price", "unit_price", "rate", "amount", "unit_amount", "preis", "einzelpreis"),
    "line_total": ("total", "line_total", "subtotal", "line_amount"),
}  # fmt: skip
NUMBERS = ("quantity", "price_unit", "line_total")
_LINE = re.compile(
    r"^(?P<quantity>\d+(?:[.,]\d+)?)\s*[x×*]\s+(?P<name>.+?)"
    r"(?:\s*(?:\(|@|à|je)\s*(?P<price>[^()@]*\d[^()@]*?)\)?)?$"
)
_SPLIT = re.compile(r"\s*(?:\n|;|\||,(?=\s*\d+\s*[x×]\s))\s*")


def read(text):
    """Return the lines of a cell as dicts of the keys of :data:`NAMES`, or ``[]``.

    All of it must be understood: a cell with one strange part is a text, and stays one.

    >>> read('[{"name": "Hat", "qty": 2, "price": "9.90"}]')
    [{'name': 'Hat', 'quantity': 2.0, 'price_unit': 9.9}]
    >>> read("2 x Shirt (19,90); 1 x Hat")
    [{'name': 'Shirt', 'quantity': 2.0, 'price_unit': 19.9}, {'name': 'Hat', 'quantity': 1.0}]
    >>> read("Workshop")
    []
    """
    text = (text or "").strip()
    try:
        return _read_json(text) if text[:1] in ("[", "{") else _read_list(text)
    except (ValueError, ValueProblem):
        return []


def _read_json(text):
    content = json.loads(text)
    rows = [content] if isinstance(content, dict) else content
    lines = []
    for row in rows:
        if not isinstance(row, dict):
            return []
        known = {str(key).casefold().replace(" ", "_"): value for key, value in row.items()}
        line = {}
        for part, names in NAMES.items():
            value = next((known[name] for name in names if known.get(name) not in (None, "")), None)
            if value is not None and not isinstance(value, (dict, list)):
                line[part] = _number(value) if part in NUMBERS else str(value)
        if not {"name", "sku", "product_id"} & line.keys():
            return []
        lines.append(line)
    return lines


def _read_list(text):
    lines = []
    for part in filter(None, _SPLIT.split(text)):
        found = _LINE.match(part)
        if not found:
            return []
        line = {"name": found["name"].strip(), "quantity": _number(found["quantity"])}
        if found["price"]:
            line["price_unit"] = _number(re.sub(r"[^\d.,'\- ]", "", found["price"]).strip())
        lines.append(line)
    return lines


def _number(value):
    return float(value if isinstance(value, (int, float)) else numbers.parse(str(value)))
