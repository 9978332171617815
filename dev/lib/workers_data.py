"""What the tests of several workers share: an export whose rows meet, the command, the digests."""

import csv
import random
import subprocess
import sys
import tempfile
from pathlib import Path

from kill_digests import DIGESTS

DEV = Path(__file__).resolve().parents[1]
# Nothing lost, nothing twice; and what a person reads from top to bottom is in order.
MORE_DIGESTS = {
    "order of histories": "SELECT x_source_id, row_number() OVER (PARTITION BY model, res_id "
    "ORDER BY id) FROM mail_message WHERE message_id LIKE '%@__crmmig_%'",
    "opt-outs": "SELECT email, active FROM mail_blacklist",
    "merged": "SELECT x_source_id, array(SELECT r.source_key FROM crm_migration_record r WHERE "
    "r.model = 'res.partner' AND r.res_id = p.id ORDER BY 1) FROM res_partner p",
    "progress": "SELECT processed = total, total > 0 FROM crm_migration_run "
    "WHERE kind = 'load' ORDER BY id LIMIT 1",
}


def dev(command, *arguments):
    done = subprocess.run(
        [DEV / command, *map(str, arguments)], capture_output=True, text=True, check=False
    )
    if done.returncode:
        sys.exit(f"{command}: {done.stdout[-3000:]}{done.stderr[-3000:]}")
    return done.stdout.strip()


def make_export(folder, contacts):
    """Generate an export of that many contacts, and spoil it; return its files."""
    generator = DEV.parent / "demo" / "generate.py"
    subprocess.run(
        [sys.executable, generator, "karmacrm", folder, "--contacts", str(contacts), "--seed", "3"],
        check=True, capture_output=True,
    )  # fmt: skip
    spoil(folder)
    return sorted(folder.glob("*.csv"))


def spoil(folder):
    """Make rows meet each other: shared emails, opt-outs of one address, trees, a bad row."""
    companies, contacts = (read(folder / f"{name}.csv") for name in ("companies", "contacts"))
    for n, row in enumerate(companies):
        row["Parent Company ID"] = companies[n - 1]["Company ID"] if n % 7 == 3 else ""
    for n, row in enumerate(contacts):
        row["Email Opt Out"] = "yes" if n % 5 == 0 else ""
        if n % 11 == 4:
            row["Email"] = contacts[n - 4]["Email"]
        if n % 5 == 0 and n % 3:
            row["Email 2"] = "all@shared.example"
    # No index holds a name as long as this.
    contacts[77]["Last Name"] = "".join(random.Random(3).choices("abcdefghijklmnop", k=9000))
    write(folder / "companies.csv", companies)
    write(folder / "contacts.csv", contacts)


def read(path):
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def write(path, rows):
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, rows[0])
        writer.writeheader()
        writer.writerows(rows)


def start(database, workers, *arguments):
    command = [
        DEV / "odoo", "crm_migrate", "-d", database, "--project", "workers",
        "--workers", workers, *arguments,
    ]  # fmt: skip
    output = tempfile.TemporaryFile("w+")
    process = subprocess.Popen(
        list(map(str, command)), stdout=output, stderr=subprocess.STDOUT, text=True
    )
    process.told = output
    return process


def move(files):
    return [
        "--profile", "karmacrm", "--until", "loaded", "--yes", "--files", *files,
        "--set", "owner_policy=stub", "duplicate_policy=merge", "timezone=UTC", "batch_size=25",
    ]  # fmt: skip


def finish(process):
    code = process.wait()
    process.told.seek(0)
    told = process.told.read()
    if code not in (0, 4) or "Traceback" in told:
        sys.exit(f"crm_migrate ended with {code}:\n{told[-5000:]}")


def ask(database, query):
    return dev("psql", database, "-Atc", query)


def only_our_jobs(database):
    """Switch off Odoo's own scheduled actions: in a new database all of them are due at once."""
    ask(database, "UPDATE ir_cron SET active = false WHERE cron_name NOT LIKE 'CRM Migration%'")


def digest(database):
    lines = "SELECT md5(string_agg(t::text, ',' ORDER BY t::text)), count(*) FROM ({}) t"
    return {
        name: ask(database, lines.format(query)) for name, query in (DIGESTS | MORE_DIGESTS).items()
    }


def own_of(result):
    """Leave our own tables out: the log of a rollback stays."""
    return {k: v for k, v in result.items() if k not in ("states", "log", "issues", "progress")}
