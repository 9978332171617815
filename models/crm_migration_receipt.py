import json

from odoo import api, fields, models
from odoo.exceptions import AccessError

from .append_only import protect


class CrmMigrationReceipt(models.Model):
    """What was purged, or given out: how much, when, by whom, with a fingerprint. Append-only."""

    _name = "crm.migration.receipt"
    _description = "Receipt"
    _order = "id desc"
    _log_access = False
    _rec_name = "kind"

    project_id = fields.Many2one(
        "crm.migration.project", required=True, index=True, ondelete="cascade"
    )
    kind = fields.Selection(
        [
            ("copies", "Copies of the source purged"),
            ("log", "Values of the log purged"),
            ("dossier", "Dossier made"),
        ],
        required=True,
        string="What",
    )
    user_id = fields.Many2one("res.users", required=True, ondelete="restrict", string="By")
    issued_at = fields.Datetime(required=True, string="At")
    rows = fields.Integer(aggregator=None)
    size = fields.Float(string="Bytes", digits=(16, 0), aggregator=None)
    digest = fields.Char(required=True, string="Fingerprint")
    detail = fields.Json(help="Rows, bytes and fingerprint of each part.")

    def init(self):
        """Close the table to SQL."""
        protect(self.env.cr, self._table)

    @api.model_create_multi
    def create(self, vals_list):  # pylint: disable=method-required-super
        raise AccessError(self.env._("Receipts are written by the migration only."))

    def write(self, vals):  # pylint: disable=method-required-super
        raise AccessError(self.env._("Receipts cannot be changed."))

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        raise AccessError(self.env._("Receipts cannot be deleted."))

    @api.model
    def _append(self, project, kind, digest, rows=0, size=0, detail=None):
        """Add a receipt in the name of the current user."""
        self.env.cr.execute(
            """INSERT INTO crm_migration_receipt
                   (project_id, kind, user_id, issued_at, rows, size, digest, detail)
               VALUES (%s, %s, %s, %s, %s, %s, %s, %s)""",
            [
                project.id, kind, self.env.uid, fields.Datetime.now(), rows,
                size, digest, json.dumps(detail or {}),
            ],
        )  # fmt: skip
        project.invalidate_recordset(["receipt_ids"])
