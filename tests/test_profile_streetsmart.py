"""StreetSmart, ``data/streetsmart``: job-shaped files land as companies, addresses and deals."""

from odoo.tests import tagged

from .common import MigrationCase, read_folder


@tagged("post_install", "-at_install", "crm_migration")
class TestProfileStreetsmart(MigrationCase):
    profile = "streetsmart"

    def test_job_shaped_files(self):
        seller = self.make_user("Sel Ler", "sel@ler.example", "sales_team.group_sale_salesman")
        project = self.migrate(
            read_folder("streetsmart"), owner_policy="fallback", fallback_user_id=seller.id
        )
        customer, site = self.find(project, "company", "c1"), self.find(project, "site", "s1")
        self.assertEqual((site.parent_id, site.type, site.city), (customer, "other", "York"))
        job = self.find(project, "deal", "j1")
        self.assertEqual((job.partner_id, job.user_id), (customer, seller))
        self.assertEqual(str(job.date_deadline), "2024-03-05")
        self.assertEqual(job.stage_id.name, "Scheduled")
        self.assertIn("unknown_stage", self.codes(project, "deal", "j2"), "not seen before (SS-36)")
