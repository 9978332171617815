"""Named value functions: one cell of text to one typed value.

A transform gets the raw text of a filled cell and the options of its rule, and returns the value,
``None`` for a cell of only blanks, or a :class:`Noted` value where a person should look. What
cannot be read raises :class:`ValueProblem` with the raw text: it never becomes 0 or empty in
silence.
"""

import re
from collections.abc import Callable
from datetime import datetime
from typing import NamedTuple

from . import countries, currencies, dates, numbers
from .addresses import addresses
from .exceptions import ValueProblem
from .text import join_name, repair, squeeze, to_html
from .types import Noted, Problem

__all__ = ["TRANSFORMS", "Transform", "join_name"]


class Transform(NamedTuple):
    """
    :param function: ``function(raw, options)``
    :param output_type: ``text``, ``integer``, ``float``, ``boolean``, ``date``, ``datetime``,
        ``html`` or ``list``
    """

    function: Callable
    output_type: str
    title: str


#: Words for yes and no, in the languages of the usual exports; options override them.
YES = frozenset(
    "true t yes y 1 x on ✓ ✔ ☑ ja j wahr oui o vrai si sí s sì verdadero vero sim verdadeiro tak "
    "ano áno да д так igen da evet ναι はい 是 checked active enabled waar sant sandt prawda "
    "pravda правда истина igaz doğru tosi kyllä taip jā jah já adevărat истина 真 对 有 예 네 참 "
    "نعم כן हाँ हां có đúng ya benar ใช่ po bai bəli".split()
)
NO = frozenset(
    "false f no n 0 off ✗ ✘ ☐ nein falsch non faux falso nee não nao nie ne nej nei nem нет н ні "
    "hayır hayir όχι いいえ 否 unchecked inactive disabled onwaar falskt falsk fałsz nepravda ложь "
    "hamis yanlış epätosi ei nu fals неправда не nē nei 假 错 无 아니오 아니요 "
    "거짓 لا לא नहीं không sai tidak salah ไม่ hindi ez yox".split()
)

_LINE_BREAK = re.compile(r"\s*[\r\n]+\s*")
_CLOCK = re.compile(r"(\d+):(\d{1,2})(?::(\d{1,2}))?")
_SPAN = re.compile(
    r"(?:P?T?)?(?:(?P<h>\d+(?:[.,]\d+)?)\s*(?:h|hrs?|hours?|std\.?|stunden?|heures?|horas?|ore))?\s*"
    r"(?:(?P<m>\d+(?:[.,]\d+)?)\s*(?:m|mins?|min\.|minutes?|minuten|minutos?|minuti))?\s*"
    r"(?:(?P<s>\d+(?:[.,]\d+)?)\s*(?:s|secs?|seconds?|sek\.?|sekunden))?",
    re.IGNORECASE,
)
# What needs no closer look, and is what most exports have: 2024-01-31, 2024-01-31T08:30:00Z.
_PLAIN_DAY = re.compile(r"2\d{3}-[01]\d-[0-3]\d", re.ASCII)
_PLAIN_MOMENT = re.compile(_PLAIN_DAY.pattern + r"T[0-2]\d:[0-5]\d:[0-5]\dZ", re.ASCII)
_MINUTES = {"hours": 60.0, "minutes": 1.0, "seconds": 1 / 60}


def _text(raw, options):
    return _repaired(raw, raw.strip())


def _line(raw, options):
    """Like text, for fields that hold one line: line breaks become blanks."""
    text = raw.strip()
    return _repaired(raw, _LINE_BREAK.sub(" ", text) if "\n" in text or "\r" in text else text)


def _name_part(raw, options):
    return _repaired(raw, squeeze(raw))


def _repaired(raw, text):
    if text.isascii():
        return text or None
    fixed, changed = repair(text)
    if not changed:
        return text
    return Noted(fixed, Problem("mojibake", value=raw, parameters={"fixed": fixed}))


def _raw(raw, options):
    return raw


def _stripped(raw, options):
    return raw.strip() or None


def _email(raw, options):
    """The address, in small letters; the first of several, the others told."""
    good, bad = addresses(raw)
    if not good:
        if not raw.strip():
            return None
        raise ValueProblem("invalid_email", value=raw)
    if bad:
        return Noted(good[0], Problem("invalid_email", value=" ".join(bad)))
    if len(good) > 1:
        return Noted(good[0], Problem("several_values", value=raw, parameters={"kept": good[0]}))
    return good[0]


def _emails(raw, options):
    good, bad = addresses(raw)
    if bad and not good:
        raise ValueProblem("invalid_email", value=raw)
    if bad:
        return Noted(list(good), Problem("invalid_email", value=" ".join(bad)))
    return list(good)


def _integer(raw, options):
    if not raw.strip():
        return None
    found = numbers.readings(raw)
    whole = {int(float(figure)) for figure in found.values() if float(figure).is_integer()}
    if len(whole) == 1:  # 1,234 as a whole number has one reading
        return whole.pop()
    figure = float(numbers.parse(raw, options.get("decimal")))
    if not figure.is_integer():
        raise ValueProblem("unreadable_number", value=raw)
    return int(figure)


def _float(raw, options):
    if not raw.strip():
        return None
    return float(numbers.parse(raw, options.get("decimal")))


def _money(raw, options):
    if not raw.strip():
        return None
    amount = currencies.split(raw)
    if amount is None:
        raise ValueProblem("unreadable_number", value=raw)
    try:
        if amount[1] and not currencies.has_cents(amount[1]):
            found = numbers.whole(numbers.readings(amount[0]))
            if len(found) == 1:
                return float(next(iter(found.values())))
        return float(numbers.parse(amount[0], options.get("decimal")))
    except ValueProblem as problem:
        raise ValueProblem(problem.code, value=raw) from problem


def _currency_code(raw, options):
    """The currency of a cell with its name, sign or code, or with an amount in it."""
    if not raw.strip():
        return None
    amount = currencies.split(raw)
    if amount and not amount[1]:
        raise ValueProblem("unknown_value", value=raw)
    try:
        return currencies.code_of(amount[1] if amount else raw, tuple(options.get("prefer", ())))
    except ValueProblem as problem:
        raise ValueProblem(problem.code, value=raw) from problem


def _percent(raw, options):
    """75 for ``75``, ``75 %`` and, where the option ``scale`` is ``fraction``, for ``0.75``."""
    text = raw.strip()
    if not text:
        return None
    signed = text[-1] in "%％" or text[0] in "%％"
    try:
        figure = float(numbers.parse(text.strip("%％ \u00a0\u202f"), options.get("decimal")))
    except ValueProblem as problem:
        raise ValueProblem(problem.code, value=raw) from problem
    fraction = options.get("scale") == "fraction" and not signed
    return round(figure * 100, 10) if fraction else figure


def _probability(raw, options):
    figure = _percent(raw, options)
    if figure is not None and not 0 <= figure <= 100:
        raise ValueProblem("unreadable_number", value=raw)
    return figure


def _boolean(raw, options):
    """Yes or no; the options ``true_values`` and ``false_values`` take the place of the words.

    With ``true_values`` alone, any other text is still a problem and not a no. The option
    ``empty`` says what an empty cell means (no, in a column of ticks).
    """
    word = raw.strip().casefold()
    if not word:
        return options.get("empty")
    for answer, key, words in ((True, "true_values", YES), (False, "false_values", NO)):
        told = options.get(key)
        if word in ({value.casefold() for value in told} if told else words):
            return answer
    raise ValueProblem("unreadable_boolean", value=raw)


def _date(raw, options):
    if _PLAIN_DAY.fullmatch(raw) and _is_moment(raw):
        return raw
    if not raw.strip():
        return None
    day, doubtful = dates.read_date(raw, **_date_options(options))
    return _doubted(raw, day.isoformat(), doubtful)


def _datetime(raw, options):
    if _PLAIN_MOMENT.fullmatch(raw) and _is_moment(raw[:-1]):
        return raw[:-1].replace("T", " ")
    if not raw.strip():
        return None
    zone = options.get("timezone") or ""
    moment, doubtful = dates.read_moment(raw, zone=zone, **_date_options(options))
    return _doubted(raw, moment.isoformat(" ", "seconds"), doubtful)


def _is_moment(text):
    try:
        return bool(datetime.fromisoformat(text))
    except ValueError:
        return False


def _date_options(options):
    return {
        "order": options.get("date_order", ""),
        "count": options.get("count", ""),
        "language": options.get("language", ""),
    }


def _doubted(raw, value, doubtful):
    return Noted(value, Problem("ambiguous_date", value=raw)) if doubtful else value


def _duration_minutes(raw, options):
    """Minutes of ``71``, ``1:11`` (hours:minutes), ``00:12:30``, ``1h 11m``, ``90 sec``.

    :option unit: of a bare number: ``minutes`` (default), ``hours``, ``seconds``
    """
    text = raw.strip()
    if not text:
        return None
    clock = _CLOCK.fullmatch(text)
    if clock:
        hours, minutes, seconds = (int(part or 0) for part in clock.groups())
        return hours * 60 + minutes + seconds / 60
    if numbers.readings(text):
        figure = float(numbers.parse(text, options.get("decimal")))
        return figure * _MINUTES[options.get("unit", "minutes")]
    span = _SPAN.fullmatch(text)
    if not span or not any(span.groups()):
        raise ValueProblem("unreadable_number", value=raw)
    parts = (float((part or "0").replace(",", ".")) for part in span.groups())
    return sum(figure * scale for figure, scale in zip(parts, _MINUTES.values(), strict=True))


def _html(raw, options):
    return to_html(raw) if raw.strip() else None


def _multi(raw, options):
    """Texts of a multi-select; only the separator of the column splits them."""
    separator = options.get("separator")
    parts = raw.split(separator.strip(" ") or separator) if separator else [raw]
    return [part.strip() for part in parts if part.strip()]


def _tags(raw, options):
    """Tags: blanks joined, each once whatever its case, the first spelling kept."""
    separator = (options.get("separator") or "").strip(" ")
    if not separator:
        separator = next((mark for mark in "|;\n," if mark in raw), "|")
    found = {}
    for part in raw.split(separator):
        tag = squeeze(part)
        if tag:
            found.setdefault(tag.casefold(), tag)
    return list(found.values())


def _country(raw, options):
    return countries.code_of(raw) if raw.strip() else None


TRANSFORMS = {
    "text": Transform(_text, "text", "Text"),
    "line": Transform(_line, "text", "Text in one line"),
    "name_part": Transform(_name_part, "text", "Part of a name"),
    "raw": Transform(_raw, "text", "Unchanged"),
    "email": Transform(_email, "text", "Email address"),
    "emails": Transform(_emails, "list", "Email addresses"),
    "phone": Transform(_stripped, "text", "Phone number as written"),
    "url": Transform(_stripped, "text", "Web address as written"),
    "integer": Transform(_integer, "integer", "Whole number"),
    "float": Transform(_float, "float", "Number"),
    "money": Transform(_money, "float", "Amount"),
    "currency_code": Transform(_currency_code, "text", "Currency"),
    "percent": Transform(_percent, "float", "Percentage"),
    "probability": Transform(_probability, "float", "Probability"),
    "boolean": Transform(_boolean, "boolean", "Yes or no"),
    "date": Transform(_date, "date", "Date"),
    "datetime": Transform(_datetime, "datetime", "Date and time"),
    "duration_minutes": Transform(_duration_minutes, "float", "Duration in minutes"),
    "html": Transform(_html, "html", "Formatted text"),
    "multi": Transform(_multi, "list", "Several choices"),
    "tags": Transform(_tags, "list", "Tags"),
    "country": Transform(_country, "text", "Country"),
}
