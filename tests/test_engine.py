"""The engine's own tests, which need no database, run inside Odoo too."""

import unittest
from pathlib import Path

from odoo.tests import BaseCase, tagged
from odoo.tests.common import _super_send

ROOT = Path(__file__).resolve().parent.parent


@tagged("post_install", "-at_install", "crm_migration")
class TestEngine(BaseCase):
    @classmethod
    def _request_handler(cls, s, r, /, **kw):
        """Leave it to the engine, whose own guard is under test, where requests may go."""
        return _super_send(s, r, **kw)

    def test_engine(self):
        """All of ``engine/tests`` passes with the interpreter and libraries of the server."""
        package = __package__.rpartition(".")[0]
        names = [
            f"{package}.engine.tests.{path.stem}"
            for path in (ROOT / "engine/tests").glob("test_*.py")
        ]
        self.assertTrue(names)
        suite = unittest.defaultTestLoader.loadTestsFromNames(names)
        self.assertGreater(suite.countTestCases(), 50)
        result = unittest.TestResult()
        suite.run(result)
        problems = [f"{test}\n{trace}" for test, trace in result.errors + result.failures]
        self.assertFalse(problems, "\n".join(problems))
        self.assertEqual(result.testsRun, suite.countTestCases())
