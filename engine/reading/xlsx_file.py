"""Sheets of an Excel workbook as :class:`Table`, streamed by openpyxl."""

import re
import zipfile
from datetime import date, datetime, time, timedelta
from itertools import islice

import openpyxl
from openpyxl.utils.escape import unescape

from ..exceptions import SourceError
from . import layout
from .archive import open_archive
from .table import Table, find_tables

#: Rows of a sheet that are looked at for its header, and for other tables below it.
SAMPLE_ROWS = 2_000

_ZEROS = re.compile(r"^0{2,}$")
_HOURS = re.compile(r"[hHsS]")
_PERCENT = re.compile(r"^0+(?:\.0+)?%$")


def read(source, name, overrides):
    """The tables of a workbook: its sheets that hold anything, shown ones and hidden ones."""
    with source() as stream, open_archive(stream, name):
        pass  # checked
    titled = [(title, _tables(source, name, title, overrides)) for title in _titles(source, name)]
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


def _tables(source, name, title, overrides):
    rows = _records(source, name, title)
    first = list(islice(rows, SAMPLE_ROWS))
    rows.close()

    def make():
        return Table(name, "xlsx", records=lambda: _records(source, name, title))

    return find_tables(first, make, header_row=overrides.get("header_row"), exact=False)


def _titles(source, name):
    with source() as stream:
        return [sheet.title for sheet in _load(stream, name).worksheets]


def _records(source, name, title):
    with source() as stream:
        book = _load(stream, name)
        sheet = book[title]
        sheet.reset_dimensions()  # some writers declare A1:A1, and openpyxl would believe it
        try:
            for line, cells in enumerate(sheet.iter_rows(), 1):
                yield line, layout.trim([_text(cell) for cell in cells])
        except (zipfile.BadZipFile, ValueError, KeyError, SyntaxError) as error:
            raise SourceError("file_unreadable", file=name, detail=str(error)) from error
        finally:
            book.close()


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
