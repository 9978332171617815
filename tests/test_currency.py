"""Amounts in another currency (X-06): converted by a visible rule, or kept; never by a guess."""

from odoo.tests import tagged

from .common import MigrationCase

CONTACTS = [{"Contact ID": "1", "First Name": "Ada", "Last Name": "Nu", "Email": "ada@nu.example"}]


def deal(key, currency, created="2023-03-01T08:00:00Z"):
    return {
        "Deal ID": key,
        "Deal Name": f"Deal {key}",
        "Amount": "100.00",
        "Currency": currency,
        "Stage": "New",
        "Probability": "10",
        "Status": "open",
        "Contact ID": "1",
        "Created": created,
    }


@tagged("post_install", "-at_install", "crm_migration")
class TestCurrency(MigrationCase):
    def test_convert_only_by_a_known_rate_of_a_known_day(self):
        """Without the deal's day Odoo takes today, without a rate it takes 1: the figure stays."""
        company = self.env.company
        other, rateless = (
            self.env["res.currency"]
            .with_context(active_test=False)
            .search([("name", "in", ("CHF", "SEK"))], order="name")
        )
        (other + rateless).active = True
        rateless.rate_ids.unlink()
        other.rate_ids.unlink()
        self.env["res.currency.rate"].create(
            {"currency_id": other.id, "name": "2023-01-01", "rate": 2.0, "company_id": company.id}
        )
        project = self.migrate(
            {
                "contacts.csv": CONTACTS,
                "deals.csv": [
                    deal("d1", other.name),
                    deal("d2", other.name, created=""),
                    deal("d3", other.name, created="2020-05-01T08:00:00Z"),
                    deal("d4", rateless.name),
                ],
            },
            currency_policy="convert",
        )
        leads = [self.find(project, "deal", key) for key in ("d1", "d2", "d3", "d4")]
        self.assertEqual([lead.expected_revenue for lead in leads], [50.0, 100.0, 100.0, 100.0])
        self.assertEqual([lead.x_source_amount for lead in leads], [100.0] * 4)
        listed = project.issue_ids.filtered(lambda issue: issue.code == "foreign_currency")
        self.assertEqual(sorted(listed.mapped("source_key")), ["d1", "d2", "d3", "d4"])
