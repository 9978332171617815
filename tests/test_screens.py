"""What a new administrator reads on screen: names in words, no old news, no signature too many."""

import base64
import json
from unittest.mock import patch

from lxml import etree

from odoo.tests import Form, new_test_user

from ..engine import profiles
from ..wizards import crm_migration_project_rollback
from .common import MigrationCase

CONTACTS = [
    {"Contact ID": "1", "First Name": "Ada", "Last Name": "Nu", "Email": "a@nu.example"},
    {"Contact ID": "2", "First Name": "Bo", "Last Name": "Xi", "Email": "no address"},
]


class TestScreens(MigrationCase):
    def test_another_crm_stands_last(self):
        """The list of sources is by name; the one without a profile follows them."""
        names = [name for __, name in self.env["crm.migration.project"]._selection_profile()]
        self.assertEqual(names[-1], profiles.generic().name)
        self.assertEqual(names[:-1], sorted(names[:-1], key=str.lower))

    def test_the_source_is_the_name_until_a_person_gives_one(self):
        """A new migration asks one question less; a name that was given stays."""
        form = Form(self.env["crm.migration.project"])
        form.profile = "karmacrm"
        self.assertEqual(form.name, "karmaCRM")
        form.profile = "spark_crm"
        self.assertEqual(form.name, "Spark CRM")
        form.name = "Our move"
        form.profile = "karmacrm"
        self.assertEqual(form.name, "Our move")

    def test_what_was_foreseen_is_no_news_after_the_load(self):
        """Before the load the forecast says what will be held; after it, only how it was kept."""
        project = self.prepare(self.make_project({"contacts.csv": CONTACTS}))
        self.run_step(project, "forecast")
        self.assertTrue(project.forecast["sentence"])
        self.load(project)
        project.invalidate_recordset(["forecast"])
        self.assertTrue(project.forecast["loaded"])
        self.assertFalse(project.forecast["sentence"])

    def test_a_later_load_is_signed_anew(self):
        """Who signed has not seen what a newer export brings: the signature ends with its load."""
        project = self.migrate({"contacts.csv": CONTACTS})
        self.run_step(project, "verify")
        project.action_sign_off()
        newer = CONTACTS + [CONTACTS[0] | {"Contact ID": "3", "Email": "c@nu.example"}]
        self.load_again(project, {"contacts.csv": newer}, delta=True)
        self.run_step(project, "verify")
        self.assertFalse(project.is_signed)
        self.assertTrue(project._get_valid_approval("map"), "the map is as it was approved")
        project.action_sign_off()
        self.assertTrue(project.is_signed)

    def test_the_old_crm_has_its_name_on_the_records(self):
        """ "Migrated from smart_crm_online" says less than the name of the product."""
        arch = etree.fromstring(self.env["res.partner"].get_view(view_type="form")["arch"])
        nodes = arch.xpath("//field[@name='x_source_system']")
        self.assertGreaterEqual(len(nodes), 1)
        for node in nodes:
            labels = json.loads(node.get("options"))["labels"]
            self.assertEqual(node.get("widget"), "crm_migration_source")
            self.assertEqual(labels["smart_crm_online"], "Smart CRM Online")
            self.assertEqual(labels["other"], "Another CRM")

    def test_an_imported_map_says_what_it_decided(self):
        """The window tells how many columns and values are as in the file; none is a warning."""
        first = self.propose(self.make_project({"contacts.csv": CONTACTS}))
        saved = base64.b64encode(json.dumps(first._export_map()).encode())
        empty = base64.b64encode(json.dumps({"profile": first.profile}).encode())
        wizards = self.env["crm.migration.project.map"]
        told = wizards.create({"project_id": first.id, "content": saved}).action_import()["params"]
        self.assertIn(f"{len(first.line_ids)} columns", told["message"])
        self.assertEqual(told["type"], "success")
        told = wizards.create({"project_id": first.id, "content": empty}).action_import()["params"]
        self.assertEqual(told["type"], "warning")

    def test_issues_name_the_column_of_the_file(self):
        """Also where the issue is about the field that a column goes to."""
        project = self.migrate({"contacts.csv": CONTACTS})
        issue = project.issue_ids.filtered(lambda one: one.column == "Email")[:1]
        self.assertEqual(issue.column_label, "Email")
        issue.sudo().column = "email"
        self.assertEqual(issue.column_label, "Email")
        issue.sudo().column = "nothing"
        self.assertEqual(issue.column_label, "nothing", "what no column goes to keeps its name")

    def test_the_log_names_kinds_of_records(self):
        project = self.migrate({"contacts.csv": CONTACTS})
        line = self.env["crm.migration.log"].search(
            [("project_id", "=", project.id), ("model", "=", "res.partner")], limit=1
        )
        self.assertEqual(line.model_label, "Contact")
        found = line.search([("model_label", "ilike", "ontac"), ("project_id", "=", project.id)])
        self.assertIn(line, found, "the kind can be searched by what the list calls it")
        self.assertEqual(set(found.mapped("model")), {"res.partner"})

    def test_a_large_rollback_is_previewed_when_asked_for(self):
        """The window opens at once; ticked, it tells what it would have told unasked."""
        project = self.migrate({"contacts.csv": CONTACTS})
        wizard = self.env["crm.migration.project.rollback"]
        wizard = wizard.with_context(default_project_id=project.id)
        told = Form(wizard).preview_html
        self.assertIn("Contact", told)
        with (
            patch.object(crm_migration_project_rollback, "QUICK", 0),
            patch.object(type(self.env["crm.migration.rollback"]), "_plan", autospec=True) as plan,
        ):
            form = Form(wizard)
            plan.assert_not_called()
            self.assertTrue(form.is_large)
            self.assertFalse(form.is_empty, "it can be confirmed without")
        with patch.object(crm_migration_project_rollback, "QUICK", 0):
            form.wants_preview = True
            self.assertEqual(form.preview_html, told)
            form.typed_name = project.name
            form.save().action_rollback()
        self.work(project.active_run_id)
        self.assertEqual(project.state, "rolled_back")

    def test_rolling_back_is_on_the_page_for_managers_only(self):
        """What was promised before the load is found after it, without a search in menus."""
        action = str(self.env.ref("crm_migration.crm_migration_project_rollback_action").id)
        button = f"//sheet//div[hasclass('alert')]//button[@name='{action}']"
        projects = self.env["crm.migration.project"]
        users = {
            group: new_test_user(
                self.env, group, groups=f"crm_migration.crm_migration_group_{group}"
            )
            for group in ("manager", "user")
        }
        for group, count in (("manager", 1), ("user", 0)):
            view = projects.with_user(users[group]).get_view(view_type="form")
            self.assertEqual(len(etree.fromstring(view["arch"]).xpath(button)), count, group)
