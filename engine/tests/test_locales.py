"""Columns as programs of many countries write them are told by all their rows, and read right.

Every value is made by CLDR's own formats, so that what a locale writes is no opinion of ours. What
may not happen is a wrong value; what cannot be decided is asked.
"""

import random
import unittest
from datetime import date, datetime, timedelta
from decimal import Decimal

from babel.dates import format_date, format_datetime
from babel.numbers import format_currency, format_decimal, format_percent
from hypothesis import example, given, settings
from hypothesis import strategies as st

from ..exceptions import ValueProblem
from ..inference import ColumnStatistics
from ..transforms import TRANSFORMS
from ..types import Noted

CURRENCIES = {
    "en_US": "USD", "en_GB": "GBP", "de_DE": "EUR", "de_CH": "CHF", "fr_FR": "EUR",
    "fr_CH": "CHF", "es_ES": "EUR", "it_IT": "EUR", "pt_BR": "BRL", "nl_NL": "EUR",
    "pl_PL": "PLN", "sv_SE": "SEK", "da_DK": "DKK", "nb_NO": "NOK", "fi_FI": "EUR",
    "cs_CZ": "CZK", "hu_HU": "HUF", "tr_TR": "TRY", "ru_RU": "RUB", "ja_JP": "JPY",
    "zh_CN": "CNY", "en_IN": "INR", "hi_IN": "INR", "ar_EG": "EGP", "ko_KR": "KRW",
    "el_GR": "EUR", "ro_RO": "RON", "uk_UA": "UAH",
}  # fmt: skip
LOCALES = list(CURRENCIES)
#: Years first in two digits ("21. 11. 12.") look like days first: left unread, and told.
UNREAD = {("date short", "ko_KR"), ("datetime short", "ko_KR")}
#: The wide sign is the yen's and the yuan's: thousands or not is asked.
ASKED = {("money", "ja_JP")}


def profile(cells):
    column = ColumnStatistics("Column")
    for cell in cells:
        column.add(cell)
    return column.profile()


def read(transform, cell, options):
    """Return what a cell is read as, or None if it is told to be unreadable."""
    try:
        value = TRANSFORMS[transform].function(cell, options)
    except ValueProblem:
        return None
    return value.value if isinstance(value, Noted) else value


def group(locale):
    return "#,##,##0.00" if locale.endswith("_IN") else "#,##0.00"


class TestLocales(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        chance = random.Random(5)
        cls.figures = [Decimal(chance.randrange(1, 10 ** chance.randrange(3, 9))) / 100
                       for __ in range(25)]  # fmt: skip
        days = [chance.randrange(2_200) for __ in range(25)]
        cls.days = [date(2019, 1, 1) + timedelta(days=day) for day in days]
        cls.moments = [
            datetime(2019, 1, 1) + timedelta(days=day, minutes=37 * day % 1440) for day in days
        ]

    def check(self, what, locale, kinds, transform, cells, expected):
        found = profile(cells)
        read_cells = [read(transform, cell, found.options) for cell in cells]
        with self.subTest(what=what, locale=locale):
            wrong = [
                (cell, value, right)
                for cell, value, right in zip(cells, read_cells, expected, strict=True)
                if value is not None and value != right
            ]
            self.assertEqual(wrong, [])
            if (what, locale) in UNREAD:
                return
            self.assertIn(found.kind, kinds)
            if (what, locale) in ASKED:
                self.assertTrue(found.problems)
            else:
                self.assertEqual(read_cells, expected)

    def test_numbers(self):
        for locale in LOCALES:
            cells = [format_decimal(one, group(locale), locale=locale) for one in self.figures]
            self.check("number", locale, ["float"], "float", cells, list(map(float, self.figures)))
            whole = [int(one) for one in self.figures]
            cells = [format_decimal(one, locale=locale) for one in whole]
            self.check("whole", locale, ["integer", "float"], "integer", cells, whole)
            cells = [format_percent(one / 1000, "#,##0.0 %", locale=locale) for one in range(25)]
            self.check(
                "percent", locale, ["percent"], "percent", cells, [one / 10 for one in range(25)]
            )

    def test_money(self):
        for locale, currency in CURRENCIES.items():
            whole = currency in ("JPY", "KRW")
            amounts = [Decimal(int(one)) if whole else one for one in self.figures]
            cells = [format_currency(one, currency, locale=locale) for one in amounts]
            expected = list(map(float, amounts))
            self.check("money", locale, ["money"], "money", cells, expected)
            coded = "¤¤ " + group(locale)
            cells = [format_currency(one, currency, coded, locale=locale) for one in amounts]
            self.check("code", locale, ["money"], "money", cells, expected)

    def test_dates(self):
        expected = [day.isoformat() for day in self.days]
        for locale in LOCALES:
            for length in ("short", "medium", "long", "full"):
                cells = [format_date(day, length, locale=locale) for day in self.days]
                self.check(f"date {length}", locale, ["date"], "date", cells, expected)

    def test_times(self):
        expected = [moment.isoformat(" ") for moment in self.moments]
        for locale in LOCALES:
            for length in ("short", "medium"):
                cells = [format_datetime(one, length, locale=locale) for one in self.moments]
                self.check(f"datetime {length}", locale, ["datetime"], "datetime", cells, expected)

    def test_one_name_of_two_months_is_told_by_the_others(self):
        """``lis`` is November in Polish and October in Croatian."""
        polish = profile(["12 lis 2021", "3 sty 2022", "5 maj 2022"])
        self.assertEqual(read("date", "12 lis 2021", polish.options), "2021-11-12")
        croatian = profile(["12 lis 2021", "3 sij 2022", "5 svi 2022"])
        self.assertEqual(read("date", "12 lis 2021", croatian.options), "2021-10-12")
        doubtful = profile(["12 lis 2021", "13 lis 2021", "14 lis 2021"])
        self.assertEqual(doubtful.problems[0].code, "ambiguous_date")
        self.assertIsNone(read("date", "12 lis 2021", doubtful.options))


class TestRoundTrips(unittest.TestCase):
    """Whatever a locale's format makes of a value, reading gives that value or tells a doubt."""

    @settings(max_examples=300, deadline=None)
    @given(
        st.sampled_from(LOCALES),
        st.decimals(-(10**12), 10**12, allow_nan=False, allow_infinity=False, places=2),
    )
    def test_number(self, locale, figure):
        cell = format_decimal(figure, group(locale), locale=locale)
        value = read("float", cell, {})
        self.assertIn(value, (None, float(figure)))
        mark = format_decimal(Decimal("0.5"), locale=locale)[1]
        self.assertEqual(read("float", cell, {"decimal": mark}), float(figure))

    @settings(max_examples=300, deadline=None)
    @given(
        st.sampled_from(LOCALES),
        st.dates(date(1951, 1, 1), date(2049, 12, 31)),
        st.sampled_from(["short", "medium", "long", "full"]),
    )
    def test_date(self, locale, day, length):
        cell = format_date(day, length, locale=locale)
        if (f"date {length}", locale) in UNREAD:
            return
        self.assertIn(read("date", cell, {}), (None, day.isoformat()))
        order = "mdy" if locale == "en_US" else "dmy"
        language = locale[:2]
        self.assertEqual(
            read("date", cell, {"date_order": order, "language": language}), day.isoformat()
        )

    @settings(max_examples=200, deadline=None)
    @given(
        st.datetimes(datetime(1971, 1, 1), datetime(2049, 12, 31)),
        st.integers(-14 * 60, 14 * 60),
    )
    def test_offset(self, moment, minutes):
        moment = moment.replace(microsecond=0)
        sign, (hours, rest) = "-" if minutes < 0 else "+", divmod(abs(minutes), 60)
        cell = f"{moment.isoformat()}{sign}{hours:02d}:{rest:02d}"
        expected = moment - timedelta(minutes=minutes)
        self.assertEqual(read("datetime", cell, {}), expected.isoformat(" "))

    @settings(max_examples=200, deadline=None)
    @given(st.text(max_size=40))
    @example("E0")
    def test_any_text_is_read_or_told(self, text):
        for transform in ("date", "datetime", "float", "money", "percent", "integer", "boolean"):
            read(transform, text, {})
