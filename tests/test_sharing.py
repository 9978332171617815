"""Several workers at one load: what they share out, what is left to one, how they end.

Real processes, and their deaths, are ``dev/test-workers``; here workers take turns on one cursor.
"""

from unittest.mock import patch

from psycopg2 import OperationalError

from odoo.tools import mute_logger

from ..models.crm_migration_share import PARAMETER
from .common import MigrationCase

COMPANIES = [{"Company ID": f"c{n}", "Company Name": f"Nu {n}"} for n in range(12)]
# The last is one whom Odoo knows; the last but one has the email of the first.
CONTACTS = [
    {"Contact ID": f"p{n}", "First Name": "Ada", "Last Name": f"Xi {n}", "Phone": f"{n}",
     "Email": f"ada{n % 22}@nu.example" if n < 23 else "known@nu.example",
     "Company ID": f"c{n % 5}"}
    for n in range(24)
]  # fmt: skip
# Newest first; a record is named by its ID, or by the address that an email went to.
ACTIVITIES = [
    {"Activity ID": f"a{n}", "Type": "Email" if n % 3 == 0 else "Call", "Subject": f"S {n}",
     "Date": f"2024-03-{28 - n:02} 10:00:00",
     "Related To Type": "" if n % 3 == 0 else "Contact",
     "Related To ID": "" if n % 3 == 0 else f"p{n % 4}",
     "Attendees": "ada1@nu.example" if n % 3 == 0 else ""}
    for n in range(24)
]  # fmt: skip


class TestSharing(MigrationCase):
    def setUp(self):
        super().setUp()
        # {entity: {key of a row: its share}}, of all steps of a load.
        self.shares = {}
        self.env["res.partner"].create({"name": "Known", "email": "known@nu.example"})
        self.project = self.prepare(
            self.make_project(
                {
                    "companies.csv": COMPANIES,
                    "contacts.csv": CONTACTS,
                    "activities.csv": ACTIVITIES,
                },
                batch_size=3,
                duplicate_policy="merge",
                timezone="UTC",
            )
        )
        self.run_step(self.project, "sample")
        self.project.action_approve_sample()

    def load_together(self, workers=3):
        """Load with a worker that leads and one that helps, in turns; return the run."""
        self.env["ir.config_parameter"].sudo().set_param(PARAMETER, str(workers))
        run = self.project._start("load")
        while run._take_step():
            self.note_shares()
            for one in self.env["crm.migration.run"]._find_shared():
                one._help_once()
        run._check_done()
        return run

    def note_shares(self):
        self.env.flush_all()
        self.cr.execute(
            """SELECT r.entity, r.source_key, s.number FROM crm_migration_share_row AS w
                 JOIN crm_migration_share s ON s.id = w.share_id
                 JOIN crm_migration_record r ON r.id = w.record_id"""
        )
        for entity, key, number in self.cr.fetchall():
            self.shares.setdefault(entity, {})[key] = number

    def read_all(self):
        """Return what a load left, without IDs and times."""
        self.env.flush_all()
        queries = (
            "SELECT entity, source_key, state, model FROM crm_migration_record",
            """SELECT p.x_source_id, p.name, p.email, p.phone, c.x_source_id FROM res_partner p
                 LEFT JOIN res_partner c ON c.id = p.parent_id WHERE p.x_source_id IS NOT NULL""",
            """SELECT x_source_id, date, row_number() OVER (PARTITION BY res_id ORDER BY id)
                 FROM mail_message WHERE x_source_id IS NOT NULL""",
            """SELECT model, action, count(*) FROM crm_migration_log
                WHERE action IN ('create', 'update') GROUP BY 1, 2""",
            "SELECT code, entity, source_key, value FROM crm_migration_issue",
            "SELECT name, model FROM ir_model_data WHERE module LIKE '__crmmig_%%'",
        )
        result = []
        for query in queries:
            self.cr.execute(query)
            result.append(sorted(map(str, self.cr.fetchall())))
        return result

    def test_leave_what_one_leaves(self):
        """Rows, links, merged contacts, order of histories, log and questions: the same."""
        savepoint = self.cr.savepoint()
        self.run_step(self.project, "load")
        alone = self.read_all()
        savepoint.close(rollback=True)
        self.env.invalidate_all()
        run = self.load_together()
        self.assertEqual(self.read_all(), alone)
        self.assertEqual((run.processed, run.total), (60, 60))
        self.assertEqual(self.shares["company"].keys(), {row["Company ID"] for row in COMPANIES})

    def test_what_belongs_together_is_in_one_share(self):
        """The persons of a company; the history of a record, whatever its rows call it."""
        self.load_together()
        shares = self.shares["contact"]
        self.assertGreater(len(set(shares.values())), 1)
        for n in range(20):
            self.assertEqual(shares[f"p{n}"], shares[f"p{n % 5}"])
        shares = self.shares["activity"]
        of_one = {shares[f"a{n}"] for n in range(24) if n % 3 == 0 or n % 4 == 1}
        self.assertEqual(len(of_one), 1)

    def test_rows_that_may_be_one_are_left_to_one_worker(self):
        """Which of two fills a contact first must not hang on who is quicker."""
        self.load_together()
        self.assertEqual(self.shares["contact"].keys(), {f"p{n}" for n in range(22)})
        self.assertEqual(self.staged(self.project, "contact", "p23").state, "merged")

    def test_helpers_assign_rows_too(self):
        """While one worker looked at each row to tell its share, the others stood by."""
        self.env["ir.config_parameter"].sudo().set_param(PARAMETER, "3")
        run = self.project._start("load")
        while not (run.cursor or {}).get("step"):
            run._take_step()
        (found,) = self.env["crm.migration.run"]._find_shared()
        for assigned in (4, 8, 12):
            self.assertTrue(found._help_once())
            self.assertEqual(self.env["crm.migration.share.row"].search_count([]), assigned)
        self.assertFalse(found._help_once())
        self.assertEqual(run.processed, 0)

    def test_a_refused_lock_is_what_is_waited_for(self):
        """Another worker's batch has ended, or not for long; the step goes on. A fault is told."""
        run, shares = self.project._start("load"), self.env["crm.migration.share"]
        execute, states = self.cr.execute, ["53100", "55P03", "40001"]

        def refuse(query, params=None, log_exceptions=True):
            if "lock_timeout" in query:
                query = f"DO $$ BEGIN RAISE 'x' USING ERRCODE = '{states.pop()}'; END $$"
                return execute(query, None, False)
            return execute(query, params, log_exceptions)

        with patch.object(self.cr, "execute", refuse):
            shares._wait(run)
            shares._wait(run)
            with self.assertRaises(OperationalError):
                shares._wait(run)
        self.assertFalse(shares.search_count([]))

    @mute_logger("odoo.addons.crm_migration.models.crm_migration_loader")
    def test_a_row_that_meets_another_worker_s_is_taken_again(self):
        """What failed among several lands once one is alone; it is counted once."""
        service = type(self.env["crm.migration.target.partner"])
        origin, met = service._load, []

        def load(target, items, resolver):
            if any(item.key == "p7" for item in items) and not met.append(1) and len(met) < 3:
                raise ValueError("the other worker's record")
            return origin(target, items, resolver)

        with patch.object(service, "_load", load):
            run = self.load_together()
        self.assertEqual(self.staged(self.project, "contact", "p7").state, "created")
        self.assertEqual((run.processed, run.total), (60, 60))

    def test_there_are_as_many_shares_for_each_worker(self):
        """Of about a batch, or of several: none waits for the last batch of another."""
        choose = self.env["crm.migration.share"]._choose_number
        for workers in range(2, 17):
            for count in (1000, 2500, 5000, 10000, 1000000):
                number = choose(count, 1000, workers)
                self.assertEqual(number % workers, 0, (count, workers))
                self.assertLessEqual(number, 64)
                self.assertLessEqual(count / number, max(1000, count / 32))

    def test_one_worker_shares_nothing(self):
        run = self.project._start("load")
        self.work(run)
        self.assertFalse(run.cursor.get("shared"))

    def test_a_cancelled_load_has_no_helpers(self):
        """Neither once it is cancelled, nor once the next run began, nor while that is wished."""
        self.env["ir.config_parameter"].sudo().set_param(PARAMETER, "2")
        runs = self.env["crm.migration.run"]
        run = self.project._start("load")
        while not runs._find_shared():
            run._take_step()
        self.project.run_wish = {"run": run.id, "values": {"state": "paused"}}
        self.env.flush_all()
        self.assertFalse(runs._find_shared())
        self.project.run_wish = False
        run.action_cancel()
        self.env.flush_all()
        self.assertFalse(runs._find_shared())
        self.assertTrue(self.env["crm.migration.share"].search_count([]))
        self.run_step(self.project, "rollback")
        self.assertFalse(self.env["crm.migration.share"].search_count([]))
