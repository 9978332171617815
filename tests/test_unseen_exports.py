"""Exports made by another hand than the samples: what must land where, and be told."""

from odoo.tests import tagged

from .common import MigrationCase

COMPANIES = [
    {"Company ID": "B-1", "Company Name": "Mill & Co"},
    {"Company ID": "B-2", "Company Name": "Oven Ltd"},
    {"Company ID": "B-3", "Company Name": "Loom AG"},
]
CONTACTS = [
    {"Contact ID": "C-1", "Name": "Ada Byron", "Email": "ada@a.example", "Company IDs": "B-1"},
    {"Contact ID": "C-2", "Name": "Bo Diddley", "Email": "bo@b.example", "Company IDs": "B-2;B-1"},
    {"Contact ID": "C-3", "Name": "Cy Twombly", "Email": "cy@c.example", "Company IDs": "B-3"},
    {"Contact ID": "C-4", "Name": "Di Twombly", "Email": "cy@c.example", "Company IDs": ""},
]
DEALS = [
    {
        "Deal ID": f"D-{n}",
        "Deal Name": f"Order {n}",
        "Stage": stage,
        "Reason of loss": reason,
        "Contact ID": "C-1",
        "Owner": owner,
    }
    for n, stage, reason, owner in (
        (1, "Visit", "", "tom.reed"),
        (2, "No deal", "Price", "tom.reed"),
        (3, "No deal", "Time", "tom.reed"),
    )
]
ACTIVITIES = [
    {"Activity ID": "a1", "Type": "Call", "Contact ID": "C-2", "Deal ID": "D-1"},
    {"Activity ID": "a2", "Type": "Email", "From": "me@us.example", "To": "bo@b.example"},
    {"Activity ID": "a3", "Type": "Email", "From": "ada@a.example", "To": "me@us.example"},
    {"Activity ID": "a4", "Type": "Email", "From": "me@us.example", "To": "cy@c.example"},
    {"Activity ID": "a5", "Type": "Note", "Contact ID": "C-3"},
    {"Activity ID": "a6", "Type": "Email", "From": "Tom.Reed@us.example", "To": "bo@b.example"},
]
TABLES = {
    "companies.csv": COMPANIES,
    "contacts.csv": CONTACTS,
    "deals.csv": DEALS,
    "activities.csv": [
        row | {"Subject": f"About {n}", "Date": f"2024-03-0{n} 10:00:00"}
        for n, row in enumerate(ACTIVITIES, start=1)
    ],
}


@tagged("post_install", "-at_install")
class TestUnseenExports(MigrationCase):
    profile = "spark_crm"

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.tom = cls.make_user("Tom Reed", "tom.reed@us.example")
        cls.project = cls.migrate(TABLES, owner_policy="hold")

    def test_a_call_of_a_deal_and_a_contact_is_in_the_deal_s_timeline(self):
        call = self.find(self.project, "activity", "a1")
        deal = self.find(self.project, "deal", "D-1")
        self.assertEqual((call.model, call.res_id), ("crm.lead", deal.id))
        self.assertEqual(call.x_source_data, {"Contact ID": "C-2"})

    def test_emails_without_a_link_belong_to_their_one_contact(self):
        for key, contact in (("a2", "C-2"), ("a3", "C-1")):
            message = self.find(self.project, "activity", key)
            partner = self.find(self.project, "contact", contact)
            self.assertEqual((message.model, message.res_id), ("res.partner", partner.id))
        # Two contacts have the address: none is chosen.
        self.assertEqual(self.staged(self.project, "activity", "a4").state, "held")
        codes = self.codes(self.project, "activity", "a4")
        self.assertIn("ambiguous_activity", codes)
        self.assertNotIn("unlinked_activity", codes)

    def test_emails_are_by_whom_their_address_belongs_to(self):
        """GN-05, SC-18: a contact's email is the contact's, a user's is the user's."""
        for key, author in (
            ("a2", self.env["res.partner"]),
            ("a3", self.find(self.project, "contact", "C-1")),
            ("a6", self.tom.partner_id),
        ):
            self.assertEqual(self.find(self.project, "activity", key).author_id, author)
        self.assertIn("sender_unknown", self.codes(self.project, "activity", "a2"))

    def test_several_companies_by_ids_in_capitals(self):
        partner = self.find(self.project, "contact", "C-2")
        one, other = (self.find(self.project, "company", key) for key in ("B-1", "B-2"))
        self.assertEqual(partner.parent_id, other)
        self.assertEqual(partner.x_source_company_ids, one + other)
        self.assertIn("multi_company", self.codes(self.project, "contact", "C-2"))
        self.assertFalse(self.codes(self.project, "contact", "C-1"))
        self.assertEqual(self.staged(self.project, "contact", "C-1").state, "created")

    def test_deals_with_a_reason_of_loss_are_lost(self):
        for key, status in (("D-1", "pending"), ("D-2", "lost"), ("D-3", "lost")):
            deal = self.find(self.project, "deal", key)
            self.assertEqual(deal.won_status, status)
        self.assertFalse(deal.active)

    def test_names_of_users_are_proposed_by_their_login(self):
        owner = self.project.value_ids.filtered(lambda value: value.domain == "owner")
        self.assertEqual((owner.source_value, owner.user_id), ("tom.reed", self.tom))
        self.assertFalse(owner.known, "it is a proposal")
        self.assertEqual(self.find(self.project, "deal", "D-1").user_id, self.tom)

    def test_everything_is_as_the_source_says(self):
        self.assertAddsUp(self.project)
        run = self.run_step(self.project, "verify")
        wrong = self.env["crm.migration.check"].search(
            [("run_id", "=", run.id), ("verdict", "in", ["different", "missing"])]
        )
        self.assertFalse(wrong.mapped("field_name"))

    def test_links_are_told_by_relation_and_by_how_they_were_found(self):
        """SC-44: what a flattened export lost is rebuilt, and the report says how."""
        self.run_step(self.project, "verify")
        links = {
            (row["from"], row["to"]): tuple(
                row[n] for n in ("named", "linked", "id", "email", "name")
            )
            for row in self.env["crm.migration.report"]._prepare_values(self.project)["links"]
        }
        self.assertEqual(links["Contacts", "Companies"], (3, 3, 3, 0, 0))
        self.assertEqual(links["Deals", "Contacts"], (3, 3, 3, 0, 0))
        self.assertEqual(links["Activities", "Contacts"], (5, 5, 2, 3, 0))
        self.assertEqual(links["Activities", "Deals"], (1, 1, 1, 0, 0))


@tagged("post_install", "-at_install")
class TestKeysStay(MigrationCase):
    """What identified a row in the first export identifies it in the newer ones."""

    profile = "spark_crm"

    def test_more_rows_find_no_other_key(self):
        """Three codes in the first column are an ID, two are not: the two notes come once."""
        note = {"Mark": "x", "Note": "Text", "Created": "2024-01-05 10:00", "Contact ID": "C-1"}
        rows = [note | {"Mark": f"N-10{n}", "Note": f"Text {n}"} for n in range(4)]
        contacts = [{"Contact ID": "C-1", "Name": "Ada Byron", "Email": "ada@a.example"}]
        project = self.migrate({"contacts.csv": contacts, "notes.csv": rows[:2]})
        (first,) = project.file_ids.filtered(lambda file: file.entity == "note")
        self.assertFalse(first.key_column, "with an ID found at once there is nothing to try")
        self.load_again(project, {"contacts.csv": contacts, "notes.csv": rows}, delta=True)
        self.assertEqual(len(self.history(self.find(project, "contact", "C-1"))), 4)
        states = project._get_outcomes()["note"]
        self.assertEqual((states["created"], states["unchanged"]), (2, 2))
        issues = self.env["crm.migration.issue"].search([("project_id", "=", project.id)])
        self.assertNotIn("gone_in_source", issues.mapped("code"))
