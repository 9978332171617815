from odoo import api, models
from odoo.tools import email_normalize

from ...engine.mapping import fold


class CrmMigrationTargetSegment(models.AbstractModel):
    """Static segments: mailing lists with their contacts (CC-36).

    A row is a segment, or one of its members; the lists are made by the schema step, by name. A
    dynamic segment is a rule and no list: it is written down, to be built as a filter.
    """

    _name = "crm.migration.target.segment"
    _inherit = "crm.migration.target.app"
    _description = "Target: Mailing List"
    _model = "mailing.list"
    _use = "segment"
    _fallback = "crm.migration.target.segment.tag"

    @api.model
    def _split(self, items, resolver):
        members = self.env["crm.migration.target.segment.member"]
        groups = {}
        for item in items:
            groups.setdefault(self._choose(item, members, resolver), []).append(item)
        return list(groups.items())

    @api.model
    def _choose(self, item, members, resolver):
        if item.mapped.values.get("segment_kind") == "dynamic":
            return self.env["crm.migration.target.segment.rule"]
        if not resolver.uses(self._use):
            return self.env[self._fallback]
        return members if item.mapped.references.get("partner_id") else self

    @api.model
    def _prepare(self, items, resolver):
        """A row that is a list links to the list that the schema made."""
        for item in items:
            item.target, item.model = self, self._model
            item.problems = list(item.mapped.problems)
            item.extra["list"] = resolver.xmlid("app", "list", fold(self._get_name(item)))
            item.values = {"name": self._get_name(item)}

    @api.model
    def _get_name(self, item):
        return item.mapped.values.get("name") or item.key

    @api.model
    def _foresee(self, items, resolver):
        for item in items:
            item.res_id = item.extra["list"] or 0
            known = item.record.get("res_id") == item.res_id
            item.outcome = "unchanged" if known else "merged" if item.res_id else "skipped"

    @api.model
    def _load(self, items, resolver):
        self._foresee(items, resolver)


class CrmMigrationTargetSegmentMember(models.AbstractModel):
    """A member of a list: its contact in Email Marketing, subscribed or not."""

    _name = "crm.migration.target.segment.member"
    _inherit = "crm.migration.target.app"
    _description = "Target: Contact of a Mailing List"
    _model = "mailing.contact"
    _used = ("name", "partner_id", "opt_out", "x_source_created_at", "segment_kind")

    @api.model
    def _get_values(self, item, resolver):
        """One contact per address of the source, on the lists that its rows name."""
        mapped = item.mapped.values
        list_id = resolver.xmlid("app", "list", fold(mapped.get("name") or ""))
        name, email = resolver.name_and_email(self._find_customer(item, resolver))
        told = [r.value for r in item.mapped.references["partner_id"] if r.by == "email"]
        email = next(iter(told), False) or email
        if not list_id:
            item.tell("unknown_value", "name", mapped.get("name"))
        if not email_normalize(email or ""):
            item.tell("member_without_email", "email", email)
        item.extra["list"] = list_id
        item.extra["opt_out"] = bool(mapped.get("opt_out"))
        return {"name": name or email, "email": email}

    @api.model
    def _foresee(self, items, resolver):
        """One contact per address: the first row makes it, the others are merged into it."""
        told = [item for item in items if item.extra["list"]]
        known = self._read_contacts([item.values["email"] for item in told])
        for item in told:
            email = email_normalize(item.values["email"])
            item.res_id = max(known.get(email, 0), 0)
            before = "unchanged" if item.record.get("res_id") else "merged"
            item.outcome = before if email in known else "created"
            known.setdefault(email, -item.record["id"])

    @api.model
    def _load(self, items, resolver):
        """Find or make the contacts of the batch, one per address, then their subscriptions."""
        items = [item for item in items if item.extra["list"]]
        known = self._read_contacts([item.values["email"] for item in items])
        new = {}
        for item in items:
            item.res_id = known.get(email_normalize(item.values["email"]), 0)
            if not item.res_id:
                new.setdefault(email_normalize(item.values["email"]), []).append(item)
        if new:
            self._create([group[0] for group in new.values()], resolver)
        for group in new.values():
            for item in group[1:]:
                item.res_id = group[0].res_id
        for item in items:
            before = item.record.get("res_id")
            item.outcome = item.outcome or ("unchanged" if before else "merged")
        self._subscribe(items)

    @api.model
    def _read_contacts(self, emails):
        """Return {normalised address: ID} of the contacts that are there; the oldest of several."""
        emails = [email_normalize(email) for email in emails]
        contacts = self.env[self._model].search(
            [("email_normalized", "in", emails)], order="id desc"
        )
        return {contact.email_normalized: contact.id for contact in contacts}

    @api.model
    def _subscribe(self, items):
        """Subscribe contacts to their lists, each once."""
        subscriptions = self.env["mailing.subscription"]
        known = {
            (one.contact_id.id, one.list_id.id)
            for one in subscriptions.search([("contact_id", "in", [i.res_id for i in items])])
        }
        wanted = {}
        for item in items:
            pair = (item.res_id, item.extra["list"])
            if pair not in known:
                wanted.setdefault(pair, item)
        created = subscriptions.create(
            [
                {"contact_id": contact, "list_id": list_id, "opt_out": item.extra["opt_out"]}
                for (contact, list_id), item in wanted.items()
            ]
        )
        for item, record in zip(wanted.values(), created, strict=True):
            item.companions.append((record._name, record.id))


class CrmMigrationTargetSegmentTag(models.AbstractModel):
    """Static segments without Email Marketing: tags on their members (CC-35), and a list."""

    _name = "crm.migration.target.segment.tag"
    _inherit = "crm.migration.target.app"
    _description = "Target: Tag of a Segment"
    _model = "res.partner"

    @api.model
    def _prepare(self, items, resolver):
        for item in items:
            item.target, item.model = self, self._model
            item.problems = list(item.mapped.problems)
            item.extra["partner"] = False
            if not item.mapped.references.get("partner_id"):
                item.tell("app_missing")
                continue
            tag = resolver.xmlid("app", "segment", fold(item.mapped.values.get("name") or ""))
            if not tag:
                item.tell("unknown_value", "name", item.mapped.values.get("name"))
            partner = self._find_customer(item, resolver)
            if not partner:
                self._tell_no_contact(item)
            item.extra |= {"partner": partner, "tag": tag}
        self._expect_tags(items)

    @api.model
    def _expect_tags(self, items):
        """What is expected of a member is what it has, and the tag of this row's segment."""
        ids = [item.extra["partner"] for item in items if item.extra["partner"]]
        landed = self._read_landed(ids, ["category_id"]) if ids else {}
        for item in items:
            if item.extra["partner"] and item.extra["tag"]:
                tags = landed.get(item.extra["partner"], {}).get("category_id", [])
                item.values = {"category_id": sorted({*tags, item.extra["tag"]})}

    @api.model
    def _foresee(self, items, resolver):
        for item in items:
            item.outcome = "unchanged" if item.record.get("res_id") else "merged"
            item.res_id = item.extra["partner"]
            if not item.extra["partner"] or not item.extra["tag"]:
                item.outcome, item.res_id = "skipped", 0

    @api.model
    def _load(self, items, resolver):
        """Add the tags to their members, each row logging what it changed."""
        ids = [item.extra["partner"] for item in items if item.extra["partner"]]
        landed = self._read_landed(ids, ["category_id"]) if ids else {}
        tags = {res_id: sorted(row["category_id"]) for res_id, row in landed.items()}
        written = []
        for item in items:
            partner = item.extra["partner"]
            if not partner or not item.extra["tag"]:
                item.outcome = "skipped"
                continue
            before, after = tags[partner], sorted({*tags[partner], item.extra["tag"]})
            item.res_id = partner
            item.outcome = "unchanged" if item.record.get("res_id") else "merged"
            if before != after:
                item.extra |= {
                    "before": {"category_id": before},
                    "after": {"category_id": after},
                }
                written.append(item)
            tags[partner] = after
        self._note_stamps(written)
        for partner in {item.res_id for item in written}:
            self.env[self._model].browse(partner).write({"category_id": [(6, 0, tags[partner])]})


class CrmMigrationTargetSegmentRule(models.AbstractModel):
    """Dynamic segments: rules, written down to be built as filters."""

    _name = "crm.migration.target.segment.rule"
    _inherit = "crm.migration.target.unmoved"
    _description = "Target: None, a Rule"

    @api.model
    def _prepare(self, items, resolver):
        for item in items:
            item.target = self
            item.problems = list(item.mapped.problems)
            item.tell("segment_dynamic", "", item.mapped.values.get("rule"))
