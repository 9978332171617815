"""What a column holds, told from all of its rows in memory that does not grow with them."""

import re
from collections import Counter
from itertools import islice
from operator import gt, lt

from .distinct import DistinctSample
from .likeness import Likeness
from .text import is_html, is_json
from .types import ColumnProfile
from .verdicts import AGREEMENT, PARTS_CAP, VERDICTS

KINDS = (
    "text", "longtext", "integer", "float", "money", "percent", "boolean", "date", "datetime",
    "email", "phone", "url", "country", "state", "language", "currency", "choice", "multiselect",
    "identifier", "html", "json",
)  # fmt: skip

#: Distinct values that are kept as they are; beyond, only a fair sample of their hashes.
DISTINCT_CAP = 2_000
CHOICES_CAP = 100
SAMPLES = 5
#: Cells that mostly show that a column neither rises nor falls.
FEW = 20
#: A cell of more letters is prose.
LONG = 150
#: A longer value is not kept to be compared: two thousand note bodies would fill the memory.
LONGEST_KEPT = 1_000
# Several codes in one cell: "B-7;B-12".
LISTED = re.compile(r"[\w.-]*\d[\w.-]*(?:\s*[;|,]\s*[\w.-]*\d[\w.-]*)+")
SEPARATORS = (";", "|", ",", "\n")
_WITHOUT_CHOICES = frozenset(("longtext", "html", "json", "identifier", "date", "datetime"))


class ColumnStatistics:
    """Counts over one column: :meth:`add` every cell, then ask for the :meth:`profile`."""

    def __init__(self, name):
        self.name = name
        self.rows = self.filled = self.long = self.html = 0
        self.values = Counter()  # as written, up to the cap
        self.dropped = False  # some value is not among them
        self.kinds = Counter()
        self.orders = Counter()  # orders that a cell proves
        self.marks = Counter()
        self.named = 0  # dates with the name of a month, and in which languages
        self.languages = Counter()
        self.decimals = Counter()
        self.fractions = 0
        self.doubtful = {}  # kind of doubt -> first cell
        self.parts = {separator: Counter() for separator in SEPARATORS}
        self.hashes = DistinctSample()
        self.ascending = self.descending = True
        self.first = self.last = None
        self.likeness = Likeness()

    def add(self, value):
        """Count one cell.

        :param value: its text, or ``None``
        """
        self.add_all((value,))

    def add_all(self, values):
        """Count many cells at once: equal ones are looked at once.

        :param values: their texts, or ``None``, in the order of the rows
        """
        self.rows += len(values)
        counted = Counter(values)
        counted.pop(None, None)
        counted.pop("", None)
        texts = list(map(str.strip, counted))
        if not all(texts):
            counted = {value: count for value, count in counted.items() if value.strip()}
            texts = list(filter(None, texts))
        if texts:
            counts = list(counted.values())
            self.filled += sum(counts)
            self._count_values(counted)
            self.hashes.add_all(texts, counts)
            self._count_looks(*self._count_long(texts, counts))
            self._count_parts(texts, counts)
            self._follow(values)

    def profile(self):
        """The verdict on the column as a :class:`ColumnProfile`."""
        profile = ColumnProfile(self.name, filled=self.filled, rows=self.rows)
        profile.distinct = self.distinct()
        profile.values = self.hashes
        profile.samples = list(self.values)[:SAMPLES]
        profile.listed = any(map(LISTED.fullmatch, self.values))
        if not self.filled:
            profile.confidence = 0.0
            return profile
        for verdict in VERDICTS:
            confidence = verdict(self, profile)
            if confidence:
                profile.confidence = round(confidence, 4)
                break
        if not profile.choices and profile.kind not in _WITHOUT_CHOICES:
            profile.choices = self.few_values()
        return profile

    def merge(self, other):
        """Take in the counts of further rows, as if they had been added after these."""
        self.rows, self.filled = self.rows + other.rows, self.filled + other.filled
        for name in ("long", "html", "named", "fractions"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        for name in ("kinds", "orders", "marks", "decimals", "languages"):
            getattr(self, name).update(getattr(other, name))
        self.doubtful = other.doubtful | self.doubtful
        self._merge_values(other)
        for separator, parts in list(self.parts.items()):
            parts.update(other.parts.get(separator, ()))
            if separator not in other.parts or len(parts) > PARTS_CAP:
                del self.parts[separator]
        if self.last is not None and other.first is not None:
            before, now = (len(self.last), self.last), (len(other.first), other.first)
            self.ascending = self.ascending and before < now
            self.descending = self.descending and before > now
        self.ascending = self.ascending and other.ascending
        self.descending = self.descending and other.descending
        self.first = self.first if self.first is not None else other.first
        self.last = other.last if other.last is not None else self.last

    def _merge_values(self, other):
        self.dropped = self.dropped or other.dropped
        for value, count in other.values.items():
            if value in self.values or len(self.values) < DISTINCT_CAP:
                self.values[value] += count
            else:
                self.dropped = True
        self.hashes.merge(other.hashes)

    def skip(self, rows):
        """Count rows of a table that has not this column."""
        self.rows += rows

    def dump(self):
        """Return all counts as data for JSON; :meth:`load` reads it."""
        left_out = ("hashes", "likeness")
        content = {name: value for name, value in vars(self).items() if name not in left_out}
        return content | {"hashes": self.hashes.dump()}

    @classmethod
    def load(cls, content):
        """Return the statistics that :meth:`dump` wrote."""
        column = cls(content["name"])
        for name, value in content.items():
            if isinstance(getattr(column, name), Counter):
                value = Counter(value)
            setattr(column, name, value)
        column.parts = {separator: Counter(parts) for separator, parts in column.parts.items()}
        column.hashes = DistinctSample.load(content["hashes"])
        return column

    # counting

    def _count_values(self, counted):
        values, entries = self.values, iter(counted.items())
        if len(values) < DISTINCT_CAP:
            for value, count in entries:
                if value in values:
                    values[value] += count
                elif len(value) <= LONGEST_KEPT or len(values) < SAMPLES:
                    values[value] = count
                    if len(values) == DISTINCT_CAP:
                        break
                else:
                    self.dropped = True
        rest = dict(entries)  # there is no room any more
        known = values.keys() & rest.keys()
        for value in known:
            values[value] += rest[value]
        self.dropped = self.dropped or len(known) < len(rest)

    def _count_long(self, texts, counts):
        """Count texts that are too long, or have too many lines, to be looked at; return others."""
        together = "\n".join(texts)
        if (
            "<" not in together
            and together.count("\n") == len(texts) - 1
            and max(map(len, texts)) <= LONG
        ):
            return texts, counts
        short = []
        for text, count in zip(texts, counts, strict=True):
            if len(text) > LONG or "\n" in text or ("<" in text and is_html(text)):
                self.long += count
                self.html += is_html(text) * count
                self.kinds["json"] += is_json(text) * count
            else:
                short.append((text, count))
        return tuple(zip(*short, strict=True)) or ((), ())

    def _follow(self, values):
        """See whether the values still rise, or fall, from row to row: numbers of records do."""
        if self.last is not None and not (self.ascending or self.descending):
            return
        filled = filter(None, map(str.strip, filter(None, values)))
        self._compare(islice(filled, FEW))
        rest = list(filled) if self.ascending or self.descending else ()
        if not rest:
            return
        sized = [(len(text), text) for text in (self.last, *rest)]
        # Most columns of numbers go one way; told at once, and else from text to text.
        rises = self.ascending and all(map(lt, sized, sized[1:]))
        falls = self.descending and all(map(gt, sized, sized[1:]))
        if rises != falls:
            self.ascending, self.descending, self.last = rises, falls, rest[-1]
        else:
            self._compare(rest)

    def _compare(self, texts):
        for text in texts:
            if self.last is None:
                self.first = text
            else:
                before, now = (len(self.last), self.last), (len(text), text)
                self.ascending = self.ascending and before < now
                self.descending = self.descending and before > now
            self.last = text
            if not (self.ascending or self.descending):
                return

    def _count_looks(self, texts, counts):
        for seen, text, count in self.likeness.tally(texts, counts):
            for kind in seen.kinds:
                self.kinds[kind] += count
            if seen.languages:
                self.named += count
                for language in seen.languages:
                    self.languages[language] += count
                if seen.orders:
                    self.doubtful.setdefault("month", text)
            elif seen.orders:
                self.marks[seen.mark] += count
                if len(seen.orders) == 1:
                    self.orders[next(iter(seen.orders))] += count
                else:
                    self.doubtful.setdefault("date", text)
            if seen.decimals:
                if len(seen.decimals) == 1:
                    self.decimals[next(iter(seen.decimals))] += count
                else:
                    self.doubtful.setdefault("number", text)
            self.fractions += seen.fraction * count

    def _count_parts(self, texts, counts):
        for separator, parts in list(self.parts.items()):
            for text, count in zip(texts, counts, strict=True):
                if separator in text:
                    for part in text.split(separator):
                        part = part.strip()
                        if part:
                            parts[part] += count
                else:
                    parts[text] += count
                if len(parts) > PARTS_CAP:
                    del self.parts[separator]
                    break

    # asking

    def distinct(self):
        return self.hashes.estimate() if self.dropped else len(self.values)

    def unique(self):
        return not self.hashes.repeated and len(self.values) == min(self.filled, DISTINCT_CAP)

    def share(self, *kinds):
        return min(1.0, sum(self.kinds[kind] for kind in kinds) / self.filled)

    def agree(self, count):
        """Whether ``count`` cells carry the column in spite of the others."""
        odd = self.filled - count
        spared = 2 if self.filled >= 10 else 1 if self.filled >= 4 else 0
        return count > 0 and (odd <= spared or count / self.filled >= AGREEMENT)

    def few_values(self):
        if self.dropped or len(self.values) > CHOICES_CAP:
            return []
        if len(self.values) * 2 > self.filled and len(self.values) > 1:
            return []
        return list(self.values)


def settle_dates(profiles):
    """Let columns of one export that could not prove their date order or decimal mark take it
    from those that could, where these agree: one program wrote them all.

    Dates ask the columns of their own kind and punctuation only (exports with European dates and
    American times exist), figures all the others; without such witnesses the doubt stays.

    :param profiles: :class:`ColumnProfile` of all columns of all files of the export; changed
    """
    for profile in profiles:
        if _in_doubt(profile, "ambiguous_date"):
            mark = profile.options.get("date_mark")
            kin = [other for other in profiles if other.options.get("date_mark") == mark]
            kin = [other for other in kin if other.kind == profile.kind]
            _take(profile, "date_order", "ambiguous_date", kin)
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
