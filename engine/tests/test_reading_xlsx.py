"""Workbooks become the same rows as text files do."""

import tempfile
import unittest
import zipfile
from datetime import date, datetime, time
from pathlib import Path

import openpyxl

from ..exceptions import SourceError
from ..reading import tables


class TestXlsx(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.path = Path(folder.name) / "book.xlsx"
        self.book = openpyxl.Workbook()
        self.sheet = self.book.active

    def save(self, *rows):
        for row in rows:
            self.sheet.append(row)
        self.book.save(self.path)
        return tables(self.path)

    def test_typed_cells_become_plain_text(self):
        moment = datetime(2024, 10, 7, 3, 32)
        (table,) = self.save(
            ["Date", "Stamp", "Whole", "Half", "Yes", "Time"],
            [date(2024, 10, 7), moment, 5.0, 0.5, True, time(1, 2)],
        )
        (row,) = table.rows()
        expected = ["2024-10-07", "2024-10-07 03:32:00", "5", "0.5", "true", "01:02:00"]
        self.assertEqual(list(row.values.values()), expected)

    def test_number_is_read_as_it_is_shown(self):
        self.sheet.append(["Zip", "Share"])
        self.sheet.append([1234, 0.75])
        self.sheet["A2"].number_format, self.sheet["B2"].number_format = "00000", "0%"
        (table,) = self.save()
        self.assertEqual(list(next(table.rows()).values.values()), ["01234", "75%"])

    def test_preamble_footer_and_line_numbers(self):
        (table,) = self.save(
            ["Export: Contacts"], [], ["Name", "City", "Email"], ["a", "b"], ["c", None, "d"],
            [], ["Total: 2"],
        )  # fmt: skip
        rows = list(table.rows())
        self.assertEqual((table.header_row, table.header), (3, ["Name", "City", "Email"]))
        self.assertEqual(
            [(row.line, row.footer) for row in rows], [(4, False), (5, False), (7, True)]
        )
        self.assertEqual([row.problems for row in rows[:2]], [(), ()])

    def test_each_filled_sheet_is_a_table(self):
        self.sheet.title = "Contacts"
        self.book.create_sheet("Empty").sheet_state = "hidden"
        self.book.create_sheet("Deals").append(["Deal", "Stage"])
        found = self.save(["Name", "City"])
        self.assertEqual([table.name for table in found], ["book.xlsx/Contacts", "book.xlsx/Deals"])

    def test_wrong_dimension_of_a_sheet_is_not_believed(self):
        self.save(["Name", "City"], ["a", "b"])
        changed = self.path.with_name("changed.xlsx")
        with zipfile.ZipFile(self.path) as old, zipfile.ZipFile(changed, "w") as new:
            for info in old.infolist():
                data = old.read(info).replace(b'ref="A1:B2"', b'ref="A1"')
                new.writestr(info.filename, data)
        (table,) = tables(changed)
        self.assertEqual([row.values for row in table.rows()], [{"Name": "a", "City": "b"}])

    def test_macros_are_refused(self):
        self.save(["Name"], ["a"])
        with zipfile.ZipFile(self.path, "a") as archive:
            archive.writestr("xl/vbaProject.bin", b"x")
        with self.assertRaises(SourceError) as caught:
            tables(self.path)
        self.assertEqual(caught.exception.code, "file_refused")

    def test_broken_workbook_is_told_as_such(self):
        self.save(["Name"], ["a"])
        self.path.write_bytes(self.path.read_bytes()[:-200])
        with self.assertRaises(SourceError) as caught:
            tables(self.path)
        self.assertEqual(caught.exception.code, "file_unreadable")
