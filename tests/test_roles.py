from odoo.exceptions import AccessError, UserError
from odoo.fields import Command

from .common import MigrationCase

USERS = [
    {"id": "1", "name": "Ann Boss", "email": "ann@we.example", "role": "Administrator"},
    {"id": "2", "name": "Ray Seller", "email": "ray@we.example", "role": "Sales Rep"},
    {"id": "3", "name": "Vic Viewer", "email": "vic@we.example", "role": "Read only"},
    {"id": "4", "name": "Not Here", "email": "not@here.example", "role": "Sales Rep"},
]
CONTACTS = [{"id": "1", "name": "Ada Byron", "email": "ada@example.com"}]


class TestRoles(MigrationCase):
    """Roles become groups by approval only, by somebody who may administer users (KC-20, X-29)."""

    def setUp(self):
        super().setUp()
        self.ann, self.ray, self.vic = (
            self.make_user(row["name"], row["email"]) for row in USERS[:3]
        )
        self.before = self.dump()
        self.project = self.migrate({"users.csv": USERS, "contacts.csv": CONTACTS})
        self.roles = {role.name: role for role in self.project.role_ids}
        self.salesman = self.env.ref("sales_team.group_sale_salesman")
        self.system = self.env.ref("base.group_system")

    def test_proposed_and_not_given(self):
        """A load gives nobody a group; each role has a proposal, never Odoo's settings."""
        groups = {name: role.group_id for name, role in self.roles.items()}
        self.assertEqual(
            groups,
            {
                "Administrator": self.env.ref("sales_team.group_sale_manager"),
                "Sales Rep": self.salesman,
                "Read only": self.env["res.groups"],
            },
        )
        self.assertNotIn(self.salesman, self.ray.group_ids)
        self.assertFalse(any(role.is_powerful for role in self.project.role_ids))

    def test_given_logged_and_taken_back(self):
        self.roles["Sales Rep"].action_give()
        self.assertIn(self.salesman, self.ray.group_ids)
        self.assertNotIn(self.salesman, self.ann.group_ids)
        role = self.roles["Sales Rep"]
        self.assertEqual((role.state, role.user_id), ("applied", self.admin))
        run = self.run_step(self.project, "verify")
        self.assertEqual(run.counters["checks"]["different"], 0)
        self.run_step(self.project, "rollback")
        self.assertEqual(role.state, "proposed")
        self.assertSameDump(self.before, self.dump())

    def test_settings_only_with_a_tick(self):
        role = self.roles["Administrator"]
        role.group_id = self.system
        self.assertTrue(role.is_powerful)
        with self.assertRaises(UserError):
            role.action_give()
        self.assertNotIn(self.system, self.ann.group_ids)
        role.is_confirmed = True
        role.action_give()
        self.assertIn(self.system, self.ann.group_ids)

    def test_another_group_is_confirmed_anew(self):
        role = self.roles["Administrator"]
        role.write({"group_id": self.system.id, "is_confirmed": True})
        role.group_id = self.env.ref("base.group_erp_manager")
        self.assertFalse(role.is_confirmed)

    def test_only_who_administers_users(self):
        """A migration manager without that right gives nothing."""
        manager = self.make_user(
            "Mia", "mia@we.example", "crm_migration.crm_migration_group_manager"
        )
        role = self.roles["Sales Rep"].with_user(manager)
        with self.assertRaises(AccessError):
            role.action_give()
        with self.assertRaises(AccessError):
            role.state = "applied"
        self.assertNotIn(self.salesman, self.ray.group_ids)
        user = self.make_user("Una", "una@we.example", "crm_migration.crm_migration_group_user")
        with self.assertRaises(UserError):
            self.roles["Sales Rep"].with_user(user).group_id = self.system

    def test_edits_stay(self):
        """Groups that an administrator changed since are not taken back."""
        self.roles["Sales Rep"].action_give()
        more = self.env.ref("sales_team.group_sale_manager")
        self.ray.group_ids = [Command.link(more.id)]
        self.run_step(self.project, "rollback")
        self.assertIn(more, self.ray.group_ids)
