"""Part files: one export in several pieces, ``contacts_1.csv``, ``contacts_2.csv`` …"""

import re

_NUMBER = re.compile(r"(\d+)")
_PART = re.compile(
    r"[\s_.-]*(?:part|page|teil|seite|partie|parte|\()?[\s_.-]*\d+\)?$", re.IGNORECASE
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
    """
    stem, _dot, ending = name.rpartition(".")
    stem = stem if stem and len(ending) <= 5 else name
    return _PART.sub("", stem).strip().casefold() or stem.casefold()
