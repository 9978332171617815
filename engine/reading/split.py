"""Several tables in one file, one under the other."""

from .header import could_be_names, is_data, names_differ, typed_columns
from .layout import clean

#: Tables in one file; more are read as one, with rows of other length.
MOST_TABLES = 20
#: Rows before and after a boundary that must agree among themselves.
_WITNESSES = 5


def find_end(rows, head, cleaned, *, exact=True):
    """Place in ``rows`` where another table begins (its title included), or ``None``.

    A table ends where a row of names stands, and below it rows of another kind or length than
    before: after a blank row, or right away where the length of all rows changes.

    :param rows: ``(line, cells)`` from the row after the header on, blank rows included
    :param cleaned: {line: its cells, cleaned}
    :param exact: each record has all its delimiters, so that its length tells something
    """
    rows = [(place, cleaned[line]) for place, (line, _cells) in enumerate(rows)]
    filled = [(place, cells) for place, cells in rows if any(cells)]
    before = typed_columns([cells for _place, cells in filled])
    for number in range(1, len(filled) - 1):
        place, cells = filled[number]
        after_blank = place - filled[number - 1][0] > 1
        if not after_blank and (not exact or len(cells) == len(filled[number - 1][1])):
            continue
        if after_blank and _is_title(cells) and number + 2 < len(filled):
            cells, following = filled[number + 1][1], filled[number + 2 :]
        else:
            following = filled[number + 1 :]
        above = [row for _place, row in filled[max(0, number - _WITNESSES) : number]]
        below = [row for _place, row in following[:_WITNESSES]]
        if _begins(cells, above, below, head, before, after_blank, exact):
            return place
    return None


def _begins(cells, above, below, head, before, after_blank, exact):
    names = [cell for cell in cells if cell]
    if len(names) < 2 or not could_be_names(cells) or any(is_data(name) for name in names):
        return False
    if cells in map(clean, head.rows):
        return False
    typed = typed_columns(below)
    changed = exact and _one_length(above) and _one_length(below) and bool(below)
    changed = changed and len(cells) == len(below[0]) != len(above[0])
    whole = len(names) * 10 >= len(cells) * 8
    if changed and whole:
        known = {cell.casefold() for row in head.rows for cell in row if cell}
        shared = sum(name.casefold() in known for name in names)
        return after_blank or shared * 2 >= len(names) or _named(cells, typed)
    other = bool(before) and _named(cells, before)
    return after_blank and whole and _named(cells, typed) and (other or not before)


def _named(cells, typed):
    """Words above figures, in all columns of figures."""
    return (
        bool(typed)
        and names_differ(cells, typed)
        and all(place < len(cells) and cells[place] for place in typed)
    )


def _is_title(cells):
    return sum(cell is not None for cell in cells) == 1


def _one_length(rows):
    return len({len(cells) for cells in rows}) == 1
