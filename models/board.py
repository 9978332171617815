"""Owners and stages of the source on a board: each is drawn onto what it becomes in Odoo."""

# Lanes of a board; what is beyond them is found with the search of the list.
LANES = 60
# Kind of values -> the field that holds where they go.
TARGETS = {"owner": "user_id", "stage": "stage_id"}


class Board:
    """
    :param kind: ``owner`` or ``stage``
    """

    def __init__(self, project, kind):
        self.project = project
        self.env = project.env
        self.kind = kind
        self.field = TARGETS[kind]

    def get(self):
        """Return the cards, the lanes they may be drawn to, and what becomes of a card in none."""
        values = self.env["crm.migration.mapping.value"].search(
            [("project_id", "=", self.project.id), ("domain", "=", self.kind)],
            order="known, sequence, source_value",
        )
        return {
            "name": self.project.name,
            "field": self.field,
            "nowhere": self._describe_nowhere(),
            "lanes": self._get_lanes(values),
            "cards": [self._get_card(value) for value in values],
        }

    def _describe_nowhere(self):
        if self.kind == "stage":
            return self.env._("Each gets a stage of its own, with this name.")
        policy = self.project._fields["owner_policy"]._description_selection(self.env)
        told = dict(policy)[self.project.owner_policy]
        if self.project.owner_policy == "fallback":
            return f"{told}: {self.project.fallback_user_id.name}"
        return told

    def _get_lanes(self, values):
        if self.kind == "owner":
            users = self.env["res.users"].search([("share", "=", False)], limit=LANES)
            found = values.user_id | users
            return [{"id": one.id, "name": one.name, "detail": one.login} for one in found]
        stages = values.stage_id | self.env["crm.stage"].search([], limit=LANES)
        return [
            {"id": one.id, "name": one.name, "detail": ", ".join(one.team_ids.mapped("name"))}
            for one in stages.sorted("sequence")
        ]

    def _get_card(self, value):
        named = (value.display_text, value.email, value.group)
        details = [text for text in named if text and text != value.source_value]
        if self.kind == "stage":
            details.append(f"{value.probability:g} %")
        return {
            "id": value.id,
            "name": value.source_value,
            "details": " · ".join(details),
            "count": value.count,
            "lane": value[self.field].id,
            "open": value.state == "proposed",
            "won": value.is_won,
            "lost": value.is_lost,
        }
