"""ZIP archives from outside: nothing in them is trusted, neither names nor sizes."""

import lzma
import re
import shutil
import stat
import struct
import zipfile
import zlib
from pathlib import Path, PurePosixPath

from ..exceptions import SourceError

MAX_MEMBERS = 10_000
#: All exports of a 2 million record account stay under this; more would not fit a usual disk.
MAX_TOTAL_BYTES = 8 * 1024**3
#: Text of one letter repeated reaches about 1,000; real CSV and XLSX stay under 40.
MAX_RATIO = 200
#: Under this size nobody is harmed, and tiny repetitive files have odd ratios.
RATIO_FREE_BYTES = 10 * 1024**2
#: A ZIP inside a ZIP is opened, a third level is not.
MAX_DEPTH = 1

#: What zipfile and its decompressors raise for an archive that is broken, or made to be.
BROKEN = (
    zipfile.BadZipFile, OSError, EOFError, NotImplementedError, RuntimeError, ValueError,
    OverflowError, zlib.error, lzma.LZMAError, struct.error,
)  # fmt: skip

_DRIVE = re.compile(r"^[A-Za-z]:")
_MACROS = re.compile(r"(^|/)vbaProject\.bin$|\.(xlsm|xltm|xlam|docm|dotm|pptm)$", re.IGNORECASE)


def open_archive(stream, name):
    """Open and check an archive; the caller closes it.

    :raise SourceError: ``file_unreadable`` if broken, ``file_refused`` if it must not be opened
    """
    try:
        archive = zipfile.ZipFile(stream)
    except BROKEN as error:
        raise SourceError("file_unreadable", file=name, detail=f"broken ZIP ({error})") from error
    try:
        check(archive, name)
    except SourceError:
        archive.close()
        raise
    return archive


def check(archive, name):
    """Refuse an archive that could do harm, before any byte of it is unpacked."""
    infos = archive.infolist()
    if len(infos) > MAX_MEMBERS:
        _refuse(name, f"more than {MAX_MEMBERS} members")
    for info in infos:
        _check_member(info, name)
    total = sum(info.file_size for info in infos)
    packed = sum(info.compress_size for info in infos)
    if total > MAX_TOTAL_BYTES:
        _refuse(name, f"unpacks to more than {MAX_TOTAL_BYTES} bytes")
    _check_ratio(total, packed, name)
    paths = [safe_path(info.filename, name) for info in infos if not info.is_dir()]
    if len(set(paths)) < len(paths):
        _refuse(name, "two members have one name")


def members(archive, name):
    """``(ZipInfo, relative path)`` of what counts: no folders, ``__MACOSX`` or dot files."""
    for info in archive.infolist():
        path = safe_path(info.filename, name)
        if info.is_dir() or path.parts[0] == "__MACOSX":
            continue
        if not any(part.startswith(".") for part in path.parts):
            yield info, path


def safe_path(filename, name):
    """The member's path if it stays inside the folder it is unpacked to.

    >>> safe_path("exports/contacts.csv", "x.zip")
    PurePosixPath('exports/contacts.csv')
    """
    filename = filename.replace("\\", "/")
    path = PurePosixPath(filename)
    if path.is_absolute() or _DRIVE.match(filename):
        _refuse(name, f"absolute path {filename!r}")
    if ".." in path.parts or not path.parts:
        _refuse(name, f"path leaves the archive: {filename!r}")
    if any(ord(letter) < 32 for letter in filename):
        _refuse(name, "control character in a name")
    return path


def extract(path, folder):
    """Unpack the archive at ``path`` under ``folder``, keeping relative paths.

    :return: the files written
    """
    folder = Path(folder)
    written = []
    with open(path, "rb") as stream, open_archive(stream, Path(path).name) as archive:
        for info, relative in members(archive, Path(path).name):
            target = folder / relative
            _unpack(archive, info, target, Path(path).name)
            written.append(target)
    return written


def is_macro(filename):
    """Whether a member is, or carries, program code of an Office file."""
    return bool(_MACROS.search(filename))


def _unpack(archive, info, target, name):
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        with archive.open(info) as member, open(target, "xb") as file:
            shutil.copyfileobj(member, file)  # zipfile stops at the size that was checked
    except BROKEN as error:
        detail = f"{info.filename}: {error}"
        raise SourceError("file_unreadable", file=name, detail=detail) from error


def _check_member(info, name):
    if info.flag_bits & 0x1:
        _refuse(name, f"{info.filename} is encrypted")
    if stat.S_ISLNK(info.external_attr >> 16):
        _refuse(name, f"{info.filename} is a link")
    if is_macro(info.filename):
        _refuse(name, f"{info.filename} holds macros")
    _check_ratio(info.file_size, info.compress_size, name)


def _check_ratio(unpacked, packed, name):
    if unpacked > RATIO_FREE_BYTES and unpacked > MAX_RATIO * max(packed, 1):
        _refuse(name, f"unpacks to more than {MAX_RATIO} times its size")


def _refuse(name, detail):
    raise SourceError("file_refused", file=name, detail=detail)
