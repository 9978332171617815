import json

from odoo import api, fields, models
from odoo.exceptions import AccessError

from ..engine.issues import CATALOGUE
from . import words
from .bulk_many2one import BulkMany2one
from .inserting import get_inserts

COLUMNS = {
    "project_id": "int", "run_id": "int", "code": "varchar", "severity": "varchar",
    "severity_rank": "int", "entity": "varchar", "record_id": "int", "file_id": "int",
    "source_key": "varchar", "line": "int", "column": "varchar", "value": "varchar",
    "parameters": "jsonb", "state": "varchar",
}  # fmt: skip


class CrmMigrationIssue(models.Model):
    """Everything held, failed or doubtful: the queue of questions of a project."""

    _name = "crm.migration.issue"
    _description = "Issue"
    _order = "severity_rank, code, id"
    _log_access = False
    _rec_name = "code"

    project_id = BulkMany2one("crm.migration.project", required=True, ondelete="cascade")
    run_id = BulkMany2one("crm.migration.run", ondelete="set null", index="btree_not_null")
    code = fields.Selection(
        [(code, kind.title) for code, kind in CATALOGUE.items()], required=True, string="Issue"
    )
    severity = fields.Selection(
        [
            ("error", "Failed"),
            ("hold", "Held"),
            ("warning", "To check"),
            ("info", "For information"),
        ],
        required=True,
    )
    severity_rank = fields.Integer(aggregator=None)
    entity = fields.Selection(words.select_entity, string="File Kind")
    record_id = BulkMany2one("crm.migration.record", ondelete="cascade", index="btree_not_null")
    file_id = BulkMany2one("crm.migration.file", ondelete="cascade", index="btree_not_null")
    source_key = fields.Char()
    line = fields.Integer(aggregator=None)
    column = fields.Char()
    column_label = fields.Char(compute="_compute_column_label", string="Mapped Column")
    value = fields.Char()
    parameters = fields.Json()
    message = fields.Char(compute="_compute_message")
    advice = fields.Char(compute="_compute_message", string="What to Do")
    state = fields.Selection([("open", "Open"), ("settled", "Settled")], default="open")
    for_alike = fields.Boolean(
        readonly=True, help="Settled for all that are alike: a rule of the project."
    )

    # All that the screens count by: they read the index alone.
    _count_index = models.Index("(project_id, code, state, severity)")
    _settled_index = models.Index("(project_id, code) WHERE state = 'settled'")

    @api.depends("column", "entity", "project_id")
    def _compute_column_label(self):
        """Name the source's column, also where the issue is about the field that it goes to."""
        lines = self.project_id.line_ids
        known = {(line.project_id, line.entity, line.column) for line in lines}
        sources = {(line.project_id, line.entity, line.target_field): line.column for line in lines}
        for issue in self:
            key = (issue.project_id, issue.entity, issue.column)
            issue.column_label = issue.column if key in known else sources.get(key, issue.column)

    @api.depends("code", "parameters", "value")
    @api.depends_context("lang")
    def _compute_message(self):
        titles = dict(self._fields["code"]._description_selection(self.env))
        for issue in self:
            told = {"value": issue.value or ""} | (issue.parameters or {})
            issue.message = words.describe_problem(self.env, issue.code, told)
            if issue.project_id.purged_at and not (issue.value or issue.parameters):
                # What the sentence was about is purged; what kind of thing it was is not.
                issue.message = titles[issue.code]
            issue.advice = words.get_advice(self.env, issue.code)

    def write(self, vals):
        """People settle issues; what they say is written by the migration."""
        if not self.env.su and vals.keys() - {"state"}:
            raise AccessError(self.env._("Of an issue only its state can be changed."))
        return super().write(vals)

    @api.model
    def _append(self, project, problems, run=None):
        """Store problems, many with one statement: see :meth:`_get_inserts`."""
        for insert in self._get_inserts(project, problems, run):
            self.env.cr.execute(insert)

    @api.model
    def _get_inserts(self, project, problems, run=None):
        """Return the statements that store problems.

        :param problems: list of ``(problem, record)`` where record is a dict with ``id``,
            ``entity``, ``source_key``, ``file_id``, ``line`` (any of them may be missing)
        """
        settled = self._read_settled(project, {problem.code for problem, __ in problems})
        rows = []
        for problem, where in problems:
            row = self._prepare_row(project, run, problem, where)
            alike = (row[2], row[5], row[10], row[11])
            if where.get("id") and (*alike, where["id"]) in settled:
                continue  # answered, for this very record
            rows.append((*row, "settled" if (*alike, None) in settled else "open"))
        return get_inserts(self._table, COLUMNS, rows)

    @api.model
    def _read_settled(self, project, codes):
        """Return what was settled: {(code, entity, column, value, record ID)}.

        Without record ID: for all that are alike, in later loads and newer exports too.
        """
        self.flush_model()
        self.env.cr.execute(
            """SELECT code, entity, "column", value, record_id FROM crm_migration_issue
                WHERE project_id = %(project)s AND state = 'settled' AND code = ANY(%(codes)s)
                UNION
               SELECT code, entity, "column", value, NULL FROM crm_migration_issue
                WHERE project_id = %(project)s AND state = 'settled' AND code = ANY(%(codes)s)
                  AND for_alike""",
            {"project": project.id, "codes": [code for code in codes if self._can_settle(code)]},
        )
        return set(self.env.cr.fetchall())

    @api.model
    def _can_settle(self, code):
        """Whether an answer holds for later loads: of failures each is told anew."""
        return CATALOGUE[code].severity != "error"

    @api.model
    def _prepare_row(self, project, run, problem, where):
        severity = CATALOGUE[problem.code].severity
        return (
            project.id,
            run.id if run else None,
            problem.code,
            severity,
            ["error", "hold", "warning", "info"].index(severity),
            where.get("entity"),
            where.get("id"),
            where.get("file_id") or None,
            where.get("source_key"),
            where.get("line"),
            problem.column or problem.target or None,
            problem.value[:1000] if problem.value else None,
            json.dumps(problem.parameters, default=str),
        )

    @api.model
    def _clear(self, project, codes, entity=None):
        """Remove the open issues of these codes that belong to no record: they are told anew."""
        domain = [
            ("project_id", "=", project.id),
            ("code", "in", codes),
            ("record_id", "=", False),
        ]
        if entity:
            domain.append(("entity", "=", entity))
        self.search(domain).unlink()

    def _get_report(self):
        """Return the issues as the command line reports them."""
        return [
            {
                "code": issue.code,
                "severity": issue.severity,
                "entity": issue.entity or None,
                "source_key": issue.source_key or None,
                "field": issue.column or None,
                "value": issue.value or None,
                "message": issue.message,
                "file": issue.file_id.name or None,
                "line": issue.line or None,
            }
            for issue in self
        ]
