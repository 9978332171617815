"""Files into rows of text: CSV in any dialect and encoding, workbooks, JSON, ZIP archives.

What a file is, is told by its first bytes; its extension only decides whether a member of an
archive is looked at.
"""

import json
import re
import zipfile
from dataclasses import replace
from functools import partial
from pathlib import Path
from tempfile import SpooledTemporaryFile

from ..exceptions import SourceError
from . import csv_file, json_file, ods_file, xls_file, xlsx_file
from .archive import BROKEN, MAX_DEPTH, extract, members, open_archive
from .encoding import common
from .parts import in_order
from .reader import Reading, decode, read_tables
from .shown import DATES, FIGURES, find_looks, understand
from .table import SURE, Table
from .layout import storable
from .watch import Watcher, watch

__all__ = [
    "DATES", "FIGURES", "SUFFIXES", "SURE", "Reading", "Table", "Watcher", "common", "decode",
    "extract", "find_looks", "read", "storable", "tables", "understand", "watch",
]  # fmt: skip

#: Members of an archive that are read; others are attachments or remarks.
SUFFIXES = frozenset(".csv .tsv .tab .txt .xlsx .xlsm .xls .ods .json .jsonl .ndjson .zip".split())
#: Workbooks and nested archives need random access: kept in memory up to this size.
SPOOL = 16 * 1024**2

#: Files whose tables are known: whoever reads the rows has looked at the file just before.
MOST_KNOWN = 100
_KNOWN = {}

#: Begins like a list or an object; ``[x];y`` is a cell in brackets.
_JSON = re.compile(rb'\s*(?:\{\s*(?:"|\}\s*$)|\[\s*(?:\{\s*"|\[|"[^"]*"\s*[,\]]|\]\s*$))')

_FOREIGN = (
    (b"%PDF", "file_unreadable", "a PDF"),
    (b"\x89PNG", "file_unreadable", "a picture"),
    (b"\xff\xd8\xff", "file_unreadable", "a picture"),
    (b"GIF8", "file_unreadable", "a picture"),
    (b"\x1f\x8b", "file_unreadable", "gzip: unpack it first"),
    (b"Rar!", "file_unreadable", "RAR: unpack it first"),
    (b"7z\xbc\xaf", "file_unreadable", "7z: unpack it first"),
    (b"<html", "file_unreadable", "a web page: save it as .xlsx or .csv"),
    (b"<!doctype", "file_unreadable", "a web page: save it as .xlsx or .csv"),
    (b"<?xml", "file_unreadable", "XML: save it as .xlsx or .csv"),
)


def tables(path, *, name=None, overrides=None, member=None, checksum=None) -> list[Table]:
    """The tables in a file: one of a CSV file, one per sheet of a workbook, all of an archive or a
    folder.

    :param name: name to show instead of that of ``path``
    :param overrides: ``encoding``, ``delimiter``, ``header_row`` (-1: there is none) where the
        person knows better
    :param member: of an archive, read only this one
    :param checksum: of the bytes; where it is given, what was found is remembered
    :raise SourceError: ``file_unreadable`` or ``file_refused``
    """
    path = Path(path)
    if path.is_dir():
        return _read_folder(path, name or path.name, overrides)
    key = (path, checksum, name, json.dumps(overrides or {}, sort_keys=True), member)
    try:
        found = _KNOWN.get(key) if checksum and path.exists() else None
        if found is None:
            source = partial(path.open, "rb")
            found = _read(source, name or path.name, overrides or {}, member=member)
    except BROKEN as error:
        raise SourceError("file_unreadable", file=path.name, detail=str(error)) from error
    # The tables of a workbook note what their last pass has met: they are one reader's.
    if checksum and key not in _KNOWN and all(one.format in ("csv", "json") for one in found):
        if len(_KNOWN) >= MOST_KNOWN:
            _KNOWN.clear()
        _KNOWN[key] = found
    return [replace(table, problems=list(table.problems)) for table in found]


def read(path, *, overrides=None) -> Reading:
    """The first table of a file, as text: ``.headers``, ``.rows``, ``.encoding``, ``.dialect``,
    ``.warnings``, ``.confidence``; others in ``.tables``. An empty file has no rows and says so.

    :param overrides: see :func:`tables`
    :raise SourceError: ``file_unreadable`` or ``file_refused``
    """
    return read_tables(path, tables, overrides)


def _read_folder(folder, name, overrides):
    """All tables of the files in a folder, part files in their order."""
    readers = []
    for path in sorted((one for one in folder.rglob("*") if one.is_file()), key=in_order):
        inside = path.relative_to(folder)
        if path.suffix.lower() in SUFFIXES and not inside.name.startswith((".", "~$")):
            readers.append(partial(tables, path, name=str(inside)))
    found = _read_together(readers, overrides)
    if not found:
        raise SourceError("file_unreadable", file=name, detail="no table in the folder")
    return found


def _read_together(readers, overrides):
    """Tables of files that came together: those whose encoding is doubtful follow the others.

    :param readers: callables giving the tables of a file with overrides
    """
    read_ = [reader(overrides=overrides or {}) for reader in readers]
    texts = [table for found in read_ for table in found if table.format == "csv"]
    agreed = common((one.encoding, one.encoding_confidence) for one in texts)
    for place, found in enumerate(read_):
        unsure = any(one.encoding and one.encoding_confidence < SURE for one in found)
        if unsure and agreed and not (overrides or {}).get("encoding"):
            again = readers[place](overrides=(overrides or {}) | {"encoding": agreed})
            read_[place] = found if any(one.lossy for one in again) else again
    return [table for found in read_ for table in found]


def _read(source, name, overrides, depth=0, member=None):
    with source() as stream:
        head = stream.read(1024)
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return _read_zip(source, name, overrides, depth, member)
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if not start and len(head) < 1024:
        raise SourceError("file_unreadable", file=name, detail="empty")
    for magic, code, detail in _FOREIGN:
        if start[: len(magic)].lower() == magic.lower():
            raise SourceError(code, file=name, detail=detail)
    if head.startswith(xls_file.SIGNATURE):
        return _named(xls_file.read, source, name, overrides)
    if _JSON.match(start.replace(b"\0", b"").lstrip(b"\xff\xfe")):
        return _named(json_file.read, source, name, overrides)
    return _named(csv_file.read, source, name, overrides)


def _read_zip(source, name, overrides, depth, member=None):
    with source() as stream, open_archive(stream, name) as archive:
        names = set(archive.namelist())
    if "[Content_Types].xml" in names:
        return _named(xlsx_file.read, source, name, overrides)
    if "mimetype" in names and "content.xml" in names:
        return _named(ods_file.read, source, name, overrides)
    if depth > MAX_DEPTH:
        raise SourceError("file_refused", file=name, detail="archives nested too deep")
    return _read_members(source, name, overrides, depth, member)


def _read_members(source, name, overrides, depth, only=None):
    with source() as stream, open_archive(stream, name) as archive:
        wanted = [
            (info.filename, path)
            for info, path in members(archive, name)
            if path.suffix.lower() in SUFFIXES and only in (None, str(path))
        ]
    readers = []
    for filename, path in sorted(wanted, key=lambda one: in_order(one[0])):
        member = partial(_open_member, source, filename)
        if path.suffix.lower() in (".xlsx", ".xlsm", ".xls", ".ods", ".zip"):
            member = partial(_spooled, member)
        readers.append(partial(_read, member, str(path), depth=depth + 1))
    return _read_together(readers, overrides)


def _open_member(source, filename):
    """The member as a stream of its own; the archive is closed with it."""
    outer = source()
    try:
        archive = zipfile.ZipFile(outer)
        stream = archive.open(filename)
    except BROKEN:
        outer.close()
        raise
    close = stream.close

    def close_both():
        close()
        archive.close()
        outer.close()

    stream.close = close_both
    return stream


def _spooled(source):
    spool = SpooledTemporaryFile(max_size=SPOOL)  # noqa: SIM115 closed by the caller
    with source() as stream:
        while chunk := stream.read(SPOOL):
            spool.write(chunk)
    spool.seek(0)
    return spool


def _named(reader, source, name, overrides):
    """Call a reader; a refusal that does not know the file's name gets it."""
    try:
        return reader(source, name, overrides)
    except SourceError as error:
        raise SourceError(error.code, **{**error.parameters, "file": name}) from error
    except BROKEN as error:
        raise SourceError("file_unreadable", file=name, detail=str(error)) from error
