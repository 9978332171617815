"""Records of an API become rows, whatever is nested in them."""

import json
import zipfile

from ..reading import read, tables
from .reading_case import ReadingCase


class TestJson(ReadingCase):
    def dump(self, content, name="contacts.json", encoding="utf-8"):
        return self.read(json.dumps(content, ensure_ascii=False), name, encoding)

    def test_array_envelope_and_lines_give_the_same_rows(self):
        records = [{"id": 1, "name": "Ann"}, {"id": 2, "name": "Bob"}]
        for content in (
            json.dumps(records),
            json.dumps({"total_count": 2, "results": records}),
            json.dumps({"data": {"contacts": records}}),
            json.dumps({"data": records, "meta": {"page": 1, "count": 2}}),
            "\n".join(map(json.dumps, records)),
        ):
            with self.subTest(content=content):
                found = self.read(content, "contacts.json")
                self.assertEqual(found.headers, ["id", "name"])
                self.assertEqual(list(found.rows), [["1", "Ann"], ["2", "Bob"]])

    def test_nested_objects_are_dotted_columns(self):
        found = self.dump([{"id": 1, "company": {"id": 7, "name": "ACME"}, "tags": ["a", "b, c"]}])
        self.assertEqual(found.headers, ["id", "company.id", "company.name", "tags"])
        self.assertEqual(next(found.rows), ["1", "7", "ACME", "a|b, c"])

    def test_custom_fields_of_name_and_value_are_columns(self):
        given = [{"name": "Tier", "value": "Gold"}, {"name": "Area", "value": "A"}]
        found = self.dump([{"id": 1, "f": given}, {"id": 2, "f": given[1:] * 2}])
        self.assertEqual(found.headers, ["id", "f.Tier", "f.Area"])
        self.assertEqual(list(found.rows), [["1", "Gold", "A"], ["2", "", "A|A"]])

    def test_columns_are_those_of_all_records(self):
        found = self.dump([{"id": 1}, {"id": 2, "late": True}, {"id": 3, "late": None}])
        self.assertEqual(list(found.rows), [["1", ""], ["2", "true"], ["3", ""]])

    def test_numbers_stay_as_written(self):
        found = self.read('[{"a": 1.10, "b": 12345678901234567890, "c": 1E2}]', "a.json")
        self.assertEqual(next(found.rows), ["1.10", "12345678901234567890", "100"])

    def test_several_lists_are_several_tables(self):
        path = self.write(json.dumps({"contacts": [{"id": 1}], "deals": [{"no": 2}]}), "all.json")
        names = [table.name for table in tables(path)]
        self.assertEqual(names, ["all.json/contacts", "all.json/deals"])

    def test_pages_are_one_table(self):
        for page in (1, 2):
            self.write(json.dumps({"results": [{"id": page}]}), f"api/contacts_page_{page}.json")
        self.assertEqual(list(read(self.folder / "api").rows), [["1"], ["2"]])
        with zipfile.ZipFile(self.folder / "a.zip", "w") as archive:
            for path in (self.folder / "api").iterdir():
                archive.write(path, path.name)
        self.assertEqual(list(read(self.folder / "a.zip").rows), [["1"], ["2"]])

    def test_other_encodings(self):
        for encoding in ("utf-8-sig", "utf-16", "utf-16-le"):
            with self.subTest(encoding=encoding):
                found = self.dump([{"n": "Łódź"}], "a.json", encoding)
                self.assertEqual(next(found.rows), ["Łódź"])

    def test_what_has_no_records_or_is_broken_is_told(self):
        for content in ('{"a": []}', "[]", '[{"a": 1}', '[{"a": }]'):
            with self.subTest(content=content):
                self.assertRefused("file_unreadable", self.write(content, "a.json"))
