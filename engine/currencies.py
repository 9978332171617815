"""Currencies: sign, code or name to ISO 4217; amounts without their currency."""

import re
from functools import lru_cache

from babel import Locale
from babel.numbers import get_currency_precision, list_currencies

from .exceptions import ValueProblem
from .numbers import spell_cents

#: Signs that stand for one currency only, or so nearly always that nobody would ask.
_SIGNS = {
    "€": "EUR", "£": "GBP", "₽": "RUB", "₹": "INR", "₺": "TRY", "₴": "UAH", "₩": "KRW",
    "₪": "ILS", "₫": "VND", "₦": "NGN", "₱": "PHP", "₡": "CRC", "₲": "PYG", "₸": "KZT",
    "zł": "PLN", "Kč": "CZK", "Ft": "HUF", "lei": "RON", "R$": "BRL", "US$": "USD", "$US": "USD",
    "CA$": "CAD", "C$": "CAD", "A$": "AUD", "AU$": "AUD", "NZ$": "NZD", "HK$": "HKD",
    "MX$": "MXN", "S$": "SGD", "NT$": "TWD", "CN¥": "CNY", "JP¥": "JPY", "Fr.": "CHF",
    "SFr.": "CHF", "Rs": "INR", "р.": "RUB", "руб.": "RUB", "лв.": "BGN",
    "円": "JPY", "元": "CNY", "원": "KRW", "฿": "THB", "₾": "GEL", "₼": "AZN", "₵": "GHS",
    "₭": "LAK", "₮": "MNT", "RM": "MYR",
    "Rp": "IDR", "ج.م.": "EGP", "د.إ.": "AED", "ر.س.": "SAR", "د.م.": "MAD", "₨": "PKR",
}  # fmt: skip
#: Signs of several currencies; the caller's own currency decides, or a person.
_SHARED = {
    "$": ("USD", "CAD", "AUD", "NZD", "MXN", "ARS", "CLP", "COP", "SGD", "HKD", "TWD"),
    "¥": ("JPY", "CNY"),
    "￥": ("JPY", "CNY"),
    "kr": ("SEK", "NOK", "DKK", "ISK"),
    "kr.": ("SEK", "NOK", "DKK", "ISK"),
    "Kr": ("SEK", "NOK", "DKK", "ISK"),
}
_NAME_LOCALES = ("en", "de", "fr", "es", "it", "pt", "nl", "pl", "cs", "sv", "da", "nb", "fi", "ru")
_UNSEEN = dict.fromkeys(map(ord, "\u200e\u200f\u061c"))
_BARE = re.compile(r"-?\d[\d.,]*\d|\d")
_AMOUNT = re.compile(
    r"(?P<open>[-+(\u2212]?)\s*(?P<before>[^\d\s.,()+\-\u2212][^\d\s,()+\-\u2212]*)?\s*"
    r"(?P<figure>[-+\u2212]?[.,]?\d[\d.,' \u00a0\u2009\u202f’]*?(?:[eE][+-]?\d+)?"
    r"(?:[.,][-–—]{1,2})?)\s*"
    r"(?P<after>[^\d\s.,()+\-\u2212][^\d\s,()+\-\u2212]*)?\s*(?P<close>[)-]?)"
)


def code_of(raw, prefer=()):
    """ISO code of a currency.

    :param prefer: codes that are in use: they decide about ``$`` and the like
    :raise ValueProblem: ``unknown_value``

    >>> code_of("€"), code_of("us dollar"), code_of("$", prefer=("CAD",))
    ('EUR', 'USD', 'CAD')
    """
    text = raw.strip()
    found = _lookup(text)
    if found:
        return found
    shared = [code for code in prefer if code in _SHARED.get(text, ())]
    if len(shared) == 1:
        return shared[0]
    raise ValueProblem("unknown_value", value=raw)


@lru_cache(maxsize=4096)
def is_currency(text):
    """Whether a text beside a figure is a currency."""
    return text in _SHARED or bool(_lookup(text))


@lru_cache(maxsize=4096)
def has_cents(text):
    """Whether amounts of a currency, as written beside a figure, can have a fraction.

    >>> has_cents("JPY"), has_cents("₩"), has_cents("€"), has_cents("¥")
    (False, False, True, True)
    """
    codes = [_lookup(text)] if _lookup(text) else _SHARED.get(text, ())
    return not codes or any(get_currency_precision(code) for code in codes)


@lru_cache(maxsize=20_000)
def split(raw):
    """``(figure, currency as written)`` of an amount; ``None`` if it is something else.

    >>> split("EUR 1,234.56"), split("12 €"), split("-$5"), split("12 kg")
    (('1,234.56', 'EUR'), ('12', '€'), ('-5', '$'), None)
    """
    raw = raw.translate(_UNSEEN).strip()
    if raw.isascii() and _BARE.fullmatch(raw):
        return raw, ""
    match = _AMOUNT.fullmatch(raw)
    if not match:
        return None
    before, after = match["before"] or "", match["after"] or ""
    if any(text and not is_currency(text) for text in (before, after)):
        return None
    figure = spell_cents(match["figure"])
    if match["open"] == "(" or match["close"]:
        if (match["open"] == "(") != (match["close"] == ")"):
            return None
        figure = "-" + figure
    elif match["open"]:
        figure = match["open"] + figure
    return figure, before or after


def _lookup(text):
    if text in _SIGNS:
        return _SIGNS[text]
    if len(text) == 3 and text.isascii() and text.upper() in _codes():
        return text.upper()
    return _names().get(text.casefold())


@lru_cache(maxsize=1)
def _codes():
    return frozenset(list_currencies())


@lru_cache(maxsize=1)
def _names():
    """Names in the languages of :data:`_NAME_LOCALES`; a name of two currencies is left out."""
    names = {}
    for locale in _NAME_LOCALES:
        for code, name in Locale.parse(locale).currencies.items():
            names.setdefault(name.casefold(), set()).add(code)
    names.update({sign.casefold(): {code} for sign, code in _SIGNS.items()})
    names["euro"] = names["euros"] = {"EUR"}
    return {name: next(iter(codes)) for name, codes in names.items() if len(codes) == 1}
