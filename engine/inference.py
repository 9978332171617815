"""What a column holds, told from all of its rows in memory that does not grow with them."""

import re
from collections import Counter
from zlib import crc32

from .cells import look
from .text import is_html
from .types import ColumnProfile, Problem

KINDS = (
    "text", "longtext", "integer", "float", "money", "percent", "boolean", "date", "datetime",
    "email", "phone", "url", "choice", "multiselect", "identifier",
)  # fmt: skip

#: Distinct values that are kept as they are; beyond, only a fair sample of their hashes.
DISTINCT_CAP = 2_000
#: Distinct parts of the cells of one column, per separator.
PARTS_CAP = 300
CHOICES_CAP = 100
SAMPLES = 5
#: Share of filled cells that must agree; in short columns one or two may differ as well.
AGREEMENT = 0.9
#: A cell of more letters is prose.
LONG = 150
SEPARATORS = (";", "|", ",", "\n")
_WITHOUT_CHOICES = frozenset(("longtext", "identifier", "date", "datetime"))

_ID_NAME = re.compile(
    r"(?:^|[\s_-])(?:uid|uuid|guid|key|ref|reference|nr|no|number|nummer|kennung)\.?$",
    re.IGNORECASE,
)
_CAMEL_ID = re.compile(r"[a-z]I[Dd]$|(?:^|[\s_-])(?i:ids?)(?:$|[\s_(-])")
_ZIP_NAME = re.compile(r"\b(?:zip|plz|postal|post ?code|postleitzahl|code postal|cap|cep)\b", re.I)
_PHONE_NAME = re.compile(r"phone|mobile|mobil|telef|fax|handy|\btel\b|cell", re.I)
_TICKS = frozenset(("x", "✓", "✔", "☑"))
_TICK_ALONE = _TICKS | {"true", "yes", "ja", "oui", "false", "nein"}


class ColumnStatistics:
    """Counts over one column: :meth:`add` every cell, then ask for the :meth:`profile`."""

    def __init__(self, name):
        self.name = name
        self.rows = self.filled = self.long = self.broken = 0
        self.values = Counter()  # as written, up to the cap
        self.kinds = Counter()
        self.orders = Counter()  # orders that a cell proves
        self.marks = Counter()
        self.decimals = Counter()
        self.fractions = 0
        self.doubtful = {}  # kind of doubt -> first cell
        self.parts = {separator: Counter() for separator in SEPARATORS}
        self.hashes = _HashSample()
        self.ascending = self.descending = True
        self.last = None

    def add(self, value):
        """Count one cell.

        :param value: its text, or ``None``
        """
        self.rows += 1
        text = value.strip() if value else ""
        if not text:
            return
        self.filled += 1
        self._count_value(value, text)
        if len(text) > LONG or "\n" in text or is_html(text):
            self.long += 1
            self.broken += "\n" in text
        else:
            self._count_look(text)
        if self.parts:
            self._count_parts(text)

    def profile(self):
        """The verdict on the column as a :class:`ColumnProfile`."""
        profile = ColumnProfile(self.name, filled=self.filled, rows=self.rows)
        profile.distinct = self._distinct()
        profile.samples = list(self.values)[:SAMPLES]
        if not self.filled:
            profile.confidence = 0.0
            return profile
        for attempt in _ATTEMPTS:
            confidence = attempt(self, profile)
            if confidence:
                profile.confidence = round(confidence, 4)
                break
        if not profile.choices and profile.kind not in _WITHOUT_CHOICES:
            profile.choices = self._few_values()
        return profile

    # counting

    def _count_value(self, value, text):
        known = value in self.values
        if known or len(self.values) < DISTINCT_CAP:
            self.values[value] += 1
        if not (known and self.hashes.full(self)):
            self.hashes.add(text)
        if self.last is not None and (self.ascending or self.descending):
            before, now = (len(self.last), self.last), (len(text), text)
            self.ascending = self.ascending and before < now
            self.descending = self.descending and before > now
        self.last = text

    def _count_look(self, text):
        seen = look(text)
        self.kinds.update(seen.kinds)
        if seen.orders:
            self.marks[seen.mark] += 1
            if len(seen.orders) == 1:
                self.orders.update(seen.orders)
            else:
                self.doubtful.setdefault("date", text)
        if seen.decimals:
            if len(seen.decimals) == 1:
                self.decimals.update(seen.decimals)
            else:
                self.doubtful.setdefault("number", text)
        self.fractions += seen.fraction
        if "boolean" in seen.kinds:
            self.kinds["1/0" if text in ("0", "1") else "word"] += 1

    def _count_parts(self, text):
        for separator, parts in list(self.parts.items()):
            if separator in text:
                parts.update(part.strip() for part in text.split(separator) if part.strip())
            else:
                parts[text] += 1
            if len(parts) > PARTS_CAP:
                del self.parts[separator]

    # asking

    def _distinct(self):
        return self.hashes.estimate() if self._overflow() else len(self.values)

    def _overflow(self):
        return len(self.values) >= DISTINCT_CAP

    def _unique(self):
        return not self.hashes.repeated and len(self.values) == min(self.filled, DISTINCT_CAP)

    def _share(self, *kinds):
        return min(1.0, sum(self.kinds[kind] for kind in kinds) / self.filled)

    def _agree(self, count):
        """Whether ``count`` cells carry the column in spite of the others."""
        odd = self.filled - count
        spared = 2 if self.filled >= 10 else 1 if self.filled >= 4 else 0
        return count > 0 and (odd <= spared or count / self.filled >= AGREEMENT)

    def _few_values(self):
        if self._overflow() or len(self.values) > CHOICES_CAP:
            return []
        if len(self.values) * 2 > self.filled and len(self.values) > 1:
            return []
        return list(self.values)


class _HashSample:
    """Distinct values counted with little memory: hashes with so many zero bits at their end.

    Adaptive sampling (Wegman; Flajolet 1990): when the sample is full, one more bit must be zero.
    """

    def __init__(self):
        self.seen = set()
        self.bits = 0
        self.repeated = False

    def full(self, _column):
        return self.repeated and self.bits == 0

    def add(self, text):
        value = crc32(text.encode("utf-8", "surrogatepass"))
        value |= crc32(text[::-1].encode("utf-8", "surrogatepass")) << 32
        if value & ((1 << self.bits) - 1):
            return
        if value in self.seen:
            self.repeated = True
            return
        self.seen.add(value)
        while len(self.seen) > 4 * DISTINCT_CAP:
            self.bits += 1
            self.seen = {old for old in self.seen if not old & ((1 << self.bits) - 1)}

    def estimate(self):
        return len(self.seen) << self.bits


# The attempts, in order: each returns its confidence, or 0, and sets kind and options.


def _as_boolean(column, profile):
    words = {value.strip().casefold() for value in column.values}
    count = column.kinds["boolean"]
    if column._overflow() or len(words) > 4 or count < column.filled:
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
    if not count or not column._agree(count + column.kinds["bad_date"]):
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
    share = column._share("number", "money", "percent")
    if not column._agree(share * column.filled) or column.kinds["zero"]:
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
    if not column._agree(count):
        return 0
    profile.kind = "email"
    if column.kinds["emails"]:
        marks = Counter(mark for value in column.values for mark in ";,|" if mark in value)
        profile.options["separator"] = (marks.most_common(1) or [(" ", 0)])[0][0]
    return count / column.filled


def _as_url(column, profile):
    if not column._agree(column.kinds["url"]):
        return 0
    profile.kind = "url"
    return column._share("url")


def _as_phone(column, profile):
    sure, possible = column.kinds["phone"], column.kinds["phone"] + column.kinds["digits"]
    named = bool(_PHONE_NAME.search(column.name))
    if _ZIP_NAME.search(column.name) or not column._agree(possible):
        return 0
    if not named and sure < 0.3 * column.filled:
        return 0
    profile.kind = "phone"
    return min(1.0, possible / column.filled)


def _as_identifier(column, profile):
    if not _is_identifier(column):
        return 0
    profile.kind = "identifier"
    return column._share("code", "zero")


def _is_identifier(column):
    """Codes: one to each row, or under a header that says so; whole figures only in a sequence."""
    codes = column.kinds["code"]
    if not column._agree(codes) or column.decimals or _ZIP_NAME.search(column.name):
        return False
    if _CAMEL_ID.search(column.name):
        return True
    if column.filled < column.rows or not column._unique():
        return False
    if _ID_NAME.search(column.name):
        return True
    if column.kinds["number"] * 2 < column.filled:
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
    if any(len(part) > 80 for part in parts):
        return 0
    profile.kind = "multiselect"
    profile.options["separator"] = separator
    profile.choices = list(parts)[:PARTS_CAP]
    return best


def _recurrence(column, separator):
    """Share of the parts of divided cells that some other distinct cell has as well."""
    cells = [value for value in column.values if len(value) <= 1000]
    divided = [_split(value, separator) for value in cells]
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
    few = column._few_values()
    longest = max((len(value) for value in few), default=LONG)
    if not few or longest > 80 or column.filled < 3:
        return 0
    profile.kind = "choice"
    profile.choices = few
    return 1 - len(few) / column.filled / 2


def _as_text(column, profile):
    profile.kind = "text"
    return 1.0


_ATTEMPTS = (
    _as_boolean, _as_date, _as_number, _as_email, _as_url, _as_phone, _as_identifier,
    _as_multiselect, _as_longtext, _as_choice, _as_text,
)  # fmt: skip


def settle_dates(profiles):
    """Let columns of one export that could not prove their date order or decimal mark take it
    from those that could, where these agree: one program wrote them all.

    Dates ask first the columns of their own kind and punctuation, then those of the same
    punctuation; without such witnesses the doubt stays.

    :param profiles: :class:`ColumnProfile` of all columns of all files of the export; changed
    """
    for profile in profiles:
        if _in_doubt(profile, "ambiguous_date"):
            mark = profile.options.get("date_mark")
            near = [other for other in profiles if other.options.get("date_mark") == mark]
            kin = [other for other in near if other.kind == profile.kind]
            _take(profile, "date_order", "ambiguous_date", kin, near)
        if _in_doubt(profile, "ambiguous_number"):
            kin = [other for other in profiles if other.kind == profile.kind]
            _take(profile, "decimal", "ambiguous_number", kin, profiles)
    return profiles


def _in_doubt(profile, code):
    return any(problem.code == code for problem in profile.problems)


def _take(profile, option, code, *witnesses):
    for group in witnesses:
        found = {
            other.options[option]
            for other in group
            if option in other.options and not _in_doubt(other, code)
        }
        if found:
            break
    else:
        return
    if len(found) == 1:
        profile.options[option] = found.pop()
        profile.problems = [problem for problem in profile.problems if problem.code != code]
