"""Promise: the log only grows, for SQL too; and it comes out whole, as CSV and as a workbook."""

import csv
import hashlib
import io

import openpyxl
import psycopg2

from odoo.exceptions import UserError
from odoo.tests import HttpCase, new_test_user, tagged
from odoo.tools import mute_logger

from ..models import log_export
from ..models.crm_migration_log import SEALED
from ..models.log_export import LogExport
from .common import MigrationCase
from .test_approval import TABLES


@tagged("post_install", "-at_install", "crm_migration")
class TestLog(MigrationCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        tables = {name: [dict(row) for row in rows] for name, rows in TABLES.items()}
        tables["contacts.csv"][0]["Job Title"] = '=HYPERLINK("http://x.invalid")'
        cls.project = cls.migrate(tables)

    def test_sql_is_refused(self):
        """A server action with a cursor changes, deletes or empties neither log nor approvals."""
        for statement in (
            "UPDATE crm_migration_log SET after = '{}'",
            "UPDATE crm_migration_log SET user_id = 1",
            "DELETE FROM crm_migration_log",
            "TRUNCATE crm_migration_log CASCADE",
            "DELETE FROM crm_migration_run",
            "UPDATE crm_migration_approval SET user_id = 1",
            "UPDATE crm_migration_approval SET approved_hash = 'x'",
            "DELETE FROM crm_migration_approval",
            "DELETE FROM crm_migration_project",
        ):
            with self.assertRaises(psycopg2.Error, msg=statement), self.env.cr.savepoint():
                with mute_logger("odoo.sql_db"):
                    self.env.cr.execute(statement)

    def test_staged_rows_and_projects_may_go(self):
        """What the program itself removes is not stopped: a dropped row, a project undone."""
        self.run_step(self.project, "rollback")
        log = self.env["crm.migration.log"].search([("project_id", "=", self.project.id)])
        self.assertTrue(log.record_id)
        self.env.cr.execute("DELETE FROM crm_migration_record WHERE id = %s", [log.record_id[0].id])
        self.env.invalidate_all()
        self.project.unlink()
        self.assertFalse(log.exists())
        with self.assertRaises(psycopg2.Error), self.env.cr.savepoint():
            with mute_logger("odoo.sql_db"):
                self.env.cr.execute("TRUNCATE crm_migration_log CASCADE")

    def get_csv(self, **options):
        stream = io.BytesIO()
        LogExport(self.project, **options).write_csv(stream)
        return list(csv.DictReader(io.StringIO(stream.getvalue().decode("utf-8-sig"))))

    def test_csv_has_every_line(self):
        """All lines, in their order, of more than one chunk; no cell that a spreadsheet runs."""
        self.patch(log_export, "LINES", 3)
        rows = self.get_csv()
        ids = self.env["crm.migration.log"].search([("project_id", "=", self.project.id)]).ids
        self.assertEqual([int(row["id"]) for row in rows], sorted(ids))
        self.assertFalse(
            [cell for row in rows for cell in row.values() if cell.startswith(("=", "@", "\t"))]
        )
        one = self.get_csv(record=("res.partner", self.find(self.project, "contact", "1").id))
        self.assertTrue(one)
        self.assertEqual({row["source_id"] for row in one}, {"1"})

    def test_fingerprints_can_be_worked_out_from_the_csv(self):
        """Whoever has the exported log can compute each run's fingerprint without Odoo."""
        runs = {}
        for row in self.get_csv():
            line = hashlib.sha256("\x1f".join(row[name] for name in SEALED).encode()).digest()
            runs.setdefault(int(row["run_id"]), []).append(line)
        sealed = {
            run.id: (run.log_lines, run.log_digest)
            for run in self.project.run_ids.filtered("log_lines")
        }
        self.assertEqual(
            {i: (len(lines), hashlib.sha256(b"".join(lines)).hexdigest())
             for i, lines in runs.items()},
            sealed,
        )  # fmt: skip
        self.assertIn("load", self.project.run_ids.filtered("log_lines").mapped("kind"))

    def test_workbook(self):
        """The same as a workbook, as texts; too many lines are told to come as CSV."""
        stream = io.BytesIO()
        LogExport(self.project).write_workbook(stream)
        sheet = openpyxl.load_workbook(stream).active
        rows = self.get_csv()
        self.assertEqual(sheet.max_row, len(rows) + 1)
        self.assertFalse([c for row in sheet for c in row if c.data_type == "f"])
        self.patch(log_export, "WORKBOOK_LINES", 2)
        with self.assertRaisesRegex(UserError, "CSV"):
            LogExport(self.project).write_workbook(io.BytesIO())


@tagged("post_install", "-at_install", "crm_migration")
class TestLogDownload(HttpCase):
    def test_download(self):
        """Over HTTP for users of the migration; nobody else, and no other company's."""
        env = self.env(
            user=self.env.ref("base.user_admin").id,
            context=dict(self.env.context, crm_migration_no_commit=True),
        )
        case = type("Case", (MigrationCase,), {"env": env, "cr": self.cr, "admin": env.user})
        project = case.migrate(TABLES)
        new_test_user(self.env, "log_stranger", "base.group_user", password="log_stranger")
        self.authenticate("admin", "admin")
        answer = self.url_open(f"/crm_migration/log/{project.id}.csv")
        self.assertEqual(answer.status_code, 200)
        self.assertIn("text/csv", answer.headers["Content-Type"])
        self.assertGreater(len(answer.text.splitlines()), 3)
        answer = self.url_open(f"/crm_migration/log/{project.id}.xlsx")
        self.assertTrue(answer.content.startswith(b"PK"))
        self.assertEqual(self.url_open(f"/crm_migration/log/{project.id}.exe").status_code, 404)
        self.assertEqual(self.url_open("/crm_migration/log/999999.csv").status_code, 404)
        self.authenticate("log_stranger", "log_stranger")
        with mute_logger("odoo.http"):
            answer = self.url_open(f"/crm_migration/log/{project.id}.csv")
        self.assertEqual(answer.status_code, 403)
