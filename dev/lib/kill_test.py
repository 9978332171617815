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

DEV = Path(sys.argv[1])
KILLS = int(sys.argv[2])
RANDOM = random.Random(int(sys.argv[3]))
BASE, CALM, KILLED = "kill_base", "kill_calm", "kill_killed"
# What a migration leaves, without IDs, times of writing and our own tables.
DIGESTS = {
    "partners": "SELECT x_source_id, is_company, name, email, phone, street, city, zip, type, "
    "comment, x_source_data::text, (SELECT x_source_id FROM res_partner p "
    "WHERE p.id = r.parent_id) FROM res_partner r WHERE x_source_id IS NOT NULL",
    "leads": "SELECT x_source_id, name, expected_revenue, probability, active, won_status, "
    "date_deadline, date_closed, date_open, date_last_stage_update, "
    "(SELECT name::text FROM crm_stage s WHERE s.id = r.stage_id), "
    "(SELECT x_source_id FROM res_partner p WHERE p.id = r.partner_id) "
    "FROM crm_lead r WHERE x_source_id IS NOT NULL",
    "messages": "SELECT x_source_id, model, date, subject, message_type, email_from "
    "FROM mail_message WHERE message_id LIKE '%@__crmmig_%'",
    "activities": "SELECT x_source_id, summary, date_deadline, active, date_done, res_model "
    "FROM mail_activity",
    "events": "SELECT x_source_id, name, start, stop, location, (SELECT count(*) FROM "
    "calendar_attendee a WHERE a.event_id = r.id) FROM calendar_event r",
    "tags": "SELECT name::text, '' FROM crm_tag UNION ALL "
    "SELECT name::text, 'c' FROM res_partner_category",
    "stages": "SELECT name::text, sequence, is_won, fold FROM crm_stage",
    "external IDs": "SELECT name, model FROM ir_model_data WHERE module LIKE '__crmmig_%'",
    # The command that is started again reads its files again: what landed before is unchanged.
    "states": "SELECT entity, source_key, "
    "CASE WHEN state IN ('created', 'unchanged') THEN 'landed' "
    "ELSE state END, res_id IS NULL FROM crm_migration_record",
    "log": "SELECT model, action, record_id IS NULL FROM crm_migration_log "
    "WHERE action IN ('create', 'update')",
    "issues": "SELECT code, entity, source_key, value FROM crm_migration_issue "
    "WHERE code != 'rollback_kept'",
}


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


def compare(calm, killed, what):
    wrong = [name for name in calm if calm[name] != killed[name]]
    for name in wrong:
        print(f"{what}: {name} differ: {calm[name]} undisturbed, {killed[name]} killed")
    return not wrong


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
            dev("dropdb", "--if-exists", "--force", database)
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
        dev("dropdb", "--if-exists", "--force", database)
    print(f"{int(right)} passed, {int(not right)} failed")
    print(f"killed {loads} times while moving, {undone} times while rolling back")
    sys.exit(not right)


main()
