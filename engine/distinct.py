"""How many distinct values there are, in memory that does not grow with them."""

from hashlib import blake2b
from zlib import crc32

#: Hashes that are kept before the sample is halved.
SIZE = 8_000


class DistinctSample:
    """Distinct values counted with little memory: hashes with so many zero bits at their end.

    Adaptive sampling (Wegman; Flajolet 1990): when the sample is full, one more bit must be zero.
    """

    def __init__(self):
        self.seen = set()
        self.bits = 0
        self.repeated = False

    def add_all(self, told):
        """Count values.

        :param told: ``(value as written, its text, how often)`` of each; the text is compared
        """
        mask = (1 << self.bits) - 1
        for _value, text, count in told:
            content = text.encode("utf-8", "surrogatepass")
            # Decides who is sampled; it alone would take strangers for equals.
            value = crc32(content)
            if value & mask:
                continue
            value |= int.from_bytes(blake2b(content, digest_size=4).digest(), "big") << 32
            if count > 1 or value in self.seen:
                self.repeated = True
            self.seen.add(value)
            if len(self.seen) > SIZE:
                self._thin()
                mask = (1 << self.bits) - 1

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
        return {"seen": list(self.seen), "bits": self.bits, "repeated": self.repeated}

    @classmethod
    def load(cls, content):
        """Return the sample that :meth:`dump` wrote."""
        sample = cls()
        sample.seen = set(content["seen"])
        sample.bits, sample.repeated = content["bits"], content["repeated"]
        return sample

    def estimate(self):
        return len(self.seen) << self.bits
