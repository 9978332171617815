"""What a batch writes last is written while the next one is under way: as if it were waited for."""

from unittest.mock import patch

import psycopg2

from odoo.tests import tagged
from odoo.tools import mute_logger

from ..models.behind import Behind
from ..models.bulk.copying import copy_columns
from ..models.crm_migration_loader import CrmMigrationLoader
from .common import MigrationCase

CONTACTS = [
    {"Contact ID": f"p{n}", "First Name": "Ada", "Last Name": f"Nu {n}",
     "Email": f"ada{n}@nu.example"}
    for n in range(8)
]  # fmt: skip


@tagged("post_install", "-at_install", "crm_migration")
class TestBehind(MigrationCase):
    def setUp(self):
        super().setUp()
        self.cr.execute("CREATE TEMPORARY TABLE behind (id int PRIMARY KEY) ON COMMIT DROP")

    def read_ids(self):
        self.cr.execute("SELECT id FROM behind ORDER BY id")
        return [row[0] for row in self.cr.fetchall()]

    def test_statements_run_in_their_order(self):
        """In the transaction of the cursor; whoever waits for a place finds what is before it."""
        found = []
        with Behind(self.cr) as behind:
            behind.execute("INSERT INTO behind SELECT 1 FROM pg_sleep(0.2)")
            behind.execute("UPDATE behind SET id = id + 1 RETURNING id", then=found.extend)
            place = behind.get_place()
            behind.execute("INSERT INTO behind SELECT 9 FROM pg_sleep(0.2)")
            behind.wait(place)
            self.assertEqual(found, [(2,)])
            self.assertIn(2, self.read_ids())
        self.assertEqual(self.read_ids(), [2, 9])
        self.assertEqual(found, [(2,)])

    def test_the_first_error_is_told(self):
        """Not that of statements after it, which PostgreSQL refuses because of it."""
        with self.assertRaises(psycopg2.errors.UniqueViolation):
            with self.cr.savepoint(), mute_logger("odoo.sql_db"), Behind(self.cr) as behind:
                behind.execute("INSERT INTO behind VALUES (1), (1)")
                behind.execute("INSERT INTO behind VALUES (2)")
                while True:
                    self.cr.execute("SELECT 1")
        self.assertEqual(self.read_ids(), [])

    def test_an_error_beside_them_is_told(self):
        """Not that they were refused after it: a conflict is taken again only if it is seen."""
        with self.assertRaises(psycopg2.errors.DivisionByZero):
            with self.cr.savepoint(), mute_logger("odoo.sql_db"), Behind(self.cr) as behind:
                behind.execute("INSERT INTO behind SELECT 1 FROM pg_sleep(0.2)")
                behind.execute("INSERT INTO behind SELECT 2 FROM pg_sleep(0.2)")
                behind.execute("INSERT INTO behind SELECT 3 FROM pg_sleep(0.2)")
                self.cr.execute("SELECT 1 / 0")

    def test_a_copy_is_not_broken_off(self):
        """Statements wait for the end of a COPY, which takes several messages."""
        with Behind(self.cr) as behind:
            for n in range(40):
                behind.execute("INSERT INTO behind VALUES (%s)", [n])
                copy_columns(self.cr, "behind", {"id": list(range(1000 * n + 100, 1000 * n + 999))})
        self.assertEqual(len(self.read_ids()), 40 + 40 * 899)

    def test_a_bad_record_among_several_batches(self):
        """The others land, each with its state and one line of the log, and it is told why."""
        settle = CrmMigrationLoader._settle

        def settle_all_but_one(loader, run, project, items, cr):
            place = settle(loader, run, project, items, cr)
            if run.kind == "load" and any(item.key == "p5" for item in items):
                cr.execute("INSERT INTO behind VALUES (1), (1)")
            return place

        loader = type(self.env["crm.migration.loader"])
        with patch.object(loader, "_settle", settle_all_but_one), mute_logger("odoo.sql_db"):
            project = self.migrate({"contacts.csv": CONTACTS}, batch_size=2)
        for n in range(8):
            state = self.staged(project, "contact", f"p{n}").state
            self.assertEqual(state, "failed" if n == 5 else "created")
        self.assertEqual(self.codes(project, "contact", "p5"), {"record_failed"})
        lines = self.env["crm.migration.log"].search(
            [("project_id", "=", project.id), ("model", "=", "res.partner")]
        )
        self.assertEqual(len(lines), 7)
        self.assertEqual(len(set(lines.mapped("res_id"))), 7)
