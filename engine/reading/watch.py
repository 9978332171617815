"""What went wrong in an export before it came here, told from all of its rows.

Excel and the like cut texts, turn figures into ``1.2E+05`` and drop zeros: the file is then read
right, and its content is wrong all the same.
"""

import re
from collections import Counter
from itertools import zip_longest

from ..dates import parse
from ..types import Problem
from .layout import REPLACEMENT, ZERO_BYTE

#: Lengths at which programs cut texts.
CUTS = (255, 32_767)
_CUTS = frozenset(CUTS)
#: Rows after which spreadsheets (header included) and programs stop.
SHEET_ENDS = (65_536, 1_048_576)
ROUND_COUNTS = (1_000, 2_000, 2_500, 5_000, 10_000, 20_000, 25_000, 50_000, 100_000, 250_000)
_EXPONENT = re.compile(r"[-+]?\d(?:[.,]\d+)?[eE]\+\d{1,3}")
_ERROR = re.compile(r"#(?:N/A|REF!|VALUE!|DIV/0!|NAME\?|NUM!|NULL!|SPILL!|CALC!)")
_ANY_DAY = re.compile(r"\b\d{1,2}[./-]\d{1,2}[./-]\d{2,4}\b")
#: What each of them has, by its first mark: marks are rarer than digits, and one letter is found
#: much faster than a choice.
_LIKE_A_DAY = {
    mark: re.compile(re.escape(mark) + r"(?<=\d.)(?<!\d{3}.)\d\d?[./-]\d\d") for mark in "./-"
}
_PADDED = re.compile(
    r"zip|postal|post\s?code|plz|postleitzahl|code\s?postal|\bcap\b|psč|postnummer|postcode|"
    r"irányítószám|posta kodu|индекс|邮编|郵便番号",
    re.IGNORECASE,
)
_COUNTRY = re.compile(
    r"country|länder|(?<![^\W_])(?:land|pays|pa[ií]s|paese|kraj|země|krajina|ország|țara|ülke|maa)"
    r"(?![^\W_])|страна|країна|国",
    re.IGNORECASE,
)
#: Different countries of one column; texts that are none would fill the memory.
_COUNTRIES = 300
#: A longer cell is no date.
DAY = 30
#: Records that are looked at together: a column is searched at once for what few cells have.
HELD = 250
_SEPARATOR = "\x1f"


class Watcher:
    """Counts over the rows of one table: :meth:`add` each, then ask for the :meth:`problems`."""

    def __init__(self, table):
        self.table = table
        self.rows = self.ragged = self.replaced = self.line = 0
        self._held = []
        self.first = {}  # what is told by its first case only
        self.exponents, self.cut, self.errors, self.dates = Counter(), Counter(), Counter(), {}
        padded = [n for n, name in enumerate(table.header) if _PADDED.search(name)]
        lands = [n for n, name in enumerate(table.header) if _COUNTRY.search(name)]
        # Each address has its country; codes are compared with those of the same one.
        self.lands = {place: min(lands, key=lambda n: abs(n - place), default=None)
                      for place in padded}  # fmt: skip
        self.lengths = {place: {} for place in padded}  # {country: Counter}

    def add(self, line, cells):
        """Count one record."""
        self.rows += 1
        self.line = line
        self._held.append((line, cells))
        if len(self._held) >= HELD:
            self._look()

    def add_block(self, lines, columns, texts):
        """Count records that have the table's columns and no letters that were lost.

        :param texts: of each column, its cells joined
        """
        if self._held:
            self._look()
        self.rows += len(lines)
        self.line = lines[-1]
        for place, (column, text) in enumerate(zip(columns, texts, strict=True)):
            if len(text) >= len(column):  # more than what joins empty cells
                self._look_at(place, column, text, lines)
        for place in self.lengths:
            self._count_lengths(place, columns, lines)

    def _look(self):
        """Look at the records that are held, column by column."""
        held, self._held = self._held, []
        width = len(self.table.header)
        for line, cells in held if self.table.format == "csv" else ():
            if len(cells) != width and any(cells[width:] or [True]):
                self.ragged += 1
                self.first.setdefault("ragged", (line, len(cells)))
        lines, rows = zip(*held, strict=True)
        damaged = False
        columns = list(zip_longest(*rows))
        for place, column in enumerate(columns):
            text = _SEPARATOR.join(filter(None, column))
            if text:
                damaged = damaged or ZERO_BYTE in text or REPLACEMENT in text
                self._look_at(place, column, text, lines)
        for place in self.lengths:
            self._count_lengths(place, columns, lines)
        if damaged:
            self._count_replaced(held)

    def _look_at(self, place, column, text, lines):
        if "+" in text and ("E+" in text or "e+" in text):
            self._count(place, column, lines, self.exponents, _EXPONENT.fullmatch)
        if len(text) >= CUTS[0] and not _CUTS.isdisjoint(map(len, filter(None, column))):
            self._count(place, column, lines, self.cut, lambda cell: len(cell) in _CUTS)
        if "#" in text and _ERROR.search(text):
            self._count(place, column, lines, self.errors, _ERROR.fullmatch)
        if len(text) > len(column) * DAY:
            text = _SEPARATOR.join([cell for cell in column if cell and len(cell) < DAY])
        if any(mark in text and day.search(text) for mark, day in _LIKE_A_DAY.items()):
            self._count_dates(place, column, lines)

    def _count_replaced(self, held):
        for line, cells in held:
            text = _SEPARATOR.join(filter(None, cells)).replace(ZERO_BYTE, REPLACEMENT)
            if REPLACEMENT in text:
                self.replaced += 1
                self.first.setdefault("replaced", (line, text))

    def _count_lengths(self, place, columns, lines):
        land, counts = self.lands[place], self.lengths[place]
        codes = columns[place] if place < len(columns) else ()
        countries = columns[land] if land is not None and land < len(columns) else ()
        for line, code, country in zip_longest(lines, codes, countries):
            cell = code.strip() if code else ""
            if cell.isascii() and cell.isdigit():
                where = country.strip().casefold() if country else ""
                where = where if where in counts or len(counts) < _COUNTRIES else ""
                counts.setdefault(where, Counter())[len(cell)] += 1
                self.first.setdefault((place, where, len(cell)), (line, cell))

    def problems(self):
        """Everything that is worth a look, as :class:`Problem`."""
        if self._held:
            self._look()
        found = list(self.table.problems)
        name = {"file": self.table.name}
        if self.ragged:
            line, length = self.first["ragged"]
            lengths = {"found": length, "expected": len(self.table.header)}
            found.append(Problem("ragged_rows", parameters=name | lengths | {"line": line}
                                 | {"count": self.ragged}))  # fmt: skip
        if self.replaced:
            line, text = self.first["replaced"]
            parameters = name | {"count": self.replaced, "line": line}
            value = _around(text, REPLACEMENT)
            found.append(Problem("replacement_characters", value=value, parameters=parameters))
        found += self._of_columns("exponent_numbers", self.exponents)
        found += self._of_columns("cells_cut", self.cut)
        found += self._of_columns("error_cells", self.errors)
        found += self._mixed_dates()
        found += self._lost_zeros()
        found += self.table.told()
        if self.rows in ROUND_COUNTS or self.line in SHEET_ENDS:
            found.append(Problem("round_count", parameters=name | {"count": self.rows}))
        return found

    def _count(self, place, column, lines, counter, wanted):
        for line, cell in zip(lines, column, strict=True):
            if cell and wanted(cell):
                counter[place] += 1
                self.first.setdefault((id(counter), place), (line, cell))

    def _count_dates(self, place, column, lines):
        for line, cell in zip(lines, column, strict=True):
            if cell and len(cell) < DAY and _ANY_DAY.search(cell):
                parsed = parse(cell.strip())
                if parsed and len(parsed.readings) == 1:
                    (order,) = parsed.readings
                    seen = self.dates.setdefault(place, {})
                    first, since, count = seen.get(order, (cell, line, 0))
                    seen[order] = (first, since, count + 1)

    def _of_columns(self, code, counter):
        for place, count in sorted(counter.items()):
            line, value = self.first[id(counter), place]
            parameters = {"count": count, "length": len(value), "line": line}
            parameters["file"] = self.table.name
            yield Problem(code, self._column(place), value=value[:200], parameters=parameters)

    def _mixed_dates(self):
        for place, seen in sorted(self.dates.items()):
            if "dmy" in seen and "mdy" in seen:
                (value, *_), (other, line, _count) = seen["dmy"], seen["mdy"]
                parameters = {"file": self.table.name, "other": other, "line": line}
                parameters["count"] = min(count for _value, _line, count in seen.values())
                yield Problem("mixed_dates", self._column(place), "", value, parameters=parameters)

    def _lost_zeros(self):
        """Of codes that have one length, some are shorter: figures lose their zeros in front."""
        for place, countries in self.lengths.items():
            short, longest = [], 0
            for land, lengths in countries.items():
                length, _count = lengths.most_common(1)[0]
                less = [size for size in lengths if length - 3 < size < length]
                if less and length > 3:
                    longest = max(longest, length)
                    short += [(self.first[place, land, size], lengths[size]) for size in less]
            if short:
                (line, value), _count = min(short)
                parameters = {"file": self.table.name, "length": longest, "line": line}
                parameters["count"] = sum(count for _first, count in short)
                yield Problem("lost_zeros", self._column(place), "", value, parameters=parameters)

    def _column(self, place):
        header = self.table.header
        return header[place] if place < len(header) else f"Column {place + 1}"


def watch(table):
    """All warnings about a table, from all of its rows."""
    watcher = Watcher(table)
    for line, cells, footer in table.cells():
        if not footer:
            watcher.add(line, cells)
    return watcher.problems()


def _around(text, mark):
    place = text.index(mark)
    return text[max(0, place - 30) : place + 30].replace(_SEPARATOR, " | ")
