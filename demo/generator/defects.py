"""What goes wrong in real exports, put into clean data; each place is flagged."""

import random

from .records import Raw

PIXEL = (
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJg"
    "gg=="
)
NOWHERE = "9999999"
INVALID = "anna.muster(at)nowhere"
BAD_AMOUNTS = ("1.2.3", "to be agreed")
BAD_DATES = ("31/02/2025", "end of summer")


def spoil(export):
    """Put the defects of the settings in, and flag the records that have them."""
    rng = random.Random(f"{export.settings.seed}:defects")
    contacts = _Draw(export, "contact", rng)
    deals = _Draw(export, "deal", rng)
    activities = _Draw(export, "activity", rng)
    _unmatched_owner(export)
    for row in contacts.take("empty_record"):
        row |= dict.fromkeys(("first", "last", "email", "email2", "phone", "mobile"), "")
    for row in contacts.take("no_name", lambda row: row["email"]):
        row |= {"first": "", "last": ""}
    for row in contacts.take("invalid_email", lambda row: row["email"]):
        row |= {"email": Raw(INVALID), "email2": ""}
    for row in contacts.take("missing_company", lambda row: row["company_id"]):
        row |= {"company": None, "company_id": NOWHERE, "company_name": "Ghost Bakery Ltd"}
    _leave_companies(export)
    for row in contacts.take("mojibake", lambda row: _can_be_garbled(row["last"], export.settings)):
        row["fixed_last"] = f"{row['last']}-Söder"
        row["last"] = Raw(row["fixed_last"].encode().decode("cp1252"))
    repeating = contacts.take("duplicate_email", lambda row: row["email"])
    others = [row["email"] for row in contacts.left if row["email"]]
    for row in repeating if others else ():
        row["email"] = rng.choice(others)
    for number, row in enumerate(deals.take("bad_amount")):
        row["amount"] = Raw(BAD_AMOUNTS[number % len(BAD_AMOUNTS)])
    for number, row in enumerate(deals.take("bad_date")):
        row["close"] = Raw(BAD_DATES[number % len(BAD_DATES)])
    for row in deals.take("unknown_stage", lambda row: row["status"] == "open"):
        row |= {"stage": "Waiting for the landlord", "probability": 40}
    for row in activities.take("orphan_activity"):
        row["parent"] = (row["parent"][0], NOWHERE)
    for row in activities.take("unlinked_activity"):
        row["parent"] = None
    for row in activities.take("recurring_task", lambda row: row["kind"] == "task"):
        row |= {"recurrence": rng.choice(("weekly", "every 2 weeks")), "done": False}
        row["done_at"] = None
    for row in activities.take("inline_image", lambda row: row["kind"] in ("note", "email")):
        row["body"] = f'<p>See below.</p><img src="data:image/png;base64,{PIXEL}"><p>Bye</p>'
    for draw in (contacts, deals, activities):
        export.repeated |= {(draw.entity, row["id"]) for row in draw.take("repeated_row")}


class _Draw:
    """Takes records of an entity, each for one defect only."""

    def __init__(self, export, entity, rng):
        self.export = export
        self.entity = entity
        self.all = export.tables()[entity]
        self.left = list(self.all)
        rng.shuffle(self.left)

    def take(self, defect, fits=lambda row: True):
        count = self.export.settings.share(defect, len(self.all))
        chosen = [row for row in self.left if fits(row)][:count]
        taken = {row["id"] for row in chosen}
        self.left = [row for row in self.left if row["id"] not in taken]
        for row in chosen:
            self.export.flag(self.entity, row, defect)
        return chosen


def _unmatched_owner(export):
    count = min(export.settings.share("unmatched_owner", 3 * len(export.owners)), 3)
    for owner in export.owners[len(export.owners) - count :]:
        owner["matched"] = False
        export.flag("owner", owner, "unmatched_owner")


def _leave_companies(export):
    """Take the company off the deals of contacts whose company is not in the export."""
    contact_ids = {row["id"] for row in export.contacts if row["company_id"] == NOWHERE}
    for deal in export.deals:
        if deal["contact_id"] in contact_ids:
            deal["company_id"] = ""


def _can_be_garbled(text, settings):
    """Whether Windows-1252 has a letter for every byte of the text in UTF-8, and the file too."""
    try:
        "Ã¶¼¤©¨±³¡".encode(settings.encoding)
    except UnicodeEncodeError:
        return False
    return bool(text) and all(letter.isascii() or letter in "äöüéèñóá" for letter in text)
