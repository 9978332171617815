"""Each transform reads what it can and never makes anything up."""

import unittest
from dataclasses import replace

from ..exceptions import ConfigurationError, ValueProblem
from ..issues import CATALOGUE
from ..mapping import EntityMap
from ..transforms import TRANSFORMS, join_name
from ..types import Noted, Rule


def apply(name, raw, **options):
    return TRANSFORMS[name].function(raw, options)


class TransformCase(unittest.TestCase):
    def assertReads(self, name, cases, **options):
        for raw, expected in cases.items():
            with self.subTest(name=name, raw=raw):
                self.assertEqual(apply(name, raw, **options), expected)

    def assertProblem(self, code, name, *cells, **options):
        self.assertIn(code, CATALOGUE)
        for raw in cells:
            with self.subTest(name=name, raw=raw), self.assertRaises(ValueProblem) as caught:
                apply(name, raw, **options)
            self.assertEqual(caught.exception.code, code)
            self.assertEqual(caught.exception.parameters["value"], raw)

    def assertNoted(self, code, value, name, raw, **options):
        found = apply(name, raw, **options)
        self.assertIsInstance(found, Noted)
        self.assertEqual((found.value, found.problem.code), (value, code))
        self.assertIn(code, CATALOGUE)


class TestSeveralColumns(unittest.TestCase):
    def test_one_known_kind_is_enough(self):
        """A number that means nothing holds no row whose kind another column tells."""
        rule = Rule("type", "kind", "line", options={"domain": "activity_kind"})
        rules = [rule, replace(rule, column="category")]
        known = {"activity_kind": {"todo": "task"}}
        row = EntityMap("activity", "timeline", {}, rules, known).map_row
        for cells in ({"type": "Todo", "category": "7"}, {"type": "7", "category": "Todo"}):
            mapped = row(cells)
            self.assertEqual(mapped.values["kind"], "task")
            self.assertEqual([one.code for one in mapped.problems], ["unknown_value"])
            self.assertIn("7", mapped.kept.values())
        self.assertEqual([one.code for one in row({"type": "7"}).problems], ["unknown_kind"])


class TestColumns(unittest.TestCase):
    def map(self, rules, rows, constants=None):
        return EntityMap("contact", "partner", constants or {}, rules).map_rows(rows)

    def test_rows_share_no_list(self):
        """What a text means is worked out once, and changed in one row only."""
        rules = [Rule("Tags", "tag_ids", "tags"), Rule("Org", "parent_id", reference="company.id")]
        one, other = self.map(rules, [{"Tags": "a|b", "Org": "7"}] * 2)
        one.values["tag_ids"].append("c")
        one.references["parent_id"].clear()
        self.assertEqual(other.values["tag_ids"], ["a", "b"])
        self.assertEqual([link.value for link in other.references["parent_id"]], ["7"])

    def test_a_cell_without_tags_among_others(self):
        rows = self.map([Rule("Tags", "tag_ids", "tags")], [{"Tags": "a"}, {"Tags": "|"}, {}])
        self.assertEqual([row.values for row in rows], [{"tag_ids": ["a"]}, {}, {}])

    def test_what_stands_there_before_is_looked_at(self):
        """A constant gives way, a second column does not; no tick is a no, also of no column."""
        rules = [Rule("Kind", "type"), Rule("Sort", "type"), Rule("Fax", "fax", "boolean")]
        rules[2].options["empty"] = False
        rows = self.map(rules, [{"Kind": "a", "Sort": "b", "Fax": "x"}, {}], {"type": "c"})
        self.assertEqual(rows[0].values, {"type": "b", "fax": True})
        self.assertEqual(rows[1].values, {"type": "c", "fax": False})

    def test_parts_of_a_name(self):
        parts = ("first", "last")
        rules = [Rule(part, "name", "name_part", options={"part": part}) for part in parts]
        rules += [Rule("other", "name", "name_part", options={"part": "last"})]
        rows = self.map(rules, [{"last": " Xi ", "first": "Ada", "other": "Yo"}, {"other": "Yo"}])
        self.assertEqual([row.values for row in rows], [{"name": "Ada Xi"}, {"name": "Yo"}])

    def test_a_text_that_is_not_known_beside_one_that_is(self):
        rule = Rule("Tier", "tier", "line", options={"domain": "tier"})
        known = {"tier": {"gold": "1"}}
        rows = EntityMap("contact", "partner", {}, [rule], known).map_rows(
            [{"Tier": "Gold"}, {"Tier": "Tin"}]
        )
        self.assertEqual([row.values for row in rows], [{"tier": "1"}, {}])
        self.assertEqual([one.code for one in rows[1].problems], ["unknown_value"])


class TestText(TransformCase):
    def test_only_outer_blanks_go(self):
        self.assertReads("text", {"  a  b\nc ": "a  b\nc", "“x”": "“x”", "ﬁ": "ﬁ", "  ": None})
        self.assertReads("line", {" a \r\n b ": "a b"})
        self.assertReads("name_part", {" Ada   King ": "Ada King"})
        self.assertReads("raw", {"  x ": "  x "})
        self.assertEqual(join_name([" Ada ", "", None, "Lovelace"]), "Ada Lovelace")

    def test_wrongly_decoded_letters_are_repaired_and_told(self):
        for name in ("text", "line", "name_part"):
            self.assertNoted("mojibake", "Müller", name, "MÃ¼ller")

    def test_html_stays_and_plain_text_is_escaped(self):
        self.assertReads("html", {"<p>a &amp; b</p>": "<p>a &amp; b</p>"})
        self.assertReads("html", {"1 < 2 & 3\nx\n\ny": "<p>1 &lt; 2 &amp; 3<br/>x</p><p>y</p>"})


class TestAddresses(TransformCase):
    def test_address_is_taken_out_of_what_surrounds_it(self):
        self.assertReads(
            "email", {" A@X.Example ": "a@x.example", "Ada <a@x.example>": "a@x.example"}
        )

    def test_no_address_is_a_problem(self):
        self.assertProblem("invalid_email", "email", "n/a", "not-an-email", "a b@c.example", "a@b")

    def test_first_of_several_and_the_rest_told(self):
        self.assertNoted("several_values", "a@b.example", "email", "a@b.example; c@d.example")
        self.assertNoted("invalid_email", ["a@b.example"], "emails", "a@b.example; nobody")

    def test_list_of_attendees(self):
        two = ["a@b.example", "c@d.example"]
        self.assertReads(
            "emails", {"a@b.example, C@d.example": two, "A <a@b.example>; c@d.example": two}
        )


class TestNumbers(TransformCase):
    def test_cell_with_one_reading_needs_no_option(self):
        readings = {
            "1.234,56": 1234.56,
            "1,234.56": 1234.56,
            "12,5": 12.5,
            "1 234": 1234.0,
            "-5": -5.0,
        }
        self.assertReads("float", readings)
        self.assertReads("float", {"(12.50)": -12.5, "1.234.567": 1234567.0, "0,125": 0.125})

    def test_column_decides_the_doubtful_cell(self):
        self.assertReads("float", {"1,234": 1.234}, decimal=",")
        self.assertReads("float", {"1,234": 1234.0}, decimal=".")
        self.assertProblem("ambiguous_number", "float", "1,234", "25.000")

    def test_no_number_is_a_problem_and_not_zero(self):
        self.assertProblem(
            "unreadable_number", "float", "1.2.3", "12k", "abc", "1,2,3", decimal="."
        )
        self.assertProblem("unreadable_number", "money", "1.2.3", "12 kg", "EUR", "EUR 1.2.3")
        self.assertProblem("unreadable_number", "integer", "5.5", "x")

    def test_amounts_with_sign_or_code(self):
        amounts = {
            "EUR 1,234.56": 1234.56,
            "1.234,56 €": 1234.56,
            "-$5": -5.0,
            "313.64 USD": 313.64,
        }
        self.assertReads("money", amounts)
        self.assertReads(
            "money", {"CHF 1'234.50": 1234.5, "1 234,56 zł": 1234.56, "1.200,- €": 1200.0}
        )

    def test_currencies(self):
        self.assertReads("currency_code", {"€": "EUR", "usd": "USD", "GBP 5": "GBP", "Euro": "EUR"})
        self.assertProblem("unknown_value", "currency_code", "$", "¥ 100", "XQX")
        self.assertReads("currency_code", {"$ 5": "CAD"}, prefer=["CAD", "EUR"])

    def test_shares(self):
        self.assertReads("percent", {"75 %": 75.0, "75": 75.0, "12,5%": 12.5})
        self.assertReads("probability", {"0.75": 75.0, "75 %": 75.0}, scale="fraction")
        self.assertProblem("unreadable_number", "probability", "120", "-1")

    def test_durations(self):
        readings = {"71": 71, "1:11": 71, "71 min": 71, "1h 11m": 71, "00:12:30": 12.5, "PT1H": 60}
        self.assertReads("duration_minutes", readings)
        self.assertReads("duration_minutes", {"90": 1.5}, unit="seconds")
        self.assertProblem("unreadable_number", "duration_minutes", "soon")


class TestBooleans(TransformCase):
    def test_words_of_many_languages(self):
        for word in ("true", "Yes", "1", "x", "JA", "oui", "sí", "да", "はい"):
            self.assertIs(apply("boolean", word), True)
        for word in ("FALSE", "no", "0", "Nein", "non", "нет", "いいえ"):
            self.assertIs(apply("boolean", word), False)

    def test_other_words_are_a_problem(self):
        self.assertProblem("unreadable_boolean", "boolean", "maybe", "2")

    def test_options(self):
        self.assertReads("boolean", {"Abo": True, "no": False}, true_values=["abo"])
        self.assertIs(apply("boolean", "", empty=False), False)
        self.assertIsNone(apply("boolean", ""))


class TestDates(TransformCase):
    def test_all_spellings(self):
        spellings = (
            "2024-10-07", "07.10.2024", "07 Oct 2024", "7. Oktober 2024", "October 7, 2024",
            "2024-10-07T23:30:00Z", "2024/10/07", "7 octobre 2024", "2024年10月7日",
        )  # fmt: skip
        self.assertReads("date", dict.fromkeys(spellings, "2024-10-07"))
        self.assertReads("date", {"07/10/2024": "2024-10-07"}, date_order="dmy")
        self.assertReads("date", {"10/07/2024": "2024-10-07"}, date_order="mdy")

    def test_placeholders_are_no_dates_and_told(self):
        cells = ("0000-00-00", "0000-00-00 00:00:00", "00.00.0000", "1900-01-01", "01/01/1900",
                 "1899-12-30", "9999-12-31")  # fmt: skip
        self.assertProblem("placeholder_date", "date", *cells)
        self.assertProblem("placeholder_date", "datetime", "1970-01-01 00:00:00", "0000-00-00")
        self.assertReads("date", {"1970-01-01": "1970-01-01", "1901-01-01": "1901-01-01"})

    def test_figures_that_count_from_a_first_day(self):
        self.assertReads("datetime", {"1706659200": "2024-01-31 00:00:00"}, count="seconds")
        self.assertReads("datetime", {"1706659200500": "2024-01-31 00:00:00"}, count="milliseconds")
        self.assertReads("date", {"45322": "2024-01-31", "2024-02-01": "2024-02-01"}, count="days")
        self.assertReads("datetime", {"45322.5": "2024-01-31 12:00:00"}, count="days")
        self.assertReads("date", {"20240131": "2024-01-31"}, count="compact")
        self.assertProblem("placeholder_date", "date", "0", count="seconds")
        self.assertProblem("unreadable_date", "date", "20241331", count="compact")

    def test_weeks_zones_and_halves_of_the_day(self):
        self.assertReads("date", {"2024-W15-3": "2024-04-10"})
        self.assertNoted("ambiguous_date", "2024-04-08", "date", "2024-W15")
        self.assertReads(
            "datetime",
            {
                "2024-01-05 10:00 CET": "2024-01-05 09:00:00",
                "Fri Nov 12 2021 08:49:00 GMT+0100 (CET)": "2021-11-12 07:49:00",
                "2024-07-05 10:00 [Europe/Berlin]": "2024-07-05 08:00:00",
                "31/12/2021 12:05 AM": "2021-12-31 00:05:00",
                "31/12/2021 12:05 p.m.": "2021-12-31 12:05:00",
            },
        )
        self.assertProblem("unreadable_date", "datetime", "2024-01-05 10:00 CST")

    def test_no_such_day_is_a_problem(self):
        self.assertProblem("unreadable_date", "date", "31/02/2025", "soon", "1.2.3")
        self.assertProblem("unreadable_date", "date", "25/04/2024", date_order="mdy")

    def test_two_readings_are_not_guessed(self):
        self.assertProblem("ambiguous_date", "date", "03/04/2024")
        self.assertReads("date", {"04/04/2024": "2024-04-04"})
        self.assertNoted("ambiguous_date", "1968-10-30", "date", "30.10.68", date_order="dmy")

    def test_times_become_utc(self):
        winter = {
            "07.12.2024 03:32": "2024-12-07 08:32:00",
            "2025-01-30T21:51:36Z": "2025-01-30 21:51:36",
        }
        self.assertReads("datetime", winter, timezone="America/New_York")
        self.assertReads("datetime", {"2023-04-25T02:26:19+01:00": "2023-04-25 01:26:19"})
        self.assertReads(
            "datetime", {"01/30/2025 09:51 PM": "2025-01-30 21:51:00"}, date_order="mdy"
        )
        self.assertReads(
            "datetime", {"2024-10-07": "2024-10-06 22:00:00"}, timezone="Europe/Berlin"
        )

    def test_hours_that_clocks_repeat_or_leave_out(self):
        cases = {
            "2024-10-27 02:30": "2024-10-27 00:30:00",
            "2024-03-31 02:30": "2024-03-31 01:30:00",
        }
        self.assertReads("datetime", cases, timezone="Europe/Berlin")

    def test_unknown_time_zone_stops_before_anything_is_written(self):
        with self.assertRaises(ConfigurationError):
            apply("datetime", "2024-10-07 10:00", timezone="Middle/Earth")


class TestLists(TransformCase):
    def test_multi_select_splits_by_its_own_separator_only(self):
        expected = ["Ovens", "Service, on site"]
        self.assertReads("multi", {"Ovens; Service, on site": expected}, separator=";")
        self.assertReads("multi", {"a, b": ["a, b"]})

    def test_tags_equal_after_trim_and_case_are_one(self):
        self.assertReads(
            "tags", {" VIP; vip ;Key  Account": ["VIP", "Key Account"], "a|b, c": ["a", "b, c"]}
        )
        self.assertReads("tags", {"a,  b": ["a", "b"]}, separator=", ")


class TestCountries(TransformCase):
    def test_names_in_any_language(self):
        names = {
            "DE": ("Germany", "Deutschland", "de", "DEU", "Allemagne"),
            "NL": ("Holland", "The Netherlands"),
            "GB": ("UK", "England", "Great Britain", "United Kingdom"),
            "US": ("USA", "U.S.A.", "United States"),
            "RU": ("Россия", "Russian Federation"),
            "JP": ("日本", "Japan"),
            "ES": ("España", "Espana"),
        }
        for code, spellings in names.items():
            self.assertReads("country", dict.fromkeys(spellings, code))

    def test_unknown_country_is_a_problem(self):
        self.assertProblem("unknown_country", "country", "Atlantis", "EU", "??")


class TestTable(unittest.TestCase):
    def test_blank_cells_have_no_value(self):
        for name, transform in TRANSFORMS.items():
            if name != "raw":
                with self.subTest(name=name):
                    self.assertIn(transform.function("  ", {}), (None, []))
