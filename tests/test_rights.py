"""Who may do what; companies apart; and the log and approvals closed, also over RPC."""

import json
import xmlrpc.client

from odoo.exceptions import AccessError, UserError
from odoo.tests import HttpCase, new_test_user, tagged

from ..engine.types import Problem
from .common import MigrationCase, to_csv
from .test_approval import TABLES

PROTECTED = ("crm.migration.log", "crm.migration.approval", "crm.migration.receipt")
RESTRICTED = (
    "crm.migration.log",
    "crm.migration.approval",
    "crm.migration.record",
    "crm.migration.run",
    "crm.migration.check",
)


@tagged("post_install", "-at_install", "crm_migration")
class TestRights(MigrationCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.user = new_test_user(
            cls.env, "migration_user", "base.group_user,crm_migration.crm_migration_group_user"
        )
        cls.stranger = new_test_user(
            cls.env, "stranger", "base.group_user,sales_team.group_sale_manager"
        )
        cls.project = cls.make_project(TABLES)

    def test_user_runs_but_neither_approves_nor_loads_nor_undoes(self):
        """A user uploads, stages, maps, samples and verifies; what counts waits for a manager."""
        project = self.project.with_user(self.user)
        project.action_stage()
        self.work(project.sudo().active_run_id)
        # Reading went on with the map by itself, as the same user.
        self.assertEqual(project.sudo().active_run_id.user_id, self.user)
        self.work(project.sudo().active_run_id)
        project.action_confirm_all()
        project.action_confirm_map()
        self.assertEqual(project._get_valid_approval("map").user_id, self.user)
        project.action_prepare()
        self.work(project.sudo().active_run_id)
        project.action_sample()
        self.work(project.sudo().active_run_id)
        with self.assertRaises(UserError), self.env.cr.savepoint():
            project.action_approve_sample()
        self.project.action_approve_sample()
        with self.assertRaises(UserError), self.env.cr.savepoint():
            project.action_load()
        self.run_step(self.project, "load")
        for refused in ("action_rollback", "action_sign_off"):
            with self.assertRaises(UserError), self.env.cr.savepoint():
                getattr(project, refused)()
        with self.assertRaises(AccessError), self.env.cr.savepoint():
            self.env["crm.migration.project.rollback"].with_user(self.user).create(
                {"project_id": project.id, "typed_name": project.name}
            ).action_rollback()
        with self.assertRaises(AccessError), self.env.cr.savepoint():
            project.write({"owner_policy": "stub"})
        with self.assertRaises(AccessError), self.env.cr.savepoint():
            project.unlink()
        project.action_verify()
        self.work(project.sudo().active_run_id)
        self.assertEqual(project.state, "verified")

    def test_user_uploads_through_the_wizard(self):
        """What a user uploads lands in the project, readable to colleagues; a stranger has none."""
        project = self.env["crm.migration.project"].create({"name": "U", "profile": "karmacrm"})
        attachments = self.env["ir.attachment"].with_user(self.user).create(
            [{"name": name, "raw": to_csv(rows), "res_model": "crm.migration.project.upload",
              "res_id": 0} for name, rows in TABLES.items()]
        )  # fmt: skip
        wizard = self.env["crm.migration.project.upload"].with_user(self.user)
        wizard.create(
            {"project_id": project.id, "attachment_ids": [(6, 0, attachments.ids)]}
        ).action_upload()
        self.assertEqual(sorted(project.file_ids.mapped("entity")), ["contact", "deal"])
        self.assertEqual(attachments.sudo().mapped("res_model"), [project._name] * 2)
        with self.assertRaises(AccessError):
            wizard.with_user(self.stranger).create({"project_id": project.id})

    def test_user_cannot_write_what_the_program_keeps(self):
        """Staged records, runs, checks, the log and approvals are read-only for the user."""
        self.load(self.prepare(self.project))
        self.run_step(self.project, "verify")
        for model in RESTRICTED:
            record = self.env[model].search([("project_id", "=", self.project.id)], limit=1)
            self.assertTrue(record, model)
            record = record.with_user(self.user)
            self.assertTrue(record.read(["project_id"]))
            with self.assertRaises(AccessError, msg=model), self.env.cr.savepoint():
                record.write({"project_id": self.project.id})
            with self.assertRaises(AccessError, msg=model), self.env.cr.savepoint():
                record.unlink()

    def test_stranger_sees_nothing(self):
        """Someone without a migration group, a sales manager included, reads no table of ours."""
        models = [name for name in self.env if name.startswith("crm.migration.")
                  and not self.env[name]._abstract]  # fmt: skip
        self.assertGreater(len(models), 10)
        for name in models:
            with self.assertRaises(AccessError, msg=name):
                self.env[name].with_user(self.stranger).search([])

    def test_companies_are_apart(self):
        """A manager of another company sees neither the project nor any part of it."""
        self.load(self.prepare(self.project))
        self.run_step(self.project, "verify")
        other = self.env["res.company"].create({"name": "Other"})
        stranger = new_test_user(
            self.env, "other_manager",
            "base.group_user,crm_migration.crm_migration_group_manager",
            company_id=other.id, company_ids=other.ids,
        )  # fmt: skip
        for name in (
            "project", "file", "record", "mapping", "mapping.line", "mapping.value", "approval",
            "run", "log", "issue", "check", "inventory",
        ):  # fmt: skip
            model = self.env[f"crm.migration.{name}"]
            if name == "issue":
                self.env[model._name]._append(self.project, [(Problem("plan_cap"), {})])
            mine = model.search(
                [("company_id" if name == "project" else "project_id", "!=", False)]
            )
            self.assertTrue(mine, name)
            self.assertFalse(model.with_user(stranger).search([]), name)
            with self.assertRaises(AccessError, msg=name):
                mine[:1].with_user(stranger).read(["id", "display_name"])


@tagged("post_install", "-at_install", "crm_migration")
class TestRemote(HttpCase):
    """An administrator with a script: XML-RPC and JSON calls against the running server."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.admin = cls.env.ref("base.user_admin")
        cls.env = cls.env(
            user=cls.admin.id, context=dict(cls.env.context, crm_migration_no_commit=True)
        )
        case = type("Case", (MigrationCase,), {"env": cls.env, "cr": cls.cr, "admin": cls.admin})
        cls.project = case.migrate(TABLES)
        cls.log = cls.env["crm.migration.log"].search([], limit=1)
        cls.approval = cls.project.approval_ids[:1]
        cls.env["crm.migration.receipt"]._append(cls.project, "dossier", "0" * 64)
        cls.receipt = cls.project.receipt_ids
        cls.log_count = cls.env["crm.migration.log"].search_count([])

    def values(self, model):
        return {
            "crm.migration.log": {
                "project_id": self.project.id, "run_id": self.log.run_id.id, "model": "res.partner",
                "res_id": 1, "action": "create", "logged_at": "2024-01-01 00:00:00",
            },
            "crm.migration.approval": {
                "project_id": self.project.id, "kind": "cutover", "user_id": self.admin.id,
                "approved_at": "2024-01-01 00:00:00", "approved_hash": "0" * 64,
            },
            "crm.migration.receipt": {
                "project_id": self.project.id, "kind": "copies", "user_id": self.admin.id,
                "issued_at": "2024-01-01 00:00:00", "digest": "0" * 64,
            },
        }[model]  # fmt: skip

    def attempts(self):
        """Yield every way to tamper: (model, method, positional arguments)."""
        for model in PROTECTED:
            ids = getattr(self, model.rpartition(".")[2]).ids
            yield model, "create", [self.values(model)]
            yield model, "create", [[self.values(model)]]
            yield model, "write", [ids, {"project_id": self.project.id}]
            yield model, "unlink", [ids]
            yield model, "load", [["project_id/.id", "model"], [[str(self.project.id), "x"]]]
            yield model, "copy", [ids]
            yield model, "web_save", [ids, {"project_id": self.project.id}, {}]
            yield model, "name_create", ["x"]
            yield model, "_append", [ids, "cutover", "0"]
            yield model, "update_field_translations", [ids, "model", {"en_US": "x"}]
            yield model, "action_archive", [ids]
            yield model, "init", [[]]
            yield model, "_void", [ids]

    def assertUntouched(self):
        self.env.invalidate_all()
        self.assertEqual(self.env["crm.migration.log"].search_count([]), self.log_count)
        self.assertEqual(self.project.approval_ids.mapped("kind"), ["sample", "map"])
        self.assertFalse(any(self.project.approval_ids.mapped("voided_at")))
        self.assertEqual(self.project.receipt_ids.mapped("kind"), ["dossier"])

    def test_xmlrpc(self):
        """Reading works; creating, changing, deleting and importing never do."""
        login = (self.env.cr.dbname, self.admin.id, "admin")
        found = self.xmlrpc_object.execute_kw(
            *login, "crm.migration.log", "search_read", [[], ["model"]]
        )
        self.assertEqual(len(found), self.log_count)
        contexts = ({}, {"crm_migration_approving": True}, {"crm_migration_silent": True})
        for model, method, arguments in self.attempts():
            for context in contexts:
                try:
                    result = self.xmlrpc_object.execute_kw(
                        *login, model, method, arguments, {"context": context}
                    )
                except xmlrpc.client.Fault:
                    continue
                # ``load`` reports its errors instead of raising them.
                self.assertTrue(method == "load" and result["messages"] and not result["ids"],
                                f"{model}.{method} was accepted: {result}")  # fmt: skip
        self.assertUntouched()

    def test_web_client(self):
        """The same from a browser's session."""
        self.authenticate("admin", "admin")
        for model, method, arguments in self.attempts():
            if method == "load":
                continue
            answer = self.url_open(
                f"/web/dataset/call_kw/{model}/{method}",
                data=json.dumps(
                    {"params": {"model": model, "method": method, "args": arguments, "kwargs": {}}}
                ),
                headers={"Content-Type": "application/json"},
            ).json()
            self.assertIn("error", answer, f"{model}.{method} was accepted")
        self.assertUntouched()

    def test_private_steps_are_no_remote_methods(self):
        """What works the runs and settles approvals cannot be called from outside."""
        login = (self.env.cr.dbname, self.admin.id, "admin")
        for model, method in (
            ("crm.migration.project", "_approve_again"), ("crm.migration.run", "_work"),
            ("crm.migration.loader", "_step"), ("crm.migration.rollback", "_step"),
            ("crm.migration.purger", "_step"), ("crm.migration.run", "_seal"),
        ):  # fmt: skip
            with self.assertRaises(xmlrpc.client.Fault, msg=method):
                self.xmlrpc_object.execute_kw(*login, model, method, [[self.project.id]])
        self.assertUntouched()
