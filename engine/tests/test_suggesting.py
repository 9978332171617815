"""The entry point for headers and values: targets by name, certainty, the next best."""

import unittest

from ..exceptions import ConfigurationError
from ..proposing import propose


def targets(*args, **more):
    return {column: found.target for column, found in propose(*args, **more).items()}


class ProposeTest(unittest.TestCase):
    def test_every_column_has_an_answer(self):
        found = propose(["E-Mail", "Xyzzy"], {}, "contact")
        self.assertEqual(list(found), ["E-Mail", "Xyzzy"])
        for one in found.values():
            self.assertEqual(len(one.alternatives), 2)
            self.assertTrue(one.reason and one.explanation)
            self.assertTrue(0 < one.score <= 1)
            self.assertNotIn(one.target, one.alternatives)

    def test_addresses_whose_qualifier_is_not_known(self):
        names = ["Xyzzy Street", "Xyzzy City", "Xyzzy Zip", "Plugh City", "Plugh Zip"]
        found = targets(["Name", *names], {}, "company")
        expected = ["name", "street", "city", "zip", "custom", "custom"]
        self.assertEqual(list(found.values()), expected)
        found = targets(["Name", "Shipping Street", "Shipping City", *names[1:3]], {}, "company")
        self.assertEqual(list(found.values()), ["name", "custom", "custom", "city", "zip"])

    def test_part_and_whose_address(self):
        names = ["Street (Company Address)", "City (Company Address)", "City (Private Address)"]
        found = targets(["First Name", "Last Name", *names], {}, "contact")
        self.assertEqual(list(found.values()), ["name", "name", "street", "city", "custom"])

    def test_a_word_for_state_is_a_status_without_an_address(self):
        self.assertEqual(targets(["Nombre", "Estado"], {}, "lead")["Estado"], "stage_id")
        columns = ["Nombre", "Calle", "Ciudad", "Estado"]
        self.assertEqual(targets(columns, {}, "lead")["Estado"], "state_id")

    def test_status_of_leads_and_deals(self):
        self.assertEqual(targets(["Status"], {"Status": ["Working"]}, "lead")["Status"], "stage_id")
        self.assertEqual(targets(["Status"], {"Status": ["Won"]}, "deal")["Status"], "won_status")
        self.assertEqual(
            targets(["Status"], {"Status": ["Proposal"]}, "deal")["Status"], "stage_id"
        )

    def test_one_value_without_a_name_is_no_evidence(self):
        for column, value in (("Xyzzy", "Active"), ("Plugh", "8a1f2c3d-4b5e-6789")):
            self.assertEqual(targets([column], {column: [value]}, "deal")[column], "custom")

    def test_the_contact_s_email_beside_his_name(self):
        found = targets(["Deal Name", "Contact Name", "Contact Email"], {}, "deal")
        self.assertEqual(list(found.values()), ["name", "partner_id", "email_from"])

    def test_names_of_the_destination(self):
        header = [
            "Record ID",
            "Deal Name",
            "Amount",
            "Create Date",
            "Last Modified Date",
            "Currency",
        ]
        expected = ["id", "name", "expected_revenue", "create_date", "write_date", "custom"]
        self.assertEqual(list(targets(header, {}, "deal").values()), expected)

    def test_samples_by_column_or_by_row(self):
        columns = ["State", "Name"]
        rows = [["won", "Roof"], ["lost", "Door"], ["open", "Wall"]]
        by_column = {"State": ["won", "lost", "open"], "Name": ["Roof", "Door", "Wall"]}
        as_dicts = [dict(zip(columns, row, strict=True)) for row in rows]
        for samples in (rows, by_column, as_dicts):
            self.assertEqual(targets(columns, samples, "deal")["State"], "won_status")

    def test_values_need_not_be_text(self):
        found = targets(
            ["Amount", "Probability"], {"Amount": [12.5, None], "Probability": [40]}, "deal"
        )
        self.assertEqual(list(found.values()), ["expected_revenue", "probability"])

    def test_finds_out_what_the_table_is(self):
        deal = ["Nom de l'affaire", "Montant", "Étape", "Date de clôture", "Probabilité (%)"]
        self.assertEqual(targets(deal)["Montant"], "expected_revenue")
        person = ["Voornaam", "Achternaam", "Functie", "Bedrijf", "E-mail"]
        self.assertEqual(targets(person)["Bedrijf"], "parent_id")

    def test_profile_by_code(self):
        found = targets(["price", "due_on"], {}, "deal", profile="karmacrm")
        self.assertEqual(list(found.values()), ["expected_revenue", "date_deadline"])

    def test_unknown_entity(self):
        with self.assertRaises(ConfigurationError):
            propose(["A"], {}, "spaceship")


class CertainTest(unittest.TestCase):
    def certain(self, entity, *columns, **samples):
        return [found.certain for found in propose(list(columns), samples, entity).values()]

    def test_a_usual_name_is_certain(self):
        self.assertEqual(self.certain("contact", "First Name", "Phone"), [True, True])

    def test_known_to_have_no_field(self):
        found = propose(["Email Bounced"], {}, "contact")["Email Bounced"]
        self.assertEqual((found.target, found.reason, found.certain), ("custom", "known", True))

    def test_what_nobody_knows_is_a_question(self):
        self.assertEqual(self.certain("contact", "Xyzzy", "Zip Email Thing"), [False, False])

    def test_a_word_with_two_meanings(self):
        self.assertEqual(self.certain("deal", "Estado"), [False])

    def test_two_columns_that_may_be_it(self):
        self.assertEqual(self.certain("company", "Besitzer", "Zuständig"), [False, False])

    def test_values_of_another_kind(self):
        self.assertEqual(self.certain("contact", "Phone", Phone=["a@b.example"]), [False])

    def test_values_prove_what_a_name_leaves_open(self):
        self.assertFalse(any(self.certain("deal", "Status", Status=["Open"])))
        self.assertEqual([True], self.certain("deal", "Status", Status=["Open", "Won", "Lost"]))

    def test_times_of_a_list_of_many_kinds(self):
        kinds = ["Meeting", "Call", "Task"]
        ends = [f"2024-05-0{n} 10:30" for n in (1, 2, 3)]
        found = propose(["Type", "End"], {"Type": kinds, "End": ends}, "activity")
        self.assertEqual(("stop", True), (found["End"].target, found["End"].certain))
        self.assertEqual([False], self.certain("activity", "End", End=ends))

    def test_custom_where_no_field_is_left_for_such_values(self):
        answers = ["yes", "no", "yes", "no"]
        self.assertEqual([False], self.certain("company", "Xyzzy", Xyzzy=answers))
        both = self.certain("company", "Active", "Xyzzy", Active=answers, Xyzzy=answers)
        self.assertEqual([True, True], both)

    def test_a_prefix_of_all_columns_says_nothing(self):
        names = ["crm_vorname", "crm_nachname", "crm_ort", "crm_zustaendig"]
        found = propose(names, {}, "contact")
        self.assertEqual(
            ["name", "name", "city", "user_id"], [one.target for one in found.values()]
        )
        self.assertTrue(found["crm_ort"].certain)
        home = [f"Home {part}" for part in ("street", "city", "zip", "country")]
        targets = {one.target for one in propose(home, {}, "contact").values()}
        self.assertNotIn("city", targets)

    def test_another_beginning_is_another_word(self):
        names = ["Copropietario", "Co-propietario"]
        for name in names:
            self.assertEqual("custom", propose([name], {}, "deal")[name].target)

    def test_phrases_with_joined_articles(self):
        found = propose(["Data di chiusura dell'affare", "Motivi di chiusura"], {}, "deal")
        self.assertEqual("date_deadline", found["Data di chiusura dell'affare"].target)

    def test_the_only_name_of_a_deal_is_its_name(self):
        self.assertEqual("name", propose(["Ime", "Iznos"], {}, "deal")["Ime"].target)


class NeighbourTest(unittest.TestCase):
    def test_title_of_a_person(self):
        self.assertEqual(
            targets(["First Name", "Last Name", "Title"], {}, "lead")["Title"], "function"
        )
        self.assertEqual(targets(["Title", "Value"], {}, "deal")["Title"], "name")
        person = targets(["Anrede", "Titel", "Name", "Funktion"], {}, "contact")
        self.assertEqual((person["Titel"], person["Funktion"]), ("custom", "function"))

    def test_the_only_number_is_the_main_one(self):
        self.assertEqual(targets(["Name", "Mobile"], {}, "contact")["Mobile"], "phone")
        self.assertEqual(targets(["Phone", "Mobile"], {}, "contact")["Mobile"], "custom")

    def test_expected_and_actual_close(self):
        found = targets(["Previsão de fechamento", "Data de fechamento"], {}, "deal")
        self.assertEqual(list(found.values()), ["date_deadline", "date_closed"])

    def test_start_of_a_thing_to_do(self):
        self.assertEqual(
            targets(["Subject", "Start Date", "Due Date"], {}, "activity")["Start Date"], "custom"
        )


if __name__ == "__main__":
    unittest.main()
