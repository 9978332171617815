"""crmConnect, ``data/crmconnect``: companies known by name, part files, the plan's own headers."""

from odoo.tests import tagged

from .common import MigrationCase, read_folder


@tagged("post_install", "-at_install", "crm_migration")
class TestProfileCrmconnect(MigrationCase):
    profile = "crmconnect"

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.seller = cls.make_user("Sel Ler", "sel@ler.example", "sales_team.group_sale_salesman")
        cls.project = cls.migrate(read_folder("crmconnect"))

    def one(self, entity, key):
        return self.find(self.project, entity, key)

    def test_companies_are_known_by_name(self):
        """A contact finds its company by name; two of one name are not guessed (CC-45)."""
        company = self.one("company", "öfen gmbh")
        self.assertEqual(self.one("contact", "k1").parent_id, company)
        self.assertFalse(self.one("contact", "k2").parent_id)
        self.assertIn("ambiguous_reference", self.codes(self.project, "contact", "k2"))
        twins = self.env["res.partner"].search(
            [("name", "=", "Zwilling AG"), ("x_source_id", "!=", False)]
        )
        self.assertEqual(sorted(twins.mapped("city")), ["Bonn", "Ulm"])

    def test_a_changed_phone_makes_no_new_company(self):
        tables = read_folder("crmconnect")
        name = "companies_without_id.csv"
        tables[name] = tables[name].replace(b",1,Essen", b",999,Essen")
        self.load_again(self.project, tables, delta=True)
        company = self.one("company", "öfen gmbh")
        self.assertEqual(company.phone, "999")
        self.assertEqual(self.project._get_outcomes()["company"]["created"], 0)

    def test_part_files_repeat_rows(self):
        """A row that two parts have is loaded once (CC-03)."""
        counts = self.project._get_outcomes()["contact"]
        self.assertEqual((counts["read"], counts["created"], counts["skipped"]), (4, 3, 1))
        self.assertIn("repeated_row", self.project.issue_ids.mapped("code"))

    def test_the_plans_own_headers(self):
        """Lead Value, assigned, Created on; abandoned is lost (source-systems.md, C4)."""
        deal, gone = self.one("deal", "d1"), self.one("deal", "d2")
        self.assertEqual((deal.expected_revenue, deal.user_id), (100, self.seller))
        self.assertEqual(deal.partner_id, self.one("contact", "k1"))
        self.assertEqual((deal.team_id.name, gone.team_id.name), ("Sales", "Service"))
        self.assertEqual(gone.won_status, "lost")

    def test_history_of_a_company_without_id(self):
        self.assertEqual(self.one("note", "n1").res_id, self.one("company", "öfen gmbh").id)
