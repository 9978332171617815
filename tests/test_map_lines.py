from odoo.exceptions import UserError
from odoo.tests import Form

from ..engine import vocabulary
from ..engine.inference import KINDS
from ..models import words
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

    def test_housekeeping_of_contacts_is_no_choice(self):
        """Tokens that only administrators see, marks of notifications."""
        contacts = [{"Contact ID": "1", "First Name": "A", "Strange": "x"}]
        project = self.propose(self.make_project({"contacts.csv": contacts}, name="Contacts"))
        names = {one["name"] for one in project.line_ids[:1].get_target_choices()}
        self.assertIn("barcode", names)
        self.assertFalse({"signup_type", "calendar_last_notif_ack"} & names)

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


class TestEvidence(MigrationCase):
    """Each line of the map says how sure it is, why, and what else it could be."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        rows = [row | {"Closing": "03/04/2024"} for row in DEALS]
        for row in rows:
            row.pop(CLOSING)
        cls.project = cls.propose(cls.make_project({"deals.csv": rows}))

    def line(self, column):
        return self.project.line_ids.filtered(lambda line: line.column == column)

    def test_reason_in_words_of_the_user(self):
        line = self.line("Amount")
        self.assertIn(line.target_label, line.explanation)
        self.assertIn("its values fit", line.explanation)
        self.assertEqual(line.kind_label, "numbers")

    def test_every_reason_has_words(self):
        known = set(words.get_reasons(self.env))
        self.assertLessEqual(set(vocabulary.load().reasons) - {"kind_fits", "kind_differs"}, known)
        self.assertLessEqual(set(KINDS), set(words.get_kinds(self.env)))

    def test_two_next_best_one_click_away(self):
        line = self.line("Plan")
        self.assertEqual(len(line.others), 2)
        kept = next(other for other in line.others if other["name"] == "x_source_data")
        line.choose_alternative(kept["key"])
        self.assertEqual((line.target_field, line.state), ("x_source_data", "confirmed"))
        self.assertEqual(line.explanation, "Chosen by hand")
        self.assertFalse(line.new_type)
        with self.assertRaises(UserError):
            line.choose_alternative(kept["key"])

    def test_certain_lines_are_confirmed_at_once_and_questions_stay(self):
        self.project.action_confirm_certain()
        states = {line.column: line.state for line in self.project.line_ids}
        self.assertEqual(states["Amount"], "confirmed")
        self.assertEqual(states["Closing"], "proposed")
        for line in self.project.line_ids:
            self.assertEqual(line.state == "confirmed", line.is_certain, line.column)

    def test_an_open_order_of_dates_blocks_the_line(self):
        line = self.line("Closing")
        self.assertEqual(line.doubts, ["ambiguous_date"])
        self.assertFalse(line.is_certain)
        self.assertIn("month", line.explanation)
        with self.assertRaisesRegex(UserError, "Closing"):
            line.action_confirm()
        line.date_order = "dmy"
        self.assertEqual(line.state, "confirmed")
        line.action_confirm()
