"""What the tests of reading share."""

import tempfile
import unittest
from pathlib import Path

from ..exceptions import SourceError
from ..reading import read


class ReadingCase(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)

    def write(self, content, name="contacts.csv", encoding="utf-8"):
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode(encoding))
        return path

    def read(self, content, name="contacts.csv", encoding="utf-8", **overrides):
        return read(self.write(content, name, encoding), overrides=overrides)

    def warned(self, content, **more):
        return [problem.code for problem in self.read(content, **more).warnings]

    def assertRefused(self, code, path):
        with self.assertRaises(SourceError) as caught:
            list(read(path).rows)
        self.assertEqual(caught.exception.code, code)
        return caught.exception
