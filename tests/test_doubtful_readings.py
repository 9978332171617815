"""What cannot be decided about a file is asked, and nothing goes on before it is answered."""

import tempfile
from pathlib import Path
from unittest.mock import patch

from odoo.exceptions import UserError

from ..cli.crm_migrate import WAITS, CrmMigrate, Journey
from .common import MigrationCase

SURE = b"Contact ID,Full Name,Email\n1,Ann,ann@x.example\n2,Bob,bob@x.example\n"
FEW_LETTERS = "Contact ID,Full Name,Email\n1,Zoë,zoe@x.example\n".encode("mac_roman")
TWO_DELIMITERS = b"Contact ID,Full Name;Email\n1,Ann;a@x.example\n2,Bob;b@x.example\n"
NO_HEADER = b"1,Ann,ann@x.example,2024-01-05\n2,Bob,bob@x.example,2024-01-06\n"
DATES = "Contact ID,Full Name,Created At\n1,Ann,%s\n2,Bob,%s\n3,Eve,05/06/2024\n"
MIXED = (DATES % ("25/01/2024", "01/26/2024")).encode()
OPEN = (DATES % ("03/04/2024", "04/05/2024")).encode()


class TestDoubtfulReadings(MigrationCase):
    def setUp(self):
        super().setUp()
        self.user = self.make_user("Uma", "uma@x.example", "crm_migration.crm_migration_group_user")

    def make_file(self, content):
        project = self.make_project({"contacts.csv": content}, name=f"Move {len(content)}")
        file = project.file_ids.with_user(self.user)
        file.sudo().write({"entity": "contact", "state": "new"})
        return file

    def test_sure_file_asks_nothing(self):
        file = self.make_file(SURE)
        self.assertFalse(file.is_doubtful or file.questions)
        self.assertEqual(file.confidence, 1)
        file.project_id.action_stage()

    def test_doubt_stops_until_it_is_confirmed(self):
        for content, question in (
            (FEW_LETTERS, "encoding"),
            (TWO_DELIMITERS, "delimiter"),
            (NO_HEADER, "header_row"),
        ):
            file = self.make_file(content)
            with self.subTest(question):
                self.assertIn(question, file.questions)
                self.assertLess(file.confidence, 1)
                with self.assertRaisesRegex(UserError, "contacts.csv"):
                    file.project_id.action_stage()
                file.action_confirm_reading()
                self.assertFalse(file.question)
                file.project_id.action_stage()

    def test_correction_answers_too(self):
        file = self.make_file(TWO_DELIMITERS)
        file.delimiter = ";"
        self.assertEqual(file.header, ["Contact ID,Full Name", "Email"])
        self.assertFalse(file.is_doubtful)
        file = self.make_file(FEW_LETTERS)
        file.encoding = "mac_roman"
        self.assertEqual((file.preview[0][1], file.is_doubtful), ("Zoë", False))

    def test_dates_of_both_orders_stop_the_map(self):
        file = self.make_file(MIXED)
        project = file.project_id
        self.assertFalse(file.is_doubtful)
        self.run_step(project, "extract")
        self.assertEqual(file.questions, ["date_order"])
        self.run_step(project, "propose")
        project.line_ids._accept()
        with self.assertRaisesRegex(UserError, "contacts.csv"):
            project.action_confirm_map()
        file.date_order = "dmy"
        self.assertFalse(file.is_doubtful)

    def test_order_of_the_file_is_that_of_its_columns(self):
        file = self.make_file(OPEN)
        self.assertIn(">?<", file.preview_html)
        file.date_order = "mdy"
        self.assertIn("= 2024-03-04", " ".join(file.preview_html.split()).replace("<!-- -->", ""))
        self.run_step(file.project_id, "extract")
        self.run_step(file.project_id, "propose")
        line = file.project_id.line_ids.filtered(lambda one: one.column == "Created At")
        self.assertEqual((line.date_order, line._get_open_doubts()), ("mdy", []))
        file.date_order = "dmy"
        self.assertEqual(line.date_order, "dmy")
        self.assertEqual(line.state, "proposed")

    def test_preview_follows_before_saving(self):
        file = self.make_file(OPEN)
        new = file.new({"date_order": "dmy"}, origin=file)
        self.assertIn("2024-04-03", new.preview_html)
        self.assertFalse(file.date_order)

    def test_command_line_waits_or_is_told_yes(self):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "contacts.csv"
            path.write_bytes(FEW_LETTERS)
            arguments = ["--project", "Few", "--profile", "karmacrm", "--files", str(path)]
            with (
                patch.object(self.cr, "commit", self.env.flush_all),
                patch("builtins.print") as told,
            ):
                code = Journey(self.env, CrmMigrate()._parse(arguments)).execute()
                self.assertEqual(code, WAITS)
                arguments[1] = "Few, taken"
                Journey(self.env, CrmMigrate()._parse([*arguments, "--yes"])).execute()
        printed = [str(call.args[0]) for call in told.call_args_list if call.args]
        self.assertTrue(any("contacts.csv" in line and "--yes" in line for line in printed))
        project = self.env["crm.migration.project"].search([("name", "=", "Few, taken")])
        self.assertEqual(project.file_ids.answered, ["encoding"])
