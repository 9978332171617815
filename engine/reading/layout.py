"""Names of columns, blank cells, and footers after the rows.

Works on ``(line, cells)`` of any format; cells are text or ``None``.
"""

import re
from collections import deque

from ..exceptions import SourceError

MAX_COLUMNS = 2_000
REPLACEMENT = "\ufffd"
ZERO_BYTE = "\0"
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


def clean(cells):
    """Cells of nothing but blanks are empty; all others stay as they are, if they can be stored."""
    found = [cell if cell and not cell.isspace() else None for cell in cells]
    if ZERO_BYTE in "".join(filter(None, found)):
        return [cell and storable(cell) for cell in found]
    return found


def storable(text):
    """Text as a database can store it: a zero byte shows as a letter that was lost."""
    return text.replace(ZERO_BYTE, REPLACEMENT)


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


def mark_footers(rows, width, headers):
    """``(line, cells, footer)`` for every row that is not blank, reading only a few rows ahead.

    :param headers: rows of the header: where one stands again it is no record either
    :return: cells as they came, not :func:`clean`
    """
    held = deque()
    for line, cells in rows:
        if is_blank(cells):
            continue
        held.append((line, cells))
        if len(held) > FOOTER_DEPTH:
            line, cells = held.popleft()
            yield line, cells, cells in headers
    first = len(held)
    while first and is_footer(clean(held[first - 1][1]), width):
        first -= 1
    for place, (line, cells) in enumerate(held):
        yield line, cells, place >= first or cells in headers


def is_blank(cells):
    """Whether a row has nothing but blanks.

    >>> is_blank([" ", None, ""]), is_blank(["", "x"])
    (True, False)
    """
    if cells and cells[0] and not cells[0].isspace():  # most rows begin with an ID
        return False
    return not any(cells) or all(not cell or cell.isspace() for cell in cells)


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
