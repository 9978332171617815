"""Rollback: the database as it was, but for what people did since."""

from odoo.tests import Form, tagged

from .common import MigrationCase, edit_later
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
        edit_later(lead, name="Edited by a person")
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

    def test_fields_that_the_source_does_not_have_are_edits_too(self):
        """What a person types where the migration wrote nothing is seen, and spared."""
        label = self.env["res.partner.category"].create({"name": "Mine"})
        edits = {
            "2": {"website": "http://x.example"},
            "6": {"comment": "<p>Call back</p>"},
            "3": {"category_id": [(4, label.id)]},
            "5": {"lang": False},
            "4": {},
        }
        people = {key: self.one("contact", key) for key in edits}
        for key, values in edits.items():
            edit_later(people[key], **values)
        preview = self.env["crm.migration.rollback"]._preview(self.project)
        spared = {one["res_id"]: one["reason"] for one in preview["spared"]}
        told = {key: spared.get(person.id) for key, person in people.items()}
        self.assertEqual(told, {key: "edited" if edits[key] else None for key in edits})
        self.roll_back()
        self.assertEqual(
            {key for key, person in people.items() if person.exists()},
            {key for key in edits if edits[key]},
        )
        self.assertEqual(people["2"].website, "http://x.example")
        kept = self.project.issue_ids.filtered(lambda issue: issue.code == "rollback_kept")
        told = [m for m in kept.mapped("message") if m.startswith(f"res.partner {people['2'].id}:")]
        self.assertEqual(told, [f"res.partner {people['2'].id}: edited since"])

    def test_what_odoo_works_out_is_no_edit(self):
        """Names that follow the company's, figures that Odoo counts: nobody edited the record."""
        company, person = self.one("company", "c1"), self.one("contact", "1")
        edit_later(company, name="New name")
        edit_later(person)
        preview = self.env["crm.migration.rollback"]._preview(self.project)
        spared = {(one["model"], one["res_id"]) for one in preview["spared"]}
        self.assertIn(("res.partner", company.id), spared)
        self.assertNotIn(("res.partner", person.id), spared)

    def test_what_people_hung_on_a_record_spares_it(self):
        """A file, a bank account, a place in somebody's meeting: none goes with the contact."""
        with_file, with_bank, invited = (self.one("contact", key) for key in ("2", "6", "3"))
        self.env["ir.attachment"].create(
            {"name": "x", "raw": b"x", "res_model": "res.partner", "res_id": with_file.id}
        )
        self.env["res.partner.bank"].create({"acc_number": "1", "partner_id": with_bank.id})
        self.env["calendar.event"].with_context(no_mail_to_attendees=True).create(
            {"name": "Mine", "start": "2030-01-01 10:00:00", "stop": "2030-01-01 11:00:00",
             "partner_ids": [(4, invited.id)]}
        )  # fmt: skip
        self.roll_back()
        for person in (with_file, with_bank, invited):
            self.assertTrue(person.exists())

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


@tagged("post_install", "-at_install", "crm_migration")
class TestRollbackOfParts(MigrationCase):
    """One load, one kind of records, or chosen ones; the rest stands, and proves so."""

    def setUp(self):
        super().setUp()
        self.company = {"Company ID": "c1", "Company Name": "Nu AG", "City": "Bonn"}
        self.contact = {"Contact ID": "1", "First Name": "Ada", "Last Name": "Nu",
                        "Phone": "+49 1", "Email": "ada@nu.example",
                        "Company ID": "c1"}  # fmt: skip
        self.project = self.migrate(
            {"companies.csv": [self.company], "contacts.csv": [self.contact]}
        )

    def undo(self, **parameters):
        self.env.invalidate_all()
        self.run_step(self.project, "rollback", **parameters)
        self.env.invalidate_all()

    def undo_last_load(self, **parameters):
        load = self.project.run_ids.filtered(lambda run: run.kind == "load")[:1]
        self.undo(runs=self.project._get_runs_of_load(load), **parameters)

    def load_delta(self):
        rows = [
            self.contact | {"Phone": "+49 2", "Tags": "New"},
            {"Contact ID": "2", "First Name": "Bo", "Last Name": "Om", "Email": "bo@om.example",
             "Company ID": "c1"},
        ]  # fmt: skip
        self.load_again(self.project, {"contacts.csv": rows}, delta=True)
        return rows

    def assertProved(self):
        self.run_step(self.project, "verify")
        totals = self.project._get_check_totals()
        wrong = self.project.check_ids.filtered(
            lambda check: (
                check.run_id == self.project.run_ids[:1]
                and check.verdict in ("different", "missing")
            )
        )
        self.assertFalse([check.read()[0] for check in wrong])
        self.assertEqual((totals["different"], totals["missing"]), (0, 0))
        self.assertTrue(totals["equal"])

    def test_edit_before_a_newer_export_is_spared(self):
        """The newer export's writing hides when a person wrote, not what was written."""
        ada = self.find(self.project, "contact", "1")
        ada.email = "edited@nu.example"
        self.load_delta()
        self.assertEqual((ada.email, ada.phone), ("edited@nu.example", "+49 2"))
        preview = self.env["crm.migration.rollback"]._preview(self.project)
        self.assertIn(
            {"model": "res.partner", "res_id": ada.id, "field": False, "reason": "edited"},
            preview["spared"],
        )

    def test_one_load(self):
        """Without the delta the database is as before it; the rest is proved, and can go too."""
        loaded = self.dump()
        rows = self.load_delta()
        self.assertEqual(self.find(self.project, "contact", "1").phone, "+49 2")
        self.undo_last_load()
        self.assertSameDump(loaded, self.dump())
        self.assertEqual(self.project.state, "loaded")
        outcomes = self.assertAddsUp(self.project)["contact"]
        self.assertEqual((outcomes["unchanged"], outcomes["skipped"]), (1, 1))
        self.assertProved()
        self.load_again(self.project, {"contacts.csv": rows}, delta=True)
        self.assertEqual(loaded["res_partner"], self.dump()["res_partner"])
        rows[0]["Phone"], rows[1]["Phone"] = "+49 3", "+49 4"
        self.load_again(self.project, {"contacts.csv": rows}, delta=True)
        self.assertEqual(self.find(self.project, "contact", "1").phone, "+49 3")
        self.assertFalse(self.staged(self.project, "contact", "2").res_id, "only if asked")
        self.assertProved()

    def test_one_load_staged_again(self):
        """What was undone loads again if that was asked for, with the values of the delta."""
        self.load_delta()
        self.assertProved()
        delta = self.dump()
        self.undo_last_load(again=True)
        self.assertEqual(self.project._get_delta_step(), "prepare")
        self.run_step(self.project, "schema")
        self.run_step(self.project, "load")
        self.assertEqual(self.find(self.project, "contact", "1").phone, "+49 2")
        self.assertTrue(self.find(self.project, "contact", "2"))
        self.assertEqual(len(delta["res_partner"]), len(self.dump()["res_partner"]))
        self.assertProved()

    def test_parts_then_all(self):
        """After a part the whole still goes, and nothing is left."""
        self.load_delta()
        self.undo_last_load()
        self.run_step(self.project, "rollback")
        self.assertFalse(self.env["res.partner"].search([("email", "=", "ada@nu.example")]))
        self.assertEqual(self.project.state, "rolled_back")
        self.assertFalse(
            self.env["ir.model.data"].search([("module", "=", self.project._get_xmlid_module())])
        )

    def test_one_entity_keeps_or_takes_dependants(self):
        """Contacts of companies that go are told; they stay without a company, or go too."""
        ada = self.find(self.project, "contact", "1")
        parameters = {"entity": "company"}
        preview = self.env["crm.migration.rollback"]._preview(self.project, parameters)
        self.assertEqual(preview["dependants"], {("res.partner", "res.partner"): 1})
        self.assertEqual(preview["remove"], {"res.partner": 1})
        both = self.env["crm.migration.rollback"]._preview(
            self.project, parameters | {"dependants": "undo"}
        )
        self.assertEqual(both["remove"], {"res.partner": 2})
        self.undo(**parameters)
        self.assertFalse(self.env["res.partner"].search([("name", "=", "Nu AG")]))
        self.assertFalse(ada.parent_id)
        self.assertEqual(ada.commercial_partner_id, ada)
        self.run_step(self.project, "rollback")
        self.assertFalse(ada.exists())

    def test_chosen_records_and_force(self):
        """An edited record is spared, unless the person forces just that one."""
        record = self.staged(self.project, "contact", "1")
        ada = self.find(self.project, "contact", "1")
        edit_later(ada, function="Boss", phone="+49 99")
        preview = self.env["crm.migration.rollback"]._preview(self.project, {"records": record.ids})
        self.assertEqual(
            preview["spared"],
            [{"model": "res.partner", "res_id": ada.id, "field": False, "reason": "edited"}],
        )
        self.undo(records=record.ids)
        self.assertTrue(ada.exists())
        self.undo(records=record.ids, forced=[f"res.partner,{ada.id}"])
        self.assertFalse(ada.exists())
        self.assertTrue(self.find(self.project, "company", "c1").exists())

    def test_forced_field_of_a_delta(self):
        """A field that a person changed after the delta returns only if forced."""
        self.load_delta()
        ada = self.find(self.project, "contact", "1")
        ada.phone = "+49 99"
        load = self.project.run_ids.filtered(lambda run: run.kind == "load")[:1]
        runs = self.project._get_runs_of_load(load)
        preview = self.env["crm.migration.rollback"]._preview(self.project, {"runs": runs})
        self.assertEqual([one["field"] for one in preview["spared"]], ["phone"])
        self.undo(runs=runs, forced=[f"res.partner,{ada.id},phone"])
        self.assertEqual(ada.phone, "+49 1")

    def test_hung_on_by_people(self):
        """A contact that a person's own deal needs stays."""
        ada = self.find(self.project, "contact", "1")
        self.env["crm.lead"].create({"name": "Own deal", "partner_id": ada.id})
        preview = self.env["crm.migration.rollback"]._preview(self.project)
        self.assertIn("hung_on", {one["reason"] for one in preview["spared"]})
        self.undo()
        self.assertTrue(ada.exists())

    def test_wizard(self):
        """The wizard tells what hangs on what, and forces just the item that was ticked."""
        ada = self.find(self.project, "contact", "1")
        edit_later(ada, phone="+49 99")
        context = {"default_project_id": self.project.id}
        form = Form(self.env["crm.migration.project.rollback"].with_context(**context))
        form.scope = "entity"
        form.entity = "company"
        self.assertTrue(form.has_dependants)
        self.assertIn("hang on", form.preview_html)
        form.dependants = "undo"
        self.assertEqual(len(form.spared_ids), 2)
        for index in range(2):
            with form.spared_ids.edit(index) as line:
                self.assertTrue(line.reason and line.name)
                line.force = True
        form.typed_name = self.project.name
        form.save().action_rollback()
        self.work(self.project.active_run_id)
        self.assertFalse(ada.exists())
