"""Sheets of an Excel workbook as :class:`Table`, streamed by openpyxl."""

import re
from datetime import date, datetime, time, timedelta
from functools import partial
from itertools import islice

import openpyxl
import python_calamine
from openpyxl.utils import column_index_from_string
from openpyxl.utils.escape import unescape

from ..exceptions import SourceError
from . import layout
from .archive import BROKEN, open_archive
from .table import Table, find_tables

#: Rows of a sheet that are looked at for its header, and for other tables below it.
SAMPLE_ROWS = 2_000
#: Unpacked bytes of a workbook that calamine may hold in memory (about as many again).
CALAMINE_BYTES = 96 * 1024**2
#: It holds the whole rectangle, empty cells too: one cell in the last corner would be 500 GB.
CALAMINE_CELLS = 8_000_000

_SHEET = re.compile(r"xl/worksheets/[^/]+\.xml$", re.IGNORECASE)
_ROW = re.compile(rb'<(?:\w+:)?row\b[^>]*?\br="(\d{1,9})"')
_COLUMN = re.compile(rb'\br="([A-Z]{2,3})\d')

#: Formats of :file:`styles.xml` under which a number is shown otherwise: ``00000``, ``0%``, and
#: dates with a clock, of which calamine drops the midnight.
_TELLING = re.compile(
    rb'formatCode="(?:0{2,}|0+(?:\.0+)?%|[^"]*[hHsS][^"]*)"|<xf [^>]*numFmtId="'
    rb'(?:9|10|18|19|2[0-2]|4[5-7])"'
)

_ZEROS = re.compile(r"^0{2,}$")
_HOURS = re.compile(r"[hHsS]")
_PERCENT = re.compile(r"^0+(?:\.0+)?%$")


def read(source, name, overrides):
    """The tables of a workbook: its sheets that hold anything, shown ones and hidden ones."""
    with source() as stream, open_archive(stream, name):
        pass  # checked
    records = _by_calamine if _is_plain(source, name) else _by_openpyxl
    titled = [
        (title, _tables(partial(records, source, name, title), name, overrides))
        for title in _titles(source, name)
    ]
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


def _tables(records, name, overrides):
    rows = records()
    first = list(islice(rows, SAMPLE_ROWS))
    rows.close()

    def make():
        return Table(name, "xlsx", records=records)

    return find_tables(first, make, header_row=overrides.get("header_row"), exact=False)


def _titles(source, name):
    with source() as stream:
        return [sheet.title for sheet in _load(stream, name).worksheets]


def _by_openpyxl(source, name, title):
    """``(row, cells)`` of a sheet, streamed."""
    with source() as stream:
        book = _load(stream, name)
        sheet = book[title]
        sheet.reset_dimensions()  # some writers declare A1:A1, and openpyxl would believe it
        try:
            for line, cells in enumerate(sheet.iter_rows(), 1):
                yield line, layout.trim([_text(cell) for cell in cells])
        except (*BROKEN, KeyError, SyntaxError, TypeError, IndexError) as error:
            raise SourceError("file_unreadable", file=name, detail=str(error)) from error
        finally:
            book.close()


def _by_calamine(source, name, title):
    """``(row, cells)`` of a sheet where calamine says all that openpyxl says: it is ten times as
    fast, but holds the sheet in memory and does not tell how a number is shown.
    """
    with source() as stream:
        try:
            with python_calamine.load_workbook(stream) as book:
                sheet = book.get_sheet_by_name(title)
                columns = sheet.start[1] if sheet.start else 0
                rows = sheet.iter_rows()
                for line, values in enumerate(rows, 1 + (sheet.start[0] if sheet.start else 0)):
                    cells = [None] * columns + [_plain_text(value) for value in values]
                    yield line, layout.trim(cells)
        except (python_calamine.CalamineError, *BROKEN) as error:
            raise SourceError("file_unreadable", file=name, detail=str(error)) from error


def _is_plain(source, name):
    """Whether calamine can be trusted with a workbook: it is small, also when each row is as long
    as the longest one, and no number in it is shown otherwise than it is stored.
    """
    with source() as stream, open_archive(stream, name) as archive:
        if sum(info.file_size for info in archive.infolist()) > CALAMINE_BYTES:
            return False
        try:
            parts = [info for info in archive.infolist() if _SHEET.match(info.filename)]
            if any(_extent(archive.read(info)) > CALAMINE_CELLS for info in parts):
                return False
            if "xl/styles.xml" not in archive.namelist():
                return True
            return not _TELLING.search(archive.read("xl/styles.xml"))
        except (*BROKEN, KeyError):
            return False


def _extent(sheet):
    """Cells of the smallest rectangle that holds a sheet."""
    rows = max(map(int, _ROW.findall(sheet)), default=0)
    letters = max(set(_COLUMN.findall(sheet)), key=lambda found: (len(found), found), default=b"Z")
    return max(rows, sheet.count(b"<row")) * column_index_from_string(letters.decode())


def _plain_text(value):
    if type(value) is str:
        return value or None
    if type(value) is float and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    return text_of(value)


def _text(cell):
    value = cell.value
    if value is None or type(value) is str and "_x" not in value:
        return value
    return text_of(value, cell.number_format)


def _load(stream, name):
    try:
        return openpyxl.load_workbook(stream, read_only=True, data_only=True)
    except Exception as error:  # openpyxl lets anything through that its XML parser meets
        raise SourceError("file_unreadable", file=name, detail=str(error)) from error
