"""What the engine and the profiles say is shown in the user's language."""

import importlib.util
import tempfile
from pathlib import Path
from unittest.mock import patch

import polib

from odoo.tools.translate import code_translations

from ..engine import profiles
from ..engine.issues import CATALOGUE
from .common import MigrationCase

ROOT = Path(__file__).resolve().parent.parent


class TestTranslations(MigrationCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["res.lang"]._activate_lang("de_DE")

    def translate(self, **terms):
        """Have these terms translated: {German: English}."""
        known = {english: german for german, english in terms.items()}
        module = ("crm_migration", "de_DE")
        self.startPatcher(patch.dict(code_translations.python_translations, {module: known}))

    def test_issues_speak_the_users_language(self):
        kind = CATALOGUE["unknown_stage"]
        self.translate(**{"Stufe %(value)s ist fremd": kind.template, "Prüfen": kind.advice})
        deals = [{"Deal ID": "1", "Deal Name": "D", "Stage": "Limbo", "Owner": "Ada Nu"}]
        project = self.migrate({"deals.csv": deals})
        issue = project.issue_ids.filtered(lambda one: one.code == "unknown_stage")[:1]
        self.assertIn("Limbo", issue.message)
        german = issue.with_context(lang="de_DE")
        self.assertEqual(german.message, "Stufe Limbo ist fremd")
        self.assertEqual(german.advice, "Prüfen")
        self.assertEqual(issue.message, kind.template % {"value": "Limbo"})
        doubts = {one["code"]: one for one in project.with_context(lang="de_DE").get_doubts()}
        self.assertEqual(doubts["unknown_stage"]["advice"], "Prüfen")

    def test_traps_are_told_in_the_language_of_who_is_responsible(self):
        project = self.make_project({})
        trap = project._get_profile().gotchas[0]
        self.translate(Falle=trap["text"])
        project.user_id.sudo().lang = "de_DE"
        self.env["crm.migration.gotcha"].sudo()._check(project)
        told = project.gotcha_ids.filtered(lambda one: one.code == trap["code"])
        self.assertEqual(told.name, "Falle")

    def test_template_has_what_the_export_does_not_see(self):
        """GN: every text of the catalogue and of the profiles can be translated."""
        script = ROOT / "dev" / "lib" / "pot_data.py"
        if not script.exists():
            self.skipTest("an installed addon has no developer scripts")
        spec = importlib.util.spec_from_file_location("pot_data", script)
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        with tempfile.NamedTemporaryFile(suffix=".pot") as file:
            polib.POFile().save(file.name)
            module.main(file.name)
            terms = {entry.msgid: entry for entry in polib.pofile(file.name)}
        for kind in CATALOGUE.values():
            self.assertIn(kind.title, terms)
            self.assertIn(kind.advice, terms)
        for code in profiles.codes():
            for trap in profiles.load(code).gotchas:
                self.assertIn(trap["text"], terms)
        self.assertIn("odoo-python", terms[CATALOGUE["file_empty"].advice].comment)
        self.assertNotIn("%(value)s", terms)
