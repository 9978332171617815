"""Kill ``odoo crm_migrate`` at random moments, start it again, compare what it leaves.

The promise: killed anywhere, a run goes on where it stopped; nothing is lost, nothing doubled.
A process that is killed leaves PostgreSQL to roll its transaction back, as a worker that is
killed by its time limit or by the machine does.
"""

import random
import subprocess
import sys
import tempfile
from pathlib import Path

from kill_digests import DIGESTS, compare

DEV = Path(sys.argv[1])
KILLS = int(sys.argv[2])
RANDOM = random.Random(int(sys.argv[3]))
BASE, CALM, KILLED = "kill_base", "kill_calm", "kill_killed"


def dev(command, *arguments, **options):
    return subprocess.run(
        [DEV / command, *map(str, arguments)], capture_output=True, text=True, **options
    )


def migrate(database, *arguments, kill_after=None):
    """Run the command; return its exit code, or None if it was killed."""
    command = [DEV / "odoo", "crm_migrate", "-d", database, "--project", "kill", *arguments]
    process = subprocess.Popen(
        list(map(str, command)), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    try:
        output, __ = process.communicate(timeout=kill_after)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
        return None
    if process.returncode not in (0, 4):
        sys.exit(f"crm_migrate ended with {process.returncode}:\n{output[-3000:]}")
    return process.returncode


def digest(database):
    result = {}
    for name, query in DIGESTS.items():
        lines = f"SELECT md5(string_agg(t::text, ',' ORDER BY t::text)), count(*) FROM ({query}) t"
        result[name] = dev("psql", database, "-Atc", lines, check=True).stdout.strip()
    return result


def disturb(database, kills, *arguments):
    """Run the command again and again, killing it; return how often it was killed."""
    killed = 0
    while True:
        # The process needs about two seconds before it begins to work.
        patience = RANDOM.uniform(2.0, 5.0) if killed < kills else None
        if migrate(database, *arguments, kill_after=patience) is not None:
            return killed
        killed += 1
        print(f"  killed {killed} times", end="\r", flush=True)


def main():
    with tempfile.TemporaryDirectory() as folder:
        generator = DEV.parent / "demo" / "generate.py"
        subprocess.run(
            [sys.executable, generator, "karmacrm", folder, "--contacts", "600", "--seed", "3"],
            check=True, capture_output=True,
        )  # fmt: skip
        files = sorted(map(str, Path(folder).glob("*.csv")))
        move = [
            "--profile", "karmacrm", "--until", "verified", "--yes", "--files", *files,
            "--set", "owner_policy=stub", "timezone=UTC", "batch_size=50",
        ]  # fmt: skip
        dev("template", "--replace", BASE, check=True)
        dev("odoo", "-d", BASE, "-i", "crm_migration", "--stop-after-init", check=True)
        for database in (CALM, KILLED):
            dev("dropdb", database)
            dev("createdb", "-T", BASE, database, check=True)
        empty = digest(BASE)
        migrate(CALM, *move)
        loads = disturb(KILLED, KILLS * 2 // 3, *move)
        right = compare(digest(CALM), digest(KILLED), "load")
        migrate(CALM, "--rollback")
        undone = disturb(KILLED, KILLS - loads, "--rollback")
        own = ("states", "log", "issues")
        after = {name: value for name, value in digest(KILLED).items() if name not in own}
        before = {name: value for name, value in empty.items() if name not in own}
        right = compare(before, after, "rollback") and right
    for database in (BASE, CALM, KILLED):
        dev("dropdb", database)
    print(f"{int(right)} passed, {int(not right)} failed")
    print(f"killed {loads} times while moving, {undone} times while rolling back")
    sys.exit(not right)


main()
