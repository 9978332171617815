from unittest.mock import patch

from odoo import api, models
from odoo.fields import Command
from odoo.tests import tagged

from ..models import bulk
from ..models.bulk import known
from ..models.bulk.below import Below
from ..models.bulk.comparison import STAMPS, compare, find_differences
from ..models.bulk.creation import Creation
from ..models.bulk.roads import PARAMETER
from ..models.bulk.stand_ins import STAND_INS
from .roads_common import RoadsCase

# A picture of one point.
PIXEL = (
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5E"
    "rkJggg=="
)


@tagged("post_install", "-at_install", "crm_migration")
class TestBelow(RoadsCase):
    """Issue 7: ``create()`` with all its overrides, and by column below them, makes the same."""

    def by_column(self, model):
        return self.quiet[model].with_context(**{bulk.BY_COLUMN: True})

    def assertEqualCreates(self, model, values_list, by_column=True):
        """Both creates make the same rows, companions and links; how is told too."""
        creation = Creation(self.quiet[model], STAND_INS[model])
        creation.run = self.by_column(model).create
        self.assertEqual(find_differences(self.quiet[model], creation, values_list), [])
        made = bulk.get_below(self.env, model)
        self.assertEqual(made["fast"], len(values_list) if by_column else 0, made)

    def test_contacts(self):
        self.assertEqualCreates("res.partner", self.partners())

    def test_deals(self):
        self.assertEqualCreates("crm.lead", self.leads())

    def test_messages(self):
        self.assertEqualCreates("mail.message", self.messages())

    def test_activities(self):
        self.assertEqualCreates("mail.activity", self.activities())

    def test_events(self):
        """Their attendees are lines that the ORM makes, once the events are there."""
        self.assertEqualCreates("calendar.event", self.events())

    def test_language_of_contacts(self):
        """Without a default it is that of the company, or nothing."""
        self.company.lang = "en_US"
        self.env["ir.default"].search([("field_id.name", "=", "lang")]).unlink()
        values = [
            {"name": f"Person {n}", "parent_id": (False, self.company.id)[n % 2]} for n in range(8)
        ]
        self.assertEqualCreates("res.partner", values)

    def test_pictures(self):
        """What is no column is made by the ORM; smaller pictures follow from it."""
        values = [{"name": f"Face {n}", "image_1920": n % 2 and PIXEL} for n in range(6)]
        partners = self.by_column("res.partner").create(values)
        self.assertEqual(bulk.get_below(self.env, "res.partner")["fast"], 6)
        self.assertEqual([bool(p.image_128) for p in partners], [bool(n % 2) for n in range(6)])

    # ------------------------------------------------------------- overrides

    def add_create(self, model, create):
        """Let a model have another addon's override of ``create`` in this test."""
        origin = self.registry[model].create

        @api.model_create_multi
        def override(records, vals_list):
            return create(records, vals_list, origin)

        patcher = patch.object(self.registry[model], "create", override)
        patcher.start()
        self.addCleanup(patcher.stop)

    def test_an_override_changes_values(self):
        """What it gives counts, and so do the computes that follow from it."""

        def create(records, vals_list, origin):
            for vals in vals_list:
                vals |= {"email": f"{vals['name'][:3].strip()}@example.com", "is_company": True}
            return origin(records, vals_list)

        self.add_create("res.partner", create)
        self.assertEqualCreates("res.partner", self.partners())

    def test_an_override_writes_afterwards(self):
        """What it finds in the new records and writes to them is the same."""

        def create(records, vals_list, origin):
            leads = origin(records, vals_list)
            for lead in leads:
                lead.referred = f"{lead.won_status} {lead.phone_sanitized} {lead.day_open}"
                if lead.partner_id:
                    lead.expected_revenue += 1
            return leads

        self.add_create("crm.lead", create)
        self.assertEqualCreates("crm.lead", self.leads())

    def test_an_override_reads_what_is_in_memory(self):
        """All stored fields read right after the creation as those that the ORM remembers."""
        for model, values in (
            ("res.partner", self.partners()), ("crm.lead", self.leads()),
            ("mail.message", self.messages()), ("mail.activity", self.activities()),
            ("calendar.event", self.events()),
        ):  # fmt: skip
            with self.subTest(model):
                seen = self.see_new(model)
                self.by_column(model).create([dict(vals) for vals in values])
                self.quiet[model].create([dict(vals) for vals in values])
                fast, plain = seen[-2:]
                self.assertEqual(bulk.get_below(self.env, model)["fast"], len(values))
                for one, other in zip(fast, plain, strict=True):
                    different = compare(one, other, STAND_INS[model])
                    self.assertFalse(different, (one, other))

    def see_new(self, model):
        """Have an override read what it made; returns the list it puts that in."""
        seen = []

        def create(records, vals_list, origin):
            made = origin(records, vals_list)
            seen.append(self.read_all(made))
            return made

        self.add_create(model, create)
        return seen

    def read_all(self, records):
        places = {id_: f"record {place}" for place, id_ in enumerate(records.ids)}
        varying = Creation(records, STAND_INS[records._name])._get_varying_defaults()
        lines = {n for n, f in records._fields.items() if f.type in ("one2many", "json")}
        names = {n for n, f in records._fields.items() if f.store and f.prefetch is True}
        result = []
        for record in records:
            row = {name: record[name] for name in names - STAMPS - varying - lines - {"id"}}
            for name, value in row.items():
                if isinstance(value, models.BaseModel):
                    own = places if value._name == records._name else {}
                    row[name] = sorted(str(own.get(id_, id_)) for id_ in value.ids)
            result.append(row)
        return result

    def test_only_what_overrides_call(self):
        """An override that makes records of its own, one by one, goes on doing so."""
        noted = []

        def create(records, vals_list, origin):
            partners = origin(records, vals_list)
            if not records.env.context.get("noted"):
                child = records.with_context(noted=True)
                noted.extend(child.create({"name": "x", "parent_id": p.id}) for p in partners)
            return partners

        self.add_create("res.partner", create)
        partners = bulk.create_many(
            self.quiet["res.partner"], [{"name": f"Parent {n}"} for n in range(5)]
        )
        self.assertEqual([child.parent_id.id for child in noted], partners.ids)
        self.assertEqual(bulk.get_roads(self.env)["res.partner"]["fast"], 0)
        self.assertEqual(bulk.get_below(self.env, "res.partner")["fast"], 5)
        self.assertNotIn(bulk.BY_COLUMN, partners.env.context)

    # ------------------------------------------------------------- when not

    def test_elsewhere_the_orm_makes_records(self):
        """Whoever is no load creates as if this addon were not there."""
        self.env["res.partner"].create([{"name": f"User's {n}"} for n in range(8)])
        self.quiet["res.partner"].create([{"name": f"Silent {n}"} for n in range(8)])
        self.assertEqual(bulk.get_below(self.env, "res.partner")["fast"], 0)

    def test_unknown_code_below_leaves_all_to_the_orm(self):
        """Another addon's ``_create`` runs; and so does its ``create`` on ``base`` below ours."""
        seen = []

        def _create(records, data_list):
            seen.extend(data_list)
            return origin(records, data_list)

        origin = self.registry["res.partner"]._create
        with patch.object(self.registry["res.partner"], "_create", _create):
            self.assertEqualCreates("res.partner", self.partners(), by_column=False)
        self.assertEqual(len(seen), 80)
        reason = bulk.get_below(self.env, "res.partner")["reason"]
        self.assertIn("_create is not known", reason)

    def test_a_changed_orm_leaves_all_to_it(self):
        """A newer Odoo's own ``create`` is unknown, and so is what an addon puts between."""
        name = "odoo.orm.models.BaseModel.create"
        with patch.dict(known.read()["*"], {name: ["0123456789abcdef"]}):
            self.assertEqualCreates("mail.message", self.messages(), by_column=False)
        reason = bulk.get_below(self.env, "mail.message")["reason"]
        self.assertEqual(reason, f"{name} is not known")

    def test_an_unknown_compute_is_left_to_odoo(self):
        def _compute_complete_name(records):
            for record in records:
                record.complete_name = f"<{record.name}>"

        partner = self.registry["res.partner"]
        with patch.object(partner, "_compute_complete_name", _compute_complete_name):
            self.assertEqualCreates("res.partner", self.partners())
            records = self.by_column("res.partner").create(self.partners())
            self.assertEqual(records[3].complete_name, f"<{records[3].name}>")

    def test_the_comparison_finds_what_would_differ(self):
        """The first records are made both ways, below the overrides: these run once."""
        seen = []

        def create(records, vals_list, origin):
            seen.extend(vals_list)
            return origin(records, vals_list)

        self.add_create("res.partner", create)
        stand_in = STAND_INS["res.partner"]
        with patch.object(type(stand_in), "_get_shares", lambda self, rows: [False] * len(rows)):
            records = bulk.create_many(self.quiet["res.partner"], self.partners())
        self.assertEqual(set(records.mapped("partner_share")), {True})
        self.assertEqual(len(seen), 40)
        reason = bulk.get_below(self.env, "res.partner")["reason"]
        self.assertEqual(reason, "it would differ in partner_share")

    def test_what_supplies_presuppose(self):
        """Without a stage, team, owner or probability Odoo works them out."""
        values = [{"name": f"Deal {n}", "partner_id": self.company.id} for n in range(6)]
        self.assertEqualCreates("crm.lead", values, by_column=False)
        self.assertIsNone(bulk.get_below(self.env, "crm.lead")["reason"])

    def test_whole_days_are_left_to_the_orm(self):
        values = [
            vals | {"allday": True, "start_date": "2020-05-06", "stop_date": "2020-05-06"}
            for vals in self.events()
        ]
        self.assertEqualCreates("calendar.event", values, by_column=False)
        self.assertIsNone(bulk.get_below(self.env, "calendar.event")["reason"])

    def test_without_silence(self):
        loud = self.by_column("res.partner").with_context(tracking_disable=False)
        loud.create([{"name": f"Loud {n}"} for n in range(8)])
        self.assertEqual(bulk.get_below(self.env, "res.partner")["fast"], 0)

    def test_constraints_hold(self):
        values = self.leads()
        values[7] |= {"stage_id": values[0]["stage_id"], "probability": 20.0}
        with self.assertRaisesRegex(Exception, "Won stage"), self.cr.savepoint():
            self.by_column("crm.lead").create(values)
        values = [vals | {"type": "no type"} for vals in self.leads()]
        with self.assertRaisesRegex(ValueError, "Wrong value"), self.cr.savepoint():
            self.by_column("crm.lead").create(values)
        with self.assertRaisesRegex(ValueError, "Invalid field"), self.cr.savepoint():
            self.by_column("res.partner").create([{"name": "x", "no_field": 1}] * 8)

    def test_the_relatives_follow(self):
        before = len(self.company.child_ids)
        values = [{"name": f"Child {n}", "parent_id": self.company.id} for n in range(6)]
        values[0]["child_ids"] = [Command.create({"name": "Grandchild"})]
        records = self.by_column("res.partner").create(values)
        self.assertEqual(len(self.company.child_ids), before + 6)
        self.assertEqual(records[0].child_ids.commercial_partner_id, self.company)
        self.assertEqual(bulk.get_below(self.env, "res.partner")["fast"], 6)

    def test_inverses_run(self):
        """The contact of a new deal takes its address over, as in Odoo."""
        values = [vals | {"partner_id": self.person.id} for vals in self.leads()[:6]]
        values = [vals | {"email_from": "new@example.com", "phone": "1234"} for vals in values]
        self.by_column("crm.lead").create(values)
        self.assertEqual(bulk.get_below(self.env, "crm.lead")["fast"], 6)
        self.assertEqual((self.person.email, self.person.phone), ("new@example.com", "1234"))

    def test_words_of_the_parameter(self):
        """Plain is by column below ``create()``, slow is Odoo's own, unproven compares nothing."""
        set_param = self.env["ir.config_parameter"].sudo().set_param
        for told, fast in (("plain", 40), ("slow", 0), ("plain unproven", 40)):
            bulk.forget(self.env)
            set_param(PARAMETER, told)
            run = Below.run
            with patch.object(Below, "run", autospec=True, side_effect=run) as made:
                bulk.create_many(self.quiet["res.partner"], self.partners())
            self.assertEqual(bulk.get_below(self.env, "res.partner")["fast"], fast, told)
            road = bulk.get_roads(self.env)["res.partner"]
            self.assertEqual((road["plain"], road["by_column"]), (40, fast), told)
            calls = {"plain": 2, "slow": 0, "plain unproven": 1}
            self.assertEqual(made.call_count, calls[told], told)
        bulk.forget(self.env)
        set_param(PARAMETER, "slow")
        bulk.create_many(self.quiet["calendar.event"], self.events())
        self.assertEqual(bulk.get_below(self.env, "calendar.attendee")["fast"], 0)
