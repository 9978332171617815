import json

from odoo import api, fields, models
from odoo.exceptions import AccessError
from odoo.tools.json import json_default


class CrmMigrationLog(models.Model):
    """Append-only journal of every write: the audit, and what rollback reads backwards.

    Only :meth:`_append` adds lines, by SQL; the ORM's create, write and unlink are closed for
    everyone, administrators and RPC included. Lines go with their project only while it has
    nothing to undo (``crm.migration.project.unlink`` checks).
    """

    _name = "crm.migration.log"
    _description = "Migration Log"
    _order = "id"
    _log_access = False
    _rec_name = "model"

    project_id = fields.Many2one(
        "crm.migration.project", required=True, index=True, ondelete="cascade"
    )
    run_id = fields.Many2one("crm.migration.run", required=True, index=True, ondelete="cascade")
    record_id = fields.Many2one("crm.migration.record", ondelete="set null", index="btree_not_null")
    model = fields.Char(required=True)
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
    undoes_id = fields.Integer(help="The line whose values a rollback put back.")
    user_id = fields.Many2one("res.users", string="By")
    logged_at = fields.Datetime(required=True, string="At")

    _model_index = models.Index("(project_id, model, res_id)")

    @api.model_create_multi
    def create(self, vals_list):  # pylint: disable=method-required-super
        raise AccessError(self.env._("The migration log is written by the migration only."))

    def write(self, vals):  # pylint: disable=method-required-super
        raise AccessError(self.env._("The migration log cannot be changed."))

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        raise AccessError(self.env._("The migration log cannot be deleted."))

    @api.model
    def _append(self, run, entries):
        """Add lines in one statement per thousand.

        :param entries: list of ``(record_id or None, model, res_id, action, before, after)``;
            before and after are dicts of column values or ``None``; a rollback adds the ID of
            the line that it puts back
        """
        now = fields.Datetime.now()
        rows = [
            (
                run.project_id.id,
                run.id,
                record_id or None,
                model,
                res_id,
                action,
                self._dump(before),
                self._dump(after),
                undoes[0] if undoes else None,
                self.env.uid,
                now,
            )
            for record_id, model, res_id, action, before, after, *undoes in entries
        ]
        if rows:
            self.env.cr.execute_values(
                """INSERT INTO crm_migration_log (project_id, run_id, record_id, model, res_id,
                       action, before, after, undoes_id, user_id, logged_at) VALUES %s""",
                rows,
                page_size=1000,
            )

    @api.model
    def _dump(self, values):
        return None if values is None else json.dumps(values, default=json_default)
