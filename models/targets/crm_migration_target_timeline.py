from odoo import api, models
from odoo.tools import SQL

from ..resolver import Resolver

# Canonical kind of a history row -> the target that writes it.
WRITERS = {
    "call": "crm.migration.target.message",
    "email": "crm.migration.target.message",
    "note": "crm.migration.target.message",
    "task": "crm.migration.target.activity",
    "meeting": "crm.migration.target.event",
}
# The same, where an optional app takes the kind.
APP_WRITERS = {"task": "crm.migration.target.project.task"}


class CrmMigrationTargetTimeline(models.AbstractModel):
    """Rows of history: each goes to the target of its kind."""

    _name = "crm.migration.target.timeline"
    _inherit = "crm.migration.target"
    _description = "Target: History"
    _model = "mail.message"
    _share_fields = (
        "kind", "res_model", "res_id", "partner_ids", "email_from",
    )  # fmt: skip

    @api.model
    def _can_share(self, project, entities):
        """What an app takes is numbered there, or belongs to a project that all share."""
        resolver = Resolver(project)
        return not any(resolver.takes_kind(kind) for kind in APP_WRITERS)

    @api.model
    def _get_share_condition(self):
        return SQL()

    @api.model
    def _get_share_keys(self, items, resolver):
        """The record that a row belongs to, however it names that: a history keeps its order."""
        resolver.prefetch([item.mapped for item in items])
        return self.env["crm.migration.target.history"]._get_parent_keys(items, resolver)

    @api.model
    def _split(self, items, resolver):
        groups = {}
        for item in items:
            kind = item.mapped.values.get("kind")
            writer = APP_WRITERS[kind] if resolver.takes_kind(kind) else WRITERS.get(kind)
            groups.setdefault(writer or self._name, []).append(item)
        return [(self.env[name], group) for name, group in groups.items()]

    @api.model
    def _prepare(self, items, resolver):
        """Rows without a known kind wait: what they are is not guessed."""
        for item in items:
            item.target = self
            item.problems = list(item.mapped.problems)
            if not any(problem.code == "unknown_kind" for problem in item.problems):
                item.tell("unknown_kind", value=item.mapped.values.get("kind"))
