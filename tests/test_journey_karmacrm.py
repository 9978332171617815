"""The whole journey of a karmaCRM export, ``data/karmacrm``: five files, five defects."""

from odoo.tests import tagged

from .common import MigrationCase, read_folder


class JourneyCase(MigrationCase):
    """Before the class: two of three owners have users, and one contact is in Odoo already."""

    makes_fields = True
    folder = "karmacrm"
    policies = {"duplicate_policy": "merge"}

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.seller = cls.make_user("Sel Ler", "sel@ler.example", "sales_team.group_sale_salesman")
        cls.manager = cls.make_user("Mana Ger", "mana@ger.example", "sales_team.group_sale_manager")
        cls.existing = cls.env["res.partner"].create(
            {"name": "Already Here", "email": "here@already.example", "function": "Founder"}
        )
        cls.env.flush_all()
        # All of a test is one moment to the database: what was there before must be older to show
        # that a rollback puts the stamps back.
        for table in ("res_partner", "res_users"):
            cls.env.cr.execute(
                f"UPDATE {table} SET write_date = '2020-01-01', write_uid = %s WHERE id != %s",
                [cls.seller.id, cls.seller.id],
            )
        cls.env.invalidate_all()
        cls.before = cls.dump()
        cls.make_journey()

    @classmethod
    def make_journey(cls):
        cls.project = cls.make_project(
            read_folder(cls.folder), cls.folder, cls.folder, **cls.policies
        )
        cls.load(cls.prepare(cls.project))
        cls.run_step(cls.project, "verify")

    def one(self, entity, key):
        return self.find(self.project, entity, key)

    def assertNoImporter(self):
        """Whatever Odoo shows of a person, it is not the one who ran the migration."""
        records = self.env["crm.migration.record"].search(
            [("project_id", "=", self.project.id), ("state", "=", "created")]
        )
        self.assertTrue(records)
        for record in records:
            landed = self.env[record.model].browse(record.res_id)
            shown = [landed[name] for name in ("user_id", "author_id") if name in landed._fields]
            for person in shown:
                self.assertNotIn(person, (self.admin, self.admin.partner_id), record.source_key)
            if "message_follower_ids" in landed._fields:
                self.assertFalse(landed.message_follower_ids, record.source_key)
            if "attendee_ids" in landed._fields:
                self.assertNotIn(self.admin.partner_id, landed.partner_ids)
        landed = {(record.model, record.res_id) for record in records}
        messages = (
            self.env["mail.message"]
            .search([("author_id", "=", self.admin.partner_id.id)])
            # Two models may use one ID: other contacts of the test have their "created" note.
            .filtered(lambda message: (message.model, message.res_id) in landed)
        )
        self.assertFalse(messages)


@tagged("post_install", "-at_install", "crm_migration")
class TestJourneyKarmacrm(JourneyCase):
    # ------------------------------------------------------------------ files, map

    def test_files_are_recognised(self):
        """Of each file: what it holds, its encoding, delimiter, header row, rows and key."""
        files = {file.name: file for file in self.project.file_ids}
        told = {
            name: (f.entity, f.encoding, f.delimiter, f.header_row, f.rows, f.key_column)
            for name, f in files.items()
        }
        self.assertEqual(
            told,
            {
                "owners.csv": ("owner", "utf-8", ",", 1, 3, "User ID"),
                "firmen_semikolon.csv": ("company", "utf-8-sig", ";", 1, 3, "Firmen-ID"),
                "contacts_latin1.csv": ("contact", "cp1252", ",", 1, 8, "Contact ID"),
                "deals_unknown_stage.csv": ("deal", "utf-8", ",", 1, 6, "Deal ID"),
                "activities_orphan.csv": ("activity", "utf-8", ",", 1, 10, "Activity ID"),
            },
        )
        self.assertEqual(set(self.project.file_ids.mapped("state")), {"staged"})
        for file in self.project.file_ids:
            self.assertEqual(len(file.preview), file.rows)
            self.assertEqual(len(file.checksum), 64)

    def test_every_column_has_a_decided_line(self):
        """Every column of every file stands in the map, decided by a person, with its reason."""
        for file in self.project.file_ids:
            lines = self.project.line_ids.filtered(lambda line, f=file: line.entity == f.entity)
            self.assertEqual(sorted(lines.mapped("column")), sorted(file.header))
        for line in self.project.line_ids:
            self.assertIn(line.state, ("confirmed", "ignored"))
            self.assertEqual(line.decided_by_id, self.admin)
            self.assertTrue(line.decided_at and line.reason and line.transform, line.column)
        self.assertEqual(set(self.project.value_ids.mapped("state")), {"confirmed"})

    # ------------------------------------------------------------------ outcomes

    def test_outcomes_add_up(self):
        """Rows read are rows of the files, and each has one outcome."""
        outcomes = self.assertAddsUp(self.project)
        filled = {
            entity: {name: n for name, n in counts.items() if n}
            for entity, counts in outcomes.items()
        }
        self.assertEqual(
            filled,
            {
                "owner": {"read": 3, "merged": 2, "held": 1},
                "company": {"read": 3, "created": 3},
                "contact": {"read": 8, "created": 5, "merged": 1, "held": 1, "skipped": 1},
                "deal": {"read": 6, "created": 5, "held": 1},
                "activity": {"read": 10, "created": 7, "held": 3},
            },
        )

    def test_doubts_become_issues(self):
        """Unresolved links, unknown owners and values are listed as they stand, never guessed."""
        told = {
            (issue.entity, issue.source_key, issue.code): issue.value
            for issue in self.project.issue_ids
            if issue.source_key and issue.severity in ("hold", "warning")
        }
        self.assertEqual(
            told,
            {
                ("owner", "u3", "unmatched_owner"): "left@long-ago.example",
                ("contact", "5", "unmatched_owner"): "left@long-ago.example",
                ("deal", "d5", "unmatched_owner"): "left@long-ago.example",
                ("activity", "a10", "unmatched_owner"): "left@long-ago.example",
                ("deal", "d5", "waits_for"): "5",
                ("contact", "3", "ambiguous_reference"): "Nova Ltd",
                ("contact", "6", "missing_company"): "c99",
                ("contact", "4", "duplicate_email"): "twin@nova.example",
                ("contact", "7", "duplicate_existing"): "here@already.example",
                ("deal", "d3", "foreign_currency"): "100.0",
                ("deal", "d4", "unknown_stage"): "Frobnicating",
                ("deal", "d6", "missing_contact"): "99",
                ("activity", "a8", "orphan_activity"): "d99",
                ("activity", "a9", "unlinked_activity"): False,
            },
        )
        self.assertFalse(self.one("contact", "3").parent_id, "two of one name are not guessed")
        self.assertFalse(self.one("contact", "6").parent_id)
        self.assertEqual(self.one("contact", "6").x_source_data["Company ID"], "c99")
        self.assertFalse(self.one("deal", "d6").partner_id)
        self.assertEqual(self.one("deal", "d6").x_source_data["Contact ID"], "99")

    # ------------------------------------------------------------------ records

    def test_partners(self):
        company, person = self.one("company", "c1"), self.one("contact", "1")
        self.assertEqual(company.name, "Öfen & Söhne GmbH")
        self.assertTrue(company.is_company)
        self.assertEqual(company.country_id.code, "DE")
        self.assertEqual(company.industry_id.name, "Maschinenbau")
        self.assertEqual(company.user_id, self.seller)
        self.assertEqual(company.x_kundensegment, "Groß")
        self.assertEqual(str(company.x_source_created_at), "2019-12-31 23:30:00")
        self.assertIn("Zeilen", company.comment)
        self.assertEqual((person.name, person.function), ("José Núñez", "Jefe"))
        self.assertEqual(person.parent_id, company)
        self.assertEqual((person.x_mobile, person.x_tier, person.x_score), ("+34 600 1", "Gold", 7))
        self.assertEqual((person.x_source_id, person.x_source_system), ("1", "karmacrm"))
        self.assertEqual(person.x_spark_owner_id, "u1")
        self.assertEqual(self.one("contact", "2").user_id, self.seller, "by ID of the owners' file")
        self.assertEqual(self.seller.x_spark_user_id, "u1")

    def test_tags_of_one_name_are_one(self):
        """VIP and vip are one tag; those of partners are categories, those of deals CRM tags."""
        tags = self.one("company", "c1").category_id | self.one("contact", "1").category_id
        names = sorted(name.casefold() for name in tags.mapped("name"))
        self.assertEqual(names, ["key account", "messe", "vip"])
        self.assertEqual(self.one("company", "c2").category_id.name.casefold(), "vip")
        self.assertEqual(sorted(self.one("deal", "d1").tag_ids.mapped("name")), ["Ovens", "VIP"])
        self.assertEqual(self.one("deal", "d2").tag_ids.name, "Ovens")

    def test_merged_contact_keeps_what_it_had(self):
        """A contact that was there is filled where it was empty, and nowhere else."""
        self.assertEqual(self.one("contact", "7"), self.existing)
        self.assertEqual(self.existing.function, "Founder")
        self.assertEqual(self.existing.name, "Already Here")
        self.assertEqual(self.existing.phone, "+1 555 0177")
        self.assertEqual(self.existing.user_id, self.seller)

    def test_deals(self):
        lead = self.one("deal", "d1")
        self.assertEqual(
            (lead.type, lead.expected_revenue, lead.probability), ("opportunity", 12500.5, 50)
        )
        self.assertEqual(lead.partner_id, self.one("contact", "1"))
        self.assertEqual(lead.stage_id.name, "Proposal")
        self.assertEqual(
            (str(lead.date_deadline), str(lead.x_renewal)), ("2026-01-31", "2026-05-01")
        )
        self.assertEqual(lead.x_competitor, "Acme")
        self.assertEqual(self.one("deal", "d2").won_status, "won")
        self.assertEqual(self.one("deal", "d3").won_status, "lost")
        euro = self.one("deal", "d3")
        self.assertEqual((euro.expected_revenue, euro.x_source_currency), (100, "EUR"))
        self.assertEqual(self.one("deal", "d4").stage_id.name, "Frobnicating")
        self.assertEqual(self.one("deal", "d4").probability, 0)

    # ------------------------------------------------------------------ history

    def test_chatter_reads_as_history(self):
        """Notes and emails with original author and time, oldest first; done tasks among them."""
        messages = self.history(self.one("deal", "d1"))
        read = [(str(m.date), m.subject, m.author_id) for m in messages]
        seller, manager = self.seller.partner_id, self.manager.partner_id
        self.assertEqual(
            read,
            [
                ("2021-03-01 10:00:00", "First note", manager),
                ("2021-03-01 12:00:00", "Re: offer", seller),
                ("2021-03-02 10:00:00", "Second note", seller),
                ("2021-03-04 17:00:00", "Send offer", manager),
            ],
        )
        first, email, second, __ = messages
        self.assertEqual((email.message_type, first.message_type), ("email", "comment"))
        self.assertEqual(first.subtype_id, self.env.ref("mail.mt_note"))
        self.assertIn("<b>later</b>", second.body)

    def test_call_is_a_message_and_a_done_activity(self):
        person = self.one("contact", "1")
        message, activity = self.history(person), self.activities(person)
        self.assertEqual((message.subject, str(message.date)), ("Rang", "2021-03-03 09:00:00"))
        self.assertIn("15 min", message.body)
        self.assertEqual(activity.activity_type_id, self.env.ref("mail.mail_activity_data_call"))
        self.assertEqual((activity.active, str(activity.date_done)), (False, "2021-03-03"))
        self.assertEqual((activity.user_id, activity.x_source_duration), (self.seller, 15))

    def test_tasks(self):
        """Done tasks are done, open ones open, each with its owner and due date."""
        done, opened = self.activities(self.one("deal", "d1")).sorted("date_deadline")
        self.assertEqual(
            (done.summary, done.active, done.user_id), ("Send offer", False, self.manager)
        )
        self.assertEqual(
            (str(done.date_deadline), str(done.date_done)), ("2021-03-04", "2021-03-04")
        )
        self.assertEqual(
            (opened.summary, opened.active, opened.user_id), ("Call again", True, self.seller)
        )
        self.assertEqual(str(opened.date_deadline), "2031-03-04")
        self.assertTrue(opened.x_source_priority)

    def test_meeting(self):
        """A meeting stands in the calendar with its attendees; its text names an unknown one."""
        event = self.one("activity", "a7")
        self.assertEqual(event._name, "calendar.event")
        self.assertEqual(
            (str(event.start), str(event.stop)), ("2021-03-05 10:00:00", "2021-03-05 11:30:00")
        )
        self.assertEqual(event.partner_ids, self.one("contact", "2"))
        self.assertEqual(event.attendee_ids.partner_id, event.partner_ids)
        self.assertEqual((event.user_id, event.location), (self.seller, "Essen"))
        self.assertEqual(event.opportunity_id, self.one("deal", "d1"))
        self.assertIn("stranger@else.example", event.description)

    def test_nobody_is_the_importer(self):
        self.assertNoImporter()

    # ------------------------------------------------------------------ identity

    def test_external_ids_are_no_module_s(self):
        """Every record has one external ID, under a prefix that no module will ever have."""
        records = self.env["crm.migration.record"].search(
            [("project_id", "=", self.project.id), ("res_id", "!=", False)]
        )
        data = self.env["ir.model.data"].search([("module", "=", "__crmmig_karmacrm__")])
        known = {(d.model, d.res_id) for d in data}
        for record in records:
            self.assertIn((record.model, record.res_id), known, record.source_key)
        self.assertTrue(all(data.mapped("noupdate")))
        self.assertEqual(self.env.ref("__crmmig_karmacrm__.contact.1"), self.one("contact", "1"))

    def test_source_id_is_indexed(self):
        for table in ("res_partner", "crm_lead", "mail_message", "mail_activity", "calendar_event"):
            self.env.cr.execute(
                "SELECT 1 FROM pg_indexes WHERE tablename = %s"
                " AND indexdef LIKE '%%(x_source_id)%%'",
                [table],
            )
            self.assertTrue(self.env.cr.fetchone(), table)

    # ------------------------------------------------------------------ again

    def test_held_records_follow_when_the_user_exists(self):
        """The user is made, the load pressed again: what was held lands with its owner (SC-28)."""
        user = self.make_user("Left Long-Ago", "left@long-ago.example")
        self.run_step(self.project, "load")
        contact, lead = self.one("contact", "5"), self.one("deal", "d5")
        self.assertEqual((contact.user_id, lead.user_id, lead.partner_id), (user, user, contact))
        note = self.one("activity", "a10")
        self.assertEqual(
            (note.author_id, note.res_id), (user.partner_id, self.one("company", "c1").id)
        )
        self.assertEqual(user.x_spark_user_id, "u3")
        self.assertFalse(self.codes(self.project, "deal", "d5"))
        outcomes = self.assertAddsUp(self.project)
        self.assertEqual(
            [outcomes[e]["held"] for e in ("owner", "contact", "deal", "activity")], [0, 0, 0, 2]
        )

    def test_same_files_twice_change_nothing(self):
        """The same files uploaded, staged and loaded again: not one value differs."""
        before, outcomes = self.dump(), self.project._get_outcomes()
        issues = len(self.project.issue_ids)
        self.load_again(self.project, read_folder(self.folder))
        self.assertSameDump(before, self.dump())
        again = self.assertAddsUp(self.project)
        self.assertEqual(len(self.project.issue_ids), issues)
        for entity, counts in again.items():
            self.assertEqual((counts["created"], counts["updated"]), (0, 0), entity)
            self.assertEqual(counts["read"], outcomes[entity]["read"])
            self.assertEqual(counts["held"], outcomes[entity]["held"])

    def test_same_files_as_a_delta_change_nothing(self):
        before = self.dump()
        self.load_again(self.project, read_folder(self.folder), delta=True)
        self.assertSameDump(before, self.dump())
        self.assertAddsUp(self.project)
