import doctest
import unittest

from .. import mending


class TestMending(unittest.TestCase):
    def test_doctests(self):
        self.assertEqual(doctest.testmod(mending).failed, 0)

    def test_formulas_are_guarded_and_come_back(self):
        """What a spreadsheet would run is text there, and the same text when it returns."""
        for text in (
            "=cmd|' /C calc'!A0",
            "@SUM(1)",
            "-2+3+cmd|' /C calc'!A0",
            "+A1",
            "\t=1",
            "'x",
        ):
            self.assertTrue(mending.guard(text).startswith("'"), text)
            self.assertEqual(mending.unguard(mending.guard(text)), text)

    def test_figures_stay_as_they_are(self):
        for text in ("-12.50", "+49 (0)30/1234-5", "plain", ""):
            self.assertEqual(mending.guard(text), text)

    def test_row_comes_back(self):
        row = {"Name": "'=x", "Phone": None, mending.KEY_COLUMN: "contact:a:b#2",
               mending.REASON_COLUMN: "why"}  # fmt: skip
        self.assertEqual(mending.unpack(row), ({"Name": "=x", "Phone": None}, "a:b#2"))
        self.assertEqual(mending.unpack({"Name": "'x"}), ({"Name": "'x"}, None))


if __name__ == "__main__":
    unittest.main()
