"""The screens speak the user's language: every file of translations is whole and can be loaded."""

import re
from pathlib import Path

import polib
from lxml import etree

from odoo.tests import BaseCase

FOLDER = Path(__file__).resolve().parent.parent / "i18n"
LANGUAGES = ("de", "es", "fr", "nl")
#: Share of the terms people read that must be translated.
COVERAGE = 0.99
#: What Python, Odoo and the web client fill in.
PLACEHOLDER = re.compile(r"%\(\w+\)[-.\d]*[a-z]|%[sd]|\{\w*\}|%")
#: A name of the program that Odoo's export takes for a text.
NAME = re.compile(r"[a-z]+(_[a-z]+)+")
#: Attributes of a view's markup that are words, too.
WORDS = ("alt", "aria-label", "placeholder", "title")


def get_placeholders(text):
    return sorted(PLACEHOLDER.findall(text))


def get_edges(text):
    """Return the white space around a text: parts of a sentence are joined by it."""
    return text[: len(text) - len(text.lstrip())], text[len(text.rstrip()) :]


def get_markup(text):
    """Return the elements of a view's term, without the words in it."""
    if not re.search(r"</?\w", text):
        return []
    return sorted(
        (element.tag, sorted(one for one in element.items() if one[0] not in WORDS))
        for element in etree.fromstring(f"<term>{text}</term>").iter()
    )


class TestPoFiles(BaseCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.files = {path.stem: polib.pofile(str(path)) for path in sorted(FOLDER.glob("*.po"))}

    def find(self, is_wrong):
        """Return (language, term) of every translation that is wrong."""
        return [
            (language, entry.msgid)
            for language, file in self.files.items()
            for entry in file.translated_entries()
            if is_wrong(entry)
        ]

    def test_nearly_every_term_of_every_language_is_translated(self):
        self.assertLessEqual(set(LANGUAGES), set(self.files))
        template = polib.pofile(str(FOLDER / "crm_migration.pot"))
        terms = {entry.msgid for entry in template if not NAME.fullmatch(entry.msgid)}
        for language, file in self.files.items():
            done = {entry.msgid for entry in file.translated_entries()}
            with self.subTest(language=language, missing=sorted(terms - done)[:20]):
                self.assertGreaterEqual(len(terms & done) / len(terms), COVERAGE)

    def test_headers_say_what_the_file_is(self):
        """Odoo and translators' tools read them; they name no machine of ours."""
        for language, file in self.files.items():
            with self.subTest(language=language):
                self.assertEqual(file.metadata["Language"], language)
                self.assertRegex(file.metadata["Project-Id-Version"], r"^Odoo Server 19\.0")
                self.assertIn("charset=UTF-8", file.metadata["Content-Type"])
                self.assertNotRegex("".join(file.metadata.values()), r"://|@")

    def test_nothing_is_fuzzy_or_obsolete_or_there_twice(self):
        for language, file in self.files.items():
            with self.subTest(language=language):
                self.assertFalse([entry.msgid for entry in file if entry.fuzzy or entry.obsolete])
                self.assertEqual(len(file), len({entry.msgid for entry in file}))

    def test_what_is_filled_in_is_the_same(self):
        """A placeholder that is missing or misspelt would stop the screen."""
        self.assertFalse(
            self.find(lambda one: get_placeholders(one.msgid) != get_placeholders(one.msgstr))
        )

    def test_spaces_around_are_the_same(self):
        self.assertFalse(self.find(lambda one: get_edges(one.msgid) != get_edges(one.msgstr)))

    def test_markup_is_the_same(self):
        """Odoo drops the translation of a view's term whose markup differs."""
        self.assertFalse(self.find(lambda one: get_markup(one.msgid) != get_markup(one.msgstr)))

    def test_the_name_of_the_printed_report_stays_an_expression(self):
        for file in self.files.values():
            for entry in file.translated_entries():
                if any("print_report_name" in place for place, __ in entry.occurrences):
                    compile(entry.msgstr, "<name>", "eval")
