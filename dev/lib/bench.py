"""One contender of ``dev/bench`` in one database: loads the export, measures, writes a JSON.

Usage: bench.py --addons-path PATH users|ours|two|plain|peer|rpc|limit DB FOLDER [RESULT.json]
"""

import argparse
import csv
import json
import resource
import sys
import time
from collections import defaultdict
from contextlib import contextmanager
from pathlib import Path

PEER_BATCH = 2000
#: What the web client's import dialog sends unless one ticks "track history".
PEER_CONTEXT = {"import_file": True, "tracking_disable": True}
WON, LOST = "Won", "Lost"


@contextmanager
def environment(addons_path, database):
    """The environment of the administrator, in this process."""
    from odoo import SUPERUSER_ID, api
    from odoo.modules.registry import Registry
    from odoo.tools import config

    # Commands of addons are found on the path of the configuration only if it is given first.
    config.parse_config(
        [f"--addons-path={addons_path}", "-d", database, "--no-http", "--log-level=error"],
        setup_logging=True,
    )
    with Registry(database).cursor() as cr:
        env = api.Environment(cr, SUPERUSER_ID, {})
        yield env(user=env.ref("base.user_admin").id)


def peak_memory():
    """Most memory that this process ever had, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def rows_of(folder, name):
    with (folder / "export" / f"{name}.csv").open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


class Meter:
    """Records, time, queries and this process's own CPU time, by phase."""

    NAMES = ("records", "seconds", "cpu", "queries")

    def __init__(self, env):
        self.env = env
        self.figures = defaultdict(lambda: dict.fromkeys(self.NAMES, 0))

    def read(self):
        return time.perf_counter(), time.process_time(), self.env.cr.sql_log_count

    def add(self, name, records, before):
        """Add what was done since ``before``, a reading of this meter."""
        spent = (now - then for now, then in zip(self.read(), before, strict=True))
        for key, value in zip(self.NAMES, (records, *spent), strict=True):
            self.figures[name][key] += value

    def take(self):
        """The figures so far; it begins anew."""
        figures = {name: dict(figure) for name, figure in self.figures.items()}
        self.figures.clear()
        return figures


# ------------------------------------------------------------------ users


def make_users(env, folder):
    """The owners of the export, so that neither contender has to ask who they are."""
    owners = rows_of(folder, "owners")
    env["res.users"].with_context(no_reset_password=True).create(
        [{"name": row["Name"], "login": row["Email"], "email": row["Email"]} for row in owners]
    )
    env.cr.commit()


# ------------------------------------------------------------------ this addon


def run_ours(env, folder):
    """The whole journey of ``odoo crm_migrate``, with each phase and each entity measured."""
    meter = Meter(env)
    _watch_steps(env, meter)
    base = peak_memory()
    _migrate(env, folder)
    loaded = peak_memory()
    phases = meter.take()
    content = read_content(env, "__crmmig_karmacrm__")
    outcomes = _migrate(env, folder)
    changed = [counts for counts in outcomes.values() if counts["created"] or counts["updated"]]
    again = meter.take()
    _journey(env, "--rollback")
    return {
        "phases": phases,
        "again": again,
        "again_is_unchanged": not changed,
        "rollback": meter.take()["rollback"],
        "memory": {"start": base, "peak": loaded, "whole": peak_memory()},
        "content": content,
        "left": read_content(env, "__crmmig_karmacrm__"),
    }


def run_two(env, folder):
    """The load by this process and a fork of it; everything before it as in ``run_ours``."""
    meter = Meter(env)
    _watch_steps(env, meter)
    base = peak_memory()
    _migrate(env, folder, "loaded", "--workers", "2")
    helper = resource.getrusage(resource.RUSAGE_CHILDREN)
    phases = meter.take()
    phases["load"]["cpu"] += helper.ru_utime + helper.ru_stime
    return {
        "phases": phases,
        "memory": {"start": base, "peak": peak_memory(), "helper": helper.ru_maxrss / 1024},
        "content": read_content(env, "__crmmig_karmacrm__"),
    }


def run_plain(env, folder):
    """The load with every record by ``create()`` and its overrides, as where one is not known."""
    env["ir.config_parameter"].sudo().set_param("crm_migration.creation", "plain")
    meter = Meter(env)
    _watch_steps(env, meter)
    base = peak_memory()
    _migrate(env, folder, "loaded")
    return {
        "phases": meter.take(),
        "memory": {"start": base, "peak": peak_memory()},
        "content": read_content(env, "__crmmig_karmacrm__"),
    }


def _journey(env, *arguments):
    from odoo.addons.crm_migration.cli.crm_migrate import CrmMigrate, Journey

    arguments = CrmMigrate()._parse(["--project", "bench", *arguments])
    code = Journey(env, arguments).execute()
    if code:
        raise SystemExit(f"crm_migrate ended with {code}")
    return env["crm.migration.project"].search([("name", "=", "bench")])


def _migrate(env, folder, until="verified", *more):
    files = str(folder / "export")
    arguments = ("--profile", "karmacrm", "--files", files, "--until", until, "--yes", *more)
    return _journey(env, *arguments)._get_outcomes()


def _watch_steps(env, meter):
    """Measure every committed step of every run; those of a load by the entity they load."""
    run_class = env.registry["crm.migration.run"]
    loader_class = env.registry["crm.migration.loader"]
    take_step, take_batch = run_class._take_step, loader_class._take_batch
    taken = []

    def watched_step(self):
        before = self.processed
        kind = self.kind
        taken.clear()
        # Whoever leads may have nothing to take: the others load the rest of a kind.
        waiting = ((self.cursor or {}).get("step") or {}).get("entities", [None])[0]
        started = meter.read()
        more = take_step(self)
        records = self.processed - before
        meter.add(kind, records, started)
        if kind == "load":
            meter.add(f"load {taken[0] if taken else waiting or 'rest'}", records, started)
        return more

    def watched_batch(self, project, size, *args):
        rows = take_batch(self, project, size, *args)
        taken.extend({row["entity"] for row in rows})
        return rows

    run_class._take_step, loader_class._take_batch = watched_step, watched_batch


# ------------------------------------------------------------------ Odoo's own importer


def run_peer(env, folder):
    """``Model.load`` in batches, as the import dialog calls it, with external IDs on all."""
    peer = Peer(env, folder)
    base = peak_memory()
    peer.make_choices()
    env.cr.commit()
    for entity, model, header, rows in peer.lists():
        peer.load(entity, model, header, list(rows))
    if not (folder / "rows").exists():
        from bench_others import save_rows

        save_rows(env, folder / "rows")
    return {
        "phases": {f"load {name}": figure for name, figure in peer.meter.take().items()},
        "memory": {"start": base, "peak": peak_memory()},
        "content": read_content(env, "__bench__"),
    }


class Peer:
    def __init__(self, env, folder):
        self.env = env
        self.folder = folder
        self.meter = Meter(env)
        self.ids = {}
        self.choices = {}
        self.company_of = {row["Company ID"]: row for row in rows_of(folder, "companies")}
        users = env["res.users"].with_context(active_test=False).search([])
        self.users = {user.login: user.id for user in users}
        self.countries = self._read_countries()

    def _read_countries(self):
        known = json.loads((self.folder / "export.expected.json").read_text("utf-8"))
        codes = {country.code: country.id for country in self.env["res.country"].search([])}
        return {name: codes[code] for name, code in known["countries"].items()}

    def make_choices(self):
        """Stages, tags, industries, sources and reasons: what the addon's schema step makes."""
        deals, companies = rows_of(self.folder, "deals"), rows_of(self.folder, "companies")
        partners = companies + rows_of(self.folder, "contacts")
        team = self.env["crm.team"].create({"name": "karmaCRM"})
        self.choices["team"] = team.id
        self._make("crm.stage", {row["Stage"] for row in deals}, team_ids=[(6, 0, team.ids)])
        self.env["crm.stage"].browse(self.choices["crm.stage", WON.casefold()]).is_won = True
        self._make("crm.tag", _tags_in(deals))
        self._make("res.partner.category", _tags_in(partners))
        self._make("res.partner.industry", {row["Industry"] for row in companies})
        self._make("utm.source", {row["Source"] for row in deals})
        self._make("crm.lost.reason", {row["Lost Reason"] for row in deals})

    def _make(self, model, names, **values):
        # One of each, whatever its case: that is how the addon has them too.
        names = {name.casefold(): name for name in sorted(names, reverse=True) if name}
        known = {} if values else {r.name.casefold(): r for r in self.env[model].search([])}
        for key, name in names.items():
            record = known.get(key) or self.env[model].create({"name": name, **values})
            self.choices[model, key] = record.id

    def _choice(self, model, name):
        return self.choices[model, name.casefold()] if name else ""

    def _tag_ids(self, model, text):
        return ",".join(str(self._choice(model, name)) for name in _split(text))

    def lists(self):
        """Yield what is loaded in its order; messages need the IDs of what came before."""
        yield "company", "res.partner", *self.companies()
        yield "contact", "res.partner", *self.contacts()
        yield "deal", "crm.lead", *self.deals()
        yield "activity", "mail.message", *self.messages()

    def load(self, entity, model, header, rows):
        records = self.env[model].with_context(**PEER_CONTEXT)
        for start in range(0, len(rows), PEER_BATCH):
            batch = rows[start : start + PEER_BATCH]
            started = self.meter.read()
            result = records.load(header, batch)
            if not result["ids"]:
                raise SystemExit(f"{model}: {result['messages'][:3]}")
            self.env.flush_all()
            self.env.cr.commit()
            self.meter.add(entity, len(batch), started)
            self.env.invalidate_all()
            for row, res_id in zip(batch, result["ids"], strict=True):
                self.ids[row[0]] = res_id

    def companies(self):
        header = [
            "id", "name", "is_company", "website", "email", "phone", "street", "street2", "city",
            "zip", "country_id/.id", "industry_id/.id", "user_id/.id", "category_id/.id", "comment",
        ]  # fmt: skip
        return header, (
            [
                f"__bench__.company_{row['Company ID']}", row["Company Name"], "1", row["Website"],
                row["Email"], row["Phone"], row["Street"], row["Street 2"], row["City"],
                row["Zip"], self.countries.get(row["Country"], ""),
                self._choice("res.partner.industry", row["Industry"]),
                self.users.get(row["Owner"], ""),
                self._tag_ids("res.partner.category", row["Tags"]), row["Notes"],
            ]
            for row in rows_of(self.folder, "companies")
        )  # fmt: skip

    def contacts(self):
        header = [
            "id", "name", "type", "email", "phone", "function", "parent_id/id", "street", "city",
            "zip", "country_id/.id", "user_id/.id", "category_id/.id", "comment",
        ]  # fmt: skip
        return header, (
            [
                f"__bench__.contact_{row['Contact ID']}",
                f"{row['First Name']} {row['Last Name']}",
                self._address_type(row), row["Email"], row["Phone"], row["Job Title"],
                f"__bench__.company_{row['Company ID']}" if row["Company ID"] else "",
                row["Street"], row["City"], row["Zip"], self.countries.get(row["Country"], ""),
                self.users.get(row["Owner"], ""),
                self._tag_ids("res.partner.category", row["Tags"]), row["Notes"],
            ]
            for row in rows_of(self.folder, "contacts")
        )  # fmt: skip

    def _address_type(self, row):
        """Other for an address unlike the company's: Odoo would overwrite it with that."""
        company = self.company_of.get(row["Company ID"])
        names = ("Street", "City", "Zip")
        differs = company and row["Street"] and any(row[n] != company[n] for n in names)
        return "other" if differs else "contact"

    def deals(self):
        header = [
            "id", "name", "type", "partner_id/id", "expected_revenue", "probability", "active",
            "date_deadline", "user_id/.id", "team_id/.id", "stage_id/.id", "source_id/.id",
            "lost_reason_id/.id", "tag_ids/.id", "description",
        ]  # fmt: skip
        return header, (
            [
                f"__bench__.deal_{row['Deal ID']}", row["Deal Name"], "Opportunity",
                self._partner_of(row), row["Amount"], row["Probability"],
                "0" if row["Stage"] == LOST else "1", row["Close Date"],
                self.users.get(row["Owner"], ""), self.choices["team"],
                self._choice("crm.stage", row["Stage"]),
                self._choice("utm.source", row["Source"]),
                self._choice("crm.lost.reason", row["Lost Reason"]),
                self._tag_ids("crm.tag", row["Tags"]), row["Notes"],
            ]
            for row in rows_of(self.folder, "deals")
        )  # fmt: skip

    def _partner_of(self, row):
        if row["Contact ID"]:
            return f"__bench__.contact_{row['Contact ID']}"
        return f"__bench__.company_{row['Company ID']}" if row["Company ID"] else ""

    def messages(self):
        header = [
            "id", "model", "res_id", "date", "subject", "body", "message_type", "subtype_id/.id",
            "author_id/.id",
        ]  # fmt: skip
        note = self.env.ref("mail.mt_note").id
        types = {"Email": "Incoming Email", "Note": "Comment"}
        models = {"Company": "res.partner", "Contact": "res.partner", "Deal": "crm.lead"}
        users = self.env["res.users"].browse(self.users.values())
        partners = {user.login: user.partner_id.id for user in users}
        return header, (
            [
                f"__bench__.activity_{row['Activity ID']}", models[row["Related To Type"]],
                self.ids[f"__bench__.{row['Related To Type'].lower()}_{row['Related To ID']}"],
                row["Date"].replace("T", " ").rstrip("Z"), row["Subject"], row["Body"],
                types[row["Type"]], note, partners.get(row["Owner"], ""),
            ]
            for row in rows_of(self.folder, "activities")
        )  # fmt: skip


def _split(text):
    return dict.fromkeys(tag.strip() for tag in text.split(",") if tag.strip())


def _tags_in(rows):
    return {tag for row in rows for tag in _split(row["Tags"])}


# ------------------------------------------------------------------ content

#: Odoo's importer gives persons without an address that of their company.
OWN_ADDRESS = "is_company OR type = 'other' OR parent_id IS NULL"
CONTENT = {
    "partners": """
        SELECT count(*), count(*) FILTER (WHERE is_company), count(parent_id), count(user_id),
               count(country_id) FILTER (WHERE OWN), count(industry_id), sum(length(name)),
               sum(length(email)), sum(length(phone)), sum(length(function)),
               count(NULLIF(comment, '')),
               sum(length(street)) FILTER (WHERE OWN),
               sum(length(city)) FILTER (WHERE OWN),
               (SELECT count(*) FROM res_partner_res_partner_category_rel l
                  JOIN mine ON mine.res_id = l.partner_id)
          FROM res_partner r JOIN mine ON mine.res_id = r.id""",
    "deals": """
        SELECT count(*), count(*) FILTER (WHERE active), count(partner_id), count(user_id),
               count(source_id), count(lost_reason_id), round(sum(expected_revenue), 2),
               round(sum(probability)), sum(date_deadline - DATE '2000-01-01'), sum(length(name)),
               count(NULLIF(description, '')),
               (SELECT count(*) FROM crm_tag_rel l JOIN mine ON mine.res_id = l.lead_id)
          FROM crm_lead r JOIN mine ON mine.res_id = r.id""",
    "messages": """
        SELECT count(*), count(author_id), count(*) FILTER (WHERE model = 'crm.lead'),
               sum(extract(epoch FROM date))::bigint, sum(length(subject)),
               count(NULLIF(body, ''))
          FROM mail_message r JOIN mine ON mine.res_id = r.id""",
}
CONTENT_MODELS = {"partners": "res.partner", "deals": "crm.lead", "messages": "mail.message"}


def read_content(env, module):
    """Counts and sums of what stands under the external IDs of one contender."""
    env.flush_all()
    content = {}
    for name, query in CONTENT.items():
        env.cr.execute(
            f"""WITH mine AS (SELECT res_id FROM ir_model_data WHERE module = %s AND model = %s)
                {query.replace("OWN", OWN_ADDRESS)}""",
            [module, CONTENT_MODELS[name]],
        )
        content[name] = [float(figure or 0) for figure in env.cr.fetchone()]
    return content


CONTENDERS = {"ours": run_ours, "two": run_two, "plain": run_plain, "peer": run_peer}


def _run(env, asked):
    from bench_others import run_limit, run_rpc

    if asked.what == "rpc":
        return run_rpc(env, asked.folder, asked.addons_path)
    if asked.what == "limit":
        return run_limit(env, asked.folder)
    return CONTENDERS[asked.what](env, asked.folder)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--addons-path", required=True)
    parser.add_argument("what", choices=("users", *CONTENDERS, "rpc", "limit"))
    parser.add_argument("database")
    parser.add_argument("folder", type=Path)
    parser.add_argument("result", type=Path, nargs="?")
    asked = parser.parse_args()
    with environment(asked.addons_path, asked.database) as env:
        if asked.what == "users":
            make_users(env, asked.folder)
            return 0
        result = _run(env, asked)
    asked.result.write_text(json.dumps(result, indent=1), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
