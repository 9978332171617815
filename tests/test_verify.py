"""Verify: no false alarm on an untouched load, and damage done behind Odoo's back is found."""

from odoo.tests import tagged

from .common import read_folder
from .test_journey_karmacrm import JourneyCase


@tagged("post_install", "-at_install", "crm_migration")
class TestVerify(JourneyCase):
    def verify(self):
        """Return the run, and {(entity, key, field): verdict} of all that is not equal."""
        self.env.flush_all()
        self.env.invalidate_all()
        run = self.run_step(self.project, "verify")
        checks = self.env["crm.migration.check"].search(
            [("run_id", "=", run.id), ("kind", "in", ["value", "link"])]
        )
        return run, {
            (check.entity, check.source_key or check.res_id, check.field_name): check.verdict
            for check in checks
        }

    def damage(self, query, *parameters):
        self.env.flush_all()
        self.env.cr.execute(query, parameters)

    def test_no_false_alarm(self):
        """All is equal but what an issue explains; sums by field and entity add up to it."""
        run, found = self.verify()
        self.assertEqual(set(found.values()), {"explained"})
        totals = run.counters["checks"]
        self.assertEqual((totals["different"], totals["missing"]), (0, 0))
        self.assertGreater(totals["equal"], 300)
        self.assertEqual(totals["explained"], len(found))
        for kind in ("field", "entity"):
            sums = self.env["crm.migration.check"].search(
                [("run_id", "=", run.id), ("kind", "=", kind)]
            )
            for verdict in ("equal", "explained", "different", "missing"):
                self.assertEqual(sum(sums.mapped(verdict)), totals[verdict], (kind, verdict))

    def test_every_field_of_every_record_is_compared(self):
        """Each filled cell of a mapped column is counted as filled in source and in Odoo."""
        run, __ = self.verify()
        sums = {
            (check.entity, check.field_name): (check.source_filled, check.landed_filled)
            for check in self.env["crm.migration.check"].search(
                [("run_id", "=", run.id), ("kind", "=", "field")]
            )
        }
        self.assertEqual(sums["contact", "x_mobile"], (1, 1))
        self.assertEqual(sums["contact", "x_tier"], (6, 6))
        self.assertEqual(sums["deal", "x_competitor"], (2, 2))
        self.assertEqual(sums["contact", "parent_id"], (3, 3))
        self.assertEqual(sums["company", "comment"], (1, 1))
        compared = {
            (line.entity, line.target_field)
            for line in self.project.line_ids
            if line.state == "confirmed" and line.entity in ("company", "contact", "deal")
            and line.target_field not in ("id", "won_status")
        }  # fmt: skip
        self.assertFalse(compared - set(sums))

    def test_changed_value(self):
        self.damage("UPDATE res_partner SET phone = '0' WHERE id = %s", self.one("contact", "1").id)
        self.damage("UPDATE crm_lead SET expected_revenue = 12500.51 WHERE id = %s",
                    self.one("deal", "d1").id)  # fmt: skip
        self.damage("UPDATE crm_lead SET date_closed = now() WHERE id = %s",
                    self.one("deal", "d2").id)  # fmt: skip
        __, found = self.verify()
        self.assertEqual(found["contact", "1", "phone"], "different")
        self.assertEqual(found["deal", "d1", "expected_revenue"], "different")
        self.assertEqual(found["deal", "d2", "date_closed"], "different")

    def test_lost_value(self):
        self.damage("UPDATE res_partner SET x_tier = NULL, street = '' WHERE id = %s",
                    self.one("contact", "1").id)  # fmt: skip
        __, found = self.verify()
        self.assertEqual(found["contact", "1", "x_tier"], "missing")
        self.assertEqual(found["contact", "1", "street"], "missing")

    def test_moved_and_lost_links(self):
        lead, person = self.one("deal", "d1"), self.one("contact", "1")
        self.damage("UPDATE res_partner SET parent_id = %s WHERE id = %s",
                    self.one("company", "c2").id, person.id)  # fmt: skip
        self.damage("DELETE FROM crm_tag_rel WHERE lead_id = %s", lead.id)
        self.damage("UPDATE crm_lead SET user_id = %s WHERE id = %s", self.admin.id, lead.id)
        self.damage("UPDATE mail_message SET res_id = %s WHERE id = %s",
                    self.one("deal", "d2").id, self.one("activity", "a3").id)  # fmt: skip
        __, found = self.verify()
        self.assertEqual(found["contact", "1", "parent_id"], "different")
        self.assertEqual(found["deal", "d1", "tag_ids"], "missing")
        self.assertEqual(found["deal", "d1", "user_id"], "different")
        self.assertEqual(found["activity", "a3", "res_id"], "different")

    def test_lost_records(self):
        """Deleted records are missing, also those beside the rows: a call's done activity."""
        person, lead = self.one("contact", "1"), self.one("deal", "d4")
        activity = self.activities(person)
        message = self.history(self.one("deal", "d1"))[-1]
        self.assertEqual(message.subject, "Send offer", "made beside a done task")
        self.damage("DELETE FROM crm_lead WHERE id = %s", lead.id)
        self.damage("DELETE FROM mail_activity WHERE id = %s", activity.id)
        self.damage("DELETE FROM mail_message WHERE id = %s", message.id)
        self.damage("DELETE FROM mail_message WHERE id = %s", self.one("activity", "a1").id)
        __, found = self.verify()
        self.assertEqual(found["deal", "d4", "id"], "missing")
        self.assertEqual(found["activity", "a1", "id"], "missing")
        self.assertEqual(found["mail.activity", activity.id, "id"], "missing")
        self.assertEqual(found["mail.message", message.id, "id"], "missing")

    def test_changed_history(self):
        note, event, task = (self.one("activity", key) for key in ("a2", "a7", "a6"))
        self.damage(
            "UPDATE mail_message SET date = now(), body = '<p>x</p>' WHERE id = %s", note.id
        )
        self.damage("UPDATE mail_message SET author_id = %s WHERE id = %s",
                    self.admin.partner_id.id, note.id)  # fmt: skip
        self.damage("UPDATE calendar_event SET stop = stop + interval '1h' WHERE id = %s", event.id)
        self.damage("UPDATE mail_activity SET active = false WHERE id = %s", task.id)
        __, found = self.verify()
        for key, names in {
            "a2": ("date", "body", "author_id"), "a7": ("stop",), "a6": ("active",)
        }.items():  # fmt: skip
            for name in names:
                self.assertIn(found["activity", key, name], ("different", "missing"), (key, name))

    def test_merged_contact_is_no_alarm(self):
        """What an existing contact had is explained; what it was given is compared."""
        __, found = self.verify()
        self.assertEqual(found["contact", "7", "function"], "explained")
        self.damage("UPDATE res_partner SET phone = NULL WHERE id = %s", self.existing.id)
        __, found = self.verify()
        self.assertEqual(found["contact", "7", "phone"], "missing")

    def test_merged_contact_is_no_alarm_later(self):
        """Nor is it after the same files came again, when its row is neither new nor merged now."""
        self.load_again(self.project, read_folder(self.folder))
        self.assertEqual(self.staged(self.project, "contact", "7").state, "unchanged")
        __, found = self.verify()
        self.assertEqual(set(found.values()), {"explained"})
