from odoo.tests import Form

from .common import MigrationCase

CLOSING = "Expected Close Date"
DEALS = [
    {"Deal ID": "1", "Deal Name": "One", "Amount": "1.234,50", CLOSING: "03/04/2024", "Plan": "A"},
    {"Deal ID": "2", "Deal Name": "Two", "Amount": "2.000,00", CLOSING: "05/04/2024", "Plan": "B"},
    {"Deal ID": "3", "Deal Name": "Six", "Amount": "1.234", CLOSING: "31/02/2024", "Plan": "A"},
]


class TestMapLines(MigrationCase):
    """What the map's lines offer, show and decide."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.project = cls.propose(cls.make_project({"deals.csv": DEALS}))

    def line(self, column):
        return self.project.line_ids.filtered(lambda line: line.column == column)

    def choice(self, line, name):
        found = [one for one in line.get_target_choices() if one["name"] == name]
        self.assertTrue(found, name)
        return found[0]

    def test_choices_have_labels_of_the_user(self):
        choice = self.choice(self.line("Amount"), "expected_revenue")
        label = self.env["crm.lead"].fields_get(["expected_revenue"])["expected_revenue"]["string"]
        self.assertEqual(choice["label"], label)

    def test_choices_are_fields_a_text_can_go_to(self):
        names = {one["name"] for one in self.line("Amount").get_target_choices()}
        self.assertLessEqual({"", "x_source_data", "referred", "partner_id"}, names)
        self.assertFalse({"id", "create_date", "message_ids", "type", "won_count"} & names)

    def test_a_choice_is_all_that_the_engine_needs(self):
        line = self.line("Plan")
        line.write(self.choice(line, "user_id")["values"])
        self.assertEqual((line.target_field, line.reference), ("user_id", "owner.any"))
        self.assertEqual(line.state, "confirmed")

    def test_a_new_owner_column_brings_its_values(self):
        line = self.line("Plan")
        line.write(self.choice(line, "user_id")["values"])
        owners = self.project.value_ids.filtered(lambda value: value.domain == "owner")
        self.assertEqual(set(owners.mapped("source_value")), {"A", "B"})

    def test_left_out_is_a_decision(self):
        line = self.line("Plan")
        line.write(next(c["values"] for c in line.get_target_choices() if c["key"] == "always.out"))
        self.assertEqual((line.state, line.target_field), ("ignored", False))

    def test_the_id_is_not_chosen_here(self):
        with self.assertRaisesRegex(Exception, "at the file"):
            self.line("Plan").target_field = "id"

    def test_timeline_takes_no_fields_of_messages(self):
        activities = [{"Activity ID": "1", "Type": "Call", "Subject": "Hi", "Strange": "x"}]
        project = self.propose(self.make_project({"activities.csv": activities}, name="Calls"))
        names = {one["name"] for one in project.line_ids[:1].get_target_choices()}
        self.assertIn("summary", names)
        self.assertNotIn("message_type", names)

    def test_preview_shows_what_cannot_be_read_first(self):
        line = self.line(CLOSING)
        line.date_order = "dmy"
        self.assertEqual(line.preview[0]["before"], "31/02/2024")
        self.assertTrue(line.preview[0]["note"])
        self.assertEqual([bool(row["note"]) for row in line.preview], [True, False, False])

    def test_preview_follows_the_options(self):
        line = self.line(CLOSING)
        line.date_order = "dmy"
        self.assertIn("04/03/2024", {row["after"] for row in line.preview})
        line.date_order = "mdy"
        self.assertIn("03/04/2024", {row["after"] for row in line.preview})
        self.assertEqual(line.options["date_order"], "mdy")

    def test_preview_of_the_form_before_saving(self):
        line = self.line("Amount")
        self.assertEqual(line.decimal, ",")
        with Form(line, view="crm_migration.crm_migration_mapping_line_view_form") as form:
            before = form.preview
            form.decimal = "."
            self.assertEqual(form.options["decimal"], ".")
            self.assertNotEqual(form.preview, before)
        self.assertEqual(line.options["decimal"], ".")
        self.assertEqual(line.state, "confirmed")
