"""What one cell could be, by its looks alone; the column decides (:mod:`.inference`)."""

import re
from functools import lru_cache
from typing import NamedTuple

from . import currencies, dates, numbers
from .text import is_json
from .transforms import NO, YES

#: A longer cell is text; it is not worth a look at its letters.
LONGEST_TYPED = 254
#: Figures of more digits are codes: floats could not hold them.
LONGEST_NUMBER = 15

EMAIL = re.compile(r"(?:[^\s@,;|<>]+@[^\s@,;|<>]+\.[^\s@,;|<>.]{2,})")
_EMAILS = re.compile(rf"{EMAIL.pattern}(?:\s*[;,|\s]\s*{EMAIL.pattern})+")
_URL = re.compile(r"(?:https?://|www\.)\S+|[\w-]+(?:\.[\w-]+)*\.[a-z]{2,}(?:/\S*)?", re.IGNORECASE)
_FILE = re.compile(
    r"\.(?:pdf|png|jpe?g|gif|docx?|xlsx?|pptx?|txt|csv|zip|eml|msg|html?|json|xml|mp[34]|wav)$",
    re.IGNORECASE,
)
_PHONE = re.compile(
    r"(?:tel\.?:?\s*)?[+(]?[\d\s()./–-]{5,}(?:\s*(?:ext|x|dw|durchwahl)\.?\s*\d+)?", re.IGNORECASE
)
_STRONG_PHONE = re.compile(r"^(?:\+|00|\(|0\d*\s*[/ -])|\bext\b|\bx\d|\d\s+\d|\)\s*\d", re.I)
_CODE = re.compile(r"(?=.*\d)[^\s,;|@]{2,64}")
#: ``+49781507888`` and ``0149 224 132`` would pass for figures.
_DIALLED = re.compile(r"\+\s?[1-9][\d\s]{6,}$|[-+]?0\d")
_DIGIT = re.compile(r"\d")
#: ``1234.5`` could be a date (of a year and a month), these cannot.
_SIMPLE_DECIMAL = re.compile(r"(?:[1-9]\d{0,2}|[1-9]\d{4,11})\.\d{1,2}", re.ASCII)
_ANSWERS = YES | NO
LONGEST_ANSWER = max(map(len, _ANSWERS))
_LEADING_ZERO = re.compile(r"[+-]?0\d+")


class Look(NamedTuple):
    """
    :param kinds: names of :data:`inference.KINDS` the cell could be, those of
        :func:`dates.counts`, and the helpers ``zero``
        (digits after a leading zero), ``code`` (one word with digits), ``digits`` (a phone number
        only beside surer ones), ``bad_date`` (of the shape of a date)
    :param orders: date orders that are possible, of a date whose order can be doubted
    :param mark: what stands between the parts of such a date
    :param languages: those of a month's name
    :param decimals: decimal marks that are possible, where the figure has a mark
    """

    kinds: frozenset
    orders: frozenset = frozenset()
    mark: str = ""
    decimals: frozenset = frozenset()
    fraction: bool = False
    languages: frozenset = frozenset()


PLAIN = Look(frozenset())
ANSWER = Look(frozenset(["boolean"]))


@lru_cache(maxsize=50_000)
def look(text):
    """Look at a cell without outer blanks.

    >>> sorted(look("03/04/2024").orders), sorted(look("0471").kinds)
    (['dmy', 'mdy'], ['code', 'zero'])
    """
    if len(text) > LONGEST_TYPED:
        return PLAIN
    if text.isascii() and text.isdigit() and text[0] != "0":
        return look_of_figure(text)
    if _SIMPLE_DECIMAL.fullmatch(text):
        return _look_of_decimal(dates.counts(text))
    if ("@" in text or "://" in text) and " " not in text:
        return look_of_address(text)
    if text.isalpha():  # neither, too; most names and choices
        return look_of_words(text)
    parsed = dates.parse(text)
    if parsed:
        return _date(parsed)
    kinds = {"boolean"} if text.casefold() in _ANSWERS else set()
    figure = _figure(text)
    if figure:
        return figure._replace(kinds=figure.kinds | kinds)
    return _look_of_kinds(frozenset(kinds | _words(text)))


@lru_cache(maxsize=100)
def _look_of_kinds(kinds):
    return Look(kinds) if kinds else PLAIN


def look_of_address(text):
    """Look at a cell with ``@`` or ``://`` and without blanks: no date, no figure."""
    return PLAIN if len(text) > LONGEST_TYPED else _look_of_kinds(frozenset(_words(text)))


def look_of_words(text):
    """Look at a cell of words alone: no figure, no address, no JSON."""
    if len(text) > LONGEST_ANSWER:
        return PLAIN
    return ANSWER if text.casefold() in _ANSWERS else PLAIN


def _date(parsed):
    if not parsed.readings:
        return Look(frozenset(["bad_date"]), mark=parsed.mark)
    kind = "datetime" if parsed.clock else "date"
    orders = frozenset(parsed.readings) - {""}
    if len(set(parsed.readings.values())) == 1 and len(parsed.readings) == 2:
        return Look(frozenset([kind]))  # 05/05/2024 proves nothing, and needs no proof
    if parsed.languages:
        return Look(frozenset([kind]), orders, languages=parsed.languages)
    return Look(frozenset([kind]), orders, parsed.mark)


def look_of_figure(text):
    """Look at a cell of ASCII digits alone: most cells of figures and codes."""
    if text[0] == "0":
        return look(text)
    if len(text) in dates.COUNTED_LENGTHS or text in _ANSWERS:
        return _look_of_digits(len(text), dates.counts(text), text in _ANSWERS)
    return look_of_length(len(text))


def look_of_length(length):
    """Look at so many ASCII digits that neither count days, seconds or the like, nor answer."""
    return _look_of_digits(length, (), False)


@lru_cache(maxsize=1_000)
def _look_of_digits(length, counts, is_answer):
    kinds = {"number", "code", *counts} if length <= LONGEST_NUMBER else {"code", *counts}
    if 7 <= length <= 15:
        kinds.add("digits")
    if is_answer:
        kinds.add("boolean")
    return Look(frozenset(kinds))


@lru_cache(maxsize=100)
def _look_of_decimal(counts):
    return Look(frozenset(("number", *counts)), decimals=frozenset("."), fraction=True)


def _figure(text):
    if not _DIGIT.search(text):
        return None
    if _LEADING_ZERO.fullmatch(text):
        return Look(frozenset(["zero", "code"] + ["digits"] * (len(text) > 6)))
    if _DIALLED.match(text):
        return None
    percent = text[-1] in "%％" or text[0] in "%％"
    amount = currencies.split(text.strip("%％ ") if percent else text)
    found = numbers.readings(amount[0]) if amount else {}
    if found and amount[1] and not currencies.has_cents(amount[1]):
        found = numbers.whole(found)
    if not found:
        return None
    kinds = {"percent" if percent else "money" if amount[1] else "number"}
    plain = text.isascii() and text.isdigit()
    kinds.update(dates.counts(text))
    if plain:
        kinds.add("code")
        if len(text) > LONGEST_NUMBER:
            kinds.discard("number")
    if plain and 7 <= len(text) <= 15 or _PHONE.fullmatch(text) and " " in text:
        kinds.add("digits")
    fraction = not any(float(figure).is_integer() for figure in found.values())
    cents = bool(re.search(r"[.,]\d{1,2}$", text))
    return Look(frozenset(kinds), decimals=frozenset(found) - {""}, fraction=fraction or cents)


def _words(text):
    kinds = set()
    if text[0] in "{[" and is_json(text):
        return {"json"}
    if "@" in text:
        if EMAIL.fullmatch(text):
            kinds.add("email")
        elif _EMAILS.fullmatch(text):
            kinds.add("emails")
        return kinds  # no number and no code has the sign
    if "." in text and _URL.fullmatch(text) and ("/" in text or not _FILE.search(text)):
        kinds.add("url")
    if not _DIGIT.search(text):
        return kinds
    if _PHONE.fullmatch(text) and len(_DIGIT.findall(text)) >= 6:
        kinds.add("phone" if _STRONG_PHONE.search(text) else "digits")
    if _CODE.fullmatch(text):
        kinds.add("code")
    return kinds
