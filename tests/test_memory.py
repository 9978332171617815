"""What a person confirmed for a table of a source is proposed first the next time."""

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

    def test_other_columns(self):
        """A table with another header is proposed as if nothing had been confirmed."""
        self.confirm(Nick="comment")
        rows = [row | {"Tier": "A"} for row in ROWS]
        other = self.make(rows)
        self.assertNotEqual(self.line(other, "Nick").reason, "remembered")

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
