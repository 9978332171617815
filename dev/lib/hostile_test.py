"""A migration among a customer's own records, rules and constraints. Run by ``odoo shell``.

Promises: only a refused record is held or fails, and is told before the load where it can be;
no automation runs; records land in the project's company; what the customer has stays as it was;
every field is proved; a newer export keeps people's edits; the rollback leaves no trace.
"""

# ruff: noqa: F821, E501
# pylint: disable=undefined-variable
import csv
import hashlib
import io
import sys

OWN = 500
SYSTEM = "hostile"
# Ours, sequences of work, and what any transaction of Odoo writes.
NOISE = (
    "crm_migration_%", "ir_cron%", "bus_%", "base_registry%", "ir_logging", "ir_profile%",
    "res_users_log", "ir_attachment", "ir_module%", "orm_signaling_%",
)  # fmt: skip
RULED = (
    "res.partner", "crm.lead", "calendar.event", "mail.activity", "project.task", "crm.stage",
    "crm.team", "crm.tag", "res.partner.category", "sale.order", "account.move", "product.product",
)  # fmt: skip
# What explains a difference: a deal is linked when its contact, refused before, lands.
WHY = {"refused", "waits_for_refused", "waited", "came_later"}
failures = []


def check(what, is_so, *details):
    print(("ok   " if is_so else "FAIL ") + what, *(details if not is_so else ()), flush=True)
    if not is_so:
        failures.append(what)


def to_csv(rows):
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]), lineterminator="\r\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()


def digest():
    """Return {table: fingerprint of its rows} of everything that is not ours."""
    env.flush_all()
    env.cr.execute(
        "SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
        " WHERE c.relkind = 'r' AND n.nspname = 'public' AND NOT c.relname LIKE ANY(%s)",
        [list(NOISE)],
    )
    result = {}
    for (table,) in env.cr.fetchall():
        env.cr.execute(f'SELECT t::text FROM "{table}" t')
        rows = sorted(row for (row,) in env.cr.fetchall())
        result[table] = (len(rows), hashlib.sha256("\n".join(rows).encode()).hexdigest())
    return result


# ------------------------------------------------------------------ the customer's own


def make_surroundings():
    """Another language and zone, companies, users, records, rules, constraints."""
    env["res.lang"]._activate_lang("de_DE")
    admin = env.ref("base.user_admin")
    other = env["res.company"].create(
        {"name": "Andere GmbH", "currency_id": env.ref("base.CHF").id}
    )
    admin.write({"lang": "de_DE", "tz": "Asia/Kolkata", "company_ids": [(4, other.id)]})
    seller = env["res.users"].with_context(no_reset_password=True).create(
        {
            "name": "Sel Ler", "login": "sel", "email": "sel@ler.example", "lang": "de_DE",
            "company_id": other.id, "company_ids": [(6, 0, [other.id])],
            "group_ids": [(6, 0, [env.ref("base.group_user").id,
                                  env.ref("sales_team.group_sale_salesman").id])],
        }
    )  # fmt: skip
    make_records(other)
    make_rules()
    env.cr.commit()
    return other, seller


def make_records(other):
    """Contacts (some archived, with emails of the export; some of another company), deals."""
    env["res.partner"].create(
        [
            {
                "name": f"Eigener {n}", "email": f"p{n}@old.example" if n < 60 else f"e{n}@x.example",
                "active": n % 10 != 0, "company_id": other.id if n % 3 == 1 else False,
                "phone": f"+49 30 {n}",
            }
            for n in range(OWN)
        ]
    )  # fmt: skip
    team = env["crm.team"].create({"name": "Eigenes Team"})
    stage = env["crm.stage"].create({"name": "Proposal", "team_ids": [(4, team.id)]})
    env["crm.tag"].create({"name": "vip"})
    env["crm.lead"].with_context(tracking_disable=True).create(
        [
            {"name": f"Eigene Chance {n}", "team_id": team.id, "stage_id": stage.id,
             "probability": 30, "hostile_cost_centre": "0"}
            for n in range(OWN // 5)
        ]
    )  # fmt: skip


def make_rules():
    """Automation on every model that refuses to run; record rules that hide nearly everything."""
    for model in RULED:
        if model not in env:
            continue
        known = env["ir.model"]._get(model)
        env["ir.rule"].create(
            {"name": f"hide {model}", "model_id": known.id, "domain_force": "[('id', '<', 0)]",
             "groups": [(4, env.ref("sales_team.group_sale_salesman").id)]}
        )  # fmt: skip
    env.flush_all()
    for model in (name for name in RULED if name in env):
        known = env["ir.model"]._get(model)
        for trigger in ("on_create_or_write", "on_unlink"):
            env["base.automation"].create(
                {
                    "name": f"{trigger} {model}", "model_id": known.id, "trigger": trigger,
                    "action_server_ids": [(0, 0, {
                        "name": "No", "model_id": known.id, "state": "code",
                        "code": "raise UserError('automation ran')",
                    })],
                }
            )  # fmt: skip
    env.cr.execute(
        "ALTER TABLE crm_lead ADD CONSTRAINT hostile_amount"
        " CHECK (expected_revenue IS NULL OR expected_revenue < 1000000) NOT VALID"
    )


# ------------------------------------------------------------------ the export


def make_tables():
    companies = [{"Company ID": f"c{n}", "Company Name": f"Firma {n}"} for n in range(20)]
    contacts = [
        {
            "Contact ID": f"k{n}", "First Name": "Kon", "Last Name": f"Takt {n}",
            "Email": f"p{n}@refused.example" if n in (7, 77) else f"p{n}@old.example",
            "Phone": f"+49 40 {n}", "Company ID": f"c{n % 20}", "Owner": "sel@ler.example",
            "Tags": "vip" if n % 4 == 0 else "",
        }
        for n in range(120)
    ]  # fmt: skip
    deals = [
        {
            "Deal ID": f"d{n}", "Deal Name": "Forbidden fruit" if n == 3 else f"Deal {n}",
            "Amount": "5000000" if n == 5 else str(100 * n), "Stage": "Proposal",
            "Status": "open", "Contact ID": f"k{n}", "Owner": "sel@ler.example",
            "Created": "2024-03-05T23:30:00Z", "Cost Centre": f"CC{n % 7}",
        }
        for n in range(60)
    ]  # fmt: skip
    activities = [
        {
            "Activity ID": f"a{n}", "Type": ("Task", "Note", "Call", "Meeting")[n % 4],
            "Subject": f"Act {n}", "Body": "Text", "Date": "2024-03-06T22:30:00Z",
            "End": "2024-03-06T23:30:00Z", "Due Date": "2024-03-08", "Attendees": "p1@old.example",
            "Related To Type": "Contact", "Related To ID": f"k{n}", "Owner": "sel@ler.example",
            "Completed": "true" if n % 8 == 0 else "false", "Completed At": "",
        }
        for n in range(80)
    ]  # fmt: skip
    return {
        "companies.csv": companies, "contacts.csv": contacts, "deals.csv": deals,
        "activities.csv": activities,
    }  # fmt: skip


def upload(project, tables, delta=False):
    attachments = env["ir.attachment"].create(
        [
            {"name": name, "raw": to_csv(rows), "res_model": project._name, "res_id": project.id}
            for name, rows in tables.items()
        ]
    )
    project._add_files(attachments, delta=delta)


def work(project, kind, **parameters):
    run = project._start(kind, **parameters)
    env.cr.commit()
    run._work()
    env.invalidate_all()
    if run.state != "done":
        sys.exit(f"{kind} is {run.state}: {run.error}")
    return run


def confirm(project):
    project.action_confirm_all()
    project.action_confirm_map()
    env.cr.commit()


def count(project, entity):
    return project._get_outcomes()[entity]


def codes(project, key):
    return set(
        project.issue_ids.filtered(lambda i: i.source_key == key and i.state == "open").mapped(
            "code"
        )
    )


# ------------------------------------------------------------------ the journey

other, seller = make_surroundings()
env = env(user=env.ref("base.user_admin").id, context={"lang": "de_DE", "tz": "Asia/Kolkata"})
before = digest()
tables = make_tables()
project = env["crm.migration.project"].create(
    {
        "name": "Hostile", "profile": "karmacrm", "source_system": SYSTEM,
        "company_id": other.id, "duplicate_policy": "merge",
    }
)  # fmt: skip
upload(project, tables)
work(project, "extract")
work(project, "propose")
confirm(project)
work(project, "schema")
foreseen = work(project, "forecast").counters["entities"]
check(
    "a required field without default is told before the load, for every deal",
    foreseen["deal"]["held"] == 60 and "required_field" in codes(project, "d1"),
    foreseen["deal"], codes(project, "d1"),
)  # fmt: skip
line = project.line_ids.filtered(lambda one: one.column == "Cost Centre")
line.write({"target_field": "hostile_cost_centre", "transform": "text", "new_type": False,
            "new_label": False})  # fmt: skip
confirm(project)
work(project, "schema")
foreseen = work(project, "forecast").counters["entities"]
check("mapped, it is no hindrance any more", foreseen["deal"]["held"] == 0, foreseen["deal"])
work(project, "sample")
project.action_approve_sample()
load = work(project, "load")
outcomes = project._get_outcomes()
failed = project.issue_ids.filtered(lambda issue: issue.code == "record_failed")
print(outcomes, set(failed.mapped("message")))
if len(failed) > 10:
    sys.exit("too many fail")
check("refused by a constraint in Python: these contacts only",
      outcomes["contact"]["failed"] == 2 and "record_failed" in codes(project, "k7"))  # fmt: skip
check("refused by create, and by the database: these deals only",
      outcomes["deal"]["failed"] == 2 and "record_failed" in codes(project, "d3"),
      outcomes["deal"], codes(project, "d3"))  # fmt: skip
check("the others landed, or wait for them",
      all(c["staged"] == 0 for c in outcomes.values()) and outcomes["contact"]["held"] == 0)  # fmt: skip
told = load.counters["forecast"]["differences"]
check("what was not foreseen was refused as it was written",
      {one["why"] for one in told} <= WHY, told)  # fmt: skip
leads = (
    env["crm.lead"]
    .sudo()
    .with_context(active_test=False)
    .search([("x_source_system", "=", SYSTEM)])
)
people = (
    env["res.partner"]
    .sudo()
    .with_context(active_test=False)
    .search([("x_source_system", "=", SYSTEM)])
)
check("deals are in the project's company", leads.company_id == other, leads.company_id)
check("contacts are in it, or shared, in no other",
      not people.company_id - other, people.company_id)  # fmt: skip
check("the stages of others are used by nobody new",
      not leads.stage_id & env["crm.stage"].search([("team_ids.name", "=", "Eigenes Team")]))  # fmt: skip
check("a time is as in the source, wherever the loader sits",
      {str(lead.x_source_created_at) for lead in leads} == {"2024-03-05 23:30:00"})  # fmt: skip
checks = work(project, "verify").counters["checks"]
check("every field is proved", (checks["different"], checks["missing"]) == (0, 0), checks)

# A newer export, and people who go on working meanwhile.
edited = (
    env["crm.lead"].sudo().search([("x_source_id", "=", "d9"), ("x_source_system", "=", SYSTEM)])
)
edited.env.cr.execute("UPDATE crm_lead SET description = 'mine', write_date = now() + interval '1 minute'"
                      " WHERE id = %s", [edited.id])  # fmt: skip
env.invalidate_all()
newer = {name: [dict(row) for row in rows] for name, rows in tables.items()}
newer["contacts.csv"][10]["Phone"] = "+49 99 1"
newer["contacts.csv"][7]["Email"] = "better@old.example"
newer["deals.csv"][3]["Deal Name"] = "Allowed fruit"
upload(project, newer, delta=True)
for kind in ("extract", "propose"):
    work(project, kind)
confirm(project)
work(project, "schema")
project._approve_again()
work(project, "forecast")
load = work(project, "load")
check("what was mended in the source lands",
      (count(project, "contact")["failed"], count(project, "deal")["failed"]) == (1, 1),
      count(project, "contact"), count(project, "deal"))  # fmt: skip
told = load.counters["forecast"]["differences"]
check("the newer export is as foreseen, but for what is refused",
      {one["why"] for one in told} <= WHY, told)  # fmt: skip
checks = work(project, "verify").counters["checks"]
check("and is proved", (checks["different"], checks["missing"]) == (0, 0), checks)
preview = env["crm.migration.rollback"]._preview(project)
check("an edit of a field that the source has not is spared",
      ("crm.lead", edited.id) in {(one["model"], one["res_id"]) for one in preview["spared"]})  # fmt: skip
spared = {(o["model"], o["reason"]) for o in preview["spared"] if o["reason"] != "needed"}
check("nothing else looks edited", spared == {("crm.lead", "edited")}, spared)

# Undone: the edit is given up, and no trace is left.
forced = [f"{one['model']},{one['res_id']}" for one in preview["spared"]]
work(project, "rollback", forced=forced)
after = digest()
changed = {
    t: (before.get(t), after.get(t)) for t in {*before, *after} if before.get(t) != after.get(t)
}
check("the database is as it was", not changed, changed)
kept = project.issue_ids.filtered(lambda issue: issue.code == "rollback_kept")
check("nothing is kept", not kept, kept[:3].mapped("message"))
if failures:
    sys.exit(f"{len(failures)} promises broken")
print("hostile surroundings: ok")
