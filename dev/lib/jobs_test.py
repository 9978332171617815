"""Load one export with the jobs of OCA's ``queue_job``; kill some; compare what they leave.

The promise: where that module is installed, a load is helped by its jobs, in their own channel;
they leave what one worker leaves, whoever dies, and nothing where the addon is uninstalled.
"""

import os
import random
import re
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from kill_digests import compare
from live_server import DEV, LiveServer, wait_until
from workers_data import ask, dev, digest, finish, make_export, move, only_our_jobs, start

CONTACTS, LOGS = sys.argv[1], Path(sys.argv[3])
RANDOM = random.Random(int(sys.argv[2]))
NAME = f"jobs_{os.getpid()}"
PROJECT = "crm.migration.project"
OURS = "channel = 'root.crm_migration'"


def make_base(database):
    """A database with the addon and queue_job; nothing of both is warned of."""
    dev("template", "--replace", database)
    log = LOGS / f"{database}.log"
    dev("odoo", "-d", database, "-i", "queue_job,crm_migration", "--stop-after-init", "--no-http",
        f"--logfile={log}")  # fmt: skip
    if not check_log(log):
        sys.exit("the installation warns")
    only_our_jobs(database)


def check_log(log):
    """True if nothing was warned of."""
    return not subprocess.run([DEV / "lib" / "check-log", log], check=False).returncode


def serve(database):
    """A server of two workers for requests, one for scheduled actions, and the runner of jobs."""
    return LiveServer(
        database, LOGS / f"{database}.log", "--workers=2", "--max-cron-threads=1",
        "--load=base,web,queue_job",
        # Some rows of the export are refused by the database; that is not what is tried here.
        "--log-handler=odoo.sql_db:CRITICAL",
        environ={"ODOO_QUEUE_JOB_CHANNELS": "root:2,root.crm_migration:2"}.items(),
    )  # fmt: skip


def load(database, files, disturb=None):
    """Prepare with the command, load in the server; return its log."""
    finish(start(database, 1, *[arg if arg != "loaded" else "sampled" for arg in move(files)]))
    # Fewer helpers than shares: it is the runner that says how many jobs run at once.
    server = serve(database)
    with server:
        project = server.call(PROJECT, "search", [("name", "=", "workers")])
        wait_until(lambda: "connections ready" in server.log.read_text(), "the runner of jobs")
        server.call(PROJECT, "action_approve_sample", project)
        server.call(PROJECT, "action_load", project)
        if disturb:
            disturb(server)
        wait_until(lambda: state(database) not in ("queued", "running"), "the load", 600)
        if state(database) != "done":
            sys.exit(f"the load is {state(database)}")
        waiting = f"SELECT count(*) FROM queue_job WHERE {OURS} AND state NOT IN ('done', 'failed')"
        wait_until(lambda: ask(database, waiting) == "0", "the last jobs to end", 120)
    return server.log


def state(database):
    return ask(
        database,
        "SELECT state FROM crm_migration_run WHERE kind = 'load' ORDER BY id DESC LIMIT 1",
    )


def check_jobs(database):
    """What the jobs loaded, in which channel, by how many processes; True if as promised."""
    jobs = ask(
        database,
        "SELECT string_agg(n || ' ' || state, ', ') FROM (SELECT state, count(*) n FROM queue_job "
        f"WHERE {OURS} GROUP BY state ORDER BY state) t",
    )
    processes = ask(database, f"SELECT count(DISTINCT worker_pid) FROM queue_job WHERE {OURS}")
    # Helpers note how they created records; whoever leads the run does not.
    helped = ask(
        database,
        "SELECT cursor ->> 'roads' FROM crm_migration_run "
        "WHERE kind = 'load' ORDER BY id DESC LIMIT 1",
    )
    print(f"{database}: jobs {jobs}, in {processes} processes; created by them: {helped}")
    elsewhere = ask(database, f"SELECT count(*) FROM queue_job WHERE NOT {OURS}")
    crons = ask(
        database,
        "SELECT count(*) FROM ir_cron_trigger t JOIN ir_cron c ON c.id = t.cron_id "
        "WHERE c.cron_name LIKE 'CRM Migration: help%'",
    )
    piled = ask(
        database,
        "SELECT count(*) FROM (SELECT 1 FROM queue_job WHERE state IN ('pending', 'enqueued') "
        "GROUP BY identity_key HAVING count(*) > 1) t",
    )
    return helped not in ("", "{}") and (elsewhere, crons, piled) == ("0", "0", "0")


def kill_some(server):
    """Kill workers in the middle of a job, and the runner; each begins again by itself."""
    for victim in ("worker", "runner", "worker"):
        wait_until(lambda: workers_of_jobs(server), "a job to run")
        time.sleep(RANDOM.uniform(0.1, 0.6))
        if state(server.database) not in ("queued", "running"):
            sys.exit("the load ended before all were killed: more contacts are needed")
        if victim == "runner":
            begun = r" (\d+) INFO \S+ odoo.addons.queue_job.jobrunner.runner: starting"
            pids = re.findall(begun, server.log.read_text())[-1:]
        else:
            pids = workers_of_jobs(server)[:1]
        for pid in pids:
            os.kill(int(pid), signal.SIGKILL)
            print(f"killed: the {victim} {pid}")


def workers_of_jobs(server):
    """Return the processes that have a job now; one that was killed stays noted for a while."""
    running = f"SELECT worker_pid FROM queue_job WHERE {OURS} AND state = 'started'"
    return [p for p in ask(server.database, running).split() if Path(f"/proc/{p}").exists()]


def uninstall(database):
    """Return what the addon leaves among the jobs once it is gone."""
    code = (
        "env['crm.migration.run']._delay_help(); env.cr.commit()\n"
        "env['ir.module.module'].search([('name', '=', 'crm_migration')])"
        ".button_immediate_uninstall()\n"
    )
    subprocess.run(
        [DEV / "odoo", "shell", "-d", database, "--no-http", "--log-level=error"],
        input=code, text=True, check=True, capture_output=True,
    )  # fmt: skip
    return ask(
        database,
        f"SELECT (SELECT count(*) FROM queue_job WHERE {OURS}) + (SELECT count(*) FROM "
        "queue_job_channel WHERE complete_name LIKE '%crm_migration%') + (SELECT count(*) FROM "
        "queue_job_function WHERE name LIKE '%crm.migration%')",
    )


def main():
    base, alone, jobs, killed = names = [f"{NAME}_{w}" for w in ("base", "1", "jobs", "killed")]
    with tempfile.TemporaryDirectory(prefix="crm_migration_jobs_") as place:
        files = make_export(Path(place), CONTACTS)
        try:
            make_base(base)
            for database in names[1:]:
                dev("createdb", "-T", base, database)
            finish(start(alone, 1, *move(files)))
            one = digest(alone)
            log = load(jobs, files)
            right = [compare(one, digest(jobs), "jobs"), check_jobs(jobs), check_log(log)]
            load(killed, files, kill_some)
            right += [compare(one, digest(killed), "killed"), check_jobs(killed)]
            left = uninstall(jobs)
            print(f"left among the jobs after the uninstall: {left}")
            right.append(left == "0")
        finally:
            for database in names:
                dev("dropdb", database)
    print(f"{sum(right)} passed, {len(right) - sum(right)} failed")
    sys.exit(not all(right))


main()
