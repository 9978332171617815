import random
from datetime import date, datetime
from unittest.mock import patch

from psycopg2 import IntegrityError

from odoo import api, fields, models
from odoo.tests import tagged
from odoo.tools import email_normalize, html_sanitize, mute_logger

from odoo.addons.iap.tools import iap_tools

from ..models import bulk
from ..models.bulk import known
from ..models.bulk.comparison import compare, find_differences
from ..models.bulk.copying import encode, encode_all
from ..models.bulk.creation import Creation, Rows
from ..models.bulk.markup import clean
from ..models.bulk.stand_ins import STAND_INS
from ..models.bulk.stand_ins.values import (
    clean_website,
    get_email_domain,
    normalize_email,
    to_datetime,
)
from .roads_common import RoadsCase


@tagged("post_install", "-at_install", "crm_migration")
class TestRoads(RoadsCase):
    """Issue 7: records made by the fast road are those that ``create()`` makes."""

    def assertEqualRoads(self, model, values_list):
        """Both roads make the same rows, companions and links."""
        model = self.quiet[model]
        stand_in = STAND_INS[model._name]
        self.assertIsNone(stand_in.find_unknown(model))
        different = find_differences(model, Creation(model, stand_in), values_list)
        self.assertEqual(different, [])

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

    def test_shortcut_for_websites(self):
        """An address with a scheme stays as Odoo leaves it; another ``_clean_website`` is asked."""
        partners = self.quiet["res.partner"]
        for text in (
            "https://acme.example", "http://www.acme.example/a/b-c.html", "https://münchen.example",
            "HTTP://acme.example", "acme.example", "//acme.example", "acme.example:80", "http:80",
            "https://", "http:/acme", "https://a.example:8069/x?y=1#z", "mailto:kim@acme.example",
            " https://acme.example", "https://acme.example\n", "no website", "httpx://a",
        ):  # fmt: skip
            self.assertEqual(clean_website(partners, text), partners._clean_website(text), text)
        with patch.object(type(partners), "_clean_website", lambda self, website: "theirs"):
            self.assertEqual(clean_website(partners, "https://acme.example"), "theirs")

    def test_shortcut_for_json(self):
        """What is not copied before it is written is written alike."""
        model = self.quiet["res.partner"]
        field, creation = model._fields["x_source_data"], Creation(model, STAND_INS[model._name])
        for value in (
            {"Notes": 'a\tb \\ "c" é 🙂'}, {"day": date(2024, 2, 29), 7: [1.5, None, {"a": ()}]},
            [1, "2"], "text", {}, False, None,
        ):  # fmt: skip
            told = field.convert_to_column_insert(value, model)
            self.assertEqual(encode(creation._convert_value(field, value)), encode(told), value)

    def test_shortcuts_for_domains_and_times(self):
        """The domain of an address and a time are those that Odoo's own functions find."""
        for address in (
            "kim@acme.example", "Kim@ACME.example", "Kim@GMail.com", "kim@gmail.com", "a@b", "no",
            '"Kim" <kim@acme.example>', "kim@acme.example, lee@gmail.com", "kim@acme",
        ):  # fmt: skip
            with self.subTest(address=address):
                self.assertEqual(
                    get_email_domain(address), iap_tools.mail_prepare_for_domain_search(address)
                )
        for text in ("2024-02-29 23:59:58", "2024-02-29", False, None, datetime(2024, 1, 2, 3)):
            self.assertEqual(to_datetime(text), fields.Datetime.to_datetime(text), text)
        for bad in ("2023-02-29 10:00:00", "2024-01-01 25:00:00"):
            with self.subTest(bad=bad), self.assertRaises(ValueError):
                to_datetime(bad)

    def test_amounts_are_rounded_where_odoo_rounds_them(self):
        """With a currency an amount has its digits, without one it stays as it is."""
        amounts = [1.005, 0, 3, False, None, 7.123456, 7.123456]
        model = self.env["crm.lead"]
        field = model._fields["expected_revenue"]
        yen = self.env.ref("base.JPY").id
        for given, seventh in ({}, "7.123456"), ({"company_currency": yen}, "7"):
            rows = Rows(model, list(range(7)), {field.name: amounts}, given)
            found = Creation(model, STAND_INS["crm.lead"])._encode(field, rows)
            expected = [field.convert_to_column_insert(one, model, given) for one in amounts]
            self.assertEqual(found, list(map(encode, expected)))
            self.assertEqual(found[6], seventh)

    def test_no_whole_record_is_read(self):
        """Of new contacts, and of those that deals are of, only what is asked for is read."""
        partners = [{"name": f"Name {n}", "parent_id": self.company.id} for n in range(6)]
        texts = ("email_from", "phone")  # those are compared with the contact's
        leads = [
            {name: value for name, value in values.items() if name not in texts}
            | {"partner_id": self.person.id}
            for values in self.leads()
        ]
        for model, values in ("res.partner", partners), ("crm.lead", leads):
            with self.subTest(model=model):
                bulk.create_many(self.quiet[model], values)  # compared with what create() makes
                self.env.invalidate_all()
                records = bulk.create_many(self.quiet[model], values)
                read = self.person if model == "crm.lead" else records
                self.assertFalse(set(read._fields["website"]._get_cache(self.env)) & set(read.ids))

    def test_texts_go_to_the_copy_as_odoo_inserts_them(self):
        """A column that is looked at as a whole comes out as value by value."""
        model = self.env["crm.lead"]
        for name, texts in (
            ("partner_name", ["plain", "ünï", "", False, None]),
            ("partner_name", ["plain", "tab\t", "back\\slash", "\\N", False]),
            ("date_closed", ["2024-02-29 23:59:58", "2024-01-01 00:00:00", False, None]),
            ("date_closed", ["2024-02-29 23:59:58", "2024-01-01", False]),
        ):
            field = model._fields[name]
            rows = Rows(model, list(range(len(texts))), {name: texts}, {})
            self.assertEqual(
                Creation(model, STAND_INS["crm.lead"])._encode(field, rows),
                [encode(field.convert_to_column_insert(text, model)) for text in texts],
            )

    def test_texts_are_looked_at_together(self):
        for text in ("b", "ünï", "tab\t", "back\\slash", "\\N", "line\n", ""):
            texts = ["a", text, "c"]
            self.assertEqual(encode_all(texts), list(map(encode, texts)))

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
