"""What a person confirmed for a table of a source is proposed first the next time."""

import json

from odoo.exceptions import AccessError
from odoo.tests import tagged

from .common import MigrationCase

ROWS = [
    {
        "Contact ID": "1",
        "First Name": "Ada",
        "Last Name": "Nu",
        "Nick": "A",
        "Email": "a@nu.example",
    },
    {
        "Contact ID": "2",
        "First Name": "Bob",
        "Last Name": "Xi",
        "Nick": "B",
        "Email": "b@xi.example",
    },
]


@tagged("post_install", "-at_install", "crm_migration")
class TestMemory(MigrationCase):
    def make(self, rows=None):
        rows = rows or ROWS
        number = self.env["crm.migration.project"].search_count([])
        return self.propose(self.make_project({"contacts.csv": rows}, name=f"Move {number}"))

    def confirm(self, **changes):
        project = self.make()
        for column, target in changes.items():
            self.line(project, column).write({"target_field": target, "new_type": False})
        project.action_confirm_all()
        project.action_confirm_map()
        return project

    def line(self, project, column):
        return project.line_ids.filtered(lambda line: line.column == column)

    def test_same_columns(self):
        """The confirmed target comes back with the reason, and still waits for a confirmation."""
        self.confirm(Nick="comment")
        again = self.make()
        nick = self.line(again, "Nick")
        self.assertEqual(
            (nick.target_field, nick.reason, nick.score), ("comment", "remembered", 1.0)
        )
        self.assertEqual(set(again.line_ids.mapped("state")), {"proposed"})

    def test_nearly_the_same_columns(self):
        """A source that got a column is still itself; where the program says otherwise, it asks."""
        self.confirm(Nick="comment")
        rows = [row | {"Tier": "A"} for row in ROWS]
        other = self.make(rows)
        nick = self.line(other, "Nick")
        self.assertEqual((nick.target_field, nick.reason), ("comment", "remembered_near"))
        self.assertFalse(nick.is_certain)
        self.assertTrue(self.line(other, "Email").is_certain)
        self.assertNotIn("remembered", self.line(other, "Tier").reason)

    def test_other_columns(self):
        """A table with another header is proposed as if nothing had been confirmed."""
        self.confirm(Nick="comment")
        rows = [row | {"Tier": "A", "Size": "5", "Fax": "1"} for row in ROWS]
        other = self.make(rows)
        self.assertNotIn("remembered", self.line(other, "Nick").reason)

    def test_forgotten(self):
        """What is forgotten is proposed as if it had never been confirmed; only managers forget."""
        self.confirm(Nick="comment")
        memory = self.env["crm.migration.memory"].search([("entity", "=", "contact")])
        self.assertIn("comment", memory.summary["Nick"])
        user = self.make_user("User", "user@x.example", "crm_migration.crm_migration_group_user")
        with self.assertRaises(AccessError):
            memory.with_user(user).action_forget()
        memory.action_forget()
        self.assertNotIn("remembered", self.line(self.make(), "Nick").reason)

    def test_a_saved_map_makes_the_same_map(self):
        """Written to a file and read into another project, a map says the same in every line."""
        first = self.confirm(Nick="comment")
        saved = json.loads(json.dumps(first._export_map()))
        self.env["crm.migration.memory"].search([]).sudo().unlink()
        second = self.make()
        self.assertNotEqual(self.line(second, "Nick").target_field, "comment")
        second._import_map(saved)
        self.assertEqual(second._export_map(), first._export_map())
        self.assertEqual(set(second.line_ids.mapped("reason")), {"saved"})
        self.assertEqual(set(second.line_ids.mapped("state")), set(first.line_ids.mapped("state")))

    def test_last_word_counts(self):
        """What was confirmed last is remembered; one entry for a table, however often it comes."""
        self.confirm(Nick="comment")
        self.confirm(Nick="ref")
        again = self.make()
        self.assertEqual(self.line(again, "Nick").target_field, "ref")
        memories = self.env["crm.migration.memory"].search([("entity", "=", "contact")])
        self.assertEqual(len(memories.filtered(lambda one: "Nick" in one.lines)), 1)

    def test_left_out(self):
        """A column that was left out is proposed to be left out."""
        project = self.make()
        self.line(project, "Nick").action_ignore()
        project.action_confirm_all()
        project.action_confirm_map()
        again = self.make()
        self.assertFalse(self.line(again, "Nick").target_field)
