"""What Odoo changes besides in other records as a contact changes: logged, undone, no edit."""

from odoo.tests import tagged

from .common import MigrationCase

CONTACTS = [
    {"Contact ID": "1", "First Name": "Ada", "Last Name": "One", "Email": "ada@one.example",
     "Phone": "+49 30 1"},
    {"Contact ID": "2", "First Name": "Bob", "Last Name": "Two", "Email": "bob@two.example",
     "Phone": "+49 30 2"},
]  # fmt: skip
DEALS = [
    {"Deal ID": "d1", "Deal Name": "Ovens", "Contact ID": "1", "Stage": "Proposal",
     "Status": "open", "Amount": "10"},
]  # fmt: skip
MEETINGS = [
    {"Activity ID": "a1", "Type": "Meeting", "Subject": "Visit", "Date": "2023-01-02T03:04:05Z",
     "End": "2023-01-02T04:04:05Z", "Related To Type": "Deal", "Related To ID": "d1",
     "Attendees": "ada@one.example"},
]  # fmt: skip


@tagged("post_install", "-at_install", "crm_migration")
class TestFollowers(MigrationCase):
    def catch_up(self, project, **changed):
        """Load a newer export in which the first contact is changed."""
        newer = [CONTACTS[0] | changed, *CONTACTS[1:]]
        self.load_again(project, {"contacts.csv": newer}, delta=True)

    def read_phones(self, *records):
        self.env.flush_all()
        self.env.invalidate_all()
        return [record.phone for record in records]

    def test_a_deal_that_follows_its_contact_is_no_edit(self):
        """A newer export changes a contact's phone, Odoo its deal's: the deal goes all the same."""
        project = self.migrate({"contacts.csv": CONTACTS, "deals.csv": DEALS})
        lead = self.find(project, "deal", "d1")
        self.catch_up(project, Phone="+49 30 99")
        self.assertEqual(self.read_phones(lead), ["+49 30 99"])
        # All of a test is one moment: the batches of a server are not.
        self.cr.execute("UPDATE crm_lead SET write_date = write_date + interval '1 hour'")
        self.env.invalidate_all()
        self.assertFalse(self.env["crm.migration.rollback"]._preview(project)["spared"])
        self.run_step(project, "rollback")
        self.assertFalse(lead.exists())
        self.assertFalse(project.issue_ids.filtered(lambda one: one.code == "rollback_kept"))

    def test_undoing_the_newer_export_takes_the_deal_along(self):
        project = self.migrate({"contacts.csv": CONTACTS, "deals.csv": DEALS})
        lead, person = self.find(project, "deal", "d1"), self.find(project, "contact", "1")
        self.catch_up(project, Phone="+49 30 99")
        load = project.run_ids.filtered(lambda run: run.kind == "load")[:1]
        self.run_step(project, "rollback", runs=load.ids)
        self.assertEqual(self.read_phones(lead, person), ["+49 30 1"] * 2)

    def test_a_deal_of_the_customer_gets_its_own_phone_back(self):
        """A contact without a phone gets one, its deal had another: it returns, the contact's not
        with it, and the stamps of both."""
        partner = self.env["res.partner"].create({"name": "Ada", "email": "ada@one.example"})
        lead = self.env["crm.lead"].create({"name": "Own", "phone": "0511"})
        lead.partner_id = partner
        self.assertEqual(self.read_phones(lead, partner), ["0511", False])
        self.cr.execute(
            "UPDATE crm_lead SET write_date = '2020-01-01' WHERE id = %s;"
            "UPDATE res_partner SET write_date = '2020-01-01' WHERE id = %s",
            [lead.id, partner.id],
        )
        self.env.invalidate_all()
        before = self.dump()
        project = self.migrate({"contacts.csv": CONTACTS}, duplicate_policy="merge")
        self.assertEqual(self.read_phones(lead, partner), ["+49 30 1"] * 2)
        self.run_step(project, "rollback")
        self.assertEqual(self.read_phones(lead, partner), ["0511", False])
        self.assertSameDump(before, self.dump())

    def test_an_attendee_who_came_later_is_explained(self):
        """A newer export brings another contact of an attendee's address: no fault of the meeting.

        Who is removed from it behind Odoo's back is still missed.
        """
        project = self.migrate(
            {"contacts.csv": CONTACTS, "deals.csv": DEALS, "activities.csv": MEETINGS}
        )
        event = self.find(project, "activity", "a1")
        self.load_again(
            project, {"contacts.csv": [*CONTACTS, CONTACTS[0] | {"Contact ID": "9"}]}, delta=True
        )
        run = self.run_step(project, "verify")
        check = self.env["crm.migration.check"].search(
            [("run_id", "=", run.id), ("field_name", "=", "partner_ids"), ("kind", "=", "link")]
        )
        self.assertEqual(check.mapped("verdict"), ["explained"])
        self.assertEqual(check.rule, "came_later")
        totals = project._get_check_totals()
        self.assertEqual((totals["different"], totals["missing"]), (0, 0))
        self.cr.execute(
            "DELETE FROM calendar_event_res_partner_rel WHERE calendar_event_id = %s", [event.id]
        )
        self.env.invalidate_all()
        self.run_step(project, "verify")
        totals = project._get_check_totals()
        self.assertTrue(totals["different"] + totals["missing"])

    def test_an_edit_before_the_newer_export_is_still_told_as_one(self):
        """A person changed it, the export wrote the record later: it stays, and is no damage."""
        project = self.migrate({"contacts.csv": CONTACTS})
        person = self.find(project, "contact", "1")
        self.env.flush_all()
        self.cr.execute(
            "UPDATE res_partner SET email = 'x@x.example', write_uid = %s,"
            " write_date = now() + interval '1 hour' WHERE id = %s",
            [self.admin.id, person.id],
        )
        self.env.invalidate_all()
        self.catch_up(project, Phone="+49 30 99")
        self.run_step(project, "verify")
        check = self.env["crm.migration.check"].search(
            [
                ("run_id", "=", project.run_ids[:1].id),
                ("record_id.source_key", "=", "1"),
                ("field_name", "=", "email"),
            ]
        )
        self.assertEqual((check.verdict, check.edited_by_id), ("different", self.admin))

    def test_a_link_to_what_was_undone_is_explained(self):
        """A chosen contact is rolled back: its deal stands without it, and proves so.

        What is changed behind Odoo's back in that deal is still found.
        """
        project = self.migrate({"contacts.csv": CONTACTS, "deals.csv": DEALS})
        lead = self.find(project, "deal", "d1")
        chosen = self.staged(project, "contact", "1")
        self.run_step(project, "rollback", records=chosen.ids, dependants="keep")
        self.assertFalse(lead.partner_id)
        self.assertEqual(lead.contact_name, "Ada One", "who it was with can still be read")
        self.run_step(project, "verify")
        totals = project._get_check_totals()
        self.assertEqual((totals["different"], totals["missing"]), (0, 0))
        self.cr.execute("UPDATE crm_lead SET partner_name = 'x' WHERE id = %s", [lead.id])
        self.env.invalidate_all()
        self.run_step(project, "verify")
        totals = project._get_check_totals()
        self.assertEqual(totals["different"] + totals["missing"], 1)

    def test_the_history_of_an_undone_contact_goes_with_it(self):
        """Its open task and its meeting go, logged; a meeting of others stays, and proves so."""
        about = {"Date": "2023-01-02T03:04:05Z", "End": "2023-01-02T04:04:05Z",
                 "Due Date": "2030-01-05", "Completed": "false"}  # fmt: skip
        own, other = (
            {"Related To Type": "Contact", "Related To ID": key, "Body": "Two\nlines"} | about
            for key in "12"
        )
        rows = [
            {"Activity ID": "t1", "Type": "Task", "Subject": "Call", "Attendees": ""} | own,
            {"Activity ID": "m1", "Type": "Meeting", "Subject": "One", "Attendees": ""} | own,
            {"Activity ID": "m2", "Type": "Meeting", "Subject": "Two",
             "Attendees": "ada@one.example"} | other,
        ]  # fmt: skip
        project = self.migrate({"contacts.csv": CONTACTS, "activities.csv": rows})
        landed = {key: self.find(project, "activity", key) for key in ("t1", "m1", "m2")}
        chosen = self.staged(project, "contact", "1")
        run = self.run_step(project, "rollback", records=chosen.ids, dependants="keep")
        self.assertEqual({k for k, one in landed.items() if one.exists()}, {"m2"})
        removed = self.env["crm.migration.log"].search(
            [("run_id", "=", run.id), ("action", "=", "remove")]
        )
        self.assertLessEqual({"mail.activity", "calendar.event"}, set(removed.mapped("model")))
        self.run_step(project, "verify")
        totals = project._get_check_totals()
        self.assertEqual((totals["different"], totals["missing"]), (0, 0))

    def test_only_what_follows_the_undone_record_is_explained(self):
        """What a row gives a field, and a deal that never had its contact, stay differences."""
        alone = DEALS[0] | {"Deal ID": "d9", "Contact ID": "77"}
        project = self.migrate({"contacts.csv": CONTACTS, "deals.csv": [*DEALS, alone]})
        chosen = self.staged(project, "contact", "1")
        self.run_step(project, "rollback", records=chosen.ids, dependants="keep")
        for key, column in (("d1", "Deal Name"), ("d9", "Deal Name")):
            record = self.staged(project, "deal", key).sudo()
            record.payload = record.payload | {column: "Not what was written"}
        self.env.flush_all()
        self.run_step(project, "verify")
        checks = self.env["crm.migration.check"].search(
            [("run_id", "=", project.run_ids[:1].id), ("verdict", "=", "different")]
        )
        self.assertEqual(
            sorted(checks.mapped("record_id.source_key")), ["d1", "d9"], checks.mapped("field_name")
        )

    def test_reading_a_newer_export_goes_on_to_the_forecast(self):
        """A map that follows the reading by itself ends with the forecast, as its button does."""
        project = self.migrate({"contacts.csv": CONTACTS})
        self.upload(project, {"contacts.csv": [CONTACTS[0] | {"Phone": "1"}]}, delta=True)
        project.action_stage()
        for kind in ("extract", "propose", "forecast"):
            run = project.run_ids[:1]
            self.assertEqual(run.kind, kind)
            self.work(run)
            project.invalidate_recordset()
