"""What of a project's log is to be undone: everything, one load, one entity, or chosen records."""

from odoo.tools import SQL

# Log lines undone per transaction.
UNDONE_LINES = 1000
# Before this one stand all lines of the log.
LAST_ID = 2**31 - 1
# Models whose links keep a shared thing (tag, stage, team, source …) in use.
USERS_OF_SHARED = (
    "res.partner", "crm.lead", "calendar.event", "mail.activity", "crm.stage", "crm.team.member",
    "project.task", "sale.order.line", "account.move", "account.move.line", "account.payment",
    "slide.channel.partner", "mailing.subscription",
)  # fmt: skip
# What Odoo itself makes with a record, unlogged: model -> (link, model of the record); in the order
# in which one is part of the other.
PARTS = {
    "account.move": ("origin_payment_id", "account.payment"),
    "account.move.line": ("move_id", "account.move"),
    "sale.order.line": ("order_id", "sale.order"),
    "calendar.attendee": ("event_id", "calendar.event"),
}
STAMPS = ("write_uid", "write_date")
# History of a record: field that names the record it hangs on.
HISTORY = {
    "mail.message": ("model", "res_id"),
    "mail.activity": ("res_model", "res_id"),
    "calendar.event": ("res_model", "res_id"),
}


class Scope:
    """Conditions on the log, from the parameters of a rollback's run.

    :param parameters: ``{"runs": [IDs], "entity": code, "records": [staged IDs],
        "forced": ["model,ID" or "model,ID,field"], "dependants": "undo" or "keep"}``; none of the
        first three: the whole project
    :param extra: staged records that go too, because they hang on others that go
    """

    def __init__(self, project, parameters=None, extra=()):
        parameters = parameters or {}
        self.project = project
        self.runs = parameters.get("runs") or []
        self.entity = parameters.get("entity")
        self.records = parameters.get("records")
        self.forced = set(parameters.get("forced") or ())
        self.takes_dependants = parameters.get("dependants") == "undo"
        self.extra = list(extra)

    @property
    def is_whole(self):
        """True if the whole project is undone."""
        return not self.runs and not self.entity and self.records is None

    def is_forced(self, *parts):
        """True if a person chose to undo it in spite of later edits."""
        return ",".join(map(str, parts)) in self.forced

    def condition(self, alias="l"):
        """Return the condition on lines of the log."""
        if self.is_whole:
            return SQL("TRUE")
        record = SQL.identifier(alias, "record_id")
        parts = [SQL("%s = ANY(%s)", record, self.extra)]
        if self.runs:
            parts.append(SQL("%s = ANY(%s)", SQL.identifier(alias, "run_id"), self.runs))
        if self.entity:
            parts.append(
                SQL(
                    "%s IN (SELECT id FROM crm_migration_record"
                    " WHERE project_id = %s AND entity = %s)",
                    record,
                    self.project.id,
                    self.entity,
                )
            )
        if self.records is not None:
            parts.append(SQL("%s = ANY(%s)", record, self.records))
        return SQL("(%s)", SQL(" OR ").join(parts))

    def landed(self):
        """Return the condition on staged records ``r`` that became something in this scope."""
        parts = [SQL("r.id = ANY(%s)", self.extra)]
        if self.runs:
            parts.append(
                SQL("(r.load_run_id = ANY(%s) AND r.state IN ('created', 'merged'))", self.runs)
            )
        if self.entity:
            parts.append(SQL("r.entity = %s", self.entity))
        if self.records is not None:
            parts.append(SQL("r.id = ANY(%s)", self.records))
        return SQL("(%s)", SQL(" OR ").join(parts))

    @staticmethod
    def still_there(alias="l"):
        """Return the condition on lines that no rollback of a part undid."""
        return SQL(STILL_THERE.replace("l.", f"{alias}."))


#: A line is undone once its record is removed, or its own values are restored.
STILL_THERE = """NOT EXISTS (
    SELECT 1 FROM crm_migration_log undone
     WHERE undone.project_id = l.project_id AND undone.model = l.model
       AND undone.res_id = l.res_id AND undone.id > l.id
       AND (undone.action = 'remove' OR undone.undoes_id = l.id))"""
