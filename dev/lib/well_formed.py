"""Check that the XML and JSON files named on standard input can be parsed."""

import json
import sys
from pathlib import Path

from lxml import etree


def parse(path):
    if path.suffix == ".json":
        json.loads(path.read_bytes())
    else:
        etree.parse(path)


def main():
    failures = 0
    for path in map(Path, sys.stdin.read().splitlines()):
        try:
            parse(path)
        except (etree.XMLSyntaxError, ValueError) as error:
            failures += 1
            print(f"{path}: {error}", file=sys.stderr)
    return min(failures, 1)


if __name__ == "__main__":
    sys.exit(main())
