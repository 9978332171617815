"""Delimited text as :class:`Table`."""

import csv
import io
import re

from ..exceptions import SourceError
from ..types import Problem
from . import dialect, encoding
from .table import SURE, Table, find_tables

#: Letters at the beginning of a file that tell whether it is text.
LOOKED_AT = 20_000
#: Share of control characters above which a file is none.
MOST_CONTROLS = 0.03
#: But those that delimit: tab, line ends, the separators of ASCII and of databases.
_CONTROLS = re.compile(r"[\x00\x02-\x08\x0e-\x1a\x7f]")


def read(source, name, overrides):
    """The tables of a text file: mostly one.

    Steps: encoding, dialect, header.

    :param source: callable that opens a binary stream
    """
    coding = _encoding(source, name, overrides)
    sample, complete = _sample(source, coding)
    if not overrides.get("encoding") and _is_binary(sample):
        raise SourceError("file_unreadable", file=name, detail="no text")
    if overrides.get("delimiter"):
        found = dialect.for_delimiter(sample, overrides["delimiter"], complete)
    else:
        found = dialect.detect(sample, complete)
    rows = dialect.sample_records(sample, found, complete)
    if sample[:10].lower().lstrip('\ufeff"').startswith("sep="):
        rows = rows[1:]

    def make():
        return _table(source, name, coding, found)

    tables = find_tables(rows, make, header_row=overrides.get("header_row"))
    if not tables:
        raise SourceError("file_unreadable", file=name, detail="no rows in it")
    return tables


def _is_binary(sample):
    """Programs, fonts and disks' zero bytes: text has no such characters, or hardly any."""
    looked = sample[:LOOKED_AT]
    return len(_CONTROLS.findall(looked)) > MOST_CONTROLS * len(looked)


def _table(source, name, coding, found):
    table = Table(name, "csv", coding.name, coding.confidence, found.delimiter, found.quotechar)
    table.records = lambda: _records(source, name, coding, found)
    table.lossy, table.dialect = coding.lossy, found
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


def _records(source, name, coding, found):
    with _open(source, coding) as text:
        try:
            yield from dialect.records(text, found)
        except csv.Error as error:
            code = "file_refused" if "field limit" in str(error) else "file_unreadable"
            raise SourceError(code, file=name, detail=str(error)) from error
        except UnicodeDecodeError as error:  # the file changed since its encoding was told
            raise SourceError("file_unreadable", file=name, detail=str(error)) from error
