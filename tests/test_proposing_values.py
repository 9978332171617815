"""What the values of all rows say decides the map: counted once, while the rows are staged."""

import base64
import zlib

from odoo.tests import tagged

from .common import MigrationCase

COMPANIES = [
    {"Company ID": f"{number}", "Company Name": f"Firm {number}", "Country": country}
    for number, country in enumerate(["Germany", "Frankreich", "Italia", "Spain"] * 10)
]
SEVERAL = ["Ovens; Service", "Service; Parts", "Ovens", "Parts; Ovens"]
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

    def test_counts_of_an_earlier_version_are_counted_anew(self):
        """Their hashes are others: compared with those of today no link would be found."""
        project = self.propose(self.make_project({"companies.csv": COMPANIES, "deals.csv": DEALS}))
        before = self.facts(project)
        older = base64.b64encode(zlib.compress(b'{"rows": 40, "columns": []}'))
        project.file_ids[0].sudo().counts = older
        self.assertEqual(self.facts(self.propose(project)), before)

    def test_a_reference_is_found_from_the_values(self):
        """A header that says little is a link where its values are the IDs of another file."""
        companies = [row | {"Company ID": f"{5000 + n}"} for n, row in enumerate(COMPANIES)]
        deals = [row | {"Org": f"{5000 + n * 7 % 40}"} for n, row in enumerate(DEALS)]
        project = self.propose(self.make_project({"companies.csv": companies, "deals.csv": deals}))
        line = self.line(project, "Org")
        self.assertEqual((line.kind, line.reference), ("reference", "company.id"))
        self.assertEqual(line.kind_label, "references to other records")

    def test_proposing_reads_no_rows(self):
        """How long the files are makes no difference: their rows are not read for the columns."""
        project = self.propose(self.make_project({"companies.csv": COMPANIES}))
        proposer = self.env["crm.migration.proposer"]
        self.patch(type(proposer), "_read_payloads", lambda *args: self.fail("rows were read"))
        self.propose(project)

    def test_several_choices_become_a_text_or_tags(self):
        """A multi-select lands as text with commas, or, one click away, as tags (SP-23)."""
        rows = [
            row
            | {"Interests": ["Ovens; Service", "Service; Parts", "Ovens", "Parts; Ovens"][n % 4]}
            for n, row in enumerate(COMPANIES)
        ]
        project = self.propose(self.make_project({"companies.csv": rows}))
        line = self.line(project, "Interests")
        self.assertEqual((line.kind, line.separator, line.new_type), ("multiselect", ";", "char"))
        self.assertEqual(line.preview[0]["after"], "Ovens · Service")
        tags = line.others[0]
        self.assertEqual(tags["key"], "tags")
        line.choose_alternative("tags")
        self.assertEqual((line.target_field, line.transform), ("category_id", "tags"))
        self.assertEqual(line.separator, ";")


@tagged("post_install", "-at_install", "crm_migration")
class TestSeveralChoices(MigrationCase):
    profile = "other"
    makes_fields = True

    def test_several_choices_land_with_commas(self):
        """A multi-select lands in its own field as text with commas, and is proved so (SP-23)."""
        rows = [row | {"Interests": SEVERAL[n % 4]} for n, row in enumerate(COMPANIES)]
        project = self.migrate({"companies.csv": rows})
        record = self.staged(project, "company", "0")
        partner = self.env["res.partner"].browse(record.res_id)
        self.assertEqual(partner.x_interests, "Ovens, Service")
        self.run_step(project, "verify")
        checks = project._get_check_totals()
        self.assertFalse(checks["different"] or checks["missing"], checks)
