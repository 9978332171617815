"""From a record as an interface sends it to the cells of a row, as a table would have them.

What is done is declared per endpoint:

``name_of``
    ``[{"list": "stages", "id": "deal_stage_id", "name": "stage.name"}]``: the record names one of
    its own list by ID; its name becomes a column, and the list and the ID go.
``custom``
    ``[{"prefix": "custom_field_"}, {"list": "field_values"}]``: custom fields, in single values or
    in a list; the column gets the name that the source's definitions tell.
``participants``
    ``{"list", "type", "id", "name", "prefer", "columns", "names"}``: the first of the preferred
    types is what the record belongs to. The others take part: their IDs go to the column of their
    type, their names to the column of names.
``rows``
    ``[{"list": "phones", "kind": ["label"], "own": {"mobile": ["cell"]}, "usual": ["work"]}]``:
    rows of which some have a column of their own (``phones.mobile.number``), whatever their
    place in the list; rows of a usual kind come first among the others, and do not repeat it.
``repeated``
    ``{"label": "name"}``: a value that only repeats another goes.
``words``
    ``{"tag_list": "tags"}``: a list of words, or a text with commas between them, under one name:
    the same comes under either name, in either form, from one record to the next.
``drop``
    names that say nothing to a person, at any depth, or dotted paths: ``emails.id``, inner numbers
    of rows.
``copy``
    ``{"column": "path"}``: a value under another name, where there is none: the same link comes as
    ``company.id`` or as ``company_id``, and dropping the latter leaves one column.
"""

from decimal import Decimal

from ..reading.flatten import flatten
from .paths import find

RELATED = ("related_type", "related_id")


class Shaper:
    """Makes rows of the records of one interface.

    :param fields: ``{ID: name}`` of the custom fields
    :param options: ``{ID: name}`` of their choices
    """

    def __init__(self, fields=None, options=None):
        self.fields = fields or {}
        self.options = options or {}

    @classmethod
    def from_definitions(cls, definitions, records):
        """Return the shaper that knows the definitions an interface tells.

        :param definitions: ``id`` and ``name``: where they stand in a record; ``options``,
            ``option_id``, ``option_name`` of its choices
        """
        fields, options = {}, {}
        for record in records:
            name = find(record, definitions.get("name", "name"))
            if name:
                fields[_text(find(record, definitions.get("id", "id")))] = str(name).strip()
            for option in find(record, definitions.get("options", "options")) or ():
                if isinstance(option, dict):
                    label = find(option, definitions.get("option_name", "name"))
                    options[_text(find(option, definitions.get("option_id", "id")))] = label
        return cls(fields, options)

    def row(self, record, shape):
        """Return ``{column: text or None}`` of a record.

        >>> Shaper({"7": "Tier"}).row(
        ...     {"id": 1, "price": 75.0, "custom_field_7": {"value": "Gold", "field_id": 7},
        ...      "deal_stage_id": 2, "stages": [{"id": "2", "name": "Won"}]},
        ...     {"custom": [{"prefix": "custom_field_"}],
        ...      "name_of": [{"list": "stages", "id": "deal_stage_id", "name": "stage.name"}]})
        {'id': '1', 'price': '75.0', 'Tier': 'Gold', 'stage.name': 'Won'}
        """
        record = dict(record)
        cells = {}
        for custom in shape.get("custom", ()):
            cells |= self._take_custom(record, custom)
        for naming in shape.get("name_of", ()):
            cells |= self._take_name(record, naming)
        if shape.get("participants"):
            cells |= self._take_participants(record, shape["participants"])
        for name, column in shape.get("words", {}).items():
            _gather_words(record, name, column)
        for name, other in shape.get("repeated", {}).items():
            if record.get(name) == record.get(other):
                record.pop(name, None)
        kept = _without(record, set(shape.get("drop", ())))
        for rows in shape.get("rows", ()):
            _sort_rows(kept, rows)
        whole = flatten(_exact(kept))
        for column, path in shape.get("copy", {}).items():
            copied = _text(find(record, path))
            if copied and not whole.get(column):
                cells[column] = copied
        return whole | cells

    # ------------------------------------------------------------------ custom fields

    def _take_custom(self, record, custom):
        cells = {}
        for field in self._list_custom(record, custom):
            name, value = self._name_custom(field), self._get_custom(field)
            if value is None:
                continue
            before = cells.get(name)  # several choices of one field
            cells[name] = f"{before}|{value}" if before else value
        return cells

    def _list_custom(self, record, custom):
        """Take the custom fields out of the record."""
        if "list" in custom:
            listed = record.pop(custom["list"], None) or ()
            return [one for one in listed if isinstance(one, dict)]
        found = []
        for key in [key for key in record if key.startswith(custom["prefix"])]:
            value = record.pop(key)
            number = key.removeprefix(custom["prefix"])
            for one in value if isinstance(value, list) else [value]:
                one = one if isinstance(one, dict) else {"value": one}
                found.append({"field_id": number, **one})
        return found

    def _name_custom(self, field):
        """Return the name of a field: of a choice the parent is the field, and it the option."""
        key = _text(field.get("field_parent_id")) or _text(field.get("field_id"))
        return self.fields.get(key) or str(field.get("name") or f"custom_field_{key}")

    def _get_custom(self, field):
        value = field.get("value")
        chosen = _text(field.get("field_id")) if field.get("field_parent_id") else ""
        if chosen and value in (None, "", True, "true", "1", 1):
            return self.options.get(chosen) or self.fields.get(chosen) or chosen
        cells = flatten({"value": _exact(value)})
        return (
            cells.get("value")
            if "value" in cells or not cells
            else " ".join(text for text in cells.values() if text)
        )

    # ------------------------------------------------------------------ names, participants

    def _take_name(self, record, naming):
        listed = record.pop(naming["list"], None) or ()
        wanted = _text(record.pop(naming["id"], None))
        for one in listed:
            if isinstance(one, dict) and _text(one.get("id")) == wanted and one.get("name"):
                return {naming["name"]: str(one["name"]).strip()}
        # One that the list does not have keeps its number as a name: it must not get lost.
        return {naming["name"]: wanted} if wanted else {}

    def _take_participants(self, record, told):
        listed = [one for one in record.pop(told["list"], None) or () if isinstance(one, dict)]
        kinds = told["prefer"]
        known = [one for one in listed if one.get(told["type"]) in kinds]
        known.sort(key=lambda one: kinds.index(one[told["type"]]))
        cells, names = {}, []
        if known:
            cells["related_type"] = str(known[0][told["type"]])
            cells["related_id"] = _text(known[0].get(told["id"])) or None
            cells["related_name"] = known[0].get(told["name"]) or None
        for one in listed:
            if one in known[:1]:
                continue
            column = told.get("columns", {}).get(one.get(told["type"]))
            key = _text(one.get(told["id"]))
            if column and key:
                cells[column] = f"{cells[column]}|{key}" if column in cells else key
            names.append(_text(one.get(told["name"])))
        if any(names):
            cells[told["names"]] = "|".join(filter(None, names))
        return cells


def _gather_words(record, name, column):
    """Put the words of both names under one, in the record itself; other values stay."""
    if not {name, column} & record.keys():
        return
    words = []
    for one in (column, name):
        value = record.get(one) or []
        value = value.split(",") if isinstance(value, str) else value
        if not isinstance(value, list) or not all(isinstance(word, str) for word in value):
            return
        words += [word.strip() for word in value]
    record.pop(name, None)
    record[column] = list(dict.fromkeys(filter(None, words)))


def _sort_rows(record, told):
    """Take rows of some kinds out of their list to a name of their own, in the record itself."""
    rows = record.get(told["list"])
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        return
    named, others = {}, []
    for row in rows:
        row, kind = _take_kind(row, told)
        own = next((name for name, words in told.get("own", {}).items() if kind in words), None)
        if own:
            own = f"{told['list']}.{own}"
            number = sum(name.rstrip("0123456789") == own for name in named) + 1
            named[own if number == 1 else f"{own}{number}"] = row
        else:
            others.append((kind not in told.get("usual", ()), row))
    others.sort(key=lambda one: one[0])
    record[told["list"]] = [row for __, row in others]
    record |= named


def _take_kind(row, told):
    """Return ``(row, kind in small letters)``; a kind that is only a number says nothing."""
    row, kind = dict(row), ""
    for name in told["kind"]:
        text = _text(row.get(name)).casefold()
        if text.isdigit() or text in told.get("usual", ()) or not text:
            row.pop(name, None)
        elif any(text in words for words in told.get("own", {}).values()):
            row.pop(name)
        kind = kind or ("" if text.isdigit() else text)
    return row, kind


def _text(value):
    if value is None or isinstance(value, (dict, list, bool)):
        return ""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return str(value).strip()


def _exact(value):
    """Decimals as they were written, never with an exponent."""
    if isinstance(value, float):
        return Decimal(repr(value))
    if isinstance(value, dict):
        return {key: _exact(one) for key, one in value.items()}
    return [_exact(one) for one in value] if isinstance(value, list) else value


def _without(value, names, place=""):
    if isinstance(value, dict):
        return {
            key: _without(one, names, f"{place}{key}.")
            for key, one in value.items()
            if not {key, f"{place}{key}"} & names
        }
    return [_without(one, names, place) for one in value] if isinstance(value, list) else value
