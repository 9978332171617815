"""A table that was found in a file, and its rows."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from ..types import Problem, Row
from . import layout

REPLACEMENT = "\ufffd"


@dataclass
class Table:
    """One CSV file, or one sheet of a workbook; nothing of its rows is kept in memory.

    :param name: file name, ``book.xlsx/Sheet`` or path within an archive
    :param format: ``csv`` or ``xlsx``
    :param header_row: 1-based line (CSV) or row (XLSX) of the header
    :param header: unique names of the columns
    :param problems: what is doubtful about the file as such
    :param records: callable giving ``(line, cells)`` of all the file, anew at each call
    :param lossy: some bytes did not decode: rows with U+FFFD are pointed out
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

    def rows(self) -> Iterator[Row]:
        """All rows below the header but the blank ones, footers marked; can be called again."""
        records = self.records()
        header = []
        for line, cells in records:
            if line >= self.header_row:
                header = layout.clean(cells)
                break
        for line, cells, footer in layout.mark_footers(records, header):
            yield self._row(line, cells, footer)

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
        if self.format == "xlsx" and len(cells) < expected:
            return ()  # a sheet does not store empty cells at the end
        lengths = {"found": len(cells), "expected": expected}
        return (Problem("ragged_row", value=_summary(cells), parameters=lengths),)


def _summary(cells):
    return " | ".join(cell.strip() for cell in cells if cell)[:200]
