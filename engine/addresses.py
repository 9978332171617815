"""Email addresses in a cell, with names and other text around them."""

import re
from functools import lru_cache

from email_validator import EmailNotValidError, validate_email

_NAMED_ADDRESS = re.compile(r"^(?:.*<)?\s*(?:mailto:)?([^\s<>]+@[^\s<>]+?)\s*>?$", re.IGNORECASE)
_PLAIN_ADDRESS = re.compile(
    r"[a-z0-9_+-](?:[a-z0-9._+'-]{0,62}[a-z0-9_+-])?@(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,24}"
)
_ADDRESS_BREAK = re.compile(r"[;,|\n]+(?=[^<>]*(?:<|$))")
_ADDRESSES = re.compile(r"(?:[^\s@;,|<>]+@[^\s@;,|<>]+\s+)+[^\s@;,|<>]+@[^\s@;,|<>]+")


@lru_cache(maxsize=50_000)
def addresses(raw):
    """``(valid addresses, other texts)`` of a cell, each address once."""
    good, bad = {}, []
    parts = raw.split() if _ADDRESSES.fullmatch(raw.strip()) else _ADDRESS_BREAK.split(raw)
    for part in map(str.strip, parts):
        match = _NAMED_ADDRESS.match(part)
        address = match[1].lower() if match else ""
        if is_address(address):
            good[address] = True
        elif part and not _belongs_to_name(part, raw):
            bad.append(part)
    return tuple(good), tuple(bad)


def _belongs_to_name(part, raw):
    """``Ada Lovelace <ada@...>``: words of the name are no broken addresses."""
    return "@" not in part and "<" in raw


def is_address(address):
    if "@" not in address:
        return False
    if _PLAIN_ADDRESS.fullmatch(address) and ".." not in address:
        return True
    try:  # thirty times slower, and knows all of the standard
        validate_email(address, check_deliverability=False, globally_deliverable=False)
    except EmailNotValidError:
        return False
    return "." in address.rpartition("@")[2]
