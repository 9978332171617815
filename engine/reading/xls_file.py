"""Sheets of an old Excel workbook (.xls) as :class:`Table`, by xlrd.

A sheet has 65,536 rows at most, so that it may be in memory while it is read.
"""

import os
import struct
from itertools import islice

import xlrd

from ..exceptions import SourceError
from ..types import Problem
from . import layout
from .table import Table, find_tables
from .xlsx_file import SAMPLE_ROWS, name_sheets, text_of

SIGNATURE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
#: 65,536 rows of some hundred letters; larger ones are pictures.
MAX_BYTES = 200 * 1024**2

_MACROS = tuple(name.encode("utf-16-le") for name in ("_VBA_PROJECT", "Macros"))
_PROTECTED = "EncryptedPackage".encode("utf-16-le")
#: What xlrd lets through when its file is broken.
_BROKEN = (
    xlrd.XLRDError, xlrd.compdoc.CompDocError, struct.error, ValueError, KeyError, IndexError,
    AssertionError, TypeError, AttributeError, OverflowError, MemoryError, RecursionError,
)  # fmt: skip


def read(source, name, overrides):
    """The tables of a workbook: its sheets that hold anything."""
    with _open(source, name) as book:
        titled = [
            (title, _tables(source, book, name, title, overrides)) for title in book.sheet_names()
        ]
    return name_sheets(name, titled)


def _tables(source, book, name, title, overrides):
    is_hidden = _is_hidden(book, name, title)
    first = list(islice(_rows(book, name, title), SAMPLE_ROWS))

    def make():
        return Table(name, "xls", records=lambda: _records(source, name, title))

    tables = find_tables(first, make, header_row=overrides.get("header_row"), exact=False)
    for table in tables if is_hidden else ():
        table.problems.append(Problem("hidden_sheet", parameters={"file": title}))
    return tables


def _is_hidden(book, name, title):
    try:
        return bool(book.sheet_by_name(title).visibility)
    except _BROKEN as error:
        raise SourceError("file_unreadable", file=name, detail=str(error)) from error


def _records(source, name, title):
    with _open(source, name) as book:
        yield from _rows(book, name, title)


def _rows(book, name, title):
    try:
        sheet = book.sheet_by_name(title)
        for number in range(sheet.nrows):
            cells = [_text(book, cell) for cell in sheet.row(number)]
            yield number + 1, layout.trim(cells)
        book.unload_sheet(title)
    except _BROKEN as error:
        raise SourceError("file_unreadable", file=name, detail=str(error)) from error


def _text(book, cell):
    if cell.ctype == xlrd.XL_CELL_TEXT:
        return cell.value or None
    if cell.ctype in (xlrd.XL_CELL_EMPTY, xlrd.XL_CELL_BLANK):
        return None
    if cell.ctype == xlrd.XL_CELL_ERROR:
        return xlrd.error_text_from_code.get(cell.value, "#N/A")
    if cell.ctype == xlrd.XL_CELL_BOOLEAN:
        return text_of(bool(cell.value))
    shown = _format(book, cell)
    if cell.ctype == xlrd.XL_CELL_DATE:
        if 0 <= cell.value < 1 and "y" not in shown.lower():
            hours, rest = divmod(round(cell.value * 86_400), 3_600)
            return f"{hours:02d}:{rest // 60:02d}:{rest % 60:02d}"
        return text_of(xlrd.xldate_as_datetime(cell.value, book.datemode), shown)
    return text_of(cell.value, shown)


def _format(book, cell):
    place = cell.xf_index
    if place is None or place >= len(book.xf_list):
        return "General"
    found = book.format_map.get(book.xf_list[place].format_key)
    return found.format_str if found else "General"


def _open(source, name):
    with source() as stream:
        if stream.seek(0, os.SEEK_END) > MAX_BYTES:
            raise SourceError("file_refused", file=name, detail=f"more than {MAX_BYTES} bytes")
        stream.seek(0)
        data = stream.read()
    if _PROTECTED in data:
        raise SourceError("file_refused", file=name, detail="protected by a password")
    if any(macro in data for macro in _MACROS):
        raise SourceError("file_refused", file=name, detail="it holds macros")
    try:
        return xlrd.open_workbook(
            file_contents=data, formatting_info=True, on_demand=True, logfile=_Silence()
        )
    except _BROKEN as error:
        detail = f"no workbook, or a broken one ({error})"
        raise SourceError("file_unreadable", file=name, detail=detail) from error


class _Silence:
    """xlrd prints its doubts; they are of no use to the person."""

    def write(self, _text):
        pass
