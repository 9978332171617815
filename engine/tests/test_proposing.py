"""Every column gets a proposal, every slot one column, every value a counterpart or none."""

import itertools
import random
import unittest

from .. import profiles, proposing
from ..profiles import Entity
from ..proposing import assign, propose_map, propose_stages, propose_values, recognise
from ..types import ColumnProfile

CONTACT = Entity("contact", "partner", constants={"is_company": False})
COMPANY = Entity("company", "partner", constants={"is_company": True})
DEAL = Entity("deal", "lead")
ACTIVITY = Entity("activity", "timeline")


def column(name, kind="text", values=(), filled=9, **options):
    few = list(values) if kind in ("choice", "multiselect") else []
    return ColumnProfile(name, kind, 1.0, filled, 9, 5, list(values), options, few)


def proposed(entity, *columns, **more):
    return {one.rule.column: one for one in propose_map(entity, columns, **more)}


def fields(entity, *columns, **more):
    found = proposed(entity, *columns, **more)
    return {name: one.rule.field for name, one in found.items()}


class ProposeTest(unittest.TestCase):
    def test_every_column_has_one(self):
        names = ["Email", "Nonsense", "Email", "", "Stage"]
        found = propose_map(CONTACT, [column(name) for name in names])
        self.assertEqual([one.rule.column for one in found], names)

    def test_one_column_per_slot(self):
        found = fields(CONTACT, column("E-Mail", "email"), column("Work Email", "email"))
        self.assertEqual(found, {"E-Mail": "email", "Work Email": "x_work_email"})

    def test_best_overall_and_not_by_order(self):
        found = fields(
            CONTACT,
            column("Last Activity", "datetime"),
            column("Last Modified", "datetime"),
        )
        self.assertEqual(found["Last Modified"], "x_source_modified_at")
        self.assertEqual(found["Last Activity"], "x_last_activity")

    def test_order_does_not_matter(self):
        names = ["Contact ID", "Vorname", "Nachname", "Firma", "E-Mail", "Telefon", "Handy", "Tier"]
        expected = fields(CONTACT, *(column(name) for name in names))
        for seed in range(5):
            random.Random(seed).shuffle(names)
            self.assertEqual(fields(CONTACT, *(column(name) for name in names)), expected)

    def test_links(self):
        rules = [one.rule for one in propose_map(DEAL, [column("Contact Email", "email")])]
        self.assertEqual((rules[0].field, rules[0].reference), ("partner_id", "contact.email"))

    def test_parts_of_a_name(self):
        found = proposed(CONTACT, column("Prénom"), column("Nom", values=("Lefort", "Hugo")))
        self.assertEqual(found["Prénom"].rule.options["part"], "first")
        self.assertEqual(found["Nom"].rule.options["part"], "last")
        found = proposed(CONTACT, column("Vorname"), column("Name", values=("Ada Byron",)))
        self.assertNotIn("part", found["Name"].rule.options)

    def test_options_of_the_column(self):
        deal = proposed(
            DEAL,
            column("Amount (EUR)", "money", decimal=","),
            column("Close Date", "date", date_order="dmy"),
            column("Probability", "float", ("0.25", "1", "0.5")),
            column("Status", "choice", ("Open", "Won")),
        )
        self.assertEqual(deal["Amount (EUR)"].rule.options, {"decimal": ",", "currency": "EUR"})
        self.assertEqual(deal["Close Date"].rule.options["date_order"], "dmy")
        self.assertEqual(deal["Probability"].rule.options["scale"], "fraction")
        self.assertEqual(deal["Status"].rule.options["domain"], "won_status")
        duration = proposed(ACTIVITY, column("Dauer (Min.)", "integer"))["Dauer (Min.)"]
        self.assertEqual(duration.rule.options["unit"], "minutes")

    def test_empty_columns(self):
        found = proposed(CONTACT, column("Foo", filled=0), column("Website", filled=0))
        self.assertEqual((found["Foo"].rule.field, found["Foo"].reason), ("", "empty"))
        # Its meaning is sure: a later export may fill it.
        self.assertEqual(found["Website"].rule.field, "website")

    def test_empty_yields_to_filled(self):
        found = fields(CONTACT, column("Email", filled=0), column("Primary Email", "email"))
        self.assertEqual(found, {"Email": "", "Primary Email": "email"})

    def test_customer_number_is_the_key_where_there_is_no_other(self):
        unique = ColumnProfile("Customer no.", "identifier", 1.0, 9, 9, 9, ["1", "2"])
        self.assertEqual(fields(COMPANY, unique, column("Name"))["Customer no."], "id")
        both = fields(COMPANY, unique, ColumnProfile("ID", "identifier", 1.0, 9, 9, 9))
        self.assertEqual(both, {"Customer no.": "ref", "ID": "id"})

    def test_id_of_a_stage_beside_its_name(self):
        both = fields(DEAL, column("Stage ID", "integer"), column("Stage Name"))
        self.assertEqual(both, {"Stage ID": "x_stage_id", "Stage Name": "stage_id"})
        self.assertEqual(fields(DEAL, column("Stage ID", "integer")), {"Stage ID": "stage_id"})

    def test_author_of_a_history_without_owner(self):
        alone = fields(ACTIVITY, column("Created by"))
        both = fields(ACTIVITY, column("Created by"), column("Assigned to"))
        self.assertEqual(alone, {"Created by": "user_id"})
        self.assertEqual(both, {"Created by": "x_source_data", "Assigned to": "user_id"})

    def test_status_of_a_task_is_read_as_yes_and_no(self):
        status = column("Status", "choice", ("Completed", "Not Started"))
        rule = proposed(ACTIVITY, status)["Status"].rule
        self.assertEqual((rule.field, rule.transform), ("done", "boolean"))
        self.assertIn("completed", rule.options["true_values"])
        self.assertIn("not started", rule.options["false_values"])

    def test_time_zones_that_odoo_knows(self):
        known = fields(CONTACT, column("Time Zone", "choice", ("Europe/Rome", "Asia/Tokyo")))
        some = fields(CONTACT, column("Time Zone", "choice", ("Europe/Rome", "Eastern Time")))
        none = fields(CONTACT, column("Time Zone", "choice", ("Pacific Time", "Eastern Time")))
        self.assertEqual((known, some), ({"Time Zone": "tz"}, {"Time Zone": "tz"}))
        self.assertEqual(none, {"Time Zone": "x_time_zone"})

    def test_zones_of_the_same_letters_are_not_mixed_up(self):
        raws = {"Etc/GMT+2": 1, "Etc/GMT-2": 1, "europe/rome": 1, "GMT+10": 1, "Gmt 2": 1}
        found = {raw: zone for raw, zone, *_ in proposing.propose_values("timezone", raws)}
        expected = {"Etc/GMT+2": "Etc/GMT+2", "Etc/GMT-2": "Etc/GMT-2"}
        expected |= {"europe/rome": "Europe/Rome", "GMT+10": None, "Gmt 2": None}
        self.assertEqual(found, expected)

    def test_priority_of_a_deal_in_odoos_stars(self):
        rule = proposed(DEAL, column("Priority", "choice", ("High", "Low")))["Priority"].rule
        self.assertEqual(rule.options["domain"], "lead_priority")
        self.assertEqual(propose_values("lead_priority", {"Hoch": 1})[0][1], "2")

    def test_secrets_and_roles_are_left(self):
        found = proposed(Entity("owner", "user"), column("api_token"), column("Role", "choice"))
        self.assertEqual([one.rule.field for one in found.values()], ["", ""])
        self.assertEqual([one.reason for one in found.values()], ["secret", "role"])

    def test_alternatives(self):
        state = proposed(DEAL, column("State", "choice", ("open", "won")))["State"]
        self.assertIn("stage", state.alternatives)


class CustomFieldTest(unittest.TestCase):
    def test_types(self):
        for kind, field_type, transform in (
            ("text", "char", "text"),
            ("longtext", "text", "text"),
            ("integer", "integer", "integer"),
            ("money", "float", "money"),
            ("date", "date", "date"),
            ("boolean", "boolean", "boolean"),
            ("choice", "selection", "line"),
            ("multiselect", "char", "multi"),
            ("url", "char", "text"),
        ):
            found = propose_map(CONTACT, [column("Shirt", kind, ("S", "M"), separator=";")])[0]
            self.assertEqual((found.rule.field, found.label), ("x_shirt", "Shirt"))
            self.assertEqual((found.field_type, found.rule.transform), (field_type, transform))
            self.assertEqual(found.rule.options["separator"], ";")
        self.assertEqual(
            propose_map(CONTACT, [column("Shirt", "choice", ("S",))])[0].reason, "custom"
        )

    def test_names(self):
        long = "Wie haben Sie von uns gehört und wer hat Sie empfohlen, und wann genau war das?"
        headers = ["Größe (cm)", "好き", long, "Source System", "Segment__c", "Segment", long + "!"]
        found = [one.rule.field for one in propose_map(CONTACT, [column(name) for name in headers])]
        self.assertEqual(len(set(found)), len(found))
        for name in found:
            self.assertRegex(name, r"^x_[a-z0-9_]{1,61}$")
        self.assertNotIn("x_source_system", found)
        self.assertEqual(found[4:6], ["x_segment", "x_segment_2"])

    def test_not_the_name_of_a_usual_field(self):
        found = fields(CONTACT, column("Dept"), column("Department"), column("Abteilung"))
        self.assertEqual(len(set(found.values())), 3)
        self.assertIn("x_department", found.values())

    def test_shared_between_tables(self):
        taken = {"x_tier": ("Tier", "selection")}
        same = fields(CONTACT, column("tier", "choice", ("Gold",)), taken=taken)
        other = fields(CONTACT, column("Tier", "integer"), taken=taken)
        self.assertEqual((same["tier"], other["Tier"]), ("x_tier", "x_tier_2"))

    def test_timeline_keeps(self):
        found = proposed(ACTIVITY, column("Mood", "choice", ("good",)))["Mood"]
        self.assertEqual((found.rule.field, found.reason), ("x_source_data", "kept"))

    def test_technical_columns_are_kept(self):
        self.assertEqual(fields(CONTACT, column("avatar_url"))["avatar_url"], proposing.KEPT)


class AssignTest(unittest.TestCase):
    def test_against_all_ways(self):
        chance = random.Random(1)
        for __ in range(200):
            slots = "abcd"[: chance.randint(1, 4)]
            scores = [
                {slot: chance.random() for slot in slots if chance.random() < 0.7}
                for __ in range(chance.randint(1, 4))
            ]
            found = assign(scores)
            given = [slot for slot in found if slot]
            self.assertEqual(len(given), len(set(given)))
            total = sum(one.get(slot, 0) for one, slot in zip(scores, found, strict=True))
            ways = itertools.permutations([*slots, *[None] * len(scores)], len(scores))
            most = max(
                sum(one.get(slot, 0) for one, slot in zip(scores, way, strict=True)) for way in ways
            )
            self.assertAlmostEqual(total, most)

    def test_nothing(self):
        self.assertEqual(assign([]), [])
        self.assertEqual(assign([{}, {}]), [None, None])


class RecogniseTest(unittest.TestCase):
    CONTACT = ("Contact ID", "First Name", "Last Name", "Email", "Job Title", "Company", "Owner")
    DEAL = ("Deal ID", "Deal Name", "Amount", "Stage", "Close Date", "Contact Name", "Owner")
    ACTIVITY = ("ID", "Type", "Subject", "Body", "Date", "Due Date", "Related To ID", "Owner")
    COMPANY = ("ID", "Company Name", "Website", "Industry", "Employees", "City", "Owner")

    def setUp(self):
        self.profile = profiles.load("smart_crm_online")

    def code(self, name, header):
        return recognise(name, header, self.profile)[0]

    def test_name_and_headers(self):
        self.assertEqual(self.code("contacts_1.csv", self.CONTACT), "contact")
        self.assertEqual(self.code("Kontakte 2024.xlsx#Tabelle1", self.CONTACT), "contact")
        self.assertEqual(self.code("csv/deals.csv", self.DEAL), "deal")
        self.assertEqual(self.code("activities.csv", self.ACTIVITY), "activity")

    def test_headers_alone(self):
        for code in ("contact", "deal", "activity", "company"):
            header = getattr(self, code.upper())
            self.assertEqual(
                recognise("export (3).csv", header, self.profile)[::2], (code, "columns")
            )

    def test_headers_stand_against_a_wrong_name(self):
        self.assertEqual(self.code("contacts.csv", self.DEAL), "deal")
        self.assertEqual(self.code("deals.csv", self.ACTIVITY), "activity")

    def test_name_alone_is_not_enough(self):
        self.assertEqual(
            recognise("contacts.csv", ("foo", "bar", "baz"), self.profile)[::2], (None, "name")
        )
        self.assertEqual(recognise("x.csv", ("foo", "bar"), self.profile)[::2], (None, "nothing"))
        self.assertIsNone(self.code("x.csv", ()))

    def test_files_of_one_kind(self):
        header = ("ID", "Subject", "Date", "Notes", "Contact ID", "Owner")
        for name, code in (("calls.csv", "call"), ("tasks.csv", "task"), ("Notizen.csv", "note")):
            self.assertEqual(self.code(name, header), code)

    def test_what_does_not_move(self):
        found = recognise("email_campaigns.csv", ("Name", "Sent", "Opens"), self.profile)
        self.assertEqual(found, (None, 0.0, "inventory:sequence"))


class ValuesTest(unittest.TestCase):
    def test_counterparts(self):
        found = propose_values("won_status", {"Gewonnen": 5, "LOST": 7, "Postponed": 1})
        self.assertEqual([(raw, value) for raw, value, *__ in found], [
            ("LOST", "lost"), ("Gewonnen", "won"), ("Postponed", None),
        ])  # fmt: skip
        self.assertEqual(found[2][2:], (0.0, "nothing"))

    def test_similar_is_doubtful(self):
        raw, value, score, reason = propose_values("activity_kind", [("Meetting", 1)])[0]
        self.assertEqual((value, reason), ("meeting", "similar"))
        self.assertLess(score, 0.9)

    def test_as_the_product_says(self):
        found = propose_values("activity_kind", [("todo", 1)], specific={"Todo": "task"})
        self.assertEqual(found[0][1:], ("task", 1.0, "profile"))


class StagesTest(unittest.TestCase):
    def names(self, stages):
        return [stage["name"] for stage in stages]

    def test_usual_order(self):
        values = [
            ("Lost", "lost", 0, 2), ("Won", "won", 100, 3), ("Proposal", "open", 50, 4),
            ("New", "open", 10, 2), ("New", "open", 80, 1), ("Negotiation", "open", None, 1),
        ]  # fmt: skip
        stages = propose_stages(values)
        self.assertEqual(self.names(stages), ["New", "Proposal", "Negotiation", "Won", "Lost"])
        self.assertEqual([one["probability"] for one in stages], [10, 50, 75, 100, 0])
        self.assertEqual([one["sequence"] for one in stages], [1, 2, 3, 4, 5])
        self.assertEqual([one["is_won"] for one in stages], [False, False, False, True, False])
        self.assertTrue(all(one["known"] for one in stages))

    def test_unknown_stage_by_its_probability(self):
        values = [
            ("Due", "open", 60, 4), ("Qualified", "open", 70, 1), ("Proposal", "open", 85, 1),
            ("On hold (old)", "open", 75, 1), ("Won", "won", 100, 1),
        ]  # fmt: skip
        stages = propose_stages(values)
        self.assertEqual(
            self.names(stages), ["Due", "Qualified", "On hold (old)", "Proposal", "Won"]
        )
        self.assertEqual([one["known"] for one in stages], [False, True, False, True, True])

    def test_ended_deals_do_not_tell_the_probability(self):
        values = [
            ("Proposal", "lost", 0, 5),
            ("Proposal", "open", 45, 1),
            ("Contrat", "won", 100, 2),
        ]
        found = {one["name"]: one["probability"] for one in propose_stages(values)}
        self.assertEqual(found, {"Proposal": 45, "Contrat": 80, "Won": 100})

    def test_unknown_end(self):
        stage = propose_stages([("Alles klar", "Gewonnen", 100, 3)])[0]
        self.assertEqual((stage["is_won"], stage["known"]), (True, False))

    def test_as_the_source_orders_them(self):
        order = {"B": (1, 30.0), "A": (2, 60.0), "Won": (3, 100.0)}
        stages = propose_stages([("A", "open", 10, 1), ("Won", "won", 100, 1)], order=order)
        self.assertEqual(self.names(stages), ["B", "A", "Won"])
        self.assertEqual([one["probability"] for one in stages], [30, 60, 100])


if __name__ == "__main__":
    unittest.main()
