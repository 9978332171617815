"""Rows by column are the rows that come one by one, whatever is odd about them."""

import random
import tempfile
import unittest
from pathlib import Path

from ..reading import Watcher, tables
from ..types import Block

NASTY = (
    "", " ", "\t", "\x1f", "\x1b", "\xa0", " x ", '"a ""b"""', '"two\nlines"', '"three\r\nlines\r"',
    "nul\0byte", "\ufffd", "1.2E+05", "#N/A", "03/04/2024", "31/12/24", "x" * 255, "Größe", "日本",
)  # fmt: skip
ODD = (
    "",
    ",,,,",
    " , ,,,",
    "k1,short",
    "k2,a,b,c,d,surplus",
    "k3,a,b,c,d,",
    "ID,Name,Zip,Country,Day",
)


def lines(seed, odd):
    some = random.Random(seed)
    found = ["ID,Name,Zip,Country,Day"]
    for number in range(400):
        cells = some.choices(("Ada", "04711", "47110", "2024-05-06", ""), k=4)
        if some.random() < 0.1:
            cells[some.randrange(4)] = some.choice(NASTY)
        found.append(",".join([str(number), *cells]))
        if some.random() < odd:
            found.append(some.choice(ODD))
    return [*found, "Total: 400,,,,", "Exported today"]


class TestBlocks(unittest.TestCase):
    def check(self, text, size=50):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, "contacts.csv")
            path.write_text(text, encoding="utf-8", newline="")
            (table,) = tables(path)
            alone, together = Watcher(table), Watcher(table)
            blocks = list(table.blocks(size, together))
            rows = [
                row
                for block in blocks
                for row in (block.rows() if isinstance(block, Block) else block)
            ]
            self.assertEqual(rows, list(table.rows(alone)))
            self.assertEqual(together.problems(), alone.problems())
            return blocks

    def test_any_row_is_the_same_by_column(self):
        for seed, odd in ((1, 0), (2, 0.01), (3, 0.01), (4, 0.1)):
            for end in ("\n", "\r\n", "\r"):
                with self.subTest(seed=seed, odd=odd, end=end):
                    self.check(end.join(lines(seed, odd)) + end)

    def test_one_odd_row_is_told(self):
        rows = [f"{n},Ada,04711,DE,2024-05-06" for n in range(200)]
        for odd in ODD:
            with self.subTest(odd=odd):
                text = "\n".join(["ID,Name,Zip,Country,Day", *rows[:70], odd, *rows[70:]])
                self.check(text + "\n")

    def test_plain_rows_are_told_by_column(self):
        """But for the last few, which could be footers."""
        text = "ID,Name,City,\n" + "".join(f"{n},Ada, ,\n" for n in range(205))
        *blocks, last = self.check(text)
        self.assertTrue(all(isinstance(block, Block) for block in blocks))
        self.assertEqual([len(block.lines) for block in blocks], [45, 50, 50, 50, 5])
        self.assertEqual((blocks[0].lines[:2], len(last)), ((2, 3), 5))

    def test_a_blank_cell_is_empty_wherever_it_stands(self):
        for place in (0, 1, 24, 49):
            rows = [f"{n},{' ' if n == place else 'Ada'}\n" for n in range(60)]
            with self.subTest(place=place):
                self.check("ID,Name\n" + "".join(rows), 55)

    def test_rows_go_on_after_some(self):
        (block,) = self.check("ID,Name\n" + "".join(f"{n},Ada\n" for n in range(25)))[:1]
        self.assertEqual(block.after(7).rows(), block.rows()[7:])


if __name__ == "__main__":
    unittest.main()
