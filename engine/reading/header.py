"""Which rows of a file are its header: one, several on top of each other, or none.

Works on ``(line, cells)`` of any format; cells are text or ``None``.
"""

import re
from collections import Counter
from math import ceil
from typing import NamedTuple

from .layout import clean, trim

#: How far down a header is looked for.
HEADER_DEPTH = 50
#: A title above names that are one under the other: longer cells are a remark.
LONGEST_TITLE = 30
#: Headers of more rows than this are records of nothing but text.
MOST_ROWS = 3
_BODY = 50
_FEW_ROWS = 20
#: Share of cells that look like data from which the column is one of data.
_TYPED = 0.8

_DATA = re.compile(
    r"(?:[-+]?\s?[$€£¥]?\s?[-+]?\d[\d.,:/\s'-]*(?:[ap]m|[%€$£¥]|e[-+]?\d+)?"
    r"|\d{4}-\d\d-\d\dT.*|[^@\s]+@[^@\s]+\.\w+|https?://.*|true|false)",
    re.IGNORECASE,
)


class Head(NamedTuple):
    """Where a table begins.

    :param line: line of the last row of the header; 0 if there is none
    :param rows: cells of the rows of the header, as written
    :param first: line from which records follow
    :param width: cells of a record, where there is no header to tell
    :param title: what stands above the table
    """

    line: int
    rows: list
    first: int
    width: int
    title: str = ""

    def written(self):
        """The header as it is written: rows one under the other are joined.

        >>> Head(2, [["Contact", None, "Deal"], ["Name", "Email", "Name"]], 3, 3).written()
        ['Contact Name', 'Contact Email', 'Deal Name']
        """
        return [" ".join(parts) for parts in self._parts()]

    def names(self):
        """Like :meth:`written`, but what is repeated in the rows stands once."""
        if not self.line:
            return [""] * self.width
        return [" ".join(dict.fromkeys(parts)) for parts in self._parts()]

    def _parts(self):
        if not self.rows:
            return []
        if len(self.rows) == 1:
            return [[cell or ""] for cell in self.rows[0]]
        width = max(map(len, self.rows))
        rows = [clean(row) + [None] * (width - len(row)) for row in self.rows]
        for above, below in zip(rows, rows[1:], strict=False):
            _carry(above, below)
        return [[cell.strip() for cell in column if cell] for column in zip(*rows, strict=True)]


def find_head(rows, cleaned=None):
    """The :class:`Head` of the table that begins in ``rows``; ``None`` if they are blank.

    The header is the first row about as wide as the table whose cells could be names of columns
    and are not of the kind that stands below them. If there is none such, and the first row is
    of the kind of the others, the file has no header.

    :param rows: list of ``(line, cells)``, blank rows included
    :param cleaned: {line: its cells, cleaned}, where they are known
    """
    written = {line: cells for line, cells in rows}
    rows = _filled_rows(rows, cleaned)
    if not rows:
        return None
    width = width_of(rows)
    wide = [n for n, row in enumerate(rows[:HEADER_DEPTH]) if _filled(row[1]) >= _enough(width)]
    if not wide:
        return _head(rows, 0, 0, width, written)
    place = next((n for n in wide if _is_header(rows, n)), None)
    above = wide[: wide.index(place)] if place is not None else wide[:1]
    if above and all(_is_record(rows, n, width) for n in above):
        return Head(0, [], rows[above[0]][0], _full_width(rows), _title(rows, above[0]))
    if place is None:
        place = wide[0]
    first, last = _stack(rows, place, width)
    return _head(rows, first, last, width, written)


def no_head(rows):
    """The :class:`Head` of a file that the person says has no header."""
    rows = _filled_rows(rows)
    return Head(0, [], rows[0][0], _full_width(rows)) if rows else None


def typed_columns(rows):
    """Places of the columns whose cells are mostly numbers, dates or addresses.

    >>> sorted(typed_columns([["a", "1"], ["b", "2"]]))
    [1]
    """
    data, filled = {}, {}
    for cells in rows[:_BODY]:
        for place, cell in enumerate(cells):
            if cell:
                filled[place] = filled.get(place, 0) + 1
                data[place] = data.get(place, 0) + is_data(cell)
    least = min(2, len(rows))
    return {
        place for place, count in filled.items() if count >= least and data[place] >= _TYPED * count
    }


def is_data(cell):
    """Whether a cell could hardly be the name of a column."""
    return bool(_DATA.fullmatch(cell.strip()))


def could_be_names(cells):
    """Whether the cells of a row could be names of columns, by themselves."""
    names = [cell.strip() for cell in cells if cell]
    data = sum(is_data(name) or len(name) > 120 for name in names)
    distinct = len({name.casefold() for name in names})
    return data * 4 < len(names) + 1 and distinct * 10 >= len(names) * 6


def names_differ(cells, typed):
    """Whether a row has words where the rows below it have figures."""
    beneath = [cells[place] for place in typed if place < len(cells) and cells[place]]
    return not beneath or any(not is_data(cell) for cell in beneath)


def width_of(rows):
    lengths = {}
    for _line, cells in rows:
        length = len(trim(cells))
        lengths[length] = lengths.get(length, 0) + 1
    # Trailing empty cells make lengths vary in a sheet: the widest that is no exception counts.
    least = max(lengths.values()) / 4 if len(rows) > _FEW_ROWS else 1
    return max(length for length, count in lengths.items() if count >= least)


def _filled_rows(rows, cleaned=None):
    if cleaned is None:
        cleaned = {line: clean(cells) for line, cells in rows}
    return [(line, cleaned[line]) for line, _cells in rows if any(cleaned[line])]


def _full_width(rows):
    """Columns of a table without a header, empty ones included."""
    lengths = Counter(len(cells) for _line, cells in rows)
    return max(lengths, key=lambda length: (lengths[length], length))


def _head(rows, first, last, width, written):
    cells = [written[line] for line, _row in rows[first : last + 1]]
    line = rows[last][0]
    return Head(line, cells, line + 1, width, _title(rows, first))


def _title(rows, place):
    """The only cell of the row above."""
    filled = [cell for cell in rows[place - 1][1] if cell] if place else []
    return filled[0].strip() if len(filled) == 1 else ""


def _is_header(rows, place):
    cells = rows[place][1]
    return could_be_names(cells) and names_differ(cells, _typed_below(rows, place))


def _typed_below(rows, place):
    return typed_columns([cells for _line, cells in rows[place + 1 : place + 1 + _BODY]])


def _is_record(rows, place, width):
    """Whether a row is of the kind of those below: figures where they have figures."""
    cells = rows[place][1]
    typed = _typed_below(rows, place)
    if not typed:
        data = sum(is_data(cell) for cell in cells if cell)
        return len(rows) == 1 and data * 2 > _filled(cells)
    beneath = [cells[column] for column in typed if column < len(cells) and cells[column]]
    return len(cells) >= width and bool(beneath) and all(map(is_data, beneath))


def _stack(rows, place, width):
    """First and last row of the header that ``place`` belongs to."""
    first = last = place
    while last - first + 1 < MOST_ROWS and _goes_on(rows, last):
        last += 1
    if first == last and place and _is_group(rows[place - 1], rows[place], width):
        return place - 1, last
    while first < last and _is_remark(rows[first][1]):
        first += 1
    return first, last


def _goes_on(rows, place):
    """Whether the row after ``place`` is one more row of names."""
    if place + 2 >= len(rows):
        return False
    cells, below = rows[place + 1][1], rows[place + 2 : place + 2 + _BODY]
    distance = rows[place + 1][0] - rows[place][0] - _breaks(rows[place][1])
    if _completes(rows[place][1], cells):
        return distance <= 2
    if distance > 1:
        return False
    if [cell and cell.strip() for cell in cells] == [
        cell and cell.strip() for cell in rows[place][1]
    ]:
        return True
    typed = typed_columns([row for _line, row in below])
    named = [n for n in typed if n < len(cells) and cells[n]]
    clean_names = not any(is_data(cell) for cell in cells if cell)
    return clean_names and len(named) >= 2 and len(named) * 10 >= len(typed) * 6


def _completes(above, cells):
    """Whether a row has names just where the one above it leaves columns without."""
    gaps = [n for n, cell in enumerate(above) if not cell and any(above[:n])]
    starts = {n - 1 for n in gaps}
    named = {n for n, cell in enumerate(cells) if cell}
    filled = [cells[n] for n in named]
    return (
        len(gaps) > 1
        and len(named & set(gaps)) * 10 >= len(gaps) * 8
        and named <= starts | set(gaps)
        and len(set(filled)) * 10 >= len(filled) * 6
        and not any(is_data(cell) for cell in filled)
    )


def _breaks(cells):
    return sum(cell.count("\n") for cell in cells if cell)


def _is_group(above, row, width):
    """``Contact,,,Company,,`` right above the header: names over several columns each."""
    places = [place for place, cell in enumerate(above[1]) if cell]
    gaps = [after - before for before, after in zip(places, places[1:], strict=False)]
    return (
        len(places) > 1
        and min(gaps) > 1
        and len(above[1]) <= max(width, len(row[1]))
        and above[0] == row[0] - 1
        and not any(is_data(cell) or len(cell) > LONGEST_TITLE for cell in above[1] if cell)
    )


def _is_remark(cells):
    filled = [cell for cell in cells if cell]
    return sum(map(len, filled)) > LONGEST_TITLE * len(filled) / 1.5


def _carry(above, below):
    """A name over several columns stands in the first of them only."""
    last = None
    for place, cell in enumerate(above):
        last = cell or last
        if below[place]:
            above[place] = last


def _enough(width):
    return max(min(width, 2), ceil(0.6 * width))


def _filled(cells):
    return sum(cell is not None for cell in cells)
