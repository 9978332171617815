"""Promise: each migrated record shows where it came from, by which rules, and what came later."""

from lxml import etree

from odoo.exceptions import AccessError
from odoo.tests import new_test_user, tagged

from .common import MigrationCase
from .test_approval import TABLES

BUTTON = "//button[@name='action_open_migration_origin']"


@tagged("post_install", "-at_install", "crm_migration")
class TestOrigin(MigrationCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.user = new_test_user(
            cls.env, "origin_user",
            "base.group_user,sales_team.group_sale_salesman_all_leads,"
            "base.group_partner_manager,crm_migration.crm_migration_group_user",
        )  # fmt: skip
        cls.stranger = new_test_user(
            cls.env, "origin_stranger", "base.group_user,sales_team.group_sale_salesman_all_leads"
        )
        cls.project = cls.migrate(TABLES)
        cls.contact = cls.find(cls.project, "contact", "1")

    def get_page(self, record, user=None):
        action = record.with_user(user or self.user).action_open_migration_origin()
        origin = self.env[action["res_model"]].with_user(user or self.user)
        return origin.browse(action["res_id"])

    def test_button_follows_every_migrated_model(self):
        """Whatever model has a source ID has the button; only the migration's users see it."""
        models = [
            name for name, model in self.env.items()
            if not model._abstract and not model._transient and "x_source_id" in model._fields
            and "x_source_system" in model._fields and model.with_user(self.user).has_access("read")
        ]  # fmt: skip
        self.assertLessEqual(
            {"res.partner", "crm.lead", "calendar.event", "mail.activity"}, set(models)
        )
        for name in models:
            arch = etree.fromstring(self.env[name].with_user(self.user).get_view()["arch"])
            self.assertEqual(len(arch.xpath(BUTTON)), 1, name)
            arch = etree.fromstring(self.env[name].with_user(self.stranger).get_view()["arch"])
            self.assertFalse(arch.xpath(BUTTON), name)

    def test_page_tells_file_line_values_and_rules(self):
        """System, ID, file and line, the row's own texts, rule and field, run and decisions."""
        text = self.get_page(self.contact).origin_html
        row = self.staged(self.project, "contact", "1")
        self.assertIn(row.file_id.name, text)
        self.assertIn(f"line {row.line}", text)
        for column, value in row.payload.items():
            self.assertIn(column, text)
            self.assertIn(value or "", text)
        self.assertIn(self.contact.email, text)
        self.assertIn("Email address", text, "the rule")
        self.assertIn("confirmed by", text)
        self.assertIn("Sample approved by", text)

    def test_later_edits_are_named(self):
        """What a person changed since stands beside what the migration wrote, with the name."""
        self.env.cr.execute(
            "UPDATE crm_migration_run SET create_date = create_date - interval '1 day'"
        )
        self.contact.with_user(self.user).email = "edited@example.org"
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE res_partner SET write_date = write_date + interval '1 hour' WHERE id = %s",
            [self.contact.id],
        )
        self.contact.invalidate_recordset()
        text = self.get_page(self.contact).origin_html
        self.assertIn("edited@example.org", text)
        self.assertIn(f"edited by {self.user.name}", text)

    def test_rights_hold(self):
        """Who may not read the record, or has no group, sees nothing of its origin."""
        with self.assertRaises(AccessError):
            self.contact.with_user(self.stranger).action_open_migration_origin()
        page = self.get_page(self.contact)
        self.env["ir.rule"].create(
            {
                "name": "Not this one",
                "model_id": self.env["ir.model"]._get_id("res.partner"),
                "domain_force": f"[('id', '!=', {self.contact.id})]",
            }
        )
        self.env.invalidate_all()
        with self.assertRaises(AccessError):
            page.read(["origin_html"])

    def test_without_its_migration_the_identity_is_left(self):
        """A record whose migration is not there any more says what is still known."""
        other = self.env["res.partner"].create(
            {"name": "Old", "x_source_id": "77", "x_source_system": "elsewhere"}
        )
        text = self.get_page(other).origin_html
        self.assertIn("elsewhere", text)
        self.assertIn("77", text)
        self.assertNotIn("<table", text)
