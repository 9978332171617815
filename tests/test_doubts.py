from .common import MigrationCase

DEALS = [
    {"Deal ID": str(n), "Deal Name": f"Deal {n}", "Stage": "New", "Owner": owner}
    for n, owner in enumerate(["Ada Who", "Ada Who", "Bo Nobody"], start=1)
]


class TestDoubts(MigrationCase):
    """One decision for all that are alike."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.project = cls.migrate({"deals.csv": DEALS})

    def doubt(self, code):
        return next((one for one in self.project.get_doubts() if one["code"] == code), None)

    def test_alike_are_counted_together(self):
        doubt = self.doubt("unmatched_owner")
        self.assertEqual(doubt["count"], 3)
        self.assertEqual(doubt["values"][0]["value"], "Ada Who")
        self.assertEqual(doubt["values"][0]["count"], 2)

    def test_settled_at_once(self):
        self.project.settle_alike("unmatched_owner")
        self.assertIsNone(self.doubt("unmatched_owner"))

    def test_the_map_opens_at_the_values_asked(self):
        action = self.project.action_answer("unmatched_owner")
        values = self.env["crm.migration.mapping.value"].search(action["domain"])
        self.assertEqual(set(values.mapped("source_value")), {"Ada Who", "Bo Nobody"})
