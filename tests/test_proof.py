import io

from openpyxl import load_workbook

from odoo.tests import HttpCase, new_test_user, tagged
from odoo.tools import mute_logger

from .common import MigrationCase

COMPANIES = [{"Company ID": "c1", "Company Name": "Alder Ltd"}]
DEALS = [
    {"Deal ID": "1", "Deal Name": "One", "Stage": "New", "Amount": "100", "Company ID": "c1"},
    {"Deal ID": "2", "Deal Name": "Two", "Stage": "New", "Amount": "250", "Company ID": "c1"},
    {"Deal ID": "3", "Deal Name": "Six", "Stage": "Proposal", "Amount": "40", "Company ID": "c9"},
]


class TestProof(MigrationCase):
    """What the proof shows is what was counted."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.project = cls.migrate({"companies.csv": COMPANIES, "deals.csv": DEALS})
        cls.run_step(cls.project, "verify")

    def test_outcomes_add_up(self):
        outcomes = self.project.get_proof()["outcomes"]
        shown = [state["name"] for state in outcomes["states"]]
        for line in outcomes["lines"]:
            self.assertEqual(line["counts"]["read"], sum(line["counts"][name] for name in shown))

    def test_stages_and_sums_against_the_source(self):
        stages = {stage["stage"]: stage for stage in self.project.get_proof()["stages"]}
        self.assertEqual(stages["New"]["source_sum"], 350)
        self.assertEqual(stages["New"]["odoo_sum"], 350)
        self.assertEqual(stages["New"]["source_count"], stages["New"]["odoo_count"])
        lead = self.find(self.project, "deal", "1")
        lead.expected_revenue = 1
        self.env.flush_all()
        self.run_step(self.project, "verify")
        stages = {stage["stage"]: stage for stage in self.project.get_proof()["stages"]}
        self.assertEqual(stages["New"]["odoo_sum"], 251)
        self.assertEqual(stages["New"]["source_sum"], 350)

    def test_report_on_screen_has_words_and_links(self):
        """The page to sign names kinds of records as people do, and has the rebuilt links too."""
        report = self.env["ir.actions.report"]
        page = report._render_qweb_html("crm_migration.crm_migration_report", self.project.ids)[0]
        text = page.decode()
        self.assertIn("Links rebuilt", text)
        self.assertIn("<td>Deals</td>", text)
        self.assertNotIn("<td>deal</td>", text)
        self.assertRegex(text, r"Expected Revenue\s+<span[^>]*>expected_revenue</span>")

    def test_a_link_is_told_by_name(self):
        sample = self.env["crm.migration.check"].search(
            [
                ("project_id", "=", self.project.id),
                ("run_id.kind", "=", "sample"),
                ("field_name", "=", "partner_id"),
                ("source_key", "=", "1"),
            ]
        )
        self.assertEqual((sample.expected, sample.actual), ("Alder Ltd", "Alder Ltd"))
        self.assertEqual(sample.record_name, "One")

    def test_differences_come_first(self):
        ranks = self.env["crm.migration.check"].search(
            [("project_id", "=", self.project.id), ("kind", "in", ["value", "link"])],
            order="verdict_rank",
        )
        self.assertEqual(ranks[-1:].verdict, "equal")

    def test_names_are_read_once_per_model(self):
        verifier = self.env["crm.migration.verifier"]
        rows = verifier._read_rows(self.project)
        checks = verifier._compare(self.project, rows, keep_equal=True)
        self.env.invalidate_all()
        with self.assertQueryCount(18):
            verifier._name_links(checks)


@tagged("post_install", "-at_install", "crm_migration")
class TestReportDownload(HttpCase):
    def test_report_as_a_workbook(self):
        """Users of the migration may have it; other employees may not."""
        project = self.env["crm.migration.project"].create({"name": "P", "profile": "karmacrm"})
        url = f"/crm_migration/report/{project.id}"
        self.authenticate("admin", "admin")
        book = load_workbook(io.BytesIO(self.url_open(url).content))
        self.assertEqual(
            book.sheetnames, ["Outcomes", "Fields", "Differences", "Issues", "Inventory"]
        )
        self.assertEqual([cell.value for cell in book["Outcomes"][2]][:2], ["All", 0])
        new_test_user(self.env, "report_stranger", "base.group_user", password="report_stranger")
        self.authenticate("report_stranger", "report_stranger")
        with mute_logger("odoo.http"):
            self.assertEqual(self.url_open(url).status_code, 403)
