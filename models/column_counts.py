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
        self.rows = 0

    def add(self, payloads):
        """Count rows: a list of {column: text}, in their order."""
        self.rows += len(payloads)
        if payloads:
            rows = [map(payload.get, self.columns) for payload in payloads]
            for statistics, cells in zip(
                self.columns.values(), zip(*rows, strict=True), strict=True
            ):
                statistics.add_all(cells)

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
