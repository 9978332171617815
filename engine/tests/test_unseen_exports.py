"""Exports of another hand than the samples': what went wrong with them once."""

import io
import json
import unittest
from datetime import date, timedelta

from .. import profiles, proposing
from ..inference import ColumnStatistics
from ..reading import json_file


def propose(code, entity, table):
    """Return {column: (field, reference, options)} of a table given as {column: values}."""
    columns = []
    for name, values in table.items():
        statistics = ColumnStatistics(name)
        statistics.add_all(values)
        columns.append(statistics.profile())
    return {
        one.rule.column: (one.rule.field, one.rule.reference, one.rule.options)
        for one in proposing.propose_map(profiles.load(code).entity(entity), columns)
    }


def days(start, count=6):
    return [str(date.fromisoformat(start) + timedelta(days=n)) for n in range(count)]


class NestedDataTest(unittest.TestCase):
    """Keys of nested JSON are read by what they end with, if only a holder is before it."""

    def test_holders_say_nothing(self):
        found = propose(
            "streetsmart",
            "deal",
            {
                "id": ["501", "502", "503"],
                "title": ["Oven", "Loom", "Mill"],
                "value.amount": ["1234.75", "20.00", "7.50"],
                "value.currency": ["EUR", "USD", "EUR"],
                "manager.email": ["a@b.example", "c@d.example", "e@f.example"],
            },
        )
        self.assertEqual(found["value.amount"][0], "expected_revenue")
        self.assertEqual(found["value.currency"][0], "x_source_currency")
        self.assertNotEqual(found["manager.email"][0], "email_from")

    def test_numbers_in_lists_by_their_kind(self):
        found = propose(
            "streetsmart",
            "contact",
            {
                "id": ["901", "902", "903"],
                "first_name": ["Ada", "Bo", "Cy"],
                "phones.1.type": ["mobile", "mobile", "mobile"],
                "phones.1.number": ["+43 664 1", "+43 664 2345678", "+43 664 3456789"],
                "phones.2.type": ["work", "work", "work"],
                "phones.2.number": ["+43 316 1234567", "+43 316 2345678", "+43 316 3456789"],
                "contact_info.website": ["www.a.example", "www.b.example", "www.c.example"],
            },
        )
        self.assertEqual(found["phones.1.number"][0], "x_mobile")
        self.assertEqual(found["phones.2.number"][0], "phone")
        self.assertEqual(found["phones.1.type"][0], proposing.KEPT)
        self.assertEqual(found["contact_info.website"][0], "website")

    def test_stages_of_pipelines_are_rows(self):
        text = json.dumps(
            {
                "data": [
                    {"id": 1, "name": "New", "stages": [{"id": 7, "name": "A"}, {"name": "B"}]},
                    {"id": 2, "name": "Old", "stages": [{"id": 9, "name": "A"}]},
                ]
            }
        )
        (table,) = self.read(text, "pipelines.json")
        rows = [dict(zip(table.header, cells, strict=True)) for __, cells in table.records()]
        self.assertEqual(
            [(row["pipeline.name"], row["name"]) for row in rows],
            [("New", "A"), ("New", "B"), ("Old", "A")],
        )
        # The stages that a deal went through are its history.
        (table,) = self.read(text, "deals.json")
        self.assertIn("stages.1.name", table.header)

    def test_no_column_for_an_object_that_is_missing(self):
        (table,) = self.read('[{"id": 1, "parent": null}, {"id": 2, "parent": {"id": 1}}]', "x")
        self.assertEqual(table.header, ["id", "parent.id"])

    def read(self, text, name):
        return json_file.read(lambda: io.BytesIO(text.encode()), name, {})


class ColumnsTest(unittest.TestCase):
    def test_several_times_of_several_kinds(self):
        """Each kind of activity has its own column of times: none is left behind."""
        found = propose(
            "streetsmart",
            "activity",
            {
                "id": ["1", "2", "3", "4", "5", "6"],
                "type": ["call", "meeting", "note", "meeting", "call", "note"],
                "occurred_at": days("2024-01-01"),
                "start_time": days("2024-02-01"),
                "Duration (sec)": ["60", "120", "90", "30", "45", "600"],
            },
        )
        self.assertEqual(found["occurred_at"][0], "date")
        self.assertEqual(found["start_time"][0], "date")
        self.assertEqual(found["Duration (sec)"][0], "duration")
        self.assertEqual(found["Duration (sec)"][2]["unit"], "seconds")

    def test_titles_of_what_has_no_name(self):
        names = ["Mill & Co", "Oven Ltd", "Loom AG", "Dye BV"]
        found = propose("streetsmart", "company", {"id": ["1", "2", "3", "4"], "title": names})
        self.assertEqual(found["title"][0], "name")
        found = propose(
            "spark_crm",
            "lead",
            {
                "Lead-ID": ["L1", "L2", "L3", "L4"],
                "Titel": names,
                "Naam": ["A B", "C D", "E F", "G"],
            },
        )
        self.assertEqual(found["Titel"][0], "name")
        self.assertEqual(found["Naam"][0], "contact_name")

    def test_keys_called_after_the_record(self):
        deals = {
            "Negócio": ["5000", "5001", "5002", "5003"],
            "Título": ["Tear", "Forno", "Moinho", "Fio"],
        }
        found = propose("smart_crm_online", "deal", deals)
        self.assertEqual((found["Negócio"][0], found["Título"][0]), ("id", "name"))
        calls = {
            "Cód.": ["3000", "3005", "3010"],
            "Objeto": ["Negócio", "Contacto", "Contacto"],
            "Cód. registo": ["5000", "9005", "9777"],
        }
        found = propose("smart_crm_online", "call", calls)
        self.assertEqual([found[name][0] for name in calls], ["id", "res_model", "res_id"])

    def test_first_column_of_codes_is_the_key(self):
        found = propose(
            "spark_crm", "owner", {"Gebruikersnummer": ["u1", "u2", "u3"], "Naam": ["A", "B", "C"]}
        )
        self.assertEqual(found["Gebruikersnummer"][0], "id")

    def test_several_companies_in_a_cell(self):
        found = propose(
            "spark_crm",
            "contact",
            {"Contact-ID": ["C1", "C2", "C3"], "Bedrijfs-ID's": ["B-1", "B-2;B-1", "B-3"]},
        )
        self.assertEqual(found["Bedrijfs-ID's"][:2], ("x_source_company_ids", "company.any"))

    def test_names_of_persons_that_are_addresses(self):
        found = propose(
            "crmconnect",
            "enrolment",
            {
                "Student": ["a@b.example", "c@d.example", "e@f.example"],
                "Course": ["Weaving", "Dyeing", "Weaving"],
            },
        )
        self.assertEqual(found["Student"][:2], ("partner_id", "contact.email"))

    def test_files_of_a_deal_and_of_a_contact(self):
        found = propose(
            "spark_crm",
            "attachment",
            {
                "Bijlage-ID": ["A1", "A2", "A3"],
                "Deal-ID": ["D-1", "", "D-3"],
                "Contact-ID": ["", "C-2", ""],
            },
        )
        self.assertEqual(found["Deal-ID"][:2], ("res_id", "deal.id"))
        self.assertEqual(found["Contact-ID"][:2], ("res_id", "contact.id"))


class FilesTest(unittest.TestCase):
    def test_names_in_other_languages(self):
        for code, name, entity in (
            ("karmacrm", "évènements.csv", "meeting"),
            ("smart_crm_online", "reunioes.xlsx", "meeting"),
            ("spark_crm", "gebruikers.csv", "owner"),
            ("streetsmart", "spotkania.csv", "meeting"),
        ):
            profile = profiles.load(code)
            (known,) = proposing.file_names(name)
            best = max(profile.entities, key=lambda one, known=known: one.names_file(known))
            self.assertEqual(best.code, entity, name)

    def test_files_that_have_no_export_path(self):
        (code,) = [
            kind["code"]
            for kind in profiles.load("karmacrm").inventory
            if profiles.known_part("pieces_jointes", kind["files"])
        ]
        self.assertEqual(code, "attachment")


class StagesTest(unittest.TestCase):
    def test_a_listed_stage_ends_as_its_deals_did(self):
        stages = [("No deal", "lost", 0.0, 3), ("No deal", None, None, 0)]
        (stage,) = proposing.propose_stages(stages, order={"No deal": (5, 0.0)})
        self.assertTrue(stage["is_lost"])


class FieldServiceTest(unittest.TestCase):
    """Job-shaped exports: a site is no company, a job's summary is its name."""

    def test_sites_hang_on_their_customer(self):
        site = {"Location No": ["L1", "L2"], "Account No": ["91", "92"], "City": ["York", "Bath"]}
        found = propose("streetsmart", "site", site)
        self.assertEqual(found["Location No"][0], "id")
        self.assertEqual(found["Account No"][:2], ("parent_id", "company.id"))

    def test_jobs(self):
        job = {
            "Work Order No": ["1", "2", "3"],
            "Summary": ["Fix lift", "Check lift", "Paint lobby"],
            "Department": ["Service", "Service", "Sales"],
            "Technician": ["Ann Lee", "Bo Day", "Ann Lee"],
        }
        found = propose("streetsmart", "deal", job)
        self.assertEqual(found["Summary"][0], "name")
        self.assertEqual(found["Department"][0], "x_department")
        self.assertEqual(found["Technician"][0], "user_id")
        # Beside a name it is a text.
        found = propose("streetsmart", "deal", job | {"Job Name": ["A", "B", "C"]})
        self.assertEqual((found["Job Name"][0], found["Summary"][0]), ("name", "description"))


class CompoundsTest(unittest.TestCase):
    """A kind of record and "number" in one word are its ID, or that of the record it names."""

    def test_numbers(self):
        found = propose("smart_crm_online", "task", {"Aufgabennummer": ["U", "V"]})
        self.assertEqual(found["Aufgabennummer"][0], "id")
        found = propose("smart_crm_online", "contact", {"Firmennummer": ["F", "F"], "Firma": "ab"})
        self.assertEqual(found["Firmennummer"][:2], ("parent_id", "company.id"))
        self.assertEqual(found["Firma"][:2], ("parent_id", "company.name"))
        found = propose("smart_crm_online", "company", {"Firmennummer": ["F-1", "F-2"]})
        self.assertEqual(found["Firmennummer"][0], "id")


class ValuesTest(unittest.TestCase):
    def test_sizes_in_ranges_are_text(self):
        """A field for a number would lose "11-50" (KC-06)."""
        columns = []
        for values in (["11-50", "51-200"], ["12", "300"]):
            statistics = ColumnStatistics("size")
            statistics.add_all(values)
            columns.append(statistics.profile())
        entity = profiles.load("karmacrm").entity("company")
        (ranges,), (figures,) = (proposing.propose_map(entity, [one]) for one in columns)
        self.assertEqual(ranges.rule.field, figures.rule.field)
        self.assertEqual((ranges.field_type, ranges.rule.transform), ("char", "text"))
        self.assertEqual((figures.field_type, figures.rule.transform), ("integer", "integer"))

    def test_lessons_of_a_course_make_it_no_lesson(self):
        course = {"Course Title": ["A", "B"], "Portal": ["P", "P"], "Lessons": ["One|Two", "Three"]}
        found = propose("crmconnect", "course", course)
        self.assertEqual(found["Lessons"][0], proposing.KEPT)
        self.assertEqual(found["Portal"][0], "portal")


class ListsTest(unittest.TestCase):
    """What does not move is told by the file's name in any language, and loaded as nothing else."""

    def test_lists_in_other_languages(self):
        for code, name, kind in (
            ("spark_crm", "paiements.csv", "payment"),
            ("crmconnect", "Automatisierungen.csv", "workflow"),
            ("streetsmart", "plantillas.csv", "template"),
        ):
            found = proposing.recognise(name, ("Id", "Nom", "Montant"), profiles.load(code))
            self.assertEqual(found, (None, 0.0, f"inventory:{kind}"), name)

    def test_one_known_column_makes_no_lead(self):
        header = ("Payment Id", "Gateway", "Amount")
        found = proposing.recognise("receipts.csv", header, profiles.load("spark_crm"))
        self.assertIsNone(found[0])


if __name__ == "__main__":
    unittest.main()
