"""From a record as an interface sends it to the cells of a row, as a table would have them.

What is done is declared per endpoint:

``name_of``
    ``[{"list": "stages", "id": "deal_stage_id", "name": "stage.name"}]``: the record names one of
    its own list by ID; its name becomes a column, and the list goes.
``custom``
    ``[{"prefix": "custom_field_"}, {"list": "field_values"}]``: custom fields, in single values or
    in a list; the column gets the name that the source's definitions tell.
``participants``
    ``{"list", "type", "id", "name", "prefer"}``: the first of the preferred types is what the
    record belongs to, persons of the others attend.
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
        {'id': '1', 'price': '75.0', 'deal_stage_id': '2', 'Tier': 'Gold', 'stage.name': 'Won'}
        """
        record = dict(record)
        cells = {}
        for custom in shape.get("custom", ()):
            cells |= self._take_custom(record, custom)
        for naming in shape.get("name_of", ()):
            cells |= self._take_name(record, naming)
        if shape.get("participants"):
            cells |= self._take_participants(record, shape["participants"])
        whole = flatten(_exact(_without(record, set(shape.get("drop", ())))))
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
        wanted = _text(find(record, naming["id"]))
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
        cells = {}
        if known:
            cells["related_type"] = str(known[0][told["type"]])
            cells["related_id"] = _text(known[0].get(told["id"])) or None
            cells["related_name"] = known[0].get(told["name"]) or None
        others = [one for one in listed if one not in known[:1] and one.get(told["name"])]
        if others:
            cells["attendees"] = "|".join(str(one[told["name"]]) for one in others)
        return cells


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
