"""Part files: one export in several pieces, ``contacts_1.csv``, ``contacts_2.csv`` …"""

import re

_NUMBER = re.compile(r"(\d+)")
_WORD = r"part|page|chunk|batch|split|teil|seite|partie|parte|pagina|página|del|część|část|часть"
_OF = r"of|von|de|di|из|z|av|/"
#: ``2``, ``(2)``, ``part 2``, ``(part 2 of 3)``, ``2of3``.
_PART = re.compile(
    rf"[\s_.-]*[(\[]?(?:{_WORD})?[\s_.-]*\d+(?:[\s_.-]*(?:{_OF})[\s_.-]*\d+)?[)\]]?$", re.IGNORECASE
)
#: A day, a month or a moment: exports are called after when they were made.
_DATE = re.compile(
    r"[\s_.-]*[(\[]?(?:19|20)\d\d[-_.]?(?:0[1-9]|1[0-2])(?:[-_.]?(?:0[1-9]|[12]\d|3[01]))?"
    r"(?:[T\s_.-]*\d\d[-_.:h]?\d\d(?:[-_.:]?\d\d)?)?Z?[)\]]?$",
    re.IGNORECASE,
)


def in_order(name):
    """Key to sort by: ``part 10`` after ``part 9``.

    >>> sorted(["c_10", "c_9"], key=in_order)
    ['c_9', 'c_10']
    """
    return [int(piece) if piece.isdigit() else piece for piece in _NUMBER.split(str(name))]


def parts_of(tables):
    """The tables that continue the first one: of its name but for a number, with its columns."""
    first = tables[0]
    return [
        table
        for table in tables
        if table is first
        or (base(table.name) == base(first.name) and set(table.header) == set(first.header))
    ]


def base(name):
    """The name of an export without the number of its part.

    >>> base("exports/contacts_2.csv"), base("Contacts (3).csv"), base("deals-page-1.json")
    ('exports/contacts', 'contacts', 'deals')
    >>> base("Contacts (part 2 of 3).csv"), base("contacts_2024-01-31.csv"), base("deals_2of3.csv")
    ('contacts', 'contacts', 'deals')
    """
    stem, _dot, ending = name.rpartition(".")
    stem = stem if stem and len(ending) <= 5 else name
    plain = _PART.sub("", _DATE.sub("", stem)) if _DATE.search(stem) else _PART.sub("", stem)
    return _DATE.sub("", plain).strip().casefold() or stem.casefold()
