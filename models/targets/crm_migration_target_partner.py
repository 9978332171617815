from odoo import api, models
from odoo.tools import SQL

from ...engine.comparing import is_empty
from ...engine.mapping import fold
from ...engine.types import Problem
from ..bulk.stand_ins.values import clean_website
from ..emails import normalize
from .crm_migration_target import IDENTITY

ADDRESS = ("street", "street2", "city", "zip", "state_id", "country_id")
# Fields whose other value is told when two become one.
MERGED = ("name", "email", "phone", "x_mobile", "website", "function", *ADDRESS)
# What can stand for a missing name, best first.
NAME_FROM = ("email", "phone", "x_mobile")


class CrmMigrationTargetPartner(models.AbstractModel):
    """Companies and persons."""

    _name = "crm.migration.target.partner"
    _inherit = "crm.migration.target.addressee"
    _description = "Target: Contact"
    _model = "res.partner"
    _watched = ("active", "company_id", "parent_id", "type", "user_id", "is_company")
    _pseudo = (
        "category_id", "state_id", "country_id", "industry_id", "user_id", "parent_id",
        "x_source_company_ids", "email_opt_out",
    )  # fmt: skip
    _share_fields = ("parent_id", "x_source_company_ids")

    @api.model
    def _can_share(self, project, entities):
        """Emails are compared among persons, and among companies: not where both come mixed."""
        mappings = project.mapping_ids.filtered(lambda one: one.entity in entities)
        return super()._can_share(project, entities) and all(
            "is_company" in (mapping.constants or {})
            and not mapping.line_ids.filtered(lambda line: line.target_field == "is_company")
            for mapping in mappings
        )

    @api.model
    def _prepare_links(self, items, resolver):
        for item in items:
            self._set_name(item)
            self._set_owner(item, resolver)
            self._set_address(item, resolver)
            self._set_parent(item, resolver)
            self._set_companies(item, resolver)
            self._set_placeholder(item, resolver)
            self._set_details(item, resolver)
            self._set_contact_count(item)
        self._follow_parent(items)
        self._tell_duplicates(items, resolver)
        self._apply_decisions(items, resolver)
        self._set_opt_outs(items)

    # ------------------------------------------------------------- values

    @api.model
    def _set_name(self, item):
        values = item.values
        if values.get("name"):
            return
        known = next((name for name in NAME_FROM if values.get(name)), None)
        if known:
            values["name"] = values[known]
            item.tell("no_name", "name", by=known)
        else:
            item.tell("empty_record")

    @api.model
    def _set_address(self, item, resolver):
        values, mapped = item.values, item.mapped
        code = self._first_value(item, "country_id")
        if code:
            values["country_id"] = resolver.country(code) or False
            if not values["country_id"]:
                item.tell("unknown_country", "country_id", code)
        for reference in mapped.references.get("state_id", [])[:1]:
            values["state_id"] = resolver.state(reference.value, values.get("country_id")) or False
            if not values["state_id"]:
                item.tell("unknown_state", "state_id", reference.value, reference.column)
                item.keep(reference.column, reference.value)

    @api.model
    def _first_value(self, item, field):
        for reference in item.mapped.references.get(field, []):
            return reference.value
        return item.mapped.values.get(field)

    @api.model
    def _set_parent(self, item, resolver):
        """Link a person to its company: by ID, else by name; two of one name are not guessed."""
        if item.record.get("in_circle"):
            self._tell_circle(item)
            return
        believed = resolver.believed(item.mapped.references.get("parent_id", []))
        for reference in believed:
            found = resolver.find(reference)
            landed = [candidate for candidate in found if candidate.landed]
            if len(found) == 1 and not landed:
                item.tell("waits_for", "parent_id", reference.value, entity=reference.entity)
                return
            if len(landed) == 1:
                item.values["parent_id"] = landed[0].res_id
                return
            if len(found) > 1:
                item.tell(
                    "ambiguous_reference", "parent_id", reference.value, reference.column,
                    count=len(found),
                )  # fmt: skip
                item.keep(reference.column, reference.value)
                return
        self._tell_missing_parent(item, believed)

    @api.model
    def _tell_circle(self, item):
        """A company whose parents lead back to itself lands without a parent (SS-07)."""
        item.values["parent_id"] = False
        for reference in item.mapped.references.get("parent_id", []):
            item.tell("parent_cycle", "parent_id", reference.value, reference.column)
            item.keep(reference.column, reference.value)

    @api.model
    def _set_companies(self, item, resolver):
        """Keep all companies of a contact that has several; the first is its parent (SP-13)."""
        others = item.mapped.references.get("x_source_company_ids", [])
        if not others:
            return
        if not item.mapped.references.get("parent_id"):
            item.mapped.references["parent_id"] = others[:1]
            self._set_parent(item, resolver)
        ids = [item.values["parent_id"]] if item.values.get("parent_id") else []
        for reference in others:
            ids += self._find_company(item, reference, resolver)
        item.values["x_source_company_ids"] = sorted(set(ids))
        item.keep_sources(["parent_id", "x_source_company_ids"])
        primary = item.mapped.references["parent_id"][0].value
        count = len({primary, *(reference.value for reference in others)})
        if count > 1:
            item.tell("multi_company", "", primary, "parent_id", count=count)

    @api.model
    def _find_company(self, item, reference, resolver):
        """Return the ID of a further company in a list, empty if it is not clear or not there."""
        found = resolver.find(reference)
        if len(found) == 1 and found[0].landed:
            return [found[0].res_id]
        if len(found) == 1:
            item.tell("waits_for", "x_source_company_ids", reference.value, entity="company")
            return []
        code = "ambiguous_reference" if found else "missing_company"
        item.tell(code, "x_source_company_ids", reference.value, reference.column, count=len(found))
        return []

    @api.model
    def _tell_missing_parent(self, item, believed):
        """Tell what was looked for and not found; the name stays with the record as text."""
        code = "missing_parent" if item.values.get("is_company") else "missing_company"
        for reference in item.mapped.references.get("parent_id", []):
            if reference in believed:
                item.tell(code, "parent_id", reference.value, reference.column)
            item.keep(reference.column, reference.value)
            if reference.by == "name" and not item.values.get("is_company"):
                item.values["company_name"] = reference.value

    @api.model
    def _set_placeholder(self, item, resolver):
        """Hang a record without a company on the placeholder, if the project says so (X-26)."""
        values = item.values
        if values.get("parent_id") or values.get("type") or item.record.get("in_circle"):
            return
        if any(problem.code == "waits_for" for problem in item.problems):
            return
        kind = "companies" if values.get("is_company") else "contacts"
        placeholder = resolver.xmlid("placeholder", kind)
        if placeholder and resolver.project.placeholder_parent in (kind, "both"):
            values["parent_id"] = placeholder
            item.rules["parent_id"] = "placeholder_parent"
        elif kind == "contacts" and not item.mapped.references.get("parent_id"):
            item.tell("no_company")

    @api.model
    def _set_contact_count(self, item):
        """Note how many contacts name a company, to be compared after the run (SP-38)."""
        count = item.record.get("contact_count")
        if item.values.get("is_company") and count is not None:
            item.values["x_source_contact_count"] = count

    @api.model
    def _set_details(self, item, resolver):
        values = item.values
        values["category_id"] = self._get_tag_ids(
            item, "category_id", "res.partner.category", resolver
        )
        for reference in item.mapped.references.get("industry_id", [])[:1]:
            industries = resolver.by_name("res.partner.industry")
            full_names = resolver.by_name("res.partner.industry", "full_name")
            key = fold(reference.value)
            values["industry_id"] = industries.get(key) or full_names.get(key) or False
            if not values["industry_id"]:
                item.tell("unknown_value", "industry_id", reference.value, reference.column)
                item.keep(reference.column, reference.value)
        if values.get("website"):
            # Odoo puts the scheme in front when it stores.
            values["website"] = clean_website(self.env["res.partner"], values["website"])

    # ------------------------------------------------------------- Odoo's traps

    @api.model
    def _follow_parent(self, items):
        """Persons under a company: keep their own address, take the company's shared fields.

        A person of type "contact" shares its company's address, both ways (X-25): one with an
        address of its own becomes type "other". The load runs without Odoo's sync, so what Odoo
        takes from the company (tax ID, industry, language) is supplied here.
        """
        parents = {item.values["parent_id"] for item in items if item.values.get("parent_id")}
        shared = [*self.env["res.partner"]._commercial_fields(), "lang"]
        landed = self._read_landed(list(parents), [*shared, *ADDRESS]) if parents else {}
        for item in items:
            parent = landed.get(item.values.get("parent_id"))
            if parent and not item.values.get("is_company"):
                if "type" not in item.mapped.values:
                    self._set_type(item, parent)
                item.extra |= {
                    name: parent[name]
                    for name in shared
                    if name not in item.values and not is_empty(parent[name])
                }

    @api.model
    def _set_type(self, item, parent):
        own = {name: item.values.get(name) for name in ADDRESS if item.values.get(name)}
        differs = any(value != parent[name] for name, value in own.items())
        item.values["type"] = "other" if own and differs else "contact"

    @api.model
    def _tell_duplicates(self, items, resolver):
        """List emails that other records have too: earlier ones of the source, or Odoo's own."""
        emails = {id(item): normalize(item.values.get("email") or "") for item in items}
        wanted = set(emails.values()) - {False, ""}
        if not wanted:
            return
        known = self._get_known_emails(wanted, resolver)
        for item in items:
            known.setdefault(emails[id(item)], set()).add(item.record["id"])
        for item in items:
            email = emails[id(item)]
            # Of two rows the later one is told, whichever of them landed first.
            count = sum(other < item.record["id"] for other in known[email]) if email else 0
            if count:
                item.problems.append(self._duplicate(email, count + 1))

    @api.model
    def _duplicate(self, email, count):
        return Problem("duplicate_email", target="email", value=email, parameters={"count": count})

    @api.model
    def _get_known_emails(self, emails, resolver):
        """Return {email: {IDs of the staged records of the project that have it}}."""
        self.env.cr.execute(
            SQL(
                """SELECT wanted, array_agg(id) FROM %s AS r WHERE state != 'skipped'
                    GROUP BY wanted""",
                resolver.select("crm_migration_record", "match_email", emails),
            )
        )
        return {email: set(ids) for email, ids in self.env.cr.fetchall()}

    @api.model
    def _apply_decisions(self, items, resolver):
        """Follow what was decided of rows that may be somebody who is there already.

        A decision for the case counts, else the project's policy; without either both are kept.
        """
        cases = resolver.duplicate_cases([item.record["id"] for item in items])
        rows = {item.record["id"]: item for item in items}
        for item in sorted(items, key=lambda one: one.record["id"]):
            if case := cases.get(item.record["id"]):
                decision = case["decision"] or self._get_usual_decision(case, resolver.project)
                item.linked = decision == "link"
                if not item.record.get("res_id"):
                    self._apply_decision(item, case, decision, rows)

    @api.model
    def _get_usual_decision(self, case, project):
        """Return what the policy says: of existing contacts only a single, unshared one is met."""
        if project.duplicate_policy == "ask":
            return "ask"
        met = case["rule"] == "email" and case["partner_active"] and not case["other_id"]
        if project.duplicate_policy == "merge" and met and case["hint"] != "shared":
            return "merge"
        return "keep"

    @api.model
    def _apply_decision(self, item, case, decision, rows):
        if decision == "ask":
            item.tell("duplicate_open", "", case["value"], case["rule"], name=case["other_name"])
        elif decision in ("merge", "link"):
            self._meet(item, case, rows)
        if case["rule"] == "email" and case["partner_count"]:
            item.tell("duplicate_existing", "", case["value"], "email", name=case["other_name"])
        elif case["rule"] == "name_phone":
            item.tell("duplicate_phone", "", case["value"], "phone", name=case["other_name"])

    @api.model
    def _meet(self, item, case, rows):
        """Say which record the row becomes: its earlier row's, else the existing contact."""
        if item.linked and case["partner_id"] or not case["other_id"]:
            item.merge_into = case["partner_id"] or 0
        elif case["other_res_id"]:
            item.merge_into = case["other_res_id"]
        else:
            twin = rows.get(case["other_id"])
            item.twin_id = case["other_id"]
            if twin is None or twin.held:
                item.tell(
                    "waits_for", "", case["other_key"], case["rule"], entity=case["other_entity"]
                )
        if not item.merge_into and not item.twin_id:
            item.tell("duplicate_lost", "", case["value"], name=case["other_name"])

    # ------------------------------------------------------------- forecast

    @api.model
    def _foresee(self, items, resolver):
        """Rows that become one with somebody are merged, linked ones change nothing later."""
        others = []
        for item in items:
            is_new = not item.record.get("res_id")
            if is_new and (item.merge_into or item.twin_id):
                item.res_id, item.outcome = item.merge_into, "merged"
            elif item.linked and not is_new:
                item.res_id, item.outcome = item.record["res_id"], "unchanged"
            else:
                others.append(item)
        return super()._foresee(others, resolver)

    # ------------------------------------------------------------- write

    @api.model
    def _load(self, items, resolver):  # pylint: disable=missing-return
        """Write; rows that become one with another of the batch come after it."""
        ids = {item.record["id"]: item for item in items}
        left = [item for item in items if item.twin_id in ids and not item.record.get("res_id")]
        super()._load([item for item in items if item not in left], resolver)
        while left:
            ready = [item for item in left if ids[item.twin_id].res_id]
            for item in ready:
                item.merge_into = ids[item.twin_id].res_id
            super()._load(ready, resolver)
            left = [item for item in left if item not in ready]

    @api.model
    def _find_existing(self, items, resolver):
        for item in items:
            if item.merge_into and not item.record.get("res_id"):
                item.res_id = item.merge_into
        return super()._find_existing([item for item in items if not item.res_id], resolver)

    @api.model
    def _update(self, items, resolver):  # pylint: disable=missing-return
        """Write changes; a row that was merged fills gaps, a linked one changes nothing."""
        merging = [item for item in items if item.merge_into and not item.record.get("res_id")]
        for names, group in (
            (None, [item for item in merging if not item.linked]),
            (IDENTITY, [item for item in merging if item.linked]),
        ):
            # Of several rows for one contact each finds what the one before it filled.
            while group:
                first = {item.res_id: item for item in reversed(group)}
                self._merge(list(first.values()), names)
                group = [item for item in group if first[item.res_id] is not item]
        linked = [item for item in items if item.linked and item not in merging]
        for item in linked:
            item.outcome = "unchanged"
        super()._update(
            [item for item in items if item not in merging and item not in linked], resolver
        )

    @api.model
    def _merge(self, items, fields=None):
        """Fill the empty fields of existing partners; what they have stays.

        :param fields: names of those that may be filled, if not all
        """
        if not items:
            return
        names = sorted({name for item in items for name in item.values})
        landed = self._read_landed([item.res_id for item in items], names)
        for item in items:
            now = landed[item.res_id]
            told = {
                name: value
                for name, value in item.values.items()
                if not is_empty(value) and (fields is None or name in fields)
            }
            changes = {name: value for name, value in told.items() if is_empty(now[name])}
            differ = [n for n in told if n not in changes and told[n] != now[n] and n in MERGED]
            if differ:
                item.tell("merge_kept", "", "", fields=", ".join(sorted(differ)))
            item.outcome = "merged"
            item.extra = {"before": {name: now[name] for name in changes}, "after": changes}
        self._write_changes(items)

    @api.model
    def _write_changes(self, items):
        """Write, and let the relatives follow: what they share, and who has an own address."""
        result = super()._write_changes(items)
        self._sync_shared(items)
        self._stage_children(
            [item.res_id for item in items if item.extra["after"].keys() & set(ADDRESS)]
        )
        return result

    @api.model
    def _write(self, records, values):
        """Write a new company together with the owner: Odoo would take the company's for none."""
        if "parent_id" not in values or "user_id" in values:
            return super()._write(records, values)
        for user, partners in records.grouped("user_id").items():
            super()._write(partners, values | {"user_id": user.id})
        return None

    @api.model
    def _sync_shared(self, items):
        """Give tax ID, industry and the like to the persons of a company, as Odoo would; logged."""
        shared = set(self.env["res.partner"]._commercial_fields())
        partners = self.env["res.partner"]
        for item in items:
            changed = shared & item.extra["after"].keys()
            record = partners.browse(item.res_id)
            if "parent_id" in item.extra["after"] and record.commercial_partner_id != record:
                company, changed, relatives = record.commercial_partner_id, shared, record
            elif changed and record.commercial_partner_id == record:
                company = record
                relatives = partners.search(
                    [("commercial_partner_id", "=", record.id), ("id", "!=", record.id)]
                )
            else:
                continue
            item.side_effects += self._copy_shared(company, relatives, sorted(changed))

    @api.model
    def _copy_shared(self, company, relatives, names):
        """Return log entries ``(model, ID, before, after)`` of the relatives that follow."""
        names = [name for name in names if self.env["res.partner"]._fields[name].store]
        landed = self._read_landed([company.id, *relatives.ids], names)
        stamps = self.env["crm.migration.schema"]._read_stamps("res_partner", relatives.ids)
        entries = []
        for relative in relatives:
            now, new = landed[relative.id], landed[company.id]
            after = {name: new[name] for name in names if now[name] != new[name]}
            if after:
                uid, date = stamps[relative.id]
                before = {name: now[name] for name in after}
                before |= {"write_uid": uid, "write_date": date}
                relative.write(self._to_orm(after))
                entries.append(("res.partner", relative.id, before, after))
        return entries

    @api.model
    def _stage_children(self, ids):
        """Have the persons of moved companies looked at again: who has an own address now?"""
        if ids:
            self.env.flush_all()
            self.env.cr.execute(
                """UPDATE crm_migration_record r SET state = 'staged'
                     FROM res_partner p
                    WHERE p.parent_id = ANY(%s) AND r.model = 'res.partner' AND r.res_id = p.id
                      AND r.state IN ('created', 'updated', 'unchanged')""",
                [ids],
            )
