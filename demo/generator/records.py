"""The data of a made-up company's CRM, clean: typed values by entity, before any defect."""

import hashlib
import random
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

from . import words
from .words import native, romanised

NOW = datetime(2025, 6, 30, 12, tzinfo=UTC)
STAGES = {
    "en": ("New", "Qualified", "Proposal", "Negotiation", "Won", "Lost"),
    "de": ("Neu", "Qualifiziert", "Angebot", "Verhandlung", "Gewonnen", "Verloren"),
}
PROBABILITIES = (10, 25, 50, 75, 100, 0)
PIPELINES = ("New Business", "Renewals", "Wholesale", "Export")
KINDS = ("call", "email", "note", "meeting", "task")
CURRENCIES = ("USD", "EUR", "GBP")


class Raw(str):
    """A cell to be written exactly so: a defect."""


@dataclass
class Export:
    """Rows by entity, and what is known of them beyond what is written.

    :param flags: ``{(entity, id): [defect, …]}``
    """

    settings: object
    owners: list = field(default_factory=list)
    companies: list = field(default_factory=list)
    contacts: list = field(default_factory=list)
    deals: list = field(default_factory=list)
    activities: list = field(default_factory=list)
    flags: dict = field(default_factory=dict)
    repeated: set = field(default_factory=set)
    _index: dict = field(default_factory=dict)

    def tables(self):
        return {
            "owner": self.owners,
            "company": self.companies,
            "contact": self.contacts,
            "deal": self.deals,
            "activity": self.activities,
        }

    def by_id(self, entity):
        """``{id: record}`` of an entity."""
        if entity not in self._index:
            self._index[entity] = {row["id"]: row for row in self.tables()[entity]}
        return self._index[entity]

    def with_email(self, email):
        """IDs of the contacts that have this address."""
        if "email" not in self._index:
            found = self._index["email"] = {}
            for row in self.contacts:
                found.setdefault(row["email"], []).append(row["id"])
        return self._index["email"].get(email, [])

    def flag(self, entity, row, defect):
        self.flags.setdefault((entity, row["id"]), []).append(defect)


def make(settings):
    """The clean data for these settings; equal settings give equal data."""
    export = Export(settings)
    makers = (
        ("owner", _owner, export.owners, min(8, max(3, settings.contacts // 8))),
        ("company", _company, export.companies, settings.companies),
        ("contact", _contact, export.contacts, settings.contacts),
        ("deal", _deal, export.deals, settings.deals),
        ("activity", _activity, export.activities, settings.activities),
    )
    start = 0
    for entity, maker, rows, count in makers:
        rng = random.Random(f"{settings.seed}:{entity}")
        for number in range(count):
            row = {"id": _identifier(settings, entity, start, number)}
            rows.append(row | maker(export, rng, number))
        start += count
    return export


def _identifier(settings, entity, start, number):
    if settings.ids == "overlapping":
        return str(number + 1)
    if settings.ids == "hex":
        text = f"{settings.seed}:{entity}:{number}"
        return hashlib.sha256(text.encode()).hexdigest()[:24]
    if settings.ids == "prefixed":
        return f"{entity[0].upper()}-{number + 1:06d}"
    return str(100_007 + 7 * (start + number))


def _locales(settings):
    chosen = [one for one in words.LOCALES if not settings.locales or one.code in settings.locales]
    return [one for one in chosen if _fits(one, settings.encoding)]


def _fits(locale, encoding):
    try:
        str(locale).encode(encoding)
    except UnicodeEncodeError:
        return False
    return True


def _sentences(settings, texts):
    return [text for text in texts if _fits(text, settings.encoding)]


def _moment(rng, start=date(2021, 1, 4), days=1600):
    """A time in working hours, on a day that no time zone moves and no clock change touches."""
    day = start + timedelta(days=rng.randrange(days))
    clock = timedelta(hours=rng.randrange(8, 17), minutes=rng.randrange(60))
    moment = datetime(day.year, day.month, day.day, tzinfo=UTC) + clock
    return min(moment + timedelta(seconds=rng.randrange(60)), NOW)


def _later(rng, moment, days):
    return min(moment + timedelta(days=rng.randrange(days), minutes=rng.randrange(240)), NOW)


def _tags(settings, rng):
    known = _sentences(settings, words.TAGS)
    tags = rng.sample(known, rng.choice((0, 0, 0, 1, 1, 2)))
    # The same tag in another case, or with a blank too many, is the same tag.
    return [tag.lower() if rng.random() < 0.1 else tag for tag in tags]


def _note(settings, rng, locale=None):
    texts = _sentences(settings, (*(locale.notes if locale else ()), *words.SENTENCES))
    draw = rng.random()
    if draw < 0.5:
        return ""
    if draw < 0.75:
        return rng.choice(texts)
    if draw < 0.9:
        return f'{rng.choice(texts)}\n\n- {rng.choice(texts)}\n- "{rng.choice(texts)}"'
    return f"<p>{rng.choice(texts)}</p><ul><li>{rng.choice(texts)} &amp; more</li></ul>"


def _phone(rng, dial):
    number = rng.randrange(10_000_000, 99_999_999)
    if rng.random() < 0.6:
        return f"{dial} {number // 100_000} {number % 100_000:05d}"
    return f"0{number // 100_000}/{number % 100_000:05d}"


def _custom(settings, rng):
    return {
        "segment": rng.choice(_sentences(settings, words.SEGMENTS)) if rng.random() < 0.8 else "",
        "spend": round(rng.uniform(100, 99_000), 2) if rng.random() < 0.6 else None,
        "nps": rng.randrange(-100, 101) if rng.random() < 0.7 else None,
        "tier": rng.choice(words.TIERS) if rng.random() < 0.8 else "",
    }


def _owner(export, rng, number):
    # The first owner of each locale in turn; nobody has the name of another.
    locales = _locales(export.settings)
    locale = locales[number % len(locales)]
    turn = number // len(locales) + export.settings.seed
    first = locale.first[turn % len(locale.first)]
    last = locale.last[(number + 3) % len(locale.last)]
    return {
        "name": f"{native(first)} {native(last)}",
        "email": f"{romanised(first)}.{romanised(last)}@ourcompany.example",
        "role": ("Admin", "Manager", "Sales")[min(number, 2)],
        "active": number % 7 != 6,
        "matched": True,
    }


def _company(export, rng, number):
    settings = export.settings
    locale = rng.choice(_locales(settings))
    rest, place = divmod(number, len(words.COMPANY_WORDS))
    name = words.COMPANY_WORDS[place]
    trade = words.TRADES[(rest + 5 * place) % len(words.TRADES)]
    repeat = number // (len(words.COMPANY_WORDS) * len(words.TRADES))
    domain = f"{romanised(name)}-{romanised(trade.split()[0])}{repeat or ''}.example"
    city, zip_code, state = rng.choice(locale.places)
    created = _moment(rng)
    return {
        "name": f"{name} {trade} {repeat + 1 if repeat else ''}".strip()
        + f" {rng.choice(locale.suffixes)}",
        "domain": domain,
        "website": rng.choice((domain, f"www.{domain}", f"https://www.{domain}")),
        "email": f"info@{domain}",
        "phone": _phone(rng, locale.dial) if rng.random() < 0.8 else "",
        "street": rng.choice(locale.streets),
        "street2": "c/o Reception" if rng.random() < 0.15 else "",
        "city": city,
        "zip": zip_code,
        "state": state,
        "country": rng.choice(locale.countries),
        "country_code": locale.countries[0],
        "industry": rng.choice(words.INDUSTRIES) if rng.random() < 0.8 else "",
        "employees": rng.randrange(2, 900) if rng.random() < 0.6 else None,
        "owner": _owner_id(export, rng, number),
        "tags": _tags(settings, rng),
        "notes": _note(settings, rng, locale),
        "created": created,
        "modified": _later(rng, created, 90),
        "renewal": (created + timedelta(days=365)).date() if rng.random() < 0.5 else None,
        "locale": locale,
        **_custom(settings, rng),
    }


def _owner_id(export, rng, number):
    """Every owner has something; one record in eight has nobody."""
    if number < len(export.owners):
        return export.owners[number]["id"]
    return "" if rng.random() < 0.12 else rng.choice(export.owners)["id"]


def _contact(export, rng, number):
    settings = export.settings
    company = rng.choice(export.companies) if rng.random() < 0.9 else None
    locale = company["locale"] if company else rng.choice(_locales(settings))
    first, last = _person(locale, number)
    local = f"{romanised(first)}.{romanised(last)}".replace("..", ".") + f"{number + 1}"
    domain = company["domain"] if company and rng.random() < 0.8 else "mailbox.example"
    city, zip_code, state = rng.choice(locale.places)
    created = _moment(rng)
    own_address = rng.random() < 0.6
    return {
        "first": native(first),
        "last": " ".join(map(native, last.split("|"))),
        "email": f"{local}@{domain}" if rng.random() < 0.95 else "",
        "email2": f"private{number + 1}@post.example" if rng.random() < 0.15 else "",
        "phone": _phone(rng, locale.dial) if rng.random() < 0.6 else "",
        "mobile": _phone(rng, locale.dial) if rng.random() < 0.4 else "",
        "job": rng.choice(_sentences(settings, words.JOBS)) if rng.random() < 0.8 else "",
        "department": rng.choice(words.DEPARTMENTS) if rng.random() < 0.4 else "",
        "company": company,
        "company_id": company["id"] if company else "",
        "company_name": company["name"] if company else "",
        "street": rng.choice(locale.streets) if own_address else "",
        "city": city if own_address else "",
        "zip": zip_code if own_address else "",
        "state": state if own_address else "",
        "country": rng.choice(locale.countries) if own_address else "",
        "country_code": locale.countries[0] if own_address else "",
        "birthday": date(1955, 1, 1) + timedelta(days=rng.randrange(16_000))
        if rng.random() < 0.3
        else None,
        "owner": _owner_id(export, rng, number),
        "tags": _tags(settings, rng),
        "notes": _note(settings, rng, locale),
        "created": created,
        "modified": _later(rng, created, 200),
        "interests": rng.sample(words.INTERESTS, rng.choice((0, 1, 2, 3))),
        "optin": rng.choice((True, False, None)),
        "linkedin": f"https://www.linkedin.example/in/{local}" if rng.random() < 0.5 else "",
        **_custom(settings, rng),
    }


def _person(locale, number):
    """A name that nobody else has: with a second family name once the list is used up."""
    rest, place = divmod(number, len(locale.first))
    first = locale.first[place]
    last = locale.last[(rest + 3 * place) % len(locale.last)]
    rest //= len(locale.last)
    while rest:
        last = f"{last}|{locale.last[rest % len(locale.last)]}"
        rest //= len(locale.last)
    return first, last


def _deal(export, rng, number):
    settings = export.settings
    contact = rng.choice(export.contacts) if rng.random() < 0.85 else None
    company = contact["company"] if contact else rng.choice(export.companies)
    place = rng.choice((0, 0, 1, 1, 2, 2, 3, 4, 4, 5))
    created = _moment(rng)
    entered = _later(rng, created, 60)
    status = {4: "won", 5: "lost"}.get(place, "open")
    name = company["name"] if company else f"{contact['first']} {contact['last']}"
    return {
        "name": f"{name} - {rng.choice(words.PRODUCTS)}",
        "amount": round(rng.uniform(180, 60_000), 2) if rng.random() < 0.95 else None,
        "currency": rng.choices(CURRENCIES, (8, 1, 1))[0],
        "pipeline": PIPELINES[number % settings.pipelines],
        "stage": STAGES[settings.words][place],
        "probability": _probability(rng, place),
        "close": (entered + timedelta(days=rng.randrange(10, 120))).date(),
        "status": status,
        "lost_reason": rng.choice(words.LOST_REASONS) if status == "lost" else "",
        "contact_id": contact["id"] if contact else "",
        "company_id": company["id"] if company else "",
        "owner": _owner_id(export, rng, number),
        "source": rng.choice(words.SOURCES) if rng.random() < 0.7 else "",
        "tags": _tags(settings, rng),
        "created": created,
        "modified": entered,
        "entered": entered,
        "closed": _later(rng, entered, 20) if status != "open" else None,
        "notes": _note(settings, rng),
        "competitor": rng.choice(words.COMPETITORS) if rng.random() < 0.3 else "",
        "forecast": round(rng.uniform(100, 9_000), 2) if rng.random() < 0.4 else None,
    }


def _probability(rng, place):
    """That of the stage, mostly; a few open deals have 0 %, or a figure of their own."""
    if place < 4 and rng.random() < 0.1:
        return rng.choice((0, 35, 60))
    return PROBABILITIES[place]


def _activity(export, rng, number):
    kinds = export.settings.kinds
    kind = kinds[number % len(kinds)]
    entity = rng.choices(("contact", "deal", "company"), (6, 3, 1))[0]
    parent = rng.choice(export.tables()[entity])
    when = _moment(rng)
    row = {
        "kind": kind,
        "subject": _subject(rng, kind, parent),
        "body": _note(export.settings, rng) or rng.choice(words.SENTENCES[:8]),
        "when": when,
        "end": None,
        "due": None,
        "duration": None,
        "location": "",
        "attendees": [],
        "parent": (entity, parent["id"]),
        "owner": _owner_id(export, rng, number),
        "done": None,
        "done_at": None,
        "priority": "",
        "recurrence": "",
    }
    details = {"call": _call, "meeting": _meeting, "task": _task}.get(kind)
    return row | (details(export, rng, when) if details else {})


def _subject(rng, kind, parent):
    whom = parent.get("last") or parent["name"]
    return {
        "call": f"Call with {whom}",
        "email": f"Re: offer {whom}",
        "note": f"Note {whom}",
        "meeting": f"Meeting {rng.choice(words.PRODUCTS)}",
        "task": f"Follow up {whom}",
    }[kind]


def _call(export, rng, when):
    return {"duration": rng.randrange(1, 75)}


def _meeting(export, rng, when):
    guests = rng.sample(export.contacts, rng.choice((0, 1, 1, 2)))
    return {
        "end": when + timedelta(minutes=rng.choice((30, 45, 60, 90))),
        "location": rng.choice(_sentences(export.settings, words.LOCATIONS)),
        "attendees": [guest["id"] for guest in guests],
    }


def _task(export, rng, when):
    done = rng.random() < 0.4
    return {
        "due": (when + timedelta(days=rng.randrange(1, 60))).date(),
        "done": done,
        "done_at": _later(rng, when, 50) if done else None,
        "priority": rng.choice(("Low", "Normal", "High")) if rng.random() < 0.6 else "",
    }
