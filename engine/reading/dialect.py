"""Delimiter, quote and escape of a CSV file, by parsing its beginning with each candidate.

The right dialect is the one under which the rows agree on their length and the cells look like
values: numbers, dates, addresses, words - not like halves of quoted text.
"""

import csv
import io
import re
from collections import Counter
from itertools import chain, repeat
from operator import attrgetter
from typing import NamedTuple

#: In the order of how common they are: among equals the first wins.
DELIMITERS = (",", ";", "\t", "|")
#: Asked only where none of the others makes a table.
RARE_DELIMITERS = ("^", "~", " ", ":", "\x1f", "\x01")
#: Characters of the file that are tried; enough for hundreds of rows with note bodies.
SAMPLE_LENGTH = 1_000_000
#: Of these the delimiter is told; all of the sample is parsed once it is known.
TRIED_LENGTH = 60_000
#: A longer cell means a quote that was never closed; note bodies with pictures reach some MB.
MAX_CELL = 16 * 1024**2
#: Rows of which each cell is looked at.
_LOOKED_AT = 60
#: A score of a common delimiter from which the rare ones are not asked.
_ENOUGH = 0.3
#: A rare one must make a better table than this: most files without a common one have one column.
_CLEAR = 0.45
#: Below this hardly any two rows agree on their length: a list of one column, or no table.
_DOUBTFUL = 0.1
#: A second delimiter that scores so near to the first one could be meant as well.
_RIVAL = 0.95
#: Lists of names and of times have blanks and colons too.
_LEAST_WIDTH = 3
#: Share of delimiters followed by a blank from which the blank belongs to them.
_SPACED = 0.9

#: The less likely escape must make a clearly better table.
_LATTER = 0.95

_SEP_LINE = re.compile(r"^\ufeff?\"?sep=(.)\"?\r?\n", re.IGNORECASE)
_LINE_END = re.compile(r"\r\n|\n|\r")
_ESCAPED = re.compile(r"\\[\"']")
_VALUE = re.compile(
    r"[-+]?[$€£¥]?\s?\d[\d.,' ]*\s?[%€$£]?|[-+]?\d*[.,]?\d+(?:e[-+]?\d+)?|"
    r"\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}(?:[ T]\d{1,2}:\d\d.*)?|\d{1,2}:\d\d(?::\d\d)?(?:\s?[ap]m)?|"
    r"[^\s@,;|]+@[^\s@,;|]+\.\w+|(?:https?://|www\.)\S+|n/?a|null|none|true|false|yes|no|[-.?*]",
    re.IGNORECASE,
)
_WORDS = re.compile(r"[^\W_](?:[^,;|\t^~\"]*[^\s,;|\t^~\"])?")
#: What an ill-cut cell looks like: a quote inside, delimiters of the others.
_HALF = re.compile(r"^\"[^\"]*$|^[^\"]*\"$")

csv.field_size_limit(MAX_CELL)


class Dialect(NamedTuple):
    """
    :param spaced: each delimiter is followed by a blank that is no part of the cell
    :param doubtful: another delimiter makes nearly as good a table, or none makes one
    """

    delimiter: str
    quotechar: str = '"'
    escapechar: str | None = None
    lineterminator: str = "\n"
    spaced: bool = False
    doubtful: bool = False


def detect(sample, complete=True):
    """The dialect in which the rows of ``sample`` agree best on their length.

    :param complete: the sample is the whole file; otherwise its last row may be cut
    """
    newline = line_end(sample)
    tried = sample[:TRIED_LENGTH]
    complete = complete and len(tried) == len(sample)
    told = _SEP_LINE.match(sample)
    if told:  # Excel's own hint
        marks = (told[1],)
        tried = tried[told.end() :]
    else:
        marks = DELIMITERS
    best, score = _best(tried, marks, complete)
    if score < _ENOUGH and not told:
        rare, rare_score = _best(tried, RARE_DELIMITERS, complete)
        best, score = (rare, rare_score) if rare_score > _CLEAR else (best, score)
    return best._replace(lineterminator=newline, doubtful=best.doubtful or score < _DOUBTFUL)


def for_delimiter(sample, delimiter, complete=True):
    """The dialect of a file whose delimiter the person has set."""
    best, _ = _best(sample[:TRIED_LENGTH], (delimiter,), complete)
    return best._replace(lineterminator=line_end(sample))


def line_end(sample):
    """The line end that is most frequent.

    >>> line_end("a\\rb\\r"), line_end("a\\r\\nb")
    ('\\r', '\\r\\n')
    """
    found = Counter(_LINE_END.findall(sample[:TRIED_LENGTH]))
    return found.most_common(1)[0][0] if found else "\n"


def records(lines, dialect):
    """``(line, cells)`` of every record, ``line`` being the one where it begins.

    :param lines: iterable of text lines, their ends kept (open the file with ``newline=""``)
    """
    reader = csv.reader(
        chain([""], lines),
        delimiter=dialect.delimiter,
        quotechar=dialect.quotechar,
        escapechar=dialect.escapechar,
        skipinitialspace=dialect.spaced,
    )
    # The reader itself counts the lines before each record; an empty one before the first makes
    # that the line where the record begins.
    next(reader, None)
    return zip(map(attrgetter("line_num"), repeat(reader)), reader, strict=False)


def sample_records(sample, dialect, complete=True):
    """Records of a sample, without the last one if it may be cut."""
    found = []
    try:
        for record in records(io.StringIO(sample, newline=""), dialect):
            found.append(record)
    except csv.Error:
        return found
    return found if complete or len(found) < 2 else found[:-1]


def _best(sample, marks, complete):
    scored = []
    for mark in marks:
        if mark not in sample:
            continue
        for quote in _quotechars(sample, mark):
            for rank, escape in enumerate(_escapechars(sample, mark, quote)):
                dialect = Dialect(mark, quote, escape, spaced=_is_spaced(sample, mark))
                scored.append((_score(sample, dialect, complete) * _LATTER**rank, dialect))
    if not scored:
        return Dialect(marks[0], _quotechars(sample, marks[0])[0]), 0.0
    score, dialect = max(scored, key=lambda one: one[0])
    rivals = [rival for rival, other in scored if other.delimiter != dialect.delimiter]
    return dialect._replace(doubtful=any(rival > score * _RIVAL for rival in rivals)), score


def _score(sample, dialect, complete):
    found = [cells for _, cells in sample_records(sample, dialect, complete) if cells]
    lengths = Counter(map(len, found))
    wide = {length: count for length, count in lengths.items() if length > 1}
    if not wide:
        return 0.0
    width = max(wide, key=lambda length: (wide[length], length))
    if dialect.delimiter in RARE_DELIMITERS and (len(found) < 3 or width < _LEAST_WIDTH):
        return 0.0
    agreement = wide[width] / lengths.total()
    # Agreement counts most; among equals the wider table, for "1,5;2,5" agrees on commas too.
    return agreement**3 * (1 - 1 / width) * _sense(found)


def _sense(rows):
    """How far the cells look like values (0.1 .. 1)."""
    step = max(1, len(rows) // _LOOKED_AT)
    cells = [cell.strip() for row in rows[::step] for cell in row[:200]]
    cells = [cell for cell in cells if cell]
    if not cells:
        return 0.1
    good = 0.0
    for cell in cells:
        if _VALUE.fullmatch(cell):
            good += 1
        elif _HALF.match(cell):
            good -= 1
        elif _WORDS.fullmatch(cell):
            good += 0.9
        else:
            good += 0.7
    return max(0.1, good / len(cells))


def _quotechars(sample, mark):
    """Quotes worth trying; the single one is an apostrophe in most files."""
    around = re.escape(mark)
    opening = len(re.findall(rf"(?:^|{around}[ ]?)'(?=[^'\n]*'[ ]?(?:{around}|$))", sample, re.M))
    if opening < 2:
        return ('"',)
    if '"' not in sample:
        return ("'",)
    return ('"', "'")


def _escapechars(sample, mark, quote):
    """Escapes worth trying, the likelier one first: how do quotes stand inside of texts?"""
    if not _ESCAPED.search(sample):
        return (None,)
    outside = rf"[^{re.escape(mark)}\r\n{quote}]"
    escaped = len(re.findall(rf"\\{quote}(?={outside})", sample))
    doubled = len(re.findall(rf"{outside}{quote}{quote}(?={outside})", sample))
    return ("\\", None) if escaped > doubled else (None, "\\")


def _is_spaced(sample, mark):
    """Whether (nearly) each delimiter has a blank behind it, outside of quotes."""
    if mark.isspace():
        return mark == " "
    bare = re.sub(r'"[^"]*"', '""', sample[:TRIED_LENGTH])
    total = bare.count(mark) - bare.count(mark + "\n") - bare.count(mark + "\r")
    return total > 0 and bare.count(mark + " ") >= _SPACED * total
