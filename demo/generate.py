#!/usr/bin/env python3
"""Write a made-up export of an old CRM, and ``expected.json``: what must arrive in Odoo.

    demo/generate.py karmacrm /tmp/export --contacts 500 --headers de --delimiter ';' --defects 0.05

Equal settings give equal bytes. ``expected.json`` is written beside the folder of the files, as
``FOLDER.expected.json``, so that the folder can be uploaded as it is.
"""

import argparse
import json
import sys
from pathlib import Path

from generator import defects, expected, headers, records, words, writing
from generator.settings import DEFECTS, PRODUCTS, Settings

CHOICES = {
    "headers": headers.SETS,
    "words": ("en", "de"),
    "ids": ("sequence", "overlapping", "hex", "prefixed"),
    "form": ("csv", "xlsx", "workbook", "zip"),
    "date": ("iso", "us", "eu", "eu-slash", "long"),
    "stamp": ("iso-z", "iso-offset", "iso", "us-12h", "eu"),
    "decimal": (".", ","),
    "money": ("plain", "grouped", "sign", "code"),
    "owner": ("email", "name", "id"),
}
#: Options that may hold a tab or a line break.
ESCAPED = ("delimiter", "newline", "tag_separator")
HELP = {
    "typed": "numbers and dates as such in workbooks, not as text",
    "by_kind": "one file for each kind of activity",
    "companies": "default: a quarter of the contacts",
    "deals": "default: half of the contacts",
    "activities": "default: twice the contacts",
    "defects": "share of the records that get each kind of defect",
    "boolean": "words for yes and no, with a slash between",
    "values": "about how many records of each entity expected.json shows; 0: all",
}


def generate(settings, folder):
    """Write the export to ``folder``; return the answers, which are written beside it."""
    folder = Path(folder)
    export = records.make(settings)
    defects.spoil(export)
    written = writing.write(export, folder)
    answers = expected.answers(export, written)
    text = json.dumps(answers, ensure_ascii=False, indent=1, default=str)
    folder.with_name(f"{folder.name}.expected.json").write_text(text + "\n", encoding="utf-8")
    return answers


def main(arguments=None):
    """Take the settings from the command line."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n\n")[0])
    parser.add_argument("profile", choices=PRODUCTS)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--only", nargs="+", choices=DEFECTS, help="only these kinds of defects")
    parser.add_argument("--locales", nargs="+", choices=[one.code for one in words.LOCALES])
    parser.add_argument("--kinds", nargs="+", choices=records.KINDS, help="of activities")
    for name, default in vars(Settings()).items():
        if name not in ("profile", "kinds_of_defects", "kinds", "locales", "product"):
            _add_option(parser, name, default)
    options = vars(parser.parse_args(arguments))
    folder, only = options.pop("folder"), options.pop("only")
    options["kinds_of_defects"] = tuple(only or DEFECTS)
    options["kinds"] = tuple(options["kinds"] or records.KINDS)
    options["locales"] = tuple(options["locales"] or ())
    answers = generate(Settings(**options), folder)
    counts = {entity: counts["read"] for entity, counts in answers["entities"]["stub"].items()}
    print(", ".join(f"{count} {entity}" for entity, count in counts.items()), "in", folder)
    return 0


def _add_option(parser, name, default):
    option = f"--{name.replace('_', '-')}"
    if isinstance(default, bool):
        parser.add_argument(option, action="store_true", help=HELP.get(name))
        return
    # Settings work the defaults of the counts out from the number of contacts.
    derived = name in ("companies", "deals", "activities")
    parser.add_argument(
        option,
        type=_unescaped if name in ESCAPED else type(default),
        default=0 if derived else default,
        choices=CHOICES.get(name),
        help=HELP.get(name),
    )


def _unescaped(text):
    r"""Take ``\t`` and ``\n`` as what they stand for."""
    return text.encode().decode("unicode_escape")


if __name__ == "__main__":
    sys.exit(main())
