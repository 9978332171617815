"""``docs/coverage.md`` names a test for every promise, and each of them exists."""

import ast
import re
from collections import Counter
from pathlib import Path

from odoo.tests import BaseCase, tagged

ROOT = Path(__file__).resolve().parents[1]
# Numbers of the promises, by the page they were made on.
PROMISES = {"GN": 17, "SP": 51, "CC": 57, "SC": 45, "SS": 38, "KC": 48}
LINE = re.compile(r"^\| ([A-Z]{2}-\d{2}) \| (.+) \|$", re.M)
TEST = re.compile(r"([\w/]+\.py)::(\w+)\.(\w+)")


@tagged("post_install", "-at_install", "crm_migration")
class TestCoverage(BaseCase):
    def setUp(self):
        super().setUp()
        self.lines = LINE.findall((ROOT / "docs" / "coverage.md").read_text(encoding="utf-8"))

    def test_every_promise_stands_there_once(self):
        promised = [f"{page}-{n:02}" for page, last in PROMISES.items() for n in range(1, last + 1)]
        self.assertEqual(Counter(number for number, __ in self.lines), Counter(promised))

    def test_every_named_test_exists(self):
        known = {}
        for number, proof in self.lines:
            if proof.startswith(("open: ", "not software: ")):
                continue
            with self.subTest(number):
                match = TEST.fullmatch(proof)
                self.assertTrue(match, proof)
                path, case, test = match.groups()
                if path not in known:
                    known[path] = self._read_tests(ROOT / path)
                self.assertIn((case, test), known[path])

    def _read_tests(self, path):
        """Return {(class, test)} of a file."""
        tree = ast.parse(path.read_text(encoding="utf-8"))
        return {
            (case.name, test.name)
            for case in tree.body
            if isinstance(case, ast.ClassDef)
            for test in case.body
            if isinstance(test, ast.FunctionDef)
        }
