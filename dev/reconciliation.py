"""Print the reconciliation tables from reports of `odoo crm_migrate --json`.

Usage: reconciliation.py REPORT.json …
"""

import json
import sys
from pathlib import Path

OUTCOMES = ("created", "updated", "unchanged", "merged", "held", "failed", "skipped")
COLUMNS = ("read", *OUTCOMES)


def entity_rows(report):
    """One row per entity, and whether its outcomes add up to what was read."""
    for entity, counts in report["entities"].items():
        numbers = [counts.get(column) or 0 for column in COLUMNS]
        yield entity, numbers, numbers[0] == sum(numbers[1:])


def print_report(report):
    """Print one project; answer whether all its counts add up."""
    rows = list(entity_rows(report))
    width = max([len("entity"), *(len(entity) for entity, _numbers, _adds_up in rows)])
    seconds = sum(run.get("seconds") or 0 for run in report.get("runs", ()))
    print(f"\n{report['project']} ({report['profile']}): {report['state']}, {seconds:.1f} s")
    print(f"  {'entity':<{width}}", *(f"{column:>9}" for column in COLUMNS))
    for entity, numbers, adds_up in rows:
        print(
            f"  {entity:<{width}}",
            *(f"{number:>9}" for number in numbers),
            "" if adds_up else "  DOES NOT ADD UP",
        )
    checks = report.get("checks") or {}
    print("  checks:", ", ".join(f"{count} {verdict}" for verdict, count in checks.items()))
    issues = report.get("issues") or ()
    print(f"  issues: {len(issues)}")
    return all(adds_up for _entity, _numbers, adds_up in rows)


def main(paths):
    results = [print_report(json.loads(Path(path).read_text("utf-8"))) for path in paths]
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
