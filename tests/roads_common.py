"""Values of records that are created by both roads, with what copying could stumble over."""

from odoo.fields import Command

from ..models import bulk
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


class RoadsCase(MigrationCase):
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
                "active": place % 8 != 2,
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
