"""Nothing runs on an unconfirmed map (GN-03, SC-24); approvals say who, when and what."""

from odoo import fields
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import new_test_user, tagged

from ..models.crm_migration_approval import APPROVING
from .common import MigrationCase

TABLES = {
    "contacts.csv": [
        {"Contact ID": "1", "First Name": "Ada", "Last Name": "Nu", "Email": "ada@nu.example",
         "Job Title": "CTO"},
        {"Contact ID": "2", "First Name": "Bob", "Last Name": "Xi", "Email": "bob@xi.example",
         "Job Title": "CEO"},
    ],
    "deals.csv": [
        {"Deal ID": "d1", "Deal Name": "Deal", "Stage": "Proposal", "Probability": "50",
         "Status": "open", "Contact ID": "1", "Amount": "1"},
    ],
}  # fmt: skip


@tagged("post_install", "-at_install", "crm_migration")
class TestUnconfirmedMap(MigrationCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.project = cls.propose(cls.make_project(TABLES))

    def assertRefused(self, *actions):
        before = self.dump()
        for action in actions:
            with self.assertRaises(UserError, msg=action), self.env.cr.savepoint():
                getattr(self.project, action)()
        self.assertSameDump(before, self.dump())
        self.assertFalse(self.project.active_run_id)

    def test_nothing_runs_on_a_proposal(self):
        """Proposals alone start nothing: neither fields, nor sample, nor load."""
        self.assertEqual(set(self.project.line_ids.mapped("state")), {"proposed"})
        self.assertRefused("action_confirm_map", "action_prepare", "action_sample", "action_load",
                           "action_approve_sample", "action_verify")  # fmt: skip

    def test_one_open_line_is_enough(self):
        """A single line or value that waits keeps the map unconfirmed; the message counts it."""
        self.project.action_confirm_all()
        line = self.project.line_ids[-1]
        line.with_context(crm_migration_proposing=True).state = "proposed"
        with self.assertRaisesRegex(UserError, "1 lines"):
            self.project.action_confirm_map()
        line.action_confirm()
        value = self.project.value_ids[-1]
        value.with_context(crm_migration_proposing=True).state = "proposed"
        with self.assertRaisesRegex(UserError, "1 lines"):
            self.project.action_confirm_map()

    def test_ignored_columns_are_decisions_too(self):
        """Leaving a column out is a decision with a name and a time; the key cannot be left out."""
        line = self.project.line_ids.filtered(lambda line: line.column == "Job Title")
        line.action_ignore()
        self.assertEqual((line.state, line.decided_by_id), ("ignored", self.admin))
        self.assertTrue(line.decided_at)
        with self.assertRaises(UserError):
            self.project.line_ids.filtered(lambda line: line.target_field == "id").action_ignore()
        self.confirm(self.project)
        self.run_step(self.project, "schema")
        self.load(self.project)
        self.assertFalse(self.find(self.project, "contact", "1").function, "the column stays out")

    def test_confirmed_map_alone_loads_nothing(self):
        """A confirmed map may be sampled; the load waits for the approved sample."""
        self.confirm(self.project)
        self.run_step(self.project, "schema")
        self.assertRefused("action_load", "action_approve_sample")
        self.run_step(self.project, "sample")
        self.assertRefused("action_load")
        self.project.action_approve_sample()
        self.run_step(self.project, "load")
        self.assertEqual(self.project.state, "loaded")

    def test_steps_are_refused_out_of_turn(self):
        self.confirm(self.project)
        self.assertRefused("action_sample", "action_verify")

    def test_one_run_at_a_time(self):
        """A second press of a button finds the first run, and is refused."""
        self.confirm(self.project)
        self.project.action_prepare()
        with self.assertRaises(UserError):
            self.project.action_prepare()
        self.work(self.project.active_run_id)
        self.project.invalidate_recordset()
        self.assertEqual(self.project.state, "prepared")


@tagged("post_install", "-at_install", "crm_migration")
class TestApproval(MigrationCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.manager = new_test_user(
            cls.env,
            "migration_manager",
            "base.group_user,crm_migration.crm_migration_group_manager",
        )
        cls.project = cls.prepare(cls.make_project(TABLES))
        cls.run_step(cls.project, "sample")

    def approve(self):
        self.project.with_user(self.manager).action_approve_sample()
        return self.project._get_valid_approval("sample")

    def test_who_when_and_what(self):
        """An approval stores the person, the time and the hash of what was approved."""
        before = fields.Datetime.now()
        approval = self.approve()
        self.assertEqual(approval.user_id, self.manager)
        self.assertTrue(before <= approval.approved_at <= fields.Datetime.now())
        self.assertEqual(approval.approved_hash, self.project._get_map_hash())
        self.assertEqual(len(approval.approved_hash), 64)
        self.assertFalse(approval.voided_at)
        self.assertEqual(set(self.project.approval_ids.mapped("kind")), {"map", "sample"})

    def assertVoided(self, approval):
        self.assertTrue(approval.voided_at)
        self.assertFalse(self.project._get_valid_approval("sample"))
        self.assertFalse(self.project._get_valid_approval("map"))
        self.assertEqual(self.project.state, "proposed")
        with self.assertRaises(UserError):
            self.project.action_load()

    def test_changed_line_voids(self):
        approval = self.approve()
        line = self.project.line_ids.filtered(lambda line: line.column == "Job Title")
        line.target_field = "comment"
        self.assertVoided(approval)

    def test_ignored_line_voids(self):
        approval = self.approve()
        self.project.line_ids.filtered(lambda line: line.column == "Job Title").action_ignore()
        self.assertVoided(approval)

    def test_changed_value_voids(self):
        approval = self.approve()
        stage = self.project.value_ids.filtered(lambda value: value.domain == "stage")
        stage.probability = 51
        self.assertVoided(approval)

    def test_changed_policy_voids(self):
        approval = self.approve()
        self.project.duplicate_policy = "merge"
        self.assertVoided(approval)

    def test_new_column_voids(self):
        """A file that brings another column changes the map: what was approved is not that."""
        approval = self.approve()
        rows = [row | {"City": "Bonn"} for row in TABLES["contacts.csv"]]
        self.upload(self.project, {"contacts.csv": rows})
        self.propose(self.project)
        self.project.action_confirm_all()
        self.assertTrue(approval.voided_at)

    def test_same_decision_voids_nothing(self):
        """Confirming what is confirmed, or renaming the project, changes nothing that lands."""
        approval = self.approve()
        self.project.line_ids.write({"state": "confirmed"})
        self.project.name = "Renamed"
        self.assertFalse(approval.voided_at)
        self.assertEqual(self.project.state, "approved")

    def test_approval_by_sql_hash_is_not_enough(self):
        """Changed behind the ORM's back, the map no longer is the approved one either."""
        self.approve()
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE crm_migration_mapping_line SET target_field = 'comment'"
            " WHERE project_id = %s AND \"column\" = 'Job Title'",
            [self.project.id],
        )
        self.env.invalidate_all()
        with self.assertRaises(UserError):
            self.project.action_load()

    def test_approvals_are_append_only(self):
        """Not even an administrator's code makes, changes or deletes one; only the buttons do."""
        approval = self.approve()
        values = {"project_id": self.project.id, "kind": "sample", "user_id": self.admin.id,
                  "approved_at": fields.Datetime.now(), "approved_hash": "x"}  # fmt: skip
        model = self.env["crm.migration.approval"]
        for forged in (True, "APPROVING", repr(APPROVING), 1):
            model = model.with_context(crm_migration_approving=forged).sudo()
            with self.assertRaises(AccessError):
                model.create(values)
            with self.assertRaises(AccessError):
                approval.with_env(model.env).write({"user_id": self.admin.id})
            with self.assertRaises(AccessError):
                approval.with_env(model.env).unlink()

    def test_log_is_append_only(self):
        self.approve()
        self.run_step(self.project, "load")
        log = self.env["crm.migration.log"].sudo().search([], limit=1)
        self.assertTrue(log)
        with self.assertRaises(AccessError):
            log.write({"after": {}})
        with self.assertRaises(AccessError):
            log.unlink()
        with self.assertRaises(AccessError):
            log.create({"project_id": self.project.id, "run_id": log.run_id.id, "model": "x",
                        "action": "create", "logged_at": fields.Datetime.now()})  # fmt: skip

    def test_policies_are_checked(self):
        with self.assertRaises(ValidationError), self.env.cr.savepoint():
            self.project.owner_policy = "fallback"
        for size in (99, 501):
            with self.assertRaises(ValidationError), self.env.cr.savepoint():
                self.project.sample_size = size
