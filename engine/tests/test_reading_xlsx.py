"""Workbooks become the same rows as text files do."""

import tempfile
import unittest
import zipfile
from datetime import date, datetime, time
from pathlib import Path
from unittest import mock

import openpyxl
import xlsxwriter
from openpyxl.utils.datetime import CALENDAR_MAC_1904

from ..exceptions import SourceError
from ..reading import tables, watch, xlsx_parts


class XlsxCase(unittest.TestCase):
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


class TestXlsx(XlsxCase):
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


class TestWhatAWorkbookHides(XlsxCase):
    """Nothing is dropped in silence: what has no value, or is not shown, is told."""

    def change(self, *changes, part="xl/worksheets/sheet1.xml"):
        """Replace bytes of a part, and read the tables anew."""
        changed = self.path.with_name("changed.xlsx")
        with zipfile.ZipFile(self.path) as old, zipfile.ZipFile(changed, "w") as new:
            for info in old.infolist():
                data = old.read(info)
                for before, after in changes if info.filename == part else ():
                    assert before in data, data
                    data = data.replace(before, after)
                new.writestr(info.filename, data)
        return tables(changed)

    def cells(self, table):
        return [[cell or "" for cell in row.values.values()] for row in table.rows()]

    def test_formula_without_a_result_is_told_with_its_row(self):
        (table,) = self.save(["Name", "Sum"], ["a", 1], ["b", "=1+1"], ["c", "=2+2"])
        (problem,) = watch(table)
        self.assertEqual(problem.code, "formulas_unread")
        self.assertEqual((problem.parameters["count"], problem.parameters["line"]), (2, 3))

    def test_errors_of_cells_are_kept_and_told(self):
        self.save(["Name", "Sum"], ["a", 1], ["b", 7])
        (table,) = self.change((b'<c r="B3" t="n"><v>7</v>', b'<c r="B3" t="e"><v>#REF!</v>'))
        self.assertEqual(self.cells(table), [["a", "1"], ["b", "#REF!"]])
        self.assertEqual([one.code for one in watch(table)], ["error_cells"])

    def test_hidden_sheet_is_read_and_told(self):
        self.book.create_sheet("Deals").append(["Deal", "Stage"])
        self.book["Deals"].sheet_state = "hidden"
        shown, hidden = self.save(["Name", "City"], ["a", "b"])
        self.assertEqual(
            [[one.code for one in table.problems] for table in (shown, hidden)],
            [[], ["hidden_sheet"]],
        )

    def test_dates_of_1904(self):
        self.book.epoch = CALENDAR_MAC_1904
        (table,) = self.save(["Name", "Since"], ["a", date(2024, 10, 7)])
        self.assertEqual(self.cells(table), [["a", "2024-10-07"]])

    def test_cells_written_in_another_form(self):
        self.save(["Name", "City"], ["a", "b"], ["c", "d"])
        cell = b'<c r="B2" t="inlineStr"><is><t>b</t></is></c>'
        for other in (
            b'<c t="inlineStr"  r="B2"><is><t><![CDATA[x & y]]></t></is></c>',
            b'<c r="B2" t="inlineStr"><is><r><t>x &amp;</t></r><r><t> y</t></r></is></c>',
            b"<c r='B2' t='str'><v>x &#38; y</v></c>",
        ):
            with self.subTest(other=other):
                (table,) = self.change((cell, other))
                self.assertEqual(self.cells(table), [["a", "x & y"], ["c", "d"]])

    def test_cells_without_their_places(self):
        self.save(["Name", "City"], ["a", 5])
        places = [(b' r="%s"' % place, b"") for place in (b"A2", b"B2", b"2")]
        (table,) = self.change((b'<c r="B2" t="n">', b"<c>"), places[0], places[2])
        self.assertEqual(self.cells(table), [["a", "5"]])

    def test_many_shared_texts_are_kept_in_a_file(self):
        with xlsxwriter.Workbook(self.path) as book:
            sheet = book.add_worksheet()
            for place, row in enumerate((["Name", "City"], ["Łódź", "a\nb"], ["x & y", "a\nb"])):
                sheet.write_row(place, 0, row)
        for size in (xlsx_parts.TEXTS_IN_MEMORY, 0):
            with mock.patch.object(xlsx_parts, "TEXTS_IN_MEMORY", size):
                (table,) = tables(self.path)
                self.assertEqual(self.cells(table), [["Łódź", "a\nb"], ["x & y", "a\nb"]])

    def test_entities_are_refused(self):
        self.save(["Name", "City"], ["a", "b"])
        with self.assertRaises(SourceError) as caught:
            self.change((b"<worksheet ", b'<!DOCTYPE x [<!ENTITY a "b">]><worksheet '))
        self.assertEqual(caught.exception.code, "file_refused")
