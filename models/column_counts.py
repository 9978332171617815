"""Counts over the columns of a file, made while its rows are staged.

So the map is proposed from all rows without reading them again. The counts are kept with the file
when its last row is staged; a file that was not read in one go has none, and its rows are read
once more when the map is proposed.
"""

import json
import zlib

from ..engine.inference import ColumnStatistics

# Fast rather than small: a file's counts are read once or twice.
LEVEL = 1


class ColumnCounts:
    """The counts over one file, or over several files of one kind of record."""

    def __init__(self, names):
        self.columns = {name: ColumnStatistics(name) for name in names}
        self.held = {name: [] for name in names}
        self.rows = self.held_rows = 0

    def add(self, payloads):
        """Count rows: a list of {column: text}, in their order."""
        self.hold(payloads)
        self.settle()

    def hold(self, payloads):
        """Keep rows to be counted together with others."""
        self.held_rows += len(payloads)
        for name, held in self.held.items():
            held += [payload.get(name) for payload in payloads]

    def hold_columns(self, columns, count):
        """Keep rows that are given by column: {name: texts}, an empty cell being ``""``."""
        self.held_rows += count
        for name, held in self.held.items():
            held += columns[name] if name in columns else [None] * count

    def settle(self):
        """Count what is held: most is saved where many rows are looked at together."""
        self.rows += self.held_rows
        self.held_rows = 0
        for name, held in self.held.items():
            if held:
                self.columns[name].add_all(held)
                held.clear()

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
        return [statistics.profile() for statistics in self.columns.values()]

    def dump(self):
        """Return the counts as bytes."""
        columns = [statistics.dump() for statistics in self.columns.values()]
        text = json.dumps({"rows": self.rows, "columns": columns}, separators=(",", ":"))
        return zlib.compress(text.encode("utf-8", "surrogatepass"), LEVEL)

    @classmethod
    def load(cls, content):
        """Return the counts that :meth:`dump` wrote."""
        read = json.loads(zlib.decompress(content).decode("utf-8", "surrogatepass"))
        counts = cls([])
        counts.rows = read["rows"]
        for column in read["columns"]:
            counts.columns[column["name"]] = ColumnStatistics.load(column)
        return counts
