"""Dates and times as people write them. Every reading that the digits allow, and no other."""

import re
from collections import Counter, defaultdict
from datetime import UTC, date, datetime, time, timedelta, timezone
from functools import lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from babel import Locale

from .exceptions import ConfigurationError, ValueProblem

#: Two-digit years from here on are 19xx (birthdays), those below 20xx. No text says so: the caller
#: hears of it each time.
PIVOT = 50
_YEARS = range(1000, 3000)
_MONTH_LOCALES = (
    "en de fr es it pt nl pl cs sk sv da nb fi hu ro tr ru uk el ca hr sl bg et lv lt is eu gl"
).split()

_TIME = (
    r"(?:(?:[T\s,]+|\s+(?:at|um|à|kl\.?)\s+)(?P<hour>\d{1,2})[:.h](?P<minute>\d{2})"
    r"(?::(?P<second>\d{2})(?:[.,](?P<fraction>\d{1,9}))?)?"
    r"\s*(?P<half>[ap]\.?\s?m\.?)?(?:\s*Uhr)?"
    r"\s*(?P<zone>Z|UTC|GMT|(?:(?:UTC|GMT)?[+-]\d{2}(?::?\d{2})?))?)?"
)
_WORD = r"(?P<month>[^\W\d_]+)\.?"
_PATTERNS = tuple(
    (style, re.compile(pattern + _TIME + r"$", re.IGNORECASE))
    for style, pattern in (
        ("iso", r"(?P<y>\d{4})(?P<mark>[-/.])(?P<m>\d{1,2})(?P=mark)(?P<d>\d{1,2})"),
        ("numeric", r"(?P<a>\d{1,2})(?P<mark>[-/.])\s?(?P<b>\d{1,2})(?P=mark)\s?"
         + r"(?P<y>\d{4}|\d{2})"),
        ("named", r"(?P<d>\d{1,2})(?:st|nd|rd|th|\.|º|er)?[\s/-]*(?:de |of )?" + _WORD
         + r"[\s,/-]*(?:de )?(?P<y>\d{4}|\d{2})"),
        ("named", _WORD + r"\s*(?P<d>\d{1,2})(?:st|nd|rd|th)?,?\s+(?P<y>\d{4})"),
        ("named", r"(?P<y>\d{4})[\s-]" + _WORD + r"[\s-](?P<d>\d{1,2})"),
        ("iso", r"(?P<y>\d{4})\s?年\s?(?P<m>\d{1,2})\s?月\s?(?P<d>\d{1,2})\s?日"),
        ("iso", r"(?P<y>\d{4})(?P<m>\d{2})(?P<d>\d{2})(?=T)"),
    )
)  # fmt: skip
_COMPACT = re.compile(r"(\d{8})T(\d{2})(\d{2})(\d{2})?")
_WEEKDAY = re.compile(r"^[^\W\d_]{2,12}\.?,\s*(?=\d)")


class Parsed(NamedTuple):
    """
    :param readings: order -> date; the order is ``""`` where the cell has only one (ISO, month
        names); no reading at all: it has the shape of a date, but there is no such day
    :param mark: what stands between the numbers where their order can be doubted
    :param offset: ``None`` for a naive time
    """

    readings: dict
    mark: str = ""
    clock: time | None = None
    offset: timedelta | None = None
    short_year: bool = False


@lru_cache(maxsize=50_000)
def parse(raw):
    """What a cell says as a date; ``None`` if it has not the shape of one.

    >>> parse("03/04/2024").readings
    {'dmy': datetime.date(2024, 4, 3), 'mdy': datetime.date(2024, 3, 4)}
    >>> parse("31/02/2025").readings, parse("Service")
    ({}, None)
    """
    text = raw.strip()
    if not 6 <= len(text) <= 45:
        return None
    if text[4] == text[7:8] == "-":
        quick = _iso(text)  # the commonest form, five times faster than by pattern
        if quick:
            return quick
    elif text[8:9] == "T":
        text = _COMPACT.sub(r"\1T\2:\3:\g<4>", text).removesuffix(":")
    elif text[0].isalpha():
        text = _WEEKDAY.sub("", text)
    for style, pattern in _PATTERNS:
        match = pattern.match(text)
        if match:
            return _parsed(style, match.groupdict())
    return None


def read_date(raw, order=""):
    """``(date, doubtful)``; doubtful means that the century was added.

    :raise ValueProblem: ``unreadable_date`` or ``ambiguous_date``
    """
    parsed = parse(raw)
    if parsed is None:
        raise ValueProblem("unreadable_date", value=raw)
    return _choose(raw, parsed, order), parsed.short_year


def read_moment(raw, order="", zone=""):
    """``(datetime in UTC without tzinfo, doubtful)``.

    A time with an offset is converted; one without is local time of ``zone`` (the first of two in
    autumn, the usual offset for one that spring leaves out); a bare date is its midnight.

    :param zone: IANA name; UTC if empty
    """
    day, doubtful = read_date(raw, order)
    parsed = parse(raw)
    local = datetime.combine(day, parsed.clock or time())
    info = _zone(zone) if parsed.offset is None else timezone(parsed.offset)
    try:
        moment = local.replace(tzinfo=info, fold=0).astimezone(UTC)
    except OverflowError as error:
        raise ValueProblem("unreadable_date", value=raw) from error
    return moment.replace(tzinfo=None), doubtful


def _choose(raw, parsed, order):
    found = parsed.readings
    if "" in found:
        return found[""]
    if order in ("dmy", "mdy"):
        if order in found:
            return found[order]
        raise ValueProblem("unreadable_date", value=raw)
    days = set(found.values())
    if len(days) == 1:
        return days.pop()
    if days and parsed.mark == ".":  # no language of CLDR puts the month first before points
        return found["dmy"]
    raise ValueProblem("ambiguous_date" if days else "unreadable_date", value=raw)


def _iso(text):
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    if moment.year not in _YEARS:
        return Parsed({})
    clock = moment.time().replace(microsecond=0) if len(text) > 10 else None
    return Parsed({"": moment.date()}, "", clock, moment.utcoffset())


def _parsed(style, parts):
    try:
        moment, offset = _time(parts), _offset(parts["zone"])
    except ValueError:
        return Parsed({})
    year, short = _year(parts["y"])
    if style == "numeric":
        days = {
            "dmy": _day(year, int(parts["b"]), int(parts["a"])),
            "mdy": _day(year, int(parts["a"]), int(parts["b"])),
        }
        readings = {order: day for order, day in days.items() if day}
        return Parsed(readings, parts["mark"], moment, offset, short)
    month = int(parts["m"]) if style == "iso" else _months().get(parts["month"].casefold())
    if month is None:
        return None
    day = _day(year, month, int(parts["d"]))
    return Parsed({"": day} if day else {}, "", moment, offset, short)


def _year(digits):
    if len(digits) == 4:
        return int(digits), False
    return int(digits) + (1900 if int(digits) >= PIVOT else 2000), True


def _day(year, month, day):
    try:
        return date(year, month, day) if year in _YEARS else None
    except ValueError:
        return None


def _time(parts):
    if parts["hour"] is None:
        return None
    hour, half = int(parts["hour"]), (parts["half"] or "").casefold()[:1]
    if half:
        if not 1 <= hour <= 12:
            raise ValueError(hour)
        hour = hour % 12 + (12 if half == "p" else 0)
    return time(hour, int(parts["minute"]), int(parts["second"] or 0))


def _offset(zone):
    if not zone:
        return None
    digits = re.sub(r"\D", "", zone)
    if not digits:
        return timedelta()
    offset = timedelta(hours=int(digits[:2]), minutes=int(digits[2:] or 0))
    if offset >= timedelta(hours=24):
        raise ValueError(zone)
    return -offset if "-" in zone else offset


@lru_cache(maxsize=64)
def _zone(name):
    if not name:
        return UTC
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ConfigurationError("unknown_value", value=name) from error


@lru_cache(maxsize=1)
def _months():
    """Names of months by language; one that means two months (``listopad``) is left out."""
    found = defaultdict(Counter)
    for locale in _MONTH_LOCALES:
        forms = Locale.parse(locale).months
        for use in ("format", "stand-alone"):
            for width in ("wide", "abbreviated"):
                for number, name in forms[use][width].items():
                    found[name.casefold().rstrip(".")][number] += 1
    found["sept"], found["mrz"] = Counter({9: 1}), Counter({3: 1})
    return {name: next(iter(numbers)) for name, numbers in found.items() if len(numbers) == 1}
