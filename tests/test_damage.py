"""Planted damage: what is done behind Odoo's back after a migration is found by a proof."""

from odoo.tests import tagged

from ..engine.mapping import fold
from .test_journey_karmacrm import JourneyCase


@tagged("post_install", "-at_install", "crm_migration")
class TestDamage(JourneyCase):
    @classmethod
    def make_journey(cls):
        result = super().make_journey()
        cls.untouched = cls.get_found()
        return result

    @classmethod
    def get_found(cls):
        """Return {(model or entity, key or ID, field)} of all that is not equal or explained."""
        run = cls.project.run_ids.filtered(lambda run: run.kind == "verify")[:1]
        checks = cls.env["crm.migration.check"].search(
            [("run_id", "=", run.id), ("verdict", "in", ["different", "missing"]),
             ("kind", "in", ["value", "link"])]
        )  # fmt: skip
        return {(c.entity, c.source_key or c.res_id, c.field_name): c for c in checks}

    def damage(self, query, *parameters):
        """Do it, prove, and return what is told; the sums tell it too."""
        self.env.flush_all()
        self.env.cr.execute(query, parameters)
        self.assertTrue(self.env.cr.rowcount, "nothing was damaged")
        self.env.invalidate_all()
        run = self.run_step(self.project, "verify")
        found = self.get_found()
        totals = run.counters["checks"]
        self.assertEqual(totals["different"] + totals["missing"], len(found))
        return found

    def assertDamage(self, found, *keys):
        self.assertEqual(set(found), set(keys))
        for check in found.values():
            self.assertFalse(check.edited_by_id, "nobody edited it")

    def set(self, record, **values):
        columns = ", ".join(f"{name} = %s" for name in values)
        return self.damage(
            f"UPDATE {record._table} SET {columns} WHERE id = %s", *values.values(), record.id
        )

    def test_untouched_is_no_alarm(self):
        self.assertEqual(self.untouched, {})

    # ------------------------------------------------------------------ values and links

    def test_partner(self):
        """A value, the owner, archived, company, country, parent, type, the source's ID."""
        person, other = self.one("contact", "1"), self.one("company", "c2")
        company = self.env["res.company"].create({"name": "Other"})
        for field, value in {
            "phone": "0", "name": "X", "user_id": self.admin.id, "active": False,
            "company_id": company.id, "country_id": self.env.ref("base.us").id,
            "parent_id": other.id, "type": "invoice", "x_source_id": "0",
        }.items():  # fmt: skip
            with self.subTest(field), self.cr.savepoint() as savepoint:
                self.assertIn(("contact", "1", field), self.set(person, **{field: value}))
                savepoint.rollback()
                self.env.invalidate_all()

    def test_deal(self):
        """Amount, probability, stage, lost, type, owner and company swapped, dates, currency."""
        lead = self.one("deal", "d1")
        company = self.env["res.company"].create({"name": "Other"})
        for field, value in {
            "expected_revenue": 1, "probability": 51, "active": False, "type": "lead",
            "user_id": self.admin.id, "company_id": company.id, "date_open": None,
            "x_source_currency": "EUR", "priority": "3", "partner_id": None,
            "stage_id": self.one("deal", "d2").stage_id.id,
        }.items():  # fmt: skip
            with self.subTest(field), self.cr.savepoint() as savepoint:
                self.assertIn(("deal", "d1", field), self.set(lead, **{field: value}))
                savepoint.rollback()
                self.env.invalidate_all()

    def test_tag_removed(self):
        lead = self.one("deal", "d1")
        found = self.damage("DELETE FROM crm_tag_rel WHERE lead_id = %s", lead.id)
        self.assertDamage(found, ("deal", "d1", "tag_ids"))

    def test_tag_added(self):
        lead, tag = self.one("deal", "d4"), self.one("deal", "d1").tag_ids[0]
        found = self.damage(
            "INSERT INTO crm_tag_rel (lead_id, tag_id) VALUES (%s, %s)", lead.id, tag.id
        )
        self.assertDamage(found, ("deal", "d4", "tag_ids"))

    # ------------------------------------------------------------------ what no row fills

    def test_planted_where_the_source_has_nothing(self):
        """An address, a tax ID, a loss, a label in another language: columns that no row fills."""
        reason = self.env["crm.lost.reason"].create({"name": "Planted"})
        planted = {
            ("contact", "3"): {"street2": "x", "vat": "x", "ref": "x", "lang": "xx_XX"},
            ("deal", "d1"): {
                "email_from": "x@x.example", "phone": "0", "street": "x", "email_cc": "x@x.example",
                "lost_reason_id": reason.id, "recurring_revenue": 7, "color": 5,
            },
            ("activity", "a2"): {"reply_to": "x@x.example", "pinned_at": "2020-01-01"},
            ("activity", "a5"): {"feedback": "x", "automated": True},
            ("activity", "a7"): {"notes": "x", "recurrency": True},
        }  # fmt: skip
        for (entity, key), values in planted.items():
            with self.subTest(entity=entity, key=key), self.cr.savepoint() as savepoint:
                found = self.set(self.one(entity, key), **values)
                self.assertDamage(found, *((entity, key, name) for name in values))
                savepoint.rollback()
                self.env.invalidate_all()

    def test_what_people_filled_is_theirs(self):
        """Where the source has nothing, a person's phone number is no difference."""
        lead = self.one("deal", "d1")
        found = self.set(lead, phone="0", write_uid=self.seller.id, write_date="2100-01-01")
        self.assertEqual(found, {})

    # ------------------------------------------------------------------ records

    def test_record_deleted(self):
        lead = self.one("deal", "d4")
        found = self.damage("DELETE FROM crm_lead WHERE id = %s", lead.id)
        self.assertDamage(found, ("deal", "d4", "id"))

    def test_record_doubled(self):
        """A copy that carries the source's ID is one too many, whoever made it."""
        person = self.one("contact", "1")
        found = self.damage(
            "INSERT INTO res_partner (name, active, type, autopost_bills, x_source_id,"
            " x_source_system, parent_id)"
            " SELECT name, true, type, autopost_bills, x_source_id, x_source_system, parent_id"
            " FROM res_partner WHERE id = %s RETURNING id"
            if "autopost_bills" in self.env["res.partner"]._fields
            else "INSERT INTO res_partner (name, active, type, x_source_id, x_source_system,"
            " parent_id) SELECT name, true, type, x_source_id, x_source_system, parent_id"
            " FROM res_partner WHERE id = %s",
            person.id,
        )
        ((entity, double, field),) = found
        self.assertEqual((entity, field), ("res.partner", "x_source_id"))
        self.assertGreater(double, person.id)

    def test_external_id_moved(self):
        person, other = self.one("contact", "1"), self.one("contact", "3")
        found = self.damage(
            "UPDATE ir_model_data SET res_id = %s WHERE model = 'res.partner' AND res_id = %s"
            " AND module LIKE '__crmmig_%%'",
            other.id, person.id,
        )  # fmt: skip
        self.assertDamage(found, ("contact", "1", "external_id"))

    def test_external_id_deleted(self):
        found = self.damage(
            "DELETE FROM ir_model_data WHERE model = 'crm.lead' AND res_id = %s",
            self.one("deal", "d1").id,
        )
        self.assertDamage(found, ("deal", "d1", "external_id"))

    # ------------------------------------------------------------------ history

    def test_message(self):
        """Body, author, date, subject, place, kind of a message, and whether it is internal."""
        note = self.one("activity", "a2")
        for field, value in {
            "body": "<p>x</p>", "author_id": self.admin.partner_id.id, "date": "2020-01-01",
            "subject": "x", "res_id": self.one("deal", "d2").id, "message_type": "email",
            "is_internal": False, "email_from": "x@x.example",
        }.items():  # fmt: skip
            with self.subTest(field), self.cr.savepoint() as savepoint:
                self.assertIn(("activity", "a2", field), self.set(note, **{field: value}))
                savepoint.rollback()
                self.env.invalidate_all()

    def test_message_deleted(self):
        note = self.one("activity", "a1")
        found = self.damage("DELETE FROM mail_message WHERE id = %s", note.id)
        self.assertDamage(found, ("activity", "a1", "id"))

    def test_message_of_a_done_task(self):
        message = self.history(self.one("deal", "d1"))[-1]
        self.assertEqual(message.subject, "Send offer")
        found = self.set(message, date="2020-01-01")
        self.assertDamage(found, ("mail.message", message.id, "date"))

    def test_done_task_undone(self):
        task = self.one("activity", "a5")
        found = self.set(task, active=True, date_done=None)
        self.assertDamage(found, ("activity", "a5", "active"), ("activity", "a5", "date_done"))

    def test_done_call_undone(self):
        activity = self.activities(self.one("contact", "1"))
        found = self.set(activity, active=True)
        self.assertDamage(found, ("mail.activity", activity.id, "active"))

    def test_meeting(self):
        event = self.one("activity", "a7")
        found = self.set(event, stop="2021-03-05 18:00:00", location="Bonn", privacy="private")
        self.assertLessEqual(
            {("activity", "a7", name) for name in ("stop", "location", "privacy")}, set(found)
        )

    def test_attendees_removed(self):
        event = self.one("activity", "a7")
        found = self.damage("DELETE FROM calendar_attendee WHERE event_id = %s", event.id)
        self.assertDamage(found, ("activity", "a7", "attendee_ids"))

    # ------------------------------------------------------------------ what is shared

    def test_stage(self):
        """Sequence, won and name of a stage that the migration made."""
        stage = self.one("deal", "d1").stage_id
        for field, value in {"sequence": 99, "is_won": True, "fold": True}.items():
            with self.subTest(field), self.cr.savepoint() as savepoint:
                self.assertIn(("crm.stage", stage.id, field), self.set(stage, **{field: value}))
                savepoint.rollback()
                self.env.invalidate_all()
        found = self.set(stage, name='{"en_US": "Renamed"}')
        self.assertDamage(found, ("crm.stage", stage.id, "name"))

    def test_stage_renamed_in_another_language(self):
        """Each language has its own text: the one that nobody looks at here is looked at too."""
        stage = self.one("deal", "d1").stage_id
        found = self.damage(
            "UPDATE crm_stage SET name = name || %s::jsonb WHERE id = %s",
            '{"fr_FR": "Volé"}', stage.id,
        )  # fmt: skip
        self.assertDamage(found, ("crm.stage", stage.id, "name"))

    def test_team_led_by_another(self):
        team = self.one("deal", "d1").team_id
        found = self.set(team, user_id=self.seller.id)
        self.assertIn(("crm.team", team.id, "user_id"), found)

    def test_tag_renamed(self):
        tag = self.one("deal", "d1").tag_ids.filtered(lambda tag: fold(tag.name) == "ovens")
        found = self.set(tag, name='{"en_US": "Stoves"}')
        self.assertIn(("crm.tag", tag.id, "name"), found)

    def test_choice_removed(self):
        """A value of a pick-list that a person may no longer choose."""
        field = self.env["ir.model.fields"]._get("res.partner", "x_tier")
        choice = field.selection_ids.filtered(lambda one: one.value == "Gold")
        self.assertTrue(choice)
        found = self.damage("DELETE FROM ir_model_fields_selection WHERE id = %s", choice.id)
        self.assertIn(("ir.model.fields", field.id, "selection_ids"), found)

    # ------------------------------------------------------------------ edits

    def test_edit_by_a_person_is_told_as_such(self):
        """What a person changed later is told with name and day; damage beside it is not."""
        person, other = self.one("contact", "1"), self.one("contact", "3")
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE res_partner SET phone = '1', write_uid = %s,"
            " write_date = now() + interval '1 day' WHERE id = %s",
            [self.seller.id, person.id],
        )
        found = self.set(other, email="x@x.example")
        self.assertEqual(found["contact", "1", "phone"].edited_by_id, self.seller)
        self.assertTrue(found["contact", "1", "phone"].edited_at)
        self.assertFalse(found["contact", "3", "email"].edited_by_id)
        run = self.project.run_ids.filtered(lambda run: run.kind == "verify")[:1]
        self.assertEqual(run.counters["edited"], 1)

    def test_damage_is_not_laid_on_who_ran_the_migration(self):
        """The stamp of a batch has fractions of a second, the log has none: that is no edit."""
        person = self.one("contact", "1")
        self.env.flush_all()
        self.env.cr.execute(
            "SELECT max(logged_at) + interval '0.9 seconds' FROM crm_migration_log"
            " WHERE model = 'res.partner' AND res_id = %s",
            [person.id],
        )
        found = self.set(person, phone="0", write_date=self.env.cr.fetchone()[0])
        self.assertDamage(found, ("contact", "1", "phone"))
