"""Sheets of an OpenDocument spreadsheet (.ods) as :class:`Table`, as a stream.

odfpy builds the whole tree, calamine the whole sheet with its repeated rows: both let a small file
fill the memory. The few elements that matter are read here one by one.
"""

import re
from itertools import islice
from xml.etree import ElementTree

from ..exceptions import SourceError
from . import layout
from .archive import BROKEN, open_archive
from .dialect import MAX_CELL
from .table import Table, find_tables
from .xlsx_file import SAMPLE_ROWS, name_sheets, text_of

MIMETYPE = b"application/vnd.oasis.opendocument.spreadsheet"
#: Repeats of a row that holds something; more is a filled-down format.
MAX_REPEATED_ROWS = 10_000

_TABLE = "{urn:oasis:names:tc:opendocument:xmlns:table:1.0}"
_OFFICE = "{urn:oasis:names:tc:opendocument:xmlns:office:1.0}"
_TEXT = "{urn:oasis:names:tc:opendocument:xmlns:text:1.0}"
_PADDED = re.compile(r"0\d+")
_TIME = re.compile(r"PT(\d+)H(\d+)M(\d+)(?:[.,]\d+)?S")


def read(source, name, overrides):
    """The tables of a spreadsheet: its sheets that hold anything."""
    with source() as stream, open_archive(stream, name) as archive:
        if any("Basic/" in known or "Scripts/" in known for known in archive.namelist()):
            raise SourceError("file_refused", file=name, detail="it holds macros")
    titled = [(title, _tables(source, name, title, overrides)) for title in _titles(source, name)]
    return name_sheets(name, titled)


def _tables(source, name, title, overrides):
    rows = _records(source, name, title)
    first = list(islice(rows, SAMPLE_ROWS))
    rows.close()

    def make():
        return Table(name, "ods", records=lambda: _records(source, name, title))

    return find_tables(first, make, header_row=overrides.get("header_row"), exact=False)


def _titles(source, name):
    titles = (e.get(f"{_TABLE}name", "") for kind, e in _events(source, name) if kind == "start")
    return list(dict.fromkeys(titles))


def _records(source, name, title):
    line, inside = 0, False
    for kind, element in _events(source, name):
        if kind == "start":
            if inside:
                return
            inside = element.get(f"{_TABLE}name", "") == title
        elif inside:
            repeated = _repeated(element, "rows")
            cells = _cells(element, name)
            if not any(cells):
                line += repeated
                continue
            for _copy in range(min(repeated, MAX_REPEATED_ROWS)):
                line += 1
                yield line, list(cells)


def _events(source, name):
    """``start`` of each sheet, ``end`` of each row; what was read is dropped."""
    try:
        with source() as stream, open_archive(stream, name) as archive:
            with archive.open("content.xml") as content:
                if b"<!ENTITY" in content.read(4096):
                    raise SourceError("file_refused", file=name, detail="XML with entities")
            with archive.open("content.xml") as content:
                parents = []
                for kind, element in ElementTree.iterparse(content, ("start", "end")):
                    if kind == "start":
                        parents.append(element)
                        if len(parents) > 200:
                            raise SourceError("file_refused", file=name, detail="nested too deep")
                        if element.tag == f"{_TABLE}table":
                            yield kind, element
                        continue
                    parents.pop()
                    if element.tag == f"{_TABLE}table-row":
                        yield kind, element
                        element.clear()
                        if parents:
                            parents[-1].remove(element)
    except (ElementTree.ParseError, KeyError, *BROKEN) as error:
        raise SourceError("file_unreadable", file=name, detail=str(error)) from error


def _cells(row, name):
    cells = []
    for element in row:
        if element.tag not in (f"{_TABLE}table-cell", f"{_TABLE}covered-table-cell"):
            continue
        text, repeated = _cell_text(element), _repeated(element, "columns")
        if text is None:
            repeated = min(repeated, layout.MAX_COLUMNS + 1)
        if len(cells) + repeated > layout.MAX_COLUMNS * 10:
            detail = f"more than {layout.MAX_COLUMNS} columns"
            raise SourceError("file_refused", file=name, detail=detail)
        if text and len(text) > MAX_CELL:
            raise SourceError("file_refused", file=name, detail=f"a cell of {len(text)} letters")
        cells += [text] * repeated
    return layout.trim(cells)


def _cell_text(cell):
    kind = cell.get(f"{_OFFICE}value-type")
    paragraphs = ["".join(_pieces(one)) for one in cell.findall(f"{_TEXT}p")]
    shown = "\n".join(paragraphs)
    if kind in (None, "string"):
        return shown or None
    if kind == "boolean":
        return cell.get(f"{_OFFICE}boolean-value")
    if kind == "date":
        return (cell.get(f"{_OFFICE}date-value") or shown).replace("T", " ")
    if kind == "time":
        found = _TIME.fullmatch(cell.get(f"{_OFFICE}time-value", ""))
        return ":".join(part.zfill(2) for part in found.groups()) if found else shown
    value = cell.get(f"{_OFFICE}value")
    if value is None or _PADDED.fullmatch(shown):
        return shown or value  # 01234 is shown, 1234 is stored
    return text_of(float(value), "0%" if kind == "percentage" else "General")


def _pieces(element):
    """The text of a paragraph: several blanks, tabs and breaks are elements in it."""
    yield element.text or ""
    for child in element:
        if child.tag == f"{_TEXT}s":
            yield " " * min(int(child.get(f"{_TEXT}c", 1)), 1_000)
        elif child.tag == f"{_TEXT}tab":
            yield "\t"
        elif child.tag == f"{_TEXT}line-break":
            yield "\n"
        elif child.tag.startswith(_TEXT):
            yield from _pieces(child)
        yield child.tail or ""


def _repeated(element, what):
    return max(1, int(element.get(f"{_TABLE}number-{what}-repeated", 1)))
