"""Dates and times as people write them. Every reading that the digits allow, and no other."""

import re
from collections import defaultdict
from datetime import UTC, date, datetime, time, timedelta, timezone
from functools import lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from babel import Locale

from .exceptions import ConfigurationError, ValueProblem

#: Two-digit years from here on are 19xx (birthdays), those below 20xx. No text says so: the caller
#: hears of it each time.
PIVOT = 50
#: What programs write where they know no date: the zero of databases, of Excel, of .NET, of SQL
#: Server, of Oracle. 1970-01-01 is one only as the first moment of Unix time, not as a birthday.
PLACEHOLDERS = frozenset(("1899-12-30", "1899-12-31", "1900-01-01", "1753-01-01"))
_NO_DATE = re.compile(
    r"(?:0000-00-00|00([./-])00\1(?:0000|00)|0001-01-01|9999-12-31|31[./-]12[./-]9999|12/31/9999)"
    r"(?:[T ][\d:.Z]*)?"
)
_EPOCH = datetime(1970, 1, 1)
#: Day 0 of Excel's count; its 29 February 1900 never was, days before it are one off.
_EXCEL_ZERO = datetime(1899, 12, 30)
#: Options ``count``: what a column of figures counts from a first day -> the shortest step.
COUNTS = {
    "seconds": timedelta(seconds=1),
    "milliseconds": timedelta(milliseconds=1),
    "days": timedelta(days=1),
}
_YEARS = range(1000, 3000)
#: A figure is taken for a date only in these.
_LIKELY = range(1950, 2070)
_ENDS = (_LIKELY.start, _LIKELY.stop)
_LOCALES = (
    "en de fr es it pt nl pl cs sk sv da nb fi hu ro tr ru uk el ca hr sl bg et lv lt is eu gl hi "
    "ar id vi he th fa sr mk sq ga cy ja ko zh"
).split()
#: Halves of the day, as CLDR has them for the languages above; blanks and points do not count.
_AM = (
    "am vorm. π.μ. ص 午前 上午 오전 öö fm f.m. de. dop. rano ip. पूर्वाह्न dimineața priekšp. AM"
).split()
_PM = (
    "pm nachm. μ.μ. م 午後 下午 오후 ös em e.m. du. odp. popoł. अपराह्न după-amiaza pēcp. PM".split()
)
_LETTERS_ONLY = re.compile(r"[\s.]+")
#: Abbreviations of time zones that mean one offset; CST, IST, BST and the like mean several.
_ZONES = {
    "utc": 0, "gmt": 0, "z": 0, "wet": 0, "west": 60, "cet": 60, "met": 60, "cest": 120,
    "mest": 120, "mez": 60, "mesz": 120, "eet": 120, "eest": 180, "msk": 180, "jst": 540,
    "kst": 540, "nzst": 720, "nzdt": 780, "aest": 600, "aedt": 660, "est": -300, "edt": -240,
    "cdt": -300, "mst": -420, "mdt": -360, "pst": -480, "pdt": -420, "akst": -540, "hst": -600,
}  # fmt: skip


def _options(words):
    return "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True))


_HALF = rf"[ap]\.?\s?m\.?|(?:{_options(set(_AM + _PM))})(?!\w)"
_TIME = (
    r"(?:(?:[T\s,]+|\s*,?\s+(?:at|um|à|às|a las|alle|ore|kl\.?|klo|om|o|в|ve)\s+|(?<=[日일]))"
    rf"(?P<early>{_HALF})?\s*"
    r"(?P<hour>\d{1,2})[:.h時](?P<minute>\d{2})分?"
    r"(?:[:.](?P<second>\d{2})(?:[.,](?P<fraction>\d{1,9}))?)?"
    rf"\s*(?P<half>{_HALF})?(?:\s*(?:Uhr|hs?|ч\.?))?"
    r"\s*(?P<zone>Z|(?:UTC|GMT)?\s?[+-]\d{1,2}(?::?\d{2})?|[A-Z]{3,4}(?![a-z]))?"
    r"(?:\s*[\[(](?P<place>[^\])]*)[\])])?)?"
)
_WORD = r"(?P<month>[^\W\d_][^\d\s.,/()-]*)[.॰]?"
_PATTERNS = tuple(
    (style, re.compile(pattern + _TIME + r"$", re.IGNORECASE))
    for style, pattern in (
        ("iso", r"(?P<y>\d{4})(?P<mark>[-/.])(?P<m>\d{1,2})(?P=mark)(?P<d>\d{1,2})"),
        ("iso", r"(?P<y>\d{4})\.\s(?P<m>\d{1,2})\.\s(?P<d>\d{1,2})\.?"),
        ("numeric", r"(?P<a>\d{1,2})(?P<mark>[-/.])\s?(?P<b>\d{1,2})(?P=mark)\s?"
         + r"(?P<y>\d{4}|\d{2})"),
        ("named", r"(?P<d>\d{1,2})(?:st|nd|rd|th|\.|º|er)?[\s/-]*(?:de |of )?" + _WORD
         + r"[\s,/-]*(?:de )?(?P<y>\d{4}|\d{2})"),
        ("named", _WORD + r"\s*(?P<d>\d{1,2})(?:st|nd|rd|th)?,?\s+(?P<y>\d{4})"),
        ("named", r"(?P<y>\d{4})\.?[\s-]" + _WORD + r"[\s-](?P<d>\d{1,2})\.?"),
        ("iso", r"(?P<y>\d{4})\s?[年년]\s?(?P<m>\d{1,2})\s?[月월]\s?(?P<d>\d{1,2})\s?[日일]"),
        ("iso", r"(?P<y>\d{4})(?P<m>\d{2})(?P<d>\d{2})(?=T)"),
    )
)  # fmt: skip
#: Every form has two figures at least; most texts with a figure have one.
_TWO_FIGURES = re.compile(r"\d\D+\d")
_FIGURE = re.compile(r"\d{1,15}(?:[.,]\d{1,10})?")
_EIGHT = re.compile(r"(\d{4})(\d{2})(\d{2})")
_COMPACT = re.compile(r"(\d{8})T(\d{2})(\d{2})(\d{2})?")
_WEEK = re.compile(r"(\d{4})-?W(\d{2})(?:-?([1-7]))?", re.IGNORECASE)
_UNSEEN = dict.fromkeys(map(ord, "\u200e\u200f\u061c\ufeff")) | {
    ord(blank): " " for blank in "\u00a0\u2009\u202f"
} | {ord("،"): ",", ord("。"): "."}  # fmt: skip
_FIRST_WORD = re.compile(r"([^\W\d_][^\d\s,.]*)[.,]?\s*,?\s*(?:den\s+)?(?=[\d]|[^\W\d_]+\s\d)")
_LAST_WORD = re.compile(r"(?<=[\s日일.,])[\s,]*([^\W\d_][^\d\s,.]*)\.?$")
#: "2021 г.": the word for year.
_YEAR_WORD = re.compile(r"(?<=\d{4})\s?(?:г\.?|р\.?|года|року|г\.|m\.|g\.)(?=$|[\s,])")


class Parsed(NamedTuple):
    """
    :param readings: order -> date; the order is ``""`` where the cell has only one (ISO, month
        names), a language where a month's name means another month elsewhere; no reading at all:
        it has the shape of a date, but there is no such day
    :param mark: what stands between the numbers where their order can be doubted
    :param offset: ``None`` for a naive time
    :param zone: IANA name, where the cell has one instead of an offset
    :param short_year: something was added that the text does not say: the century, the weekday
    :param languages: those that have a month of that name
    """

    readings: dict
    mark: str = ""
    clock: time | None = None
    offset: timedelta | None = None
    short_year: bool = False
    zone: str = ""
    languages: frozenset = frozenset()


@lru_cache(maxsize=50_000)
def parse(raw):
    """What a cell says as a date; ``None`` if it has not the shape of one.

    >>> parse("03/04/2024").readings
    {'dmy': datetime.date(2024, 4, 3), 'mdy': datetime.date(2024, 3, 4)}
    >>> parse("31/02/2025").readings, parse("Service")
    ({}, None)
    >>> parse("пятница, 12 ноября 2021 г.").readings
    {'': datetime.date(2021, 11, 12)}
    """
    text = raw.strip()
    if not 6 <= len(text) <= 75 or text.isdigit() or not _TWO_FIGURES.search(text):
        return None
    if text[4] == text[7:8] == "-":
        quick = _iso(text)  # the commonest form, five times faster than by pattern
        if quick:
            return quick
    elif text[8:9] == "T":
        text = _COMPACT.sub(r"\1T\2:\3:\g<4>", text).removesuffix(":")
    week = _WEEK.fullmatch(text)
    if week:
        return _of_week(*week.groups())
    text = text.translate(_UNSEEN).strip()
    found = _by_pattern(text)
    if found:
        return found
    simple = _simplify(text)
    return _by_pattern(simple) if simple != text else None


def _by_pattern(text):
    for style, pattern in _PATTERNS:
        match = pattern.match(text)
        parsed = match and _parsed(style, match.groupdict())
        if parsed:
            return parsed
    return None


def _simplify(text):
    """Leave out what says nothing more: the weekday, the word for year."""
    if not text[0].isdigit():
        first = _FIRST_WORD.match(text)
        if first and first[1].casefold() in _names().weekdays:
            text = text[first.end() :]
    elif not text[-1].isdigit():
        text = _YEAR_WORD.sub("", text)
        last = _LAST_WORD.search(text)
        if last and last[1].casefold() in _names().weekdays:
            text = text[: last.start()].rstrip(" ,")
    return _YEAR_WORD.sub("", text) if not text.isascii() else text


def _of_week(year, week, day):
    """A week without its day stands for its Monday: the caller hears of it."""
    try:
        return Parsed(
            {"": date.fromisocalendar(int(year), int(week), int(day or 1))}, short_year=not day
        )
    except ValueError:
        return Parsed({})


def read_date(raw, order="", count="", language=""):
    """``(date, doubtful)``; doubtful means that the century, or the day of a week, was added.

    :param count: key of :data:`COUNTS`, or ``compact`` (20240131), of a column of figures
    :param language: of the months, where one name is two months
    :raise ValueProblem: ``unreadable_date``, ``ambiguous_date`` or ``placeholder_date``
    """
    if count:
        counted = read_count(raw, count)
        if counted:
            return counted.date(), False
    parsed = parse(raw)
    if parsed is None:
        raise ValueProblem(_no_date(raw), value=raw)
    day = _choose(raw, parsed, order, language)
    zero_time = parsed.clock == time() and day == _EPOCH.date()
    if day.isoformat() in PLACEHOLDERS or zero_time:
        raise ValueProblem("placeholder_date", value=raw)
    return day, parsed.short_year


def read_moment(raw, order="", zone="", count="", language=""):
    """``(datetime in UTC without tzinfo, doubtful)``.

    A time with an offset is converted; one without is local time of ``zone`` (the first of two in
    autumn, the usual offset for one that spring leaves out); a bare date is its midnight.

    :param zone: IANA name; UTC if empty
    """
    counted = read_count(raw, count) if count else None
    if counted and count in ("seconds", "milliseconds"):
        return counted, False
    day, doubtful = read_date(raw, order, count, language)
    parsed = None if counted else parse(raw)
    local = counted or datetime.combine(day, parsed.clock or time())
    known = parsed and (parsed.zone or parsed.offset is not None)
    info = (
        _zone(zone) if not known else _zone(parsed.zone) if parsed.zone else timezone(parsed.offset)
    )
    try:
        moment = local.replace(tzinfo=info, fold=0).astimezone(UTC)
    except OverflowError as error:
        raise ValueProblem("unreadable_date", value=raw) from error
    return moment.replace(tzinfo=None), doubtful


def read_count(raw, count):
    """Return the naive datetime of a figure that counts from a first day, or None.

    Seconds and milliseconds of Unix time are in UTC; days are those of Excel, in local time.

    >>> read_count("1706659200", "seconds"), read_count("45322.5", "days")
    (datetime.datetime(2024, 1, 31, 0, 0), datetime.datetime(2024, 1, 31, 12, 0))
    """
    text = raw.strip()
    if count == "compact":
        match = _EIGHT.fullmatch(text)
        day = match and _day(*map(int, match.groups()))
        return datetime.combine(day, time()) if day else None
    if not _FIGURE.fullmatch(text) or float(text.replace(",", ".")) <= 0:
        return None  # zero is no moment, but the lack of one
    zero = _EXCEL_ZERO if count == "days" else _EPOCH
    try:
        moment = zero + float(text.replace(",", ".")) * COUNTS[count]
    except OverflowError:
        return None
    return moment.replace(microsecond=0) if moment.year in _YEARS else None


#: Digits of a figure -> how it may count from a first day.
COUNTED_LENGTHS = {10: "seconds", 13: "milliseconds", 5: "days", 8: "compact"}


#: The figures of the moments that are likely.
_COUNTED = {
    way: range(*((datetime(year, 1, 1) - zero) // COUNTS[way] for year in _ENDS))
    for way, zero in (("seconds", _EPOCH), ("milliseconds", _EPOCH), ("days", _EXCEL_ZERO))
}


def counts(text):
    """Return the ways in which a figure could count from a first day: see :func:`read_count`.

    >>> counts("1706659200"), counts("45322"), counts("20240131"), counts("12"), counts("0")
    (('seconds',), ('days',), ('compact',), (), ('nothing',))
    """
    whole, __, rest = text.replace(",", ".").partition(".")
    if text == "0":
        return ("nothing",)
    if not (whole.isascii() and whole.isdigit()) or (rest and not rest.isdigit()):
        return ()
    way = COUNTED_LENGTHS.get(len(whole))
    if way == "compact":
        moment = None if rest else read_count(text, way)
        return (way,) if moment and moment.year in _LIKELY else ()
    return (way,) if way and int(whole) in _COUNTED[way] else ()


def find_counted(digits):
    """Return the first figure of so many digits that counts from a first day, and the first one
    that does not any more, as texts.

    >>> find_counted(5)
    ('18264', '62094')
    """
    figures = _COUNTED[COUNTED_LENGTHS[digits]]
    return str(max(figures.start, 10 ** (digits - 1))), str(figures.stop)


def _no_date(raw):
    text = raw.strip()
    return "placeholder_date" if _NO_DATE.fullmatch(text) or text == "0" else "unreadable_date"


def _choose(raw, parsed, order, language):
    found = parsed.readings
    if "" in found:
        return found[""]
    if language in found:
        return found[language]
    if order in ("dmy", "mdy") and not parsed.languages:
        if order in found:
            return found[order]
        raise ValueProblem("unreadable_date", value=raw)
    days = set(found.values())
    if len(days) == 1:
        return days.pop()
    if days and parsed.mark == ".":  # no language of CLDR puts the month first before points
        return found["dmy"]
    raise ValueProblem("ambiguous_date" if days else _no_date(raw), value=raw)


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
    months = _months_of(parts["month"]) if style == "named" else {}
    if style == "named" and not months:
        return None
    try:
        moment, offset = _time(parts), _offset(parts["zone"])
    except ValueError:
        return Parsed({})
    place = parts["place"] or ""
    zone = place if offset is None and "/" in place else ""
    year, short = _year(parts["y"])
    if style == "numeric":
        days = {
            "dmy": _day(year, int(parts["b"]), int(parts["a"])),
            "mdy": _day(year, int(parts["a"]), int(parts["b"])),
        }
        readings = {order: day for order, day in days.items() if day}
        return Parsed(readings, parts["mark"], moment, offset, short, zone)
    if style == "iso":
        months = {"": int(parts["m"])}
    day = int(parts["d"])
    days = {language: _day(year, month, day) for language, month in _settle(months).items()}
    readings = {language: day for language, day in days.items() if day}
    languages = frozenset(months) if style == "named" else frozenset()
    return Parsed(readings, "", moment, offset, short, zone, languages)


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
    hour, half = int(parts["hour"]), _half(parts["half"] or parts["early"])
    if half:
        if not 1 <= hour <= 12:
            raise ValueError(hour)
        hour = hour % 12 + (12 if half == "p" else 0)
    return time(hour, int(parts["minute"]), int(parts["second"] or 0))


def _half(text):
    if not text:
        return ""
    word = _LETTERS_ONLY.sub("", text.casefold())
    return "p" if word in _AFTERNOON else "a"


_AFTERNOON = frozenset(_LETTERS_ONLY.sub("", word.casefold()) for word in _PM)


def _offset(zone):
    if not zone:
        return None
    if zone.isalpha():
        if zone.casefold() not in _ZONES:
            raise ValueError(zone)
        return timedelta(minutes=_ZONES[zone.casefold()])
    digits = re.sub(r"[^\d:]", "", zone)
    hours, minutes = digits.split(":") if ":" in digits else (digits[:2], digits[2:])
    offset = timedelta(hours=int(hours), minutes=int(minutes or 0))
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


class _Names(NamedTuple):
    """
    :param months: {name: {language: month}}
    :param weekdays: names in all languages
    """

    months: dict
    weekdays: frozenset


def _months_of(name):
    """Return {language: month} of a word that names months."""
    name = name.casefold().rstrip(".॰")
    return _names().months.get(name) or _names().months.get(name.replace("i̇", "i"), {})


@lru_cache(maxsize=1)
def _names():
    """Names of months and weekdays in the languages of :data:`_LOCALES`, as CLDR has them."""
    months, weekdays = defaultdict(dict), set()
    for language in _LOCALES:
        locale = Locale.parse(language)
        for use in ("format", "stand-alone"):
            for width in ("wide", "abbreviated"):
                weekdays.update(_bare(name) for name in locale.days[use][width].values())
                for number, name in locale.months[use][width].items():
                    months[_bare(name)].setdefault(language, number)
    months["sept"], months["mrz"], months["mär"] = {"en": 9}, {"de": 3}, {"de": 3}
    named = {name: found for name, found in months.items() if not name.isdigit()}
    return _Names(named, frozenset(day for day in weekdays if len(day) > 1))


def _bare(name):
    return name.casefold().rstrip(".॰")


def _settle(months):
    """A name that is one month everywhere needs no language (``lis`` is two)."""
    numbers = set(months.values())
    return {"": numbers.pop()} if len(numbers) == 1 else months
