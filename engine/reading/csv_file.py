"""Delimited text as a :class:`Table`."""

import csv
import io

from ..exceptions import SourceError
from ..types import Problem
from . import dialect, encoding, layout
from .table import Table

#: Below this the reader is asked to look at the preview.
SURE = 0.6


def read(source, name, overrides):
    """The table of a text file.

    Steps: encoding, dialect, header.

    :param source: callable that opens a binary stream
    """
    coding = _encoding(source, name, overrides)
    sample, complete = _sample(source, coding)
    if overrides.get("delimiter"):
        found = dialect.Dialect(overrides["delimiter"])
    else:
        found = dialect.detect(sample, complete)
    head = _head(sample, found, complete, overrides)
    if not head:
        raise SourceError("file_unreadable", file=name, detail="no rows in it")
    return _table(source, name, coding, found, head)


def _table(source, name, coding, found, head):
    line, cells = head
    table = Table(
        name, "csv", coding.name, coding.confidence, found.delimiter, found.quotechar, line
    )
    table.header = layout.column_names(cells)
    table.records = lambda: _records(source, name, coding, found)
    table.lossy = coding.lossy
    if coding.lossy or coding.confidence < SURE:
        parameters = {"file": name, "encoding": coding.name}
        table.problems.append(Problem("encoding_doubtful", parameters=parameters))
    return table


def _encoding(source, name, overrides):
    wanted = overrides.get("encoding")
    if not wanted:
        return encoding.detect(source)
    with source() as stream:
        mark = encoding.by_mark(stream.read(4)) or ""
    if mark.startswith(wanted.lower().replace("_", "-")):
        wanted = mark  # utf-8 was asked for, and the file has a mark to drop
    try:
        return encoding.Encoding(wanted, 1.0, not encoding.decodes(source, wanted))
    except LookupError as error:
        raise SourceError("file_unreadable", file=name, detail=str(error)) from error


def _open(source, coding):
    errors = "replace" if coding.lossy else "strict"
    return io.TextIOWrapper(source(), encoding=coding.name, errors=errors, newline="")


def _sample(source, coding):
    with _open(source, coding) as text:
        sample = text.read(dialect.SAMPLE_LENGTH)
        return sample, not text.read(1)


def _head(sample, found, complete, overrides):
    records = dialect.sample_records(sample, found, complete)
    wanted = overrides.get("header_row")
    if wanted:
        return next(((line, cells) for line, cells in records if line >= wanted), None)
    told = sample.lower().lstrip("\ufeff").startswith("sep=")
    return layout.find_header(records[1:] if told else records)


def _records(source, name, coding, found):
    with _open(source, coding) as text:
        try:
            yield from dialect.records(text, found)
        except csv.Error as error:
            raise SourceError("file_unreadable", file=name, detail=str(error)) from error
