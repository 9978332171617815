"""What does not move is listed whole, with its nearest counterpart in Odoo."""

import csv
import io

from openpyxl import load_workbook

from odoo.tests import tagged

from .common import MigrationCase

CONTACTS = [{"id": "1", "name": "Ada Byron", "email": "ada@example.com"}]
WORKFLOWS = [
    {
        "Workflow Name": "Welcome", "Trigger": "Contact created", "Condition": "source is web",
        "Action": "Send welcome email", "Active": "yes",
    },
    {
        "Workflow Name": "Chase", "Trigger": "Deal moved to stage Proposal", "Condition": "",
        "Action": "Create task for owner", "Active": "yes",
    },
    {"Workflow Name": "Old", "Trigger": "", "Condition": "", "Action": "", "Active": "no"},
]  # fmt: skip
CAMPAIGNS = [
    {
        "Campaign Name": "Spring", "Subject": "Hello", "Audience": "Customers",
        "Sent": "2024-03-01", "Opens": "120", "Clicks": "30",
    },
]  # fmt: skip
WEBHOOKS = [
    {"URL": "https://hook.example.com/in", "Event": "deal.created", "Payload": '{"id": 1}'},
]
INTEGRATIONS = [
    {"Integration": "Google Calendar", "Status": "active"},
    {"Integration": "MailChimp", "Status": "active"},
]
FILES = [
    {"File Name": "offer.pdf", "Record Type": "Contact", "Record Name": "Ada Byron"},
    {"File Name": "plan.docx", "Record Type": "Contact", "Record Name": "Ada Byron"},
]
USERS = [{"id": "9", "name": "Boss", "email": "boss@example.com", "role": "Admin"}]
TASKS = [
    {
        "id": "5", "subject": "Call", "due date": "2024-01-05", "completed": "no",
        "contact id": "1", "repeat": "every month",
    },
]  # fmt: skip
TABLES = {
    "contacts.csv": CONTACTS,
    "users.csv": USERS,
    "tasks.csv": TASKS,
    "workflows.csv": WORKFLOWS,
    "email_campaigns.csv": CAMPAIGNS,
    "webhooks.csv": WEBHOOKS,
    "integrations.csv": INTEGRATIONS,
    "attachments.csv": FILES,
}


@tagged("post_install", "-at_install", "crm_migration")
class TestInventory(MigrationCase):
    profile = "karmacrm"

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.project = cls.propose(cls.make_project(TABLES))

    def things(self, kind):
        return self.project.inventory_ids.filtered(lambda one: one.kind == kind)

    def test_a_list_is_recognised(self):
        """A file that is only listed is no unknown one, and no newer export without it hides it."""
        issues = self.env["crm.migration.issue"].search([("project_id", "=", self.project.id)])
        self.assertNotIn("file_unknown", issues.mapped("code"))
        project = self.propose(self.make_project(TABLES, name="Newer"))
        self.upload(project, {"contacts.csv": CONTACTS}, delta=True)
        self.propose(project)
        kinds = project.inventory_ids.filtered("file_id").mapped("kind")
        self.assertEqual(kinds.count("workflow"), len(WORKFLOWS))
        self.assertEqual(kinds.count("webhook"), len(WEBHOOKS))

    def test_every_row_of_a_list_is_a_line(self):
        """GN-01, KC-02, KC-24, KC-42: one line per workflow, webhook, with file and line."""
        found = self.things("workflow")
        self.assertEqual(found.mapped("name"), ["Welcome", "Chase", "Old"])
        self.assertEqual(found.mapped("line"), [2, 3, 4])
        self.assertEqual(found[0].conditions, "source is web")
        self.assertEqual(found[0].payload["Active"], "yes")
        hook = self.things("webhook")
        self.assertEqual((hook.name, hook.trigger), ("https://hook.example.com/in", "deal.created"))
        self.assertIn('{"id": 1}', hook.detail)

    def test_each_names_the_nearest_thing_in_odoo(self):
        """SP-31, SC-42, X-39: trigger and action have their counterpart; without, the usual one."""
        welcome, chase, old = self.things("workflow")
        self.assertIn("On create", welcome.counterpart)
        self.assertIn("Send Email", welcome.counterpart)
        self.assertIn("Stage is set to", chase.counterpart)
        self.assertIn("Create Activity", chase.counterpart)
        self.assertIn("Automation rules", old.counterpart)

    def test_integrations_and_files_are_listed(self):
        """KC-22, KC-23, KC-48: active integrations; one line for each file, with its record."""
        self.assertEqual(
            self.things("integration").mapped("name"), ["Google Calendar", "MailChimp"]
        )
        files = self.things("attachment")
        self.assertEqual(files.mapped("name"), ["offer.pdf", "plan.docx"])
        self.assertIn("Ada Byron", files[0].detail)

    def test_roles_are_listed_and_give_no_right(self):
        """KC-20, KC-26: a role is a line to decide on; nobody gets a group."""
        self.assertEqual(self.things("role").mapped("name"), ["Admin"])
        self.assertFalse(self.env["res.users"].search([("login", "=", "boss@example.com")]))

    def test_a_kind_without_a_list_is_asked_for(self):
        """GN-01: what the export says nothing of is a line too."""
        missing = self.things("custom_field")
        self.assertEqual((len(missing), missing.count), (1, 0))
        self.assertIn("before it closes", missing.detail)

    def test_repeating_tasks_are_written_down_after_the_load(self):
        """CC-26: the pattern of a repeating task is in the list, with its row."""
        self.confirm(self.project)
        self.run_step(self.project, "schema")
        self.load(self.project)
        task = self.things("recurring_task")
        self.assertEqual((task.name, task.conditions), ("Call", "every month"))

    def test_documents(self):
        """KC-18, KC-41, CC-53: a workbook by kind, and the campaigns' figures as CSV."""
        action = self.project.action_inventory_documents()
        made = {
            one.name: one.raw
            for one in self.env["ir.attachment"].search(
                [("res_model", "=", self.project._name), ("description", "=", "inventory")]
            )
        }
        self.assertIn("/web/content/", action["url"])
        book = load_workbook(io.BytesIO(made["not_moved.xlsx"]))
        rows = list(book["Workflows and automations"].values)
        self.assertEqual(rows[1][:2], ("Welcome", "Contact created"))
        figures = list(csv.DictReader(io.StringIO(made["campaigns.csv"].decode("utf-8-sig"))))
        self.assertEqual((figures[0]["Opens"], figures[0]["Subject"]), ("120", "Hello"))
        self.project.action_inventory_documents()
        again = self.env["ir.attachment"].search_count(
            [("res_model", "=", self.project._name), ("name", "=", "campaigns.csv")]
        )
        self.assertEqual(again, 1)

    def test_a_campaign_is_attached_to_the_deal_it_names(self):
        """KC-18: audience, subject, date, opens, clicks as CSV on the deal; a rollback takes it."""
        deals = [
            {"id": "77", "name": "Big order", "stage": "New", "amount": "10", "status": "open"}
        ]
        campaigns = [CAMPAIGNS[0] | {"Deal": "Big Order"}, CAMPAIGNS[0] | {"Deal": "Unknown"}]
        project = self.migrate(
            {"contacts.csv": CONTACTS, "deals.csv": deals, "email_campaigns.csv": campaigns},
            name="Campaigns",
        )
        deal = self.find(project, "deal", "77")
        files = self.env["ir.attachment"]
        mine = [("res_model", "=", "crm.lead"), ("res_id", "=", deal.id)]
        for __ in range(2):
            project.action_inventory_documents()
            made = files.search(mine)
            rows = list(csv.DictReader(io.StringIO(made.raw.decode("utf-8-sig"))))
            self.assertEqual([(row["Opens"], row["Deal"]) for row in rows], [("120", "Big Order")])
        self.run_step(project, "rollback")
        self.assertFalse(made.exists())
        self.assertFalse(deal.exists())

    def test_draft_rules_are_disabled_logged_and_undone(self):
        """KC-42, SC-42: nothing is rebuilt unasked; a draft never runs, and a rollback takes it."""
        if "base.automation" not in self.env:
            self.skipTest("base_automation is not installed in this database (dev/test does it)")
        rules = self.env["base.automation"].with_context(active_test=False)
        before = rules.search([])
        welcome, chase, old = self.things("workflow")
        self.assertFalse(old.can_draft, "the source tells neither trigger nor action")
        (welcome + chase).action_draft_rule()
        made = rules.search([]) - before
        self.assertEqual(set(made.mapped("active")), {False})
        rule = rules.browse(chase.automation_id)
        self.assertEqual((rule.trigger, rule.model_name), ("on_stage_set", "crm.lead"))
        self.assertIn("Create task for owner", rule.action_server_ids.code)
        self.assertEqual(rules.browse(welcome.automation_id).model_name, "res.partner")
        self.run_step(self.project, "rollback")
        self.assertFalse(rules.search([]) - before)
