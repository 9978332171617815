import json

from odoo import api, fields, models
from odoo.exceptions import AccessError
from odoo.fields import Domain
from odoo.tools import SQL
from odoo.tools.json import json_default

from .append_only import protect
from .bulk_many2one import BulkMany2one
from .columns import find_unlogged, pack_unlogged
from .inserting import as_array

# The columns that a line's fingerprint is made of, in this order; as text, nothing is empty text.
# The same in ``dev/verify_dossier.py``, which works them out from an exported log.
SEALED = (
    "id", "run_id", "model", "res_id", "action", "before", "after", "undoes_id", "user_id",
    "logged_at",
)  # fmt: skip
# Values of people's records: taken out when the project is closed.
VALUES = ("before", "after")
# Lines per statement: their values go as one JSON, which may have 256 MB.
PART = 500
encode = json.JSONEncoder(default=json_default, check_circular=False, separators=(",", ":")).encode


class CrmMigrationLog(models.Model):
    """Append-only journal of every write: the audit, and what rollback reads backwards.

    Only :meth:`_append` adds lines, by SQL; the ORM's create, write and unlink are closed for
    everyone, administrators and RPC included, and a trigger closes SQL. Lines go with their
    project only while it has nothing to undo (``crm.migration.project.unlink`` checks).
    """

    _name = "crm.migration.log"
    _description = "Migration Log"
    _order = "id"
    _log_access = False
    _rec_name = "model"

    # The index on model and record begins with the project.
    project_id = BulkMany2one("crm.migration.project", required=True, ondelete="cascade")
    run_id = BulkMany2one("crm.migration.run", required=True, index=True, ondelete="cascade")
    record_id = BulkMany2one("crm.migration.record", ondelete="set null", index="btree_not_null")
    model = fields.Char(required=True)
    model_label = fields.Char(
        compute="_compute_model_label", search="_search_model_label", string="Kind"
    )
    res_id = fields.Many2oneReference(model_field="model", string="Odoo Record")
    action = fields.Selection(
        [
            ("create", "Created"),
            ("update", "Updated"),
            ("date", "Dated as in the source"),
            ("remove", "Removed by rollback"),
            ("restore", "Restored by rollback"),
            ("keep", "Kept by rollback"),
        ],
        required=True,
    )
    before = fields.Json()
    after = fields.Json()
    filled = fields.Json(
        help="What Odoo filled by itself in a new record: other values there are people's."
    )
    undoes_id = fields.Integer(help="The line whose values a rollback put back.")
    user_id = BulkMany2one("res.users", ondelete="restrict", string="By")
    logged_at = fields.Datetime(required=True, string="At")

    _model_index = models.Index("(project_id, model, res_id)")

    def init(self):
        """Close the table. A staged row that an extraction drops takes its link along."""
        protect(self.env.cr, self._table, may_change=["record_id"])

    @api.depends("model")
    def _compute_model_label(self):
        labels = {name: self.env["ir.model"]._get(name).name for name in set(self.mapped("model"))}
        for line in self:
            line.model_label = labels[line.model] or line.model

    def _search_model_label(self, operator, value):
        if operator in Domain.NEGATIVE_OPERATORS:
            return NotImplemented
        known = self.env["ir.model"].sudo().search([("name", operator, value)])
        return [("model", "in", known.mapped("model"))]

    @api.model_create_multi
    def create(self, vals_list):  # pylint: disable=method-required-super
        raise AccessError(self.env._("The migration log is written by the migration only."))

    def write(self, vals):  # pylint: disable=method-required-super
        raise AccessError(self.env._("The migration log cannot be changed."))

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        raise AccessError(self.env._("The migration log cannot be deleted."))

    @api.model
    def _append(self, run, entries, made=()):
        """Add lines, many with one statement: see :meth:`_get_inserts`."""
        for insert in self._get_inserts(run, entries, made):
            self.env.cr.execute(insert)

    @api.model
    def _get_inserts(self, run, entries, made=()):
        """Return the statements that add lines, each made when it is asked for.

        :param entries: list of ``(record_id or None, model, res_id, action, before, after)``;
            before and after are dicts of column values or ``None``; a rollback adds the ID of
            the line that it puts back
        :param made: ``(model, ID)`` of new records of which to keep what Odoo filled by itself:
            what people fill later is told from it, also where the migration filled nothing
        """
        filled, now = self._get_filled(entries, made), fields.Datetime.now()
        return (
            self._get_insert(run, now, entries[start : start + PART], made, filled)
            for start in range(0, len(entries), PART)
        )

    @api.model
    def _get_filled(self, entries, made):
        """Return the SQL of what Odoo filled in the record of a line: what the line has no value
        of."""
        logged = {}
        for __, model, res_id, action, __, after, *__ in entries:
            if action == "create" and (model, res_id) in made:
                logged.setdefault(model, {})[res_id] = after or {}
        if logged:
            self.env.flush_all()
        cases = []
        for model, lines in logged.items():
            columns = find_unlogged(self.env[model], lines)
            cases.append(
                SQL(
                    "WHEN v.model = %s THEN (SELECT %s FROM %s t WHERE t.id = v.res_id)",
                    model,
                    pack_unlogged(self.env[model], columns, SQL("(pair -> 1)")),
                    SQL.identifier(self.env[model]._table),
                )
            )
        return SQL("CASE WHEN NOT noted THEN NULL %s ELSE NULL::jsonb END", SQL(" ").join(cases))

    @api.model
    def _get_insert(self, run, now, entries, made, filled):
        record_ids, models, ids, actions, before, after, *undoes = zip(*entries, strict=True)
        noted = [
            action == "create" and (model, res_id) in made
            for model, res_id, action in zip(models, ids, actions, strict=True)
        ]
        return SQL(
            """INSERT INTO crm_migration_log (project_id, run_id, record_id, model, res_id,
                      action, before, after, filled, undoes_id, user_id, logged_at)
               SELECT %s, %s, record_id, model, res_id, action, NULLIF(pair -> 0, 'null'),
                      NULLIF(pair -> 1, 'null'), %s, undoes_id, %s, %s
                 FROM ROWS FROM (unnest(%s), jsonb_array_elements(%s::jsonb)) WITH ORDINALITY
                      AS v(record_id, model, res_id, action, undoes_id, noted, pair, place)
                ORDER BY place""",
            run.project_id.id,
            run.id,
            filled,
            self.env.uid,
            now,
            SQL(", ").join(
                [
                    as_array("int", [record_id or None for record_id in record_ids]),
                    as_array("varchar", models),
                    as_array("int", ids),
                    as_array("varchar", actions),
                    as_array("int", undoes[0] if undoes else [None] * len(entries)),
                    as_array("boolean", noted),
                ]
            ),
            encode(list(zip(before, after, strict=True))),
        )

    @api.model
    def _append_removals(self, run, line_ids):
        """Add a line for each creation that was undone, with what the record was created with."""
        self.env.cr.execute(
            """INSERT INTO crm_migration_log (project_id, run_id, record_id, model, res_id, action,
                       before, user_id, logged_at)
               SELECT project_id, %s, record_id, model, res_id, 'remove', after, %s, %s
                 FROM crm_migration_log WHERE id = ANY(%s) ORDER BY id DESC""",
            [run.id, self.env.uid, fields.Datetime.now(), line_ids],
        )

    # ------------------------------------------------------------- export

    def action_export_csv(self):
        """Give out the whole log of the project as CSV, whatever is selected."""
        return self._export("csv")

    def action_export_workbook(self):
        """Give out the whole log of the project as a workbook, whatever is selected."""
        return self._export("xlsx")

    def _export(self, kind):
        project = self.project_id[:1].id or self.env.context.get("crm_migration_project")
        return {
            "type": "ir.actions.act_url",
            "url": f"/crm_migration/log/{project}.{kind}",
            "target": "download",
        }

    # ------------------------------------------------------------- fingerprints

    @api.model
    def _get_digests(self, project, run=None):
        """Return {run ID: {lines, digest, digest_without_values}} of a project's log.

        One statement: each line is hashed, and the hashes of a run's lines, in their order,
        once more. Without values: what can still be compared once these are purged.
        """
        self.env.cr.execute(
            SQL(
                """SELECT run_id, count(*) AS lines,
                          encode(sha256(string_agg(%s, ''::bytea ORDER BY id)), 'hex') AS digest,
                          encode(sha256(string_agg(%s, ''::bytea ORDER BY id)), 'hex')
                              AS digest_without_values
                     FROM crm_migration_log WHERE project_id = %s %s
                    GROUP BY run_id ORDER BY run_id""",
                self._hash_line(SEALED),
                self._hash_line([name for name in SEALED if name not in VALUES]),
                project.id,
                SQL("AND run_id = %s", run.id) if run else SQL(),
            )
        )
        return {row.pop("run_id"): row for row in self.env.cr.dictfetchall()}

    @api.model
    def _hash_line(self, names):
        """Return the SQL of a line's SHA-256: its columns as text, with a mark between them."""
        texts = [
            SQL("to_char(logged_at, 'YYYY-MM-DD HH24:MI:SS')")
            if name == "logged_at"
            else SQL("COALESCE(%s::text, '')", SQL.identifier(name))
            for name in names
        ]
        line = SQL(" || E'\\x1f' || ").join(texts)
        return SQL("sha256(convert_to(%s, 'UTF8'))", line)
