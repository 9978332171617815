"""One customer of karmaCRM, as the interface answers (both versions) and as exported tables."""

USERS = [(1, "Sel", "Ler", "sel@ler.example"), (2, "Bea", "Yer", "bea@yer.example")]
STAGES = [(10, "New"), (11, "Proposal"), (12, "Won"), (13, "Lost")]
TIER, SINCE, LIKES = 700, 701, 702
FIELDS = {TIER: "Tier", SINCE: "Customer Since", LIKES: "Interests"}
LIKED = {7021: "Ovens", 7022: "Grills"}
STAMP = {"created_at": "2024-01-05T10:00:00Z", "updated_at": "2024-06-05T11:30:00Z"}

COMPANIES = [
    {"id": 30, "name": "Acme", "user": 1, "email": "info@acme.example", "website": "acme.example",
     "phone": "+33 4 11 22 33 44", "address": ("1 Road", "Lyon", "69001", "France"),
     "tags": ["VIP", "Fair"], "notes": "Since 1999.",
     "fields": {TIER: "Gold", SINCE: "2019-05-04"}},
    {"id": 31, "name": "Void", "tags": [], "fields": {}},
]  # fmt: skip
CONTACTS = [
    {"id": 40, "name": ("Ann", "Ode"), "company": 30, "user": 1, "emails": ["ann@ode.example"],
     "phones": [("work", "+33 1 23 45 67 89"), ("mobile", "+33 6 12 34 56 78")], "title": "CFO",
     "tags": ["VIP"], "fields": {TIER: "Silver", LIKES: [7021]}},
    {"id": 41, "name": ("Bob", "Oak"), "company": 30, "phones": [("mobile", "+33 6 99 88 77 66")],
     "emails": ["bob@oak.example", "bob@home.example"], "tags": ["fair"],
     "address": ("Quai 7", "Nantes", "44000", "FR"), "fields": {LIKES: [7022]}},
    {"id": 42, "name": ("Cem", "Elm"), "company": 31, "user": 2, "emails": ["cem@elm.example"],
     "phones": [("mobile", "+44 7700 900123"), ("work", "+44 20 7946 0000")], "tags": [],
     "notes": "Two\nlines", "fields": {}},
    {"id": 43, "name": ("Dot", "Fir"), "emails": [], "tags": [], "fields": {},
     "phones": [("work", "+44 20 7946 0001")]},
]  # fmt: skip
DEALS = [
    {"id": 50, "name": "Big", "price": 1234.5, "stage": 11, "user": 1, "contact": 40, "company": 30,
     "tags": ["Fair"], "due": "2026-05-01", "notes": "Soon", "fields": {TIER: "Gold"}},
    {"id": 51, "name": "Done", "price": 10, "stage": 12, "user": 2, "contact": 42, "company": 31,
     "tags": [], "due": "2024-05-01", "fields": {}},
    {"id": 52, "name": "Gone", "price": 7.25, "stage": 13, "user": 1, "contact": 41, "company": 30,
     "tags": [], "due": "2024-06-01", "fields": {}},
]  # fmt: skip
ACTIVITIES = [
    {"id": 60, "kind": "Event", "subject": "Lunch", "start": "2024-03-01T12:00:00Z",
     "end": "2024-03-01T13:30:00Z", "user": 1, "where": "Chez Ann", "body": "About ovens",
     "related": ("Deal", 50), "others": [("Contact", 41), ("User", 2), ("Company", 30)]},
    {"id": 61, "kind": "Event", "subject": "Visit", "start": "2024-04-01T08:00:00Z",
     "end": "2024-04-01T09:00:00Z", "user": 2, "related": ("Contact", 42),
     "others": [("Contact", 40), ("Contact", 41)]},
    {"id": 62, "kind": "Todo", "subject": "Call her", "start": "2026-06-28T10:00:00Z", "user": 1,
     "due": "2026-07-01T10:00:00Z", "related": ("Contact", 40), "others": []},
    {"id": 63, "kind": "Todo", "subject": "Send it", "start": "2024-02-01T10:00:00Z", "user": 2,
     "due": "2024-02-03T10:00:00Z", "done": "2024-02-02T16:00:00Z", "related": ("Company", 31),
     "others": []},
]  # fmt: skip
HISTORIES = [
    {"id": 70, "kind": "Note", "subject": "First", "at": "2024-02-01T09:00:00Z", "user": 1,
     "related": ("Contact", 41), "html": "<p>Hi <b>there</b></p>"},
    {"id": 71, "kind": "Email", "subject": "Re: offer", "at": "2024-02-02T09:00:00Z", "user": 2,
     "related": ("Company", 30), "html": "<p>Your offer</p>"},
]  # fmt: skip


def answers(version):
    """Return what the lists of the interface hold.

    :param version: 3: numbers as IDs, lists of tags, custom fields by name; 2: IDs as text, tags
        in one text, custom fields in a list
    """
    make_id = str if version == 2 else int
    read = _Answers(make_id, version)
    return {
        "custom_fields": [
            {"id": make_id(key), "name": name,
             "options": [{"id": make_id(one), "name": text} for one, text in LIKED.items()]
             if key == LIKES else []}
            for key, name in FIELDS.items()
        ],
        "users": [
            {"id": make_id(key), "first_name": first, "last_name": last, "email": email}
            for key, first, last, email in USERS
        ],
        "companies": [read.company(one) | STAMP for one in COMPANIES],
        "contacts": [read.contact(one) | STAMP for one in CONTACTS],
        "deals": [read.deal(one) | STAMP for one in DEALS],
        "activities": [read.activity(one) for one in ACTIVITIES],
        "histories": [read.history(one) for one in HISTORIES],
        "calendars": [],
    }  # fmt: skip


class _Answers:
    """Writes records as the interface does."""

    def __init__(self, make_id, version):
        self.id, self.version = make_id, version

    def link(self, key):
        return None if key is None else self.id(key)

    def field_rows(self, fields):
        rows = []
        for key, value in fields.items():
            for one in value if isinstance(value, list) else [value]:
                chosen = isinstance(value, list)
                rows.append({
                    "field_id": self.id(one if chosen else key),
                    "field_parent_id": self.id(key) if chosen else None,
                    "value": "true" if chosen else one,
                })  # fmt: skip
        return rows

    def spread_fields(self, fields):
        return {
            f"custom_field_{key}": [row for row in self.field_rows({key: fields[key]})]
            for key in fields
        }

    def addresses(self, address):
        if not address:
            return []
        names = ("street", "city", "postal_code", "country")
        return [dict(zip(names, address, strict=True), address_type_id=self.id(1))]

    def phones(self, phones):
        return [
            {"id": self.id(n), "number": number, "label": kind, "phone_number_type_id": self.id(9)}
            for n, (kind, number) in enumerate(phones)
        ]

    def company(self, one):
        return {
            "id": self.id(one["id"]), "name": one["name"], "background": one.get("notes"),
            "tags": one["tags"] if self.version == 3 else ", ".join(one["tags"]),
            "user_id": self.link(one.get("user")),
            "emails": [{"email": one["email"], "email_type_id": 1}] if "email" in one else [],
            "websites": [{"url": one["website"]}] if "website" in one else [],
            "phone_numbers": self.phones([("work", one["phone"])] if "phone" in one else []),
            "addresses": self.addresses(one.get("address")),
            "field_values": self.field_rows(one["fields"]),
        }  # fmt: skip

    def contact(self, one):
        first, last = one["name"]
        company = next((c for c in COMPANIES if c["id"] == one.get("company")), None)
        content = {
            "id": self.id(one["id"]), "first_name": first, "last_name": last,
            "name": f"{first} {last}", "label": f"{first} {last}", "position": one.get("title"),
            "background": one.get("notes"), "user_id": self.link(one.get("user")),
            "tag_list": ", ".join(one["tags"]), "addresses": self.addresses(one.get("address")),
            "secondary_emails": [{"id": self.id(n), "email": email, "email_type_id": self.id(1)}
                                 for n, email in enumerate(one["emails"])],
            "phone_numbers": self.phones(one["phones"]), "secondary_websites": [],
        }  # fmt: skip
        if self.version == 2:
            content["company_id"] = self.link(company and company["id"])
            return content | {"field_values": self.field_rows(one["fields"])}
        content["company"] = company and {"id": company["id"], "name": company["name"]}
        return content | self.spread_fields(one["fields"])

    def deal(self, one):
        return {
            "id": self.id(one["id"]), "name": one["name"], "description": one.get("notes"),
            "price": one["price"], "due_on": one["due"], "deal_stage_id": self.id(one["stage"]),
            "stages": [{"id": str(key), "name": name} for key, name in STAGES],
            "user_id": self.id(one["user"]), "contact_id": self.id(one["contact"]),
            "company_id": self.id(one["company"]), "field_values": self.field_rows(one["fields"]),
            "tags" if self.version == 3 else "tag_list":
                one["tags"] if self.version == 3 else ", ".join(one["tags"]),
        }  # fmt: skip

    def activity(self, one):
        return {
            "id": self.id(one["id"]), "body": one["subject"], "description": one.get("body"),
            "activity_type": one["kind"], "user_id": self.id(one["user"]),
            "start_at": one["start"], "end_at": one.get("end"), "due_at": one.get("due"),
            "where": one.get("where"), "complete": "done" in one, "completed_at": one.get("done"),
            "recurrence": [],
            "participants": [
                {"participater_id": self.id(key), "participater_type": kind, "label": f"No {key}"}
                for kind, key in (one["related"], *one["others"])
            ],
        }  # fmt: skip

    def history(self, one):
        kind, key = one["related"]
        return {
            "id": self.id(one["id"]), "name": one["kind"], "user_id": self.id(one["user"]),
            "occurred_at": one["at"], "record": {"type": kind, "id": self.id(key)},
            "external": {"type": one["kind"], "subject": one["subject"], "label": one["html"]},
        }  # fmt: skip


def tables():
    """Return the exported tables: names, labels and emails where the interface has numbers."""
    emails = {key: email for key, __, __, email in USERS}
    stamps = {"Created": STAMP["created_at"], "Last Modified": STAMP["updated_at"]}

    def address(one):
        names = ("Street", "City", "Zip", "Country")
        return dict(zip(names, one.get("address") or [""] * 4, strict=True))

    def customs(one):
        return {
            name: "; ".join(LIKED[n] for n in one["fields"].get(key, ()))
            if key == LIKES else one["fields"].get(key, "")
            for key, name in FIELDS.items()
        }  # fmt: skip

    def email_of(kind, key):
        if kind == "User":
            return emails[key]
        found = next(one for one in (*COMPANIES, *CONTACTS) if one["id"] == key)
        return found["email"] if kind == "Company" else found["emails"][0]

    history = [
        {"Activity ID": one["id"], "Type": {"Todo": "Task", "Event": "Meeting"}[one["kind"]],
         "Subject": one["subject"], "Body": one.get("body"), "Date": one["start"],
         "End": one.get("end"), "Due Date": one.get("due"), "Location": one.get("where"),
         "Attendees": "; ".join(email_of(*who) for who in one["others"]),
         "Related To Type": one["related"][0], "Related To ID": one["related"][1],
         "Owner": emails[one["user"]], "Completed": str("done" in one).lower(),
         "Completed At": one.get("done")}
        for one in ACTIVITIES
    ]  # fmt: skip
    history += [
        dict.fromkeys(history[0]) | {
            "Activity ID": one["id"], "Type": one["kind"], "Subject": one["subject"],
            "Body": one["html"], "Date": one["at"], "Related To Type": one["related"][0],
            "Related To ID": one["related"][1], "Owner": emails[one["user"]]}
        for one in HISTORIES
    ]  # fmt: skip
    return {
        "users.csv": [
            {"User ID": key, "Name": f"{first} {last}", "Email": email}
            for key, first, last, email in USERS
        ],
        "companies.csv": [
            {"Company ID": one["id"], "Company Name": one["name"], "Email": one.get("email"),
             "Website": one.get("website"), "Phone": one.get("phone"), "Notes": one.get("notes"),
             "Owner": emails.get(one.get("user")), "Tags": ", ".join(one["tags"])}
            | address(one) | customs(one) | stamps
            for one in COMPANIES
        ],
        "contacts.csv": [
            {"Contact ID": one["id"], "First Name": one["name"][0], "Last Name": one["name"][1],
             "Email": (one["emails"] + [""])[0], "Email 2": (one["emails"] + ["", ""])[1],
             "Phone": dict(one["phones"]).get("work"), "Mobile": dict(one["phones"]).get("mobile"),
             "Job Title": one.get("title"), "Company ID": one.get("company"),
             "Notes": one.get("notes"), "Owner": emails.get(one.get("user")),
             "Tags": ", ".join(one["tags"])} | address(one) | customs(one) | stamps
            for one in CONTACTS
        ],
        "deals.csv": [
            {"Deal ID": one["id"], "Deal Name": one["name"], "Amount": one["price"],
             "Stage": dict(STAGES)[one["stage"]], "Close Date": one["due"],
             "Contact ID": one["contact"], "Company ID": one["company"], "Notes": one.get("notes"),
             "Owner": emails[one["user"]], "Tags": ", ".join(one["tags"])}
            | customs(one) | stamps
            for one in DEALS
        ],
        "activities.csv": history,
    }  # fmt: skip
