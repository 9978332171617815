"""Rollback: the database as it was, but for what people did since."""

from odoo.tests import tagged

from .common import MigrationCase
from .test_journey_karmacrm import JourneyCase


@tagged("post_install", "-at_install", "crm_migration")
class TestRollback(JourneyCase):
    # Stubs too: whatever a migration can make is to go again.
    policies = {"duplicate_policy": "merge", "owner_policy": "stub"}

    def roll_back(self):
        self.env.invalidate_all()
        return self.run_step(self.project, "rollback")

    def test_the_database_is_as_it_was(self):
        """All business tables, row by row and value by value, write dates included."""
        models = set(self.env["crm.migration.log"].search([]).mapped("model"))
        for model in ("res.partner", "crm.lead", "mail.message", "mail.activity", "calendar.event",
                      "crm.team", "crm.stage", "crm.tag", "res.partner.category", "res.users",
                      "ir.model.fields", "res.partner.industry"):  # fmt: skip
            self.assertIn(model, models, "something of each kind was made")
        self.roll_back()
        self.assertEqual(self.project.state, "rolled_back")
        self.assertSameDump(self.before, self.dump())
        self.env.cr.execute(
            "SELECT column_name FROM information_schema.columns"
            " WHERE table_name = 'res_partner' AND column_name IN ('x_tier', 'x_mobile')"
        )
        self.assertFalse(self.env.cr.fetchall(), "the custom fields are gone")
        self.assertFalse(self.project.issue_ids.filtered(lambda i: i.code == "rollback_kept"))

    def test_load_after_rollback(self):
        """What was taken back can be loaded again, and taken back again."""
        self.roll_back()
        self.project.action_confirm_map()
        self.run_step(self.project, "schema")
        self.load(self.project)
        outcomes = self.assertAddsUp(self.project)
        self.assertEqual(outcomes["deal"]["created"], 6)
        self.run_step(self.project, "verify")
        totals = self.project._get_check_totals()
        self.assertEqual((totals["different"], totals["missing"]), (0, 0))
        self.roll_back()
        self.assertSameDump(self.before, self.dump())

    def test_preview_tells_what_will_be_done(self):
        """The preview counts what the rollback then does, and writes nothing."""
        before = self.dump()
        preview = self.env["crm.migration.rollback"]._preview(self.project)
        self.assertSameDump(before, self.dump())
        self.assertEqual(preview["keep"], {})
        self.assertEqual(preview["remove"]["crm.lead"], 6)
        self.assertEqual(preview["restore"]["res.partner"], 1)
        run = self.roll_back()
        log = self.env["crm.migration.log"].search([("run_id", "=", run.id)])
        for action, kind in (("remove", "remove"), ("restore", "restore")):
            done = {}
            for line in log.filtered(lambda line, a=action: line.action == a):
                done[line.model] = done.get(line.model, 0) + 1
            self.assertEqual(done, preview[kind])

    def test_edited_records_are_spared(self):
        """A record that a person edited stays, with what it needs and its history, and is told."""
        lead, untouched = self.one("deal", "d1"), self.one("deal", "d4")
        person, company = self.one("contact", "1"), self.one("company", "c1")
        history = self.history(lead)
        lead.name = "Edited by a person"
        preview = self.env["crm.migration.rollback"]._preview(self.project)
        self.assertEqual(preview["keep"]["crm.lead"], 1)
        self.roll_back()
        self.assertEqual(lead.exists().name, "Edited by a person")
        self.assertEqual((lead.partner_id, lead.stage_id.name), (person, "Proposal"))
        self.assertEqual(lead.partner_id.parent_id, company)
        self.assertEqual(self.history(lead) & history, history)
        self.assertTrue(lead.team_id.exists() and lead.tag_ids.exists())
        self.assertFalse(untouched.exists())
        kept = self.project.issue_ids.filtered(lambda issue: issue.code == "rollback_kept")
        self.assertIn(f"crm.lead {lead.id}", " ".join(kept.mapped("message")))

    def test_edited_field_of_a_merged_contact_is_spared(self):
        """Of an updated record, the field that a person changed since stays, the others go back."""
        self.existing.phone = "+1 555 9999"
        self.roll_back()
        self.assertEqual(self.existing.phone, "+1 555 9999")
        self.assertFalse(self.existing.user_id)
        self.assertFalse(self.existing.x_source_id)

    def test_records_people_worked_on_are_spared(self):
        """A contact that got a message or an activity stays; so does one that a new deal needs."""
        talked, planned = self.one("contact", "2"), self.one("contact", "6")
        talked.with_user(self.seller).message_post(body="Spoke today", message_type="comment")
        planned.activity_schedule("mail.mail_activity_data_todo", user_id=self.seller.id)
        self.roll_back()
        self.assertTrue(talked.exists())
        self.assertTrue(planned.exists())
        self.assertFalse(self.one_or_none("contact", "4"))

    def one_or_none(self, entity, key):
        record = self.staged(self.project, entity, key)
        return record.res_id and self.env[record.model].browse(record.res_id).exists()

    def test_project_is_kept_while_it_has_effects(self):
        """A project whose load can still be undone cannot be deleted: its log is the undo."""
        with self.assertRaises(Exception), self.env.cr.savepoint():  # noqa: B017
            self.project.unlink()
        self.roll_back()
        self.project.unlink()
        self.assertFalse(self.project.exists())


@tagged("post_install", "-at_install", "crm_migration")
class TestRollbackOfUpdates(MigrationCase):
    def test_newer_export_is_undone_too(self):
        """After an update by a newer export the rollback still ends with nothing left."""
        before = self.dump()
        rows = [{"Contact ID": "1", "First Name": "Ada", "Last Name": "Nu",
                 "Email": "ada@nu.example", "Phone": "+49 1"}]  # fmt: skip
        project = self.migrate({"contacts.csv": rows})
        self.load_again(project, {"contacts.csv": [rows[0] | {"Phone": "+49 2"}]}, delta=True)
        self.assertEqual(self.find(project, "contact", "1").phone, "+49 2")
        self.run_step(project, "rollback")
        self.assertSameDump(before, self.dump())

    def test_merged_contact_gets_its_own_values_back(self):
        """A merge and a newer export's change are both taken back, field by field."""
        partner = self.env["res.partner"].create(
            {"name": "Mine", "email": "ada@nu.example", "city": "Bonn"}
        )
        before = self.dump()
        rows = [{"Contact ID": "1", "First Name": "Ada", "Last Name": "Nu", "City": "Köln",
                 "Email": "ada@nu.example", "Phone": "+49 1", "Tags": "VIP"}]  # fmt: skip
        project = self.migrate({"contacts.csv": rows}, duplicate_policy="merge")
        self.assertEqual((partner.phone, partner.city), ("+49 1", "Bonn"))
        self.load_again(project, {"contacts.csv": [rows[0] | {"Phone": "+49 2"}]}, delta=True)
        self.assertEqual((partner.phone, partner.city), ("+49 2", "Bonn"))
        self.run_step(project, "rollback")
        self.assertSameDump(before, self.dump())
