"""Sheets of an Excel workbook (.xlsx) as :class:`Table`, as a stream."""

import re
from datetime import date, datetime, time, timedelta
from functools import lru_cache, partial
from itertools import islice

from openpyxl.styles.numbers import is_date_format, is_timedelta_format
from openpyxl.utils import column_index_from_string
from openpyxl.utils.datetime import from_excel, from_ISO8601
from openpyxl.utils.escape import unescape

from ..exceptions import SourceError
from ..types import Problem
from . import layout
from .archive import BROKEN, open_archive
from .dialect import MAX_CELL
from .table import Table, find_tables
from .xlsx_parts import Texts, Workbook, elements, parse, plain

#: Rows of a sheet that are looked at for its header, and for other tables below it.
SAMPLE_ROWS = 2_000
#: Columns of a sheet in Excel.
LAST_COLUMN = 16_384

_ZEROS = re.compile(r"^0{2,}$")
_HOURS = re.compile(r"[hHsS]")
_PERCENT = re.compile(r"^0+(?:\.0+)?%$")
_LINE = re.compile(r'\br="(\d{1,9})"')
#: Column, style, kind, formula, value and own text of a cell, as all known programs write it.
_CELL = (
    r'<{0}c (?:r="([A-Z]{{1,3}})\d+")?(?: ?s="(\d+)")?(?: ?t="(\w+)")?\s*(?:/>|>'
    r"(<{0}f\b[^>]*?(?:/>|(?<!/)>[^<]*</{0}f>))?"
    r'(?:<{0}v(?: xml:space="preserve")?>([^<]*)</{0}v>|<{0}is><{0}t(?: xml:space="preserve")?>'
    r"([^<]*)</{0}t></{0}is>)?</{0}c>)"
)


def read(source, name, overrides):
    """The tables of a workbook: its sheets that hold anything, shown ones and hidden ones."""
    with source() as stream, open_archive(stream, name) as archive:
        book = Workbook(archive, name)
    titled = [(one.title, _tables(source, book, one, name, overrides)) for one in book.sheets]
    return name_sheets(name, titled)


def name_sheets(name, titled):
    """All tables of a workbook; where several sheets hold any, they are called after them.

    :param titled: list of ``(title of the sheet, its tables)``
    """
    titled = [(title, tables) for title, tables in titled if tables]
    if not titled:
        raise SourceError("file_unreadable", file=name, detail="no rows in it")
    if len(titled) > 1:
        for title, tables in titled:
            for table in tables:
                table.name = f"{name}/{title}{table.name.removeprefix(name)}"
    return [table for _title, tables in titled for table in tables]


def text_of(value, number_format="General"):
    """The cell as text: dates as ISO, whole numbers without ``.0``, zeros in front kept.

    >>> text_of(5.0), text_of(True), text_of(1234, "00000"), text_of(0.75, "0%")
    ('5', 'true', '01234', '75%')
    """
    if value is None:
        return None
    if isinstance(value, str):
        return unescape(value) if "_x" in value else value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return _number(value, number_format or "")
    return _moment(value, number_format or "")


def _number(value, number_format):
    if _PERCENT.match(number_format):
        return f"{round(value * 100, 10):.15g}%"
    if isinstance(value, float):
        if not value.is_integer() or abs(value) >= 1e15:
            return repr(value)
        value = int(value)
    if value >= 0 and _ZEROS.match(number_format):
        return str(value).zfill(len(number_format))
    return str(value)


def _moment(value, number_format):
    if isinstance(value, datetime):
        dated_only = not any((value.hour, value.minute, value.second))
        if dated_only and not _HOURS.search(re.sub(r"\[[^\]]*\]|\"[^\"]*\"", "", number_format)):
            return value.strftime("%Y-%m-%d")
        return value.isoformat(" ", "seconds")
    if isinstance(value, timedelta):
        minutes, seconds = divmod(round(value.total_seconds()), 60)
        return f"{minutes // 60:02d}:{minutes % 60:02d}:{seconds:02d}"
    if isinstance(value, (date, time)):
        return value.isoformat()
    return str(value)


def _tables(source, book, sheet, name, overrides):
    def records():
        return _records(source, book, sheet)

    def make():
        return Table(name, "xlsx", records=records, told=partial(_tell, sheet))

    rows = records()
    first = list(islice(rows, SAMPLE_ROWS))
    rows.close()
    tables = find_tables(first, make, header_row=overrides.get("header_row"), exact=False)
    for table in tables if sheet.hidden else ():
        table.problems.append(Problem("hidden_sheet", parameters={"file": sheet.title}))
    return tables


def _tell(sheet):
    """What the last pass over a sheet has shown."""
    if not sheet.unread:
        return []
    parameters = {"file": sheet.title, "count": sheet.unread, "line": sheet.unread_line}
    return [Problem("formulas_unread", parameters=parameters)]


def _records(source, book, sheet):
    """``(row, cells)`` of a sheet, streamed."""
    sheet.unread = sheet.unread_line = 0
    with source() as stream, open_archive(stream, book.name) as archive:
        texts = Texts(archive, book)
        try:
            with archive.open(sheet.path) as part:
                yield from _Rows(book, sheet, texts).read(part)
        except (*BROKEN, IndexError, TypeError) as error:
            raise SourceError("file_unreadable", file=book.name, detail=str(error)) from error
        finally:
            texts.close()


class _Rows:
    """Turns the rows of a sheet into cells of text."""

    def __init__(self, book, sheet, texts):
        self.book, self.sheet, self.texts = book, sheet, texts
        self.places = {}
        self.shown = lru_cache(10_000)(self._shown)
        # Only these formats show a number otherwise than it is stored.
        self.telling = {
            str(number): one
            for number, one in enumerate(book.formats)
            if is_date_format(one) or _ZEROS.match(one) or _PERCENT.match(one)
        }

    def read(self, part):
        """``(row, cells)`` of the part that a sheet is kept in."""
        line, cell, mark, bare = 0, None, "", ""
        for root, row in elements(part, "row", self.book.name):
            if cell is None:
                cell = re.compile(_CELL.format(root[1]))
                mark, bare = f"<{root[1]}c ", f"<{root[1]}c>"
            told = _LINE.search(row, 0, row.index(">"))
            line = int(told[1]) if told else line + 1
            found = cell.findall(row)
            if len(found) != row.count(mark) or bare in row or f"{mark[:-1]}/" in row:
                found = list(self._parsed(parse(root, row, self.book.name)))
            cells = self._cells(found, line)
            if len(row) > MAX_CELL:
                self._check(cells)
            yield line, layout.trim(cells)

    def _cells(self, found, line):
        cells = []
        texts, telling, places = self.texts, self.telling, self.places
        for letters, style, kind, formula, value, own in found:
            if letters:
                place = places.get(letters)
                if place is None:
                    place = places[letters] = self._place(letters)
                if place > len(cells):
                    cells += [None] * (place - len(cells))
            if kind == "s" and value:
                text = texts[int(value)]
            elif (kind == "" or kind == "n") and value:
                if style in telling:
                    text = self.shown(value, style)
                elif value.isdigit() and len(value) < 16:
                    text = value
                else:
                    text = text_of(float(value))
            elif kind == "b" and value:
                text = "true" if value in ("1", "true") else "false"
            elif kind == "d" and value:
                text = text_of(from_ISO8601(value), self.telling.get(style, ""))
            else:
                text = own or value
                if "&" in text or "\r" in text:
                    text = plain(text)
            if not text:
                text = None
                if formula and not kind:
                    self.sheet.unread += 1
                    self.sheet.unread_line = self.sheet.unread_line or line
            elif "_x" in text:
                text = unescape(text)
            cells.append(text)
        return cells

    def _check(self, cells):
        most = max((len(cell) for cell in cells if cell), default=0)
        if most > MAX_CELL:
            detail = f"a cell of {most} letters"
            raise SourceError("file_refused", file=self.book.name, detail=detail)

    def _place(self, letters):
        place = column_index_from_string(letters) - 1
        if place >= LAST_COLUMN:
            raise SourceError("file_unreadable", file=self.book.name, detail=f"column {letters}")
        return place

    def _shown(self, value, style):
        """A number as its style shows it."""
        shown, number = self.telling[style], float(value)
        if not is_date_format(shown):
            return text_of(int(number) if number.is_integer() else number, shown)
        try:
            moment = from_excel(number, self.book.epoch, is_timedelta_format(shown))
        except (OverflowError, ValueError):
            return text_of(number)  # no day has this number
        return text_of(moment, shown)

    def _parsed(self, row):
        """The parts of each cell of a row that is written in another form."""
        for cell in row:
            parts = {one.tag.rpartition("}")[2]: one for one in cell}
            own = parts.get("is")
            own = "".join(one.text or "" for one in _runs(own)) if own is not None else ""
            value = parts["v"].text or "" if "v" in parts else ""
            letters = cell.get("r", "").rstrip("0123456789")
            yield (
                letters, cell.get("s", ""), cell.get("t", ""), "f" in parts, value, own
            )  # fmt: skip


def _runs(element):
    for one in element.iter():
        if one.tag.rpartition("}")[2] == "t":
            yield one
