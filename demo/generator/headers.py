"""Names of columns: those of the samples, and others that mean the same."""

import json
import random
from pathlib import Path

#: entity -> the columns in their order: (key, kind of the values)
COLUMNS = {
    "owner": (
        ("id", "text"), ("name", "text"), ("email", "text"), ("role", "text"),
        ("active", "boolean"),
    ),
    "company": (
        ("id", "id"), ("name", "text"), ("website", "text"), ("email", "text"), ("phone", "text"),
        ("street", "text"), ("street2", "text"), ("city", "text"), ("zip", "text"),
        ("state", "text"), ("country", "text"), ("industry", "text"), ("employees", "integer"),
        ("owner", "owner"), ("tags", "tags"), ("notes", "text"), ("created", "stamp"),
        ("modified", "stamp"), ("segment", "text"), ("spend", "number"), ("renewal", "date"),
        ("nps", "integer"), ("tier", "text"),
    ),
    "contact": (
        ("id", "id"), ("first", "text"), ("last", "text"), ("email", "text"), ("email2", "text"),
        ("phone", "text"), ("mobile", "text"), ("job", "text"), ("department", "text"),
        ("company_id", "id"), ("company_name", "text"), ("street", "text"), ("city", "text"),
        ("zip", "text"), ("state", "text"), ("country", "text"), ("birthday", "date"),
        ("owner", "owner"), ("tags", "tags"), ("notes", "text"), ("created", "stamp"),
        ("modified", "stamp"), ("segment", "text"), ("spend", "number"), ("nps", "integer"),
        ("tier", "text"), ("interests", "list"), ("optin", "boolean"), ("linkedin", "text"),
    ),
    "deal": (
        ("id", "id"), ("name", "text"), ("amount", "money"), ("currency", "text"),
        ("pipeline", "text"), ("stage", "text"), ("probability", "integer"), ("close", "date"),
        ("status", "status"), ("lost_reason", "text"), ("contact_id", "id"),
        ("contact_name", "text"), ("company_id", "id"), ("owner", "owner"), ("source", "text"),
        ("tags", "tags"), ("created", "stamp"), ("modified", "stamp"), ("entered", "stamp"),
        ("closed", "stamp"), ("notes", "text"), ("competitor", "text"), ("forecast", "number"),
    ),
    "activity": (
        ("id", "id"), ("kind", "kind"), ("subject", "text"), ("body", "text"), ("when", "stamp"),
        ("end", "stamp"), ("due", "date"), ("duration", "integer"), ("location", "text"),
        ("attendees", "list"), ("rel_type", "related"), ("rel_id", "id"), ("owner", "owner"),
        ("done", "boolean"), ("done_at", "stamp"), ("priority", "text"), ("recurrence", "text"),
    ),
}  # fmt: skip

#: set -> entity -> the name of each column, or several that mean the same
_NAMES = json.loads(Path(__file__).with_name("headers.json").read_text("utf-8"))
SETS = ("snake", *_NAMES)

FILES = {
    "en": {"owner": "owners", "company": "companies", "contact": "contacts", "deal": "deals",
           "activity": "activities", "call": "calls", "email": "emails", "note": "notes",
           "meeting": "meetings", "task": "tasks"},
    "de": {"owner": "Benutzer", "company": "Firmen", "contact": "Kontakte",
           "deal": "Verkaufschancen", "activity": "Aktivitäten", "call": "Anrufe",
           "email": "E-Mails", "note": "Notizen", "meeting": "Besprechungen", "task": "Aufgaben"},
}  # fmt: skip


def choose(settings, entity):
    """``[(key, kind, header)]`` of a table, in the order of the export."""
    rng = random.Random(f"{settings.seed}:headers:{entity}")
    keys = [key for key, _kind in COLUMNS[entity]]
    names = dict(zip(keys, _names(settings, entity, rng), strict=True))
    columns = [(key, kind, names[key]) for key, kind in _columns(settings, entity)]
    if settings.shuffle:
        rng.shuffle(columns)
    return columns


def _columns(settings, entity):
    product = settings.product
    left_out = set()
    if entity == "deal":
        left_out = {"contact_id", "contact_name"} - {product["deal_contact"]}
        if not product["currency"]:
            left_out |= {"currency", "closed"}
        if settings.pipelines == 1:
            left_out |= {"pipeline"}
    if entity == "contact" and settings.profile != "karmacrm":
        left_out = {"email2"}
    return [column for column in COLUMNS[entity] if column[0] not in left_out]


def _names(settings, entity, rng):
    plain = _NAMES["plain"][entity]
    if settings.headers == "snake":
        return [name.lower().replace(" ", "_").replace("-", "_") for name in plain]
    chosen = []
    for place, names in enumerate(_NAMES[settings.headers][entity]):
        choices = [names] if isinstance(names, str) else names
        free = [name for name in choices if name not in chosen] or [plain[place]]
        chosen.append(rng.choice(free))
    return chosen
