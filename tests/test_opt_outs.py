"""Promise: who opted out in the old CRM gets no mass mail from Odoo; nothing of it is guessed."""

from odoo.tests import tagged

from .common import MigrationCase

TABLES = {
    "contacts.csv": [
        {"Contact ID": str(number), "First Name": f"P{number}", "Last Name": "X",
         "Email": email, "Unsubscribed": out, "Email Subscription Status": status,
         "Newsletter Opt-In": "no"}
        for number, email, out, status in (
            (1, "Out@Opt.example", "yes", "subscribed"),
            (2, "in@opt.example", "no", "subscribed"),
            (3, "notin@opt.example", "no", "unsubscribed"),
            (4, "unclear@opt.example", "perhaps", ""),
            (5, "", "yes", ""),
            (6, "known@opt.example", "yes", ""),
            (7, "archived@opt.example", "yes", ""),
            (8, "silent@opt.example", "", ""),
        )
    ],
}  # fmt: skip


@tagged("post_install", "-at_install", "crm_migration")
class TestOptOuts(MigrationCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.known = cls.env["mail.blacklist"].create({"email": "known@opt.example"})
        cls.archived = cls.env["mail.blacklist"].create(
            {"email": "archived@opt.example", "active": False}
        )
        cls.env.flush_all()
        cls.before = cls.read_blacklist()
        cls.business = cls.dump()
        cls.project = cls.migrate(TABLES)

    @classmethod
    def read_blacklist(cls):
        cls.env.flush_all()
        cls.cr.execute("SELECT * FROM mail_blacklist ORDER BY id")
        return cls.cr.dictfetchall()

    def get_listed(self):
        return set(self.env["mail.blacklist"].search([]).mapped("email"))

    def contact(self, number):
        return self.find(self.project, "contact", number)

    def verify(self):
        self.run_step(self.project, "verify")
        return self.env["crm.migration.check"].search(
            [("run_id", "=", self.project.run_ids[:1].id), ("kind", "=", "value"),
             ("verdict", "in", ("different", "missing"))]
        )  # fmt: skip

    def test_who_opted_out_is_on_the_blacklist(self):
        """By either column; who never opted in to something did not opt out by that."""
        self.assertEqual(
            self.get_listed(),
            {"out@opt.example", "notin@opt.example", "known@opt.example", "archived@opt.example"},
        )
        self.assertTrue(self.contact(1).is_blacklisted)
        self.assertTrue(self.contact(3).is_blacklisted)
        self.assertFalse(self.contact(2).is_blacklisted)

    def test_nothing_is_guessed_and_nothing_lost(self):
        """An answer that is no answer is told, an empty one says nothing; the texts stay."""
        self.assertIn("unreadable_boolean", self.codes(self.project, "contact", 4))
        self.assertFalse(self.contact(4).is_blacklisted)
        self.assertIn("opt_out_no_email", self.codes(self.project, "contact", 5))
        self.assertFalse(self.contact(8).is_blacklisted)
        self.assertEqual(self.contact(4).x_source_data["Unsubscribed"], "perhaps")
        self.assertEqual(self.contact(1).x_source_data["Unsubscribed"], "yes")

    def test_proof(self):
        """Equal at first; whoever is taken off the list later is told, with who did it."""
        self.assertFalse(self.verify())
        sums = self.env["crm.migration.check"].search(
            [("run_id", "=", self.project.run_ids[:1].id), ("field_name", "=", "is_blacklisted")]
        )
        self.assertEqual((sums.equal, sums.source_filled), (4, 4))
        self.known.active = False
        self.env["mail.blacklist"].search([("email", "=", "out@opt.example")]).unlink()
        found = {check.expected for check in self.verify() if check.field_name == "is_blacklisted"}
        self.assertEqual(found, {"known@opt.example", "out@opt.example"})

    def test_rollback(self):
        """New entries go, an archived one is archived again, one that was there stays."""
        self.run_step(self.project, "rollback")
        self.assertEqual(self.read_blacklist(), self.before)
        self.assertSameDump(self.business, self.dump())

    def test_newer_export(self):
        """What people changed in Odoo stays; a new opt-out lands; one taken back is only told."""
        self.env["mail.blacklist"].search([("email", "=", "notin@opt.example")]).unlink()
        rows = [dict(row) for row in TABLES["contacts.csv"]]
        rows[0]["Unsubscribed"] = "no"
        rows[1]["Unsubscribed"] = "yes"
        rows[2]["Last Name"] = "Y"
        self.load_again(self.project, {"contacts.csv": rows}, delta=True)
        listed = self.get_listed()
        self.assertNotIn("notin@opt.example", listed, "a person took it off")
        self.assertIn("in@opt.example", listed)
        self.assertIn("out@opt.example", listed, "nobody is written to again unasked")
        self.assertIn("opt_out_withdrawn", self.codes(self.project, "contact", 1))

    def test_leads_and_one_address_of_several(self):
        """An address that several records have is put there once; leads count too."""
        project = self.migrate(
            {
                "leads.csv": [
                    {"Lead ID": "1", "Lead Name": "A", "Email": "two@opt.example",
                     "Do Not Email": "x"},
                    {"Lead ID": "2", "Lead Name": "B", "Email": "TWO@opt.example",
                     "Do Not Email": "x"},
                    {"Lead ID": "3", "Lead Name": "C", "Email": "three@opt.example",
                     "Do Not Email": ""},
                ],
            },
            name="Leads", profile="spark_crm", source_system="other",
        )  # fmt: skip
        self.assertLessEqual({"two@opt.example"}, self.get_listed())
        self.assertNotIn("three@opt.example", self.get_listed())
        self.run_step(project, "rollback")
        self.assertNotIn("two@opt.example", self.get_listed())
