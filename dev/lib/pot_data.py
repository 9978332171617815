"""Adds to the translation template what Odoo's export does not see: pot_data.py FILE.pot

The texts of the issue catalogue, those the engine gives as detail of an error, and those of the
profiles that are shown on screen. All are translated where they are shown (``models/words.py``).
"""

import ast
import json
import re
import sys
from pathlib import Path

import polib

ROOT = Path(__file__).resolve().parent.parent.parent
#: Part of a profile -> the keys of its entries that are shown.
SHOWN = {"entities": ("label",), "gotchas": ("text",), "inventory": ("label", "counterpart")}
#: Types of custom fields: of ``("char", _lt("Status"))`` Odoo's export takes both for terms.
TYPES = frozenset("char date datetime float integer json many2one".split())


def read_engine():
    """Yield (file, text) of the catalogue of issues and of the details of errors."""
    for path in sorted((ROOT / "engine").rglob("*.py")):
        if "tests" not in path.parts:
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                yield from ((path, text) for text in get_texts(node))


def get_texts(node):
    if not isinstance(node, ast.Call):
        return []
    kind = getattr(node.func, "id", "") == "Kind"
    told = node.args[1:] if kind else [k.value for k in node.keywords if k.arg == "detail"]
    return [one.value for one in told if isinstance(one, ast.Constant)]


def read_profiles():
    """Yield (file, text) of what the profiles show."""
    for path in sorted((ROOT / "data" / "profiles").glob("*.json")):
        profile = json.loads(path.read_text(encoding="utf-8"))
        for part, keys in SHOWN.items():
            for entry in profile.get(part, ()):
                yield from ((path, entry[key]) for key in keys if entry.get(key))


def has_words(text):
    """Tell whether a template has words of its own, beside what is filled in."""
    return bool(re.search(r"[^\W\d_]", re.sub(r"%\(\w+\)s", "", text)))


def main(file):
    template = polib.pofile(file, wrapwidth=79)
    # The addons of the tests lie inside this one's folder, so that Odoo's export takes theirs too.
    for entry in [*template]:
        entry.occurrences = [place for place in entry.occurrences if "/dev/" not in place[0]]
        if not entry.occurrences or entry.msgid in TYPES:
            template.remove(entry)
    known = {entry.msgid: entry for entry in template}
    for path, text in (*read_engine(), *read_profiles()):
        if has_words(text):
            place = (f"code:addons/crm_migration/{path.relative_to(ROOT)}", "0")
            entry = known.get(text)
            if entry is None:
                entry = known[text] = polib.POEntry(msgid=text, comment="module: crm_migration")
                template.append(entry)
            if place not in entry.occurrences:
                entry.occurrences.append(place)
            if "odoo-python" not in entry.comment:
                entry.comment += "\nodoo-python"
    template.sort(key=lambda entry: entry.msgid)
    template.save(file)


if __name__ == "__main__":
    main(sys.argv[1])
