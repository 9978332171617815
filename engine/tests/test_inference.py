"""The kind of a column is proved by all of its rows."""

import json
import random
import unittest
from collections import Counter
from zlib import crc32

from ..cells import look
from ..dates import find_counted
from ..distinct import DistinctSample
from ..inference import DISTINCT_CAP, KINDS, ColumnStatistics, settle_dates
from ..likeness import Likeness


def profile(values, name="Column"):
    column = ColumnStatistics(name)
    for value in values:
        column.add(value)
    return column.profile()


class TestTogether(unittest.TestCase):
    """Cells are counted thousands at a time, equal ones once: that must not show."""

    def test_counted_together_as_one_by_one(self):
        few = (" Ja ", None, "<p>x</p>", "May 2024", "  ", "x|y", "y", "1.5", "007", '{"a": 1}')
        for make in (
            lambda n: f"{n % 31 + 1:02}.{n % 12 + 1:02}.2024",
            lambda n: f"Deal {n % 2_500} - Ltd.",
            lambda n: f"n{n}@x.example" if n % 3 else None,
            lambda n: f"n{n}@x.example" if n % 3 else f"{n} 5 {n}",
            lambda n: str(n),
            lambda n: few[n * 7 % len(few)],
        ):
            values = [make(n) for n in range(3_000)]
            alone, together = ColumnStatistics("x"), ColumnStatistics("x")
            for value in values:
                alone.add(value)
            for start in range(0, len(values), 700):
                together.add_all(values[start : start + 700])
            with self.subTest(values[:3]):
                self.assertEqual(self._told(alone), self._told(together))

    def _told(self, column):
        told = column.dump()
        return told | {"hashes": vars(DistinctSample.load(told["hashes"]))}

    def test_distinct_values_are_stored(self):
        """As they are now, and as earlier versions wrote them."""
        sample = DistinctSample()
        sample.add_all([f"k{n}" for n in range(9_000)], [1] * 9_000)
        stored = json.loads(json.dumps(sample.dump()))
        for content in (stored, stored | {"seen": list(sample.seen)}):
            self.assertEqual(vars(DistinctSample.load(content)), vars(sample))

    def test_values_of_one_checksum_are_two(self):
        """These have the same CRC-32: a column that holds both repeats no value."""
        pair = ["user.12480@firm756.example", "user.170884@firm886.example"]
        self.assertEqual(crc32(pair[0].encode()), crc32(pair[1].encode()))
        sample = DistinctSample()
        sample.add_all(pair, [1, 1])
        self.assertEqual((sample.estimate(), sample.repeated), (2, False))


class TestLikeness(unittest.TestCase):
    """Many cells of one shape are not all looked at: that must not show."""

    def test_order_is_proved_by_the_last_cell(self):
        """Days that could be of either order, hundreds of them, then one that could not."""
        days = [f"{d:02}/{m:02}/{y}" for y in range(1950, 2030) for d in (1, 2, 3) for m in (4, 5)]
        found = profile([*days, "31/01/2024"])
        self.assertEqual((found.kind, found.options["date_order"]), ("date", "dmy"))

    def test_stamps_among_words(self):
        stamps = [f"2024-01-{n % 28 + 1:02} {n % 24:02}:{n % 60:02}:00" for n in range(900)]
        self.assertEqual(profile(stamps).kind, "datetime")
        self.assertEqual(profile([*stamps, *["next week"] * 300]).kind, "text")

    def test_answers_and_figures(self):
        """ "1" may be an answer, "2" is none, though they are of one shape."""
        self.assertEqual(profile(["1", "0"] * 500).kind, "boolean")
        self.assertNotEqual(profile([*["1", "0"] * 500, *"23456789"]).kind, "boolean")

    def test_words_with_figures_look_as_they_do_alone(self):
        """Two words side by side with one figure are taken for text unseen: no form of a date, an
        amount, a number or an answer may be among them."""
        words = (
            "5", "12.5", "Mai", "May", "on", "2024", "€", "EUR", "tel.:", "ext.", "Uhr", "at",
            "Fri,", "%", "-", "(", "[x", "{a}", "a@b.example", "1st", "e5", "yes", "03/04/2024",
        )  # fmt: skip
        some, seen = random.Random(5), set()
        texts = [" ".join(some.choices(words, k=some.randint(2, 5))) for __ in range(4_000)]
        for text in ("EUR 5 EUR", "tel. 1234567 ext.", *texts):
            found = Likeness().look(text)
            self.assertEqual(found, look(text), text)
            seen.add(found)
        self.assertGreater(len(seen), 10)

    def test_figures_of_one_length(self):
        """They look alike but for those with a zero in front, and those that could be days."""
        for length in range(1, 18):
            first = 10 ** (length - 1)
            for rest in ("", ".5", ".25", ".125", ".5.5"):
                figures = [f"{first + n}{rest}" for n in range(9)]
                self._check_looks(figures)
                self._check_looks([*figures, "0" * length + rest])

    def test_figures_that_could_count_time(self):
        """Of one shape, but only those of a likely size; the first hundred prove nothing."""
        for length in (5, 10, 13):
            for bound in map(int, find_counted(length)):
                for rest in ("", ".5")[: 1 if length == 13 else 2]:
                    figures = [f"{bound + n}{rest}" for n in range(-150, 150)]
                    self._check_looks(figures)
                    self._check_looks(figures[::-1])

    def _check_looks(self, texts):
        column = ColumnStatistics("x")
        column.add_all(texts)
        seen = [look(text) for text in texts]
        self.assertEqual(+column.kinds, Counter(kind for one in seen for kind in one.kinds))
        self.assertEqual(column.fractions, sum(one.fraction for one in seen))

    def test_kinds_of_many_cells(self):
        for kind, text in (
            ("email", "p{}@example.com"), ("phone", "+49 30 {:07}"), ("money", "{},50 €"),
            ("url", "https://example.com/{}"), ("text", "House {}, Park Lane"),
        ):  # fmt: skip
            self.assertEqual(profile([text.format(n) for n in range(900)]).kind, kind)


class TestKinds(unittest.TestCase):
    def test_each_kind(self):
        cases = {
            "integer": ["5", "12", "1200", "48", "5"],
            "float": ["5.5", "12.25", "7"],
            "money": ["EUR 1,234.56", "€ 12.00", "5 USD", None],
            "percent": ["75 %", "10%", "0 %"],
            "boolean": ["ja", "nein", None, "Ja"],
            "date": ["2024-10-07", "07 Oct 2024", "1 May 2023"],
            "datetime": ["07.10.2024 03:32", "2025-01-13T10:25:00Z", "30.10.2023 06:49"],
            "email": ["a@b.example", "c@d.example", "e@f.example"],
            "phone": ["+49 221 123456", "0044 822384336", "(188) 261-998", "663802750 ext. 12"],
            "url": ["www.a.example", "https://b.example/x", "c-d.example"],
            "choice": ["Gold", "Silver", "Gold", "Gold", "Silver", None],
            "longtext": ["<p>Hello</p>", "one\ntwo", "x" * 300],
            "text": ["Ada Lovelace", "Grace Hopper", "Alan Turing"],
            "identifier": ["con_d5336898", "con_736ae249", "con_1500857c"],
        }
        for kind, values in cases.items():
            with self.subTest(kind=kind):
                self.assertIn(kind, KINDS)
                self.assertEqual(profile(values).kind, kind)

    def test_multiselect_values_may_hold_another_separator(self):
        values = ["Ovens; Service, on site; Spare parts", "Ovens", "Service, on site; Training"] * 3
        found = profile(values + ["Ovens; Training", "Spare parts; Training"])
        self.assertEqual((found.kind, found.options["separator"]), ("multiselect", ";"))
        self.assertEqual(
            set(found.choices), {"Ovens", "Service, on site", "Spare parts", "Training"}
        )

    def test_comma_within_a_choice_does_not_split_it(self):
        titles = ["Head of IT, EMEA", "CFO", "Quality & Safety", "Assistant"] * 5
        self.assertEqual(profile(titles).kind, "choice")

    def test_codes_are_never_numbers(self):
        self.assertEqual(profile(["01067", "80331", "20095"], "Code").kind, "identifier")
        self.assertEqual(profile(["80331", "20095", "80331", "10115"], "PLZ").kind, "text")
        self.assertEqual(profile([str(100007 + 7 * n) for n in range(9)], "id").kind, "identifier")
        self.assertEqual(profile(["100112", "100105", "100112"], "Company ID").kind, "identifier")

    def test_amounts_that_all_differ_stay_numbers(self):
        self.assertEqual(profile(["52000", "17000", "98000", "11000", "73000"]).kind, "integer")

    def test_column_of_ticks_says_what_empty_means(self):
        found = profile(["x", None, "X", None])
        self.assertEqual((found.kind, found.options["empty"]), ("boolean", False))

    def test_country_codes_are_no_answers(self):
        self.assertNotEqual(profile(["NO", "SE", "DK", "NO"]).kind, "boolean")

    def test_empty_column_claims_nothing(self):
        found = profile([None, None, " "])
        self.assertEqual((found.filled, found.rows, found.confidence), (0, 3, 0.0))

    def test_one_bad_cell_does_not_turn_the_column(self):
        dates = [f"{day:02d}/03/2025" for day in range(1, 20)]
        for bad in ("31/02/2025", "0000-00-00", "n/a"):
            found = profile([*dates, bad])
            self.assertEqual(found.kind, "date")
            self.assertLess(found.confidence, 1)
        self.assertEqual(profile(["1.5", "2.5", "3.25", "4.75", "1.2.3"]).kind, "float")

    def test_memory_is_bounded_and_distinct_estimated(self):
        column = ColumnStatistics("Name")
        for number in range(50_000):
            column.add(f"Name {number}")
        self.assertLessEqual(len(column.values), DISTINCT_CAP)
        self.assertFalse(any(column.parts.values()))
        self.assertAlmostEqual(column.profile().distinct / 50_000, 1, delta=0.1)

    def test_late_repeat_is_no_identifier(self):
        values = [f"X{number}" for number in range(5_000)]
        self.assertEqual(profile(values, "Number").kind, "identifier")
        self.assertNotEqual(profile([*values, "X7"], "Number").kind, "identifier")


class TestDateOrder(unittest.TestCase):
    def test_day_beyond_twelve_proves_the_order(self):
        self.assertEqual(profile(["03/04/2024", "25/04/2024"]).options["date_order"], "dmy")
        self.assertEqual(profile(["03/04/2024", "04/25/2024"]).options["date_order"], "mdy")

    def test_iso_and_named_months_prove_nothing(self):
        found = profile(["03/04/2024", "2024-04-25", "25 Apr 2024"])
        self.assertNotIn("date_order", found.options)
        self.assertEqual(found.problems[0].code, "ambiguous_date")

    def test_impossible_date_proves_nothing(self):
        values = ["04/25/2024", "03/04/2024", "05/30/2024", "31/02/2025"]
        self.assertEqual(profile(values).options["date_order"], "mdy")

    def test_proof_of_a_sister_column_counts(self):
        doubtful, sister = profile(["03/04/2024"] * 3), profile(["04/25/2024"] * 3)
        settle_dates([doubtful, sister])
        self.assertEqual((doubtful.options["date_order"], doubtful.problems), ("mdy", []))

    def test_sisters_that_disagree_settle_nothing(self):
        doubtful = profile(["03/04/2024"] * 3)
        settle_dates([doubtful, profile(["04/25/2024"] * 3), profile(["25/04/2024"] * 3)])
        self.assertEqual(doubtful.problems[0].code, "ambiguous_date")

    def test_times_are_no_witnesses_for_dates(self):
        doubtful = profile(["03/04/2024"] * 3)
        settle_dates([doubtful, profile(["04/25/2024 09:51 PM"] * 3)])
        self.assertEqual(doubtful.problems[0].code, "ambiguous_date")

    def test_points_mean_day_first(self):
        found = profile(["03.04.2024", "05.06.2024"])
        self.assertEqual((found.options["date_order"], found.problems), ("dmy", []))


class TestDecimalMark(unittest.TestCase):
    def test_cells_prove_the_mark(self):
        self.assertEqual(profile(["1.234,56", "12,5", "1.000"]).options["decimal"], ",")
        self.assertEqual(profile(["1,234.56", "1,000", "7"]).options["decimal"], ".")

    def test_doubt_is_told_and_settled_by_sisters(self):
        doubtful, sister = profile(["1,234", "5,678"]), profile(["12,50", "7,25"])
        self.assertEqual(doubtful.problems[0].code, "ambiguous_number")
        settle_dates([doubtful, sister])
        self.assertEqual((doubtful.options["decimal"], doubtful.problems), (",", []))


class TestFurtherKinds(unittest.TestCase):
    def test_names_and_codes(self):
        cases = {
            ("country", "X"): ["Germany", "France", "Italy", "Germany", "Spain"],
            ("country", "Land"): ["Österreich", "Schweiz", "Deutschland", None],
            ("country", "Country Code"): ["DE", "FR", "DE", "AT"],
            ("language", "Sprache"): ["Deutsch", "Englisch", "Deutsch"],
            ("language", "Locale"): ["en_US", "de-DE", "fr"],
            ("currency", "Currency"): ["EUR", "USD", "EUR", "$"],
            ("state", "Bundesland"): ["Bayern", "Hessen", "Bayern", "Berlin"],
            ("html", "Notes"): ["<p>Hi</p>", "<b>x</b> y", "<div>z</div>"],
            ("json", "Extra"): ['{"a": 1}', '[{"b": 2}]', '{"c": null}'],
        }
        for (kind, header), values in cases.items():
            with self.subTest(kind=kind, header=header):
                self.assertIn(kind, KINDS)
                self.assertEqual(profile(values, header).kind, kind)

    def test_names_of_people_and_stages_are_no_countries_nor_languages(self):
        for values in (
            ["Jordan", "Georgia", "Chad", "Michael", "Ann"],
            ["CA", "NY", "TX", "CA"],
            ["New", "Won", "Lost", "New"],
        ):
            with self.subTest(values=values):
                self.assertIn(profile(values * 2).kind, ("choice", "text"))

    def test_answers_of_many_languages(self):
        pairs = (
            "ja nein|oui non|sí no|sim não|ja nee|tak nie|áno nie|ano ne|igen nem|da nu|kyllä ei|"
            "evet hayır|да нет|так ні|ναι όχι|はい いいえ|是 否|예 아니오|نعم لا|כן לא|हाँ नहीं|"
            "ya tidak|jah ei|jā nē|taip ne|wahr falsch|vrai faux|waar onwaar|prawda fałsz"
        )
        for pair in pairs.split("|"):
            with self.subTest(pair=pair):
                self.assertEqual(profile(pair.split() * 4).kind, "boolean")

    def test_several_figures_in_a_cell_and_nothing_beside_them(self):
        """Between the marks of a list may be nothing."""
        found = profile([*map(str, range(11, 31)), "31|", "|", "32||33"], "Amounts")
        self.assertEqual(found.filled, 23)

    def test_figures_are_moments_only_under_a_header_that_says_so(self):
        cases = {
            "seconds": ["1706659200", "1706745600", "1690000000"],
            "milliseconds": ["1706659200000", "1706745600123", "0"],
            "days": ["45322", "45001.5", "44197"],
            "compact": ["20240131", "20231224", "20240229"],
        }
        for way, values in cases.items():
            with self.subTest(way=way):
                found = profile(values, "created_at")
                self.assertEqual(found.options.get("count"), way)
                self.assertIn(found.kind, ("date", "datetime"))
                self.assertNotIn(profile(values, "Serial").kind, ("date", "datetime"))

    def test_different_kinds_in_one_column_are_asked(self):
        dates = [f"2024-03-{day:02d}" for day in range(1, 8)]
        amounts = [f"{number}.50" for number in range(100, 107)]
        found = profile(dates + amounts, "Info")
        self.assertEqual((found.kind, found.problems[0].code), ("text", "mixed_column"))
        words = ["call back", "asked again", "no budget", "who knows"]
        found = profile(dates + words, "Info")
        self.assertEqual((found.kind, found.problems[0].code), ("text", "mixed_column"))
        for names in (["Ada Lovelace", "Bo 3", "Cy Xi", "Di", "Ed", "Flo", "Gus", "Hal", "Ida"],):
            self.assertEqual(profile(names).problems, [])
