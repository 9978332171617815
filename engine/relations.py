"""Which columns name the records of which table, found from the values.

All tables of an export are compared by samples of their distinct values (:mod:`distinct`): what is
kept does not grow with the rows. Samples of two columns hold the same values of those they share,
so that the share of one in the other can be told from them.
"""

from typing import NamedTuple

#: A column refers to a table when so many of its values are keys there.
SHARE = 0.8
#: So few common values prove nothing.
COMMON = 3
#: Digits from which a whole figure is no count.
LONG = 4
#: Slots by which a record is named, and what a reference by them is called.
BY = {"id": "id", "name": "name", "email": "email", "login": "email"}
#: Small figures are contained in small figures: a count is no reference.
FIGURES = frozenset(("integer", "float", "money", "percent", "boolean", "date", "datetime"))


class Link(NamedTuple):
    """A column that names records: ``share`` of its values are the ``by`` of ``entity``."""

    entity: str
    by: str
    share: float


def find_links(tables, keys):
    """Find the references between the tables of an export.

    :param tables: {entity: list of :class:`types.ColumnProfile`}
    :param keys: {entity: {column: field}} of the columns that name a record of it, as proposed
    :return: {entity: {column: list of :class:`Link`, best first}}
    """
    named = [
        (entity, column, BY[keys[entity][column.name]])
        for entity, columns in tables.items()
        for column in columns
        if keys.get(entity, {}).get(column.name) in BY and column.values
    ]
    links = {}
    for entity, columns in tables.items():
        for column in columns:
            if column.values and keys.get(entity, {}).get(column.name) != "id":
                found = [_link(column, *key) for key in named if key[1] is not column]
                kept = sorted(filter(None, found), key=lambda link: -link.share)
                links.setdefault(entity, {})[column.name] = kept
    return links


def _link(column, entity, key, by):
    common, share = contained(column.values, key.values)
    if column.kind in FIGURES and key.kind not in FIGURES and not _are_long(column, key):
        return None
    if by == "id" and key.distinct < 0.9 * key.filled:
        return None  # no key
    least = min(COMMON, column.distinct)
    return Link(entity, by, round(share, 3)) if common >= least and share > 0.05 else None


def _are_long(column, key):
    """Whether whole figures are too long to be counts: 100112 among 100001 to 105000."""
    samples = [str(sample).strip() for sample in (*column.samples, *key.samples)]
    return column.kind == "integer" and all(
        sample.isdigit() and len(sample) >= LONG for sample in samples
    )


def contained(values, others):
    """Return how many sampled values two columns share, and the share of the first column's.

    :param values: :class:`distinct.DistinctSample`, as ``others``
    """
    mask = (1 << max(values.bits, others.bits)) - 1
    mine = {value for value in values.seen if not value & mask}
    common = sum(value in others.seen for value in mine)
    return common, common / len(mine) if mine else 0.0
