"""Where the table lies in a file: lines before the header, the header, footers after the rows.

Works on ``(line, cells)`` of any format; cells are text or ``None``.
"""

import re
from collections import Counter, deque

from ..exceptions import SourceError

MAX_COLUMNS = 2_000
#: How far down a header is looked for.
HEADER_DEPTH = 50
_FEW_ROWS = 20
#: How many closing lines may be footers.
FOOTER_DEPTH = 5

LONGEST_FOOTER = 200

_TOTAL = (
    r"(?:grand\s+|sub)?totals?|summe|gesamt(?:summe)?|insgesamt|sum|count|anzahl|totale|somme|suma|"
    r"итого|всего|razem|celkem|összesen|toplam|σύνολο|totaal|totalt|yhteensä|合計|总计"
)
_THINGS = (
    r"rows?|records?|entries|lines?|items?|contacts?|companies|deals?|leads?|activities|tasks?|"
    r"datensätze|zeilen|einträge|kontakte|firmen"
)
_COUNTED = re.compile(
    rf"^\W*(?:(?:{_TOTAL})(?:\s+(?:{_THINGS}|of|der))*\s*[:=]?\s*[\d.,'\s]*"
    rf"|(?:{_THINGS})\s*[:=]\s*\d[\d.,]*|\d[\d.,]*\s+(?:{_THINGS}))\W*$",
    re.IGNORECASE,
)
_REMARK = re.compile(
    r"^\W*(?:export(?:ed|iert)?|generated|created|printed|report|erstellt|erzeugt|stand|ende?|"
    r"confidential|vertraulich|page|seite|copyright|©)\b",
    re.IGNORECASE,
)
_NUMBER = re.compile(r"^[\W\d]*\d[\W\d]*$")
_DATA = re.compile(
    r"^(?:[-+]?\d[\d.,:/\s-]*(?:[ap]m)?|\d{4}-\d\d-\d\dT.*|[^@\s]+@[^@\s]+\.\w+|https?://.*)$",
    re.IGNORECASE,
)


def clean(cells):
    """Cells of nothing but blanks are empty; all others stay as they are."""
    return [None if not cell or cell.isspace() else cell for cell in cells]


def find_header(rows):
    """``(line, cells)`` of the header among the first rows of a file.

    The header is the first row about as wide as the table whose cells could be names of columns;
    a row of data is taken only where no row looks like a header.

    :param rows: list of ``(line, cells)``, blank rows included
    """
    rows = [(line, clean(cells)) for line, cells in rows]
    rows = [(line, cells) for line, cells in rows if any(cells)]
    if not rows:
        return None
    width = _width(rows)
    wide = [row for row in rows[:HEADER_DEPTH] if _filled(row[1]) >= _enough(width)]
    return next((row for row in wide if _is_header(row[1])), (wide or rows)[0])


def column_names(cells):
    """Names for the columns: blanks joined, repeats numbered, empty ones by their place.

    >>> column_names(["Name", "", " Name"])
    ['Name', 'Column 2', 'Name (2)']
    """
    if len(cells) > MAX_COLUMNS:
        raise SourceError("file_refused", file="", detail=f"more than {MAX_COLUMNS} columns")
    names, seen = [], set()
    for place, cell in enumerate(cells, 1):
        base = " ".join((cell or "").replace("\ufeff", "").split()) or f"Column {place}"
        name, count = base, 1
        while name in seen:
            count += 1
            name = f"{base} ({count})"
        seen.add(name)
        names.append(name)
    return names


def trim(cells):
    """Without the empty cells at its end."""
    end = len(cells)
    while end and cells[end - 1] is None:
        end -= 1
    return cells[:end]


def mark_footers(rows, header):
    """``(line, cells, footer)`` for every row that is not blank, reading only a few rows ahead.

    :param header: cells of the header as written: where it stands again it is no record either
    """
    held = deque()
    for line, cells in rows:
        cells = clean(cells)
        if not any(cells):
            continue
        held.append((line, cells))
        if len(held) > FOOTER_DEPTH:
            line, cells = held.popleft()
            yield line, cells, cells == header
    first = len(held)
    while first and is_footer(held[first - 1][1], len(header)):
        first -= 1
    for place, (line, cells) in enumerate(held):
        yield line, cells, place >= first or cells == header


def is_footer(cells, width):
    """Whether a row at the very end is a total or a remark.

    >>> is_footer(["Total: 60", None, None], 3), is_footer(["60 records"], 3)
    (True, True)
    >>> is_footer(["Total", "Paris", "sales@total.example"], 3)
    False
    """
    filled = [cell.strip() for cell in cells if cell]
    if width < 2 or len(filled) > max(1, (width + 1) // 2):
        return False
    if max(map(len, filled), default=0) > LONGEST_FOOTER:
        return False
    rest_is_figures = all(_NUMBER.match(cell) for cell in filled[1:])
    if _COUNTED.match(filled[0]) and rest_is_figures:
        return True
    # A record has all its delimiters; a remark put under the table has none.
    alone = len(cells) == 1 and width > 2
    return alone or (len(filled) == 1 and width > 2 and bool(_REMARK.match(filled[0])))


def _width(rows):
    lengths = Counter(len(trim(cells)) for _, cells in rows)
    # Trailing empty cells make lengths vary in a sheet: the widest that is no exception counts.
    least = max(lengths.values()) / 4 if len(rows) > _FEW_ROWS else 1
    return max(length for length, count in lengths.items() if count >= least)


def _enough(width):
    return max(min(width, 2), round(0.6 * width))


def _filled(cells):
    return sum(cell is not None for cell in cells)


def _is_header(cells):
    names = [cell.strip() for cell in cells if cell]
    data = sum(bool(_DATA.match(name)) or len(name) > 120 for name in names)
    distinct = len({name.casefold() for name in names})
    return data * 4 < len(names) + 1 and distinct * 10 >= len(names) * 6
