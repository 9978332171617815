from .common import MigrationCase

CONTACTS = [
    {"Contact ID": "1", "First Name": "Ada", "Last Name": "Nu", "Owner": "left@gone.example"},
    {"Contact ID": "2", "First Name": "Bo", "Last Name": "Xi", "Owner": "else@gone.example"},
]
DEALS = [
    {"Deal ID": "d1", "Deal Name": "One", "Stage": "New", "Contact ID": "1",
     "Owner": "left@gone.example"},
]  # fmt: skip


class TestResuming(MigrationCase):
    """Held records go on once the user whom they wait for exists (SC-28, KC-21)."""

    def setUp(self):
        super().setUp()
        self.project = self.migrate({"contacts.csv": CONTACTS, "deals.csv": DEALS})

    def test_the_user_s_creation_is_noticed(self):
        """The project tells how many can go on; nothing is loaded in the user's transaction."""
        self.assertEqual((self.project.held_count, self.project.resumable_count), (3, 0))
        user = self.make_user("Left", "left@gone.example")
        self.assertEqual(self.project.resumable_count, 2)
        self.assertEqual(self.staged(self.project, "contact", "1").state, "held")
        self.env["crm.migration.project"]._resume_marked()
        self.assertFalse(self.project.active_run_id, "nobody said that it may start by itself")
        self.run_step(self.project, "load")
        self.assertEqual(self.find(self.project, "deal", "d1").user_id, user)
        self.assertEqual(self.project.resumable_count, 0)
        self.project.invalidate_recordset()
        self.assertEqual(self.project.held_count, 1)

    def test_a_user_s_new_address_is_noticed(self):
        user = self.make_user("Left", "other@gone.example")
        self.assertEqual(self.project.resumable_count, 0)
        user.login = user.email = "left@gone.example"
        self.assertEqual(self.project.resumable_count, 2)

    def test_goes_on_by_itself(self):
        """Where a manager chose it, the worker starts the load."""
        self.project.resume_held = True
        user = self.make_user("Left", "left@gone.example")
        self.env["crm.migration.project"]._resume_marked()
        run = self.project.active_run_id
        self.assertEqual(run.kind, "load")
        self.env["crm.migration.project"]._resume_marked()
        self.assertEqual(self.project.active_run_id, run, "once")
        self.work(run)
        self.assertEqual(self.find(self.project, "contact", "1").user_id, user)
        self.assertFalse(self.project.resumable_count)
        self.assertAddsUp(self.project)
