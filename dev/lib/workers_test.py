"""Load one export with one worker and with several; kill some; compare what they leave.

The promise: several workers leave what one leaves, whoever dies; a history keeps its order.
"""

import os
import random
import signal
import sys
import tempfile
import time
from pathlib import Path

from kill_digests import compare
from workers_data import ask, dev, digest, finish, make_export, move, own_of, start

CONTACTS = sys.argv[1]
RANDOM = random.Random(int(sys.argv[2]))
NAME = f"workers_{os.getpid()}"


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


def main():
    names = [f"{NAME}_{what}" for what in ("base", "1", "2", "4", "killed")]
    with tempfile.TemporaryDirectory(prefix="crm_migration_workers_") as place:
        files = make_export(Path(place), CONTACTS)
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
                dev("dropdb", database)
    one = results.pop("1")
    right = [compare(one, result, f"{what} workers") for what, result in results.items()]
    right.append(compare(empty, undone, "rollback"))
    print(f"{sum(right)} passed, {len(right) - sum(right)} failed")
    sys.exit(not all(right))


main()
