"""The kinds, one judge each: asked in order, the first that is confident names the column.

A judge gets the statistics of a column and its profile; it returns its confidence, or 0, and sets
the kind, the options and the problems.
"""

import re
from collections import Counter

from . import countries, currencies, dates, languages
from .cells import look
from .types import Problem

#: Share of filled cells that must agree; in short columns one or two may differ as well.
AGREEMENT = 0.9
#: Distinct parts of the cells of one column, per separator.
PARTS_CAP = 300
#: A column of more distinct values is no list of countries.
MOST_NAMES = 300
#: Length of which nothing is a choice any more.
LONGEST_CHOICE = 80

_ID_NAME = re.compile(
    r"(?:^|[\s_-])(?:uid|uuid|guid|key|ref|reference|nr|no|number|nummer|kennung)\.?$",
    re.IGNORECASE,
)
_CAMEL_ID = re.compile(r"[a-z]I[Dd]$|(?:^|[\s_-])(?i:ids?)(?:$|[\s_(-])")
_ZIP_NAME = re.compile(r"\b(?:zip|plz|postal|post ?code|postleitzahl|code postal|cap|cep)\b", re.I)
_TIME_NAME = re.compile(
    r"date|time(?!zone|r)|\bwhen\b|[_\s]at$|[a-z]At$|[_\s]on$|[a-z]On$|[_\s]ts$|created|updated|"
    r"modified|closed|\bdue\b|since|until|birth|datum|dato|päivä|zeit|erstellt|geändert|angelegt|"
    r"fällig|seit|heure|créé|modifié|échéance|fecha|hora|creado|modificado|vencimiento|data|"
    r"creazione|scadenza|criado|tijd|gemaakt|gewijzigd|utworzono|skapad|ändrad|oprettet|"
    r"vytvořeno|tarih|дата|время|создан|日期|时间|日付|日時|날짜",
    re.IGNORECASE,
)
_COUNTRY_NAME = re.compile(
    r"countr|nation|\bland\b|staat$|pays|país|\bpais\b|paese|nazione|kraj|země|zeme|ország|țară|"
    r"\bmaa\b|ülke|страна|країна|国|국가",
    re.IGNORECASE,
)
_LANGUAGE_NAME = re.compile(
    r"langu|locale|sprache|idioma|lingua|taal|język|jazyk|nyelv|limb|språk|sprog|kieli|dil(?:i)?$|"
    r"язык|мова|言語|语言|언어",
    re.IGNORECASE,
)
_CURRENCY_NAME = re.compile(
    r"curr|\bccy\b|währung|waehrung|devise|monnaie|moneda|divisa|valuta|moeda|walut|měna|mena|"
    r"pénznem|valută|valut|para birimi|валюта|通貨|货币|통화",
    re.IGNORECASE,
)
_STATE_NAME = re.compile(
    r"\bstate\b|provin|bundesland|kanton|canton|région|region|département|comunidad|estado|"
    r"\bregione\b|wojew|\bkraj\b|megye|județ|\blän\b|fylke|都道府県|省",
    re.IGNORECASE,
)
_PHONE_NAME = re.compile(r"phone|mobile|mobil|telef|fax|handy|\btel\b|cell", re.I)
_TICKS = frozenset(("x", "✓", "✔", "☑"))
_TICK_ALONE = _TICKS | {"true", "yes", "ja", "oui", "false", "nein"}


def _as_boolean(column, profile):
    words = {value.strip().casefold() for value in column.values}
    count = column.kinds["boolean"]
    if column.dropped or len(words) > 4 or count < column.filled:
        return 0
    figures = words & {"0", "1"}
    if figures and words != {"0", "1"}:
        return 0
    if len(words) == 1 and not words & _TICK_ALONE:
        return 0
    profile.kind = "boolean"
    if words <= _TICKS:
        profile.options["empty"] = False
    return 1.0


def _as_counted_date(column, profile):
    """Figures that count seconds or days, under a header that promises a time.

    Without the header they stay figures: an ID may have ten digits too.
    """
    if not _TIME_NAME.search(column.name):
        return 0
    for way in ("seconds", "milliseconds", "days", "compact"):
        count = column.kinds[way]
        if count and count + column.kinds["nothing"] == column.filled:
            timed = way in ("seconds", "milliseconds") or (way == "days" and column.fractions)
            profile.kind = "datetime" if timed else "date"
            profile.options["count"] = way
            return 1.0
    return 0


def _as_date(column, profile):
    count = column.kinds["date"] + column.kinds["datetime"]
    if not count or not column.agree(count + column.kinds["bad_date"]):
        return 0
    if not count > column.kinds["bad_date"]:
        return 0
    timed = column.kinds["datetime"] / count
    profile.kind = "datetime" if timed >= 0.2 else "date"
    _settle_order(column, profile)
    _settle_language(column, profile)
    return count / column.filled


def _settle_language(column, profile):
    """A name that is two months means the one of the language that has all names of the column."""
    doubt = column.doubtful.get("month")
    if not doubt:
        return
    fitting = {lang for lang, count in column.languages.items() if count == column.named}
    readings = dates.parse(doubt).readings
    days = {day for lang, day in readings.items() if lang in fitting}
    if len(days) == 1:
        profile.options["language"] = min(lang for lang in fitting if lang in readings)
    else:
        profile.problems.append(Problem("ambiguous_date", column.name, value=doubt))


def _settle_order(column, profile):
    """The order that the cells prove; points without a proof mean the day first."""
    if not column.marks:
        return
    mark = column.marks.most_common(1)[0][0]
    profile.options["date_mark"] = mark
    order, proofs = (column.orders.most_common(1) or [("", 0)])[0]
    if proofs and proofs >= AGREEMENT * column.orders.total():
        profile.options["date_order"] = order
    elif not column.orders and mark == "." and len(column.marks) == 1:
        profile.options["date_order"] = "dmy"
    else:
        value = column.doubtful.get("date", "")
        profile.problems.append(Problem("ambiguous_date", column.name, value=value))


def _as_number(column, profile):
    share = column.share("number", "money", "percent")
    if not column.agree(share * column.filled) or column.kinds["zero"]:
        return 0
    if _ZIP_NAME.search(column.name) or _PHONE_NAME.search(column.name):
        return 0
    if _is_identifier(column):
        return 0
    if column.kinds["money"] * 2 >= share * column.filled:
        profile.kind = "money"
    elif column.kinds["percent"] * 2 >= share * column.filled:
        profile.kind = "percent"
    else:
        profile.kind = "float" if column.fractions or column.decimals else "integer"
    _settle_decimal(column, profile)
    return share


def _settle_decimal(column, profile):
    mark, proofs = (column.decimals.most_common(1) or [("", 0)])[0]
    if proofs and proofs >= AGREEMENT * column.decimals.total():
        profile.options["decimal"] = mark
    elif "number" in column.doubtful:
        if profile.kind == "integer":
            profile.kind = "float"
        value = column.doubtful["number"]
        profile.problems.append(Problem("ambiguous_number", column.name, value=value))


def _as_email(column, profile):
    count = column.kinds["email"] + column.kinds["emails"]
    if not column.agree(count):
        return 0
    profile.kind = "email"
    if column.kinds["emails"]:
        marks = Counter(mark for value in column.values for mark in ";,|" if mark in value)
        profile.options["separator"] = (marks.most_common(1) or [(" ", 0)])[0][0]
    return count / column.filled


def _as_url(column, profile):
    if not column.agree(column.kinds["url"]):
        return 0
    profile.kind = "url"
    return column.share("url")


def _as_phone(column, profile):
    sure, possible = column.kinds["phone"], column.kinds["phone"] + column.kinds["digits"]
    named = bool(_PHONE_NAME.search(column.name))
    if _ZIP_NAME.search(column.name) or not column.agree(possible):
        return 0
    if not named and sure < 0.3 * column.filled:
        return 0
    profile.kind = "phone"
    return min(1.0, possible / column.filled)


def _as_identifier(column, profile):
    if not _is_identifier(column):
        return 0
    profile.kind = "identifier"
    return column.share("code", "zero")


def _is_identifier(column):
    """Codes: one to each row, or under a header that says so; whole figures only in a sequence."""
    codes = column.kinds["code"]
    if not column.agree(codes) or column.decimals or _ZIP_NAME.search(column.name):
        return False
    if _CAMEL_ID.search(column.name):
        return True
    if column.filled < column.rows or not column.unique():
        return False
    if _ID_NAME.search(column.name):
        return True
    if column.kinds["zero"] or column.kinds["number"] * 2 < column.filled:
        return column.filled >= 3
    lengths = {len(value.strip()) for value in column.values}
    return column.filled >= 5 and lengths <= {max(lengths)} and max(lengths) >= 5 and (
        column.ascending or column.descending
    )  # fmt: skip


def _as_place_or_money(column, profile):
    """Countries, languages and currencies, by their names and codes in the usual languages."""
    if column.dropped and len(column.values) > MOST_NAMES:
        return 0
    for kind, header, known in _NAMED:
        told = bool(header.search(column.name))
        share = _share_known(column, known, told)
        if share >= (0.8 if told else 0.95):
            profile.kind = kind
            profile.choices = column.few_values()
            return share
    return 0


def _share_known(column, known, told):
    """Return the share of the cells that are such names.

    Where the header does not say so, short codes prove nothing (``CA`` is a state, ``de`` a
    preposition), and neither does a single name (``Jordan``).
    """
    values = Counter()
    for value, count in column.values.items():
        values[value.strip()] += count
    shortest = 4 if known is languages.is_language else 3
    if not told and (len(values) < 3 or any(len(value) < shortest for value in values)):
        return 0
    if len(values) > MOST_NAMES:
        return 0
    found = sum(count for value, count in values.items() if known(value))
    return found / max(values.total(), 1)


def _as_state(column, profile):
    """States and provinces: only where the header says so; their names are those of people too."""
    few = len(column.values) <= MOST_NAMES and not column.dropped
    if not few or not _STATE_NAME.search(column.name) or column.long:
        return 0
    if column.kinds["number"] or max(map(len, column.values)) > LONGEST_CHOICE:
        return 0
    if re.search(r"status", column.name, re.IGNORECASE):
        return 0
    profile.kind = "state"
    profile.choices = column.few_values()
    return 0.8


def _as_json(column, profile):
    if not column.agree(column.kinds["json"]):
        return 0
    profile.kind = "json"
    return column.share("json")


def _as_mixed(column, profile):
    """Dates among amounts, figures among words: no kind fits, and nothing is forced into one."""
    if _ZIP_NAME.search(column.name) or _PHONE_NAME.search(column.name) or column.few_values():
        return 0
    families = {
        "date": column.kinds["date"] + column.kinds["datetime"],
        "number": sum(column.kinds[kind] for kind in ("number", "money", "percent")),
        "email": column.kinds["email"] + column.kinds["emails"],
        "url": column.kinds["url"],
    }
    kind, most = max(families.items(), key=lambda family: family[1])
    several = sum(count >= max(3, 0.1 * column.filled) for count in families.values()) > 1
    if column.filled < 8 or not (several or most >= 0.5 * column.filled):
        return 0
    if (
        _is_identifier(column)
        or column.kinds["code"] - column.kinds["number"] > 0.3 * column.filled
    ):
        return 0
    odd = next((value for value in column.values if not _looks_like(value.strip(), kind)), "")
    if "|" in odd and all(_are_like(value, kind) for value in column.values):
        return 0  # IDs of several records in one cell
    profile.kind = "text"
    profile.problems.append(Problem("mixed_column", column.name, value=odd.strip()))
    return most / column.filled


def _are_like(value, family):
    parts = filter(None, map(str.strip, value.split("|")))
    return all(_looks_like(part, family) for part in parts)


def _looks_like(text, family):
    kinds = {"date": {"date", "datetime"}, "number": {"number", "money", "percent"},
             "email": {"email", "emails"}}.get(family, {family})  # fmt: skip
    return bool(look(text).kinds & kinds)


def _as_multiselect(column, profile):
    rated = [(_recurrence(column, separator), separator) for separator in column.parts]
    best, separator = max(rated, default=(0, ""), key=lambda pair: pair[0])
    parts = column.parts.get(separator, ())
    vocabulary = {" ".join(part.casefold().split()) for part in parts}
    # Commas and line breaks stand in prose and addresses too; the other two hardly ever do.
    share, repeats = (0.3, 1.1) if separator in (";", "|") else (0.6, 1.3)
    if best < share or parts.total() < repeats * len(vocabulary):
        return 0
    if any(len(part) > LONGEST_CHOICE for part in parts):
        return 0
    profile.kind = "multiselect"
    profile.options["separator"] = separator
    profile.choices = list(parts)[:PARTS_CAP]
    return best


def _recurrence(column, separator):
    """Share of the parts of divided cells that some other distinct cell has as well."""
    divided = [_split(value, separator) for value in column.values]
    homes = Counter(part for parts in divided for part in set(parts))
    inside = [part for parts in divided if len(parts) > 1 for part in parts]
    if len({tuple(parts) for parts in divided}) < 3 or not inside:
        return 0
    return sum(homes[part] > 1 for part in inside) / len(inside)


def _split(value, separator):
    parts = (" ".join(part.casefold().split()) for part in value.split(separator))
    return [part for part in parts if part]


def _as_longtext(column, profile):
    if column.long < 0.25 * column.filled:
        return 0
    profile.kind = "html" if column.html * 2 > column.long else "longtext"
    return 1.0


def _as_choice(column, profile):
    few = column.few_values()
    if not few or column.filled < 3 or max(map(len, few)) > LONGEST_CHOICE:
        return 0
    profile.kind = "choice"
    profile.choices = few
    return 1 - len(few) / column.filled / 2


def _as_text(column, profile):
    profile.kind = "text"
    return 1.0


_NAMED = (
    ("country", _COUNTRY_NAME, countries.is_country),
    ("currency", _CURRENCY_NAME, currencies.is_currency),
    ("language", _LANGUAGE_NAME, languages.is_language),
)


VERDICTS = (
    _as_boolean, _as_counted_date, _as_date, _as_number, _as_email, _as_url, _as_phone,
    _as_place_or_money, _as_identifier, _as_state, _as_json, _as_multiselect, _as_longtext,
    _as_mixed, _as_choice, _as_text,
)  # fmt: skip
