"""Two loads of one export, by Odoo's ``create()`` and by one of our roads: equal in every column?

Usage: roads_test.py spoil EXPORT
       roads_test.py --addons-path PATH load DB EXPORT slow|plain|fast REPORT.json
       roads_test.py --addons-path PATH compare DB DB known|alien REPORT.json
"""

import argparse
import csv
import json
import re
import sys
from datetime import datetime, timedelta
from pathlib import Path

import psycopg2

from bench import environment

FAST = {
    "known": {"res.partner", "crm.lead", "mail.message", "mail.activity", "calendar.event"},
    # The addon overrides create() of the others.
    "alien": {"mail.message", "mail.activity", "calendar.event"},
}
# Random (the colours of new tags too), or told by the clock.
MASKED = re.compile(
    r"uuid|secret|^(access_)?token$|^seconds$|^alert_on$|^color$|^calendar_last_notif_ack$"
)
# Rows that tell of the run itself, of queues of Odoo, and of our own tables without an order.
LEFT_OUT = re.compile(
    r"^(ir_config_parameter|ir_cron.*|bus_bus|ir_profile|crm_migration_(run|forecast|inventory|look))$"
)
RECENT = timedelta(hours=12)


def spoil(export):
    """Give one contact a name that the addon's constraint refuses."""
    path = Path(export) / "contacts.csv"
    with path.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    rows[len(rows) // 2]["Last Name"] = "Forbidden"
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, rows[0])
        writer.writeheader()
        writer.writerows(rows)


def load(env, export, road, report):
    """Load; the row that the addon's constraint refuses must fail by both roads."""
    from odoo.addons.crm_migration.cli.crm_migrate import CrmMigrate, Journey
    from odoo.addons.crm_migration.models import bulk

    told = {"slow": "slow", "plain": "plain unproven", "fast": "unproven"}[road]
    env["ir.config_parameter"].sudo().set_param("crm_migration.creation", told)
    env.cr.commit()
    arguments = ["--project", "roads", "--profile", "karmacrm", "--files", str(export)]
    arguments += ["--until", "verified", "--yes", "--set", "owner_policy=stub"]
    Journey(env, CrmMigrate()._parse(arguments)).execute()
    project = env["crm.migration.project"].search([("name", "=", "roads")])
    roads = bulk.get_roads(env)
    below = {name: bulk.get_below(env, name) for name in roads}
    told = {"road": road, "roads": roads, "below": below, "outcomes": project._get_outcomes()}
    report.write_text(json.dumps(told), encoding="utf-8")


def read(database):
    """Return {table: sorted rows as dicts} of a whole database."""
    with psycopg2.connect(dbname=database) as connection, connection.cursor() as cr:
        cr.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY tablename")
        tables = [name for (name,) in cr.fetchall() if not LEFT_OUT.match(name)]
        return {table: read_table(cr, table) for table in tables}


def read_table(cr, table):
    cr.execute(f'SELECT * FROM "{table}"')
    names = [column.name for column in cr.description]
    rows = [{n: mask(n, v) for n, v in zip(names, row, strict=True)} for row in cr.fetchall()]
    return sorted(rows, key=lambda row: row.get("id") or json.dumps(row, default=str))


def mask(name, value):
    if isinstance(value, datetime) and abs(datetime.utcnow() - value) < RECENT:
        return "now"
    if isinstance(value, memoryview):
        return bytes(value)
    if isinstance(value, dict):
        return {key: mask(key, one) for key, one in value.items()}
    return "masked" if value and MASKED.search(name) else value


def compare(one, other):
    """Return {"table.column": how often the two databases differ there}."""
    differences = {}
    plain, fast = read(one), read(other)
    for table in plain:
        if len(plain[table]) != len(fast[table]):
            differences[table] = f"{len(plain[table])} rows, {len(fast[table])} by our road"
            continue
        for row, same in zip(plain[table], fast[table], strict=True):
            for name in row:
                if row[name] != same[name]:
                    key = f"{table}.{name}"
                    count, __ = differences.get(key, (0, None))
                    differences[key] = (count + 1, (row[name], same[name]))
    return differences, sum(map(len, plain.values())), len(plain)


def main():
    if sys.argv[1] == "spoil":
        return spoil(sys.argv[2])
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--addons-path", required=True)
    parser.add_argument("what", choices=("load", "compare"))
    parser.add_argument("names", nargs=4)
    asked = parser.parse_args()
    one, other, variant, report = asked.names
    if asked.what == "load":
        with environment(asked.addons_path, one) as env:
            load(env, Path(other), variant, Path(report))
        return 0
    differences, rows, tables = compare(one, other)
    for name, difference in differences.items():
        print(f"DIFFERENT: {name}: {difference}")
    report = json.loads(Path(report).read_text(encoding="utf-8"))
    roads, below = report["roads"], report["below"]
    expected = FAST[variant] if report["road"] == "fast" else ()
    # Whatever is not copied goes through create(), and below its overrides by column.
    wrong = [
        name
        for name in FAST["known"]
        if bool(roads[name]["fast"]) != (name in expected)
        or bool(below[name]["fast"]) != (name not in expected)
    ]
    told = [
        f"{n} {road['fast']} fast {road['plain']} plain ({below[n]['fast']} by column)"
        for n, road in sorted(roads.items())
    ]
    print(
        f"{variant}, {report['road']}: {rows} rows of {tables} tables compared, "
        f"{len(differences)} differences; {', '.join(told)}"
    )
    if wrong:
        print(f"WRONG ROAD: {wrong}: {roads} {below}")
    return 1 if differences or wrong else 0


if __name__ == "__main__":
    sys.exit(main())
