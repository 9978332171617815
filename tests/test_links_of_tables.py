"""Promise: rows of ours never point at what is gone, though no foreign key says so."""

import psycopg2

from odoo.tests import tagged
from odoo.tools import SQL, mute_logger

from ..models.append_only import opened
from ..models.bulk_many2one import BulkMany2one
from .common import MigrationCase
from .test_approval import TABLES


@tagged("post_install", "-at_install", "crm_migration")
class TestLinksOfTables(MigrationCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        contact = {"Contact ID": "no-owner", "Last Name": "Nu", "Owner ID": "unknown"}
        cls.project = cls.migrate(
            TABLES | {"contacts.csv": [*TABLES["contacts.csv"], contact]},
            name="With foreign keys in spirit",
        )

    def get_links(self):
        """Return all links without a foreign key."""
        return [
            field
            for name, model in self.env.registry.items()
            if name.startswith("crm.migration.")
            for field in model._fields.values()
            if isinstance(field, BulkMany2one)
        ]

    def assertNoneHangs(self):
        """No row points at a row that is not there."""
        for field in self.get_links():
            self.env.cr.execute(
                SQL(
                    "SELECT count(*) FROM %s t WHERE %s IS NOT NULL"
                    " AND NOT EXISTS (SELECT 1 FROM %s o WHERE o.id = t.%s)",
                    SQL.identifier(self.env[field.model_name]._table),
                    SQL.identifier(field.name),
                    SQL.identifier(self.env[field.comodel_name]._table),
                    SQL.identifier(field.name),
                )
            )
            self.assertEqual(self.env.cr.fetchone(), (0,), field)

    def count(self, table, where="TRUE"):
        self.env.cr.execute(
            SQL(
                "SELECT count(*) FROM %s WHERE project_id = %s AND %s",
                SQL.identifier(f"crm_migration_{table}"),
                self.project.id,
                SQL(where),
            )
        )
        return self.env.cr.fetchone()[0]

    def delete(self, table):
        with opened(self.env.cr):
            self.env.cr.execute(SQL("DELETE FROM %s", SQL.identifier(f"crm_migration_{table}")))

    def test_rows_that_go_take_their_issues_and_leave_the_log(self):
        lines, issues = self.count("log"), self.count("issue", "record_id IS NOT NULL")
        self.assertTrue(lines and issues and self.count("log", "record_id IS NOT NULL"))
        self.delete("record")
        self.assertNoneHangs()
        self.assertEqual(self.count("issue", "record_id IS NOT NULL"), 0)
        self.assertEqual(self.count("log"), lines)

    def test_runs_and_files_that_go_leave_the_rows(self):
        rows = self.count("record")
        self.assertEqual(rows, self.count("record", "extract_run_id IS NOT NULL"))
        self.delete("file")
        self.delete("run")
        self.assertNoneHangs()
        self.assertEqual(self.count("record", "extract_run_id IS NULL AND file_id IS NULL"), rows)
        self.assertEqual(self.count("log"), 0)

    def test_log_stops_the_deletion_of_a_run(self):
        """The journal is closed for what follows from a deletion as well."""
        with self.assertRaises(psycopg2.Error), self.env.cr.savepoint():
            with mute_logger("odoo.sql_db"):
                self.env.cr.execute("DELETE FROM crm_migration_run")

    def test_who_wrote_in_the_log_stays(self):
        """Not even SQL deletes a user whose lines there are; others go, also several at once."""
        others = self.env["res.users"].create(
            [{"name": name, "login": name} for name in ("reader", "another")]
        )
        run = self.project.run_ids[:1]
        logging = self.env["crm.migration.log"].with_user(others[0])
        logging._append(run, [(None, "res.partner", 1, "create", None, {"name": "Nu"})])
        with (
            self.assertRaisesRegex(
                psycopg2.errors.ForeignKeyViolation, "crm_migration_log"
            ) as told,
            self.env.cr.savepoint(),
            mute_logger("odoo.sql_db"),
        ):
            others.unlink()
        self.assertIn("By", logging.sudo()._sql_error_to_message(told.exception))
        others[1].unlink()
        self.assertEqual(others.exists(), others[0])
        self.assertNoneHangs()

    def test_project_takes_all_its_rows(self):
        self.run_step(self.project, "rollback")
        self.project.unlink()
        self.assertNoneHangs()
        for field in self.get_links():
            if field.name == "project_id":
                self.assertEqual(self.count(field.model_name.rsplit(".", 1)[1]), 0, field)
