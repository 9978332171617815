"""Held and failed rows: out as CSV in the source's own columns, mended, and in again."""

import csv
import io
import zipfile

from odoo.tests import HttpCase, tagged

from ..engine import mending
from ..models.held_rows import HeldRows
from .common import MigrationCase

ROWS = [
    {"Contact ID": "1", "First Name": "Ada", "Last Name": "Nu", "Owner": "nobody@gone.example",
     "Notes": "=HYPERLINK(\"http://x.example\")", "Phone": "+49 30 1"},
    {"Contact ID": "2", "First Name": "Good", "Last Name": "One", "Owner": "", "Notes": "",
     "Phone": ""},
    {"Contact ID": "3", "First Name": "First", "Last Name": "Three", "Owner": "", "Notes": "",
     "Phone": ""},
    {"Contact ID": "3", "First Name": "Second", "Last Name": "Three", "Owner": "", "Notes": "",
     "Phone": ""},
]  # fmt: skip


class HeldCase(MigrationCase):
    def get_rows(self, project):
        """Return {staged key: row} of all CSV in the download."""
        stream = io.BytesIO()
        self.count = HeldRows(project).pack(stream)
        rows = []
        with zipfile.ZipFile(stream) as archive:
            for name in archive.namelist():
                text = archive.read(name).decode("utf-8-sig")
                rows += list(csv.DictReader(io.StringIO(text, newline="")))
        return {mending.read_mark(row[mending.KEY_COLUMN])[1]: row for row in rows}


@tagged("post_install", "-at_install", "crm_migration")
class TestHeldRows(HeldCase):
    def setUp(self):
        super().setUp()
        self.project = self.migrate({"contacts.csv": ROWS})

    def test_download(self):
        """All held rows, in the columns of the file, with the reason; formulas are text."""
        rows = self.get_rows(self.project)
        self.assertEqual(set(rows), {"1", "3#2"})
        self.assertEqual(self.count, 2)
        self.assertEqual(list(rows["1"]), [*ROWS[0], *mending.OURS])
        self.assertEqual(rows["1"]["Notes"], "'" + ROWS[0]["Notes"])
        self.assertEqual(rows["1"]["Phone"], "+49 30 1")
        self.assertIn("nobody@gone.example", rows["1"][mending.REASON_COLUMN])
        self.assertIn("3", rows["3#2"][mending.REASON_COLUMN])

    def test_mended_rows_land(self):
        """Mended rows are the records they were; one with a new ID is a record of its own."""
        rows = self.get_rows(self.project)
        rows["1"]["Owner"] = self.admin.login
        rows["3#2"]["Contact ID"] = "4"
        self.load_again(self.project, {"contacts_held.csv": list(rows.values())})
        landed = self.find(self.project, "contact", "1")
        self.assertEqual((landed.user_id, landed.phone), (self.admin, "+49 30 1"))
        self.assertIn("=HYPERLINK", landed.comment)
        self.assertEqual(self.find(self.project, "contact", "4").name, "Second Three")
        self.assertEqual(self.find(self.project, "contact", "3").name, "First Three")
        self.assertEqual(self.staged(self.project, "contact", "3#2").state, "skipped")
        outcomes = self.assertAddsUp(self.project)["contact"]
        self.assertEqual((outcomes["held"], outcomes["created"]), (0, 4))
        self.assertFalse(self.get_rows(self.project))
        columns = self.project.line_ids.mapped("column")
        self.assertFalse(set(columns) & set(mending.OURS), "our columns are not in the map")
        run = self.run_step(self.project, "verify")
        self.assertEqual(run.counters["checks"]["different"], 0)

    def test_a_mended_row_that_was_copied(self):
        """The first one is the record that it was; its copy is held, as any second of one ID."""
        mended = self.get_rows(self.project)["1"] | {"Owner": self.admin.login}
        copied = mended | {"Phone": "+49 30 2"}
        self.load_again(self.project, {"contacts_held.csv": [mended, copied]})
        self.assertEqual(self.find(self.project, "contact", "1").phone, "+49 30 1")
        self.assertEqual(self.staged(self.project, "contact", "1#2").state, "held")
        self.assertIn("repeated_key", self.codes(self.project, "contact", "1#2"))
        self.assertAddsUp(self.project)

    def test_rows_that_are_not_mended_stay_held(self):
        """The same file again changes nothing: no second record, no overwritten one."""
        rows = self.get_rows(self.project)
        self.load_again(self.project, {"contacts_held.csv": list(rows.values())})
        self.assertEqual(set(self.get_rows(self.project)), {"1", "3#2"})
        self.assertEqual(self.find(self.project, "contact", "3").name, "First Three")

    def test_all_rows_however_many(self):
        project = self.migrate(
            {
                "contacts.csv": [
                    ROWS[0] | {"Contact ID": f"n{n}", "Email": f"n{n}@n.example"}
                    for n in range(2300)
                ]
            },
            name="Many",
        )
        self.assertEqual(len(self.get_rows(project)), 2300)


@tagged("post_install", "-at_install", "crm_migration")
class TestHeldDownload(HttpCase):
    def test_who_may_download(self):
        """Users of the migration may; other employees may not."""
        project = self.env["crm.migration.project"].create({"name": "P", "profile": "karmacrm"})
        url = f"/crm_migration/held/{project.id}"
        self.authenticate("admin", "admin")
        answer = self.url_open(url)
        self.assertEqual(answer.status_code, 200)
        self.assertEqual(zipfile.ZipFile(io.BytesIO(answer.content)).namelist(), [])
        self.env["res.users"].with_context(no_reset_password=True).create(
            {"name": "E", "login": "employee", "password": "employee",
             "group_ids": [(6, 0, self.env.ref("base.group_user").ids)]}
        )  # fmt: skip
        self.authenticate("employee", "employee")
        self.assertEqual(self.url_open(url).status_code, 403)
