"""Lists of objects in JSON as :class:`Table`: answers of an API, exports, one object a line.

The file is read as a stream of events, so neither its size nor its depth fills the memory. The
header is the union of what the records hold: it asks for a pass over the file.
"""

import codecs
import io
import re

import ijson

from ..exceptions import SourceError
from . import encoding, layout
from .dialect import MAX_CELL
from .flatten import flatten
from .table import Table

#: API answers nest four or five levels; deeper is no record.
MAX_DEPTH = 40
#: Values of one record: more is no record either.
MAX_VALUES = 20_000
#: Lists in one file that are read as tables of their own.
MAX_TABLES = 50
#: Names that wrap the records of a page; a list so called has the name of the file.
ENVELOPES = frozenset(
    "results result data items records rows values list objects entries content elements".split()
)

#: Files and lists of pipelines: a list of named objects in one is that of its stages.
PIPELINES = re.compile("pipeline|funnel|board|trichter|entonnoir|embudo|funil|lejek|pijplijn", re.I)
STAGE_NAMES = ("name", "title", "label")


def read(source, name, overrides):
    """The tables of a JSON file: each list of objects in it, or the one object that it is."""
    lists = {}
    for path, record in _guarded(source, name, overrides):
        columns = lists.setdefault(path, {})
        if len(lists) > MAX_TABLES:
            raise SourceError("file_refused", file=name, detail=f"more than {MAX_TABLES} lists")
        for column, value in flatten(record).items():
            columns[column] = columns.get(column) or value is not None
        if len(columns) > layout.MAX_COLUMNS:
            detail = f"more than {layout.MAX_COLUMNS} columns"
            raise SourceError("file_refused", file=name, detail=detail)
    lists = {path: _without_nothing(columns) for path, columns in lists.items() if columns}
    if len(lists) > 1:
        lists.pop("", None)  # what stands around the lists: totals and pages
    if not lists:
        raise SourceError("file_unreadable", file=name, detail="no list of records in it")
    return [_table(source, name, overrides, path, lists) for path in lists]


def _without_nothing(columns):
    """The columns but those that are nothing in some records and an object in the others.

    >>> _without_nothing({"id": True, "parent": False, "parent.id": True})
    ['id', 'parent.id']
    """
    objects = {column.rpartition(".")[0] for column in columns}
    return [column for column, filled in columns.items() if filled or column not in objects]


def _table(source, name, overrides, path, lists):
    last = path.rpartition(".")[2]
    title = name if len(lists) == 1 or last in ENVELOPES or not last else f"{name}/{last}"
    columns = list(lists[path])
    table = Table(title, "json", "utf-8", first_line=1)
    table.written = columns
    table.header = layout.column_names(columns)

    def records():
        line = 0
        for found, record in _guarded(source, name, overrides):
            if found == path:
                line += 1
                values = flatten(record)
                yield line, [values.get(column) for column in columns]

    table.records = records
    return table


def _guarded(source, name, overrides):
    """``(path, object)`` of each record, errors told as those of the file."""
    try:
        for path, record in _records(source, overrides):
            for one in _unfold(f"{name}.{path}", record):
                yield path, one
    except _Refused as refusal:
        raise SourceError("file_refused", file=name, detail=str(refusal)) from refusal
    except (ijson.JSONError, UnicodeDecodeError, ValueError, OverflowError) as error:
        raise SourceError("file_unreadable", file=name, detail=f"broken JSON ({error})") from error


def _unfold(name, record):
    """The stages that a pipeline holds as rows, each with its pipeline; else the record itself.

    >>> list(_unfold("pipelines.json", {"id": 1, "stages": [{"name": "New"}, {"name": "Won"}]}))
    [{'name': 'New', 'pipeline': {'id': 1}}, {'name': 'Won', 'pipeline': {'id': 1}}]
    """
    for key, stages in record.items() if PIPELINES.search(name) else ():
        if isinstance(stages, list) and stages and all(map(_is_stage, stages)):
            pipeline = {other: value for other, value in record.items() if other != key}
            return [stage | {"pipeline": pipeline} for stage in stages]
    return [record]


def _is_stage(value):
    return isinstance(value, dict) and any(value.get(name) for name in STAGE_NAMES)


def _records(source, overrides):
    """Each object that stands in a list, where no object of a list is above it.

    A file that is one object without such lists is one record; so is each line of JSON lines.
    """
    with _utf8(source, overrides) as stream:
        path, alone = [], {}
        events = ijson.basic_parse(_Watched(stream), multiple_values=True, use_float=False)
        for event, value in events:
            if event == "start_map":
                if path and path[-1] is None:
                    yield ".".join(filter(None, path)), _build(events, event)
                    continue
                path.append("")
            elif event == "map_key":
                path[-1] = value
            elif event == "start_array":
                if path and path[-1] is None:
                    _build(events, event)  # a list of lists names nothing
                    continue
                path.append(None)
            elif event in ("end_map", "end_array"):
                path.pop()
                if not path and alone:
                    yield "", alone
                    alone = {}
            elif len(path) == 1 and path[0] is not None and not path[0].startswith("$"):
                alone[path[0]] = value
            if len(path) > MAX_DEPTH:
                raise _Refused(f"nested deeper than {MAX_DEPTH} levels")


def _build(events, event):
    """The value that begins with ``event``; nothing recursive, for depth is the sender's."""
    stack = [{} if event == "start_map" else []]
    keys = [None]
    count = 0
    for event, value in events:
        count += 1
        if count > MAX_VALUES:
            raise _Refused(f"a record of more than {MAX_VALUES} values")
        if event == "map_key":
            keys[-1] = value
            continue
        if event in ("end_map", "end_array"):
            value = stack.pop()
            keys.pop()
            if not stack:
                return value
        elif event in ("start_map", "start_array"):
            if len(stack) >= MAX_DEPTH:
                raise _Refused(f"nested deeper than {MAX_DEPTH} levels")
            stack.append({} if event == "start_map" else [])
            keys.append(None)
            continue
        if isinstance(value, str) and len(value) > MAX_CELL:
            raise _Refused(f"a text of more than {MAX_CELL} letters")
        if isinstance(stack[-1], dict):
            stack[-1][keys[-1]] = value
        else:
            stack[-1].append(value)
    raise ValueError("it ends in the middle")


def _utf8(source, overrides):
    """The file as UTF-8 without a mark, whatever it is written in."""
    found = overrides.get("encoding")
    if not found:
        with source() as stream:
            head = stream.read(4096)
        found = encoding.by_mark(head) or encoding.by_zero_bytes(head)
    if not found:
        return source()
    return io.BufferedReader(_Recoded(source(), found))


class _Watched:
    """A stream that is refused when a text in it does not end: the parser would collect it all."""

    def __init__(self, stream):
        self._stream = stream
        self._unquoted = 0

    def read(self, size=-1):
        chunk = self._stream.read(size)
        place = chunk.rfind(b'"')
        self._unquoted = self._unquoted + len(chunk) if place < 0 else len(chunk) - place
        if self._unquoted > MAX_CELL:
            raise _Refused(f"more than {MAX_CELL} bytes without a quote")
        return chunk


class _Recoded(io.RawIOBase):
    def __init__(self, stream, name):
        self._stream = stream
        self._decode = codecs.getincrementaldecoder(name)("strict").decode
        self._left = b""

    def readable(self):
        return True

    def readinto(self, buffer):
        while not self._left:
            chunk = self._stream.read(len(buffer) // 3 or 1)
            self._left = self._decode(chunk, final=not chunk).encode()
            if not chunk:
                break
        size = min(len(buffer), len(self._left))
        buffer[:size], self._left = self._left[:size], self._left[size:]
        return size

    def close(self):
        self._stream.close()
        super().close()


class _Refused(Exception):
    """A file that would do harm."""
