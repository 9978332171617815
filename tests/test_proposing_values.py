"""What the values of all rows say decides the map: counted once, while the rows are staged."""

from odoo.tests import tagged

from .common import MigrationCase

COMPANIES = [
    {"Company ID": f"{number}", "Company Name": f"Firm {number}", "Country": country}
    for number, country in enumerate(["Germany", "Frankreich", "Italia", "Spain"] * 10)
]
DEALS = [
    {
        "Deal ID": f"D{number}",
        "Deal Name": f"Deal {number}",
        "Org": f"{number}",
        "Amount": f"{number * 100}.50",
        "Close Date": f"{number % 28 + 1:02d}/03/2024",
        "Stage": ["New", "Won"][number % 2],
    }
    for number in range(40)
]


@tagged("post_install", "-at_install", "crm_migration")
class TestProposingValues(MigrationCase):
    profile = "other"

    def line(self, project, column):
        return project.line_ids.filtered(lambda line: line.column == column)

    def facts(self, project):
        return {
            (line.entity, line.column): (
                line.kind, line.fill_rate, line.samples, line.target_field, line.transform,
                line.reference, line.options, line.score, line.reason, line.choices,
            )
            for line in project.line_ids
        }  # fmt: skip

    def test_counted_while_staged_is_as_read_again(self):
        """Proposing from the counts kept with the files gives the map that all rows give."""
        tables = {"companies.csv": COMPANIES, "deals_1.csv": DEALS[:20], "deals_2.csv": DEALS[20:]}
        project = self.propose(self.make_project(tables))
        self.assertTrue(all(file.counts for file in project.file_ids))
        before = self.facts(project)
        self.assertEqual(self.line(project, "Close Date").options["date_order"], "dmy")
        project.file_ids.sudo().counts = False
        self.propose(project)
        self.assertEqual(self.facts(project), before)

    def test_proposing_reads_no_rows(self):
        """How long the files are makes no difference: their rows are not read for the columns."""
        project = self.propose(self.make_project({"companies.csv": COMPANIES}))
        proposer = self.env["crm.migration.proposer"]
        self.patch(type(proposer), "_read_payloads", lambda *args: self.fail("rows were read"))
        self.propose(project)
