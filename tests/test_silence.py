"""X-22: what Odoo tells people when records are written, and that a migration tells nobody.

Each trap is shown first as plain Odoo has it, then as load, newer export and rollback leave it.
"""

from datetime import timedelta
from unittest import SkipTest

from odoo import fields
from odoo.fields import Command
from odoo.tests import tagged

from .common import MigrationCase

NEXT_WEEK = fields.Datetime.now().replace(microsecond=0) + timedelta(days=7)
TOMORROW = fields.Date.today() + timedelta(days=1)


def tables(meeting_at=NEXT_WEEK, amount="100", amo="Amo"):
    """Return an export in which everything belongs to a seller who is not the importer."""
    activity = {
        "Activity ID": "", "Type": "", "Subject": "", "Body": "", "Date": "2024-01-02T10:00:00Z",
        "End": "", "Due Date": "", "Attendees": "", "Related To Type": "Deal",
        "Related To ID": "d1", "Owner": "sel@ler.example", "Completed": "", "Completed At": "",
    }  # fmt: skip
    return {
        "owners.csv": [
            {"User ID": "u1", "Name": "Sel Ler", "Email": "sel@ler.example", "Active": "true"},
            {"User ID": "u2", "Name": "Left Long Ago", "Email": "left@ler.example", "Active": "no"},
        ],
        "contacts.csv": [
            {"Contact ID": "1", "First Name": amo, "Last Name": "Re", "Email": "amo@re.example",
             "Owner": "sel@ler.example"},
            {"Contact ID": "2", "First Name": "Existing", "Last Name": "One",
             "Email": "existing@one.example", "Owner": "left@ler.example"},
        ],
        "deals.csv": [
            {"Deal ID": "d1", "Deal Name": "Ovens", "Amount": amount, "Stage": "Proposal",
             "Probability": "50", "Status": "open", "Contact ID": "1",
             "Owner": "sel@ler.example", "Created": "2024-01-01T10:00:00Z"},
        ],
        "activities.csv": [
            activity | {"Activity ID": "a1", "Type": "Task", "Subject": "Open task",
                        "Due Date": str(TOMORROW), "Completed": "false"},
            activity | {"Activity ID": "a2", "Type": "Task", "Subject": "Done task",
                        "Due Date": "2024-01-05", "Completed": "true",
                        "Completed At": "2024-01-05T10:00:00Z"},
            activity | {"Activity ID": "a3", "Type": "Meeting", "Subject": "Next meeting",
                        "Date": f"{meeting_at:%Y-%m-%dT%H:%M:%SZ}",
                        "End": f"{meeting_at + timedelta(hours=1):%Y-%m-%dT%H:%M:%SZ}",
                        "Attendees": "amo@re.example; existing@one.example"},
            activity | {"Activity ID": "a4", "Type": "Email", "Subject": "Hello", "Body": "Body"},
            activity | {"Activity ID": "a5", "Type": "Call", "Subject": "Rang", "Body": "Body"},
            activity | {"Activity ID": "a6", "Type": "Note", "Subject": "Noted", "Body": "Body"},
        ],
    }  # fmt: skip


class SilenceCase(MigrationCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.seller = cls.make_user("Sel Ler", "sel@ler.example", "sales_team.group_sale_salesman")
        cls.partner = cls.env["res.partner"].create(
            {"name": "Existing One", "email": "existing@one.example"}
        )
        # A meeting that was there before, in the future, with the contact that is merged into.
        cls.meeting = cls.env["calendar.event"].with_context(no_mail_to_attendees=True).create(
            {"name": "Was there before", "start": NEXT_WEEK, "stop": NEXT_WEEK + timedelta(hours=1),
             "partner_ids": [Command.set((cls.partner | cls.seller.partner_id).ids)]}
        )  # fmt: skip
        cls.env.flush_all()


@tagged("post_install", "-at_install", "crm_migration")
class TestSilence(SilenceCase):
    def test_plain_odoo_mails_and_makes_followers(self):
        """A lead, an activity already done, a future meeting and a user: each writes to people."""
        lead = self.env["crm.lead"].create({"name": "Mails", "type": "opportunity"})
        self.assertIn(self.admin.partner_id, lead.message_partner_ids, "the importer follows")
        with self.capture_mails() as mails:
            lead = self.env["crm.lead"].create({"name": "Mails", "user_id": self.seller.id})
            self.env.flush_all()
            self.assertTrue(mails, "the owner of a lead is mailed")
        self.assertIn(self.seller.partner_id, lead.message_partner_ids, "and follows it")
        with self.capture_mails() as mails:
            self.env["mail.activity"].create(
                {"res_model_id": self.env["ir.model"]._get_id("res.partner"),
                 "res_id": self.partner.id, "user_id": self.seller.id, "summary": "Done",
                 "activity_type_id": self.env.ref("mail.mail_activity_data_todo").id,
                 "active": False, "date_done": "2024-01-05"}
            )  # fmt: skip
            self.assertTrue(mails, "an activity that is done mails its owner")
        self.assertIn(self.seller.partner_id, self.partner.message_partner_ids)
        with self.capture_mails() as mails:
            event = self.env["calendar.event"].create(
                {"name": "Future", "start": NEXT_WEEK, "stop": NEXT_WEEK + timedelta(hours=1),
                 "partner_ids": self.partner.ids, "opportunity_id": lead.id}
            )  # fmt: skip
            self.env.flush_all()
            self.assertTrue(mails, "a future meeting mails its attendees")
        self.assertEqual(event.user_id, self.admin, "and belongs to the importer")
        self.assertIn("Future", str(lead.message_ids[0].body), "and stands on the lead")

    def test_plain_odoo_invites_users(self):
        """A new user is invited by mail, even one that is to be archived."""
        with self.capture_mails() as mails:
            self.env["res.users"].create(
                {"name": "Stub", "login": "stub@ler.example", "email": "stub@ler.example"}
            )
        self.assertTrue(mails)

    def test_plain_odoo_enriches(self):
        """A new lead triggers the enrichment, which costs credits."""
        cron = self._get_enrichment_cron()
        before = self._count_triggers(cron)
        self.env["crm.lead"].create({"name": "Enriched", "email_from": "amo@re.example"})
        self.assertGreater(self._count_triggers(cron), before)

    def test_load_tells_nobody(self):
        """Load, newer export and rollback: no mail, invitation, follower, notification, no bell."""
        before = self._count()
        with self.capture_mails() as mails:
            project = self.migrate(tables(), owner_policy="stub", duplicate_policy="merge")
            self.assertEqual(self.staged(project, "contact", "2").state, "merged")
            self.assertEqual(self.find(project, "deal", "d1").user_id, self.seller)
            self.assertEqual(self._count(), before)
            newer = tables(NEXT_WEEK + timedelta(days=1), amount="200", amo="Amanda")
            self.load_again(project, newer, delta=True)
            event = self.find(project, "activity", "a3")
            self.assertEqual(event.start, NEXT_WEEK + timedelta(days=1), "it was moved")
            self.assertEqual(self.find(project, "deal", "d1").expected_revenue, 200)
            self.assertEqual(self._count(), before)
            self.run_step(project, "verify")
            self.run_step(project, "rollback")
            self.assertEqual(self._count(), before)
        self.assertEqual(mails, [], "zero outgoing mail")

    def test_meeting_reads_as_the_source_s(self):
        """A meeting has the source's organiser and attendees, and no blocks of contact details."""
        project = self.migrate(tables(), owner_policy="fallback", fallback_user_id=self.seller.id)
        event, lead = self.find(project, "activity", "a3"), self.find(project, "deal", "d1")
        self.assertEqual(event.user_id, self.seller)
        self.assertEqual(
            event.partner_ids,
            self.find(project, "contact", "1") | self.find(project, "contact", "2"),
        )
        self.assertEqual(event.attendee_ids.partner_id, event.partner_ids)
        self.assertEqual(event.opportunity_id, lead)
        self.assertFalse(event.description)
        self.assertFalse(event.alarm_ids)
        subjects = self.history(lead).mapped("subject")
        self.assertNotIn("Next meeting", subjects, "no note on the lead")
        self.assertEqual(len(self.activities(lead).filtered("active")), 1, "the open task only")

    def test_enrichment_is_not_triggered(self):
        """The enrichment finds no lead of the migration, whenever it runs."""
        cron = self._get_enrichment_cron()
        project = self.migrate(tables(), owner_policy="stub")
        self.assertTrue(self.find(project, "deal", "d1").iap_enrich_done)
        called = []
        self.patch(
            self.env.registry["crm.lead"], "iap_enrich",
            lambda leads, **kw: called.extend(leads.ids),
        )  # fmt: skip
        self.env["crm.lead"]._iap_enrich_leads_cron()
        self.assertNotIn(self.find(project, "deal", "d1").id, called)
        self.assertTrue(cron)

    def test_no_enrichment_cron_is_woken(self):
        """Not even the cron of the enrichment is triggered by a load."""
        cron = self._get_enrichment_cron()
        before = self._count_triggers(cron)
        self.migrate(tables(), owner_policy="stub")
        self.assertEqual(self._count_triggers(cron), before)

    def test_stub_users_are_nobody(self):
        """A stub is inactive, in no group, without password, its partner archived too (X-29)."""
        project = self.migrate(tables(), owner_policy="stub")
        stub = self.find(project, "contact", "2").user_id
        self.assertEqual(stub.name, "Left Long Ago")
        self.assertFalse(stub.active or stub.partner_id.active)
        self.assertFalse(stub.group_ids)
        self.env.cr.execute("SELECT password FROM res_users WHERE id = %s", [stub.id])
        self.assertEqual(self.env.cr.fetchone(), (None,))

    def _get_enrichment_cron(self):
        cron = self.env.ref("crm_iap_enrich.ir_cron_lead_enrichment", raise_if_not_found=False)
        if not cron:
            raise SkipTest("crm_iap_enrich is not installed in this database")
        return cron

    def _count_triggers(self, cron):
        return self.env["ir.cron.trigger"].search_count([("cron_id", "=", cron.id)])

    def _count(self):
        """Return how much of everything that tells somebody something there is."""
        self.env.flush_all()
        counts = {
            model: self.env[model].sudo().search_count([])
            for model in ("mail.mail", "mail.followers", "mail.notification", "mail.tracking.value")
        }
        user = self.env["mail.message"].search_count([("message_type", "=", "user_notification")])
        messages = self.env["mail.message"].search_count(
            [("model", "=", "calendar.event"), ("res_id", "=", self.meeting.id)]
        )
        return counts | {"user_notification": user, "of the meeting": messages}


@tagged("post_install", "-at_install", "crm_migration")
class TestAutomationRules(SilenceCase):
    """Rules of base_automation do not act on what a migration writes, moves or removes."""

    def setUp(self):
        super().setUp()
        if "base.automation" not in self.env:
            self.skipTest("base_automation is not installed in this database (dev/test does it)")
        self.ran = self.env["res.partner.category"].create({"name": "Rule ran"})

    def make_rule(self, model, trigger):
        """Add a hostile rule: it counts its runs, and breaks what it touches."""
        code = (
            f"env['res.partner.category'].create({{'name': '{trigger} {model}', "
            f"'parent_id': {self.ran.id}}})"
        )
        rule = self.env["base.automation"].create(
            {
                "name": f"{trigger} {model}",
                "model_id": self.env["ir.model"]._get_id(model),
                "trigger": trigger,
                "action_server_ids": [
                    Command.create(
                        {
                            "name": "Count",
                            "model_id": self.env["ir.model"]._get_id(model),
                            "state": "code",
                            "code": code,
                        }
                    )
                ],
            }
        )
        # As Odoo's own tests do: the patched methods must go with the rule.
        self.addCleanup(rule.unlink)
        self.env.flush_all()
        return rule

    def count_runs(self):
        self.ran.invalidate_recordset()
        return len(self.ran.child_ids)

    def with_company(self, **changes):
        """Return the export with a company: Odoo names its persons in an empty context."""
        files = tables(**changes)
        people = [row | {"Company ID": "c1"} for row in files["contacts.csv"]]
        company = {"Company ID": "c1", "Company Name": "Firm"}
        return files | {"companies.csv": [company], "contacts.csv": people}

    def test_rules_act_on_plain_writes_only(self):
        """A rule acts on a person's lead before, between and after; never on a migration's."""
        for trigger in ("on_create_or_write", "on_unlink"):
            for model in ("crm.lead", "res.partner", "mail.activity", "calendar.event"):
                self.make_rule(model, trigger)
        self.env["crm.lead"].create({"name": "By hand"})
        self.env.flush_all()
        self.assertGreater(self.count_runs(), 0, "the rule does act")
        runs = self.count_runs()
        project = self.migrate(self.with_company(), owner_policy="stub")
        self.assertEqual(self.count_runs(), runs, "load")
        newer = self.with_company(amount="200", amo="Amanda")
        self.load_again(project, newer, delta=True)
        self.assertEqual(self.count_runs(), runs, "newer export")
        lead = self.find(project, "deal", "d1")
        self.run_step(project, "rollback")
        self.assertFalse(lead.exists())
        self.assertEqual(self.count_runs(), runs, "rollback")
        self.env["crm.lead"].create({"name": "By hand"}).unlink()
        self.assertGreater(self.count_runs(), runs, "afterwards the rules are awake")
