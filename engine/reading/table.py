"""A table that was found in a file, and its rows."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import islice, zip_longest

from ..exceptions import SourceError
from ..types import Block, Problem, Row
from . import layout
from .archive import BROKEN
from .dialect import Dialect
from .header import find_head, no_head
from .split import MOST_TABLES, find_end

REPLACEMENT = "\ufffd"
#: Between the cells of a column that are looked at together.
SEPARATOR = "\x1f"
#: Where a cell of nothing but blanks could be, but for the first one; an expression that begins
#: with one letter is found twenty times as fast as one with a choice.
_BLANK = re.compile(r"\x1f\s")
#: Below this the reader is asked to look at the preview.
SURE = 0.6
#: What each open question leaves of the confidence.
CONFIDENCE_OF_DOUBT = 0.8


@dataclass
class Table:
    """One CSV file, one sheet of a workbook, one list of a JSON file; no rows are in memory.

    :param name: file name, ``book.xlsx/Sheet`` or path within an archive
    :param format: ``csv``, ``xlsx``, ``xls``, ``ods`` or ``json``
    :param header_row: 1-based line (CSV) or row (XLSX) of the header, the last one of several;
        0 if there is none
    :param header: unique names of the columns
    :param written: names of the columns as they are written; empty if there is no header
    :param first_line: records begin here
    :param last_line: they end here; 0 means with the file
    :param problems: what is doubtful about the file as such
    :param records: callable giving ``(line, cells)`` of all the file, anew at each call
    :param lossy: some bytes did not decode: rows with U+FFFD are pointed out
    :param told: callable giving what the last pass over all rows has shown besides
    """

    name: str
    format: str
    encoding: str = ""
    encoding_confidence: float = 1.0
    delimiter: str = ""
    quotechar: str = ""
    header_row: int = 0
    header: list[str] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    records: Callable = field(default=iter, repr=False, compare=False)
    lossy: bool = False
    written: list[str] = field(default_factory=list)
    head_rows: list = field(default_factory=list, repr=False)
    first_line: int = 0
    last_line: int = 0
    dialect: Dialect | None = None
    told: Callable = field(default=list, repr=False, compare=False)

    def begin(self, head):
        """Take over where the table begins and what its columns are called."""
        self.header_row, self.first_line = head.line, head.first
        self.head_rows = head.rows
        self.written = head.written()
        self.header = layout.column_names(head.names())
        return self

    def questions(self) -> list[str]:
        """What of ``encoding``, ``delimiter`` and ``header_row`` a person should look at."""
        asked = []
        if self.lossy or self.encoding_confidence < SURE:
            asked.append("encoding")
        if self.dialect and self.dialect.doubtful:
            asked.append("delimiter")
        if not self.written and self.format != "json":
            asked.append("header_row")
        return asked

    @property
    def confidence(self):
        """How sure the reading is (0..1): encoding, delimiter, header."""
        doubts = sum(question != "encoding" for question in self.questions())
        return round(self.encoding_confidence * CONFIDENCE_OF_DOUBT**doubts, 3)

    def rows(self, watcher=None) -> Iterator[Row]:
        """All rows below the header but the blank ones, footers marked; can be called again.

        :param watcher: a :class:`~.watch.Watcher` that is shown each record on the way
        """
        for line, cells, footer in self.cells():
            if watcher and not footer:
                watcher.add(line, cells)
            yield self._row(line, layout.clean(cells), footer)

    def blocks(self, size, watcher=None) -> Iterator:
        """The same rows some hundred at a time: a :class:`~..types.Block` where they are nothing
        but records, as nearly all are, else a list of :class:`Row`.

        :param size: rows of a block, about
        """
        records, held = self._own_records(), []
        while part := list(islice(records, size)):
            held += [one for one in part if not layout.is_blank(one[1])]
            # The last ones can be footers: it takes the end of the file to tell.
            ready, held = held[: -layout.FOOTER_DEPTH], held[-layout.FOOTER_DEPTH :]
            if ready:
                lines, rows = zip(*ready, strict=True)
                yield self._plain(lines, rows, watcher) or self._odd(
                    watcher, [(line, cells, cells in self.head_rows) for line, cells in ready]
                )
        if held:
            yield self._odd(watcher, layout.mark_footers(held, len(self.header), self.head_rows))

    def _odd(self, watcher, marked):
        """Rows that are looked at one by one."""
        found = []
        for line, cells, footer in marked:
            if watcher and not footer:
                watcher.add(line, cells)
            found.append(self._row(line, layout.clean(cells), footer))
        return found

    def _plain(self, lines, rows, watcher):
        """Records as a block, or ``None`` if there is something to tell of one of them."""
        columns = self._turn(rows)
        if columns is None or any(head in rows for head in self.head_rows):
            return None
        texts = list(map(SEPARATOR.join, columns))
        if any(REPLACEMENT in text or layout.ZERO_BYTE in text for text in texts):
            return None
        if watcher:
            watcher.add_block(lines, columns, texts)
        for place, (column, text) in enumerate(zip(columns, texts, strict=True)):
            blank = text[:1].isspace() or _BLANK.search(text)
            if blank and any(map(str.isspace, column)):
                columns[place] = ["" if cell.isspace() else cell for cell in column]
        return Block(lines, dict(zip(self.header, columns, strict=True)))

    def _turn(self, rows):
        """The columns of rows; ``None`` if their lengths are not what they should be."""
        width, lengths = len(self.header), set(map(len, rows))
        if self.format == "csv":
            if len(lengths) > 1 or lengths.pop() < width:
                return None
            columns = list(zip(*rows, strict=True))
        else:  # a sheet does not store empty cells at the end
            columns = [
                [cell or "" for cell in column] for column in zip_longest(*rows, fillvalue="")
            ]
            columns += [[""] * len(rows)] * (width - len(columns))
        # A delimiter too many at the end of each line is none.
        return None if any(map(any, columns[width:])) else columns[:width]

    def cells(self) -> Iterator[tuple]:
        """``(line, cells, footer)`` of all rows below the header but the blank ones, as written."""
        return layout.mark_footers(self._own_records(), len(self.header), self.head_rows)

    def _own_records(self):
        try:
            yield from self._between()
        except BROKEN as error:  # a member of an archive shows its defects while it is read
            raise SourceError("file_unreadable", file=self.name, detail=str(error)) from error

    def _between(self):
        records = self.records()
        for line, cells in records:
            if line >= self.first_line:
                if not self.last_line or line <= self.last_line:
                    yield line, cells
                break
        if not self.last_line:
            yield from records
            return
        for line, cells in records:
            if line > self.last_line:
                records.close()
                return
            yield line, cells

    def _row(self, line, cells, footer):
        values = dict(zip(self.header, cells, strict=False))
        problems = ()
        if len(cells) != len(self.header):
            problems = self._fit(values, cells, footer)
        if footer:
            problems = (Problem("footer_row", value=_summary(cells)),)
        elif self.lossy and any(REPLACEMENT in cell for cell in cells if cell):
            file = {"file": self.name, "encoding": self.encoding}
            problems += (Problem("encoding_doubtful", value=_summary(cells), parameters=file),)
        return Row(line, values, problems, footer)

    def _fit(self, values, cells, footer):
        """Fill up a short row, keep the surplus of a long one."""
        expected = len(self.header)
        values.update(dict.fromkeys(self.header[len(cells) :]))
        surplus = {f"Column {n}": c for n, c in enumerate(cells, 1) if n > expected and c}
        values.update(surplus)
        if footer or (len(cells) > expected and not surplus):
            return ()  # a delimiter too many at the end of each line, or no record at all
        if self.format != "csv" and len(cells) < expected:
            return ()  # a sheet does not store empty cells at the end
        lengths = {"found": len(cells), "expected": expected}
        return (Problem("ragged_row", value=_summary(cells), parameters=lengths),)


def find_tables(rows, make, *, header_row=None, exact=True):
    """The tables that begin in ``rows``: mostly one, sometimes others below it.

    :param rows: ``(line, cells)`` of the beginning of a file
    :param make: callable giving a new, nameless :class:`Table` of that file
    :param header_row: line of the header where the person has set it, -1 for none
    :param exact: each record has all its delimiters
    """
    found, cleaned = [], {line: layout.clean(cells) for line, cells in rows}
    while rows and len(found) < MOST_TABLES:
        head = _head(rows, header_row if not found else None, cleaned)
        if not head:
            break
        table = make().begin(head)
        found.append((table, head.title))
        rows = [row for row in rows if row[0] >= head.first]
        end = find_end(rows, head, cleaned, exact=exact)
        if end is None or header_row:
            break
        table.last_line = rows[end][0] - 1
        rows = rows[end:]
    return _distinguish(found)


def _head(rows, wanted, cleaned):
    if wanted == -1:
        return no_head(rows)
    if wanted:
        rows = [row for row in rows if row[0] >= wanted]
        head = find_head(rows[:1])
        return head._replace(line=rows[0][0], rows=[rows[0][1]], first=rows[0][0] + 1)
    return find_head(rows, cleaned)


def _distinguish(found):
    """Name the tables after the first one by their titles, and tell that there are several."""
    tables = [table for table, _title in found]
    for number, (table, title) in enumerate(found[1:], 2):
        table.name = f"{table.name}/{title or number}"
    if len(tables) > 1:
        parameters = {"file": tables[0].name, "count": len(tables)}
        for table in tables:
            table.problems.append(Problem("several_tables", parameters=parameters))
    return tables


def _summary(cells):
    return " | ".join(cell.strip() for cell in cells if cell)[:200]
