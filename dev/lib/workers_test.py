"""Load one export with one worker and with several; kill some; compare what they leave.

The promise: several workers leave what one leaves, whoever dies; a history keeps its order.
"""

import csv
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from kill_digests import DIGESTS, compare

DEV = Path(sys.argv[1])
CONTACTS = sys.argv[2]
RANDOM = random.Random(int(sys.argv[3]))
NAME = f"workers_{os.getpid()}"
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
    contacts[77]["Last Name"] = "".join(RANDOM.choices("abcdefghijklmnop", k=9000))
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


def helpers_of(process):
    """Return the IDs of the processes that this one started."""
    return [
        int(stat.parent.name)
        for stat in Path("/proc").glob("[0-9]*/stat")
        if read_stat(stat)[1:2] == [str(process.pid)]
    ]


def read_stat(stat):
    try:
        return stat.read_text().rpartition(")")[2].split()
    except OSError:
        return []


def ask(database, query):
    return dev("psql", database, "-Atc", query)


def wait_for_load(database, share):
    """Wait until a part of the records is loaded; what several workers do is under way then."""
    landed = (
        f"SELECT count(*) FILTER (WHERE res_id IS NOT NULL) > {share} * count(*) "
        "FROM crm_migration_record"
    )
    while ask(database, landed) != "t":
        time.sleep(0.1)


def disturb(database, files):
    """Kill helpers, and whoever leads, while they load; begin again; return who was killed."""
    killed = []
    process = start(database, 4, *move(files))
    wait_for_load(database, 0.15)
    for victim in RANDOM.sample(helpers_of(process), 2):
        os.kill(victim, signal.SIGKILL)
        killed.append("helper")
        time.sleep(RANDOM.uniform(0.2, 1.0))
    wait_for_load(database, 0.35)
    process.kill()
    process.wait()
    killed.append("leader")
    process = start(database, 3, "--resume")
    wait_for_load(database, 0.6)
    for victim in helpers_of(process)[:1]:
        os.kill(victim, signal.SIGKILL)
        killed.append("helper")
    finish(process)
    return killed


def digest(database):
    lines = "SELECT md5(string_agg(t::text, ',' ORDER BY t::text)), count(*) FROM ({}) t"
    return {
        name: ask(database, lines.format(query)) for name, query in (DIGESTS | MORE_DIGESTS).items()
    }


def own_of(result):
    """Leave our own tables out: the log of a rollback stays."""
    return {k: v for k, v in result.items() if k not in ("states", "log", "issues", "progress")}


def main():
    names = [f"{NAME}_{what}" for what in ("base", "1", "2", "4", "killed")]
    with tempfile.TemporaryDirectory(prefix="crm_migration_workers_") as place:
        folder = Path(place)
        generator = DEV.parent / "demo" / "generate.py"
        subprocess.run(
            [sys.executable, generator, "karmacrm", folder, "--contacts", CONTACTS, "--seed", "3"],
            check=True, capture_output=True,
        )  # fmt: skip
        spoil(folder)
        files = sorted(folder.glob("*.csv"))
        try:
            base, *others = names
            dev("template", "--replace", base)
            dev("lib/install", base)
            results, empty = {}, own_of(digest(base))
            for database in others:
                dev("createdb", "-T", base, database)
                workers, started = database.rpartition("_")[2], time.monotonic()
                if workers == "killed":
                    print("killed:", ", ".join(disturb(database, files)))
                else:
                    finish(start(database, workers, *move(files)))
                results[workers] = digest(database)
                roads = ask(
                    database,
                    "SELECT round(seconds) || ' s, ' || processed FROM crm_migration_run "
                    "WHERE kind = 'load' ORDER BY id DESC LIMIT 1",
                )
                print(f"{workers}: {time.monotonic() - started:.0f} s, the load {roads} records")
            finish(start(database, 1, "--rollback"))
            undone = own_of(digest(database))
        finally:
            for database in names:
                dev("dropdb", "--if-exists", "--force", database)
    one = results.pop("1")
    right = [compare(one, result, f"{what} workers") for what, result in results.items()]
    right.append(compare(empty, undone, "rollback"))
    print(f"{sum(right)} passed, {len(right) - sum(right)} failed")
    sys.exit(not all(right))


main()
