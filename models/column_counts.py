"""Counts over the columns of a file, made while its rows are staged.

So the map is proposed from all rows without reading them again. The counts are kept with the file
when its last row is staged; a file that was not read in one go has none, and its rows are read
once more when the map is proposed.
"""

import json
import zlib
from itertools import cycle

from ..engine.inference import ColumnStatistics

# Fast rather than small: a file's counts are read once or twice.
LEVEL = 1
# Cells of a column that are looked at together.
TOGETHER = 5000


class ColumnCounts:
    """The counts over one file, or over several files of one kind of record."""

    def __init__(self, names):
        self.columns = {name: ColumnStatistics(name) for name in names}
        self.held = {name: [] for name in names}
        self.turns, self.turn = cycle(names), 0.0
        self.rows = 0

    def add(self, payloads):
        """Count rows: a list of {column: text}, in their order.

        Most is saved where many cells are looked at together, so they are held for a while.
        """
        for name, held in self.held.items():
            held += [payload.get(name) for payload in payloads]
        self._go_on(len(payloads))

    def add_columns(self, columns, rows):
        """Count rows that are given by column: {name: texts}, an empty cell being ``""``."""
        for name, held in self.held.items():
            held += columns[name] if name in columns else [None] * rows
        self._go_on(rows)

    def _go_on(self, rows):
        """Count the columns whose turn it is: some after each block, so that PostgreSQL, which
        writes the rows meanwhile, never waits for all of them.
        """
        self.rows += rows
        self.turn += rows * len(self.held) / TOGETHER
        while self.turn >= 1:
            self.turn -= 1
            name = next(self.turns)
            self._settle(name)

    def _settle(self, name):
        if self.held[name]:
            self.columns[name].add_all(self.held[name])
            self.held[name].clear()

    def settle(self):
        """Count what is held."""
        for name in self.held:
            self._settle(name)

    def merge(self, other):
        """Take in the counts over a further file, which may have other columns."""
        for name in [*self.columns, *other.columns]:
            if name not in self.columns:
                self.columns[name] = ColumnStatistics(name)
                self.columns[name].skip(self.rows)
            elif name not in other.columns:
                self.columns[name].skip(other.rows)
        for name, statistics in other.columns.items():
            self.columns[name].merge(statistics)
        self.rows += other.rows

    def profiles(self):
        """Return the column profiles, in order."""
        self.settle()
        return [statistics.profile() for statistics in self.columns.values()]

    def dump(self):
        """Return the counts as bytes: how many columns, a line of hashes for each, then the rest.

        Hashes cannot be compressed: to try it took most of the time.
        """
        self.settle()
        columns = [statistics.dump() for statistics in self.columns.values()]
        hashes = [column["hashes"].pop("seen").encode() for column in columns]
        text = json.dumps({"rows": self.rows, "columns": columns}, separators=(",", ":"))
        rest = zlib.compress(text.encode("utf-8", "surrogatepass"), LEVEL)
        return b"\n".join([b"%d" % len(columns), *hashes, rest])

    @classmethod
    def load(cls, content):
        """Return the counts that :meth:`dump` wrote, or None if an earlier version wrote them."""
        number, __, content = content.partition(b"\n")
        if not number.isdigit():
            return None  # their hashes are others, and cannot be compared with today's
        *hashes, rest = content.split(b"\n", int(number))
        read = json.loads(zlib.decompress(rest).decode("utf-8", "surrogatepass"))
        counts = cls([])
        counts.rows = read["rows"]
        for column, seen in zip(read["columns"], hashes, strict=True):
            column["hashes"]["seen"] = seen.decode()
            counts.columns[column["name"]] = ColumnStatistics.load(column)
        return counts
