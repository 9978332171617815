"""Products, orders and invoices of a source whose profile names none of them."""

from odoo.tests import tagged

from .apps_common import AppsCase

CONTACTS = [
    {"id": "1", "first name": "Ada", "last name": "Byron", "email": "ada@example.com"},
    {"id": "2", "first name": "Max", "last name": "Muster", "email": "max@example.com"},
]
PRODUCTS = [
    {"product id": "p1", "product name": "Workshop", "sku": "WS", "price": "100.00"},
    {"product id": "p2", "product name": "Handbook", "sku": "HB", "price": "25.50"},
]
ORDERS = [
    {
        "order id": "o1", "order date": "2024-02-02", "customer email": "ada@example.com",
        "status": "completed", "total": "238.00",
    },
    {
        "order id": "o2", "order date": "2024-02-03", "customer email": "who@example.com",
        "status": "completed", "total": "10.00",
    },
]  # fmt: skip
INVOICES = [
    {
        "invoice number": "i1", "invoice date": "2024-02-10", "customer email": "max@example.com",
        "status": "paid", "total": "80.00",
    },
]  # fmt: skip
TABLES = {
    "contacts.csv": CONTACTS,
    "products.csv": PRODUCTS,
    "orders.csv": ORDERS,
    "invoices.csv": INVOICES,
}


class ElsewhereCase(AppsCase):
    def migrate_and_count(self):
        """Return the project and its outcomes, after all steps; every row has one."""
        before = self.dump()
        project = self.prepare(self.make_project(TABLES))
        self.load(project)
        outcomes = self.assertAddsUp(project)
        wrong = self.find_wrong(project)
        self.assertFalse([(c.entity, c.source_key, c.field_name) for c in wrong])
        self.run_step(project, "rollback")
        self.assertSameDump(before, self.dump())
        return project, outcomes

    def assertLanded(self, outcomes, entity, count):
        """Records of the app where it is installed, else of the contact, or a written list."""
        landed = {name: outcomes[entity][name] for name in ("created", "merged", "skipped")}
        self.assertEqual(sum(landed.values()), count, (entity, landed))


@tagged("post_install", "-at_install", "crm_migration")
class TestAppsOfAnother(ElsewhereCase):
    profile = "other"

    def test_a_second_source_of_documents_adds_no_code(self):
        """CC-29, CC-30, CC-32, GN-02: of any CRM, they land; what names nobody is held."""
        project, outcomes = self.migrate_and_count()
        self.assertEqual(set(project.readiness_ids.mapped("use")), {"product", "order", "invoice"})
        self.assertLanded(outcomes, "product", 2)
        self.assertLanded(outcomes, "order", 1)
        self.assertEqual(outcomes["order"]["held"], 1)
        self.assertLanded(outcomes, "invoice", 1)


@tagged("post_install", "-at_install", "crm_migration")
class TestAppsOfSpark(ElsewhereCase):
    profile = "spark_crm"

    def test_what_the_profile_leaves_out_stays_out(self):
        """SP-49: checkout orders are listed with their count; products and invoices land."""
        project, outcomes = self.migrate_and_count()
        self.assertNotIn("order", outcomes)
        payments = project.inventory_ids.filtered(lambda one: one.kind == "payment")
        self.assertEqual((len(payments), sum(payments.mapped("count"))), (2, 2))
        self.assertLanded(outcomes, "product", 2)
        self.assertLanded(outcomes, "invoice", 1)
