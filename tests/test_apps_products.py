"""Products with sizes and colours, and their stock, in a database with Sales and Inventory."""

from odoo.tests import tagged

from .apps_common import AppsCase

CONTACTS = [{"Contact Id": "c1", "First Name": "Ada", "Email": "ada@example.com"}]
PRODUCTS = [
    {"Product ID": "s1", "Name": "Shirt", "SKU": "SH-M", "Price": "19.90", "Size": "M",
     "Color": "red", "Stock": "5", "Location": "Hall 1"},
    {"Product ID": "s2", "Name": "Shirt", "SKU": "SH-L", "Price": "21.90", "Size": "L",
     "Color": "red", "Stock": "0", "Location": "Hall 1"},
    {"Product ID": "s3", "Name": "Shirt", "SKU": "SH-LB", "Price": "21.90", "Size": "L",
     "Color": "blue", "Stock": "7", "Location": ""},
    {"Product ID": "h1", "Name": "Hat", "SKU": "H-1", "Price": "5.00", "Size": "S"},
    {"Product ID": "h2", "Name": "Hat", "SKU": "H-1", "Price": "6.00", "Color": "blue"},
]  # fmt: skip
TABLES = {"contacts.csv": CONTACTS, "products.csv": PRODUCTS}


@tagged("post_install", "-at_install", "crm_migration")
class TestAppsProducts(AppsCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        if "sale.order" not in cls.env or "stock.quant" not in cls.env:
            cls.skipTest(cls, "this database has no optional apps (dev/test --apps)")
        cls.before = cls.dump()
        cls.project = cls.migrate(TABLES)

    def test_sizes_and_colours_are_variants(self):
        """CC-31: variants of one product, only those of the source, each at its price."""
        self.assertAllLanded(self.project, "product")
        shirts = [self.find(self.project, "product", key) for key in ("s1", "s2", "s3")]
        template = shirts[0].product_tmpl_id
        self.assertEqual({shirt.product_tmpl_id for shirt in shirts}, {template})
        self.assertEqual(len(template.product_variant_ids), 3)
        self.assertEqual([shirt.lst_price for shirt in shirts], [19.9, 21.9, 21.9])
        self.assertEqual([shirt.default_code for shirt in shirts], ["SH-M", "SH-L", "SH-LB"])
        names = shirts[2].product_template_attribute_value_ids.mapped("name")
        self.assertEqual(set(names), {"L", "blue"})

    def test_what_is_no_variant_stays_a_product_with_its_attributes(self):
        """CC-31: attributes that differ make no variants; they are told, and nothing is lost."""
        hats = [self.find(self.project, "product", key) for key in ("h1", "h2")]
        self.assertNotEqual(hats[0].product_tmpl_id, hats[1].product_tmpl_id)
        self.assertEqual([hat.list_price for hat in hats], [5.0, 6.0])
        self.assertEqual(hats[0].x_source_data, {"Size": "S"})
        self.assertIn("variants_apart", self.codes(self.project, "product", "h1"))
        self.assertIn("product_code_taken", self.codes(self.project, "product", "h2"))

    def test_stock_waits_to_be_applied(self):
        """CC-31: places are made; counts wait for a person, book nothing, and are compared."""
        shirt = self.find(self.project, "product", "s1")
        quant = self.env["stock.quant"].search([("product_id", "=", shirt.id)])
        self.assertEqual((quant.location_id.name, quant.inventory_quantity), ("Hall 1", 5.0))
        self.assertEqual((quant.quantity, shirt.qty_available), (0.0, 0.0))
        blue = self.find(self.project, "product", "s3")
        there = self.env["stock.quant"].search([("product_id", "=", blue.id)])
        warehouse = self.env["stock.warehouse"].search([], limit=1)
        self.assertEqual(there.location_id, warehouse.lot_stock_id)
        self.assertIn("stock_not_booked", self.codes(self.project, "product", "s2"))
        there.inventory_quantity = 8
        self.assertEqual(self.find_wrong(self.project).mapped("field_name"), ["stock"])

    def test_loading_again_changes_nothing(self):
        """SP-03: variants are made once."""
        before = self.dump()
        self.load_again(self.project, TABLES, delta=True)
        self.assertSameDump(before, self.dump())
        self.assertEqual(self.assertAddsUp(self.project)["product"]["unchanged"], 5)

    def test_rollback_leaves_the_database_as_it_was(self):
        """X-04: attributes, templates, places and counts go too."""
        self.run_step(self.project, "rollback")
        kept = self.project.issue_ids.filtered(lambda issue: issue.code == "rollback_kept")
        self.assertFalse(kept.mapped("message"))
        self.assertSameDump(self.before, self.dump())
