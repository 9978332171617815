"""Files made to do harm are refused, quickly and in little memory."""

import io
import random
import resource
import time
import unittest
import zipfile

from ..exceptions import SourceError
from ..reading import read, tables, watch
from .reading_case import ReadingCase

MB = 1024**2
SHEET = '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>%s</sheetData></worksheet>'


def memory():
    """Peak memory of this process so far, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


class TestWhatIsNoTable(ReadingCase):
    """Whatever its name says, the content tells; what is no table is told as such."""

    ROWS = b"Contact ID,Full Name,Email\n1,Ann,a@x.example\n"

    def test_nothing_in_it(self):
        for content in (b"", b"\n\n \n", b"\xef\xbb\xbf"):
            with self.subTest(content=content):
                self.assertFalse(list(self.read(content).rows))

    def test_bytes_that_are_no_text(self):
        letters = random.Random(1)
        for content in (
            b"\0" * 5_000,
            b"MZ" + letters.randbytes(5_000),
            b"\x7fELF\2\1" + letters.randbytes(999),
        ):
            with self.subTest(content=content[:4]):
                error = self.assertRefused("file_unreadable", self.write(content))
                self.assertEqual(error.parameters["file"], "contacts.csv")

    def test_wrong_extension(self):
        self.assertEqual(len(list(self.read(self.ROWS, "contacts.xlsx").rows)), 1)

    def test_zero_byte_in_a_cell_keeps_the_row(self):
        """What no database stores shows as a letter that was lost, and is told."""
        content = self.ROWS.replace(b"Ann", b"A\0nn") + b"2,Bob,b@x.example\n" * 20
        (table,) = tables(self.write(content))
        self.assertEqual(next(table.rows()).values["Full Name"], "A\ufffdnn")
        told = [problem for problem in watch(table) if "replacement" in problem.code]
        self.assertEqual([problem.parameters["line"] for problem in told], [2])

    def test_workbook_with_a_password(self):
        head = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 500
        package = "EncryptedPackage".encode("utf-16-le")
        path = self.write(head + package + b"\0" * 3_000, "contacts.xlsx")
        error = self.assertRefused("file_refused", path)
        self.assertIn("password", error.parameters["detail"])

    def test_folders_of_an_archive_are_no_files(self):
        path = self.folder / "a.zip"
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("contacts.csv/", b"")
            archive.writestr("exports/contacts.csv", self.ROWS)
        self.assertEqual([table.name for table in tables(path)], ["exports/contacts.csv"])


class TestBombs(ReadingCase):
    def refuse(self, path, code="file_refused", most=300):
        before, start = memory(), time.monotonic()
        self.assertRefused(code, path)
        self.assertLess(time.monotonic() - start, 10)
        self.assertLess(memory() - before, most)

    def stream(self, name, chunk, count, head=b"", tail=b""):
        path = self.folder / name
        with open(path, "wb") as file:
            file.write(head)
            for _ in range(count):
                file.write(chunk)
            file.write(tail)
        return path

    def test_ten_thousand_columns(self):
        self.refuse(self.write(",".join(f"c{n}" for n in range(10_000)) + "\n"))

    def test_cell_of_200_mb_in_one_line(self):
        self.refuse(self.stream("a.csv", b"x" * MB, 200, b"ID,Note\n1,"))

    def test_quote_that_is_never_closed(self):
        self.refuse(self.stream("a.csv", b"1,some words\n" * 80_000, 60, b'ID,Note\n1,"'))

    def test_deep_json(self):
        self.refuse(self.stream("a.json", b"[" * MB, 30, b'[{"a": '), most=100)
        self.refuse(self.stream("b.json", b'{"a":' * MB, 20), most=100)

    def test_json_record_of_many_values(self):
        self.refuse(self.stream("a.json", b"1," * MB, 20, b'[{"a": ['))

    def test_json_text_of_200_mb(self):
        self.refuse(self.stream("a.json", b"x" * MB, 200, b'[{"a": "', b'"}]'), most=400)

    def test_json_of_ever_new_names(self):
        rows = ",".join(f'{{"k{n}": 1}}' for n in range(5_000))
        self.refuse(self.write(f"[{rows}]", "a.json"))

    def test_nested_archives(self):
        data = b"ID\n1\n"
        for _ in range(5):
            packed = io.BytesIO()
            with zipfile.ZipFile(packed, "w") as archive:
                archive.writestr("a.zip", data)
            data = packed.getvalue()
        self.refuse(self.write(data, "a.zip"))

    def workbook(self, sheet):
        path = self.folder / "a.xlsx"
        space = "http://schemas.openxmlformats.org"
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr(
                "[Content_Types].xml",
                f'<Types xmlns="{space}/package/2006/content-types">'
                '<Override PartName="/xl/workbook.xml" ContentType="application/vnd.'
                'openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/></Types>',
            )
            archive.writestr(
                "_rels/.rels",
                f'<Relationships xmlns="{space}/package/2006/relationships"><Relationship Id="r1" '
                f'Type="{space}/officeDocument/2006/relationships/officeDocument" '
                'Target="xl/workbook.xml"/></Relationships>',
            )
            archive.writestr(
                "xl/workbook.xml",
                f'<workbook xmlns="{space}/spreadsheetml/2006/main" '
                f'xmlns:r="{space}/officeDocument/2006/relationships"><sheets>'
                '<sheet name="A" sheetId="1" r:id="r1"/></sheets></workbook>',
            )
            archive.writestr(
                "xl/_rels/workbook.xml.rels",
                f'<Relationships xmlns="{space}/package/2006/relationships"><Relationship Id="r1" '
                f'Type="{space}/officeDocument/2006/relationships/worksheet" '
                'Target="worksheets/s.xml"/></Relationships>',
            )
            archive.writestr("xl/worksheets/s.xml", SHEET % sheet)
        return path

    def test_cell_in_the_last_corner_of_a_sheet_does_not_fill_the_memory(self):
        cell = '<c r="%s" t="inlineStr"><is><t>x</t></is></c>'
        rows = f'<row r="1">{cell % "A1"}</row><row r="1048576">{cell % "XFD1048576"}</row>'
        before, start = memory(), time.monotonic()
        try:
            list(read(self.workbook(rows)).rows)
        except SourceError:
            pass
        self.assertLess(memory() - before, 200)
        self.assertLess(time.monotonic() - start, 20)

    def test_entities_of_xml_are_not_unfolded(self):
        laughs = '<!DOCTYPE x [<!ENTITY a "ha">' + "".join(
            f'<!ENTITY {chr(98 + n)} "{f"&{chr(97 + n)};" * 10}">' for n in range(10)
        )
        path = self.folder / "a.ods"
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
            archive.writestr("content.xml", laughs + "]><x>&k;</x>")
        self.refuse(path)

    def test_macros_of_old_workbooks(self):
        data = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600
        self.refuse(self.write(data + "_VBA_PROJECT_CUR".encode("utf-16-le"), "a.xls"))
        self.refuse(self.write(data + "EncryptedPackage".encode("utf-16-le"), "b.xls"))

    def test_error_names_the_file(self):
        error = self.assertRefused("file_refused", self.write(b"a," * 3_000 + b"\n", "wide.csv"))
        self.assertEqual(error.parameters["file"], "wide.csv")


class TestMemory(ReadingCase):
    def test_memory_does_not_grow_with_the_file(self):
        row = b",".join([b"some words of a cell"] * 20) + b"\n"
        path = self.folder / "long.csv"
        with open(path, "wb") as file:
            file.write(b",".join(b"c%d" % n for n in range(20)) + b"\n")
            for _ in range(60):
                file.write(row * 2_000)
        for _line in tables(path)[0].rows():
            break
        before = memory()
        self.assertEqual(sum(1 for _row in tables(path)[0].rows()), 120_000)
        self.assertLess(memory() - before, 30)


if __name__ == "__main__":
    unittest.main()
