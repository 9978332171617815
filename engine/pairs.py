"""Custom fields as name and value: rows of a table of their own, or several pairs in one cell."""

import json
import re

from .headers import CONTAINS, match, normalise
from .reading.flatten import flatten
from .vocabulary import load as load_vocabulary

#: Family of the vocabulary that tables of pairs are matched with.
TARGET = "custom_value"
#: What stands before the name of a field that came as a pair, as in nested data.
PREFIX = "custom_fields."
#: A table of pairs has few columns; one with more is a table of records.
MOST_COLUMNS = 9
#: Slots that say whose value it is, and of which kind that is ("" where another column says it).
HOLDERS = {
    "related_id": "", "contact_id": "contact", "company_id": "company", "deal_id": "deal",
    "lead_id": "lead",
}  # fmt: skip
# Sure enough to read several pairs out of one cell.
_LEAST_CELLS = 3
_PAIR = re.compile(r"\s*([^\W\d_][^:=;|\n]{0,39}?)\s*[:=]\s*(?!//)(.*?)\s*", re.DOTALL)
_ENDS = (";", "|", "\n")


def find_columns(entity, header, columns=None, loose=False):
    """Return ``{slot: column}`` of a table of pairs, or None if it is none.

    It has a column for the record, one for the field's name, and one for the value.

    :param columns: what the values say, in the order of the header
    :param loose: the table is said to be one of custom fields: a mere "name" is that of the field
    """
    vocabulary, found = load_vocabulary(), {}
    index = vocabulary.index(entity)
    for name, column in zip(header, columns or [None] * len(header), strict=True):
        best = next(iter(match(name, index, column)), None)
        if best and best.score > CONTAINS and found.get(best.slot.name, ("", 0))[1] < best.score:
            found[best.slot.name] = (name, best.score)
    if loose and "field_name" not in found:
        names = {normalise(name) for name in vocabulary.content["words"]["name"]}
        plain = next((one for one in header if normalise(one) in names), None)
        if plain:
            found["field_name"] = plain, 0
    told = found.keys() & HOLDERS.keys() and {"field_name", "field_value"} <= found.keys()
    if not told or len(header) > MOST_COLUMNS:
        return None
    return {slot: name for slot, (name, __) in found.items()}


def split(cell):
    """Return ``{name: value}`` of the pairs in a cell, or None if it holds anything else.

    >>> split("Belt: Black; Weight: 71,5")
    {'Belt': 'Black', 'Weight': '71,5'}
    >>> split('{"Belt": "Black", "Topics": ["Mats", "Bells"]}')
    {'Belt': 'Black', 'Topics': 'Mats|Bells'}
    >>> split('[{"name": "Belt", "value": "Black"}]')
    {'Belt': 'Black'}
    >>> split("https://a.example"), split("10:30"), split("Call him; he waits")
    (None, None, None)
    """
    text = (cell or "").strip()
    if text[:1] in ("{", "["):
        return _split_json(text)
    for end in _ENDS:
        if end in text:
            break
    found = {}
    for part in filter(str.strip, text.split(end)):
        pair = _PAIR.fullmatch(part)
        if not pair:
            return None
        name, value = pair.groups()
        before = found.get(name)
        found[name] = f"{before}|{value}" if before and value else value or before
    return found or None


def _split_json(text):
    try:
        read = json.loads(text)
    except ValueError:
        return None
    if not read or not isinstance(read, (dict, list)):
        return None
    cells = flatten({"": read})
    # A list of words, or of objects that name no field, is no list of pairs.
    names = [name.removeprefix(".") for name in cells]
    known = all(name and not name[0].isdigit() for name in names)
    return dict(zip(names, cells.values(), strict=True)) if known else None


class Cells:
    """Whether all cells of a column hold pairs: add them, then ask.

    >>> cells = Cells()
    >>> cells.add(["A: 1; B: 2", None, "A: 3", "B: 4; A: 5"])
    >>> cells.sure
    True
    >>> cells.add(["Rang twice"])
    >>> cells.sure
    False
    """

    def __init__(self):
        self.filled = self.several = 0
        self.names = {}
        self.broken = False

    def add(self, cells):
        for cell in filter(None, cells):
            found = None if self.broken else split(cell)
            if found is None:
                self.broken = True
                return
            self.filled += 1
            self.several += len(found) > 1
            for name in found:
                self.names[name] = self.names.get(name, 0) + 1

    @property
    def sure(self):
        """Each cell is pairs, some are several, and the names come again in other cells."""
        again = sum(count > 1 for count in self.names.values())
        enough = self.filled >= _LEAST_CELLS and self.several
        return bool(not self.broken and enough and again * 2 >= len(self.names))
