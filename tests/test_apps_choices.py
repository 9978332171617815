"""Choices around optional apps: where tasks go, what is summed, shown and done at a time."""

from lxml import etree

from odoo.tests import tagged

from .apps_common import AppsCase

CONTACTS = [
    {"id": "c1", "name": "Ada Byron", "email": "ada@example.com", "country": "Freedonia"},
    {"id": "c2", "name": "Max Muster", "email": "max@example.com", "country": "Freedonia"},
    {"id": "c3", "name": "Eve Adams", "email": "eve@example.com", "country": "Austria"},
    {"id": "c4", "name": "Bo Diddley", "email": "bo@example.com", "country": "Peru"},
]
TASKS = [
    {"id": "t1", "title": "Call back", "due date": "2024-03-05", "contact id": "c1", "done": "no"},
    {"id": "t2", "title": "Send it", "due date": "2024-02-10", "contact id": "c2", "done": "yes"},
]
ACTIVITIES = [
    {"id": "a1", "type": "Note", "subject": "Said", "date": "2024-03-05", "contact id": "c1"},
    {"id": "a2", "type": "Task", "subject": "Do", "due date": "2024-03-07", "contact id": "c1"},
]


@tagged("post_install", "-at_install")
class TestAppsChoices(AppsCase):
    profile = "karmacrm"

    def setUp(self):
        super().setUp()
        if "project.task" not in self.env:
            self.skipTest("Project is not installed")

    def prepare_with(self, use=None, **tables):
        project = self.make_project({f"{name}.csv": rows for name, rows in tables.items()})
        self.propose(project)
        line = project.readiness_ids.filtered(lambda line: line.use == "task")
        self.assertEqual((line.choice, line.state), ("fallback", "confirmed"))
        if use:
            line.choice = use
        self.confirm(project)
        self.run_step(project, "schema")
        return self.load(project)

    def test_tasks_of_any_source_become_activities_unless_chosen(self):
        project = self.prepare_with(contacts=CONTACTS, tasks=TASKS)
        self.assertEqual(self.find(project, "task", "t1")._name, "mail.activity")

    def test_tasks_of_any_source_become_tasks_by_choice(self):
        project = self.prepare_with("app", contacts=CONTACTS, tasks=TASKS)
        task = self.find(project, "task", "t2")
        self.assertEqual((task._name, task.state), ("project.task", "1_done"))
        self.assertEqual(task.partner_id, self.find(project, "contact", "c2"))
        self.assertAllLanded(project, "task")

    def test_tasks_among_other_activities_become_tasks_too(self):
        project = self.prepare_with("app", contacts=CONTACTS, activities=ACTIVITIES)
        task = self.find(project, "activity", "a2")
        self.assertEqual(task._name, "project.task")
        self.assertTrue(task.project_id, "not on somebody's private list")
        self.assertEqual(self.find(project, "activity", "a1")._name, "mail.message")

    def test_fields_of_the_old_crm_are_on_the_form(self):
        self.prepare_with("app", contacts=CONTACTS, tasks=TASKS)
        arch = etree.fromstring(self.env["project.task"].get_view(view_type="form")["arch"])
        (page,) = arch.xpath("//page[@name='crm_migration']")
        shown = {field.get("name") for field in page.iter("field")}
        self.assertLessEqual({"x_source_id", "x_crm_lead_id", "x_source_data"}, shown)
        before = self.env["crm.tag"].get_view(view_type="form")["arch"]
        self.assertNotIn("crm_migration", before)

    def test_a_country_nobody_knows_is_asked_once(self):
        project = self.make_project({"contacts.csv": CONTACTS})
        self.propose(project)
        (value,) = project.value_ids.filtered(lambda value: value.domain == "country")
        self.assertEqual((value.source_value, value.count), ("Freedonia", 2))
        self.assertIn(["PT", "Portugal"], [list(pair) for pair in value.counterparts])
        value.target_value = "PT"
        self.confirm(project)
        self.run_step(project, "schema")
        self.load(project)
        for key, code in (("c1", "PT"), ("c2", "PT"), ("c3", "AT")):
            self.assertEqual(self.find(project, "contact", key).country_id.code, code)
            self.assertNotIn("unknown_country", self.codes(project, "contact", key))


@tagged("post_install", "-at_install")
class TestCurrenciesOfLedgers(AppsCase):
    def test_figures_of_several_currencies_are_not_added(self):
        own = self.env.company.currency_id.name
        invoices = [
            {
                "Invoice Number": f"I{n}",
                "Invoice Date": "2024-02-10",
                "Customer Email": "ada@example.com",
                "Total": total,
                "Status": "Sent",
                "Currency": currency,
            }
            for n, (total, currency) in enumerate(
                [("100.00", own), ("20.00", own), ("7000.00", "JPY")], start=1
            )
        ]
        contacts = [{"Contact Id": "c1", "First Name": "Ada", "Email": "ada@example.com"}]
        project = self.make_project({"contacts.csv": contacts, "invoices.csv": invoices})
        self.propose(project)
        project.readiness_ids.choice = "fallback"
        self.confirm(project)
        self.run_step(project, "schema")
        self.load(project)
        partner = self.find(project, "contact", "c1")
        self.assertEqual((partner.x_invoice_total, partner.x_invoice_open), (120.0, 120.0))
        self.assertEqual(partner.x_invoice_count, 3)
        self.assertIn("7000.00 JPY", partner.x_invoices)
        self.assertIn("currency_not_summed", self.codes(project, "invoice", "I3"))
        self.assertNotIn("currency_not_summed", self.codes(project, "invoice", "I1"))
        self.assertFalse(self.find_wrong(project))


@tagged("post_install", "-at_install")
class TestPostedBatches(AppsCase):
    def test_posted_invoices_are_taken_a_few_at_a_time(self):
        """Posting some hundred in one transaction would outlast a worker's time."""
        target = self.env["crm.migration.target.invoice"]
        project = self.make_project({})
        project.invoice_policy = "posted"
        self.assertLessEqual(target._get_most(project), 100)
        project.invoice_policy = "draft"
        self.assertIsNone(target._get_most(project))
