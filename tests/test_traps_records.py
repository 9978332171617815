"""Odoo's traps around dates, outcomes, owners and addresses: X-19, 20, 23, 25, 27 and 28.

Each trap is shown first as plain Odoo has it, then as a migration leaves it.
"""

from odoo import fields
from odoo.exceptions import ValidationError
from odoo.tests import tagged

from .common import MigrationCase
from .test_traps_pipeline import CONTACTS, deal


def text(value):
    return fields.Datetime.to_string(value)


@tagged("post_install", "-at_install", "crm_migration")
class TestDates(MigrationCase):
    """X-19 and X-20: Odoo sets its dates to now, at create or at the next write."""

    def test_plain_odoo_forgets_the_dates(self):
        """A creation date is dropped; a deal won long ago closes today, even if told otherwise."""
        today = fields.Date.today()
        won = self.env["crm.stage"].search([("is_won", "=", True)], limit=1)
        lead = self.env["crm.lead"].create(
            {"name": "Won in 2021", "stage_id": won.id, "create_date": "2021-02-03 10:00:00"}
        )
        self.assertEqual(lead.create_date.date(), today, "create_date is dropped")
        self.assertEqual(lead.date_closed.date(), today, "a deal won in 2021 closes today")
        lead = self.env["crm.lead"].create(
            {"name": "Kept", "probability": 100, "stage_id": won.id,
             "date_closed": "2021-05-06 10:00:00"}
        )  # fmt: skip
        self.assertEqual(text(lead.date_closed), "2021-05-06 10:00:00")
        lead.write({"probability": 100, "date_closed": "2021-05-06 10:00:00"})
        self.env.flush_all()
        self.assertEqual(lead.date_closed.date(), today, "even with the date given")

    def test_dates_are_the_source_s(self):
        """Creation, stage entry, assignment and closing are the source's, never today."""
        project = self.migrate(
            {
                "contacts.csv": [CONTACTS[0] | {"Created": "2019-12-31T23:30:00Z"}],
                "deals.csv": [
                    deal("won", Stage="Won", Status="won", Created="2021-01-02T03:04:05Z",
                         Stage_Entered="2021-02-03T04:05:06Z", Closed_At="2021-05-06T07:08:09Z",
                         Close_Date="2021-06-30", Owner="admin"),
                    deal("lost", Stage="Lost", Status="lost", Created="2020-01-02T03:04:05Z",
                         Stage_Entered="2020-02-03T04:05:06Z", Closed_At="2020-05-06T07:08:09Z"),
                    deal("undated", Stage="Won", Status="won", Created="2022-01-02T03:04:05Z"),
                    deal("open", Stage="New", Created="2022-01-02T03:04:05Z",
                         Close_Date="2022-09-30"),
                ],
            }
        )  # fmt: skip
        won = self.find(project, "deal", "won")
        self.assertEqual(text(won.x_source_created_at), "2021-01-02 03:04:05")
        self.assertEqual(text(won.date_last_stage_update), "2021-02-03 04:05:06")
        self.assertEqual(text(won.date_closed), "2021-05-06 07:08:09")
        self.assertEqual(text(won.date_open), "2021-01-02 03:04:05")
        self.assertEqual(str(won.date_deadline), "2021-06-30")
        lost = self.find(project, "deal", "lost")
        self.assertEqual(text(lost.date_closed), "2020-05-06 07:08:09")
        self.assertFalse(lost.date_open, "nobody was ever assigned")
        undated = self.find(project, "deal", "undated")
        self.assertFalse(undated.date_closed, "unknown is empty, not today")
        self.assertIn("closed_date_missing", self.codes(project, "deal", "undated"))
        opened = self.find(project, "deal", "open")
        self.assertFalse(opened.date_closed)
        self.assertEqual(text(opened.date_last_stage_update), "2022-01-02 03:04:05")
        contact = self.find(project, "contact", "1")
        self.assertEqual(text(contact.x_source_created_at), "2019-12-31 23:30:00")

    def test_update_keeps_the_dates(self):
        """A newer export that moves a deal on brings its own dates, and today nowhere."""
        first = deal("d", Stage="New", Stage_Entered="2023-03-02T08:00:00Z", Owner="admin")
        project = self.migrate({"contacts.csv": CONTACTS, "deals.csv": [first]})
        won = first | {"Stage": "Won", "Status": "won", "Stage Entered": "2023-04-02T08:00:00Z",
                       "Closed At": "2023-04-02T08:00:00Z"}  # fmt: skip
        self.load_again(project, {"contacts.csv": CONTACTS, "deals.csv": [won]}, delta=True)
        lead = self.find(project, "deal", "d")
        self.assertEqual(self.staged(project, "deal", "d").state, "updated")
        self.assertEqual(lead.won_status, "won")
        self.assertEqual(text(lead.date_closed), "2023-04-02 08:00:00")
        self.assertEqual(text(lead.date_last_stage_update), "2023-04-02 08:00:00")
        self.assertEqual(text(lead.date_open), "2023-03-01 08:00:00")


@tagged("post_install", "-at_install", "crm_migration")
class TestOutcome(MigrationCase):
    """X-23: won is a stage *and* 100; lost is archived with 0; there is no Lost stage."""

    def test_plain_odoo_refuses_or_mistakes(self):
        """Another figure in a won stage is refused; probability 0 alone is not lost."""
        won = self.env["crm.stage"].search([("is_won", "=", True)], limit=1)
        with self.assertRaises(ValidationError), self.env.cr.savepoint():
            self.env["crm.lead"].create({"name": "Won?", "stage_id": won.id, "probability": 80})
        lead = self.env["crm.lead"].create({"name": "Lost?", "probability": 0})
        self.assertEqual(lead.won_status, "pending", "0 % is not lost")
        stage = self.env["crm.stage"].create({"name": "Lost"})
        lead = self.env["crm.lead"].create({"name": "Lost?", "stage_id": stage.id})
        self.assertEqual(lead.won_status, "pending", "nor is a stage of that name")

    def test_won_and_lost_are_odoo_s(self):
        """Won, lost and open are what Odoo's own filters and reports mean by them."""
        project = self.migrate(
            {
                "contacts.csv": CONTACTS,
                "deals.csv": [
                    deal("won", Stage="Closed-Won", Status="", Probability="80"),
                    deal("lost", Stage="Closed-Lost", Status="", Lost_Reason="No budget left",
                         Probability="40"),
                    deal("status", Stage="Proposal", Status="won"),
                    deal("open", Stage="Proposal", Status="open", Probability="50"),
                ],
            }
        )  # fmt: skip
        won = self.find(project, "deal", "won")
        self.assertEqual((won.won_status, won.probability, won.active), ("won", 100, True))
        self.assertTrue(won.stage_id.is_won)
        self.assertIn("probability_conflict", self.codes(project, "deal", "won"))
        lost = self.find(project, "deal", "lost")
        self.assertEqual((lost.won_status, lost.probability, lost.active), ("lost", 0, False))
        self.assertEqual(lost.lost_reason_id.name, "No budget left")
        status = self.find(project, "deal", "status")
        self.assertEqual(status.won_status, "won", "the status says so, whatever the stage")
        opened = self.find(project, "deal", "open")
        self.assertEqual((opened.won_status, opened.probability), ("pending", 50))
        self.assertAddsUp(project)


@tagged("post_install", "-at_install", "crm_migration")
class TestContactAddress(MigrationCase):
    """X-25: a person under a company shares its address, both ways, unless of another type."""

    def test_plain_odoo_shares_the_address(self):
        """A person loses its address to the company's; an empty company takes the person's."""
        company = self.env["res.partner"].create(
            {"name": "Nu", "is_company": True, "street": "Company Street 1", "city": "Bonn"}
        )
        person = self.env["res.partner"].create(
            {"name": "Ada", "parent_id": company.id, "street": "Home 2", "city": "Köln"}
        )
        self.assertEqual(person.street, "Company Street 1", "the person's own address is lost")
        empty = self.env["res.partner"].create({"name": "Xi", "is_company": True})
        self.env["res.partner"].create(
            {"name": "Bob", "parent_id": empty.id, "street": "Home 3", "city": "Köln"}
        )
        self.assertEqual(empty.street, "Home 3", "the company lives at its contact's home")

    def test_each_keeps_its_own_address(self):
        """Own addresses stay, also when the company moves; persons without one follow it."""
        project = self.migrate(
            {
                "companies.csv": [
                    {"Company ID": "c1", "Company Name": "Nu", "Street": "Company Street 1",
                     "City": "Bonn", "Zip": "53111", "Country": "Germany"},
                    {"Company ID": "c2", "Company Name": "Xi", "Street": "", "City": "",
                     "Zip": "", "Country": ""},
                ],
                "contacts.csv": [
                    person("1", "c1", Street="Home 2", City="Köln", Zip="50667"),
                    person("2", "c1"),
                    person("3", "c2", Street="Home 3", City="Köln", Zip="50667"),
                    person("4", "c1", Street="Company Street 1", City="Bonn"),
                ],
            }
        )  # fmt: skip
        company, empty = (self.find(project, "company", key) for key in ("c1", "c2"))
        own, without, alone, equal = (self.find(project, "contact", key) for key in "1234")
        self.assertEqual((own.street, own.city, own.type), ("Home 2", "Köln", "other"))
        self.assertEqual(own.parent_id, company)
        self.assertEqual(own.commercial_partner_id, company)
        self.assertEqual(company.street, "Company Street 1")
        self.assertFalse(empty.street, "the company does not take a contact's home")
        self.assertEqual(alone.street, "Home 3")
        self.assertEqual((without.type, equal.type), ("contact", "contact"))
        company.write({"street": "New Street 9", "city": "Berlin"})
        self.env.flush_all()
        self.assertEqual(own.street, "Home 2", "a later move of the company moves it not")
        empty.write({"street": "New Street 10"})
        self.env.flush_all()
        self.assertEqual(alone.street, "Home 3")
        self.assertEqual(without.street, "New Street 9", "those who share it follow")


def person(key, company, **values):
    return {
        "Contact ID": key, "First Name": f"P{key}", "Last Name": "Person",
        "Email": f"p{key}@person.example", "Company ID": company,
        "Street": "", "City": "", "Zip": "",
    } | values  # fmt: skip


@tagged("post_install", "-at_install", "crm_migration")
class TestLeadAndPartnerAddress(MigrationCase):
    """X-27: a deal's email and phone are its contact's; writing one writes the other."""

    def test_plain_odoo_writes_the_contact(self):
        """A deal's own email overwrites the contact's, and a contact set later the deal's."""
        partner = self.env["res.partner"].create(
            {"name": "Ada", "email": "ada@nu.example", "phone": "+49 30 1"}
        )
        lead = self.env["crm.lead"].create(
            {"name": "Deal", "partner_id": partner.id, "email_from": "sales@deal.example",
             "phone": "+49 30 2"}
        )  # fmt: skip
        self.env.flush_all()
        self.assertEqual(partner.email, "sales@deal.example", "the contact's email is gone")
        self.assertEqual(partner.phone, "+49 30 2")
        other = self.env["res.partner"].create({"name": "Bob", "email": "bob@xi.example"})
        lead.partner_id = other
        self.env.flush_all()
        self.assertEqual(lead.email_from, "bob@xi.example", "the deal's email is gone")

    def test_the_contact_stays_and_the_text_is_kept(self):
        """The contact keeps its email and phone; the deal's own stand with its source data."""
        project = self.migrate(
            {
                "contacts.csv": [CONTACTS[0] | {"Phone": "+49 30 1"}],
                "deals.csv": [
                    deal("d1", Email="sales@deal.example", Phone="+49 30 2"),
                    deal("d2", Email="ADA@nu.example"),
                    deal("d3", Contact_ID="", Email="alone@deal.example"),
                ],
            }
        )
        contact = self.find(project, "contact", "1")
        self.assertEqual((contact.email, contact.phone), ("ada@nu.example", "+49 30 1"))
        one, two, three = (self.find(project, "deal", key) for key in ("d1", "d2", "d3"))
        self.assertEqual((one.partner_id, one.email_from), (contact, "ada@nu.example"))
        self.assertIn("sales@deal.example", one.x_source_data.values())
        self.assertIn("+49 30 2", one.x_source_data.values())
        self.assertIn("lead_address", self.codes(project, "deal", "d1"))
        self.assertNotIn("lead_address", self.codes(project, "deal", "d2"))
        self.assertEqual(two.email_from, "ada@nu.example")
        self.assertEqual(three.email_from, "alone@deal.example")
        self.assertFalse(three.partner_id)


@tagged("post_install", "-at_install", "crm_migration")
class TestOwnerTeamStage(MigrationCase):
    """X-28: owner, team and stage pull at each other."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.seller = cls.make_user("Sel Ler", "sel@ler.example", "sales_team.group_sale_salesman")
        cls.team = cls.env["crm.team"].create({"name": "Away", "member_ids": [(4, cls.seller.id)]})

    def test_plain_odoo_takes_the_importer_and_moves_the_deal(self):
        """No owner becomes the importer; another owner moves the deal and resets its stage."""
        lead = self.env["crm.lead"].create({"name": "No owner"})
        self.assertEqual(lead.user_id, self.admin, "the importing user owns it")
        team = self.env["crm.team"].create({"name": "Pipeline"})
        stages = self.env["crm.stage"].create(
            [{"name": name, "team_ids": team.ids, "sequence": n} for n, name in enumerate("AB", 50)]
        )
        lead = self.env["crm.lead"].create(
            {"name": "Moves", "team_id": team.id, "stage_id": stages[1].id, "user_id": False}
        )
        lead.user_id = self.seller
        self.env.flush_all()
        self.assertNotEqual(lead.team_id, team, "the deal left its pipeline")
        self.assertNotEqual(lead.stage_id, stages[1], "and its stage")

    def test_owner_team_and_stage_stay_together(self):
        """No owner is nobody; an owner of another team leaves pipeline and stage as they were."""
        rows = [
            deal("nobody", Stage="Negotiation"),
            deal("seller", Stage="Negotiation", Owner="sel@ler.example"),
        ]
        project = self.migrate({"contacts.csv": CONTACTS, "deals.csv": rows})
        nobody, seller = (self.find(project, "deal", key) for key in ("nobody", "seller"))
        self.assertFalse(nobody.user_id, "nobody, not the importer")
        self.assertEqual(seller.user_id, self.seller)
        self.assertEqual(seller.team_id, nobody.team_id)
        self.assertEqual(seller.stage_id.name, "Negotiation")
        self.assertEqual(seller.stage_id.team_ids, seller.team_id)

    def test_new_owner_of_a_delta_moves_no_deal(self):
        """A changed owner in a newer export changes the owner, and neither team nor stage."""
        rows = [deal("d", Stage="Negotiation", Owner="admin")]
        project = self.migrate({"contacts.csv": CONTACTS, "deals.csv": rows})
        lead = self.find(project, "deal", "d")
        team, stage = lead.team_id, lead.stage_id
        newer = [rows[0] | {"Owner": "sel@ler.example"}]
        self.load_again(project, {"contacts.csv": CONTACTS, "deals.csv": newer}, delta=True)
        self.assertEqual((lead.user_id, lead.team_id, lead.stage_id), (self.seller, team, stage))
        self.assertEqual(text(lead.date_last_stage_update), "2023-03-01 08:00:00")

    def test_contacts_have_no_importer_either(self):
        """Contacts and companies without owner have no salesperson."""
        project = self.migrate({"contacts.csv": CONTACTS})
        self.assertFalse(self.find(project, "contact", "1").user_id)
