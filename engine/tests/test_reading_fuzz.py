"""Whatever bytes come in: rows of text or a clear error, within time and memory."""

import json
import tempfile
import time
import tracemalloc
import unittest
import zipfile
from io import BytesIO
from pathlib import Path

import openpyxl

from ..exceptions import SourceError
from ..issues import CATALOGUE
from ..reading import decode, read

try:
    from hypothesis import HealthCheck, given, settings
    from hypothesis import strategies as st
except ImportError:  # Odoo itself runs these tests too, without the tools of developers
    raise unittest.SkipTest("hypothesis is not installed") from None

#: Each example may take this long; they are small.
SECONDS = 3
MEMORY = 64 * 1024**2
QUICK = settings(
    max_examples=150,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)

MARKS = st.sampled_from(
    list(",;\t|'\"\\ \n\r{}[]:=") + ["\r\n", "\n\n", ", ", '""', "\ufeff", "\0"]
)
WORDS = st.sampled_from(
    ["Name", "ID", "1", "2024-01-31", "31/12/2024", "1.2E+05", "ü", "Łódź", "山", "a@b.c", "Total"]
)
TEXTS = st.lists(st.one_of(MARKS, WORDS, st.text(max_size=3)), max_size=80).map("".join)
ENCODINGS = st.sampled_from(
    ["utf-8", "utf-8-sig", "utf-16", "utf-16-be", "utf-32", "cp1252", "gb18030"]
)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["id", "name", "value", "results", ""]), inner, max_size=4
        )
    ),
    max_leaves=25,
)
XLS = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
MAGIC = st.sampled_from([b"", b"PK\x03\x04", b"PK\x05\x06", XLS, b"\xff\xfe", b'{"a":', b"[{"])


def workbook():
    packed = BytesIO()
    book = openpyxl.Workbook()
    for row in (["ID", "Name"], [1, "Ann"], [2, "Bob"]):
        book.active.append(row)
    book.save(packed)
    return packed.getvalue()


def archive():
    packed = BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as found:
        found.writestr("a.csv", "ID,Name\n1,Ann\n2,Müller\n" * 20)
        found.writestr("b.json", '[{"id": 1}]')
    return packed.getvalue()


WORKBOOK, ARCHIVE = workbook(), archive()


class TestFuzz(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.path = Path(folder.name) / "any.bin"

    def attempt(self, data):
        """Read bytes to the end, and see that nothing but rows or a clear error comes of it."""
        self.path.write_bytes(data)
        tracemalloc.start()
        start = time.monotonic()
        try:
            found = read(self.path)
            for row in found.rows:
                assert all(type(cell) is str for cell in row), row
            assert all(type(name) is str for name in found.headers)
            for problem in found.warnings:
                CATALOGUE[problem.code].template % ({"value": problem.value} | problem.parameters)
        except SourceError as error:
            assert error.code in ("file_refused", "file_unreadable"), error
            CATALOGUE[error.code].template % error.parameters
        finally:
            peak = tracemalloc.get_traced_memory()[1]
            tracemalloc.stop()
        assert time.monotonic() - start < SECONDS
        assert peak < MEMORY, peak

    @QUICK
    @given(MAGIC, st.binary(max_size=400))
    def test_any_bytes(self, magic, data):
        self.attempt(magic + data)

    @QUICK
    @given(TEXTS, ENCODINGS)
    def test_anything_that_looks_like_csv(self, text, encoding):
        self.attempt(text.encode(encoding, "ignore"))

    @QUICK
    @given(VALUES, st.integers(0, 6))
    def test_any_json(self, value, cut):
        data = json.dumps(value)
        self.attempt(data[: len(data) - cut].encode())

    @QUICK
    @given(st.integers(0, 10**6), st.binary(min_size=1, max_size=8))
    def test_damaged_workbooks(self, place, damage):
        data = WORKBOOK
        place %= len(data)
        self.attempt(data[:place] + damage + data[place + len(damage) :])

    @QUICK
    @given(st.integers(0, 10**6), st.binary(min_size=1, max_size=8))
    def test_damaged_parts_of_workbooks(self, place, damage):
        data = WORKBOOK
        changed = BytesIO()
        with zipfile.ZipFile(BytesIO(data)) as old, zipfile.ZipFile(changed, "w") as new:
            infos = old.infolist()
            for number, info in enumerate(infos):
                part = old.read(info)
                if number == place % len(infos):
                    at = place // len(infos) % max(1, len(part))
                    part = part[:at] + damage + part[at + len(damage) :]
                new.writestr(info.filename, part)
        self.attempt(changed.getvalue())

    @QUICK
    @given(st.integers(0, 10**6), st.binary(min_size=1, max_size=8))
    def test_damaged_archives(self, place, damage):
        place %= len(ARCHIVE)
        self.attempt(ARCHIVE[:place] + damage + ARCHIVE[place + len(damage) :])

    @QUICK
    @given(st.binary(max_size=300))
    def test_any_bytes_are_some_text(self, data):
        text, encoding = decode(data)
        assert type(text) is str and encoding
