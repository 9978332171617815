from odoo.exceptions import UserError

from .common import MigrationCase

SEMICOLONS = "Export of today\nContact ID;Full Name;Email\n1;Jörg;j@x.example\n2;Ana;a@x.example\n"


class TestReread(MigrationCase):
    """A person corrects how a file is read, and sees at once what comes of it."""

    def setUp(self):
        super().setUp()
        self.user = self.make_user("Uma", "uma@x.example", "crm_migration.crm_migration_group_user")
        self.project = self.make_project({"contacts.csv": SEMICOLONS.encode("cp1252")})
        self.file = self.project.file_ids.with_user(self.user)

    def test_header_row(self):
        self.file.header_row = 3
        self.assertEqual(self.file.header[0], "1")
        self.file.write({"header_row": 2, "encoding": "cp1252", "delimiter": ";"})
        self.assertEqual(self.file.header, ["Contact ID", "Full Name", "Email"])
        self.assertEqual(self.file.key_column, "Contact ID")
        self.assertEqual(self.file.preview[0][1], "Jörg")

    def test_preview_before_saving(self):
        new = self.file.new({"header_row": 3}, origin=self.file)
        new._onchange_reading()
        self.assertEqual(new.header[0], "1")
        self.assertNotEqual(self.file.header[0], "1")

    def test_unknown_encoding_is_refused(self):
        with self.assertRaises(UserError):
            self.file.encoding = "no-such-encoding"

    def test_rows_read_wrongly_are_staged_anew(self):
        self.file.sudo().write({"overrides": {"header_row": 3}})
        self.run_step(self.project, "extract")
        self.file.write({"header_row": 2})
        self.assertEqual(self.file.state, "new")
        self.run_step(self.project, "extract")
        self.assertEqual(self.project.record_count, 2)


class TestEncodings(MigrationCase):
    def test_a_short_file_follows_the_others_of_its_upload(self):
        rows = "".join(f"{number};Wałęsa Świętokrzyskie\n" for number in range(30))
        project = self.make_project(
            {
                "contacts.csv": ("Contact ID;Full Name\n" + rows).encode("cp1250"),
                "companies.csv": "Company ID;Company Name\n1;Kováč\n".encode("cp1250"),
            }
        )
        files = {file.name: file for file in project.file_ids}
        self.assertEqual(files["companies.csv"].encoding, "cp1250")
        self.assertEqual(files["companies.csv"].preview[0][1], "Kováč")
        self.assertFalse(files["companies.csv"].issue_ids)
