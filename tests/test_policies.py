"""Choices of a project: leads and opportunities, placeholders, which product it is."""

from odoo.tests import Form, tagged

from ..engine import profiles
from .common import MigrationCase


def deals():
    return [
        {"Deal ID": "1", "Deal Name": "With", "Amount": "100", "Stage": "New", "Status": "open"},
        {"Deal ID": "2", "Deal Name": "Without", "Amount": "", "Stage": "New", "Status": "open"},
        {"Deal ID": "3", "Deal Name": "Zero", "Amount": "0", "Stage": "New", "Status": "open"},
        {"Deal ID": "4", "Deal Name": "Odd", "Amount": "tba!", "Stage": "New", "Status": "open"},
        {"Deal ID": "5", "Deal Name": "Won", "Amount": "", "Stage": "Won", "Status": "won"},
        {"Deal ID": "6", "Deal Name": "Lost", "Amount": "", "Stage": "Lost", "Status": "lost"},
        {"Deal ID": "7", "Deal Name": "More", "Amount": "12.5", "Stage": "New", "Status": "open"},
    ]


def people():
    return {
        "companies.csv": [
            {"Company ID": "c1", "Company Name": "Acme", "Parent Company ID": ""},
            {"Company ID": "c2", "Company Name": "Acme North", "Parent Company ID": "c1"},
        ],
        "contacts.csv": [
            {"Contact ID": "k1", "Name": "Ann", "Email": "ann@a.example", "Company ID": "c2"},
            {"Contact ID": "k2", "Name": "Bob", "Email": "bob@b.example", "Company ID": ""},
        ],
    }


@tagged("post_install", "-at_install", "crm_migration")
class TestPolicies(MigrationCase):
    profile = "streetsmart"

    def types(self, project):
        return {key: self.find(project, "deal", key).type for key in map(str, range(1, 8))}

    def test_deals_stay_opportunities_unless_said(self):
        """Without the rule nothing is turned into a lead, and the question is asked (SS-09)."""
        project = self.migrate({"deals.csv": deals()})
        self.assertEqual(set(self.types(project).values()), {"opportunity"})
        self.assertIn("pre_revenue_deals", project.issue_ids.mapped("code"))

    def test_open_deals_without_revenue_become_leads(self):
        """The rule: open and no amount. What cannot be read is not none; closed stays (SS-09)."""
        project = self.migrate({"deals.csv": deals()}, lead_policy="revenue")
        leads = [key for key, kind in self.types(project).items() if kind == "lead"]
        self.assertEqual(leads, ["2", "3"])
        self.assertIn("pre_revenue", self.codes(project, "deal", "2"))
        self.assertNotIn("pre_revenue_deals", project.issue_ids.mapped("code"))

    def test_a_lead_with_an_amount_becomes_an_opportunity(self):
        """A newer export brings the revenue; the rule says the same of it."""
        project = self.migrate({"deals.csv": deals()}, lead_policy="revenue")
        newer = deals()
        newer[1]["Amount"] = "77"
        self.load_again(project, {"deals.csv": newer}, delta=True)
        lead = self.find(project, "deal", "2")
        self.assertEqual((lead.type, lead.expected_revenue), ("opportunity", 77))

    def test_hidden_leads_are_told(self):
        """Leads land where nobody sees them while the menu is off: that is told."""
        project = self.propose(self.make_project({"deals.csv": deals()}, lead_policy="revenue"))
        hidden = not project.user_id.has_group("crm.group_use_lead")
        project.invalidate_recordset()
        self.assertEqual("leads_hidden" in project.issue_ids.mapped("code"), hidden)

    # ------------------------------------------------------------------ placeholders

    def test_no_placeholder_unasked(self):
        """Parents stay empty; who has no company is listed (X-26, SS-08, SS-21, KC-43)."""
        project = self.migrate(people())
        self.assertFalse(self.find(project, "contact", "k2").parent_id)
        self.assertFalse(self.find(project, "company", "c1").parent_id)
        self.assertEqual(self.codes(project, "contact", "k2"), {"no_company"})
        self.assertFalse(self.codes(project, "contact", "k1"))

    def test_placeholders_by_choice(self):
        """Contacts under an inactive one, companies under a root; the undo takes both (SS-21)."""
        project = self.migrate(people(), placeholder_parent="both")
        parent = self.find(project, "contact", "k2").parent_id
        self.assertEqual((parent.name, parent.active), ("Unassigned Contacts", False))
        root = self.find(project, "company", "c1").parent_id
        self.assertEqual((root.name, root.active), (project.name, True))
        self.assertEqual(self.find(project, "contact", "k1").parent_id.x_source_id, "c2")
        self.assertEqual(self.find(project, "company", "c2").parent_id.x_source_id, "c1")
        self.run_step(project, "verify")
        self.assertFalse(project._get_check_totals()["different"])
        self.run_step(project, "rollback")
        self.assertFalse((parent | root).exists())

    # ------------------------------------------------------------------ what is usual for a source

    def test_the_profile_says_what_is_usual(self):
        """Fallback where the source says so, once a person chose the user (X-32, SP-27)."""
        project = self.env["crm.migration.project"]
        one = project.create({"name": "One", "profile": "streetsmart"})
        self.assertEqual(one.owner_policy, "hold")
        two = project.create(
            {"name": "Two", "profile": "streetsmart", "fallback_user_id": self.admin.id}
        )
        self.assertEqual(two.owner_policy, "fallback")
        three = project.create(
            {"name": "Three", "profile": "karmacrm", "fallback_user_id": self.admin.id}
        )
        self.assertEqual(three.owner_policy, "hold")

    def test_choosing_a_source_leaves_a_form_that_can_be_saved(self):
        """No policy that wants a user before one was chosen, for any source."""
        for profile in profiles.codes():
            form = Form(self.env["crm.migration.project"])
            form.name, form.profile = profile, profile
            self.assertEqual(form.save().profile, profile)

    def test_which_spark_is_asked(self):
        """Four products have that name: it is asked, and compared with the columns (SP-48)."""
        rows = [{"Customer Number": "1", "Email": "a@b.example", "Name": "Ann",
                 "Order Number": "77", "Gateway": "x", "Subscription": "gold"}]  # fmt: skip
        project = self.propose(self.make_project({"customers.csv": rows}, profile="spark_crm"))
        project.file_ids.entity = "contact"
        project.file_ids.filtered(lambda file: file.state == "ignored").state = "new"
        self.propose(project)
        issue = project.issue_ids.filtered(lambda issue: issue.code == "which_product")
        self.assertIn("sparkcrm.io", issue.message)
        project.product = "spark_crm"
        self.run_step(project, "propose")
        codes = project.issue_ids.mapped("code")
        self.assertIn("other_product", codes)
        self.assertNotIn("which_product", codes)
        project.product = "spark_payments"
        self.run_step(project, "propose")
        self.assertFalse({"which_product", "other_product"} & set(project.issue_ids.mapped("code")))
