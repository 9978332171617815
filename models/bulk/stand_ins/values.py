"""What several stand-ins work out from a text: addresses, each text once, and times."""

import functools
import re
from datetime import datetime

from odoo import fields
from odoo.tools import email_normalize, email_normalize_all

from odoo.addons.iap.tools import iap_tools
from odoo.addons.mail.tools import mail_validation

from .. import known
from ..creation import WRITTEN

# A contact's address comes again with each of its deals.
MEMORY = 10000
# Nothing to take apart: no name, no comment, no list, only ASCII.
PLAIN_ADDRESS = re.compile(
    r"[A-Za-z0-9_+-]+(?:\.[A-Za-z0-9_+-]+)*@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+"
)
PLAIN_WEBSITE = re.compile(r"https?://[\w.-]+(?:/[\w./-]*)?")
WEBSITE_METHODS = ("_clean_website",)
EMAIL_METHODS = ("_compute_email_normalized", "_assert_primary_email")


@functools.lru_cache(MEMORY)
def normalize_email(text):
    """Return the first address in a text, False without one; a plain address is itself."""
    if PLAIN_ADDRESS.fullmatch(text):
        return text.lower()
    return email_normalize(text, strict=False)


@functools.lru_cache(MEMORY)
def rate_email(text):
    """Return the state of an address; see ``crm.lead._compute_email_state``."""
    if PLAIN_ADDRESS.fullmatch(text) and not hasattr(mail_validation, "address"):
        return "correct"  # without a library for it Odoo only looks whether it can read one
    valid = any(mail_validation.mail_validate(email) for email in email_normalize_all(text))
    return "correct" if valid else "incorrect"


def get_email_domain(email):
    """Return the domain of an address, all of it where the domain is everybody's."""
    if not PLAIN_ADDRESS.fullmatch(email):
        return iap_tools.mail_prepare_for_domain_search(email)
    found = _search_domain(email.rpartition("@")[2].lower())
    return found if found.startswith("@") else email.lower()


@functools.lru_cache(MEMORY)
def _search_domain(domain):
    return iap_tools.mail_prepare_for_domain_search(f"x@{domain}")


def to_datetime(value):
    """Return a time as ``fields.Datetime.to_datetime`` does, which takes ten times as long."""
    if isinstance(value, str) and WRITTEN["datetime"].fullmatch(value):
        return datetime.fromisoformat(value)
    return fields.Datetime.to_datetime(value)


def clean_website(partners, text):
    """Return an address as ``_clean_website`` does: one with a scheme stays as it is.

    :param partners: empty recordset
    """
    if PLAIN_WEBSITE.fullmatch(text) and not known.find_unknown(partners, WEBSITE_METHODS):
        return text
    return partners._clean_website(text)


def get_emails_normalized(rows):
    texts = rows.get(rows.model._primary_email)
    return [normalize_email(text) if text else False for text in texts]
