"""Rows as they are stored: their text in JSON and their fingerprint, for many rows at once.

A call of an encoder for each row, or each cell, costs more than all the rest of reading a file. So
the cells of some hundred rows are joined, encoded by one call, and taken apart again.
"""

import json
from hashlib import blake2b
from json.encoder import encode_basestring
from operator import itemgetter

#: Between names and cells, in what the fingerprint is made of.
SEPARATOR = "\x1f"
#: After a name, a cell, a row; and what stands for them in JSON.
_NAME, _CELL, _ROW = "\x1c", "\x1d", "\x1e"
_CODED = "\\u001"
#: Rows that are joined: enough to save the calls, few enough for the memory.
_TOGETHER = 250


def fingerprint(values):
    """Return what tells rows of other content apart, whatever the order of their columns.

    >>> fingerprint({"b": "2", "a": "1"}) == fingerprint({"a": "1", "b": "2", "c": None})
    True
    """
    filled = sorted((name, value) for name, value in values.items() if value is not None)
    return _digest(SEPARATOR.join(part for pair in filled for part in pair))


def pack(rows):
    """Return ``(JSON, fingerprint)`` of each row; empty cells are left out.

    :param rows: list of {column: text or None}, which mostly have the same columns
    """
    packed = []
    for start in range(0, len(rows), _TOGETHER):
        part = rows[start : start + _TOGETHER]
        packed += _pack_together(part) or [
            (
                json.dumps({n: v for n, v in row.items() if v is not None}, ensure_ascii=False),
                fingerprint(row),
            )
            for row in part
        ]
    return packed


def _pack_together(rows):
    """Return as :func:`pack`, or None if a cell has one of the marks, or a row other columns."""
    names = sorted(rows[0])
    if len(names) < 2 or any(len(row) != len(names) for row in rows):
        return None
    prefixes, get, texts, count = [name + _NAME for name in names], itemgetter(*names), [], 0
    try:
        cells_of_rows = list(map(get, rows))
    except KeyError:
        return None
    for cells in cells_of_rows:
        filled = [
            prefix + cell for prefix, cell in zip(prefixes, cells, strict=True) if cell is not None
        ]
        count += len(filled)
        texts.append(_CELL.join(filled))
    text = _ROW.join(texts)
    gaps = count - sum(map(bool, texts))
    marks = (text.count(_NAME), text.count(_CELL), text.count(_ROW))
    if marks != (count, gaps, len(rows) - 1) or _CODED in text:
        return None
    plain = text.replace(_NAME, SEPARATOR).replace(_CELL, SEPARATOR).split(_ROW)
    coded = encode_basestring(text)[1:-1]
    coded = coded.replace(f"{_CODED}c", '": "').replace(f"{_CODED}d", '", "').split(f"{_CODED}e")
    return [
        (f'{{"{code}"}}' if code else "{}", _digest(one))
        for code, one in zip(coded, plain, strict=True)
    ]


def _digest(text):
    return blake2b(text.encode(), digest_size=16).hexdigest()
