"""An ID names one record: one that is not in the export is not the record with the same name."""

from odoo.tests import tagged

from .common import MigrationCase

COMPANIES = [
    {"Company ID": "1", "Company Name": "Alpha", "City": "Bonn"},
    {"Company ID": "2", "Company Name": "Beta", "City": "Ulm"},
]
CONTACTS = [
    {"Contact ID": "c1", "Name": "Ann Bo", "Email": "ann@a.example", "Company ID": "1",
     "Company Name": "Alpha"},
    {"Contact ID": "c2", "Name": "Cy Di", "Email": "cy@b.example", "Company ID": "99",
     "Company Name": "Beta"},
    {"Contact ID": "c3", "Name": "Ed Fo", "Email": "ed@b.example", "Company ID": "",
     "Company Name": "Beta"},
]  # fmt: skip


@tagged("post_install", "-at_install", "crm_migration")
class TestLinksById(MigrationCase):
    profile = "other"

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.project = cls.migrate({"companies.csv": COMPANIES, "contacts.csv": CONTACTS})

    def partner(self, key):
        record = self.staged(self.project, "contact", key)
        return self.env["res.partner"].browse(record.res_id)

    def test_the_map_links_by_both(self):
        lines = self.project.line_ids.filtered(lambda line: line.target_field == "parent_id")
        self.assertEqual(
            {(line.column, line.reference) for line in lines if line.entity == "contact"},
            {("Company ID", "company.id"), ("Company Name", "company.name")},
        )

    def test_id_in_the_export_links(self):
        self.assertEqual(self.partner("c1").parent_id.name, "Alpha")

    def test_id_not_in_the_export_is_told_and_no_name_stands_in(self):
        partner = self.partner("c2")
        self.assertTrue(partner)
        self.assertFalse(partner.parent_id)
        issues = self.project.issue_ids.filtered(lambda one: one.source_key == "c2")
        told = issues.filtered(lambda one: one.code == "missing_company")
        self.assertEqual(told.mapped("value"), ["99"])
        self.assertEqual(partner.company_name, "Beta")
        self.assertEqual(partner.x_source_data["Company ID"], "99")

    def test_without_an_id_the_name_links(self):
        self.assertEqual(self.partner("c3").parent_id.name, "Beta")
