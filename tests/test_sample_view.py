"""The sample on screen: record by record, differences first, narrowed by kind, verdict, field."""

from .common import MigrationCase

CONTACTS = [
    {"Contact ID": "1", "First Name": "Ada", "Last Name": "Nu", "Email": "ada@nu.example",
     "Country": "Germany", "State": "", "Notes": "Hello"},
    {"Contact ID": "2", "First Name": "Bo", "Last Name": "Xi", "Email": "no address",
     "Country": "France", "State": "Nirgendwo", "Notes": "<p>Hi</p>"},
]  # fmt: skip
DEALS = [
    {"Deal ID": "d1", "Deal Name": "One", "Stage": "New", "Contact ID": "1"},
    {"Deal ID": "d2", "Deal Name": "Two", "Stage": "New", "Owner": "left@gone.example"},
]


class TestSampleView(MigrationCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        tables = {"contacts.csv": CONTACTS, "deals.csv": DEALS}
        cls.project = cls.prepare(cls.make_project(tables))
        cls.run_step(cls.project, "sample")

    def test_records_with_differences_come_first(self):
        sample = self.project.get_sample(entity="contact")
        self.assertEqual([one["key"] for one in sample["records"]], ["2", "1"])
        self.assertGreater(sample["records"][0]["explained"], 0)
        self.assertEqual(sample["count"], 2)

    def test_what_would_be_held_is_told(self):
        """The deal of nobody is not among the records, and the count says so."""
        sample = self.project.get_sample()
        self.assertEqual((sample["landed"], sample["total"]), (3, 4))
        self.assertNotIn("d2", [one["key"] for one in sample["records"]])

    def test_narrowed(self):
        explained = self.project.get_sample(verdict="explained", field="state_id")
        self.assertEqual([one["key"] for one in explained["records"]], ["2"])
        self.assertEqual([o["key"] for o in self.project.get_sample(text="One")["records"]], ["d1"])
        self.assertFalse(self.project.get_sample(text="100%")["records"])
        self.assertIn("contact", dict(self.project.get_sample()["entities"]))
        self.assertIn("email", dict(self.project.get_sample(entity="contact")["fields"]))

    def test_one_record_side_by_side(self):
        """Source, rule, Odoo and verdict of every field; the picture has no technical fields."""
        first = self.project.get_sample(entity="contact")["records"][0]
        shown = self.project.get_sample_record(first["id"])
        self.assertEqual(shown["model"], "Contact")
        rows = {row["field"]: row for row in shown["rows"]}
        self.assertEqual(rows["state_id"]["source"], "Nirgendwo")
        self.assertEqual(rows["state_id"]["rule"], "Unknown state or province")
        self.assertEqual(rows["state_id"]["verdict"], "explained")
        verdicts = [row["verdict"] for row in shown["rows"]]
        self.assertEqual(verdicts, sorted(verdicts, key=("explained", "equal").index))
        self.assertFalse(rows["x_source_id"]["shown"])
        self.assertNotIn("<p>", rows["comment"]["shown"])
