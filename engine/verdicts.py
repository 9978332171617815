"""The kinds, one judge each: asked in order, the first that is confident names the column.

A judge gets the statistics of a column and its profile; it returns its confidence, or 0, and sets
the kind, the options and the problems.
"""

import re
from collections import Counter

from .types import Problem

#: Share of filled cells that must agree; in short columns one or two may differ as well.
AGREEMENT = 0.9
#: Distinct parts of the cells of one column, per separator.
PARTS_CAP = 300
#: Length of which nothing is a choice any more.
LONGEST_CHOICE = 80

_ID_NAME = re.compile(
    r"(?:^|[\s_-])(?:uid|uuid|guid|key|ref|reference|nr|no|number|nummer|kennung)\.?$",
    re.IGNORECASE,
)
_CAMEL_ID = re.compile(r"[a-z]I[Dd]$|(?:^|[\s_-])(?i:ids?)(?:$|[\s_(-])")
_ZIP_NAME = re.compile(r"\b(?:zip|plz|postal|post ?code|postleitzahl|code postal|cap|cep)\b", re.I)
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


def _as_date(column, profile):
    count = column.kinds["date"] + column.kinds["datetime"]
    if not count or not column.agree(count + column.kinds["bad_date"]):
        return 0
    if not count > column.kinds["bad_date"]:
        return 0
    timed = column.kinds["datetime"] / count
    profile.kind = "datetime" if timed >= 0.2 else "date"
    _settle_order(column, profile)
    return count / column.filled


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
    profile.kind = "longtext"
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


VERDICTS = (
    _as_boolean, _as_date, _as_number, _as_email, _as_url, _as_phone, _as_identifier,
    _as_multiselect, _as_longtext, _as_choice, _as_text,
)  # fmt: skip
