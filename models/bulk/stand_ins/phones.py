"""What stand-ins work out from phone numbers: each text is read once."""

import functools
import re

from odoo.exceptions import UserError

from odoo.addons.phone_validation.tools import phone_validation

from .. import known

# A contact's phone comes again with each of its deals.
MEMORY = 10000
PHONE_METHODS = (
    "_compute_phone_sanitized", "_assert_phone_field", "_phone_get_number_fields",
    "_phone_get_country", "_phone_get_country_field", "_phone_format", "_phone_format_number",
    "_mail_get_partner_fields",
)  # fmt: skip
# Of Odoo's ``phone_validation``, what ``_format`` stands in for.
FUNCTIONS = ("phone_parse", "phone_format")
NEVER = re.compile(r"(?!)")


@functools.lru_cache(MEMORY)
def format_phone(number, code):
    """Return a number as ``_phone_format_number`` does, False if it is none.

    The country's prefix, which that gives too, says nothing in this format.
    """
    if _is_known(*[getattr(phone_validation, name) for name in FUNCTIONS]):
        return _format(number, code)
    return _format_by_odoo(number, code)


@functools.cache
def _is_known(*functions):
    return all(known.is_known("*", *known.describe(function)) for function in functions)


def _format_by_odoo(number, code):
    try:
        return phone_validation.phone_format(
            number, code, None, force_format="E164", raise_exception=True
        )
    except UserError:
        return False


def _format(number, code):
    """Do what Odoo does, which reads each number a second time, in its international form."""
    phonenumbers = phone_validation.phonenumbers
    try:
        parsed = phonenumbers.parse(number, code or None)
        text = phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.INTERNATIONAL)
        if not _is_read_alike(text, parsed):
            parsed = phonenumbers.parse(text, code or None)
    except phonenumbers.NumberParseException:
        return False
    length = phonenumbers.is_possible_number_with_reason(parsed)
    if length == phonenumbers.ValidationResult.TOO_LONG:
        return _format_by_odoo(number, code)  # which tries it with a "+"
    if length not in (
        phonenumbers.ValidationResult.IS_POSSIBLE,
        phonenumbers.ValidationResult.IS_POSSIBLE_LOCAL_ONLY,
    ) or not phonenumbers.is_valid_number(parsed):
        return False
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)


def _is_read_alike(text, parsed):
    """Tell whether the international form of a number is for sure read as that number.

    It has the same digits (Odoo has it mend those of Brazil and Mexico), and no national prefix
    would be taken off again.
    """
    digits = phone_validation.phonenumbers.national_significant_number(parsed)
    if text.replace(" ", "").replace("-", "") != f"+{parsed.country_code}{digits}":
        return False
    return not _get_national_prefix(parsed.country_code).match(digits)


@functools.cache
def _get_national_prefix(country_code):
    """Return the pattern of what the library takes off numbers of a country."""
    phonenumbers = phone_validation.phonenumbers
    metadata = phonenumbers.PhoneMetadata.metadata_for_region_or_calling_code(
        country_code, phonenumbers.region_code_for_country_code(country_code)
    )
    prefix = metadata.national_prefix_for_parsing
    return re.compile(prefix) if prefix else NEVER


def rate_phone(number, code):
    """Return the state of a number; see ``crm.lead._compute_phone_state``."""
    if not hasattr(phone_validation, "phonenumbers"):  # its library is not installed
        return False
    return "correct" if format_phone(number, code) else "incorrect"


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
    result = [False] * len(rows)
    for name in names:
        for place, number in enumerate(rows.get(name)):
            if number and not result[place]:
                result[place] = format_phone(number, codes[place]["code"])
    return result
