"""Wherever the table lies in a file, and however it is written, it is found."""

from ..reading import decode, read, tables
from .reading_case import ReadingCase

ROWS = [["1", "Ann", "3.5", "2024-05-01"], ["2", "Bob", "4", "2024-06-01"]]
HEADER = ["ID", "Name", "Score", "Since"]


def lines(*rows, mark=",", end="\n"):
    return "".join(mark.join(row) + end for row in rows)


class TestHeaders(ReadingCase):
    def test_file_without_header(self):
        found = self.read(lines(*ROWS))
        self.assertEqual((found.headers, found.dialect.header_row), ([], 0))
        self.assertEqual(found.columns, ["Column 1", "Column 2", "Column 3", "Column 4"])
        self.assertEqual(list(found.rows), ROWS)
        self.assertLess(found.confidence, 1)

    def test_person_says_that_there_is_no_header(self):
        found = self.read("a,b\nc,d\n", header_row=-1)
        self.assertEqual(list(found.rows), [["a", "b"], ["c", "d"]])

    def test_names_in_two_rows_are_joined(self):
        found = self.read(lines(["Contact", "", "Deal", ""], HEADER, *ROWS))
        self.assertEqual(found.headers, ["Contact ID", "Contact Name", "Deal Score", "Deal Since"])
        self.assertEqual((found.dialect.header_row, list(found.rows)), (2, ROWS))

    def test_header_written_twice_gives_plain_names_of_columns(self):
        found = self.read(lines(HEADER, HEADER, *ROWS))
        self.assertEqual((found.columns, list(found.rows)), (HEADER, ROWS))

    def test_names_under_a_name_of_several_columns(self):
        head = "Date,Place,Travel,,,Total\n,,Air,Rail,Taxi,\n"
        found = self.read(head + "2024-01-01,Rome,1,2,3,6\n2024-01-02,Oslo,,2,,2\n")
        expected = ["Date", "Place", "Travel Air", "Travel Rail", "Travel Taxi", "Total"]
        self.assertEqual((found.headers, len(list(found.rows))), (expected, 2))

    def test_preamble_of_any_shape(self):
        for head in ("Export: Contacts\n\n", "Contacts,,,\n,,,\n", "By,Ann\nOn,2024-01-01\n\n"):
            with self.subTest(head=head):
                found = self.read(head + lines(HEADER, *ROWS))
                self.assertEqual((found.headers, list(found.rows)), (HEADER, ROWS))


class TestSpelling(ReadingCase):
    def test_line_ends(self):
        for end in ("\n", "\r\n", "\r"):
            with self.subTest(end=end):
                found = self.read(lines(HEADER, *ROWS, end=end))
                self.assertEqual((list(found.rows), found.dialect.lineterminator), (ROWS, end))

    def test_delimiter_with_a_blank(self):
        text = 'ID, Name, Note\n1, Ann, "one, two"\n2, Bob, "three"\n'
        found = self.read(text)
        self.assertEqual(found.headers, ["ID", "Name", "Note"])
        self.assertEqual(list(found.rows), [["1", "Ann", "one, two"], ["2", "Bob", "three"]])
        self.assertTrue(found.dialect.skipinitialspace)

    def test_rare_delimiters(self):
        for mark in "^~ ":
            with self.subTest(mark=mark):
                found = self.read(lines(HEADER, *ROWS, *ROWS, mark=mark))
                self.assertEqual((found.dialect.delimiter, found.headers), (mark, HEADER))

    def test_delimiter_at_the_end_of_each_row(self):
        found = self.read(lines([*HEADER], *[[*row, ""] for row in ROWS]))
        self.assertEqual((found.headers, list(found.rows)), (HEADER, ROWS))

    def test_backslash_before_a_quote(self):
        found = self.read('ID,Name,Note\n1,"a \\"b\\", c",x\n2,"d",y\n')
        self.assertEqual(list(found.rows), [["1", 'a "b", c', "x"], ["2", "d", "y"]])
        self.assertEqual(found.dialect.escapechar, "\\")

    def test_backslashes_of_paths_stay(self):
        found = self.read('ID,Path\n1,"C:\\new\\"\n2,"D:\\x"\n')
        self.assertEqual([row[1] for row in found.rows], ["C:\\new\\", "D:\\x"])

    def test_single_quotes_and_apostrophes(self):
        quoted = self.read("ID;Name;Note\n1;'O''Neil';'a;b'\n2;'Ann';'c'\n3;'Bob';'d'\n")
        self.assertEqual(next(quoted.rows), ["1", "O'Neil", "a;b"])
        plain = self.read("ID,Name,Town\n1,O'Neil,'s-Hertogenbosch\n2,Ann,'t Zand\n")
        self.assertEqual(next(plain.rows), ["1", "O'Neil", "'s-Hertogenbosch"])


class TestSeveralTables(ReadingCase):
    deals = [["Deal", "Amount"], ["Ovens", "100"], ["Fans", "7"]]

    def test_table_below_a_blank_line_is_one_of_its_own(self):
        text = lines(HEADER, *ROWS) + "\nDeals\n" + lines(*self.deals)
        first, second = tables(self.write(text))
        self.assertEqual([len(list(table.rows())) for table in (first, second)], [2, 2])
        self.assertEqual((second.name, second.header), ("contacts.csv/Deals", ["Deal", "Amount"]))
        self.assertIn("several_tables", [problem.code for problem in first.problems])

    def test_table_of_other_width_right_below(self):
        first, second = tables(self.write(lines(HEADER, *ROWS, *ROWS, *self.deals)))
        self.assertEqual((len(list(first.rows())), second.header), (4, ["Deal", "Amount"]))

    def test_short_rows_and_blank_lines_do_not_end_a_table(self):
        text = lines(HEADER, *ROWS) + "\n" + lines(["3", "Eve"], *ROWS) + "\n" + lines(*ROWS)
        found = self.read(text)
        self.assertEqual((len(found.tables), len(list(found.rows))), (1, 7))

    def test_part_files_of_a_folder_are_one_table(self):
        for number in (1, 2, 10):
            self.write(lines(HEADER, [str(number), *ROWS[0][1:]]), f"out/contacts_{number}.csv")
        self.write(lines(*self.deals), "out/deals.csv")
        found = read(self.folder / "out")
        self.assertEqual([row[0] for row in found.rows], ["1", "2", "10"])

    def test_part_files_with_columns_in_other_order(self):
        self.write(lines(HEADER, *ROWS), "out/contacts_1.csv")
        self.write(lines(HEADER[::-1], *[row[::-1] for row in ROWS]), "out/contacts_2.csv")
        self.assertEqual(list(read(self.folder / "out").rows), ROWS + ROWS)


class TestEncodings(ReadingCase):
    words = {
        "mac_roman": "Hélène Réseau;Jürgen Müller;Größe Köln;château élève",
        "cp850": "Hélène Réseau;Jürgen Müller;Größe Köln;château élève",
        "cp852": "Wałęsa Łódź;Żółć Świętokrzyskie;Gdańsk Kościk;Poznań Częstochowa",
        "shift_jis": "山口 東京都;株式会社 田中さん;佐藤 こんにちは;大阪府 営業部",
        "gb18030": "北京 上海市;有限公司 王小明;张伟 客户;会议 电话 合同",
        "iso8859-5": "Сидоров Тверь;Кириллова Москва;Григорьева;договор встреча клиент",
        "iso2022_jp": "山口 東京都;株式会社;佐藤 こんにちは;大阪府",
        "utf-16-le": "山口 東京都;株式会社;佐藤 こんにちは;大阪府",
        "utf-16-be": "Müller;Größe;Łódź;Çağlar",
    }

    def test_bytes_become_the_words_they_were(self):
        for encoding, text in self.words.items():
            with self.subTest(encoding=encoding):
                text = "".join(f"{n};{word}\r\n" for n, word in enumerate(text.split(";")))
                self.assertEqual(decode(text.encode(encoding))[0], text)


class TestReading(ReadingCase):
    def test_rows_can_be_gone_through_again_and_stepped_through(self):
        found = self.read(lines(HEADER, *ROWS))
        self.assertEqual((list(found.rows), list(found.rows)), (ROWS, ROWS))
        self.assertEqual((next(found.rows), next(found.rows)), (ROWS[0], ROWS[1]))

    def test_empty_file_has_no_rows_and_says_so(self):
        found = self.read(b"")
        self.assertEqual((found.headers, list(found.rows), found.confidence), ([], [], 0))
        self.assertEqual([problem.code for problem in found.warnings], ["file_empty"])

    def test_cells_are_text_as_written(self):
        found = self.read("ID,Name\n007, Ann \n8,\n")
        self.assertEqual(list(found.rows), [["007", " Ann "], ["8", ""]])
