from odoo import api, models

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
