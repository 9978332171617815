"""Old Excel and OpenDocument give what their programs show."""

import zipfile
from datetime import date, datetime

from ..reading import read, tables
from .reading_case import ReadingCase

try:
    import xlwt
except ImportError:  # only the tests write old workbooks
    xlwt = None

ODS = """<office:document-content xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0"
 xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0"
 xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0"><office:body><office:spreadsheet>
<table:table table:name="A">%s</table:table></office:spreadsheet></office:body>
</office:document-content>"""


def ods_cell(text="", kind="string", more=""):
    return (
        f'<table:table-cell office:value-type="{kind}" {more}><text:p>{text}</text:p>'
        "</table:table-cell>"
    )


class TestXls(ReadingCase):
    def test_cells_are_read_as_they_are_shown(self):
        if not xlwt:
            self.skipTest("xlwt is not installed")
        book = xlwt.Workbook()
        sheet = book.add_sheet("A")
        cells = [
            ("Name", "Müller", "General"), ("Zip", 1234, "00000"), ("Share", 0.75, "0%"),
            ("Day", date(2024, 10, 7), "YYYY-MM-DD"), ("Yes", True, "General"),
            ("At", datetime(2024, 10, 7, 3, 4, 5), "YYYY-MM-DD HH:MM"), ("Whole", 5.0, "General"),
        ]  # fmt: skip
        for place, (name, value, shown) in enumerate(cells):
            sheet.write(0, place, name)
            sheet.write(1, place, value, xlwt.easyxf(num_format_str=shown))
        book.save(str(self.folder / "book.xls"))
        found = read(self.folder / "book.xls")
        expected = ["Müller", "01234", "75%", "2024-10-07", "true", "2024-10-07 03:04:05", "5"]
        self.assertEqual((list(found.rows), found.tables[0].format), ([expected], "xls"))

    def test_errors_hidden_sheets_and_dates_of_1904(self):
        if not xlwt:
            self.skipTest("xlwt is not installed")
        book = xlwt.Workbook()
        book.dates_1904 = True
        for title, hidden in (("A", 0), ("B", 1)):
            sheet = book.add_sheet(title)
            sheet.visibility = hidden
            for place, name in enumerate(("Name", "Sum", "Day")):
                sheet.write(0, place, name)
            for row in (1, 2):
                sheet.write(row, 0, "Ann")
                sheet.row(row).set_cell_error(1, 0x2A)
                day = xlwt.easyxf(num_format_str="YYYY-MM-DD")
                sheet.write(row, 2, date(2024, 10, 7), day)
        book.save(str(self.folder / "book.xls"))
        found = read(self.folder / "book.xls")
        self.assertEqual(next(found.rows), ["Ann", "#N/A", "2024-10-07"])
        self.assertIn("error_cells", [problem.code for problem in found.warnings])
        told = {table.name: [one.code for one in table.problems] for table in found.tables}
        self.assertEqual(told, {"book.xls/A": [], "book.xls/B": ["hidden_sheet"]})


class TestOds(ReadingCase):
    def save(self, *rows):
        body = "".join(f"<table:table-row>{''.join(row)}</table:table-row>" for row in rows)
        path = self.folder / "book.ods"
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
            archive.writestr("content.xml", ODS % body)
        return path

    def test_cells_are_read_as_they_are_stored(self):
        names = map(ods_cell, ["Name", "Sum", "Zip", "Share", "Day", "Yes"])
        path = self.save(
            names,
            [
                ods_cell("Müller &amp; Co"),
                ods_cell("1.234,50 €", "currency", 'office:value="1234.5"'),
                ods_cell("01234", "float", 'office:value="1234"'),
                ods_cell("75,00%", "percentage", 'office:value="0.75"'),
                ods_cell("07.10.24", "date", 'office:date-value="2024-10-07T03:04:05"'),
                ods_cell("WAHR", "boolean", 'office:boolean-value="true"'),
            ],
        )
        expected = ["Müller & Co", "1234.5", "01234", "75%", "2024-10-07 03:04:05", "true"]
        self.assertEqual(list(read(path).rows), [expected])

    def test_repeated_cells_fill_their_columns_and_a_tail_of_blanks_does_not(self):
        blank = '<table:table-cell table:number-columns-repeated="16384"/>'
        two = 'table:number-columns-repeated="2"'
        path = self.save(map(ods_cell, "ABC"), [ods_cell("x"), ods_cell("y", more=two), blank])
        self.assertEqual(list(read(path).rows), [["x", "y", "y"]])

    def test_repeats_do_not_fill_the_memory(self):
        many = 'table:number-columns-repeated="999999999"'
        path = self.save(map(ods_cell, "ABC"), [ods_cell("x", more=many)])
        self.assertRefused("file_refused", path)

    def test_each_sheet_is_a_table(self):
        path = self.save(map(ods_cell, "AB"), map(ods_cell, "xy"))
        self.assertEqual([table.name for table in tables(path)], ["book.ods"])
