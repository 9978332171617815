"""Delimited files of every dialect become the same rows."""

import itertools
import tempfile
import unittest
from pathlib import Path

from ..exceptions import SourceError
from ..reading import MOST_KNOWN, tables
from .reading_case import ReadingCase

HEADER = ["Contact ID", "Name", "City", "Notes", "Amount"]
ROWS = [
    ["0001", "Jürgen Müller", "Köln", "one\ntwo; three, four\tfive | six", "1.234,56"],
    ["0002", "Hélène Réseau", "Liège", 'says "yes"', "12,5"],
    ["0003", "Åsa Öberg", "Malmö", None, None],
]


def spell(rows, delimiter=",", newline="\r\n", quote_all=False):
    def cell(text):
        text = text or ""
        if quote_all or any(mark in text for mark in f'{delimiter}"\n'):
            return '"' + text.replace('"', '""') + '"'
        return text

    return "".join(delimiter.join(map(cell, row)) + newline for row in rows)


class CsvCase(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)

    def read(self, content, encoding="utf-8", name="contacts.csv", **overrides):
        path = self.folder / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode(encoding))
        (table,) = tables(path, overrides=overrides)
        return table

    def cells(self, table):
        return [list(row.values.values()) for row in table.rows() if not row.footer]


class TestDialects(CsvCase):
    def test_every_dialect_gives_the_same_rows(self):
        encodings = ("utf-8", "utf-8-sig", "utf-16", "cp1252", "latin-1")
        for encoding, delimiter, newline, quoted in itertools.product(
            encodings, ",;\t|", ("\n", "\r\n"), (False, True)
        ):
            with self.subTest(encoding=encoding, delimiter=delimiter, quoted=quoted):
                text = spell([HEADER, *ROWS], delimiter, newline, quoted)
                table = self.read(text, encoding)
                self.assertEqual((table.delimiter, table.header), (delimiter, HEADER))
                self.assertEqual(self.cells(table), ROWS)
                self.assertEqual(table.problems, [])

    def test_preamble_and_footer_are_no_records(self):
        head = "Export: Contacts\nGenerated: 2025-07-01, 10:00\n\n"
        text = head + spell([HEADER, *ROWS], newline="\n") + "\nTotal: 3\n"
        table = self.read(text)
        rows = list(table.rows())
        self.assertEqual(table.header_row, 4)
        self.assertEqual([row.footer for row in rows], [False] * 3 + [True])
        self.assertEqual(rows[-1].problems[0].code, "footer_row")

    def test_record_keeps_the_line_where_it_begins(self):
        table = self.read('Name,Note\na,"x\ny"\n\nb,z\n')
        self.assertEqual([row.line for row in table.rows()], [2, 5])

    def test_rows_can_be_read_again(self):
        table = self.read(spell([HEADER, *ROWS]))
        self.assertEqual(list(table.rows()), list(table.rows()))

    def test_person_overrules_the_detection(self):
        table = self.read("x;y\na;b\nc;d\n", delimiter=",", header_row=2)
        self.assertEqual(table.header, ["a;b"])
        table = self.read("Name;Ort\nKov\xe1\xf8;x\n".encode("latin-1"), encoding="cp1250")
        self.assertEqual(self.cells(table), [["Kovář", "x"]])


class TestRows(CsvCase):
    def test_names_of_columns_are_unique(self):
        table = self.read("Name,Email,,Email,\na,b,c,d,e\n")
        self.assertEqual(table.header, ["Name", "Email", "Column 3", "Email (2)", "Column 5"])

    def test_ragged_rows_lose_nothing_and_are_told(self):
        short, long, *rest = self.read("a,b,c\n1,2\n1,2,3,4\n1,2,3\n1,2,3\n").rows()
        self.assertEqual(short.values, {"a": "1", "b": "2", "c": None})
        self.assertEqual(long.values["Column 4"], "4")
        self.assertEqual([row.problems[0].code for row in (short, long)], ["ragged_row"] * 2)
        self.assertEqual([row.problems for row in rest], [(), ()])

    def test_delimiter_at_the_end_of_each_line_is_no_problem(self):
        rows = list(self.read("a,b\n1,2,\n3,4,\n").rows())
        self.assertEqual([row.problems for row in rows], [(), ()])

    def test_cells_are_not_stripped_but_blank_ones_are_empty(self):
        self.assertEqual(self.cells(self.read("a,b\n x , \n")), [[" x ", None]])

    def test_company_named_total_is_a_record(self):
        text = "Name,City,Email\nTotal,Paris,sales@total.example\n"
        self.assertEqual(len(self.cells(self.read(text))), 1)

    def test_footer_words_in_the_middle_are_records(self):
        table = self.read("Name,City,Zip\nTotal: 5,,\n" + "a,b,c\n" * 9)
        self.assertEqual(len(self.cells(table)), 10)

    def test_header_repeated_below_is_no_record(self):
        self.assertEqual(len(self.cells(self.read("Name,City\na,b\nName,City\nc,d\n"))), 2)


class TestEncodings(CsvCase):
    def test_letters_of_other_code_pages(self):
        words = {
            "cp1250": ["Wałęsa Świętokrzyskie", "Łódź Żółć", "Kościk Gdańsk"],
            "cp1251": ["Сидоров Тверь", "Кириллова Москва", "Григорьева"],
            "cp1253": ["Βαβουράκης Αθήνα", "Μακρίνα Λευκάδα", "Γκάγκας"],
            "cp1254": ["Şükrü Öğüt", "İstanbul Beyoğlu", "Çağlar Işık"],
            "utf-16-le": ["Müller", "山口", "Łódź"],
            "utf-32-le": ["Müller", "山口", "Łódź"],
            "utf-32-be": ["Müller", "山口", "Łódź"],
            "mac_latin2": ["Wałęsa Świętokrzyskie", "Łódź Żółć", "Kościk Gdańsk"],
            "cp1257": ["Jūratė Šimkūnienė", "Žaneta Petrauskaitė", "Kęstutis Ąžuolas"],
            "euc_jp": ["木村 直子 品川区", "青木 健一 横浜市中区", "田中 結衣 中野区"],
            "gb18030": ["王秀英 上海市", "张伟 北京市朝阳区", "杨洋 西安市"],
        }
        for encoding, names in words.items():
            with self.subTest(encoding=encoding):
                rows = [[f"{number}", name] for number, name in enumerate(names, 1)]
                table = self.read(spell([["No", "Name"], *rows]), encoding)
                self.assertEqual(self.cells(table), rows)

    def test_broken_byte_is_told_with_its_row(self):
        rows = b"".join(b"%d,M\xc3\xbcller K\xc3\xb6ln\n" % number for number in range(30))
        table = self.read(b"No,Name\n" + rows + b"99,M\xff\n")
        self.assertEqual((table.encoding, table.problems[0].code), ("utf-8", "encoding_doubtful"))
        told = [row for row in table.rows() if row.problems]
        self.assertEqual([row.values["No"] for row in told], ["99"])

    def test_few_letters_are_not_sure(self):
        table = self.read("Name,City\nMüller,x\n", "cp1252")
        self.assertEqual(table.encoding, "cp1252")
        self.assertEqual(table.problems[0].code, "encoding_doubtful")


class TestRefusals(CsvCase):
    def test_what_is_no_table_is_refused_by_content(self):
        for content in (
            b"",
            b" \n\n",
            b"%PDF-1.7 x",
            b'{"results": []}',
            b"\x89PNG\r\n",
            b"<html>",
        ):
            with self.subTest(content=content), self.assertRaises(SourceError) as caught:
                self.read(content)
            self.assertEqual(caught.exception.code, "file_unreadable")

    def test_broken_excel_file_is_told_as_such(self):
        with self.assertRaises(SourceError) as caught:
            self.read(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, name="book.xls")
        self.assertEqual(caught.exception.code, "file_unreadable")

    def test_too_many_columns_are_refused(self):
        with self.assertRaises(SourceError) as caught:
            self.read(",".join(f"c{n}" for n in range(2_100)) + "\n")
        self.assertEqual(caught.exception.code, "file_refused")
        self.assertEqual(caught.exception.parameters["file"], "contacts.csv")


class TestRemembered(ReadingCase):
    """Who knows a file by its checksum does not look twice how it is written."""

    def test_a_file_is_looked_at_once(self):
        path = self.write("Contact ID,Full Name\n1,Ann\n")
        (first,) = tables(path, checksum="one")
        first.problems.append("of the first reader")
        self.write("Firm;City\n2;Bern\n")
        (again,) = tables(path, checksum="one")
        self.assertEqual((again.header, again.problems), (["Contact ID", "Full Name"], []))
        for told in ({"checksum": "two"}, {}):
            self.assertEqual(tables(path, **told)[0].header, ["Firm", "City"])
        (column,) = tables(path, checksum="one", overrides={"delimiter": "|"})
        self.assertEqual(column.delimiter, "|")
        path.unlink()
        with self.assertRaises(SourceError):
            tables(path, checksum="one")

    def test_other_files_make_room(self):
        path = self.write("Contact ID,Full Name\n1,Ann\n")
        for number in range(MOST_KNOWN + 5):
            tables(path, checksum=f"file {number}")
        self.write("Firm;City\n2;Bern\n")
        self.assertEqual(tables(path, checksum="file 0")[0].header, ["Firm", "City"])


class TestQuestions(ReadingCase):
    """What cannot be decided is asked, and nothing else is."""

    def ask(self, content, **more):
        return self.read(content, **more).tables[0].questions()

    def test_nothing_is_asked_of_a_plain_file(self):
        self.assertEqual(self.ask("Contact ID,Full Name\n1,Ann\n2,Bob\n"), [])
        self.assertEqual(self.ask("Name;Amount\nAnn;1,5\nBob;2,5\n"), [])

    def test_two_delimiters_that_fit_alike(self):
        content = "ID,Full Name;Email\n1,Ann;a@x.example\n2,Bob;b@x.example\n"
        self.assertEqual(self.ask(content), ["delimiter"])
        self.assertEqual(self.ask(content, delimiter=";"), [])

    def test_one_column(self):
        self.assertEqual(self.ask("Name\nAnn\nBob\n"), ["delimiter"])

    def test_no_header(self):
        content = "1,Ann,ann@x.example,2024-01-05\n2,Bob,bob@x.example,2024-01-06\n"
        self.assertEqual(self.ask(content), ["header_row"])

    def test_few_letters(self):
        content = "Contact ID,Full Name\n1,Zoë\n"
        self.assertEqual(self.ask(content, encoding="mac_roman"), ["encoding"])
