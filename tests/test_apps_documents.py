"""Orders as other hands export them: lines in one cell, another currency, lines that change."""

import json

from odoo.tests import tagged

from .apps_common import AppsCase

CONTACTS = [{"Contact Id": "c1", "First Name": "Ada", "Email": "ada@example.com"}]
PRODUCTS = [
    {"Product ID": "p1", "Name": "Shirt", "SKU": "SH", "Price": "19.90"},
    {"Product ID": "p2", "Name": "Hat", "SKU": "HA", "Price": "10.00"},
]
CELL = json.dumps([{"sku": "SH", "quantity": 2, "price": 19.9}, {"name": "Hat", "qty": "1"}])
ORDERS = [
    {"Order ID": "1", "Order Date": "2024-02-02", "Contact Id": "c1", "Status": "Completed",
     "Items": CELL, "Total": "€ 49.80", "Currency": "EUR"},
    {"Order ID": "2", "Order Date": "2024-02-03", "Contact Id": "c1", "Status": "Completed",
     "Items": "3 x Hat (10.00); 1 x Gift", "Total": "30.00", "Currency": "USD"},
    {"Order ID": "3", "Order Date": "2024-02-04", "Contact Id": "c1", "Status": "Completed",
     "Items": "", "Total": "100.00", "Currency": "USD"},
]  # fmt: skip
LINES = [
    {"Line Item ID": "l1", "Order ID": "3", "Product ID": "p2", "Quantity": "9",
     "Unit Price": "10.00"},
]  # fmt: skip
TABLES = {
    "contacts.csv": CONTACTS,
    "products.csv": PRODUCTS,
    "orders.csv": ORDERS,
    "order_items.csv": LINES,
}


@tagged("post_install", "-at_install", "crm_migration")
class TestAppsDocuments(AppsCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        if "sale.order" not in cls.env:
            cls.skipTest(cls, "this database has no optional apps (dev/test --apps)")
        cls.before = cls.dump()
        cls.project = cls.migrate(TABLES)

    def lines_of(self, key):
        order = self.find(self.project, "order", key)
        return order, [
            (line.product_id.default_code, line.product_uom_qty, line.price_unit)
            for line in order.order_line.sorted("id")
        ]

    def test_lines_in_one_cell_are_lines(self):
        """CC-30: as JSON or as a list, with their products; totals are the source's."""
        order, lines = self.lines_of("1")
        self.assertEqual(lines, [("SH", 2, 19.9), ("HA", 1, 0.0), (False, 1, 10.0)])
        self.assertEqual(order.amount_total, 49.8)
        self.assertIn("total_differs", self.codes(self.project, "order", "1"))
        order, lines = self.lines_of("2")
        self.assertEqual(lines, [("HA", 3, 10.0), (False, 1, 0.0)])
        self.assertEqual(order.amount_total, 30.0)

    def test_an_order_keeps_its_currency(self):
        """X-06: by a price list of that currency, which no new order takes; nothing converted."""
        order = self.find(self.project, "order", "1")
        self.assertEqual(order.currency_id.name, "EUR")
        self.assertFalse(order.pricelist_id.active)
        self.assertFalse(self.find(self.project, "order", "2").pricelist_id)
        self.assertFalse(self.find_wrong(self.project))

    def test_a_changed_line_changes_what_it_leaves_of_the_total(self):
        """CC-51: no stale difference after a newer export; the total stays the source's."""
        order, lines = self.lines_of("3")
        self.assertEqual(lines, [("HA", 9, 10.0), (False, 1, 10.0)])
        changed = TABLES | {"order_items.csv": [LINES[0] | {"Quantity": "8"}]}
        self.load_again(self.project, changed, delta=True)
        order, lines = self.lines_of("3")
        self.assertEqual(lines, [("HA", 8, 10.0), (False, 1, 20.0)])
        self.assertEqual(order.amount_total, 100.0)
        self.assertFalse(self.find_wrong(self.project))
        total = [dict(row) for row in ORDERS]
        total[2]["Total"], total[1]["Items"] = "80.00", "2 x Hat (10.00); 1 x Gift"
        self.load_again(self.project, changed | {"orders.csv": total}, delta=True)
        self.assertEqual(self.lines_of("3")[0].amount_total, 80.0)
        order, lines = self.lines_of("2")
        self.assertEqual((order.amount_total, lines[0]), (30.0, ("HA", 2, 10.0)))
        self.assertFalse(self.find_wrong(self.project))
        self.assertRolledBack()

    def assertRolledBack(self):
        self.run_step(self.project, "rollback")
        kept = self.project.issue_ids.filtered(lambda issue: issue.code == "rollback_kept")
        self.assertFalse(kept.mapped("message"))
        self.assertSameDump(self.before, self.dump())
