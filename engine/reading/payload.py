"""Files that travel with an export: beside the tables in a folder, or in the same ZIP."""

import hashlib
import unicodedata
import zipfile
from contextlib import contextmanager
from pathlib import PurePosixPath

from ..exceptions import SourceError
from .archive import members, open_archive

CHUNK = 1 << 20


def list_members(path, name):
    """Return the paths of what a plain ZIP holds, or None if the file is no such thing.

    Workbooks are ZIPs too, but of one table each; broken archives are for the reader to refuse.
    """
    try:
        with open(path, "rb") as stream:
            if stream.read(2) != b"PK":
                return None
            with open_archive(stream, name) as archive:
                names = set(archive.namelist())
                if names & {"[Content_Types].xml", "mimetype"}:
                    return None
                return sorted(str(member) for __, member in members(archive, name))
    except (SourceError, zipfile.BadZipFile, OSError):
        return None


@contextmanager
def open_payload(path, member=None):
    """Yield the bytes of a file, or of one member of the archive that it is.

    :raise SourceError: ``file_unreadable`` if the archive does not hold it
    """
    with open(path, "rb") as stream:
        if not member:
            yield stream
            return
        with open_archive(stream, str(path)) as archive:
            wanted = (info for info, known in members(archive, "") if str(known) == member)
            info = next(wanted, None)
            if info is None:
                raise SourceError("file_unreadable", file=member, detail="not in the archive")
            with archive.open(info) as content:
                yield content


def digests(stream, kinds=("sha256", "sha1")):
    """Return the fingerprints of a stream, in hexadecimal, and its length.

    >>> import io
    >>> digests(io.BytesIO(b"abc"), ("md5",))
    (['900150983cd24fb0d6963f7d28e17f72'], 3)
    """
    hashes = [hashlib.new(kind, usedforsecurity=False) for kind in kinds]
    size = 0
    while chunk := stream.read(CHUNK):
        size += len(chunk)
        for one in hashes:
            one.update(chunk)
    return [one.hexdigest() for one in hashes], size


def place(text):
    """Return a path as names are compared: its parts in small letters, without drive or scheme.

    >>> place("C:\\\\Export\\\\Files\\\\Offer 1.PDF")
    ('export', 'files', 'offer 1.pdf')
    >>> place("./attachments/a.txt"), place("https://crm.example/f/a.txt?x=1")
    (('attachments', 'a.txt'), ('f', 'a.txt'))
    """
    text = str(text).strip().replace("\\", "/")
    scheme, separator, rest = text.partition("://")
    if separator and scheme.isalpha():
        text = rest.partition("/")[2].partition("?")[0].partition("#")[0]
    text = unicodedata.normalize("NFC", text).lower()  # as PostgreSQL can do it too
    parts = [part for part in PurePosixPath(text).parts if part not in ("/", ".", "..")]
    return tuple(part for part in parts if not part.endswith(":"))
