"""The answers: what must arrive of an export, and what must be flagged or held."""

from .records import Raw
from .words import LOCALES
from .writing import TO_THE_MINUTE

POLICIES = ("stub", "fallback", "hold")
OUTCOMES = ("created", "updated", "unchanged", "merged", "held", "failed", "skipped")
#: Defect -> code of the issue that tells it. An inline image is no issue.
CODES = {
    "duplicate_email": "duplicate_email",
    "missing_company": "missing_company",
    "invalid_email": "invalid_email",
    "no_name": "no_name",
    "empty_record": "empty_record",
    "bad_amount": "unreadable_number",
    "bad_date": "unreadable_date",
    "unknown_stage": "unknown_stage",
    "orphan_activity": "orphan_activity",
    "unlinked_activity": "unlinked_activity",
    "recurring_task": "recurring_task",
    "mojibake": "mojibake",
    "repeated_row": "repeated_row",
}


def answers(export, written):
    """The content of ``expected.json``.

    :param written: ``{entity: (columns, rows)}`` as written
    """
    settings = export.settings
    return {
        "profile": settings.profile,
        "settings": {
            name: value
            for name, value in vars(settings).items()
            if name not in ("product", "kinds_of_defects")
        },
        "stamps_to": "minute"
        if settings.stamp in TO_THE_MINUTE and not settings.typed
        else "second",
        "users": [
            {"name": owner["name"], "email": owner["email"]}
            for owner in export.owners
            if owner["matched"]
        ],
        "owners": {
            owner["id"]: {key: owner[key] for key in ("name", "email", "matched")}
            for owner in export.owners
        },
        "countries": {name: locale.countries[0] for locale in LOCALES for name in locale.countries},
        "columns": {
            entity: {header: key for key, _kind, header in columns}
            for entity, (columns, _rows) in written.items()
        },
        "entities": {policy: _outcomes(export, written, policy) for policy in POLICIES},
        "models": {policy: _models(export, policy) for policy in POLICIES},
        "issues": _issues(export),
        "sums": _sums(export),
        "values": _values(export),
    }


# ------------------------------------------------------------------ outcomes


def held(export, policy):
    """``{(entity, id)}`` of the records that wait for a person, or for another record that does."""
    waiting = set()
    ownerless = {owner["id"] for owner in export.owners if not owner["matched"]}
    for entity, rows in export.tables().items():
        for row in rows:
            no_owner = policy == "hold" and row.get("owner", row["id"]) in ownerless
            if no_owner or _waits(export, entity, row, waiting):
                waiting.add((entity, row["id"]))
    return waiting


def _waits(export, entity, row, waiting):
    defects = export.flags.get((entity, row["id"]), ())
    if {"empty_record", "orphan_activity", "unlinked_activity"} & set(defects):
        return True
    return any(link in waiting for link in _links(export, entity, row))


def _links(export, entity, row):
    if entity == "activity":
        return [row["parent"], *(("contact", guest) for guest in _invited(export, row))]
    links = [("company", row["company_id"])] if "company_id" in row else []
    contact = linked_contact(export, row) if entity == "deal" else None
    return [*links, ("contact", contact["id"])] if contact else links


def linked_contact(export, deal):
    """The contact that the deal's row shows, if its column says whom."""
    contact = export.by_id("contact").get(deal["contact_id"])
    by_name = export.settings.product["deal_contact"] == "contact_name"
    return None if contact and by_name and not (contact["first"] or contact["last"]) else contact


def _outcomes(export, written, policy):
    waiting = held(export, policy)
    found = {}
    for entity, (_columns, rows) in written.items():
        counts = dict.fromkeys(("read", *OUTCOMES), 0)
        base, records = _records(export, entity)
        for record in records:
            counts[_outcome(base, record, policy, waiting)] += 1
        counts["skipped"] += len(rows) - len(records) + export.settings.footer
        counts["read"] = len(rows) + export.settings.footer
        found[entity] = counts
    return found


def _outcome(entity, record, policy, waiting):
    if (entity, record["id"]) in waiting:
        return "held"
    if entity == "owner":
        return "skipped" if policy == "fallback" and not record["matched"] else "merged"
    return "created"


def _records(export, entity):
    """``(entity, records)`` behind a table, also where each kind of activity has one."""
    known = export.tables()
    if entity in known:
        return entity, known[entity]
    return "activity", [row for row in export.activities if row["kind"] == entity]


def _models(export, policy):
    """Odoo records by model; calls and done tasks leave a message and an activity."""
    waiting = held(export, policy)
    landed = {
        entity: [row for row in rows if (entity, row["id"]) not in waiting]
        for entity, rows in export.tables().items()
    }
    kinds = {}
    for row in landed["activity"]:
        kinds.setdefault(row["kind"], []).append(row)
    done = sum(bool(row["done"]) for row in kinds.get("task", ()))
    calls, tasks = len(kinds.get("call", ())), len(kinds.get("task", ()))
    return {
        "company": len(landed["company"]),
        "person": len(landed["contact"]),
        "lead": len(landed["deal"]),
        "message": calls + len(kinds.get("email", ())) + len(kinds.get("note", ())) + done,
        "activity_open": tasks - done,
        "activity_done": calls + done,
        "event": len(kinds.get("meeting", ())),
    }


def _issues(export):
    """``[{code, entity, key}]``; of records that share an email, one is enough."""
    found = []
    for (entity, key), defects in export.flags.items():
        for defect in defects:
            if defect in CODES:
                found.append({"code": CODES[defect], "entity": entity, "key": key})
    for issue in found:
        if issue["code"] == "duplicate_email":
            email = export.by_id("contact")[issue["key"]]["email"]
            issue["any_of"] = [row["id"] for row in export.contacts if row["email"] == email]
        if issue["code"] == "repeated_row":
            issue["any_of"] = [issue["key"], f"{issue['key']}#2"]
    return found


def _sums(export):
    waiting = held(export, "stub")
    deals = [row for row in export.deals if ("deal", row["id"]) not in waiting]
    return {
        "revenue": round(sum(_clean(row["amount"]) or 0 for row in deals), 2),
        "won": sum(row["status"] == "won" for row in deals),
        "lost": sum(row["status"] == "lost" for row in deals),
        "open_probability": sum(row["probability"] for row in deals if row["status"] == "open"),
    }


# ------------------------------------------------------------------ values


def _values(export):
    makers = {"company": _company, "contact": _contact, "deal": _deal, "activity": _activity}
    found = {}
    waiting = held(export, "stub")
    for entity, maker in makers.items():
        rows = [row for row in export.tables()[entity] if (entity, row["id"]) not in waiting]
        step = max(1, len(rows) // export.settings.values) if export.settings.values else 1
        # Those with a defect are all in it: that is where things go wrong.
        chosen = [
            row
            for n, row in enumerate(rows)
            if n % step == 0 or (entity, row["id"]) in export.flags
        ]
        found[entity] = {row["id"]: maker(export, row) for row in chosen}
    return found


def _clean(value):
    return None if isinstance(value, Raw) or value in ("", [], None) else value


def _text(value):
    return None if value in ("", None) else str(value)


def _moment(export, value):
    if value is None:
        return None
    exact = export.settings.typed or export.settings.stamp not in TO_THE_MINUTE
    return value.strftime("%Y-%m-%d %H:%M:%S" if exact else "%Y-%m-%d %H:%M:00")


def _tags(row):
    return sorted({tag.casefold() for tag in row["tags"]})


def _custom(row):
    return {key: row[key] for key in ("spend", "nps") if row[key] is not None} | {
        key: row[key] for key in ("segment", "tier") if row[key]
    }


def _company(export, row):
    return {
        "name": row["name"],
        "website_host": row["domain"],
        "email": row["email"],
        "phone": _text(row["phone"]),
        "street": row["street"],
        "street2": _text(row["street2"]),
        "city": row["city"],
        "zip": row["zip"],
        "country": row["country_code"],
        "industry": _text(row["industry"]),
        "owner": _text(row["owner"]),
        "tags": _tags(row),
        "created": _moment(export, row["created"]),
        "renewal": row["renewal"],
        **_custom(row),
    }


def _contact(export, row):
    last = row.get("fixed_last") or row["last"]
    email = _clean(row["email"])
    name = f"{row['first']} {last}".strip()
    return {
        "name": name or email or _text(row["phone"]) or _text(row["mobile"]),
        "email": email,
        "phone": _text(row["phone"]),
        "function": _text(row["job"]),
        "company": None if row["company"] is None else row["company_id"],
        "street": _text(row["street"]),
        "city": _text(row["city"]),
        "zip": _text(row["zip"]),
        "country": _text(row["country_code"]),
        "owner": _text(row["owner"]),
        "tags": _tags(row),
        "created": _moment(export, row["created"]),
        "birthday": row["birthday"],
        "optin": row["optin"],
        **_custom(row),
    }


def _deal(export, row):
    contact = linked_contact(export, row)
    return {
        "name": row["name"],
        "amount": _clean(row["amount"]),
        "stage": row["stage"],
        "pipeline": row["pipeline"] if export.settings.pipelines > 1 else None,
        "status": row["status"],
        "probability": row["probability"],
        "close": _clean(row["close"]),
        "contact": contact["id"] if contact else None,
        "company": _text(row["company_id"]),
        "owner": _text(row["owner"]),
        "source": _text(row["source"]),
        "tags": _tags(row),
        "created": _moment(export, row["created"]),
        "entered": _moment(export, row["entered"]),
        "closed": _moment(export, row["closed"]) if export.settings.product["currency"] else None,
        "lost_reason": _text(row["lost_reason"]),
    }


def _activity(export, row):
    return {
        "kind": row["kind"],
        "subject": row["subject"],
        "parent": list(row["parent"]) if row["parent"] else None,
        "when": _moment(export, row["when"]),
        "end": _moment(export, row["end"]),
        "due": row["due"],
        "done": bool(row["done"]),
        "done_at": _moment(export, row["done_at"]),
        "owner": _text(row["owner"]),
        "location": _text(row["location"]),
        "attendees": _attendees(export, row),
        "images": row["body"].count("data:image"),
    }


def _attendees(export, row):
    """Those invited, and the contact that the meeting belongs to."""
    if row["kind"] != "meeting":
        return []
    found = _invited(export, row)
    if row["parent"] and row["parent"][0] == "contact":
        found.add(row["parent"][1])
    return sorted(found)


def _invited(export, row):
    """Contacts invited, and those that share their address: nobody can tell which was meant."""
    contacts = export.by_id("contact")
    emails = {_clean(contacts[guest]["email"]) for guest in row["attendees"]} - {None}
    return {guest for email in emails for guest in export.with_email(email)}
