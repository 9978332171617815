from odoo import api, models


class CrmMigrationTargetUser(models.AbstractModel):
    """Owners: matched to users of the database; none is created here but stubs, by policy."""

    _name = "crm.migration.target.user"
    _inherit = "crm.migration.target"
    _description = "Target: User"
    _model = "res.users"

    @api.model
    def _prepare(self, items, resolver):
        for item in items:
            item.target = self
            item.model = self._model
            item.problems = list(item.mapped.problems)
            values = item.mapped.values
            raw = values.get("login") or values.get("email") or values.get("name") or item.key
            user_id, problem = resolver.owner(raw)
            if problem and problem.code == "owner_fallback":
                user_id = None
            item.extra["user_id"] = user_id
            item.values = {"x_spark_user_id": item.key} if user_id else {}
            if problem:
                item.problems.append(problem)

    @api.model
    def _foresee(self, items, resolver):
        for item in items:
            item.res_id = item.extra.get("user_id") or 0
            item.outcome = self._get_outcome(item) if item.res_id else "skipped"

    @api.model
    def _get_outcome(self, item):
        return "unchanged" if item.record.get("res_id") else "merged"

    @api.model
    def _load(self, items, resolver):
        """Note the source's ID on matched users; an owner whom another replaces is skipped."""
        matched = [item for item in items if item.extra.get("user_id")]
        for item in items:
            item.outcome = "skipped"
        users = self.env["res.users"].browse({item.extra["user_id"] for item in matched})
        known = {user.id: user.x_spark_user_id for user in users}
        for item in matched:
            user_id = item.extra.pop("user_id")
            item.res_id = user_id
            item.outcome = self._get_outcome(item)
            if known[user_id] != item.key:
                item.extra = {
                    "before": {"x_spark_user_id": known[user_id]},
                    "after": dict(item.values),
                }
                known[user_id] = item.key
        self._write_changes([item for item in matched if "after" in item.extra])
