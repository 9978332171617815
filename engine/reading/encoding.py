"""The encoding of a text file: proved where it can be, weighed where it cannot.

Steps: byte order mark; UTF-16 and UTF-32 by their zero bytes; UTF-8 by decoding the whole file
strictly; else a legacy code page, by the letters it yields (:mod:`.codepage`).
"""

import codecs
from typing import NamedTuple

from ..exceptions import SourceError
from .codepage import guess

CHUNK = 1024 * 1024
#: A longer line is no row: a note with pictures in it reaches some MB.
LONGEST_LINE = 32 * CHUNK
#: Words with non-ASCII letters that are looked at; more did not change any answer when measured.
SAMPLE = 200_000
#: Least share of zero bytes by which UTF-16 is told: those of delimiters and line ends.
_ASCII_IN_WIDE = 0.02
#: A broken byte in so many good multi-byte letters is damage, not another encoding.
DAMAGE = 20

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_ESCAPES = ((b"\x1b$B", "iso2022_jp"), (b"\x1b$@", "iso2022_jp"), (b"\x1b$)C", "iso2022_kr"))


#: From here on the encoding of a file speaks for the files beside it.
WITNESS = 0.8


class Encoding(NamedTuple):
    """:param lossy: some bytes do not decode; they become U+FFFD, and the caller must tell"""

    name: str
    confidence: float
    lossy: bool = False


def detect(source):
    """Find the encoding of a source by looking at all of its bytes.

    :param source: callable that opens a binary stream
    """
    with source() as stream:
        head = stream.read(4096)
    name = by_mark(head) or by_zero_bytes(head)
    if name:
        return Encoding(name, 1.0, not decodes(source, name))
    if decodes(source, "utf-8"):
        return _seven_bits(source, head) or Encoding("utf-8", 1.0)
    sample = telling_lines(source)
    if _is_damaged_utf8(sample):
        return Encoding("utf-8", 0.9, True)
    name, confidence = guess(sample)
    if name == "cp1252" and not decodes(source, name):
        name = "latin-1"  # the bytes that cp1252 leaves undefined
    return Encoding(name, confidence, not decodes(source, name))


def _seven_bits(source, head):
    """ISO 2022 writes Japanese and Korean in ASCII characters, switched by escapes."""
    for escape, name in _ESCAPES:
        if escape in head and decodes(source, name):
            return Encoding(name, 0.95)
    return None


def by_mark(head):
    return next((name for mark, name in _MARKS if head.startswith(mark)), None)


def by_zero_bytes(head):
    """UTF-32 or UTF-16 without a mark: ASCII is in any export, with zero bytes beside it."""
    if len(head) < 4:
        return None
    zeros = [head[place::4].count(0) for place in range(4)]
    all_ = len(head) // 4
    if min(zeros[2], zeros[3]) >= all_ > zeros[0] and zeros[1]:
        return "utf-32-le"
    if min(zeros[0], zeros[1]) >= all_ > zeros[3] and zeros[2]:
        return "utf-32-be"
    even, odd = zeros[0] + zeros[2], zeros[1] + zeros[3]
    if max(even, odd) < len(head) * _ASCII_IN_WIDE or min(even, odd) * 4 > max(even, odd):
        return None
    return "utf-16-be" if even > odd else "utf-16-le"


def decodes(source, name):
    """Whether all of a source is of an encoding.

    :raise SourceError: ``file_refused`` for a line that would not fit the memory
    """
    decoder = codecs.getincrementaldecoder(name)("strict")
    unbroken = 0
    with source() as stream:
        try:
            while chunk := stream.read(CHUNK):
                unbroken = 0 if b"\n" in chunk or b"\r" in chunk else unbroken + len(chunk)
                if unbroken > LONGEST_LINE:
                    detail = f"a line of more than {LONGEST_LINE} bytes"
                    raise SourceError("file_refused", file="", detail=detail)
                decoder.decode(chunk)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            return False
    return True


def telling_lines(source):
    """The lines that are not plain ASCII, up to :data:`SAMPLE` bytes: the rest says nothing."""
    found, size = [], 0
    with source() as stream:
        while size < SAMPLE and (line := stream.readline(CHUNK)):
            if not line.isascii():
                found.append(line)
                size += len(line)
    return b"".join(found)[: SAMPLE * 2]


def _is_damaged_utf8(sample):
    text = sample.decode("utf-8", "replace")
    broken = text.count("\ufffd")
    good = sum(not letter.isascii() for letter in text) - broken
    return good > DAMAGE * broken


def common(told):
    """The one legacy encoding that all sure files of an upload have, if any.

    Files without special letters are UTF-8 to everybody: they say nothing.

    >>> common([("utf-8", 1.0), ("cp1250", 0.95), ("cp1252", 0.5)])
    'cp1250'

    :param told: ``(encoding, confidence)`` of each file
    """
    sure = {name for name, confidence in told if confidence >= WITNESS}
    legacy = {name for name in sure if name and not name.startswith("utf")}
    return legacy.pop() if len(legacy) == 1 else None
