"""Staged rows that are loaded together."""

from .item import Item


class Batch:
    """:param rows: staged records
    :param maps: {entity: its map}
    """

    def __init__(self, rows, maps):
        self.rows = rows
        self.maps = maps
        self._items = None

    def __len__(self):
        return len(self.rows)

    def split(self, size):
        """Return batches of at most that many rows."""
        return [
            Batch(self.rows[start : start + size], self.maps) for start in range(0, len(self), size)
        ]

    def map(self):
        """Map the rows, before they are asked for: it takes no query."""
        if self._items is None:
            self._items = self._map()

    def take_items(self):
        """Return an item of each row, in their order: who takes them may change them."""
        self.map()
        items, self._items = self._items, None
        return items

    def _map(self):
        payloads = {}
        for row in self.rows:
            payloads.setdefault(row["entity"], []).append(row["payload"])
        mapped = {entity: iter(self.maps[entity].map_rows(p)) for entity, p in payloads.items()}
        return [Item(row, next(mapped[row["entity"]])) for row in self.rows]
