import random
from unittest.mock import patch

import phonenumbers
from phonenumbers import PhoneNumberFormat as Format

from odoo.exceptions import UserError
from odoo.tests import TransactionCase, tagged

from odoo.addons.phone_validation.tools import phone_validation

from ..models.bulk.stand_ins import phones

FORMATS = (Format.E164, Format.INTERNATIONAL, Format.NATIONAL, Format.RFC3966)
# What people and exports write that is not quite, or not at all, a number.
ODD = (
    "", " ", "+", "0", "00", "112", "none", "call me", "+49", "0049", "049 (0) 30 / 123456",
    "++49 30 123456", "49 30 123456", "0049 30 123456", "+1 800 FLOWERS", "1-800-flowers",
    "+39 06 698 12345", "06 698 12345", "+55 11 6123 4567", "(11) 6123-4567", "+52 1 33 1234 5678",
    "+54 9 11 2345-6789", "011 15 2345-6789", "+7 (495) 123-45-67", "8 (495) 123-45-67",
    "8 0152 45-09-11", "88 0152 45-09-11", "0(02) 1234 5678", "00412 345 678",
    "+44 (0)20 7946 0018", "020 7946 0018 ext. 12", "+1 212 555 0123 x 5",
    "+1 212 555 0123 / 0124", "０３ １２３４ ５６７８", "+99 123",
    "+800 1234 5678", "+0 123", "tel:+49-30-123456;ext=7", "9" * 30, "1" * 300,
)  # fmt: skip


@tagged("post_install", "-at_install", "crm_migration")
class TestPhones(TransactionCase):
    """A number that is not read twice comes out as Odoo has it, which reads it twice."""

    def setUp(self):
        super().setUp()
        self.chance = random.Random(7)
        phones.format_phone.cache_clear()
        self.addCleanup(phones.format_phone.cache_clear)

    def format_by_odoo(self, number, code):
        try:
            return phone_validation.phone_format(number, code, None, "E164")
        except UserError:
            return False

    def numbers(self):
        """Yield numbers of all kinds of all countries, as written in many ways."""
        for region in sorted(phonenumbers.SUPPORTED_REGIONS):
            for kind in phonenumbers.PhoneNumberType.values():
                number = phonenumbers.example_number_for_type(region, kind)
                if number:
                    text = phonenumbers.format_number(number, self.chance.choice(FORMATS))
                    yield region, text
                    yield region, self.spoil(text)
        for text in ODD:
            for region in ("DE", "US", "BR", "IT", "GB", "BY", "AU"):
                yield region, text

    def spoil(self, text):
        """Return a text with a letter more, less or another one, or another beginning."""
        place = self.chance.randrange(len(text))
        new = self.chance.choice("0123456789 -/(.;,x#A０")
        return self.chance.choice(
            (
                text[:place] + new + text[place:],
                text[:place] + new + text[place + 1 :],
                text[:place] + text[place + 1 :],
                f"{text} ext. 12",
                f"0{text}",
                f"00{text}",
                text.replace("+", "00"),
                text.replace("+", ""),
                text.replace(" ", " (0) ", 1),
                "".join(filter(str.isdigit, text)),
            )
        )

    def test_all_countries(self):
        found = 0
        regions = sorted(phonenumbers.SUPPORTED_REGIONS)
        for region, text in self.numbers():
            for code in (region, self.chance.choice(regions), None, "XX"):
                expected = self.format_by_odoo(text, code)
                found += bool(expected)
                self.assertEqual(phones.format_phone(text, code), expected, (text, code))
        self.assertGreater(found, 4000)

    def test_plain_numbers_are_read_once(self):
        parse = phonenumbers.parse
        with patch.object(phonenumbers, "parse", side_effect=parse) as reading:
            for number in ("+49 30 901820", "030 901820", "+49 30 1"):
                phones.format_phone(number, "DE")
            self.assertEqual(reading.call_count, 3)
            # Odoo mends it by reading what it wrote.
            self.assertEqual(phones.format_phone("+55 11 6123-4567", "BR"), "+5511961234567")
            self.assertEqual(reading.call_count, 5)

    def test_an_unknown_odoo_formats_by_itself(self):
        with patch.object(phone_validation, "phone_format", lambda *args, **options: "mine"):
            self.assertEqual(phones.format_phone("+49 30 901820", "DE"), "mine")
