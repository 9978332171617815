"""Kill a real Odoo server and its PostgreSQL at random moments of a migration.

What is left is compared with what an undisturbed one leaves.

The promise: whatever dies, after a restart the run goes on by itself and ends in the database of
an undisturbed one. A person presses the buttons over RPC, cron workers do the work; meanwhile
single workers, the whole server, all connections and PostgreSQL die in turn, at seeded moments of
staging, proposing, preparing, sample, load, delta, proof and rollback. PostgreSQL is a private
throwaway one.
"""

import base64
import csv
import json
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request
from contextlib import suppress
from pathlib import Path

from kill_digests import DIGESTS, compare

DEV = Path(sys.argv[1])
KILLS = int(sys.argv[2])
RANDOM = random.Random(int(sys.argv[3]))
# Nothing waits longer for anything: a run that does not go on by itself fails the test.
LIMIT = 300
PORT = 5999
PROJECT = "crm.migration.project"
# The kind of run that a step's button starts, or that another run goes on with by itself.
KINDS = {"stage": "extract", "propose": "propose", "prepare": "schema"}
# What dies, in turn; a "limit" is Odoo's own time limit for a cron worker, shorter than a slice.
DEATHS = ("server", "worker", "connections", "postgres", "both", "limit")


class Cluster:
    """A PostgreSQL of its own; root needs another user for it."""

    def __init__(self, folder):
        self.folder = folder
        self.bin = Path(
            subprocess.run(
                ["bash", "-c", f". {DEV}/lib/env.sh; pg_bin"],
                capture_output=True, text=True, check=True,
            ).stdout.strip()
        )  # fmt: skip
        self.prefix = []
        if os.getuid() == 0:
            shutil.chown(folder, "postgres")
            self.prefix = ["runuser", "-u", "postgres", "--"]
        self.data = folder / "data"
        self._run("initdb", "-D", self.data, "-U", "postgres", "-A", "trust", "--no-sync",
                  "--encoding=UTF8", "--locale=C.UTF-8")  # fmt: skip
        options = {
            "listen_addresses": "''", "port": PORT, "unix_socket_directories": f"'{folder}'",
            "fsync": "off", "shared_buffers": "128MB", "timezone": "'UTC'",
        }  # fmt: skip
        conf = self.data / "postgresql.conf"
        conf.write_text(
            conf.read_text() + "".join(f"{name} = {value}\n" for name, value in options.items())
        )
        self.start()
        self.sql("postgres", "CREATE ROLE odoo LOGIN CREATEDB", user="postgres")

    def _run(self, program, *arguments, **options):
        command = [*self.prefix, self.bin / program, *arguments]
        return subprocess.run(
            list(map(str, command)), check=True, cwd="/", text=True,
            **({"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL} | options),
        )  # fmt: skip

    def start(self):
        self._run("pg_ctl", "-D", self.data, "-l", self.folder / "log", "-w", "start")

    def stop(self):
        self._run("pg_ctl", "-D", self.data, "-m", "immediate", "-w", "stop")

    def client(self, program, *arguments, user="odoo", **options):
        command = [self.bin / program, "-h", self.folder, "-p", str(PORT), "-U", user, *arguments]
        return subprocess.run(list(map(str, command)), check=True, text=True, **options)

    def sql(self, database, query, user="odoo"):
        done = self.client(
            "psql", "-qAtX", "-d", database, "-c", query, user=user, capture_output=True
        )
        return done.stdout.strip()


class Server:
    """An Odoo server with cron workers, started and killed as a whole or in part."""

    def __init__(self, cluster, folder, database, workers):
        self.cluster, self.folder, self.database = cluster, folder, database
        self.workers = workers
        self.port = free_port()
        self.process = None
        self.log = folder / f"{database}.log"

    def start(self, limit=120):
        command = [
            DEV / "odoo", f"--db_host={self.cluster.folder}", f"--db_port={PORT}",
            "--db_user=odoo", "-d", self.database, f"--db-filter=^{self.database}$",
            f"--http-port={self.port}", f"--gevent-port={free_port()}",
            f"--data-dir={self.folder / 'data'}", f"--logfile={self.log}",
            f"--workers={self.workers}", "--max-cron-threads=1",
            "--limit-time-real=120", "--limit-time-cpu=3600", f"--limit-time-real-cron={limit}",
        ]  # fmt: skip
        self.process = subprocess.Popen(
            list(map(str, command)), start_new_session=True,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        self.wait_for_answer()

    def wait_for_answer(self):
        def answers():
            if self.process.poll() is not None:
                raise SystemExit("the server ended by itself")
            with suppress(OSError):
                url = f"http://127.0.0.1:{self.port}/web/health"
                return urllib.request.urlopen(url, timeout=5).status == 200
            return False

        wait_until(answers, "the server to answer")

    def keep_up(self):
        """Start it again if it ended by itself, as a service manager does: the master process of
        several workers ends with its connection to the database (odoo/service/server.py)."""
        if self.process.poll() is not None:
            with suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)
            self.start()

    def kill(self):
        """Kill all of its processes at once: nothing is told, nothing is tidied up."""
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def kill_worker(self):
        """Kill the process that works on a run: of a threaded server that is the server."""
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text()
        crons = [pid for pid in map(int, children.split()) if self._is_cron(pid)]
        if not crons:
            return False
        os.kill(crons[0], signal.SIGKILL)
        return True

    def _is_cron(self, pid):
        # Cron workers are nice to the others (odoo/service/server.py).
        with suppress(OSError):
            return os.getpriority(os.PRIO_PROCESS, pid) > os.getpriority(
                os.PRIO_PROCESS, self.process.pid
            )
        return False

    def call(self, model, method, *arguments, **options):
        """Call a method as the administrator; raises ``Refused`` with Odoo's own words."""
        body = {
            "jsonrpc": "2.0", "method": "call", "params": {
                "service": "object", "method": "execute_kw",
                "args": [self.database, 2, "admin", model, method, list(arguments), options],
            },
        }  # fmt: skip
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}/jsonrpc", json.dumps(body).encode(),
            {"Content-Type": "application/json"},
        )  # fmt: skip
        with urllib.request.urlopen(request, timeout=60) as answer:
            result = json.load(answer)
        if "error" in result:
            raise Refused(result["error"]["data"]["message"])
        return result.get("result")


class Refused(Exception):
    pass


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def wait_until(condition, what, patience=LIMIT):
    started = time.monotonic()
    while not condition():
        if time.monotonic() - started > patience:
            raise SystemExit(f"waited {patience} s for {what}")
        time.sleep(0.1)


class Person:
    """Presses the buttons one after the other; presses again what did not get through."""

    def __init__(self, server, death=None, strikes=()):
        self.server, self.death = server, death
        self.strikes = {}
        for step, share, kind in strikes:
            self.strikes.setdefault(step, []).append((share, kind))
        self.seconds, self.struck, self.seen = {}, [], {}
        self.project = None

    def sql(self, query):
        try:
            return self.server.cluster.sql(self.server.database, query)
        except subprocess.CalledProcessError:
            return ""

    def insist(self, function):
        """Do it until it gets through: a server that is down is asked again."""
        started = time.monotonic()
        while True:
            self.server.keep_up()
            try:
                return function()
            except (OSError, ValueError, Refused) as error:
                if time.monotonic() - started > LIMIT:
                    raise SystemExit(f"did not get through: {error}") from error
                time.sleep(0.5)

    def call(self, method, *arguments, model=PROJECT, **options):
        return self.insist(lambda: self.server.call(model, method, *arguments, **options))

    # ------------------------------------------------------------- steps

    def make(self, profile, **policies):
        values = {"name": "Kill", "profile": profile} | policies
        self.project = self.call("create", [values])[0]

    def upload(self, files, delta=False):
        ids = self.call(
            "create",
            [
                {
                    "name": path.name,
                    "datas": base64.b64encode(path.read_bytes()).decode(),
                    "res_model": PROJECT,
                    "res_id": self.project,
                }
                for path in files
            ],
            model="ir.attachment",
        )
        self.call("take_uploads", [self.project], ids, delta=delta)

    def press(self, step, button):
        """Press a button that starts a run, have it disturbed, and wait for its end.

        No button where the run before has gone on by itself, as reading does with the map.
        """
        started = time.monotonic()

        def press():
            if not self._get_state(step):
                self.server.call(PROJECT, button, [self.project])

        self.insist(press)
        for share, kind in sorted(self.strikes.get(step, [])):
            moment = started + share * self.expected.get(step, 2.0)
            time.sleep(max(0, moment - time.monotonic()))
            if self._get_state(step) in ("queued", "running"):
                self.death(self.server, kind)
                self.struck.append((step, kind))
                print(f"  {len(self.struck)} killed: {step}, {kind}", flush=True)
                started = time.monotonic() - share * self.expected.get(step, 2.0)
        self.wait_for_end(step)
        self.seconds[step] = time.monotonic() - started

    def _get_state(self, step):
        return self._read_run(step, "state")

    def _read_run(self, step, column):
        """Return a column of the step's run, or "" before there is one."""
        kind = self._get_kind(step)
        return self.sql(
            f"SELECT {column} FROM crm_migration_run WHERE kind = '{kind}'"
            f" AND id > {self.seen.get(kind, 0)} ORDER BY id LIMIT 1"
        )

    def _get_kind(self, step):
        name = step.removeprefix("delta ")
        return KINDS.get(name, name)

    def wait_for_end(self, step):
        def ended():
            self.server.keep_up()
            # Odoo looks for work once a minute; the test cannot wait that long each time.
            with suppress(subprocess.CalledProcessError):
                self.server.cluster.sql(
                    "postgres", f"SELECT pg_notify('cron_trigger', '{self.server.database}')"
                )
            time.sleep(0.4)
            state = self._get_state(step)
            if state in ("failed", "cancelled", "paused"):
                raise SystemExit(f"{step} is {state}: {self._read_run(step, 'error')}")
            return state == "done"

        wait_until(ended, f"{step} to go on by itself")
        self.seen[self._get_kind(step)] = self._read_run(step, "id")

    # ------------------------------------------------------------- the whole

    def migrate(self, files, newer):
        """Move, catch up with a newer export, prove."""
        self.make("karmacrm", owner_policy="stub", timezone="UTC", batch_size=25)
        self.upload(files)
        self._go("", first=True)
        self.upload(newer, delta=True)
        self._go("delta ")

    def _go(self, what, first=False):
        self.press(f"{what}stage", "action_stage")
        self.press(f"{what}propose", "action_propose")
        self.call("action_confirm_all", [self.project])
        self.call("action_confirm_map", [self.project])
        self.press(f"{what}prepare", "action_prepare")
        if first:
            self.press("sample", "action_sample")
            self.call("action_approve_sample", [self.project])
        elif not self.insist(lambda: self._is_approved()):
            self.call("action_approve_again", [self.project])
        self.press(f"{what}load", "action_load")
        self.press(f"{what}verify", "action_verify")

    def _is_approved(self):
        return self.server.call(
            "crm.migration.approval", "search_count",
            [("project_id", "=", self.project), ("kind", "=", "sample"), ("voided_at", "=", False)],
        )  # fmt: skip

    def roll_back(self):
        self.press("rollback", "action_rollback")


def strike(server, kind):
    """Let something die, and start again what does not start by itself."""
    server.keep_up()
    if kind == "worker" and server.kill_worker():
        return
    if kind in ("server", "worker"):
        server.kill()
        server.start()
    elif kind == "connections":
        server.cluster.sql(
            "postgres",
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            f"WHERE datname = '{server.database}' AND pid != pg_backend_pid()",
        )
    elif kind == "postgres":
        server.cluster.stop()
        server.cluster.start()
        if not server.workers:
            # A cron thread of a threaded server ends with its connection (odoo/service/server.py).
            server.kill()
            server.start()
    elif kind == "both":
        server.cluster.stop()
        server.kill()
        server.cluster.start()
        server.start()
    elif kind == "limit":
        server.kill()
        server.start(limit=4)


def digest(cluster, database):
    result = {}
    for name, query in DIGESTS.items():
        lines = f"SELECT md5(string_agg(t::text, ',' ORDER BY t::text)), count(*) FROM ({query}) t"
        result[name] = cluster.sql(database, lines)
    return result


def plan(kills):
    """Return [(step, share of its time, what dies)]: every step, every death, load most of all."""
    steps = [
        "stage", "load", "propose", "delta load", "rollback", "verify", "prepare", "load",
        "rollback", "sample", "delta stage", "load", "delta verify",
    ]  # fmt: skip
    return [
        (steps[n % len(steps)], RANDOM.uniform(0.05, 0.9), DEATHS[n % len(DEATHS)])
        for n in range(kills)
    ]


def make_exports(folder):
    """Return (files, files of a newer export): of each kind some rows changed, gone and new."""
    old, new = folder / "old", folder / "new"
    new.mkdir()
    subprocess.run(
        [sys.executable, DEV.parent / "demo" / "generate.py", "karmacrm", old,
         "--contacts", "300", "--seed", "3"],
        check=True, capture_output=True,
    )  # fmt: skip
    for path in old.glob("*.csv"):
        with path.open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
        with (new / path.name).open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, rows[0])
            writer.writeheader()
            writer.writerows(make_newer(path.name, rows))
    return sorted(old.glob("*.csv")), sorted(new.glob("*.csv"))


def make_newer(name, rows):
    changed = {
        "contacts.csv": {"Phone": "+49 30 1", "City": "Neustadt"},
        "companies.csv": {"Street": "Neue Straße 1"},
        "deals.csv": {"Amount": "4711.00", "Stage": "Won", "Status": "won", "Probability": "100"},
        "activities.csv": {"Subject": "Changed"},
    }.get(name)
    if not changed:
        return rows
    key = next(iter(rows[0]))
    again = [row | {key: f"9{row[key]}"} for row in rows[5:45]]
    return [row | (changed if n % 7 == 0 else {}) for n, row in enumerate(rows[:-4])] + again


def make_base(cluster, folder):
    """Install the addon once, in the usual PostgreSQL, and bring it into the private one."""
    base = f"kill_base_{os.getpid()}"
    run = {"check": True, "capture_output": True}
    try:
        subprocess.run([DEV / "template", "--replace", base], **run)
        subprocess.run(
            [DEV / "odoo", "-d", base, "-i", "crm_migration", "--stop-after-init", "--no-http"],
            **run,
        )
        dump = folder / "base.sql"
        subprocess.run([DEV / "pg_dump", "--no-owner", "-f", dump, base], **run)
    finally:
        subprocess.run([DEV / "dropdb", base], check=False)
    cluster.client("createdb", "kill_base")
    cluster.client("psql", "-qX", "-d", "kill_base", "-f", dump, stdout=subprocess.DEVNULL)


def journey(cluster, folder, name, workers, exports, strikes=(), expected=None):
    """Move, prove and roll back in a fresh database; return the person and both digests."""
    cluster.client("createdb", "-T", "kill_base", name)
    server = Server(cluster, folder, name, workers)
    server.start()
    person = Person(server, strike, strikes)
    person.expected = expected or {}
    try:
        person.migrate(*exports)
        moved = digest(cluster, name)
        person.roll_back()
        return person, moved, digest(cluster, name)
    except SystemExit:
        lines = [line for line in server.log.read_text().splitlines() if "Closed 1" not in line]
        print("\n".join(lines[-60:]))
        raise
    finally:
        server.kill()


def press_together(cluster, folder, exports):
    """Two servers on one database, both told to load at once: one run, as if it had been one."""
    cluster.client("createdb", "-T", "kill_base", "kill_two")
    servers = [Server(cluster, folder, "kill_two", workers) for workers in (0, 2)]
    for server in servers:
        server.start()
    person = Person(servers[0])
    person.expected = {}
    answers = []
    try:
        person.make("karmacrm", owner_policy="stub", timezone="UTC", batch_size=25)
        person.upload(exports[0])
        for step in ("stage", "propose"):
            person.press(step, f"action_{step}")
        person.call("action_confirm_all", [person.project])
        person.call("action_confirm_map", [person.project])
        for step in ("prepare", "sample"):
            person.press(step, f"action_{step}")
        person.call("action_approve_sample", [person.project])

        def press(server):
            try:
                answers.append(bool(server.call(PROJECT, "action_load", [person.project])) or 1)
            except Refused as error:
                answers.append(str(error))

        threads = [threading.Thread(target=press, args=[server]) for server in servers * 3]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        person.wait_for_end("load")
        runs = person.sql("SELECT count(*) FROM crm_migration_run WHERE kind = 'load'")
        doubled = person.sql(
            "SELECT count(*) FROM (SELECT x_source_id, is_company FROM res_partner "
            "WHERE x_source_id IS NOT NULL GROUP BY 1, 2 HAVING count(*) > 1) t"
        )
    finally:
        for server in servers:
            server.kill()
    refused = [answer for answer in answers if isinstance(answer, str)]
    print(
        f"pressed {len(answers)} times at once: {runs} run, {len(refused)} refused: {refused[:1]}"
    )
    return runs == "1" and doubled == "0"


def main():
    started = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="crm_migration_kill_") as place:
        folder = Path(place)
        folder.chmod(0o755)
        home = folder / "pg"
        home.mkdir()
        cluster = Cluster(home)
        try:
            exports = make_exports(folder)
            make_base(cluster, folder)
            empty = digest(cluster, "kill_base")
            calm, moved, after = journey(cluster, folder, "kill_calm", 0, exports)
            print({step: round(seconds, 1) for step, seconds in calm.seconds.items()})
            right = [compare(own_of(empty), own_of(after), "undisturbed rollback")]
            strikes, struck = plan(KILLS), []
            for name, workers in (("kill_prefork", 2), ("kill_threaded", 0)):
                half = strikes[::2] if workers else strikes[1::2]
                person, killed, undone = journey(
                    cluster, folder, name, workers, exports, half, calm.seconds
                )
                struck += person.struck
                right.append(compare(moved, killed, f"{name}: move"))
                right.append(compare(own_of(empty), own_of(undone), f"{name}: rollback"))
            right.append(press_together(cluster, folder, exports))
        finally:
            cluster.stop()
    print(f"{sum(right)} passed, {len(right) - sum(right)} failed")
    print(f"killed {len(struck)} times in {time.monotonic() - started:.0f} s")
    sys.exit(not all(right))


def own_of(result):
    """Leave our own tables out: the log of a rollback stays."""
    return {k: v for k, v in result.items() if k not in ("states", "log", "issues")}


main()
