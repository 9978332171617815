import random
from datetime import datetime
from unittest.mock import patch

from psycopg2 import IntegrityError

from odoo import api, models
from odoo.fields import Command
from odoo.tests import tagged
from odoo.tools import email_normalize, html_sanitize, mute_logger

from ..models import bulk
from ..models.bulk import known
from ..models.bulk.comparison import compare, find_differences
from ..models.bulk.creation import Creation
from ..models.bulk.markup import clean
from ..models.bulk.stand_ins import STAND_INS
from ..models.bulk.stand_ins.values import normalize_email
from ..models.silence import silent
from .common import MigrationCase

# Texts that COPY, HTML, addresses or phones could stumble over.
TEXTS = (
    "Tab\there, back\\slash, \\N and \\. alone", "two\nlines\r\nand three", "“a” 'and' \"b\"",
    "Ünïcödé 日本語 🙂", "  blanks  ", "100% <b>bold & brave</b>", "\x0b\x7f", "a" * 300,
)  # fmt: skip
EMAILS = (
    "Ada@Example.COM", "Ada <ada@example.com>", "one@example.com, two@example.com", "no address",
    "Ünï@exämple.com", "", "bob@gmail.com",
)  # fmt: skip
PHONES = ("+32 475 11 22 33", "0475 11 22 33", "12", "call me", "", "0033 1 42 68 53 00")


@tagged("post_install", "-at_install", "crm_migration")
class TestRoads(MigrationCase):
    """Issue 7: records made by the fast road are those that ``create()`` makes."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.quiet = silent(cls.env["res.partner"]).env
        bulk.forget(cls.env)
        cls.addClassCleanup(bulk.forget, cls.env)
        belgium = cls.env.ref("base.be").id
        cls.company = cls.quiet["res.partner"].create(
            {
                "name": "Acme", "is_company": True, "street": "Main street 1", "city": "Ghent",
                "country_id": belgium, "email": "info@acme.example", "phone": "+32 9 222 33 44",
                "website": "http://acme.example", "lang": "en_US",
            }
        )  # fmt: skip
        cls.person = cls.quiet["res.partner"].create(
            {"name": "Ada", "parent_id": cls.company.id, "function": "CEO", "type": "other"}
        )

    def setUp(self):
        super().setUp()
        bulk.forget(self.env)

    def assertEqualRoads(self, model, values_list):
        """Both roads make the same rows, companions and links."""
        model = self.quiet[model]
        stand_in = STAND_INS[model._name]
        self.assertIsNone(stand_in.find_unknown(model))
        different = find_differences(model, Creation(model, stand_in), values_list)
        self.assertEqual(different, [])

    def partners(self):
        tags = self.quiet["res.partner.category"].create([{"name": "One"}, {"name": "Two"}])
        return [
            {
                "name": TEXTS[place % len(TEXTS)],
                "email": EMAILS[place % len(EMAILS)],
                "phone": PHONES[place % len(PHONES)],
                "parent_id": (False, self.company.id, self.person.id)[place % 3],
                "is_company": place % 5 == 0,
                "type": ("contact", "other", "invoice")[place % 3 if place % 4 else 0],
                "country_id": (False, self.env.ref("base.fr").id)[place % 2],
                "comment": TEXTS[(place + 3) % len(TEXTS)],
                "company_name": ("", "Elsewhere")[place % 2],
                "website": (False, "www.example.com", "https://example.com/a b")[place % 3],
                "category_id": [Command.set(tags.ids[: place % 3])],
                "x_source_data": ({}, {"a": [1, "\t\\"]})[place % 2],
                "active": bool(place % 7),
            }
            | ({} if place % 2 else {"user_id": self.admin.id, "lang": False})
            for place in range(40)
        ]

    def leads(self):
        won = self.quiet["crm.stage"].create({"name": "Won here", "is_won": True}).id
        new = self.quiet["crm.stage"].create({"name": "New here"}).id
        tag = self.quiet["crm.tag"].search([], limit=1) or self.quiet["crm.tag"].create(
            {"name": "Tag of a test"}
        )
        return [
            {
                "name": TEXTS[place % len(TEXTS)],
                "type": ("lead", "opportunity")[place % 2],
                "partner_id": (False, self.company.id, self.person.id)[place % 3],
                "stage_id": won if place % 4 == 0 else new,
                "team_id": self.env.ref("sales_team.team_sales_department").id,
                "user_id": (False, self.admin.id)[place % 2],
                "probability": 100.0 if place % 4 == 0 else (0.0, 12.5)[place % 2],
                "active": place % 8 != 1,
                "expected_revenue": place * 1234.567,
                "date_open": (False, "2019-02-03 04:05:06")[place % 2],
                "date_closed": (False, "2020-02-03 04:05:06")[place % 3 % 2],
                "date_last_stage_update": (False, "2021-02-03 04:05:06")[place % 2],
                "description": TEXTS[place % len(TEXTS)],
                "tag_ids": [Command.set(tag.ids)] if place % 2 else [],
                "company_id": (False, self.env.company.id)[place % 2],
            }
            | ({"street": "Own street"} if place % 5 == 0 else {})
            | (
                {"email_from": EMAILS[place % len(EMAILS)], "phone": PHONES[place % len(PHONES)]}
                if place % 3 == 0
                else {}
            )
            for place in range(40)
        ]

    def messages(self):
        return [
            {
                "model": "res.partner",
                "res_id": (self.company.id, self.person.id)[place % 2],
                "date": f"2020-01-{place + 1:02} 10:11:12",
                "subject": TEXTS[place % len(TEXTS)],
                "body": ("", False, TEXTS[place % len(TEXTS)], "<p>x<script>y</script></p>")[
                    place % 4
                ],
                "message_type": ("comment", "email", "notification")[place % 3],
                "subtype_id": self.env.ref("mail.mt_note").id,
                "author_id": (False, self.person.id)[place % 2],
                "email_from": EMAILS[place % len(EMAILS)],
                "reply_to": False,
                "message_id": f"<{place}@example.com>",
                "partner_ids": [Command.set([self.company.id, self.person.id][: place % 3])],
            }
            for place in range(24)
        ]

    def activities(self):
        return [
            {
                "res_model_id": self.env["ir.model"]._get_id("res.partner"),
                "res_id": (self.company.id, self.person.id)[place % 2],
                "activity_type_id": self.env.ref("mail.mail_activity_data_todo").id,
                "summary": TEXTS[place % len(TEXTS)],
                "note": TEXTS[place % len(TEXTS)],
                "user_id": (False, self.admin.id)[place % 2],
                "date_deadline": "2020-05-06",
                "active": place % 3 > 0,
                "date_done": "2020-05-07" if place % 3 == 0 and place % 2 else False,
            }
            for place in range(24)
        ]

    def events(self):
        return [
            {
                "name": TEXTS[place % len(TEXTS)],
                "start": f"2020-05-06 0{place % 9}:00:00",
                "stop": f"2020-05-06 1{place % 9}:20:00",
                "allday": False,
                "user_id": (False, self.admin.id)[place % 2],
                "partner_ids": [
                    Command.set(
                        [self.company.id, self.person.id, self.admin.partner_id.id][: place % 4]
                    )
                ],
                "alarm_ids": [Command.set([])],
                "description": TEXTS[place % len(TEXTS)],
                "location": "Here",
            }
            for place in range(24)
        ]

    def test_contacts(self):
        self.assertEqualRoads("res.partner", self.partners())

    def test_deals(self):
        self.assertEqualRoads("crm.lead", self.leads())

    def test_messages(self):
        self.assertEqualRoads("mail.message", self.messages())

    def test_activities(self):
        self.assertEqualRoads("mail.activity", self.activities())

    def test_events(self):
        self.assertEqualRoads("calendar.event", self.events())

    def test_each_model_takes_the_fast_road(self):
        """In an Odoo whose code is known nothing falls back unseen."""
        for model, values in (
            ("res.partner", self.partners()),
            ("crm.lead", self.leads()),
            ("mail.message", self.messages()),
            ("mail.activity", self.activities()),
            ("calendar.event", self.events()),
        ):
            records = bulk.create_many(self.quiet[model], values)
            self.quiet.flush_all()
            self.assertEqual(len(records), len(values))
            road = bulk.get_roads(self.env)[model]
            self.assertEqual((road["road"], road["fast"]), ("fast", len(values)), (model, road))

    def test_shortcuts_for_texts(self):
        """What skips the sanitiser or the parsing of addresses comes out as with it."""
        chance = random.Random(7)
        parts = (
            "<p>",
            "</p>",
            "<br>",
            "<br/>",
            "a",
            " ",
            "-",
            "é",
            "🙂",
            '"',
            "&",
            "<b>",
            "o:",
            "=",
            "&amp;",
            "&lt;",
        )
        met = 0
        for __ in range(3000):
            text = "".join(chance.choices(parts, k=chance.randint(1, 6)))
            for known_markup in (
                text,
                f"<p>{text}</p>",
                f"<p>{text}</p><p>b</p>",
                f"<ul><li>{text}</li><li>b</li></ul><ol><li>{text}</li></ol>",
            ):
                cleaned = clean(known_markup)
                if cleaned is not None:
                    met += 1
                    sanitized = html_sanitize(known_markup, sanitize_attributes=True)
                    self.assertEqual(cleaned, str(sanitized), known_markup)
            address = "".join(chance.choices("aZ0_+-.b", k=4)) + "@" + text[:2] + "x.Com"
            self.assertEqual(normalize_email(address), email_normalize(address, strict=False))
        self.assertGreater(met, 2000)

    # ------------------------------------------------------------- when not

    def test_an_unknown_override_takes_the_plain_road(self):
        """An addon nobody here knows overrides ``create``: that model is created by it."""
        seen = []

        @api.model_create_multi
        def create(records, vals_list):
            seen.extend(vals_list)
            return origin(records, vals_list)

        origin = self.registry["res.partner"].create
        with patch.object(self.registry["res.partner"], "create", create):
            bulk.create_many(self.quiet["res.partner"], self.partners())
        self.assertEqual(len(seen), 40)
        self.assertIn("is not known", bulk.get_roads(self.env)["res.partner"]["reason"])

    def test_a_changed_function_takes_the_plain_road(self):
        """The same name with other code, as after an update of Odoo, is unknown."""
        name = "odoo.addons.mail.models.mail_message.MailMessage.create"
        with patch.dict(known.read()["mail.message"], {name: ["0123456789abcdef"]}):
            bulk.create_many(self.quiet["mail.message"], self.messages())
        road = bulk.get_roads(self.env)["mail.message"]
        self.assertEqual((road["fast"], road["reason"]), (0, f"{name} is not known"))

    def test_an_unknown_compute_is_left_to_odoo(self):
        """Only its own column is computed by Odoo; the records are copied all the same."""

        def _compute_complete_name(records):
            for record in records:
                record.complete_name = f"<{record.name}>"

        partner = self.registry["res.partner"]
        with patch.object(partner, "_compute_complete_name", _compute_complete_name):
            records = bulk.create_many(self.quiet["res.partner"], self.partners())
            self.quiet.flush_all()
        records.invalidate_recordset()
        self.assertEqual(records[3].complete_name, f"<{records[3].name}>")
        self.assertEqual(bulk.get_roads(self.env)["res.partner"]["fast"], 40)

    def test_the_comparison_finds_what_a_stand_in_does_wrong(self):
        """The first records are made both ways: a column that differs closes the road, named."""
        stand_in = STAND_INS["res.partner"]
        with patch.object(type(stand_in), "_get_shares", lambda self, rows: [False] * len(rows)):
            records = bulk.create_many(self.quiet["res.partner"], self.partners())
        self.quiet.flush_all()
        self.assertEqual(set(records.mapped("partner_share")), {True})
        reason = bulk.get_roads(self.env)["res.partner"]["reason"]
        self.assertEqual(reason, "it would differ in partner_share")

    def test_days_counted_from_now_close_no_road(self):
        """A won deal without a date is closed "now": 0 or 1 day after the second it was made in.

        Days that are counted from a date of the source have to be equal.
        """
        stand_in, now = STAND_INS["crm.lead"], datetime.now()
        for moment, different in ((now, set()), (datetime(2020, 5, 4), {"day_close"})):
            rows = [{"date_closed": moment, "day_close": days} for days in (0.0, 1.0)]
            self.assertEqual(compare(*rows, stand_in), different)

    def test_without_silence_everything_is_plain(self):
        """The stand-ins are those of a load; elsewhere ``create()`` does all it does."""
        loud = self.quiet["res.partner"].with_context(tracking_disable=False)
        records = bulk.create_many(loud, [{"name": f"Loud {place}"} for place in range(8)])
        self.assertEqual(len(records), 8)
        self.assertEqual(bulk.get_roads(self.env)["res.partner"]["fast"], 0)

    def test_constraints_hold(self):
        """A Python constraint, a required column and the companies' rule refuse as ever."""
        values = self.leads()
        values[7] |= {"stage_id": values[0]["stage_id"], "probability": 20.0}
        with self.assertRaisesRegex(Exception, "Won stage"), self.cr.savepoint():
            bulk.create_many(self.quiet["crm.lead"], values)
        other = self.env["res.company"].create({"name": "Other company"})
        values = self.leads()
        self.person.company_id = other
        for value in values:
            value["company_id"] = self.env.company.id
        with self.assertRaisesRegex(Exception, "company"), self.cr.savepoint():
            bulk.create_many(self.quiet["crm.lead"], values)
        with mute_logger("odoo.sql_db"), self.assertRaises(IntegrityError), self.cr.savepoint():
            bulk.create_many(
                self.quiet["res.partner"],
                [{"name": f"x{n}", "country_id": 10**8} for n in range(9)],
            )

    def test_the_relatives_follow(self):
        """Stored computes of other records, and lists that are in memory, see the new ones."""
        partners = self.quiet["res.partner"]
        before = len(self.company.child_ids)
        values = [{"name": f"Child {n}", "parent_id": self.company.id} for n in range(6)]
        records = bulk.create_many(partners, values)
        self.assertEqual(len(self.company.child_ids), before + 6)
        self.assertEqual(records.commercial_partner_id, self.company)
        self.assertIsInstance(records, models.BaseModel)
