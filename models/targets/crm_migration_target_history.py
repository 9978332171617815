from odoo import api, models

from ...engine.mapping import KEPT, fold
from ...engine.types import Reference

COMMON = (
    "kind", "summary", "body", "date", "x_source_created_at", "res_model", "res_id", "user_id",
    "author_id",
)  # fmt: skip
# Records that are nearer to an activity than the persons it is with.
DEALS = ("deal", "lead")


class CrmMigrationTargetHistory(models.AbstractModel):
    """What calls, emails, notes, tasks and meetings have in common: a parent, an author, a time."""

    _name = "crm.migration.target.history"
    _inherit = "crm.migration.target"
    _description = "Target: History of a Record"

    # Mapped fields that the kind has a place for; the others are kept with the source data.
    _used = COMMON
    # What a row is told of whose record is not in the export, or that names none.
    _orphan = "orphan_activity"
    _unlinked = "unlinked_activity"

    @api.model
    def _prepare(self, items, resolver):
        self._link_by_address(items, resolver)
        for item in items:
            item.target = self
            item.model = self._model
            item.rules = dict(item.mapped.rules)
            item.problems = list(item.mapped.problems)
            item.values = self._get_values(item, resolver)
            item.values |= self._get_identity(item, resolver)
        self._keep_unused(items)
        self._check_required(items)

    @api.model
    def _keep_unused(self, items):
        """Keep the texts of mapped fields that the kind has no place for."""
        unused = {}
        for item in items:
            mapped = item.mapped
            if item.entity not in unused:
                unused[item.entity] = mapped.columns.keys() - set(self._used)
            item.keep_sources(unused[item.entity])
            item.values[KEPT] = mapped.kept or False

    @api.model
    def _get_values(self, item, resolver):
        """Return the values of one record. For each kind to say."""
        raise NotImplementedError

    @api.model
    def _link_by_address(self, items, resolver):
        """Let an email that names no record belong to the one contact it went to or came from.

        Of several contacts none is chosen.
        """
        addresses = []
        for item in items:
            mapped = item.mapped
            if mapped.values.get("kind") == "email":
                known = list(mapped.references.get("partner_ids", []))
                if mapped.values.get("email_from"):
                    known.append(Reference("contact", "email", mapped.values["email_from"]))
                addresses.append((item, known))
        resolver.fetch(reference for __, known in addresses for reference in known)
        for item, known in addresses:
            if item.mapped.references.get("res_id"):
                continue
            found = {one: reference for reference in known for one in resolver.find(reference)}
            if len(found) == 1:
                item.mapped.references["res_id"] = list(found.values())
            elif found:
                item.extra["addressed"] = (next(iter(found.values())).value, len(found))

    @api.model
    def _get_parents(self, item, resolver, told):
        """Return what the row says it belongs to, the surest and the nearest first.

        A call of a deal and its contact belongs to the deal's timeline; the contact is kept.
        """
        references = resolver.believed(item.mapped.references.get("res_id", []), told)
        if len(references) < 2:
            return references
        return sorted(references, key=lambda one: (one.by == "name", one.entity not in DEALS))

    @api.model
    def _get_parent_keys(self, items, resolver):
        """Return for each mapped row a text that names its record, else what the row calls it."""
        self._link_by_address(items, resolver)
        keys = []
        for item in items:
            told = item.mapped.values.get("res_model")
            references = self._get_parents(item, resolver, told)
            found = [one for link in references for one in resolver.find(link, told, stuck=True)]
            if found:
                keys.append(f"{found[0].entity} {found[0].source_key}")
            else:
                keys.append(fold(references[0].value) if references else item.key)
        return keys

    @api.model
    def _keep_others(self, item, references, chosen):
        """Keep what the row says of further records beside the one it belongs to."""
        for reference in references:
            if reference.entity != chosen.entity:
                item.keep(reference.column, reference.value)

    @api.model
    def _find_parent(self, item, resolver):
        """Return the landed record that the row belongs to, or None after telling why not."""
        told = item.mapped.values.get("res_model")
        references = self._get_parents(item, resolver, told)
        for reference in references:
            found = resolver.find(reference, told, stuck=True)
            if len(found) == 1 and found[0].landed:
                self._keep_others(item, references, reference)
                return found[0]
            if len(found) == 1:
                item.tell("waits_for", "res_id", reference.value, entity=found[0].entity)
                return None
            if found:
                item.tell("ambiguous_activity", "res_id", reference.value, count=len(found))
                return None
        if references:
            item.tell(self._orphan, "res_id", references[0].value, entity=told or "record")
        elif "addressed" in item.extra:
            value, count = item.extra.pop("addressed")
            item.tell("ambiguous_activity", "res_id", value, count=count)
        else:
            item.tell(self._unlinked)
        return None

    @api.model
    def _get_author(self, item, resolver):
        """Return ``(partner ID or False, sender text)`` of the original author."""
        references = item.mapped.references
        for reference in (references.get("author_id") or references.get("user_id") or [])[:1]:
            return resolver.author(reference.value)
        return False, False

    @api.model
    def _get_when(self, item):
        values = item.mapped.values
        return values.get("date") or values.get("x_source_created_at")
