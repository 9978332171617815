"""Rows are packed together as each would be alone."""

import json
import random
import unittest

from ..packing import fingerprint, pack

CELLS = (
    None, "a", "\x1c", "b\x1d\x1e", "\x01", "\x02\x03", "\x0b",
    'say "hi"', "back\\slash", "\\u001f", "line\nbreak\r\n\ttab", "Größe", "日本",
    "\x1f", "\\u001c", "\x7f", "€ 5", "\x8d",  "'", "{}", "\u2028", "😀",
)  # fmt: skip


class TestPacking(unittest.TestCase):
    def check(self, rows):
        for row, (text, found) in zip(rows, pack(rows), strict=True):
            filled = {name: value for name, value in row.items() if value is not None}
            self.assertEqual(json.loads(text), filled)
            self.assertEqual(found, fingerprint(row))

    def test_any_text_is_kept_as_it_is(self):
        header = ["Name", 'A "quoted" one', "back\\slash", "z", "Ä"]
        for seed in range(20):
            some = random.Random(seed)
            cells = some.sample(CELLS, 6)
            rows = [{name: some.choice(cells) for name in header} for __ in range(600)]
            with self.subTest(cells=cells):
                self.check(rows)

    def test_rows_of_other_columns_and_without_any(self):
        rows = [
            {"a": "1", "b": None},
            {"a": None, "b": None},
            {"b": "2", "a": "x", "Column 3": "y"},
        ]
        self.check(rows)
        self.check(rows[:1])
        self.check([{"only": "x"}, {"only": None}])

    def test_fingerprints_are_those_that_are_stored(self):
        """Another one would make every row of the next export a changed one."""
        row = {"Name": "Ada", "City": None, "Ä": "ö\n"}
        known = "a5a626bb525d4aef655ac757ab630336"
        self.assertEqual((fingerprint(row), pack([row])[0][1]), (known, known))
