"""What several stand-ins work out from a text: phones and addresses, each text once."""

import functools
import re
from datetime import datetime

from odoo import fields
from odoo.exceptions import UserError
from odoo.tools import email_normalize, email_normalize_all

from odoo.addons.iap.tools import iap_tools
from odoo.addons.mail.tools import mail_validation
from odoo.addons.phone_validation.tools import phone_validation

from ..creation import WRITTEN

# A contact's phone comes again with each of its deals.
MEMORY = 10000
# Nothing to take apart: no name, no comment, no list, only ASCII.
PLAIN_ADDRESS = re.compile(
    r"[A-Za-z0-9_+-]+(?:\.[A-Za-z0-9_+-]+)*@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+"
)
PHONE_METHODS = (
    "_compute_phone_sanitized", "_assert_phone_field", "_phone_get_number_fields",
    "_phone_get_country", "_phone_get_country_field", "_phone_format", "_phone_format_number",
    "_mail_get_partner_fields",
)  # fmt: skip
EMAIL_METHODS = ("_compute_email_normalized", "_assert_primary_email")


@functools.lru_cache(MEMORY)
def format_phone(number, code):
    """Return a number as ``_phone_format_number`` does, False if it is none.

    The country's prefix, which that gives too, says nothing in this format.
    """
    try:
        return phone_validation.phone_format(
            number, code, None, force_format="E164", raise_exception=True
        )
    except UserError:
        return False


def rate_phone(number, code):
    """Return the state of a number; see ``crm.lead._compute_phone_state``."""
    if not hasattr(phone_validation, "phonenumbers"):  # its library is not installed
        return False
    return "correct" if format_phone(number, code) else "incorrect"


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


def get_emails_normalized(rows):
    texts = rows.get(rows.model._primary_email)
    return [normalize_email(text) if text else False for text in texts]


def get_phones_sanitized(rows, countries):
    """Return for each row its number in E.164.

    :param countries: for each row the ID of the country it is likely of, or False
    """
    company = rows.env.company.country_id.id
    names = rows.model._phone_get_number_fields()
    codes = rows.read_records(
        rows.env["res.country"].sudo(),
        [id_ or company for id_ in countries],
        ["code"],
    )
    result = []
    for place, code in enumerate(codes):
        sanitized = False
        for name in names:
            number = rows.get(name)[place]
            sanitized = bool(number) and format_phone(number, code["code"])
            if sanitized:
                break
        result.append(sanitized)
    return result
