"""Rules about the structure of the addon, as tests instead of paragraphs."""

import ast
import re
from pathlib import Path

from odoo.tests import BaseCase, tagged

from ..engine import profiles, reading
from ..engine.issues import CATALOGUE

ROOT = Path(__file__).resolve().parent.parent
SEVERITIES = ("info", "warning", "hold", "error")
# Functions whose first text argument is an issue code.
TELLERS = (
    "tell", "Problem", "ConfigurationError", "SourceError", "ValueProblem", "Passing", "Refused",
)  # fmt: skip
INFERIOR = {
    # layer: what it may not know (design.md, "Layers")
    "engine": ("odoo", "models", "wizards", "views", "report", "cli"),
    "models": ("wizards", "report", "cli"),
}


def sources(folder):
    """Yield (path, syntax tree) of the Python files of a folder, tests left out."""
    for path in sorted((ROOT / folder).rglob("*.py")):
        if "tests" not in path.relative_to(ROOT).parts:
            yield path, ast.parse(path.read_text(encoding="utf-8"))


def imported(path, tree):
    """Yield what a file imports: first names of absolute imports, layers of relative ones."""
    depth = len(path.relative_to(ROOT).parent.parts)
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield from alias.name.split(".")[:1]
                if "crm_migration" in alias.name:
                    yield alias.name.split("crm_migration.")[-1].split(".")[0]
        elif isinstance(node, ast.ImportFrom):
            parts = (node.module or "").split(".")
            if not node.level:
                yield parts[0]
                if "crm_migration" in parts:
                    yield from parts[parts.index("crm_migration") + 1 :][:1]
            elif node.level == depth + 1:
                yield parts[0] or node.names[0].name


@tagged("post_install", "-at_install", "crm_migration")
class TestStructure(BaseCase):
    def test_arrows_point_down(self):
        """The engine never imports Odoo or a layer above; models import no faces."""
        for layer, forbidden in INFERIOR.items():
            for path, tree in sources(layer):
                wrong = set(imported(path, tree)) & set(forbidden)
                self.assertFalse(wrong, f"{path.relative_to(ROOT)} imports {wrong}")

    def test_engine_has_no_environment(self):
        """Nor does the engine work with an environment, a cursor or a logger."""
        for path, tree in sources("engine"):
            for node in ast.walk(tree):
                if isinstance(node, ast.Attribute):
                    self.assertNotIn(node.attr, ("env", "cr"), path)
                if isinstance(node, ast.Import):
                    self.assertNotIn("logging", [alias.name for alias in node.names], path)

    def test_no_source_is_asked_for(self):
        """No Python compares anything with the code or the name of a source: profiles are data."""
        names = set()
        for code in profiles.codes():
            profile = profiles.load(code)
            if profile.generic:
                continue
            names |= {
                code.casefold(),
                profile.name.casefold(),
                *map(str.casefold, profile.variants),
            }
        self.assertGreater(len(names), 4)
        for folder in ("engine", "models", "wizards", "report", "cli"):
            for path, tree in sources(folder):
                for node in self._get_texts(tree):
                    self.assertNotIn(
                        node.value.casefold(), names, f"{path.relative_to(ROOT)}:{node.lineno}"
                    )

    def _get_texts(self, tree):
        documents = {
            id(node.body[0].value)
            for node in ast.walk(tree)
            if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef))
            and node.body and isinstance(node.body[0], ast.Expr)
        }  # fmt: skip
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                if id(node) not in documents:
                    yield node

    def test_every_issue_code_is_in_the_catalogue(self):
        """What the program tells has a title, a sentence and advice; the sentence can be filled."""
        used = set()
        for folder in ("engine", "models"):
            for path, tree in sources(folder):
                for node in ast.walk(tree):
                    for code in self._get_codes(node):
                        self.assertIn(code, CATALOGUE, f"{path.relative_to(ROOT)}:{node.lineno}")
                        used.add(code)
        self.assertGreater(len(used), 30)
        for code, kind in CATALOGUE.items():
            self.assertRegex(code, r"^[a-z_]+$")
            self.assertIn(kind.severity, SEVERITIES, code)
            self.assertTrue(kind.title and kind.template and kind.advice, code)
            self.assertFalse(re.search(r"%(?!\(\w+\)s|%)", kind.template), code)

    def _get_codes(self, node):
        if isinstance(node, ast.Call) and node.args:
            name = getattr(node.func, "attr", None) or getattr(node.func, "id", None)
            first = node.args[0]
            if name in TELLERS and isinstance(first, ast.Constant) and isinstance(first.value, str):
                yield first.value

    def test_browser_offers_every_kind_of_file(self):
        """The dialog for choosing files shows all that can be read, and nothing else."""
        script = (ROOT / "static/src/upload/upload.js").read_text(encoding="utf-8")
        accepted = re.search(r'ACCEPTED = "(.+)"', script)[1]
        self.assertEqual(set(accepted.split(",")), reading.SUFFIXES)

    def test_every_test_is_imported(self):
        """Odoo skips a test file that is not imported in silence."""
        text = (Path(__file__).parent / "__init__.py").read_text(encoding="utf-8")
        named = set(re.findall(r"^from \. import (test_\w+)$", text, re.MULTILINE))
        self.assertEqual(named, {path.stem for path in Path(__file__).parent.glob("test_*.py")})

    def test_every_model_file_is_imported(self):
        for folder in ("models", "models/targets", "wizards", "report"):
            text = (ROOT / folder / "__init__.py").read_text(encoding="utf-8")
            for path, tree in sources(folder):
                holds_model = any(
                    isinstance(node, ast.ClassDef)
                    and any("Model" in ast.unparse(base) for base in node.bases)
                    for node in tree.body
                )
                if holds_model and path.parent == ROOT / folder:
                    self.assertIn(f"from . import {path.stem}\n", text)
