"""Rows into a table by COPY, in PostgreSQL's text format."""

import io
from types import SimpleNamespace

import psycopg2
from psycopg2.extras import Json

from odoo.tools import SQL

from ..behind import undisturbed

_ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})


def next_ids(cr, table, count):
    """Return as many new IDs, in ascending order."""
    # The sequence is looked up once, not for each ID.
    cr.execute(
        """SELECT nextval(sequence) FROM generate_series(1, %s), (
                  SELECT pg_get_serial_sequence(%s, 'id')::regclass AS sequence OFFSET 0) AS found
        """,
        [count, f'"{table}"'],
    )
    return [row[0] for row in cr.fetchall()]


def copy_columns(cr, table, columns):
    """Insert rows given by column.

    :param columns: {name: list of values as the ORM gives them to an INSERT}
    """
    copy_texts(cr, table, {n: [encode(value) for value in v] for n, v in columns.items()})


def copy_texts(cr, table, columns):
    """Insert rows given by column.

    :param columns: {name: list of texts that :func:`encode` made}
    """
    text = "\n".join(map("\t".join, zip(*columns.values(), strict=True)))
    names = SQL(", ").join(map(SQL.identifier, columns))
    query = SQL("COPY %s (%s) FROM STDIN", SQL.identifier(table), names)
    with undisturbed(cr):
        # Bytes: a StringIO would keep four for each letter, and have them encoded part by part.
        cr.copy_expert(query.code, io.BytesIO(f"{text}\n".encode()))


def copy_blocks(cr, query, blocks):
    """Send rows to PostgreSQL while the next ones are made: both work at once.

    Whatever makes them must not use the cursor.

    :param query: ``COPY ... FROM STDIN``
    :param blocks: iterable of bytes, each of whole rows
    """
    parts, errors = filter(None, blocks), []  # an empty one would be the end

    def read(_size):
        try:
            return next(parts, b"")
        except Exception as error:
            errors.append(error)
            raise

    try:
        cr.copy_expert(query, SimpleNamespace(read=read))
    except psycopg2.Error:
        # PostgreSQL only heard that the copy was broken off.
        if errors:
            raise errors[0] from None
        raise


def encode_all(texts):
    """Return texts as COPY reads them; nearly all are read as they are.

    :param texts: list

    >>> encode_all(["a", "b"]), encode_all(["a", "b\\tc"])
    (['a', 'b'], ['a', 'b\\\\tc'])
    """
    together = "".join(texts)
    return texts if together.isprintable() and "\\" not in together else list(map(encode, texts))


def encode(value):
    """Return a value as COPY reads it.

    :raises TypeError: of a kind of value that is not known here

    >>> encode(None), encode("a\\tb"), encode(True), encode(1.5)
    ('\\\\N', 'a\\\\tb', 't', '1.5')
    """
    if value is None:
        return "\\N"
    kind = type(value)
    if kind is int:
        return str(value)
    if kind is bool:
        return "t" if value else "f"
    if isinstance(value, str):
        if value.isprintable() and "\\" not in value:
            return value
        if "\0" in value:
            raise ValueError("A string literal cannot contain NUL (0x00) characters.")
        return value.translate(_ESCAPES)
    if isinstance(value, Json):
        return value.dumps(value.adapted).translate(_ESCAPES)
    if isinstance(value, bytes):
        return "\\\\x" + value.hex()
    if kind is float or hasattr(value, "isoformat") or hasattr(value, "as_tuple"):
        return str(value)
    raise TypeError(f"COPY of {kind.__name__}")
