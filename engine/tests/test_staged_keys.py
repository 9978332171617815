"""Keys are known again, however many there are, in little memory."""

import tracemalloc
import unittest

from ..staged_keys import StagedKeys

RECENT = 5_000


class TestStagedKeys(unittest.TestCase):
    def test_keys_are_known_again(self):
        keys, count = StagedKeys(RECENT), 2 * RECENT + 500
        for start in range(0, count, 250):
            keys.add((f"k{n}", f"row {n}") for n in range(start, min(start + 250, count)))
        for n in (0, 1, RECENT - 1, RECENT, 2 * RECENT, count - 1):
            self.assertIn(f"k{n}", keys)
            self.assertTrue(keys.is_same(f"k{n}", f"row {n}"))
            self.assertFalse(keys.is_same(f"k{n}", f"row {n + 1}"))
            self.assertTrue(keys.has_any(["new", f"k{n}"]))
        strangers = [f"s{n}" for n in range(20_000)]
        self.assertFalse(keys.has_any(strangers))
        self.assertFalse(any(key in keys for key in strangers))

    def test_memory(self):
        tracemalloc.start()
        keys = StagedKeys(RECENT)
        for start in range(0, 8 * RECENT, 1_000):
            keys.add((f"key {n}", f"fingerprint {n}") for n in range(start, start + 1_000))
        used, __ = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        self.assertLess(used, 8 * RECENT * 16 + RECENT * 400)


if __name__ == "__main__":
    unittest.main()
