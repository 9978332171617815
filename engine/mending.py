"""Rows that were held or failed, on their way to a person's spreadsheet and back.

Two columns stand beside the source's own: which staged record a row is, and why it is not in
Odoo. A cell that a spreadsheet would run as a formula gets an apostrophe in front, which is taken
off again when the mended file comes back.
"""

import re

KEY_COLUMN = "crm_migration_record"
REASON_COLUMN = "crm_migration_reason"
OURS = (KEY_COLUMN, REASON_COLUMN)
# What spreadsheets take for the start of a formula (OWASP, CSV injection, 2024).
_STARTS = ("=", "+", "-", "@", "\t", "\r")
# A figure or a phone number runs nothing.
_FIGURE = re.compile(r"[+-][\d\s().,/-]*\Z")
_SEPARATOR = ":"


def guard(text):
    """Return a cell that no spreadsheet runs as a formula.

    >>> guard("=1+1"), guard("+49 30 1"), guard("'tis")
    ("'=1+1", '+49 30 1', "''tis")
    """
    if text.startswith("'") or (text.startswith(_STARTS) and not _FIGURE.match(text)):
        return f"'{text}"
    return text


def unguard(text):
    """Return the cell as it was before ``guard``.

    >>> [unguard(guard(text)) for text in ("=1+1", "+49 30 1", "'tis", "a")]
    ['=1+1', '+49 30 1', "'tis", 'a']
    """
    return text[1:] if text and text.startswith("'") else text


def mark(entity, key):
    """Return the cell that says which staged record a row is."""
    return guard(f"{entity}{_SEPARATOR}{key}")


def read_mark(cell):
    """Return ``(entity, key)`` of a cell, or ``(None, None)``."""
    entity, separator, key = unguard(cell or "").partition(_SEPARATOR)
    return (entity, key) if separator else (None, None)


def unpack(values):
    """Return ``(values of the source's own columns, key or None)`` of a row that came back."""
    __, key = read_mark(values.get(KEY_COLUMN))
    own = {name: value for name, value in values.items() if name not in OURS}
    if KEY_COLUMN not in values:
        return own, None
    return {name: value and unguard(value) for name, value in own.items()}, key
