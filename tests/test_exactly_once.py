"""Exactly once: what is undone is done again, and a disturbance is nobody's fault.

Real servers are killed by ``dev/test-kill``; here each disturbance stands alone.
"""

import csv
from unittest.mock import patch

import psycopg2

from odoo.tests import tagged
from odoo.tools import mute_logger

from ..engine.exceptions import SourceError
from ..models import (
    crm_migration_extractor,
    crm_migration_rollback,
    crm_migration_rollback_plan,
    crm_migration_rollback_spared,
    crm_migration_seal,
    disturbance,
)
from .common import MigrationCase, edit_later

CONTACTS = [
    {"Contact ID": str(n), "First Name": f"Ada {n}", "Last Name": "Nu",
     "Email": f"ada{n}@nu.example"}
    for n in range(1, 8)
]  # fmt: skip


@tagged("post_install", "-at_install", "crm_migration")
class TestExactlyOnce(MigrationCase):
    def fail_once(self, model, method, state):
        """Have a method end with an SQL error of that state, the first time it is called."""
        origin, calls = getattr(type(self.env[model]), method), []

        def wrapper(records, *args, **kwargs):
            result = origin(records, *args, **kwargs)
            calls.append(1)
            if len(calls) == 1:
                with mute_logger("odoo.sql_db"):
                    records.env.cr.execute(
                        f"DO $$ BEGIN RAISE EXCEPTION 'x' USING ERRCODE = '{state}'; END $$"
                    )
            return result

        return patch.object(type(self.env[model]), method, wrapper)

    def work_in_savepoints(self, run):
        """Work a run off; an undone step is undone to where it began, as by a real rollback."""
        while True:
            savepoint = self.cr.savepoint()
            try:
                more = run._take_step()
                savepoint.close(rollback=False)
            except psycopg2.Error as error:
                self.assertTrue(disturbance.is_passing(error))
                savepoint.close(rollback=True)
                self.env.invalidate_all()
                more = True
            if not more:
                run._check_done()
                return

    def test_staging_goes_on_where_it_was(self):
        """A step of staging that is undone is read again: the open reader stands too far."""
        project = self.make_project({"contacts.csv": CONTACTS})
        with (
            patch.multiple(crm_migration_extractor, STAGED_ROWS=2, COPIED_ROWS=2),
            self.fail_once("crm.migration.extractor", "_stage", "40001"),
        ):
            self.work_in_savepoints(project._start("extract"))
        self.assertEqual(project._get_outcomes()["contact"]["staged"], 7)
        self.assertFalse(project.issue_ids.filtered(lambda i: i.code.startswith("repeated")))

    def test_unreadable_row_is_told_as_such(self):
        """The reader fails while PostgreSQL takes the rows before: its reason is what is told."""
        self.addCleanup(csv.field_size_limit, csv.field_size_limit(1000))
        rows = [f"{number},Ada {number}" for number in range(600)] + [f"600,{'x' * 2000}"]
        text = "\n".join(["Contact ID,Full Name", *rows])
        project = self.make_project({"contacts.csv": text.encode()})
        run = project._start("extract")
        with self.assertRaises(SourceError) as caught, self.cr.savepoint():
            run._take_step()
        self.assertEqual(caught.exception.code, "file_refused")
        self.assertFalse(project._get_outcomes().get("contact", {}).get("staged"))

    def test_conflict_is_not_the_record_s_fault(self):
        """A batch that meets a conflict or a full disk is taken again; no record fails."""
        for state in ("40001", "40P01", "53100", "57P01"):
            project = self.prepare(self.make_project({"contacts.csv": CONTACTS}, name=state))
            self.run_step(project, "sample")
            project.action_approve_sample()
            with self.fail_once("crm.migration.target.partner", "_load", state):
                self.work_in_savepoints(project._start("load"))
            self.assertEqual(project._get_outcomes()["contact"]["created"], 7, state)
            self.run_step(project, "rollback")

    def test_record_is_blamed_for_its_own_fault(self):
        """A value that no index can hold is an OperationalError too, but the record's own."""
        project = self.prepare(self.make_project({"contacts.csv": CONTACTS}))
        self.run_step(project, "sample")
        project.action_approve_sample()
        with self.fail_once("crm.migration.target.partner", "_load", "54000"):
            self.work_in_savepoints(project._start("load"))
        # The batch was halved: the second try landed.
        self.assertEqual(project._get_outcomes()["contact"]["created"], 7)

    def test_rollback_keeps_nothing_for_a_conflict(self):
        """A conflict while undoing is taken again, not taken for a reason to keep records."""
        before = self.dump()
        project = self.migrate({"contacts.csv": CONTACTS})
        with self.fail_once("crm.migration.rollback", "_remove_xmlids_of", "40001"):
            self.work_in_savepoints(project._start("rollback"))
        self.assertSameDump(before, self.dump())
        self.assertFalse(project.issue_ids.filtered(lambda i: i.code == "rollback_kept"))

    def test_plan_of_a_rollback_goes_on_where_it_was(self):
        """What people did is looked up in steps: each edit is found, also by a step taken again."""
        project = self.migrate({"contacts.csv": CONTACTS})
        edited = [self.find(project, "contact", key) for key in ("1", "4", "7")]
        for person in edited:
            edit_later(person, function="Boss")
        run = project._start("rollback")
        with (
            patch.object(crm_migration_rollback_spared, "LOOKED_UP", 2),
            self.fail_once("crm.migration.rollback", "_look_up_next", "40001"),
        ):
            self.work_in_savepoints(run)
        self.assertEqual(
            self.env["res.partner"].search([("email", "like", "@nu.example")], order="id").ids,
            [person.id for person in edited],
        )
        self.assertEqual(
            len(project.issue_ids.filtered(lambda issue: issue.code == "rollback_kept")), 3
        )

    def test_links_are_emptied_where_it_was(self):
        """Before companies go, their contacts let go of them: some in each step, each logged."""
        companies = [{"Company ID": f"c{n}", "Company Name": f"Nu {n}"} for n in range(1, 8)]
        contacts = [row | {"Company ID": f"c{row['Contact ID']}"} for row in CONTACTS]
        project = self.migrate({"companies.csv": companies, "contacts.csv": contacts})
        people = [self.find(project, "contact", row["Contact ID"]) for row in contacts]
        self.assertTrue(all(person.parent_id for person in people))
        run = project._start("rollback", entity="company")
        with (
            patch.object(crm_migration_rollback_plan, "EMPTIED", 2),
            self.fail_once("crm.migration.rollback", "_empty_next", "40001"),
        ):
            self.work_in_savepoints(run)
        self.assertFalse(self.env["res.partner"].search([("name", "like", "Nu _")]))
        self.assertFalse(any(person.parent_id for person in people))
        log = self.env["crm.migration.log"].search([("run_id", "=", run.id)])
        emptied = log.filtered(lambda line: line.action == "update")
        self.assertEqual(sorted(emptied.mapped("res_id")), sorted(p.id for p in people))

    def test_end_of_a_rollback_goes_on_where_it_was(self):
        """The staged rows are told in steps what was taken back: of all, and of one load."""
        before = self.dump()
        project = self.migrate({"contacts.csv": CONTACTS})
        load = project.run_ids.filtered(lambda run: run.kind == "load")
        few = {"rows": ("crm_migration_record", 2)}
        for method, parameters, state in (
            ("_finish_part", {"runs": load.ids, "again": True}, "loaded"),
            ("_finish_whole", {}, "rolled_back"),
        ):
            with (
                patch.dict(crm_migration_rollback.FINISHED, few),
                self.fail_once("crm.migration.rollback", method, "40001"),
            ):
                self.work_in_savepoints(project._start("rollback", **parameters))
            self.assertSameDump(before, self.dump())
            self.assertEqual(project._get_outcomes()["contact"]["staged"], 7)
            rows = self.env["crm.migration.record"].search([("project_id", "=", project.id)])
            self.assertFalse(any(rows.mapped("res_id")))
            self.assertEqual(project.state, state)
            if state != "rolled_back":
                self.run_step(project, "load")
                self.assertEqual(project._get_outcomes()["contact"]["created"], 7)

    def test_sealing_goes_on_where_it_was(self):
        """The fingerprint of a long log is worked out in steps; one that is undone counts once."""
        project = self.prepare(self.make_project({"contacts.csv": CONTACTS}))
        self.run_step(project, "sample")
        project.action_approve_sample()
        run = project._start("load")
        with (
            patch.object(crm_migration_seal, "SEALED_LINES", 2),
            self.fail_once("crm.migration.seal", "_go_on", "40001"),
        ):
            self.work_in_savepoints(run)
        seal = self.env["crm.migration.log"]._get_digests(project, run)[run.id]
        self.assertGreaterEqual(seal["lines"], 7)
        self.assertEqual(
            (run.log_lines, run.log_digest, run.log_digest_without_values),
            (seal["lines"], seal["digest"], seal["digest_without_values"]),
        )
        self.assertFalse(self.env["crm.migration.seal"].sudo().search_count([]))

    def test_sealing_leaves_other_runs_out(self):
        """Of lines that two runs wrote in turn each seals its own; IDs of no line cost no step."""
        project = self.make_project({"contacts.csv": CONTACTS})
        log, seal = self.env["crm.migration.log"], self.env["crm.migration.seal"].sudo()
        runs = self.env["crm.migration.run"].sudo()
        values = {"project_id": project.id, "kind": "schema", "state": "done"}
        runs = runs.create([values | {"log_from": runs._get_log_end()}] * 2)
        self.cr.execute(
            "SELECT setval('crm_migration_log_id_seq', nextval('crm_migration_log_id_seq') + 100)"
        )
        for number in range(7):
            entry = (None, "res.partner", number, "create", None, {"name": f"N{number}"})
            log._append(runs[number % 2], [entry])
        for run, lines in zip(runs, (4, 3), strict=True):
            with patch.object(crm_migration_seal, "SEALED_LINES", 2):
                self.assertEqual([seal._go_on(run) for __ in range(4)], [True] * 3 + [False])
            digests = log._get_digests(project, run)[run.id]
            self.assertEqual(digests["lines"], lines)
            self.assertEqual(list(seal._finish(run).values()), list(digests.values()))

    def test_disturbances_are_told_apart(self):
        """Lost connections and full disks pass; wrong data and wrong code do not."""
        self.assertTrue(disturbance.is_passing(psycopg2.OperationalError("server closed")))
        self.assertTrue(disturbance.is_passing(psycopg2.InterfaceError("cursor closed")))
        self.assertTrue(disturbance.is_passing(OSError(28, "No space left on device")))
        self.assertFalse(disturbance.is_passing(psycopg2.ProgrammingError("can't adapt")))
        self.assertFalse(disturbance.is_passing(FileNotFoundError(2, "gone")))
        self.assertFalse(disturbance.is_passing(ValueError("x")))

    def test_one_run_at_a_time(self):
        """The database itself lets one run of a project be under way."""
        project = self.make_project({"contacts.csv": CONTACTS})
        run = project._start("extract")
        with (
            self.assertRaises(psycopg2.errors.UniqueViolation),
            mute_logger("odoo.sql_db"),
            self.cr.savepoint(),
        ):
            run.copy({"state": "queued"})
        self.work(run)
        project._start("propose")


@tagged("post_install", "-at_install", "crm_migration")
class TestNewerExportOfRelatives(MigrationCase):
    """A newer export changes what it says, and nothing behind the log."""

    def setUp(self):
        super().setUp()
        self.before = self.dump()
        self.company = {"Company ID": "c1", "Name": "Nu Ltd", "Street": "Old Road 1",
                        "City": "Bonn", "Industry": "Tea"}  # fmt: skip
        self.same = {"Contact ID": "1", "First Name": "Ada", "Last Name": "Same",
                     "Company ID": "c1", "Street": "Old Road 1", "City": "Bonn",
                     "Owner": "admin"}  # fmt: skip
        self.own = self.same | {"Contact ID": "2", "Last Name": "Own", "Street": "Home 2"}
        self.bare = {"Contact ID": "3", "First Name": "Ada", "Last Name": "Bare"}
        self.project = self.migrate(
            {"companies.csv": [self.company], "contacts.csv": [self.same, self.own, self.bare]}
        )

    def newer(self, company, *contacts):
        self.load_again(
            self.project, {"companies.csv": [company], "contacts.csv": contacts}, delta=True
        )
        self.env.flush_all()
        self.env.invalidate_all()

    def verify(self):
        run = self.run_step(self.project, "verify")
        return {name: run.counters["checks"][name] for name in ("different", "missing")}

    def test_company_moves_and_its_people_stay(self):
        """Odoo would push the new address to the contacts, whose own rows say otherwise."""
        self.newer(self.company | {"Street": "New Road 9"}, self.same, self.own, self.bare)
        self.assertEqual(self.find(self.project, "company", "c1").street, "New Road 9")
        person = self.find(self.project, "contact", "1")
        self.assertEqual((person.street, person.type), ("Old Road 1", "other"))
        self.assertEqual(self.find(self.project, "contact", "2").street, "Home 2")
        self.assertEqual(self.verify(), {"different": 0, "missing": 0})
        self.assertFalse(self.project.issue_ids.filtered(lambda i: i.code == "both_changed"))

    def test_person_moves_and_the_company_stays(self):
        """Odoo would push a contact's new address to its company."""
        self.newer(self.company, self.same | {"Street": "Elsewhere 3"}, self.own, self.bare)
        self.assertEqual(self.find(self.project, "company", "c1").street, "Old Road 1")
        self.assertEqual(self.find(self.project, "contact", "1").street, "Elsewhere 3")
        self.assertEqual(self.verify(), {"different": 0, "missing": 0})

    def test_industry_follows_the_company(self):
        """What a company shares with its people follows, as Odoo has it, and is logged."""
        self.newer(self.company | {"Industry": "Coffee"}, self.same, self.own, self.bare)
        person = self.find(self.project, "contact", "1")
        self.assertEqual(person.industry_id.name, "Coffee")
        self.run_step(self.project, "rollback")
        self.assertSameDump(self.before, self.dump())

    def test_new_company_brings_no_owner(self):
        """Odoo would make the company's salesperson the contact's, who has none in the source."""
        company = self.find(self.project, "company", "c1")
        company.user_id = self.admin
        self.newer(self.company, self.same, self.own, self.bare | {"Company ID": "c1"})
        person = self.find(self.project, "contact", "3")
        self.assertEqual(person.parent_id, company)
        self.assertFalse(person.user_id)

    def test_rollback_over_many_log_lines(self):
        """An update in newer log lines than its creation is no edit by a person."""
        self.newer(
            self.company | {"Street": "New Road 9"}, self.same | {"City": "Köln"}, self.own,
            self.bare | {"Company ID": "c1"},
        )  # fmt: skip
        with patch.object(crm_migration_rollback, "UNDONE_LINES", 2):
            self.run_step(self.project, "rollback")
        self.assertFalse(self.project.issue_ids.filtered(lambda i: i.code == "rollback_kept"))
        self.assertSameDump(self.before, self.dump())
