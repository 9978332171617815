"""Markup of the source is hostile: it loses what acts, is told, proved and taken back."""

from odoo.tests import tagged

from ..models.crm_migration_loader import is_active
from .common import MigrationCase

NOTE = "<p>Called <b>twice</b></p><script>alert(1)</script><!-- hidden -->"


@tagged("post_install", "-at_install", "crm_migration")
class TestActiveContent(MigrationCase):
    def test_what_acts(self):
        acting = (
            "a <SCRIPT>", "<!-- x -->", "</p><svg/>", "<p\nOnClick = 'x'>",
            "<a href='JavaScript:x'>", NOTE,
        )  # fmt: skip
        for text in acting:
            self.assertTrue(is_active(text), text)
        for text in ("<p>1 < 2, a = b: c</p>", "<b style='x'>on</b>", "Season=4", "java: script"):
            self.assertFalse(is_active(text), text)

    def test_scripts_are_left_out_told_and_no_difference(self):
        """What Odoo removes by itself is neither a difference nor an edit by people."""
        before = self.env["mail.message"].search_count([])
        project = self.migrate(
            {
                "contacts.csv": [{"Contact ID": "1", "Name": "Ann", "Email": "a@x.example"}],
                "notes.csv": [
                    {"Note ID": "n1", "Contact ID": "1", "Body": NOTE, "Date": "2024-02-03 10:00"}
                ],
            }
        )
        message = self.env["mail.message"].search([("x_source_id", "=", "n1")])
        self.assertIn("twice", message.body)
        self.assertNotIn("alert", message.body)
        told = project.issue_ids.filtered(lambda issue: issue.code == "active_content")
        self.assertEqual(told.mapped("record_id.source_key"), ["n1"])
        self.run_step(project, "verify")
        totals = project._get_check_totals()
        self.assertFalse(totals["different"] or totals["missing"])
        self.run_step(project, "rollback")
        self.assertFalse(message.exists())
        self.assertEqual(self.env["mail.message"].search_count([]), before)
