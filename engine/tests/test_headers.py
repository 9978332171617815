"""Headers are recognised in many spellings; values decide where the name does not."""

import doctest
import unittest

from .. import headers, vocabulary
from ..headers import match, normalise
from ..profiles import Entity
from ..types import ColumnProfile

TARGETS = {code: entry["target"] for code, entry in vocabulary.load().content["entities"].items()}


def index(code, **facts):
    return vocabulary.load().index(Entity(code, TARGETS[code], **facts))


def best(code, header, kind="", values=(), **facts):
    """Return the slot proposed for a column, or None where nothing fits well enough."""
    few = list(values) if kind == "choice" else []
    profile = ColumnProfile(header, kind, 1.0, 9, 9, 5, list(values), {}, few)
    matches = match(header, index(code, **facts), profile)
    return matches[0].slot.name if matches and matches[0].score >= 0.5 else None


class PartsOfNamesTest(unittest.TestCase):
    def test_two_phrases_in_any_order(self):
        for code, header, slot in (
            ("contact", "Company ID", "parent_id"),
            ("deal", "Motif de la perte", "lost_reason"),
            ("deal", "ID de la empresa", "company_id"),
            ("company", "Owner e-mail", "owner"),
        ):
            self.assertEqual(best(code, header), slot, header)

    def test_compounds_of_a_qualifier_and_a_name(self):
        for header, slot in (
            ("Rechnungsort", "city"),
            ("Faktureringspostnummer", "zip"),
            ("請求先市区町村", "city"),
        ):
            self.assertEqual(best("company", header), slot, header)
        self.assertIsNone(best("company", "Lieferort"))

    def test_a_number_belongs_to_what_is_named(self):
        self.assertEqual(best("company", "Billing Street 2"), "street2")
        self.assertIsNone(best("company", "Shipping Street 2"))

    def test_values_without_the_sign_of_the_kind(self):
        self.assertIsNone(best("contact", "Created", "choice", ["Jones", "Smith"]))
        self.assertIsNone(best("contact", "Email", "choice", ["yes", "no"]))
        self.assertEqual(best("contact", "Email", "text", ["a@b.example; c@d.example"]), "email")


class NormaliseTest(unittest.TestCase):
    def test_spellings_are_one(self):
        for spelling in ("firstName", "first_name", "FIRST NAME", "First-Name", "First_Name__c"):
            self.assertEqual(normalise(spelling), "first name", spelling)

    def test_signs_and_units(self):
        for header, words in (
            ("Betrag (EUR)", "betrag"),
            ("Straße", "strasse"),
            ("Contact #", "contact no"),
            ("addresses.0.city", "addresses 0 city"),
            ("CRMId", "crm id"),
            ("Телефон", "телефон"),
            ("", ""),
        ):
            self.assertEqual(normalise(header), words)


class SpellingTest(unittest.TestCase):
    def test_languages(self):
        for code, header, slot in (
            ("contact", "Nachname", "last_name"),
            ("contact", "Apellidos", "last_name"),
            ("contact", "Code postal (bureau)", "zip"),
            ("contact", "Telefon geschäftlich", "phone"),
            ("contact", "Cellulare", "mobile"),
            ("contact", "workEmail", "email"),
            ("company", "Kundennummer", "ref"),
            ("company", "Secteur d'activité", "industry"),
            ("deal", "Fecha prevista de cierre", "close_date"),
            ("deal", "Win %", "probability"),
            ("deal", "Deal - Currency of Value", "currency"),
            ("activity", "Zu erledigen bis", "due"),
            ("activity", "ID de l'objet", "related_id"),
        ):
            self.assertEqual(best(code, header), slot, header)

    def test_templates_follow_the_entity(self):
        self.assertEqual(best("company", "Company ID"), "id")
        self.assertEqual(best("contact", "Company ID"), "parent_id")
        self.assertEqual(best("deal", "Company ID"), "company_id")
        self.assertEqual(best("company", "Firma"), "name")
        self.assertEqual(best("contact", "Firma"), "parent_name")

    def test_both_parts_of_a_double_name(self):
        self.assertEqual(best("contact", "City/Town"), "city")
        self.assertEqual(best("contact", "Notes & Comments"), "notes")
        self.assertIsNone(best("contact", "City/Birthday"))

    def test_parts_of_a_name_as_interfaces_write_them(self):
        """vCard in JSON and its like: {"name": {"given": …, "family": …}}."""
        for header, slot in (
            ("given", "first_name"), ("family", "last_name"),
            ("name.given", "first_name"), ("name.family", "last_name"),
        ):  # fmt: skip
            self.assertEqual(best("contact", header, "text", ["Ines", "Otto"]), slot, header)

    def test_misspelling(self):
        matches = match("Probabilty", index("deal"))
        self.assertEqual((matches[0].slot.name, matches[0].reason), ("probability", "similar"))

    def test_second_address_is_not_the_first(self):
        for header in ("Home Street", "Shipping City", "Postleitzahl privat", "Phone 2", "Tel. 3"):
            self.assertIsNone(best("contact", header), header)
        self.assertEqual(best("contact", "E-Mail privat"), "email2")

    def test_words_that_change_the_meaning(self):
        for code, header in (
            ("contact", "Email Type"),
            ("contact", "Email Bounced"),
            ("contact", "Last Purchase Date"),
            ("deal", "Forecast Amount"),
            ("deal", "Contract End Date"),
            ("company", "Annual Revenue"),
        ):
            self.assertIsNone(best(code, header), header)

    def test_as_the_product_names_it(self):
        matches = match("background", index("contact", columns={"Background": "notes"}))
        self.assertEqual((matches[0].score, matches[0].reason), (1.0, "profile"))


class EvidenceTest(unittest.TestCase):
    def test_state(self):
        ends = ("open", "won", "lost")
        self.assertEqual(best("deal", "State", "choice", ends), "status")
        self.assertEqual(best("contact", "State", "choice", ("Texas", "Ohio")), "state")

    def test_status_of_a_lead_is_its_stage(self):
        self.assertEqual(best("lead", "Status", "choice", ("New", "Contacted")), "lead_status")
        self.assertEqual(best("lead", "Status", "choice", ("Open", "Won")), "lead_outcome")

    def test_title(self):
        self.assertEqual(best("contact", "Title", "choice", ("Mr.", "Mrs.")), "salutation")
        self.assertEqual(best("contact", "Title", "choice", ("CFO", "Buyer")), "function")
        self.assertEqual(best("deal", "Title", "text"), "name")

    def test_role(self):
        self.assertEqual(best("contact", "Role", "choice", ("CFO",)), "function")
        self.assertEqual(best("owner", "Role", "choice", ("Admin",)), "role")

    def test_related(self):
        self.assertEqual(best("activity", "Bezug", "choice", ("Deal", "Contact")), "related_type")
        self.assertEqual(best("activity", "Linked Record", "text", ("D1", "D2")), "related_id")
        self.assertEqual(best("activity", "Bezug", "text", ("Acme Ltd",)), "related_name")

    def test_codes_are_no_names(self):
        self.assertEqual(best("deal", "Contact", "text", ("con_12", "con_9")), "contact_id")
        self.assertEqual(best("deal", "Contact", "text", ("Ada Byron",)), "contact_name")

    def test_an_email_is_no_phone(self):
        phone = match("Phone", index("contact"), ColumnProfile("Phone", "email", 1.0, 9, 9, 9))
        self.assertLess(phone[0].score, 0.7)

    def test_closed(self):
        self.assertEqual(best("activity", "Closed", "boolean"), "done")
        self.assertEqual(best("activity", "Closed", "datetime"), "done_at")
        self.assertIsNone(best("deal", "Won By", "choice", ("Ada",)))

    def test_values_alone(self):
        kinds = ("Anruf", "Besprechung", "Aufgabe")
        self.assertEqual(best("activity", "Xyz", "choice", kinds), "kind")
        self.assertEqual(best("contact", "Sähköposti", "email"), "email")
        self.assertIsNone(best("contact", "Xyz", "text"))


def load_tests(loader, tests, ignore):
    tests.addTests(doctest.DocTestSuite(headers))
    tests.addTests(doctest.DocTestSuite(vocabulary))
    return tests


if __name__ == "__main__":
    unittest.main()
