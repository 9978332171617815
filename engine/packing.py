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
#: After a name, a cell, a row.
_NAME, _CELL, _ROW = "\x1c", "\x1d", "\x1e"
#: What JSON writes otherwise: what is frequent, and what is not.
_ESCAPES = ((b"\\", b"\\\\"), (b'"', b'\\"'), (b"\n", b"\\n"), (b"\r", b"\\r"), (b"\t", b"\\t"))
_CONTROLS = bytes([*range(9), 0x0B, 0x0C, *range(0x0E, 0x1C), 0x1F])
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
    """Return ``(JSON, fingerprint)`` of each row; empty cells are left out.

    :param rows: list of {column: text or None}, which mostly have the same columns
    """
    packed = []
    for start in range(0, len(rows), _TOGETHER):
        part = rows[start : start + _TOGETHER]
        names = part[0].keys()
        # A cell without letters is none by column.
        if all(row.keys() == names and "" not in row.values() for row in part):
            columns = {name: [row[name] for row in part] for name in names}
            packed += zip(*pack_columns(columns), strict=True)
        else:
            packed += map(_pack_alone, part)
    return packed


def pack_columns(columns):
    """Return the JSON of rows, and their fingerprints, as two lists.

    :param columns: {name: texts of all rows}; an empty cell is ``None`` or ``""``
    """
    names, filled, count = sorted(columns), [], 0
    for name in names:
        column = columns[name]
        if any(column):
            prefix = name + _NAME
            cells = [prefix + cell if cell else "" for cell in column]
            filled.append(cells)
            count += len(cells) - cells.count("")
    size = len(columns[names[0]]) if names else 0
    rows = zip(*filled, strict=True) if filled else repeat((), size)
    texts = [_CELL.join(filter(None, cells)) for cells in rows]
    plain = _ROW.join(texts).encode()
    gaps = count - sum(map(bool, texts))
    if [plain.count(mark) for mark in (b"\x1c", b"\x1d", b"\x1e")] == [count, gaps, size - 1]:
        return _pack_bytes(plain)
    rows = zip(*(columns[name] for name in names), strict=True)
    rows = [{n: cell or None for n, cell in zip(names, cells, strict=True)} for cells in rows]
    return tuple(map(list, zip(*map(_pack_alone, rows), strict=True)))


def _pack_alone(row):
    text = json.dumps({n: v for n, v in row.items() if v is not None}, ensure_ascii=False)
    return text, fingerprint(row)


def _pack_bytes(plain):
    """Take joined rows apart: bytes are searched ten times as fast as letters."""
    parts = plain.replace(b"\x1c", b"\x1f").replace(b"\x1d", b"\x1f").split(b"\x1e")
    coded = _escape(plain).replace(b"\x1c", b'": "').replace(b"\x1d", b'", "')
    codes = coded.replace(b"\x1e", b'"}\x1e{"').decode()
    # A row without cells comes out as a name without letters.
    codes = f'{{"{codes}"}}'.replace('{""}', "{}")
    return codes.split(_ROW), list(map(_digest, parts))


def _escape(plain):
    """Return a text as within JSON, but for the marks."""
    rare = len(plain.translate(None, _CONTROLS)) < len(plain)
    for character, escape in (*_ESCAPES, *_RARE) if rare else _ESCAPES:
        if character in plain:
            plain = plain.replace(character, escape)
    return plain


def _digest(content):
    return blake2b(content, digest_size=16).hexdigest()
