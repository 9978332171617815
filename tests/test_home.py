"""The home of a migration: what waits for whom, one step where one is enough, boards."""

from odoo.tests import new_test_user

from ..models.doubts import CONSEQUENCES
from .common import MigrationCase

CONTACTS = [{"Contact ID": "1", "First Name": "Ada", "Last Name": "Nu", "Email": "a@nu.example"}]
OWNERS = ["Ada Who", "Ada Who", "Bo Nobody"]
DEALS = [
    {"Deal ID": str(n), "Deal Name": f"Deal {n}", "Stage": "New", "Owner": owner, "Status": "open"}
    for n, owner in enumerate(OWNERS, start=1)
]


class TestHome(MigrationCase):
    def test_reading_goes_on_with_the_map(self):
        """Nothing doubtful: reading and proposing are one press of a button."""
        project = self.make_project({"contacts.csv": CONTACTS})
        project.action_stage()
        self.work(project.active_run_id)
        self.assertEqual(project.active_run_id.kind, "propose")
        self.work(project.active_run_id)
        self.assertEqual(project.state, "proposed")

    def test_a_doubtful_reading_is_looked_at_first(self):
        """What the reading found is a question; the map waits for it."""
        ragged = b"Contact ID,First Name,Last Name,Email\n1,Ada,Nu\n2,Bo,Xi,b@x.example\n"
        project = self.make_project({"contacts.csv": ragged})
        project.action_stage()
        self.work(project.active_run_id)
        self.assertFalse(project.active_run_id)
        self.assertEqual(project.state, "staged")
        self.assertTrue(project.question_count)

    def test_a_decision_is_no_question(self):
        """Owners that the policy replaced are for information; the card stays calm."""
        project = self.migrate(
            {"deals.csv": DEALS}, owner_policy="fallback", fallback_user_id=self.admin.id
        )
        codes = project.issue_ids.mapped("code")
        self.assertIn("owner_fallback", codes)
        self.assertNotIn("Owner replaced", project.question_kinds)
        self.assertGreaterEqual(project.info_count, codes.count("owner_fallback"))

    def test_questions_are_counted_without_what_follows(self):
        project = self.migrate({"deals.csv": DEALS})
        asked = project.issue_ids.filtered(
            lambda one: one.severity != "info" and one.code not in CONSEQUENCES
        )
        self.assertEqual(project.question_count, len(asked))
        self.assertIn("3 × Owner without a user", project.question_kinds)

    def test_recognised_values_are_confirmed_with_the_certain_columns(self):
        """Which values are known is no question: owners without a user still are one."""
        project = self.propose(self.make_project({"deals.csv": DEALS}))
        self.assertTrue(project.certain_count)
        project.action_confirm_certain()
        self.assertEqual(set(project.value_ids.mapped("known")), {True, False})
        for value in project.value_ids:
            self.assertEqual(value.state == "confirmed", value.known, value.source_value)
        self.assertEqual(project.certain_count, 0)

    def test_a_column_shows_its_values(self):
        """Stages, owners and kinds stand beside the column that names them, theirs only."""
        project = self.propose(self.make_project({"deals.csv": DEALS}))
        lines = {line.column: line for line in project.line_ids}
        for column, domain in (("Stage", "stage"), ("Owner", "owner"), ("Status", "won_status")):
            values = project.value_ids.filtered(lambda one: one.domain == domain)  # noqa: B023
            self.assertTrue(values)
            self.assertEqual(lines[column].value_ids, values)
            action = lines[column].action_open_values()
            self.assertEqual(values.search(action["domain"]), values)
        self.assertFalse(lines["Deal Name"].value_ids)
        lines["Status"].action_ignore()
        self.assertFalse(lines["Status"].value_ids)

    def test_card_tells_what_waits(self):
        project = self.make_project({"deals.csv": DEALS})
        self.assertEqual(project.waits_for, "Read the files")
        self.propose(project)
        project.invalidate_recordset()
        self.assertRegex(project.waits_for, r"^\d+ columns to decide, \d+ values to decide$")
        self.confirm(project)
        project.invalidate_recordset()
        self.assertEqual(project.waits_for, "Prepare the database")

    def test_owners_without_a_user_are_told_before_the_load(self):
        project = self.propose(self.make_project({"deals.csv": DEALS}))
        self.assertEqual((project.userless_count, project.userless_records), (2, 3))
        owner = project.value_ids.filtered(lambda value: value.source_value == "Ada Who")
        owner.user_id = self.admin
        self.assertEqual((project.userless_count, project.userless_records), (1, 1))
        project.write({"owner_policy": "fallback", "fallback_user_id": self.admin.id})
        self.assertFalse(project.userless_count)

    def test_board_of_owners(self):
        """Every owner is a card, every user a lane; the lane of nobody tells the policy."""
        project = self.propose(self.make_project({"deals.csv": DEALS}))
        board = project.get_board("owner")
        self.assertEqual({card["name"] for card in board["cards"]}, {"Ada Who", "Bo Nobody"})
        self.assertIn(self.admin.id, [lane["id"] for lane in board["lanes"]])
        self.assertEqual(board["nowhere"], "Hold the records until the user exists")
        card = next(card for card in board["cards"] if card["name"] == "Ada Who")
        self.assertEqual((card["count"], card["lane"], card["open"]), (2, False, True))
        self.env["crm.migration.mapping.value"].browse(card["id"]).write(
            {board["field"]: self.admin.id}
        )
        card = next(c for c in project.get_board("owner")["cards"] if c["name"] == "Ada Who")
        self.assertEqual((card["lane"], card["open"]), (self.admin.id, False))

    def test_board_of_stages(self):
        project = self.propose(self.make_project({"deals.csv": DEALS}))
        board = project.get_board("stage")
        self.assertIn("New", [card["name"] for card in board["cards"]])
        self.assertEqual(board["field"], "stage_id")

    def test_demo_export_to_try(self):
        """A first-time user of the user group gets a project with files to read."""
        user = new_test_user(
            self.env, "first_timer", "base.group_user,crm_migration.crm_migration_group_user"
        )
        action = self.env["crm.migration.project"].with_user(user).action_try_demo()
        project = self.env["crm.migration.project"].browse(action["res_id"])
        self.assertEqual(project.fallback_user_id, user)
        self.assertEqual(len(project.file_ids), 5)
        self.assertTrue(all(file.entity for file in project.file_ids))
        again = self.env["crm.migration.project"].with_user(user).action_try_demo()
        self.assertNotEqual(again["res_id"], project.id)
