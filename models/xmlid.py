"""Names of external IDs: readable, unique, and safe whatever the source's key looks like."""

import hashlib
import re
from functools import lru_cache

_UNSAFE = re.compile(r"[^A-Za-z0-9_-]")
_MAX_LENGTH = 100


@lru_cache(maxsize=4096)
def xmlid_name(kind, *parts):
    """Return ``kind.part…``; a part that had to be changed or cut carries a fingerprint.

    >>> xmlid_name("contact", "100168")
    'contact.100168'
    """
    return ".".join([kind, *(_safe(str(part)) for part in parts)])


def _safe(text):
    safe = _UNSAFE.sub("_", text)[:_MAX_LENGTH]
    if safe == text:
        return safe
    return f"{safe[:60]}-{hashlib.sha256(text.encode()).hexdigest()[:12]}"
