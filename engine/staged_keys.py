"""Which keys a file has had so far, in memory that hardly grows with them."""

from array import array
from bisect import bisect_left

#: Keys that are kept as they are; of those before them two numbers each are left.
RECENT = 100_000
#: The numbers are kept in so many lists, to put some thousand in order at a time.
_PARTS = 64


class StagedKeys:
    """Keys with the fingerprints of their rows.

    A hundred thousand take as many as 240 bytes each, all others 16: hashes of 64 bits, of the key
    and of the key with the fingerprint. That one of ten million rows meets a stranger's has a
    chance of some millionths; the row would be held with an issue, and not lost.
    """

    def __init__(self, recent=RECENT):
        self._most = recent
        self._recent = {}
        self._older = [array("q") for __ in range(_PARTS)]
        self._has_older = False

    def __contains__(self, key):
        return key in self._recent or (self._has_older and self._is_older(hash(key)))

    def has_any(self, keys):
        """Whether one of these is there already."""
        if not self._recent.keys().isdisjoint(keys):
            return True
        return self._has_older and any(map(self._is_older, map(hash, keys)))

    def is_same(self, key, fingerprint):
        """Whether the row of a key that is there has that content."""
        if key in self._recent:
            return self._recent[key] == fingerprint
        return self._is_older(hash((key, fingerprint)))

    def add(self, pairs):
        """Take in keys that are not there.

        :param pairs: iterable of ``(key, fingerprint)``
        """
        self._recent.update(pairs)
        if len(self._recent) >= self._most:
            self._pack()

    def _is_older(self, number):
        part = self._older[number % _PARTS]
        place = bisect_left(part, number)
        return place < len(part) and part[place] == number

    def _pack(self):
        parts = [[] for __ in range(_PARTS)]
        for pair in self._recent.items():
            for number in (hash(pair[0]), hash(pair)):
                parts[number % _PARTS].append(number)
        for place, numbers in enumerate(parts):
            self._older[place] = array("q", sorted(self._older[place].tolist() + numbers))
        self._recent = {}
        self._has_older = True
