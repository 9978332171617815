"""What a database with CRM alone does with records that need an optional app (CC-41)."""

import json
from unittest.mock import patch

from odoo.exceptions import UserError
from odoo.tests import tagged
from odoo.tools.translate import code_translations

from .apps_common import TABLES, AppsCase


@tagged("post_install", "-at_install", "crm_migration")
class TestAppsMissing(AppsCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        if "sale.order" in cls.env or "project.task" in cls.env:
            cls.skipTest(cls, "this database has the apps")
        cls.env["res.lang"]._activate_lang("de_DE")
        german = {"Number of Orders in Source": "Anzahl der Aufträge der Quelle"}
        module = ("crm_migration", "de_DE")
        cls.startClassPatcher(patch.dict(code_translations.python_translations, {module: german}))
        cls.before = cls.dump()
        cls.project = cls.prepare(cls.make_project(TABLES))
        cls.load(cls.project)

    def test_a_missing_app_is_a_question(self):
        """CC-41, GN-12: what is missing is named, with its rows; the map waits for the answer."""
        project = self.propose(self.make_project(TABLES, name="Asked"))
        lines = {line.use: line for line in project.readiness_ids}
        self.assertEqual(
            set(lines), {"task", "course", "enrolment", "product", "order", "invoice", "segment"}
        )
        self.assertEqual((lines["order"].rows, lines["task"].rows), (5, 3))
        for line in lines.values():
            self.assertFalse(line.is_installed)
            self.assertEqual((line.choice, line.state), ("fallback", "proposed"))
            self.assertTrue(line.app and line.with_app and line.without_app and line.cost)
        project.line_ids.action_confirm()
        project.value_ids.action_confirm()
        with self.assertRaises(UserError):
            project.action_confirm_map()
        project.readiness_ids.action_confirm()
        project.action_confirm_map()

    def test_every_row_has_an_outcome(self):
        """CC-41: nothing fails for want of an app, and the outcomes add up to the rows read."""
        outcomes = self.assertAddsUp(self.project)
        self.assertFalse(sum(counts["failed"] for counts in outcomes.values()))
        self.assertEqual(outcomes["product"]["skipped"], 2)
        self.assertEqual(self.codes(self.project, "product", "p1"), {"app_missing"})
        self.assertEqual(outcomes["invoice"]["merged"], 4)
        self.assertEqual(outcomes["enrolment"]["created"], 3)

    def test_tasks_are_activities(self):
        """CC-24, CC-41: without Project a task is an activity on its record."""
        task = self.find(self.project, "task", "t1")
        self.assertEqual((task._name, task.summary), ("mail.activity", "Call back"))

    def test_invoices_are_fields_of_the_contact(self):
        """CC-34: number, total, open amount and list; lines are kept with their invoice."""
        ada, max_ = (self.find(self.project, "contact", key) for key in ("c1", "c2"))
        self.assertEqual((ada.x_invoice_count, ada.x_invoice_total), (1, 125.5))
        self.assertEqual((ada.x_invoice_open, str(ada.x_invoice_last_date)), (0.0, "2024-02-10"))
        self.assertIn("INV-7 · 2024-02-10 · 125.50", ada.x_invoices)
        kept = ada.x_source_invoices["INV-7"]
        self.assertEqual(kept["row"]["Text to Pay URL"], "https://pay.example.com/7")
        self.assertEqual([row["Item"] for row in kept["lines"].values()], ["Handbook"])
        self.assertEqual((max_.x_invoice_count, max_.x_invoice_total), (2, 400.0))
        self.assertEqual(max_.x_invoice_open, 280.0)

    def test_orders_are_fields_of_the_contact(self):
        """CC-30, CC-41: without Sales the order history stays with the contact, lines and all."""
        ada = self.find(self.project, "contact", "c1")
        self.assertEqual((ada.x_order_count, ada.x_order_total), (1, 238.0))
        lines = ada.x_source_orders["1001"]["lines"]
        self.assertEqual(lines["l1"]["Unit Price"], "100.00")

    def test_fields_for_missing_apps_are_named_in_every_language(self):
        """The label that a user reads is theirs; who has no translation reads English."""
        field = self.env["ir.model.fields"]._get("res.partner", "x_order_count")
        self.assertEqual(field.field_description, "Number of Orders in Source")
        german = field.with_context(lang="de_DE").field_description
        self.assertEqual(german, "Anzahl der Aufträge der Quelle")

    def test_memberships_are_records_of_a_custom_model(self):
        """CC-27: status, enrolment date, student, course; on a screen of their own."""
        record = self.find(self.project, "enrolment", "m1")
        self.assertEqual(record._name, "x_crm_enrolment")
        self.assertEqual(record.x_partner_id, self.find(self.project, "contact", "c1"))
        self.assertEqual((record.x_course, record.x_status), ("Selling", "Active"))
        self.assertEqual(str(record.x_enrolled_at), "2024-01-15 09:00:00")
        self.assertTrue(
            self.env["ir.actions.act_window"].search([("res_model", "=", "x_crm_enrolment")])
        )

    def test_segments_are_tags(self):
        """CC-35, CC-36: members carry the segment as a tag; a dynamic one is written down."""
        ada = self.find(self.project, "contact", "c1")
        self.assertIn("Newsletter", ada.category_id.mapped("name"))
        self.assertEqual(self.codes(self.project, "segment", "s3"), {"segment_dynamic"})

    def test_the_hierarchy_of_courses_is_a_file(self):
        """CC-28: portal, course, modules and lessons as JSON, with every row as it came."""
        self.project.action_inventory_documents()
        made = self.env["ir.attachment"].search(
            [
                ("res_model", "=", self.project._name),
                ("res_id", "=", self.project.id),
                ("name", "=", "courses.json"),
            ]
        )
        (portal,) = json.loads(made.raw)
        self.assertEqual(portal["portal"], "Academy")
        (course,) = portal["courses"]
        self.assertEqual(course["name"], "Selling")
        self.assertEqual(course["modules"], [{"name": "Basics", "lessons": ["Hello"]}])
        self.assertEqual([row["id"] for row in course["rows"]], ["k1", "k2"])

    def test_text_to_pay_links_are_notes(self):
        """CC-33: without Accounting the links stand on the contact."""
        note = self.find(self.project, "payment_link", "pl1")
        self.assertIn("https://pay.example.com/abc", note.body)

    def test_all_that_landed_is_proved(self):
        """GN-02: the fallbacks are compared field by field too, and a lost entry is found."""
        self.assertAllLanded(self.project, "invoice", "order", "order_line", "enrolment")
        ada = self.find(self.project, "contact", "c1")
        ada.x_source_invoices = {}
        self.assertIn("x_source_invoices", self.find_wrong(self.project).mapped("field_name"))

    def test_loading_again_changes_nothing(self):
        """SP-03: the same export again leaves every record as it is."""
        before = self.dump()
        self.load_again(self.project, TABLES, delta=True)
        self.assertSameDump(before, self.dump())
        self.assertAddsUp(self.project)

    def test_rollback_leaves_the_database_as_it_was(self):
        """X-04: custom fields, the custom model and its screen go too."""
        self.run_step(self.project, "rollback")
        kept = self.project.issue_ids.filtered(lambda issue: issue.code == "rollback_kept")
        self.assertFalse(kept.mapped("message"))
        self.assertSameDump(self.before, self.dump())


@tagged("post_install", "-at_install", "crm_migration")
class TestAppsWaiting(AppsCase):
    def test_what_belongs_to_a_held_contact_waits_for_it(self):
        """CC-06, CC-41: with the apps and without; it is not told to belong to nobody."""
        contacts = [dict(row) for row in TABLES["contacts.csv"]]
        contacts[1]["Assigned To"] = "gone@left.example"
        project = self.migrate(TABLES | {"contacts.csv": contacts}, owner_policy="hold")
        self.assertIn("unmatched_owner", self.codes(project, "contact", "c2"))
        for entity, key in (
            ("order", "1002"),
            ("order_line", "l2"),
            ("invoice", "INV-8"),
            ("enrolment", "m2"),
        ):
            codes = self.codes(project, entity, key)
            self.assertIn("waits_for", codes, entity)
            self.assertFalse(codes & {"document_without_contact", "line_without_document"}, entity)
        self.make_user("Gone", "gone@left.example", "sales_team.group_sale_salesman")
        self.run_step(project, "load")
        self.assertTrue(self.find(project, "order_line", "l2"))
