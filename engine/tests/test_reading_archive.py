"""Archives are opened only where that does no harm."""

import io
import tempfile
import unittest
import zipfile
from pathlib import Path
from unittest import mock

from ..exceptions import SourceError
from ..reading import archive, extract, tables

CSV = "Name,City\nMüller,Köln\nb,c\n"


class ArchiveCase(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        self.path = self.folder / "export.zip"

    def pack(self, members, path=None):
        with zipfile.ZipFile(path or self.path, "w", zipfile.ZIP_DEFLATED) as packed:
            for name, content in members.items():
                packed.writestr(name, content)

    def assertRefused(self, function, *arguments):
        with self.assertRaises(SourceError) as caught:
            function(*arguments)
        self.assertEqual(caught.exception.code, "file_refused")


class TestArchives(ArchiveCase):
    def test_members_are_read_as_files(self):
        self.pack(
            {"csv/a.csv": CSV, "b.csv": CSV, "files/x.png": b"\x89PNG", "__MACOSX/._a.csv": "x"}
        )
        found = tables(self.path)
        self.assertEqual([table.name for table in found], ["b.csv", "csv/a.csv"])
        self.assertEqual([len(list(table.rows())) for table in found], [2, 2])

    def test_second_level_is_opened_a_third_is_not(self):
        inner = io.BytesIO()
        self.pack({"a.csv": CSV}, inner)
        self.pack({"inner.zip": inner.getvalue()})
        self.assertEqual([table.name for table in tables(self.path)], ["a.csv"])
        outer = io.BytesIO()
        self.pack({"middle.zip": self.path.read_bytes()}, outer)
        self.path.write_bytes(outer.getvalue())
        self.assertRefused(tables, self.path)

    def test_extract_keeps_relative_paths_and_skips_dot_files(self):
        self.pack({"files/x.png": b"1", ".hidden": b"2", "__MACOSX/y": b"3"})
        written = extract(self.path, self.folder / "out")
        self.assertEqual(written, [self.folder / "out/files/x.png"])
        self.assertEqual(written[0].read_bytes(), b"1")

    def test_files_of_one_upload_agree_on_their_encoding(self):
        long = "ID,Name\n" + "".join(f"{n},Wałęsa Świętokrzyskie\n" for n in range(30))
        short = "ID,Name\n1,Kováč\n"
        self.pack({"a.csv": long.encode("cp1250"), "b.csv": short.encode("cp1250")})
        first, second = tables(self.path)
        self.assertEqual((first.encoding, second.encoding), ("cp1250", "cp1250"))
        self.assertEqual(next(second.rows()).values["Name"], "Kováč")
        extract(self.path, self.folder / "out")
        self.assertEqual([one.encoding for one in tables(self.folder / "out")], ["cp1250"] * 2)


class TestHarmfulArchives(ArchiveCase):
    def test_paths_that_leave_the_folder(self):
        for name in ("../x.csv", "/etc/x.csv", "a/../../x.csv", "C:\\x.csv", "..\\x.csv"):
            with self.subTest(name=name):
                self.pack({name: CSV})
                self.assertRefused(extract, self.path, self.folder / "out")
                self.assertRefused(tables, self.path)

    def test_bomb(self):
        self.pack({"a.csv": b"a" * 20_000_000})
        self.assertRefused(tables, self.path)

    def test_bomb_in_a_workbook(self):
        self.pack({"[Content_Types].xml": b"", "xl/workbook.xml": b" " * 20_000_000})
        self.assertRefused(tables, self.path)

    def test_encrypted_member(self):
        self.pack({"a.csv": CSV})
        data = bytearray(self.path.read_bytes())
        for mark, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
            data[data.index(mark) + offset] |= 1
        self.path.write_bytes(data)
        self.assertRefused(tables, self.path)

    def test_link(self):
        info = zipfile.ZipInfo("a.csv")
        info.external_attr = 0o120777 << 16
        with zipfile.ZipFile(self.path, "w") as packed:
            packed.writestr(info, "/etc/passwd")
        self.assertRefused(extract, self.path, self.folder / "out")

    def test_too_many_members_and_too_large(self):
        self.pack({f"{number}.csv": "a" for number in range(5)})
        with mock.patch.object(archive, "MAX_MEMBERS", 4):
            self.assertRefused(tables, self.path)
        with mock.patch.object(archive, "MAX_TOTAL_BYTES", 4):
            self.assertRefused(tables, self.path)

    def test_macro_workbook(self):
        self.pack({"book.xlsm": b"x"})
        self.assertRefused(tables, self.path)
