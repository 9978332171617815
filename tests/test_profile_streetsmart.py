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

    def test_jobs_of_other_headers(self):
        """SS-22, SS-36: own stages of neutral probability; sites by number; no date is lost."""
        tables = {
            "accounts.csv": [
                {"Account No": "91", "Account Name": "Acme"},
                {"Account No": "92", "Account Name": "Bolt"},
            ],
            "locations.csv": [
                {"Location No": "L1", "Location Name": "Roof", "Account No": "91", "City": "York"},
                {"Location No": "L2", "Location Name": "Cellar", "Account No": "92", "City": "Ulm"},
            ],
            "work_orders.csv": [
                {"Work Order No": "W1", "Summary": "Fix lift", "Account No": "91",
                 "Work Order Status": "Signed off", "Department": "Service",
                 "Completed On": "2024-03-06 10:00"},
                {"Work Order No": "W2", "Summary": "Oil lift", "Account No": "92",
                 "Work Order Status": "Parked", "Department": "Sales", "Completed On": ""},
            ],
        }  # fmt: skip
        project = self.migrate(tables, timezone="UTC")
        site = self.find(project, "site", "L2")
        self.assertEqual((site.name, site.city, site.x_source_id), ("Cellar", "Ulm", "L2"))
        self.assertEqual(site.parent_id, self.find(project, "company", "92"))
        job = self.find(project, "deal", "W1")
        self.assertEqual((job.name, job.stage_id.name), ("Fix lift", "Signed off"))
        self.assertEqual((job.probability, job.stage_id.x_source_probability), (50, 50))
        self.assertEqual(job.x_source_data, {"Completed On": "2024-03-06 10:00"})
        self.assertEqual(job.x_department, "Service")
        self.assertFalse(job.date_closed)
        run = self.run_step(project, "verify")
        self.assertEqual(run.counters["checks"]["different"], 0)
