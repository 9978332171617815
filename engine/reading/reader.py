"""One file, one call: headers, rows, and what is doubtful about them."""

import io
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

from ..exceptions import SourceError
from ..types import Problem
from . import encoding
from .parts import parts_of
from .watch import watch

_CONFIDENCE_OF_DOUBT = 0.8


class FileDialect(NamedTuple):
    """How a file is written; of a workbook or JSON only ``header_row`` says something.

    :param header_row: 1-based line of the header (the last one of several), 0 if there is none
    """

    delimiter: str = ""
    quotechar: str = ""
    escapechar: str | None = None
    lineterminator: str = ""
    skipinitialspace: bool = False
    header_row: int = 0


class Rows:
    """Rows as lists of text. An iterator, which can also be gone through anew by ``for``."""

    def __init__(self, make):
        self._make = make
        self._running = None

    def __iter__(self):
        return self._make()

    def __next__(self):
        if self._running is None:
            self._running = self._make()
        return next(self._running)


class Reading:
    """What :func:`read` gives: the first table of a file, as text; part files are one table.

    :param tables: all tables that were found, as :class:`~.table.Table`
    """

    def __init__(self, name, tables):
        self.name = name
        self.tables = tables
        self._first = tables[0] if tables else None
        self._parts = parts_of(tables) if tables else []

    @property
    def headers(self):
        """The header as written; empty if the file has none (:attr:`columns` has names even so)."""
        return list(self._first.written) if self._first else []

    @property
    def columns(self):
        """A unique name for each column."""
        return list(self._first.header) if self._first else []

    @cached_property
    def rows(self):
        """The records: all cells as text, the empty ones ``""``, without footers."""
        return Rows(self._rows)

    @property
    def encoding(self):
        return self._first.encoding if self._first else ""

    @property
    def dialect(self):
        if not self._first:
            return FileDialect()
        found, row = self._first.dialect, self._first.header_row
        if not found:
            return FileDialect(header_row=row)
        return FileDialect(
            found.delimiter,
            found.quotechar,
            found.escapechar,
            found.lineterminator,
            found.spaced,
            row,
        )

    @cached_property
    def warnings(self):
        """What a person should look at, as :class:`Problem`: asks for a pass over all rows."""
        if not self._first:
            return [Problem("file_empty", parameters={"file": self.name})]
        return [problem for table in self._parts for problem in watch(table)]

    @property
    def confidence(self):
        """How sure the reading is (0..1): encoding, delimiter, header."""
        if not self._first:
            return 0.0
        sure = self._first.encoding_confidence
        if not self._first.written:
            sure *= _CONFIDENCE_OF_DOUBT
        if self._first.format == "csv" and len(self._first.header) < 2:
            sure *= _CONFIDENCE_OF_DOUBT
        return round(sure * _CONFIDENCE_OF_DOUBT ** (len(self.tables) > len(self._parts)), 3)

    def _rows(self):
        for table in self._parts:
            rows = _texts(table)
            if table.header == self._first.header:
                yield from rows
                continue
            places = [table.header.index(name) for name in self._first.header]
            for cells in rows:
                yield [cells[place] for place in places]


def _texts(table):
    width = len(table.header)
    for _line, cells, footer in table.cells():
        if footer:
            continue
        missing = width - len(cells)
        if missing > 0:
            cells = cells + [""] * missing
        else:
            while len(cells) > width and not cells[-1]:
                cells.pop()
        yield [cell or "" for cell in cells]


def read_tables(path, find, overrides=None):
    """:class:`Reading` of a file, or of a folder of part files.

    :param find: callable giving the tables of a path
    """
    path = Path(path)
    try:
        return Reading(path.name, find(path, overrides=overrides))
    except SourceError as error:
        if error.parameters.get("detail") == "empty":
            return Reading(path.name, [])
        raise


def decode(data):
    """Bytes as text, without byte order mark.

    >>> decode("Müller, Köln, Größe, schön".encode("cp1252"))
    ('Müller, Köln, Größe, schön', 'cp1252')

    :return: ``(text, name of the encoding)``
    """
    found = encoding.detect(lambda: io.BytesIO(data))
    return data.decode(found.name, "replace" if found.lossy else "strict"), found.name
