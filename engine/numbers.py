"""Numbers as people write them. A reading is given only where the digits allow it."""

import re
from functools import lru_cache

from .exceptions import ValueProblem

_SPACES = re.compile(r"(?<=\d)[ \u00a0\u2009\u202f'’](?=\d{3}(?!\d))")
_ZERO_CENTS = re.compile(r"([.,])[-–—]{1,2}$")
_BY_MARK = {
    # decimal mark: digits grouped by the other mark, in threes or (India) in twos
    ".": re.compile(
        r"(?=\.?\d)(?:\d+|[1-9]\d{0,2}(?:,\d{3})+|[1-9]\d?(?:,\d{2})+,\d{3})?(?:\.\d*)?"
        r"(?:[eE][+-]?\d{1,3})?"
    ),
    ",": re.compile(r"(?:\d+|[1-9]\d{0,2}(?:\.\d{3})+)?(?:,\d*)?"),
}


@lru_cache(maxsize=50_000)
def readings(text):
    """What a text can mean as a number: decimal mark -> figure in Python's own spelling.

    No mark at all gives the key ``""``; two keys mean that it can be read both ways.

    >>> readings("1.234,56"), readings("1,234"), readings("1.2.3"), readings("(12)")
    ({',': '1234.56'}, {'.': '1234', ',': '1.234'}, {}, {'': '-12'})
    """
    text = text.strip().replace("\u2212", "-")
    sign = ""
    if text.startswith("(") and text.endswith(")"):
        sign, text = "-", text[1:-1].strip()
    elif text[:1] in "+-":
        sign, text = text[:1].strip("+"), text[1:].strip()
    elif text.endswith("-") and text[-2:-1].isdigit():  # accounting exports
        sign, text = "-", text[:-1]
    text = _SPACES.sub("", text)
    if not any(letter.isdigit() for letter in text) or not text.isascii():
        return {}
    if text.isdigit():
        return {"": sign + text}
    return {mark: sign + _plain(text, mark) for mark in _BY_MARK if _BY_MARK[mark].fullmatch(text)}


def whole(found):
    """Of several readings, the one without a fraction: for what cannot have any (yen, counts).

    >>> whole(readings("12,500"))
    {'.': '12500'}
    """
    kept = {mark: figure for mark, figure in found.items() if float(figure).is_integer()}
    return kept if len(kept) == 1 and len(found) > 1 else found


def parse(raw, decimal=None):
    """The figure of a cell in Python's spelling.

    The cell's own evidence goes first: ``1,234.56`` has one reading whatever its column is said to
    be (workbooks mix typed numbers and text). The decimal mark settles the others.

    :raise ValueProblem: ``unreadable_number`` or ``ambiguous_number``
    """
    found = readings(raw)
    if len(found) == 1:
        return next(iter(found.values()))
    if not found:
        raise ValueProblem("unreadable_number", value=raw)
    if decimal in found:
        return found[decimal]
    if len({float(figure) for figure in found.values()}) == 1:
        return next(iter(found.values()))
    raise ValueProblem("ambiguous_number", value=raw)


def spell_cents(text):
    """``1.200,-`` and ``5.—``, as shops write round prices, with zeros for the dash."""
    return _ZERO_CENTS.sub(r"\g<1>00", text)


def _plain(text, mark):
    return text.replace(",", "") if mark == "." else text.replace(".", "").replace(",", ".")
