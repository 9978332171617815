"""Users go on working while a load is under way: how long do they wait, and does all of it stay?

The promise: no lock of a load keeps anybody waiting for a second, no call of theirs fails, what
they save stays, and the load ends as an undisturbed one. Two users work over RPC, without a pause,
in a server whose scheduled actions load, with one worker and with two.
"""

import os
import random
import re
import subprocess
import sys
import tempfile
import threading
import time
from collections import defaultdict
from contextlib import suppress
from pathlib import Path
from statistics import median, quantiles

from kill_digests import DIGESTS
from live_server import DEV, LiveServer, Refused, wait_until
from workers_data import ask, dev, finish, move, only_our_jobs, read, start, write

CONTACTS, SEED, LOGS = sys.argv[1], int(sys.argv[2]), Path(sys.argv[3])
NAME = f"users_{os.getpid()}"
PROJECT = "crm.migration.project"
# Seconds that nobody may wait for a lock.
MOST = 1.0
QUIET_SECONDS = 20
# Locks that somebody waits for, since when, and who has them; not those of one worker for another.
WAITS = """
    SELECT l.pid || '/' || l.waitstart, extract(epoch FROM clock_timestamp() - l.waitstart),
           left(regexp_replace(a.query, '\\s+', ' ', 'g'), 110),
           (SELECT string_agg(left(regexp_replace(b.query, '\\s+', ' ', 'g'), 60), ' | ')
              FROM pg_stat_activity b WHERE b.pid = ANY(pg_blocking_pids(l.pid)))
      FROM pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid
     WHERE NOT l.granted AND l.waitstart IS NOT NULL AND a.datname = current_database()
       AND a.query NOT LIKE '%crm_migration_share%'
"""
RETRIED = re.compile(r"(SERIALIZATION_FAILURE|DEADLOCK_DETECTED|LOCK_NOT_AVAILABLE).*tries left")

AGAIN = re.compile(r"takes a (step|batch) again")


class User(threading.Thread):
    """Does what people do with contacts and deals, one call after the other, each timed."""

    def __init__(self, server, seed):
        super().__init__(daemon=True)
        self.server, self.random = server, random.Random(seed)
        self.seconds, self.refused = defaultdict(list), []
        self.saved = {}  # {(model, id): values as last saved}
        self.own = {"res.partner": [], "crm.lead": []}
        self.number, self.parity, self.enough = seed * 100000, seed % 2, threading.Event()

    def run(self):
        while not self.enough.is_set():
            for action in (
                self.create_contact, self.edit_contact, self.create_deal, self.edit_deal,
                self.win_deal, self.post, self.look, self.plan_call, self.edit_stage,
            ):  # fmt: skip
                if not self.enough.is_set():
                    action()

    def call(self, what, model, method, *arguments, **options):
        started = time.monotonic()
        try:
            return self.server.call(model, method, *arguments, **options)
        except Refused as error:
            self.refused.append(f"{what}: {error}")
        finally:
            self.seconds[what].append(time.monotonic() - started)

    def pick(self, model):
        """Return a record of the migration, or one of the users' own; the newest ones too.

        The two users have different ones: which of them saved last is not what is tried here.
        """
        migrated = self.random.random() < 0.7
        order = self.random.choice(["id", "id desc", "write_date"])
        found = self.call(
            f"search {model}", model, "search", [("x_source_id", "!=" if migrated else "=", False)],
            limit=200, order=order,
        )  # fmt: skip
        found = [one for one in found or self.own[model] if one % 2 == self.parity]
        return self.random.choice(found or [0])

    def save(self, what, model, res_id, values):
        if not res_id:
            return
        before = len(self.refused)
        self.call(what, model, "web_save", [res_id], values, {"display_name": {}})
        if len(self.refused) == before:
            self.saved.setdefault((model, res_id), {}).update(values)

    def next_number(self):
        self.number += 1
        return self.number

    # ------------------------------------------------------------- actions

    def create_contact(self):
        n = self.next_number()
        values = {"name": f"User's {n}", "email": f"users{n}@own.example", "phone": f"+49 30 {n}"}
        self.own["res.partner"] += (
            self.call("create contact", "res.partner", "create", [values]) or []
        )

    def edit_contact(self):
        values = {"phone": f"+49 40 {self.next_number()}", "function": "Saved by a user"}
        self.save("edit contact", "res.partner", self.pick("res.partner"), values)

    def create_deal(self):
        n = self.next_number()
        values = {
            "name": f"User's deal {n}", "type": "opportunity", "expected_revenue": n % 1000,
            "partner_id": self.pick("res.partner") or False, "team_id": self.any_team(),
        }  # fmt: skip
        self.own["crm.lead"] += self.call("create deal", "crm.lead", "create", [values]) or []

    def any_team(self):
        return self.random.choice(self.call("search crm.team", "crm.team", "search", []))

    def edit_deal(self):
        """One of them works with deals: two who win one at once meet in Odoo's own figures."""
        if not self.parity:
            return
        lead, stages = self.pick("crm.lead"), [("is_won", "=", False)]
        stage = self.random.choice(self.call("search crm.stage", "crm.stage", "search", stages))
        values = {"expected_revenue": self.next_number() % 5000, "stage_id": stage}
        self.save("edit deal", "crm.lead", lead, values)
        self.saved.get(("crm.lead", lead), {}).pop("won_status", None)

    def win_deal(self):
        if self.parity and (lead := self.pick("crm.lead")):
            self.call("win deal", "crm.lead", "action_set_won", [lead])
            self.saved.setdefault(("crm.lead", lead), {}).pop("stage_id", None)
            self.saved["crm.lead", lead]["won_status"] = "won"

    def post(self):
        for model in self.own:
            if res_id := self.pick(model):
                body = f"<p>A word of {self.next_number()}</p>"
                self.call(f"post {model}", model, "message_post", [res_id], body=body)

    def look(self):
        shown = {"display_name": {}, "phone": {}, "user_id": {"fields": {"display_name": {}}}}
        for model in self.own:
            self.call(f"list {model}", model, "web_search_read", [], shown, limit=80)

    def plan_call(self):
        if lead := self.pick("crm.lead"):
            self.call(
                "plan call", "crm.lead", "activity_schedule", [lead], "mail.mail_activity_data_call"
            )

    def edit_stage(self):
        """One of them edits columns and teams that the load is using."""
        changes = {"crm.stage": {"requirements": f"A word {self.next_number()}"},
                   "crm.team": {"sequence": self.random.randrange(90)}}  # fmt: skip
        for model, values in changes.items() if self.parity else ():
            ids = self.call(f"search {model}", model, "search", [])
            self.call(f"edit {model}", model, "write", self.random.choice(ids), values)


class Watcher(threading.Thread):
    """Looks for locks that anybody waits for, many times a second."""

    def __init__(self, database):
        super().__init__(daemon=True)
        self.waits, self.enough = {}, threading.Event()
        self.client = subprocess.Popen(
            [DEV / "psql", database, "-qAtX", "-F", "\t"], text=True, bufsize=1,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        )  # fmt: skip

    def run(self):
        while not self.enough.wait(0.03):
            with suppress(BrokenPipeError):
                self.client.stdin.write(f"{WAITS};\nSELECT 'end';\n")
            for line in iter(self.client.stdout.readline, "end\n"):
                if not line:
                    return
                key, seconds, *queries = line.rstrip("\n").split("\t")
                known = self.waits.get(key, (0,))
                self.waits[key] = max(known, (float(seconds), *queries))
        self.client.stdin.close()
        self.client.wait()


def work_until(server, condition):
    """Let two users work until a condition holds; return them and who watched the locks."""
    users = [User(server, seed) for seed in (SEED * 2, SEED * 2 + 1)]
    watcher = Watcher(server.database)
    for one in (*users, watcher):
        one.start()
    wait_until(condition, "the load", 1800)
    for one in (*users, watcher):
        one.enough.set()
    for one in (*users, watcher):
        one.join(60)
    return users, watcher


def migrate(database, exports, workers, working):
    """Prepare with the command; load in a server, and a newer export with the command.

    :param working: whether users are at work meanwhile
    :return: {what: who worked, and who watched the locks}, and the log
    """
    whole = [
        {"loaded": "sampled", "batch_size=25": "batch_size=1000"}.get(a, a)
        for a in move(exports[0])
    ]
    finish(start(database, 1, *whole))
    server = LiveServer(
        database, LOGS / f"{database}.log", "--workers=2", f"--max-cron-threads={workers}",
        "--db_maxconn=24",
    )  # fmt: skip
    worked = {}

    def meanwhile(what, ended):
        if working:
            worked[what] = work_until(server, ended)
        else:
            wait_until(ended, what, 1800)

    with server:
        project = server.call(PROJECT, "search", [("name", "=", "workers")])
        server.call(PROJECT, "action_approve_sample", project)
        if working:
            until = time.monotonic() + QUIET_SECONDS
            meanwhile("nothing", lambda: time.monotonic() > until)
        server.call(PROJECT, "action_load", project)
        meanwhile("the load", lambda: has_ended(database))
        if not working:
            return worked, server.log
        worked["digest"] = digest(database, saved_by(worked)), saved_by(worked)
        newer = start(database, workers, "--until", "loaded", "--yes", "--delta", *exports[1])
        meanwhile("the newer export", lambda: newer.poll() is not None)
        finish(newer)
    return worked, server.log


def has_ended(database):
    time.sleep(0.5)
    return ask(database, RUN.format("state")) not in ("queued", "running")


def saved_by(worked):
    """Return what users saved, as last saved."""
    saved = {}
    for users, __ in (worked[what] for what in WHILE if what in worked):
        for user in users:
            for key, values in user.saved.items():
                saved.setdefault(key, {}).update(values)
                for this, that in (("stage_id", "won_status"), ("won_status", "stage_id")):
                    if this in values:
                        saved[key].pop(that, None)
    return saved


WHILE = ("nothing", "the load", "the newer export")
RUN = "SELECT {} FROM crm_migration_run WHERE kind = 'load' ORDER BY id DESC LIMIT 1"


def digest(database, saved=()):
    """What the load left, without the records that users saved, and without what is theirs."""
    result = {}
    for name in ("partners", "leads", "messages", "external IDs", "states", "log", "issues"):
        query = DIGESTS[name]
        if name in ("partners", "leads"):
            ids = ",".join(str(res_id) for model, res_id in saved if MODELS[model] == name)
            query += f" AND r.id != ALL('{{{ids}}}')"
        result[name] = ask(
            database,
            f"SELECT md5(string_agg(t::text, ',' ORDER BY t::text)), count(*) FROM ({query}) t",
        )
    result["progress"] = ask(database, RUN.format("state, processed = total, total > 0"))
    return result


MODELS = {"res.partner": "partners", "crm.lead": "leads"}


def lost_edits(database, saved):
    """Return what users saved and is not there any more."""
    lost = []
    for (model, res_id), values in saved.items():
        table = model.replace(".", "_")
        for name, value in values.items():
            there = ask(database, f"SELECT {name} FROM {table} WHERE id = {res_id}")
            same = float(there or 0) == value if name == "expected_revenue" else there == str(value)
            if not same:
                lost.append((model, res_id, name, value, there))
    return lost


def show(calm, users):
    """Print how long calls took, without a load and with one."""
    print(f"  {'seconds':<22}{'calls':>6}{'median':>8}{'95 %':>8}{'longest':>9}   without a load")
    whole = []
    for what in sorted({name for user in users for name in user.seconds}):
        with_load, without = (
            sorted(s for user in some for s in user.seconds[what]) for some in (users, calm)
        )
        whole += with_load
        print(f"  {what:<22}{figures(with_load)}   {figures(without)}")
    print(f"  {'all':<22}{figures(sorted(whole))}")


def figures(seconds):
    if len(seconds) < 2:
        return f"{len(seconds):>6}"
    late = quantiles(seconds, n=20)[-1]
    return f"{len(seconds):>6}{median(seconds):>8.2f}{late:>8.2f}{seconds[-1]:>9.2f}"


def judge(database, alone, result):
    """Print what happened in a database; return whether the promise was kept."""
    worked, log = result
    disturbed, saved = worked["digest"]
    undisturbed = digest(alone, same_records(alone, database, saved))
    wrong = [name for name in disturbed if disturbed[name] != undisturbed[name]]
    for name in wrong:
        print(f"  {name}: {undisturbed[name]} undisturbed, {disturbed[name]} with users")
    refused, longest = [], 0
    for what in WHILE[1:]:
        users, watcher = worked[what]
        print(f"  during {what}:")
        show(worked["nothing"][0], users)
        refused += [text for user in users for text in user.refused]
        waits = sorted(watcher.waits.values(), reverse=True)
        longest = max([longest, *(w[0] for w in waits)])
        print(f"  waited for locks {len(waits)} times, {sum(w[0] for w in waits):.2f} s in all")
        for seconds, blocked, blocking in waits[:4]:
            print(f"    {seconds:.2f} s: {blocked} <- {blocking}")
    lines = log.read_text().splitlines()
    retried, again = (sum(bool(one.search(line)) for line in lines) for one in (RETRIED, AGAIN))
    saved = saved_by(worked)
    lost = lost_edits(database, saved)
    print(
        f"  longest wait for a lock {longest:.2f} s; tried again: calls {retried}, batches {again}"
    )
    print(
        f"  refused {len(refused)}: {refused[:3]}; saved {len(saved)}, lost {len(lost)}: {lost[:3]}"
    )
    return not (refused or lost or wrong or longest >= MOST)


def same_records(alone, database, saved):
    """Return the same migrated records of another database: they are found by their name."""
    same = {}
    for model, res_id in saved:
        name = ask(
            database,
            "SELECT name FROM ir_model_data WHERE module LIKE '__crmmig_%' "
            f"AND model = '{model}' AND res_id = {res_id}",
        )
        if name:
            found = ask(
                alone,
                "SELECT res_id FROM ir_model_data WHERE module LIKE '__crmmig_%' "
                f"AND name = '{name}'",
            )
            same[model, int(found)] = 1
    return same


def make_exports(folder):
    """Return the files of an export, and of a newer one where all contacts and deals changed."""
    old, new = Path(folder) / "old", Path(folder) / "new"
    generator = DEV.parent / "demo" / "generate.py"
    subprocess.run(
        [sys.executable, generator, "karmacrm", old, "--contacts", CONTACTS, "--seed", "3"],
        check=True, capture_output=True,
    )  # fmt: skip
    new.mkdir()
    for name, column in (("contacts", "City"), ("deals", "Amount")):
        rows = read(old / f"{name}.csv")
        for n, row in enumerate(rows):
            row[column] = f"Neustadt {n}" if column == "City" else f"{n + 7}.00"
        write(new / f"{name}.csv", rows)
    return sorted(old.glob("*.csv")), sorted(new.glob("*.csv"))


def main():
    base, alone, *others = names = [f"{NAME}_{what}" for what in ("base", "alone", "1", "2")]
    right = []
    with tempfile.TemporaryDirectory(prefix="crm_migration_users_") as place:
        exports = make_exports(place)
        try:
            dev("template", "--replace", base)
            dev("lib/install", base)
            only_our_jobs(base)
            for database in names[1:]:
                dev("createdb", "-T", base, database)
            migrate(alone, exports, 1, working=False)
            for database, workers in zip(others, (1, 2), strict=True):
                result = migrate(database, exports, workers, working=True)
                print(f"{workers} at work: {ask(database, RUNS)}")
                right.append(judge(database, alone, result))
        finally:
            for database in names:
                dev("dropdb", database)
    print(f"{sum(right)} passed, {len(right) - sum(right)} failed")
    sys.exit(not all(right))


RUNS = (
    "SELECT string_agg(round(seconds) || ' s, ' || processed || ' records', '; ' ORDER BY id) "
    "FROM crm_migration_run WHERE kind = 'load'"
)


main()
