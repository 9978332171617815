"""How many distinct values there are, in memory that does not grow with them."""

import base64
import sys
from array import array
from itertools import compress
from operator import itemgetter
from zlib import crc32

#: Hashes that are kept before the sample is halved.
SIZE = 8_000
_BACKWARDS = itemgetter(slice(None, None, -1))


class DistinctSample:
    """Distinct values counted with little memory: hashes with so many zero bits at their end.

    Adaptive sampling (Wegman; Flajolet 1990): when the sample is full, one more bit must be zero.
    """

    def __init__(self):
        self.seen = set()
        self.bits = 0
        self.repeated = False

    def add_all(self, texts, counts):
        """Count values.

        :param texts: their texts, which are compared
        :param counts: how often each of them is there
        """
        contents = _encode(texts)
        # Decides who is sampled; it alone would take strangers for equals.
        marks = list(map(crc32, contents))
        if self.bits:
            mask = (1 << self.bits) - 1
            chosen = [not mark & mask for mark in marks]
            contents, marks = list(compress(contents, chosen)), list(compress(marks, chosen))
            counts = list(compress(counts, chosen))
        # Of the letters backwards it is another hash: both are alike as seldom as 64 bits are.
        others = map(crc32, map(_BACKWARDS, contents))
        found = {mark | other << 32 for mark, other in zip(marks, others, strict=True)}
        known = len(self.seen)
        self.seen |= found
        self.repeated = (
            self.repeated
            or len(found) < len(marks)
            or sum(counts) > len(counts)
            or len(self.seen) < known + len(found)
        )
        self._thin()

    def _thin(self):
        while len(self.seen) > SIZE:
            self.bits += 1
            self.seen = {old for old in self.seen if not old & ((1 << self.bits) - 1)}

    def merge(self, other):
        """Take in the sample of other rows of the same column."""
        bits = max(self.bits, other.bits)
        mask = (1 << bits) - 1
        mine = {value for value in self.seen if not value & mask}
        theirs = {value for value in other.seen if not value & mask}
        self.repeated = self.repeated or other.repeated or bool(mine & theirs)
        self.seen, self.bits = mine | theirs, bits
        self._thin()

    def dump(self):
        """Return the sample as data for JSON; the hashes as one text, for they are thousands."""
        seen = _little_endian(array("Q", self.seen)).tobytes()
        seen = base64.b64encode(seen).decode()
        return {"seen": seen, "bits": self.bits, "repeated": self.repeated}

    @classmethod
    def load(cls, content):
        """Return the sample that :meth:`dump` wrote."""
        sample = cls()
        seen = content["seen"]
        if isinstance(seen, str):
            seen = _little_endian(array("Q", base64.b64decode(seen)))
        sample.seen = set(seen)  # a list, in what was stored before
        sample.bits, sample.repeated = content["bits"], content["repeated"]
        return sample

    def estimate(self):
        return len(self.seen) << self.bits


def _encode(texts):
    try:
        return list(map(str.encode, texts))
    except UnicodeEncodeError:  # half a letter, out of JSON
        return [text.encode("utf-8", "surrogatepass") for text in texts]


def _little_endian(numbers):
    """Return an array as every machine writes it, or one that was so written as numbers."""
    if sys.byteorder == "big":
        numbers.byteswap()
    return numbers
