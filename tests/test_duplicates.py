from odoo.exceptions import UserError

from ..engine.mailboxes import is_shared_mailbox
from .common import MigrationCase

ADA = {"Contact ID": "1", "First Name": "Ada", "Last Name": "Nu", "Email": "ada@nu.example",
       "Phone": "+49 30 901820", "City": ""}  # fmt: skip
# The same email in other letters, the same name; another phone, and a city.
TWIN = ADA | {"Contact ID": "2", "Email": "ADA@Nu.example", "Phone": "+49 30 555", "City": "Bonn"}
BO = ADA | {"Contact ID": "3", "First Name": "Bo", "Last Name": "Xi", "Email": "bo@xi.example",
            "Phone": "030 / 90 18 20"}  # fmt: skip
# No email: known by name and phone, written in another way.
BO_AGAIN = BO | {"Contact ID": "4", "Email": "", "Phone": "+49 (30) 901820", "City": "Kiel"}
DEALS = [
    {"Deal ID": "d1", "Deal Name": "One", "Stage": "New", "Contact ID": "1"},
    {"Deal ID": "d2", "Deal Name": "Two", "Stage": "New", "Contact ID": "2"},
]
TABLES = {"contacts.csv": [ADA, TWIN, BO, BO_AGAIN], "deals.csv": DEALS}


class TestDuplicates(MigrationCase):
    """Rows that may be one are asked about; nothing is merged without an answer or a policy."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        company = cls.env.company.with_context(tracking_disable=True)
        company.country_id = cls.env.ref("base.de")

    def case(self, project, key, entity="contact"):
        return self.env["crm.migration.duplicate"].search(
            [
                ("project_id", "=", project.id),
                ("source_key", "=", key),
                ("entity", "=", entity),
            ]
        )

    def states(self, project):
        records = self.env["crm.migration.record"].search([("project_id", "=", project.id)])
        return {record.source_key: record.state for record in records}

    def make_partner(self, **values):
        return self.env["res.partner"].create(
            {"name": "Ada Nu", "email": "ada@nu.example"} | values
        )

    def assertProven(self, project):
        run = self.run_step(project, "verify")
        checks = run.counters["checks"]
        found = self.env["crm.migration.check"].search(
            [("run_id", "=", run.id), ("verdict", "in", ("different", "missing"))]
        )
        told = [(c.source_key, c.field_name, c.expected, c.actual) for c in found]
        self.assertEqual((checks["different"], checks["missing"]), (0, 0), told)
        self.assertAddsUp(project)

    def test_found_before_the_load(self):
        """By email, then by name and digits of the phone; asked before anything is written."""
        project = self.prepare(self.make_project(TABLES))
        self.assertFalse(self.case(project, "1"), "the first one is nobody's double")
        twin, again = self.case(project, "2"), self.case(project, "4")
        self.assertEqual((twin.rule, twin.hint, twin.other_name), ("email", "same", "Ada Nu"))
        self.assertEqual((again.rule, again.other_id.source_key), ("name_phone", "3"))
        self.assertEqual(project.duplicate_count, 2)

    def test_kept_without_answer(self):
        """The policy as it is from the start: both land, and are listed."""
        project = self.migrate(TABLES)
        self.assertNotEqual(self.find(project, "contact", "1"), self.find(project, "contact", "2"))
        self.assertIn("duplicate_email", self.codes(project, "contact", "2"))
        self.assertIn("duplicate_phone", self.codes(project, "contact", "4"))
        self.assertEqual(self.find(project, "contact", "4").name, "Bo Xi")
        with self.assertRaises(UserError, msg="they are two in Odoo already"):
            self.case(project, "2").action_merge()

    def test_merged_within_the_export(self):
        """One contact for two rows: counted, linked, logged, proven, replayed, undone."""
        before = self.dump()
        project = self.prepare(self.make_project(TABLES))
        self.case(project, "2").action_merge()
        self.load(project)
        ada = self.find(project, "contact", "1")
        self.assertEqual(self.find(project, "contact", "2"), ada)
        self.assertEqual((ada.city, ada.phone, ada.x_source_id), ("Bonn", "+49 30 901820", "1"))
        self.assertEqual(self.states(project)["2"], "merged")
        self.assertEqual(self.find(project, "deal", "d2").partner_id, ada)
        self.assertIn("merge_kept", self.codes(project, "contact", "2"))
        self.assertProven(project)
        # The same files again, then a newer export: the answer stays.
        self.load_again(project, TABLES, delta=True)
        self.assertEqual(set(self.states(project).values()), {"unchanged"})
        moved = TABLES | {"contacts.csv": [ADA, TWIN | {"City": "Köln"}, BO, BO_AGAIN]}
        self.load_again(project, moved, delta=True)
        self.assertEqual(self.find(project, "contact", "2"), ada)
        self.assertEqual(ada.city, "Köln")
        self.assertProven(project)
        self.run_step(project, "rollback")
        self.assertSameDump(before, self.dump())
        # After a rollback the answer is followed again.
        self.assertEqual(self.case(project, "2").decision, "merge")

    def test_asked_and_answered(self):
        """Held until somebody answers; who refers to it waits, and both go on together."""
        project = self.migrate(TABLES, duplicate_policy="ask")
        self.assertEqual(
            self.codes(project, "contact", "2") & {"duplicate_open"}, {"duplicate_open"}
        )
        self.assertEqual(self.states(project)["d2"], "held")
        self.case(project, "2").action_merge()
        self.case(project, "4").action_keep()
        self.run_step(project, "load")
        self.assertEqual(
            self.find(project, "deal", "d2").partner_id, self.find(project, "contact", "1")
        )
        self.assertEqual(self.states(project)["4"], "created")
        self.assertFalse(self.codes(project, "contact", "4") & {"duplicate_open"})
        self.assertProven(project)

    def test_existing_contact(self):
        """Linked: nothing of it changes. Merged: gaps are filled. Archived ones are found too."""
        partner = self.make_partner(city="Ulm", active=False)
        bo = self.env["res.partner"].create({"name": "bo  xi", "phone": "+49 30 901820"})
        before = self.dump()
        project = self.prepare(self.make_project({"contacts.csv": [ADA, BO]}))
        self.assertEqual(self.case(project, "1").partner_id, partner)
        self.assertEqual(self.case(project, "3").partner_id, bo)
        self.case(project, "1").action_link()
        self.case(project, "3").action_merge()
        self.load(project)
        self.assertEqual(self.find(project, "contact", "1"), partner)
        self.assertEqual((partner.phone, partner.active, partner.city), (False, False, "Ulm"))
        self.assertEqual((bo.email, bo.phone), ("bo@xi.example", "+49 30 901820"))
        self.assertEqual(set(self.states(project).values()), {"merged"})
        self.assertProven(project)
        self.load_again(project, {"contacts.csv": [ADA | {"Phone": "+49 30 1"}, BO]}, delta=True)
        self.assertFalse(partner.phone, "a linked row changes nothing, later either")
        self.run_step(project, "rollback")
        self.assertSameDump(before, self.dump())

    def test_several_existing_are_asked(self):
        first, second = self.make_partner(), self.make_partner(name="Ada M. Nu")
        project = self.prepare(self.make_project({"contacts.csv": [ADA]}, duplicate_policy="merge"))
        case = self.case(project, "1")
        self.assertEqual((case.partner_count, case.partner_id.id), (2, False))
        with self.assertRaises(UserError):
            case.action_merge()
        case.partner_id = second
        case.action_merge()
        self.load(project)
        self.assertEqual(self.find(project, "contact", "1"), second)
        self.assertFalse(first.x_source_id)

    def test_shared_mailbox_is_no_person(self):
        """info@ and an address of several names are not merged by the policy (X-24)."""
        self.make_partner(name="Front desk", email="info@nu.example")
        self.make_partner(name="Family", email="family@nu.example")
        rows = [
            ADA | {"Email": "info@nu.example"},
            BO | {"Email": "family@nu.example"},
            BO | {"Contact ID": "5", "First Name": "Cy", "Email": "family@nu.example"},
        ]
        project = self.migrate({"contacts.csv": rows}, duplicate_policy="merge")
        self.assertEqual(set(self.states(project).values()), {"created"})
        hints = self.env["crm.migration.duplicate"].search([("project_id", "=", project.id)])
        self.assertEqual(set(hints.mapped("hint")), {"shared"})
        self.assertTrue(is_shared_mailbox("Info.Berlin@nu.example"))
        self.assertFalse(is_shared_mailbox("ines@nu.example"))

    def test_all_alike(self):
        """One answer for all cases with the same reason and hint."""
        project = self.prepare(
            self.make_project(
                {"contacts.csv": [ADA, TWIN, TWIN | {"Contact ID": "9"}, BO, BO_AGAIN]}
            )
        )
        self.case(project, "2").action_merge_alike()
        self.assertEqual(self.case(project, "9").decision, "merge")
        self.assertFalse(self.case(project, "4").decision, "another reason")
        self.load(project)
        self.assertEqual(len({self.find(project, "contact", k) for k in "129"}), 1)

    def test_batch_of_one(self):
        """Whether both are in one batch or not makes no difference."""
        project = self.prepare(self.make_project(TABLES, batch_size=1))
        self.case(project, "2").action_merge()
        self.load(project)
        self.assertEqual(
            self.find(project, "deal", "d2").partner_id, self.find(project, "contact", "1")
        )

    def test_company_is_no_person(self):
        """A company and a person with one email are told, but never one."""
        project = self.prepare(
            self.make_project(
                {
                    "companies.csv": [
                        {"Company ID": "1", "Company Name": "Nu", "Email": ADA["Email"]}
                    ],
                    "contacts.csv": [ADA],
                }
            )
        )
        self.assertFalse(
            self.env["crm.migration.duplicate"].search([("project_id", "=", project.id)])
        )

    def test_users_cannot_answer(self):
        project = self.prepare(self.make_project(TABLES))
        user = self.make_user("Una", "una@we.example", "crm_migration.crm_migration_group_user")
        with self.assertRaises(UserError):
            self.case(project, "2").with_user(user).action_merge()

    def test_questions_do_not_grow_with_queries(self):
        """As many queries for 40 rows as for 4."""
        counts = []
        for number in (2, 20):
            rows = [
                row | {"Contact ID": f"{n}{row['Contact ID']}", "Email": f"a{n}@nu.example",
                       "Last Name": f"N{n}"}
                for n in range(number) for row in (ADA, TWIN)
            ]  # fmt: skip
            project = self.prepare(self.make_project({"contacts.csv": rows}, name=f"Move {number}"))
            self.env.flush_all()
            before = self.cr.sql_log_count
            self.env["crm.migration.matcher"]._find(project)
            counts.append(self.cr.sql_log_count - before)
        self.assertLessEqual(counts[1], counts[0])
