"""The sample: closed under its relations, compared field by field, and undone."""

from odoo.tests import tagged

from .common import MigrationCase

COMPANIES, CONTACTS, DEALS, NOTES = 60, 240, 180, 300


def export():
    """Return an export larger than a sample: note, deal, contact and company hang together."""
    return {
        "companies.csv": [
            {"Company ID": f"c{n}", "Company Name": f"Company {n}", "City": "Bonn"}
            for n in range(COMPANIES)
        ],
        "contacts.csv": [
            {"Contact ID": f"p{n}", "First Name": "Person", "Last Name": str(n),
             "Email": f"p{n}@person.example", "Company ID": f"c{n % COMPANIES}", "Tags": "VIP"}
            for n in range(CONTACTS)
        ],
        "deals.csv": [
            {"Deal ID": f"d{n}", "Deal Name": f"Deal {n}", "Amount": str(n), "Stage": "Proposal",
             "Probability": "50", "Status": "open", "Contact ID": f"p{(n * 7) % CONTACTS}",
             "Created": "2023-01-02T03:04:05Z"}
            for n in range(DEALS)
        ],
        "activities.csv": [
            {"Activity ID": f"a{n}", "Type": "Note", "Subject": f"Note {n}", "Body": "Text",
             "Date": "2023-01-02T03:04:05Z", "Related To Type": "Deal",
             "Related To ID": f"d{(n * 11) % DEALS}"}
            for n in range(NOTES)
        ],
    }  # fmt: skip


@tagged("post_install", "-at_install", "crm_migration")
class TestSample(MigrationCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.tables = export()
        cls.project = cls.prepare(cls.make_project(cls.tables, sample_size=100))
        cls.before = cls.dump()
        cls.states = cls.read_states()
        cls.sample = cls.run_step(cls.project, "sample")
        cls.checks = cls.env["crm.migration.check"].search([("run_id", "=", cls.sample.id)])
        cls.rows = {
            "company": {row["Company ID"]: row for row in cls.tables["companies.csv"]},
            "contact": {row["Contact ID"]: row for row in cls.tables["contacts.csv"]},
            "deal": {row["Deal ID"]: row for row in cls.tables["deals.csv"]},
            "activity": {row["Activity ID"]: row for row in cls.tables["activities.csv"]},
        }

    @classmethod
    def read_states(cls):
        cls.env.flush_all()
        cls.env.cr.execute("SELECT id, state, model, res_id FROM crm_migration_record ORDER BY id")
        return cls.env.cr.fetchall()

    def chosen(self):
        result = {entity: set() for entity in self.rows}
        for check in self.checks:
            result[check.entity].add(check.source_key)
        return result

    def test_size(self):
        """100 to 500 records, of every kind, and not simply all."""
        chosen = self.chosen()
        count = sum(map(len, chosen.values()))
        self.assertEqual(count, self.sample.counters["records"])
        self.assertTrue(100 <= count <= 500, count)
        for entity, keys in chosen.items():
            self.assertGreaterEqual(len(keys), 10, entity)
        self.assertLess(len(chosen["contact"]), CONTACTS)

    def test_parents_come_along(self):
        """Whatever a record of the sample refers to is in the sample too."""
        chosen = self.chosen()
        for key in chosen["activity"]:
            self.assertIn(self.rows["activity"][key]["Related To ID"], chosen["deal"])
        for key in chosen["deal"]:
            self.assertIn(self.rows["deal"][key]["Contact ID"], chosen["contact"])
        for key in chosen["contact"]:
            self.assertIn(self.rows["contact"][key]["Company ID"], chosen["company"])

    def test_children_come_along(self):
        """A deal is shown with its history: more notes come along than chance would take."""
        chosen = self.chosen()
        of_chosen = {
            key for key, row in self.rows["activity"].items()
            if row["Related To ID"] in chosen["deal"]
        }  # fmt: skip
        self.assertGreater(len(chosen["activity"] & of_chosen), len(of_chosen) / 2)

    def test_every_field_is_compared(self):
        """For each record and each filled, mapped cell: source value, landed value and verdict."""
        compared = {
            (check.entity, check.source_key, check.field_name): check for check in self.checks
        }
        pairs = {
            "company": {"Company Name": "name", "City": "city"},
            "contact": {"Email": "email", "Company ID": "parent_id", "Tags": "category_id"},
            "deal": {"Deal Name": "name", "Amount": "expected_revenue", "Contact ID": "partner_id",
                     "Probability": "probability", "Created": "x_source_created_at"},
            "activity": {"Subject": "subject", "Body": "body", "Date": "date",
                         "Related To ID": "res_id"},
        }  # fmt: skip
        for entity, keys in self.chosen().items():
            for key in keys:
                for column, name in pairs[entity].items():
                    check = compared[entity, key, name]
                    self.assertEqual(check.verdict, "equal", (entity, key, name))
                    if name in ("name", "email", "city", "expected_revenue"):
                        self.assertEqual(check.source_value, self.rows[entity][key][column])
                        self.assertTrue(check.expected and check.actual)
        totals = self.sample.counters["checks"]
        self.assertEqual(sum(totals.values()), len(self.checks))
        self.assertEqual((totals["different"], totals["missing"]), (0, 0))

    def test_it_is_undone(self):
        """Nothing of the sample stays: no record, no external ID, no state, no line of the log."""
        self.assertSameDump(self.before, self.dump())
        self.assertEqual(self.states, self.read_states())
        self.assertFalse(
            self.env["crm.migration.log"].search([("run_id", "=", self.sample.id)]), "the log too"
        )

    def test_it_does_not_change_the_load(self):
        """The full load after it takes all records, those of the sample included."""
        self.project.action_approve_sample()
        self.run_step(self.project, "load")
        outcomes = self.assertAddsUp(self.project)
        self.assertEqual(
            {entity: counts["created"] for entity, counts in outcomes.items()},
            {"company": COMPANIES, "contact": CONTACTS, "deal": DEALS, "activity": NOTES},
        )
