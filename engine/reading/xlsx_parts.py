"""The parts of an Excel workbook (.xlsx) as streams: sheets, texts, styles.

openpyxl builds an object for each cell, calamine holds a sheet in memory and does not tell how a
number is shown. What these parts hold is written by programs, cell after cell in one form, and read
here by expressions; a row in any other form goes to a parser.
"""

import html
import mmap
import posixpath
import re
import tempfile
from array import array
from codecs import getincrementaldecoder
from typing import NamedTuple
from xml.etree import ElementTree

from openpyxl.styles.numbers import BUILTIN_FORMATS
from openpyxl.utils.datetime import CALENDAR_MAC_1904, CALENDAR_WINDOWS_1900

from ..exceptions import SourceError
from .dialect import MAX_CELL

CHUNK = 1 << 18
#: A part that describes the workbook: more is no description.
MAX_DESCRIPTION = 32 * 1024**2
#: Characters of a row, or of a shared text: more is no record.
MAX_ROW = 4 * MAX_CELL
#: Texts up to this size are kept in memory, larger ones in a temporary file.
TEXTS_IN_MEMORY = 32 * 1024**2

_ROOT = re.compile(r"<(?:(\w+):)?(?:worksheet|sst)\b[^>]*>")
_RELATION = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
_STRICT_RELATION = "{http://purl.oclc.org/ooxml/officeDocument/relationships}id"


class Sheet:
    """A sheet, and what the last pass over it has shown.

    :param path: of its part in the archive
    :param hidden: it is not shown in the workbook
    """

    def __init__(self, title, path, hidden):
        self.title, self.path, self.hidden = title, path, hidden
        self.unread = self.unread_line = 0  # formulas without a result


class Workbook:
    """What the descriptions of a workbook say.

    :param epoch: the day that dates are counted from
    :param formats: number format of each style of a cell
    """

    def __init__(self, archive, name):
        self.name = name
        names = {known.lower().replace("\\", "/"): known for known in archive.namelist()}
        start = _relations(archive, names, "", name)
        path = next((one.path for one in start if one.kind == "officeDocument"), "xl/workbook.xml")
        if path.lower() not in names or path.lower().endswith(".bin"):
            raise SourceError("file_unreadable", file=name, detail="no workbook in it")
        book = _tree(archive, names, path, name)
        parts = _relations(archive, names, path, name)
        targets = {one.id: one for one in parts}
        self.sheets = []
        for sheet in _all(book, "sheet"):
            part = targets.get(sheet.get(_RELATION) or sheet.get(_STRICT_RELATION))
            if part and part.kind == "worksheet" and part.path.lower() in names:
                hidden = sheet.get("state", "visible") != "visible"
                found = Sheet(sheet.get("name", ""), names[part.path.lower()], hidden)
                self.sheets.append(found)
        mac = any(one.get("date1904") in ("1", "true") for one in _all(book, "workbookPr"))
        self.epoch = CALENDAR_MAC_1904 if mac else CALENDAR_WINDOWS_1900
        known = {one.kind: one.path for one in parts if one.path.lower() in names}
        self.texts = names[known["sharedStrings"].lower()] if "sharedStrings" in known else None
        self.formats = []
        if "styles" in known:
            self.formats = list(_formats(_tree(archive, names, known["styles"], name)))


class _Relation(NamedTuple):
    id: str
    kind: str
    path: str


def _relations(archive, names, path, name):
    """Where the parts are that a part refers to."""
    folder, _slash, file = path.rpartition("/")
    place = f"{folder}/_rels/{file}.rels".lstrip("/")
    if place.lower() not in names:
        return []
    found = []
    for one in _tree(archive, names, place, name):
        kind, target = one.get("Type", "").rpartition("/")[2], one.get("Target", "")
        inside = target if target.startswith("/") else f"{folder}/{target}"
        inside = posixpath.normpath(inside.lstrip("/").replace("\\", "/"))
        found.append(_Relation(one.get("Id"), kind, inside))
    return found


def _formats(styles):
    own = {one.get("numFmtId"): one.get("formatCode", "") for one in _all(styles, "numFmt")}
    for group in _all(styles, "cellXfs"):
        for style in group:
            number = style.get("numFmtId", "0")
            yield own.get(number) or BUILTIN_FORMATS.get(int(number), "General")


def _all(tree, tag):
    return (one for one in tree.iter() if one.tag.rpartition("}")[2] == tag)


def _tree(archive, names, path, name):
    if path.lower() not in names:
        raise SourceError("file_unreadable", file=name, detail=f"without {path}")
    info = archive.getinfo(names[path.lower()])
    if info.file_size > MAX_DESCRIPTION:
        raise SourceError("file_refused", file=name, detail=f"{path}: {info.file_size} bytes")
    content = archive.read(info)
    if b"<!ENTITY" in content:
        raise SourceError("file_refused", file=name, detail="XML with entities")
    try:
        return ElementTree.fromstring(content)
    except (ElementTree.ParseError, ValueError, LookupError) as error:
        raise SourceError("file_unreadable", file=name, detail=f"{path}: {error}") from error


# ------------------------------------------------------------- elements one after the other


def elements(stream, tag, name):
    """``(opening tag of the part, element as text)`` of each element of a part, as a stream.

    :param tag: ``row`` or ``si``
    """
    decode = None
    buffer, root, end = "", None, ""
    while True:
        chunk = stream.read(CHUNK)
        if decode is None:
            wide = chunk[:2] in (b"\xff\xfe", b"\xfe\xff")
            decode = getincrementaldecoder("utf-16" if wide else "utf-8-sig")("strict").decode
        buffer += decode(chunk, not chunk)
        if root is None:
            root, buffer = _root(buffer, name)
            if root is None and chunk:
                continue
            if root is None:
                raise SourceError("file_unreadable", file=name, detail=f"no <{tag}> in a part")
            prefix = root[1]
            end = f"</{prefix}{tag}>"
            start = re.compile(rf"<{prefix}{tag}(?:\s[^>]*)?(/?)>")
        *pieces, buffer = buffer.split(end)
        for piece in pieces:
            for found in start.finditer(piece):
                if not found[1]:
                    yield root, piece[found.start() :] + end
                    break
                yield root, found[0]
        if len(buffer) > MAX_ROW:
            raise SourceError("file_refused", file=name, detail=f"a row of {len(buffer)} letters")
        if not chunk:
            return


def _root(buffer, name):
    """``(opening tag, prefix)`` of a part, and what follows."""
    found = _ROOT.search(buffer)
    if not found:
        if len(buffer) > CHUNK:
            raise SourceError("file_unreadable", file=name, detail="a part of another kind")
        return None, buffer
    if "<!ENTITY" in buffer[: found.start()]:
        raise SourceError("file_refused", file=name, detail="XML with entities")
    return (found[0], f"{found[1]}:" if found[1] else ""), buffer[found.end() :]


def parse(root, element, name):
    """An element that is written in another form, by a real parser."""
    opening, prefix = root
    kind = "sst" if "sst" in opening.split()[0] else "worksheet"
    try:
        return ElementTree.fromstring(f"{opening.removesuffix('/>')}{element}</{prefix}{kind}>")[0]
    except (ElementTree.ParseError, IndexError) as error:
        raise SourceError("file_unreadable", file=name, detail=str(error)) from error


# ------------------------------------------------------------- shared texts

_TEXT = re.compile(r"<si><t(?: xml:space=\"preserve\")?>([^<]*)</t></si>")


class Texts:
    """Texts by their number: in memory, or in a temporary file where they are many."""

    def __init__(self, archive, book):
        self._small = []
        self._file = self._map = None
        if not book.texts:
            return
        with archive.open(book.texts) as stream:
            if archive.getinfo(book.texts).file_size <= TEXTS_IN_MEMORY:
                self._small = list(self._read(stream, book.name))
            else:
                self._keep(self._read(stream, book.name))

    def _keep(self, texts):
        self._small, self._ends = None, array("Q", [0])
        self._file = tempfile.TemporaryFile()  # noqa: SIM115 closed with the texts
        place = 0
        for text in texts:
            data = text.encode("utf-8", "surrogatepass")
            self._file.write(data)
            place += len(data)
            self._ends.append(place)
        self._file.flush()
        self._map = mmap.mmap(self._file.fileno(), 0, access=mmap.ACCESS_READ) if place else b""

    def _read(self, stream, name):
        for root, element in elements(stream, "si", name):
            found = _TEXT.fullmatch(element)
            yield plain(found[1]) if found else _rich(parse(root, element, name))

    def __getitem__(self, number):
        if self._small is not None:
            return self._small[number]
        start, end = self._ends[number], self._ends[number + 1]
        return self._map[start:end].decode("utf-8", "surrogatepass")

    def close(self):
        if self._map:
            self._map.close()
        if self._file:
            self._file.close()


def plain(text):
    """A text as a parser gives it: entities replaced, line ends as one letter."""
    if "&" in text:
        text = html.unescape(text)
    return text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text


def _rich(element):
    """All of a text with runs, without the reading aids of Japanese."""
    pieces = []
    for child in element:
        tag = child.tag.rpartition("}")[2]
        if tag == "t":
            pieces.append(child.text or "")
        elif tag == "r":
            pieces += [one.text or "" for one in child if one.tag.rpartition("}")[2] == "t"]
    return "".join(pieces)
