"""Rows as they are stored: their text in JSON and their fingerprint, for many rows at once.

A call of an encoder for each row, or each cell, costs more than all the rest of reading a file. So
the cells of some hundred rows are joined, encoded by one call, and taken apart again.
"""

import json
from hashlib import blake2b
from itertools import repeat
from json.encoder import encode_basestring

#: Between names and cells, in what the fingerprint is made of.
SEPARATOR = "\x1f"
#: Marks for what stands between names and cells: they become JSON's own signs, or the separator.
#: Before a name and before a cell stand four of them, ``", "`` and ``": "`` to be.
_NAME, _CELL, _ROW = "\x1c\x01\x02\x1d", "\x1c\x03\x02\x1d", "\x1e"
_MARKS = b"\x1c\x1d\x01\x02\x03\x1e"
_TO_JSON = bytes.maketrans(b"\x1c\x1d\x01\x02\x03", b'"", :')
_TO_HASHED = bytes.maketrans(b"\x1c", SEPARATOR.encode())
_NOT_HASHED = b"\x1d\x01\x02\x03"
#: What JSON writes otherwise: what is frequent, and what is not.
_ESCAPES = ((b"\\", b"\\\\"), (b'"', b'\\"'), (b"\n", b"\\n"), (b"\r", b"\\r"), (b"\t", b"\\t"))
_CONTROLS = bytes({*range(9), 0x0B, 0x0C, *range(0x0E, 0x1C), 0x1F} - set(_MARKS))
_RARE = [(bytes([one]), encode_basestring(chr(one))[1:-1].encode()) for one in _CONTROLS]
#: Rows that are joined: enough to save the calls, few enough for the memory.
_TOGETHER = 250


def fingerprint(values):
    """Return what tells rows of other content apart, whatever the order of their columns.

    >>> fingerprint({"b": "2", "a": "1"}) == fingerprint({"a": "1", "b": "2", "c": None})
    True
    """
    filled = sorted((name, value) for name, value in values.items() if value is not None)
    return _digest(SEPARATOR.join(part for pair in filled for part in pair).encode())


def pack(rows):
    """Return ``(JSON, fingerprint)`` of each row, JSON in bytes; empty cells are left out.

    :param rows: list of {column: text or None}, which mostly have the same columns
    """
    packed = []
    for start in range(0, len(rows), _TOGETHER):
        part = rows[start : start + _TOGETHER]
        names = part[0].keys()
        # A cell without letters is none by column.
        if all(row.keys() == names and "" not in row.values() for row in part):
            columns = {name: [row[name] or "" for row in part] for name in names}
            packed += zip(*pack_columns(columns), strict=True)
        else:
            packed += map(_pack_alone, part)
    return packed


def pack_columns(columns):
    """Return the JSON of rows, in bytes, and their fingerprints, as two lists.

    :param columns: {name: texts of all rows}; an empty cell is ``""``
    """
    names, pieces, count = sorted(columns), [], 0
    size = len(columns[names[0]]) if names else 0
    for name in names:
        column, before = columns[name], _NAME + name + _CELL
        if all(column):
            pieces += repeat(before), column
            count += size
        elif any(column):
            befores = [before if cell else "" for cell in column]
            pieces += befores, column
            count += size - befores.count("")
    texts = list(map("".join, zip(*pieces, strict=False)))
    if texts and all(texts):
        plain = _ROW.join(texts).encode()
        marks = count * len(_NAME + _CELL) + size - 1
        # Their number tells that no cell has one, and mostly that JSON writes none otherwise.
        if len(plain.translate(None, _MARKS + _CONTROLS)) == len(plain) - marks:
            return _pack_bytes(plain, _ESCAPES)
        if len(plain.translate(None, _MARKS)) == len(plain) - marks:
            return _pack_bytes(plain, (*_ESCAPES, *_RARE))
    rows = zip(*(columns[name] for name in names), strict=True)
    rows = [{n: cell or None for n, cell in zip(names, cells, strict=True)} for cells in rows]
    return tuple(map(list, zip(*map(_pack_alone, rows), strict=True)))


def _pack_alone(row):
    text = json.dumps({n: v for n, v in row.items() if v is not None}, ensure_ascii=False)
    return text.encode(), fingerprint(row)


def _pack_bytes(plain, escapes):
    """Take joined rows apart: bytes are changed ten times as fast as letters.

    :param escapes: what JSON writes otherwise, as pairs
    """
    hashed = plain.translate(_TO_HASHED, _NOT_HASHED).split(_ROW.encode())
    for character, escape in escapes:
        if character in plain:
            plain = plain.replace(character, escape)
    rows = plain.translate(_TO_JSON).split(_ROW.encode())
    # A row begins with what is put between two cells.
    return [b'{%b"}' % row[3:] for row in rows], [_digest(row[1:]) for row in hashed]


def _digest(content):
    return blake2b(content, digest_size=16).hexdigest()
