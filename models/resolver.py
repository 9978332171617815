"""References of a batch, resolved with one query per kind: never one per record.

Plain Python around an environment, made anew for each batch: what a batch needs from the big
tables is fetched for the batch, what it needs from the small ones is read once.
"""

from collections import defaultdict
from functools import cached_property, wraps
from typing import NamedTuple

from odoo.tools import SQL

from ..engine.mapping import fold
from ..engine.types import Problem
from .doubts import SEVERITIES
from .emails import normalize
from .inserting import as_array
from .pipelines import Pipelines
from .xmlid import xmlid_name

# Reasons of a hold that pass without a change of the row: once a user exists, or a person has
# answered with one click. Whoever refers to the record waits.
WAITING = ("unmatched_owner", "ambiguous_owner", "waits_for", "duplicate_open")
# What a "related" reference may point to, by the canonical object type.
RELATED = ("contact", "company", "deal", "lead")
# What an "any" reference may name a record by, the surest first.
KINDS = ("id", "email", "name")
# What else rows may name, by the code of the entity.
NAMED = ("product", "order", "invoice", "course")
# What a migration makes beside its rows, by the first part of its external ID.
MADE = (
    "team", "stage", "stub", "tag", "category", "industry", "utm", "reason", "placeholder", "app",
)  # fmt: skip
STAGED = frozenset((*RELATED, *NAMED, "related"))


def _remember(method, memory):
    name = method.__name__

    @wraps(method)
    def remembering(self, *args):
        known, key = getattr(self, memory), (name, *args)
        if key not in known:
            known[key] = method(self, *args)
        return known[key]

    return remembering


def once(method):
    """What a method returns for its arguments is worked out once for a batch."""
    return _remember(method, "_cache")


def lasting(method):
    """The same, for all batches of a transaction: of what no load writes."""
    return _remember(method, "_lasting")


class Candidate(NamedTuple):
    """A staged record that a reference fits.

    :param stuck: held for something only a person can mend (see ``WAITING``)
    """

    entity: str
    source_key: str
    state: str
    model: str
    res_id: int
    stuck: bool = False

    @property
    def landed(self):
        return bool(self.res_id)


class Resolver:
    """
    :param known: where the resolvers of a transaction's batches keep what stays as it is
    """

    def __init__(self, project, known=None):
        self.project = project
        self.env = project.env
        # Read once: each row asks for them.
        self.source_system = project.source_system
        self.xmlid_module = project._get_xmlid_module()
        self._candidates = {}
        self._fetched = defaultdict(set)
        self._cache = {}
        self._lasting = {} if known is None else known
        self._owners = {}
        # Messages of the batch, as (values, item): written together, in order of time.
        self.messages = []

    @cached_property
    def team_id(self):
        """ID of the team of deals without a pipeline."""
        return self.project.team_id.id

    @cached_property
    def company_id(self):
        """ID of the company that the records belong to."""
        return self.project.company_id.id

    @cached_property
    def currency(self):
        """Code of that company's currency."""
        return self.project.company_id.currency_id.name

    # ------------------------------------------------------------- staged records

    def prefetch(self, mappeds):
        """Fetch what the references of these mapped rows point to, one query per kind of key."""
        self.fetch(
            reference
            for mapped in mappeds
            for references in mapped.references.values()
            for reference in references
        )

    def fetch(self, references):
        """Fetch what references point to, one query per kind of key."""
        wanted = defaultdict(set)
        # Rows share their links: each is looked at once.
        for reference in set(references):
            if reference.entity in STAGED:
                for kind in KINDS if reference.by == "any" else (reference.by,):
                    wanted[kind].add(self._key(kind, reference.value))
        columns = {"id": "source_key", "name": "match_name", "email": "match_email"}
        for kind, column in columns.items():
            known = self._fetched[kind]
            values = wanted[kind] - known
            known |= values
            if values:
                self._fetch(kind, column, values)
            if kind == "email" and self.project.generation > 1:
                self._fetch_former({v for v in values if ("email", v) not in self._candidates})

    def _key(self, kind, value):
        """Return what is looked for: an ID as it is written, a name or an address folded."""
        return str(value).strip() if kind == "id" else fold(value)

    def _fetch(self, kind, column, values):
        self.env.cr.execute(
            SQL(
                """SELECT wanted, entity, source_key, state, model, res_id,
                          res_id IS NULL AND (state = 'failed' OR %s)
                     FROM %s AS r WHERE state != 'skipped'""",
                self._is_held(),
                self.select("crm_migration_record", column, values),
            )
        )
        for key, *candidate in self.env.cr.fetchall():
            self._candidates.setdefault((kind, key), []).append(Candidate(*candidate))

    def select(self, table, column, values):
        """Return the rows of the project that have one of the values, in SQL: ``wanted`` first.

        Each is looked up in the index by itself. The database chose to read the whole table for
        each batch where it had no statistics, or had made them before the table was filled.
        """
        return SQL(
            """(SELECT * FROM unnest(%s) AS one(wanted), LATERAL (
                    SELECT * FROM %s WHERE project_id = %s AND %s = wanted OFFSET 0) AS found)""",
            as_array("varchar", values),
            SQL.identifier(table),
            self.project.id,
            SQL.identifier(column),
        )

    def _is_held(self):
        """Return whether the staged row ``r`` waits for what only a person can mend, in SQL."""
        return SQL(
            """EXISTS (SELECT 1 FROM crm_migration_issue i
                        WHERE i.record_id = r.id AND i.severity_rank = %s AND i.code != ALL(%s))""",
            # By its rank: there is an index with the word, which is no way to one row's issues.
            SEVERITIES.index("hold"),
            list(WAITING),
        )

    def _fetch_former(self, emails):
        """Find contacts by an address they had before a newer export changed it.

        Older meetings and emails name them by it.
        """
        if not emails:
            return
        self.env.cr.execute(
            """SELECT DISTINCT lower(trim(l.before ->> 'email')), r.entity, r.source_key, r.state,
                      r.model, r.res_id
                 FROM crm_migration_log l
                 JOIN crm_migration_record r ON r.project_id = l.project_id
                  AND r.model = l.model AND r.res_id = l.res_id
                WHERE l.project_id = %s AND l.model = 'res.partner' AND l.action = 'update'
                  AND lower(trim(l.before ->> 'email')) = ANY(%s)""",
            [self.project.id, list(emails)],
        )
        for email, *candidate in self.env.cr.fetchall():
            self._candidates.setdefault(("email", email), []).append(Candidate(*candidate))

    def find(self, reference, entity=None, stuck=False):
        """Return the candidates of a reference to a staged record.

        :param entity: canonical object type of a ``related`` reference, if the row tells it
        :param stuck: also those that land only after a person mended them; a link to such a one
            is missing until then, and made when it lands
        """
        entity = reference.entity if reference.entity != "related" else entity
        entities = (entity,) if entity else RELATED
        for kind in KINDS if reference.by == "any" else (reference.by,):
            known = self._candidates.get((kind, self._key(kind, reference.value)), ())
            found = [
                candidate
                for candidate in known
                if candidate.entity in entities
                and (stuck or candidate.res_id or not candidate.stuck)
            ]
            if found:
                return found
        return []

    def believed(self, references, entity=None):
        """Return the references without those that an ID overrules.

        The ID is the identity of a record: where the export tells records of a kind apart by ID,
        one that is not there is another record than the one with the same name or address.

        :param entity: canonical object type of a ``related`` reference, if the row tells it
        """
        if len(references) < 2:
            return references
        kinds = {one.entity for one in references if one.by == "id"}
        told = {kind for kind in kinds if self._has_ids(entity or kind)}
        return [one for one in references if one.by == "id" or one.entity not in told]

    def _has_ids(self, entity):
        """Whether the map has a column with the IDs of these records."""
        found = self._read_entities_with_ids()
        return bool(found.intersection(RELATED) if entity == "related" else entity in found)

    @lasting
    def _read_entities_with_ids(self):
        domain = [
            ("project_id", "=", self.project.id),
            ("target_field", "=", "id"),
            ("state", "!=", "ignored"),
        ]
        lines = self.env["crm.migration.mapping.line"].search_fetch(domain, ["entity"])
        return set(lines.mapped("entity"))

    def _read_contact_lines(self):
        """Return the surest column of each list of contacts that names their company."""
        lines = self.project.line_ids.filtered(
            lambda line: (
                line.state == "confirmed"
                and line.target_field == "parent_id"
                and line.reference in ("company.id", "company.name")
                and not (line.mapping_id.constants or {}).get("is_company")
            )
        )
        return [
            group.sorted("reference")[0] for group in lines.grouped(lambda one: one.entity).values()
        ]

    def duplicate_cases(self, record_ids):
        """Return {staged record ID: question about a row that may be somebody known}."""
        return self.env["crm.migration.duplicate"]._read_cases(record_ids)

    def name_and_email(self, partner_id):
        """Return name and email of a contact that a row links to, or ``(False, False)``."""
        partner = self.env["res.partner"].browse(partner_id or [])
        return partner.name, partner.email

    def landed_id(self, entity, source_key, model):
        """Return the ID of what a staged row became, or None."""
        self.env.cr.execute(
            """SELECT res_id FROM crm_migration_record
                WHERE project_id = %s AND entity = %s AND source_key = %s AND model = %s""",
            [self.project.id, entity, source_key, model],
        )
        found = self.env.cr.fetchone()
        return found and found[0] or None

    # ------------------------------------------------------------- small tables

    def _once(self, name, function):
        if name not in self._cache:
            self._cache[name] = function()
        return self._cache[name]

    @once
    def by_name(self, model, field="name"):
        """Return {folded name: id} of a small table; of equal names the oldest record."""
        records = self.env[model].with_context(active_test=False)
        records = records.search_fetch([], [field], order="id desc")
        return {fold(record[field]): record.id for record in records if record[field]}

    def country(self, code):
        """Return the ID of a country by its ISO-2 code."""
        return self._read_countries().get(code)

    @lasting
    def _read_countries(self):
        countries = self.env["res.country"].search_fetch([], ["code"])
        return {country.code: country.id for country in countries}

    def state(self, text, country_id):
        """Return the ID of a state of that country by code or name, or None."""
        return self._name_states(country_id).get(fold(text))

    @lasting
    def _name_states(self, country_id):
        """Return {folded name or code: ID}: only of countries that come, folding takes long."""
        known = {}
        for state_id, *keys in self._read_states().get(country_id, ()):
            for key in keys:
                known.setdefault(fold(key), state_id)
        return known

    @lasting
    def _read_states(self):
        states = defaultdict(list)
        self.env["res.country.state"].flush_model()
        self.env.cr.execute(
            "SELECT country_id, id, name, code FROM res_country_state ORDER BY code, id"
        )
        for country, *state in self.env.cr.fetchall():
            states[country].append(state)
        return states

    def xmlid(self, kind, *parts):
        """Return the ID of what this source made before under that name, or None."""
        return self._read_made().get(xmlid_name(kind, *parts))

    @once
    def _read_made(self):
        # One look for each kind, as the index has it: of all names of the source, which are as
        # many as its records, only a few are these.
        of_kind = "SELECT name, res_id FROM ir_model_data WHERE module = %s AND name LIKE %s"
        queries = [SQL(of_kind, self.xmlid_module, f"{one}.%") for one in MADE]
        self.env.cr.execute(SQL(" UNION ALL ").join(queries))
        return dict(self.env.cr.fetchall())

    @lasting
    def odoo_id(self, xmlid):
        """Return the ID of one of Odoo's own records."""
        return self.env["ir.model.data"]._xmlid_to_res_id(xmlid, raise_if_not_found=True)

    @lasting
    def mapped_values(self, domain):
        """Return {(folded group, folded source value): value} of a value map."""
        values = self.env["crm.migration.mapping.value"].search(
            [("project_id", "=", self.project.id), ("domain", "=", domain)]
        )
        return {(fold(v.group or ""), fold(v.source_value)): v for v in values}

    @lasting
    def pipelines(self):
        """Return what the export's own lists of pipelines and stages say."""
        return Pipelines(self.project)

    @once
    def rate(self, currency, day):
        """Return what one unit of a currency was worth in the company's on a day, or None.

        One query per currency and day of a batch, at most.

        :param currency: ISO code
        :param day: ISO date; without one, or without a rate up to that day, there is no answer
        """
        company = self.project.company_id
        source = self.env["res.currency"].browse(
            self.by_name("res.currency").get(fold(currency), [])
        )
        known = [("currency_id", "=", source.id), ("company_id", "in", (False, company.root_id.id))]
        rates = self.env["res.currency.rate"]
        if not (source and day and rates.search_count([*known, ("name", "<=", day)], limit=1)):
            return None
        return source._get_conversion_rate(source, company.currency_id, company, day)

    # ------------------------------------------------------------- optional apps

    @lasting
    def uses(self, use):
        """Return whether records of a use (``apps.USES``) go to their app."""
        return self.env["crm.migration.readiness"]._is_used(self.project, use)

    @lasting
    def takes_kind(self, kind):
        """Return whether activities of a canonical kind go to an app."""
        return self.env["crm.migration.readiness"]._takes_kind(self.project, kind)

    # ------------------------------------------------------------- owners

    @once
    def owner(self, raw):
        """Return ``(user ID or None, problem or None)`` for an owner as the source names it.

        Tried in this order: what a person chose in the map, the email, the login, then the name;
        for an ID, what the export's own list of users says of it. Two users of one name are a
        question. Then the project's policy decides.
        """
        # However they write him, he is told once: as the first row has him.
        key = fold(raw)
        if key not in self._owners:
            self._owners[key] = self._find_owner(raw)
        return self._owners[key]

    def _find_owner(self, raw):
        chosen = self.mapped_values("owner").get(("", fold(raw)))
        if chosen and chosen.user_id:
            return chosen.user_id.id, None
        known = self.owner_details(raw)
        users = self.match_users(raw, known)
        if len(users) == 1:
            return users.pop(), None
        if len(users) > 1:
            return None, Problem(
                "ambiguous_owner", target="user_id", value=raw, parameters={"count": len(users)}
            )
        return self._apply_owner_policy(raw)

    def _apply_owner_policy(self, raw):
        project = self.project
        if project.owner_policy == "fallback":
            return project.fallback_user_id.id, Problem(
                "owner_fallback",
                target="user_id",
                value=raw,
                parameters={"fallback": project.fallback_user_id.name},
            )
        if project.owner_policy == "stub":
            stub = self.xmlid("stub", self.owner_key(raw))
            if stub:
                return stub, Problem("owner_stub", target="user_id", value=raw)
        return None, Problem("unmatched_owner", target="user_id", value=raw)

    def owner_key(self, raw):
        """Return one name for an owner, however the rows name it."""
        known = self.owner_details(raw)
        return fold(known.get("email") or known.get("name") or raw)

    @once
    def author(self, raw):
        """Return ``(partner ID or False, sender text)`` of who did something: never a stand-in."""
        user_id, problem = self.owner(raw)
        if user_id and (problem is None or problem.code == "owner_stub"):
            return self.partner_of_user(user_id), self.sender_of_user(user_id)
        known = self.owner_details(raw)
        name, email = known.get("name"), known.get("email")
        return False, f"{name} <{email}>" if name and email else raw

    @once
    def owner_details(self, raw):
        """Return what the export's own list of users says: id, name, email."""
        return self._read_owners().get(fold(raw), {})

    @lasting
    def _read_owners(self):
        loader = self.env["crm.migration.loader"]
        details = {}
        for entity in self.project._get_profile().entities:
            if entity.target != "user":
                continue
            entity_map = loader._get_entity_map(self.project, entity.code)
            if not entity_map:
                continue
            self.env.cr.execute(
                """SELECT source_key, payload FROM crm_migration_record
                    WHERE project_id = %s AND entity = %s
                      AND (state != 'skipped' OR load_run_id IS NOT NULL)""",
                [self.project.id, entity.code],
            )
            for source_key, payload in self.env.cr.fetchall():
                values = entity_map.map_row(payload).values
                known = {
                    "id": source_key,
                    "name": values.get("name"),
                    "email": values.get("login") or values.get("email"),
                    "active": values.get("active", True),
                }
                for key in (source_key, known["email"], known["name"]):
                    if key:
                        details.setdefault(fold(key), known)
        return details

    def match_users(self, raw, known):
        """Return the IDs of the users that fit, by email and login first, then by name."""
        emails, names = self._read_users()
        for key in filter(None, [known.get("email"), raw]):
            found = emails.get(normalize(key) or fold(key))
            if found:
                return set(found)
        for key in filter(None, [known.get("name"), raw]):
            found = names.get(fold(key))
            if found:
                return set(found)
        return set()

    def match_login(self, raw):
        """Return the IDs of the users whose login or address begins so: "kv" of "kv@x.example".

        A proposal only: names of users are unique in the source, their domains are not known.
        """
        emails, __ = self._read_users()
        name = fold(raw)
        return {
            user_id
            for address, found in emails.items()
            if "@" in address and address.partition("@")[0] == name
            for user_id in found
        }

    @once
    def _read_users(self):
        emails, names = defaultdict(set), defaultdict(set)
        for user in self._get_users():
            for key in filter(None, [user.login, user.email]):
                emails[normalize(key) or fold(key)].add(user.id)
            names[fold(user.name)].add(user.id)
        return emails, names

    def participants(self, reference):
        """Return ``(partner IDs, whether one has not landed yet)`` of who takes part.

        Contacts first, then companies, then users; those that share an address cannot be told
        apart: the invitation went to all.
        """
        found = self.find(reference)
        if not found and reference.by == "email":
            found = self.find(reference._replace(entity="company"))
        if found:
            waits = any(not candidate.landed for candidate in found)
            return [candidate.res_id for candidate in found if candidate.landed], waits
        if reference.by == "id" and reference.entity != "user":
            return [], False
        known = self.owner_details(reference.value) if reference.entity == "user" else {}
        users = self.match_users(reference.value, known)
        return [self.partner_of_user(user_id) for user_id in sorted(users)], False

    @once
    def partner_of_user(self, user_id):
        """Return the ID of a user's partner."""
        return self._browse_user(user_id).partner_id.id

    @once
    def sender_of_user(self, user_id):
        """Return a user's name and address as a sender line."""
        return self._browse_user(user_id).partner_id.email_formatted

    def _browse_user(self, user_id):
        """Return a user that is read together with all others, not alone."""
        return self.env["res.users"].browse(user_id).with_prefetch(self._get_users()._ids)

    @once
    def _get_users(self):
        users = self.env["res.users"].with_context(active_test=False)
        return users.search([("id", "!=", self.env.ref("base.user_root").id)])
