"""Promises about single objects, each shown on the smallest export that can show it."""

import json
from unittest.mock import patch

from odoo.tests import tagged

from ..engine.exceptions import ConfigurationError
from ..models.resolver import Resolver
from .common import MigrationCase


def contacts(**more):
    return [{"Contact ID": "k1", "Name": "Ann", "Email": "ann@a.example"} | more]


@tagged("post_install", "-at_install", "crm_migration")
class TestObjects(MigrationCase):
    profile = "spark_crm"
    makes_fields = True

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.seller = cls.make_user("Sel Ler", "sel@ler.example", "sales_team.group_sale_salesman")

    def test_batches_share_what_no_load_writes(self):
        """What a batch makes, or changes, the next one of the transaction reads anew."""
        project = self.make_project({"contacts.csv": contacts()})
        known = {}
        first, second = Resolver(project, known), Resolver(project, known)
        self.assertIs(second.mapped_values("owner"), first.mapped_values("owner"))
        self.assertFalse(first.by_name("crm.tag").get("new one"))
        self.assertFalse(first.match_users("late@ler.example", {}))
        self.assertFalse(first.xmlid("tag", "late"))
        self.assertEqual(first.owner("late@ler.example")[0], None)
        tag = self.env["crm.tag"].create({"name": "New one"})
        user = self.make_user("La Te", "late@ler.example", "sales_team.group_sale_salesman")
        self.env["ir.model.data"].create(
            {
                "module": second.xmlid_module,
                "name": "tag.late",
                "model": tag._name,
                "res_id": tag.id,
            }
        )
        self.assertEqual(second.by_name("crm.tag")["new one"], tag.id)
        self.assertEqual(second.match_users("late@ler.example", {}), {user.id})
        self.assertEqual(second.owner("late@ler.example"), (user.id, None))
        self.assertEqual(second.xmlid("tag", "late"), tag.id)

    def test_no_load_without_its_fields(self):
        """The run refuses to start while a custom field is missing (SP-05)."""
        rows = [
            {"Contact ID": f"k{n}", "Name": f"Ann {n}", "Email": f"a{n}@a.example",
             "Shoe Size": str(n)}
            for n in range(30, 42)
        ]  # fmt: skip
        project = self.propose(self.make_project({"contacts.csv": rows}))
        self.confirm(project)
        with self.assertRaises(ConfigurationError) as caught:
            self.env["crm.migration.loader"]._check_fields(project)
        self.assertIn("x_shoe_size", caught.exception.parameters["fields"])

    def test_owner_ids_stand_on_users_and_records(self):
        """The owner's ID of the source, on the user and on each record (SP-07, SP-10)."""
        project = self.migrate(
            {
                "owners.csv": [{"Owner ID": "77", "Name": "Sel Ler", "Email": "sel@ler.example"}],
                "contacts.csv": contacts(Owner="77"),
                "deals.csv": [{"Deal ID": "1", "Deal Name": "D", "Stage": "New", "Amount": "5",
                               "Contact ID": "k1", "Owner": "sel@ler.example"}],
            }
        )  # fmt: skip
        self.assertEqual(self.seller.x_spark_user_id, "77")
        for entity, key in (("contact", "k1"), ("deal", "1")):
            record = self.find(project, entity, key)
            self.assertEqual((record.user_id, record.x_spark_owner_id), (self.seller, "77"))

    def test_an_unknown_time_zone_is_asked(self):
        """X-30: the known ones land; what Odoo does not know is one question, and kept."""
        zones = ("Europe/London", "Asia/Tokyo", "Mars/Olympus", "Etc/GMT-2", "Mars/Olympus")
        rows = [
            {"Contact ID": f"z{n}", "Name": f"Zoe {n}", "Time Zone": zone}
            for n, zone in enumerate(zones)
        ]
        project = self.propose(self.make_project({"contacts.csv": rows}))
        asked = project.value_ids.filtered(lambda one: one.domain == "timezone" and not one.known)
        self.assertEqual((asked.source_value, asked.count), ("Mars/Olympus", 2))
        asked.write({"target_value": "Africa/Cairo"})
        self.confirm(project)
        self.run_step(project, "schema")
        self.load(project)
        landed = [self.find(project, "contact", f"z{n}").tz for n in range(5)]
        self.assertEqual(landed, [*zones[:2], "Africa/Cairo", "Etc/GMT-2", "Africa/Cairo"])
        rows = [row | {"Contact ID": row["Contact ID"] + "x"} for row in rows]
        unsettled = self.migrate({"contacts.csv": rows}, name="Not answered", source_system="two")
        contact = self.find(unsettled, "contact", "z2x")
        self.assertEqual((contact.tz, contact.x_source_data["Time Zone"]), (False, "Mars/Olympus"))
        self.assertIn("unknown_value", self.codes(unsettled, "contact", "z2x"))
        self.assertEqual(self.find(unsettled, "contact", "z0x").tz, "Europe/London")

    def test_contacts_are_persons(self):
        """No company, address type contact, time zone kept (SP-08, SS-05, SS-06, X-30)."""
        rows = contacts(**{"Time Zone": "Europe/London", "Street": "Elm 1", "City": "Leeds"})
        contact = self.find(self.migrate({"contacts.csv": rows}), "contact", "k1")
        self.assertEqual((contact.is_company, contact.type), (False, "contact"))
        self.assertEqual((contact.tz, contact.street), ("Europe/London", "Elm 1"))

    def test_stage_properties_become_fields(self):
        """Temperature and the like in fields of the stage, its checklist in its text (SP-18)."""
        stages = [
            {"Stage ID": f"s{n}", "Pipeline": "Main", "Stage": name, "Order": str(n),
             "Temperature": heat, "Checklist": todo}
            for n, (name, heat, todo) in enumerate(
                [("New", "cold", "Call"), ("Qualified", "warm", "Meet; Write"),
                 ("Proposal", "hot", ""), ("Won", "hot", "")]
            )
        ]  # fmt: skip
        deals = [{"Deal ID": "1", "Deal Name": "D", "Pipeline": "Main", "Stage": "Qualified",
                  "Amount": "5"}]  # fmt: skip
        project = self.migrate({"stages.csv": stages, "deals.csv": deals})
        stage = self.find(project, "deal", "1").stage_id
        self.assertEqual(stage.x_temperature, "warm")
        self.assertIn("Meet; Write", stage.requirements)

    def test_owners_are_told_before_the_load(self):
        """Matched, unmatched and what stands in, each with its rows (SP-37, SS-17, SS-29)."""
        rows = contacts(Owner="sel@ler.example") + [
            {"Contact ID": "k2", "Name": "Bob", "Email": "b@b.example", "Owner": "gone@x.example"}
        ]
        project = self.propose(self.make_project({"contacts.csv": rows}))
        owners = project.value_ids.filtered(lambda value: value.domain == "owner")
        told = {value.source_value: (value.user_id.login, value.known) for value in owners}
        self.assertEqual(
            told, {"sel@ler.example": ("sel@ler.example", True), "gone@x.example": (False, False)}
        )

    def test_contacts_of_each_company_are_counted(self):
        """The source's number is kept, and compared after the run (SP-38)."""
        companies = [{"Company ID": "c1", "Company Name": "Acme"},
                     {"Company ID": "c2", "Company Name": "Beta"}]  # fmt: skip
        people = [
            {"Contact ID": f"k{n}", "Name": f"P {n}", "Email": f"p{n}@a.example",
             "Company ID": "c1" if n < 3 else "c2"}
            for n in range(5)
        ] + [{"Contact ID": "k9", "Name": "", "Email": "", "Company ID": "c2"}]  # fmt: skip
        project = self.migrate({"companies.csv": companies, "contacts.csv": people})
        counts = [self.find(project, "company", key).x_source_contact_count for key in ("c1", "c2")]
        self.assertEqual(counts, [3, 3])
        self.run_step(project, "verify")
        self.assertNotIn("contact_count", self.codes(project, "company", "c1"))
        self.assertIn("contact_count", self.codes(project, "company", "c2"))

    def test_a_newer_export_s_contacts_are_counted(self):
        """A company whose row is the same is counted anew, when a contact comes or moves."""
        companies = [{"Company ID": f"c{n}", "Company Name": f"Firm {n}"} for n in (1, 2, 3)]
        people = [
            {
                "Contact ID": f"k{n}",
                "Name": f"P {n}",
                "Email": f"p{n}@a.example",
                "Company ID": "c1",
            }
            for n in range(3)
        ]
        project = self.migrate({"companies.csv": companies, "contacts.csv": people})
        people[2]["Company ID"] = "c2"
        people.append(people[0] | {"Contact ID": "k9", "Email": "p9@a.example"})
        people.append(people[0] | {"Contact ID": "k8", "Email": "p8@a.example"})
        self.load_again(project, {"companies.csv": companies, "contacts.csv": people}, delta=True)
        firms = [self.find(project, "company", f"c{n}") for n in (1, 2, 3)]
        self.assertEqual([firm.x_source_contact_count for firm in firms], [4, 1, 0])
        run = self.run_step(project, "verify")
        self.assertEqual(run.counters["checks"]["different"], 0)

    def test_meetings_are_with_their_contact_and_company(self):
        """Both attend, whatever the meeting hangs on, and be it a deal (KC-13)."""
        row = {"Contact ID": "k1", "Company ID": "c1"}
        tables = {
            "companies.csv": [{"Company ID": "c1", "Company Name": "Acme"}],
            "contacts.csv": [row | {"Name": "Ann", "Email": "a@a.example"}],
            "deals.csv": [row | {"Deal ID": "d1", "Deal Name": "Big", "Stage": "New"}],
            "events.csv": [
                row | {"Event ID": f"e{n}", "Title": "Fair", "Start": "2024-03-01 10:00",
                       "End": "2024-03-01 11:00", "Deal ID": deal}
                for n, deal in enumerate(("d1", ""))
            ],
        }  # fmt: skip
        project = self.migrate(tables)
        both = self.find(project, "company", "c1") + self.find(project, "contact", "k1")
        events = [self.find(project, "meeting", key) for key in ("e0", "e1")]
        for event in events:
            self.assertEqual(event.partner_ids, both)
            self.assertEqual(event.attendee_ids.partner_id, both)
        self.assertEqual(events[0].opportunity_id, self.find(project, "deal", "d1"))

    def test_calls_are_inserted_in_batches(self):
        """One row is one call, on its own contact and with its own time (SC-17)."""
        people = [
            {"Contact ID": f"k{n}", "Name": f"P {n}", "Email": f"p{n}@a.example"} for n in range(25)
        ]
        calls = [
            {"Call ID": f"t{n}", "Subject": f"About {n}", "Date": f"2024-03-{n + 1:02} 10:00",
             "Duration (min)": str(n + 1), "Contact ID": f"k{n}"}
            for n in range(25)
        ]  # fmt: skip
        loader, sizes = type(self.env["crm.migration.loader"]), []
        origin = loader._load_rows

        def load_rows(service, run, project, batch, *others):
            if run.kind == "load" and batch.rows[0]["entity"] == "call":
                sizes.append(len(batch))
            return origin(service, run, project, batch, *others)

        with patch.object(loader, "_load_rows", load_rows):
            project = self.migrate({"contacts.csv": people, "calls.csv": calls}, batch_size=10)
        self.assertEqual(sizes, [10, 10, 5])
        for n in range(25):
            call = self.find(project, "call", f"t{n}")
            partner = self.find(project, "contact", f"k{n}")
            self.assertEqual((call.model, call.res_id), ("res.partner", partner.id))
            self.assertEqual(str(call.date), f"2024-03-{n + 1:02} 10:00:00")
            self.assertIn(f"{n + 1} min", call.body)
            (done,) = self.activities(partner)
            self.assertEqual((done.summary, done.active), (f"About {n}", False))

    def test_recipients_of_emails(self):
        """By address: contacts and users; unknown ones stay as text, and are linked later (SC-19).

        Nobody is notified.
        """
        seller = self.make_user("Rec Ipient", "rec@ipient.example")
        mails = [
            {"Activity ID": "m1", "Type": "Email", "Subject": "Offer", "Body": "Here it is",
             "Date": "2024-03-01 10:00", "Contact ID": "k1",
             "To": "A@A.example; new@x.example, rec@ipient.example"},
        ]  # fmt: skip
        people = [{"Contact ID": "k1", "Name": "Ann", "Email": "a@a.example"}]
        newer = [*people, {"Contact ID": "k2", "Name": "New", "Email": "new@x.example"}]
        before = self.env["mail.notification"].search_count([])
        with self.capture_mails() as sent:
            project = self.migrate({"contacts.csv": people, "activities.csv": mails})
            mail = self.find(project, "activity", "m1")
            ann = self.find(project, "contact", "k1")
            self.assertEqual(mail.partner_ids, ann | seller.partner_id)
            self.assertIn("recipient_unknown", self.codes(project, "activity", "m1"))
            self.assertIn("new@x.example", str(mail.x_source_data))
            self.load_again(project, {"contacts.csv": newer, "activities.csv": mails}, delta=True)
            self.assertIn(self.find(project, "contact", "k2"), mail.partner_ids)
            run = self.run_step(project, "verify")
        self.assertEqual(run.counters["checks"]["different"], 0)
        self.assertEqual((len(sent), self.env["mail.notification"].search_count([])), (0, before))

    def test_the_tier_is_inferred(self):
        """Several pipelines are of the higher tier; one pipeline says nothing (CC-01)."""
        deals = [
            {"Opportunity ID": str(n), "Opportunity Name": f"D{n}", "Stage": "New",
             "Pipeline": pipeline}
            for n, pipeline in enumerate(["One", "One", "Two"])
        ]  # fmt: skip
        found = {}
        for rows in (deals[:2], deals):
            project = self.propose(
                self.make_project(
                    {"opportunities.csv": rows}, name=f"Tier {len(rows)}", profile="crmconnect"
                )
            )
            trap = project.gotcha_ids.filtered(lambda one: one.code == "tier")
            found[len(rows)] = (trap.state, trap.found)
        self.assertEqual(found, {2: ("clear", 0), 3: ("found", 2)})

    def test_rows_are_compared_with_the_source_s_screen(self):
        """A total typed in by the customer that the file does not reach is told (CC-46)."""
        project = self.make_project({"contacts.csv": contacts()})
        rows = len(contacts())
        project.file_ids.expected_rows = rows + 2
        self.propose(project)
        issue = self.env["crm.migration.issue"].search(
            [("project_id", "=", project.id), ("code", "=", "rows_differ")]
        )
        told = (issue.parameters["found"], issue.parameters["expected"], issue.file_id)
        self.assertEqual(told, (rows, rows + 2, project.file_ids))

    def test_contacts_get_the_id_of_their_company(self):
        """The company is in Odoo first, whatever the order of the files (KC-33)."""
        people = [
            {"Contact ID": "k1", "Name": "Ann", "Email": "ann@a.example", "Company Name": "Acme"},
            {"Contact ID": "k2", "Name": "Bob", "Email": "bob@b.example", "Company Name": " beta "},
        ]
        firms = [{"Company ID": "c1", "Company Name": "Acme"},
                 {"Company ID": "c2", "Company Name": "Beta"}]  # fmt: skip
        project = self.migrate({"contacts.csv": people, "companies.csv": firms})
        for person, firm in (("k1", "c1"), ("k2", "c2")):
            company = self.find(project, "company", firm)
            contact = self.find(project, "contact", person)
            self.assertEqual((contact.parent_id, contact.commercial_partner_id), (company, company))

    def test_deals_without_contact_or_company_are_listed(self):
        """A deal that names nobody lands, and is listed (SC-40)."""
        deals = [{"Deal ID": "1", "Deal Name": "D", "Stage": "New", "Amount": "5",
                  "Contact ID": ""},
                 {"Deal ID": "2", "Deal Name": "E", "Stage": "New", "Amount": "5",
                  "Contact ID": "k1"}]  # fmt: skip
        project = self.migrate({"contacts.csv": contacts(), "deals.csv": deals})
        self.assertIn("deal_without_contact", self.codes(project, "deal", "1"))
        self.assertNotIn("deal_without_contact", self.codes(project, "deal", "2"))

    def test_statuses_not_seen_before_stop_and_ask(self):
        """A status of a newer export that the map does not have stops the load (SS-36)."""
        deals = [{"Deal ID": "1", "Deal Name": "D", "Stage": "New", "Amount": "5"}]
        project = self.migrate({"deals.csv": deals}, profile="streetsmart")
        newer = [deals[0] | {"Stage": "Pending Parts XQ"}]
        self.upload(project, {"deals.csv": newer}, delta=True)
        self.propose(project)
        value = project.value_ids.filtered(lambda one: one.source_value == "Pending Parts XQ")
        self.assertEqual((value.state, value.known), ("proposed", False))
        self.assertFalse(project._is_approved("map"))

    # ------------------------------------------------------------------ history

    def history_of(self, rows, **policies):
        tables = {"contacts.csv": contacts(), "activities.csv": rows}
        return self.migrate(tables, **policies)

    def row(self, key, kind, **more):
        return {"Activity ID": key, "Type": kind, "Subject": f"S {key}", "Contact ID": "k1",
                "Date": "2024-05-13T10:00:00Z"} | more  # fmt: skip

    def test_meetings_keep_calendar_and_whole_days(self):
        """The calendar is a tag of the meeting (CC-16, X-16); whole days are those of the zone."""
        rows = [
            self.row("1", "Meeting", Date="2024-05-13 09:00", End="2024-05-13 10:00",
                     Calendar="Site visits", **{"All Day": "no"}),
            self.row("2", "Meeting", Date="2024-05-13 00:00", End="2024-05-15 00:00",
                     Calendar="Trips", **{"All Day": "yes"}),
        ]  # fmt: skip
        project = self.history_of(rows, timezone="Europe/Madrid")
        one, two = (self.find(project, "activity", key) for key in "12")
        self.assertEqual(one.categ_ids.mapped("name"), ["Site visits"])
        self.assertEqual((one.allday, str(one.start)), (False, "2024-05-13 07:00:00"))
        self.assertEqual(two.categ_ids.mapped("name"), ["Trips"])
        self.assertEqual((two.allday, str(two.start_date), str(two.stop_date)),
                         (True, "2024-05-13", "2024-05-14"))  # fmt: skip
        self.run_step(project, "verify")
        totals = project._get_check_totals()
        self.assertFalse(totals["different"] + totals["missing"])

    def test_calls_and_emails_keep_what_they_have(self):
        """A recording in a field of its own (CC-21); a missing body is told as missing (CC-18)."""
        rows = [
            self.row("1", "Call", **{"Recording URL": "https://rec.example/1.mp3", "Body": "Hi"}),
            self.row("2", "Email", **{"Recording URL": "", "Body": ""}),
            self.row("3", "Email", **{"Recording URL": "", "Body": "Dear Ann"}),
        ]
        project = self.history_of(rows)
        call = self.find(project, "activity", "1")
        self.assertEqual(call.x_source_recording, "https://rec.example/1.mp3")
        self.assertIn("https://rec.example/1.mp3", call.body)
        self.assertIn("missing_body", self.codes(project, "activity", "2"))
        self.assertNotIn("missing_body", self.codes(project, "activity", "3"))

    def test_tasks_keep_their_priority(self):
        """Activities have no priority in Odoo: it stands in a field (KC-11, X-14)."""
        rows = [self.row("1", "Task", Priority="High", **{"Due Date": "2030-01-01"})]
        task = self.find(self.history_of(rows), "activity", "1")
        self.assertEqual((task.x_source_priority, task.active), ("high", True))

    def test_what_fits_nothing_stays_whole(self):
        """Texts without a field are kept with the record, as they were (KC-16, KC-34)."""
        project = self.propose(self.make_project({"contacts.csv": contacts(Oddity="a=1; b=[2]")}))
        line = project.line_ids.filtered(lambda line: line.column == "Oddity")
        line.write({"target_field": "x_source_data", "transform": "text", "new_type": False,
                    "reference": False})  # fmt: skip
        self.confirm(project)
        self.run_step(project, "schema")
        self.load(project)
        self.assertEqual(self.find(project, "contact", "k1").x_source_data["Oddity"], "a=1; b=[2]")


@tagged("post_install", "-at_install", "crm_migration")
class TestCustomFields(MigrationCase):
    """Custom fields that come as name-value pairs are real fields, on contacts and on deals."""

    profile = "karmacrm"
    makes_fields = True

    @classmethod
    def setUpClass(cls):
        super().setUpClass()

        def pairs(n):
            values = {
                "Belt of Honour": ("Black", "White", "Red")[n % 3],
                "Arm Length": f"{60 + n}.5",
                "Lessons": str(n + 1),
                "Joined": f"2018-02-{n + 1:02}",
                "Slogan": f"Words of person {n}",
                "Vegan": ("yes", "no")[n % 2],
                "Topics": ("Mats; Bells", "Bells", "Mats; Gongs")[n % 3],
            }
            return [{"name": name, "value": value} for name, value in values.items()]

        people = [
            {"id": n, "name": f"Person {n}", "email": f"p{n}@a.example", "custom_fields": pairs(n)}
            for n in range(12)
        ]
        deals = [
            {"id": n, "name": f"Deal {n}", "stage": "New", "contact_id": n,
             "custom_fields": pairs(n)}
            for n in range(12)
        ]  # fmt: skip
        tables = {"contacts.json": people, "deals.json": deals}
        cls.project = cls.migrate(
            {name: json.dumps(rows).encode() for name, rows in tables.items()}
        )

    def test_each_has_the_type_of_its_values(self):
        """SP-22, SP-23, SC-23, SC-25, SC-26, SS-02, SS-18, KC-15: types, values, and the tab."""
        expected = {
            "Belt of Honour": ("selection", "Red"),
            "Arm Length": ("float", 62.5),
            "Lessons": ("integer", 3),
            "Joined": ("date", "2018-02-03"),
            "Slogan": ("char", "Words of person 2"),
            "Vegan": ("boolean", True),
            "Topics": ("char", "Mats, Gongs"),
        }
        for entity in ("contact", "deal"):
            record = self.find(self.project, entity, "2")
            made = self.env["ir.model.fields"].search(
                [("model", "=", record._name), ("state", "=", "manual")]
            )
            by_label = {field.field_description: field for field in made}
            arch = record.get_view(view_type="form")["arch"]
            for label, (ttype, value) in expected.items():
                field = by_label[label]
                self.assertEqual(field.ttype, ttype, label)
                landed = record[field.name]
                if ttype == "selection":
                    landed = dict(record._fields[field.name]._description_selection(self.env))[
                        landed
                    ]
                self.assertEqual(str(landed), str(value), label)
                self.assertIn(f'name="{field.name}"', arch, label)
        run = self.run_step(self.project, "verify")
        self.assertEqual(run.counters["checks"]["different"], 0)
