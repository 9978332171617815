"""What was lost before the file came here is told."""

from unittest import mock

from ..reading.watch import HELD, Watcher
from .reading_case import ReadingCase


class TestWarnings(ReadingCase):
    def test_good_file_has_none(self):
        self.assertEqual(self.warned("ID,Zip,Since\n1,01067,2024-05-01\n2,80331,2024-05-02\n"), [])

    def test_rows_of_other_length(self):
        found = self.read("ID,Name,City\n1,a,b\n2,c,d,e\n3,f\n4,g,h\n")
        (problem,) = found.warnings
        self.assertEqual((problem.code, problem.parameters["count"]), ("ragged_rows", 2))
        self.assertEqual((problem.parameters["line"], problem.parameters["found"]), (3, 4))

    def test_replacement_characters(self):
        found = self.read("ID,Name\n1,M\ufffdller\n2,Köln\n").warnings
        self.assertEqual([problem.code for problem in found], ["replacement_characters"])
        self.assertIn("M\ufffdller", found[0].value)

    def test_dates_of_both_orders_in_one_column(self):
        found = self.read("ID,Since\n1,25/01/2024\n2,01/26/2024\n3,02/03/2024\n").warnings
        self.assertEqual([(p.code, p.column) for p in found], [("mixed_dates", "Since")])

    def test_dates_with_any_mark_are_looked_at(self):
        for day in ("25/01/2024", "25.1.24", "25-01-2024", "5-1/24", "on 25.01/2024, at ten"):
            watcher = Watcher(self.read(f"ID,Since\n1,{day}\n").tables[0])
            watcher.add(2, ["1", day])
            with mock.patch.object(watcher, "_count_dates") as counted:
                watcher.problems()
            self.assertTrue(counted.called, day)

    def test_texts_cut_at_255_letters(self):
        text = "ID,Note\n1," + "x" * 255 + "\n2," + "y" * 254 + "\n"
        (problem,) = self.read(text).warnings
        self.assertEqual((problem.code, problem.column), ("cells_cut", "Note"))

    def test_numbers_shortened_by_a_spreadsheet(self):
        found = self.read("ID,Phone\n1,4.91512E+11\n2,49151234567\n").warnings
        self.assertEqual([(p.code, p.value) for p in found], [("exponent_numbers", "4.91512E+11")])

    def test_zip_codes_without_their_zero(self):
        found = self.read("ID,Zip\n1,1067\n2,80331\n3,10115\n").warnings
        self.assertEqual([(p.code, p.parameters["count"]) for p in found], [("lost_zeros", 1)])

    def test_zip_codes_of_several_countries(self):
        """Four digits are right in Austria, not in Germany; without a country nobody knows."""
        rows = "1,1010,{}\n2,80331,Deutschland\n3,10115,Deutschland\n"
        for land, told in (("Österreich", []), ("Deutschland", ["lost_zeros"])):
            found = self.read("ID,PLZ,Land\n" + rows.format(land)).warnings
            self.assertEqual([problem.code for problem in found], told, land)
        found = self.read("ID,PLZ,Bundesland\n" + rows.format("Wien")).warnings
        self.assertEqual([problem.code for problem in found], ["lost_zeros"])

    def test_few_special_letters_make_the_encoding_doubtful(self):
        self.assertIn("encoding_doubtful", self.warned("Name,City\nMüller,x\n", encoding="cp1252"))

    def test_errors_of_a_spreadsheet(self):
        (problem,) = self.read("ID,Sum\n1,5\n2,#N/A\n3,#REF!\n").warnings
        self.assertEqual((problem.code, problem.column), ("error_cells", "Sum"))
        self.assertEqual((problem.parameters["count"], problem.parameters["line"]), (2, 3))

    def test_first_case_is_told_however_many_rows_are_before(self):
        """Rows are looked at some hundred at a time; the line is that of the row."""
        rows = "".join(f"{number},ok\n" for number in range(HELD * 2 + 7))
        found = self.read(f"ID,Sum\n{rows}x,#N/A\ny,#N/A\nz,\ufffd,1\n").warnings
        told = {one.code: (one.parameters["count"], one.parameters["line"]) for one in found}
        line = HELD * 2 + 9
        self.assertEqual(
            told,
            {
                "error_cells": (2, line),
                "replacement_characters": (1, line + 2),
                "ragged_rows": (1, line + 2),
            },
        )

    def test_file_that_ends_where_programs_stop(self):
        rows = "".join(f"{number},a{number}\n" for number in range(1_000))
        self.assertEqual(self.warned("ID,Name\n" + rows), ["round_count"])
        self.assertEqual(self.warned("ID,Name\n" + rows + "1000,b\n"), [])
