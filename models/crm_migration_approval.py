from odoo import api, fields, models
from odoo.exceptions import AccessError

from .append_only import protect

# Held by Python code only: an RPC client cannot send this object.
APPROVING = object()


class CrmMigrationApproval(models.Model):
    """Who approved what, when, and the hash of what was approved. Append-only."""

    _name = "crm.migration.approval"
    _description = "Approval"
    _order = "id desc"
    _rec_name = "kind"

    project_id = fields.Many2one(
        "crm.migration.project", required=True, index=True, ondelete="cascade"
    )
    kind = fields.Selection(
        [("map", "Map"), ("sample", "Sample"), ("cutover", "Cutover")], required=True
    )
    user_id = fields.Many2one("res.users", required=True, string="By")
    approved_at = fields.Datetime(required=True, string="At")
    approved_hash = fields.Char(required=True, string="Hash")
    voided_at = fields.Datetime(help="Set when what was approved has changed since.")

    def init(self):
        """Close the table to SQL too; that an approval was voided is noted on it."""
        protect(self.env.cr, self._table, ["voided_at", "write_uid", "write_date"])

    @api.model_create_multi
    def create(self, vals_list):
        self._check_sentinel()
        return super().create(vals_list)

    def write(self, vals):
        self._check_sentinel()
        return super().write(vals)

    def unlink(self):
        self._check_sentinel()
        return super().unlink()

    def _check_sentinel(self):
        if self.env.context.get("crm_migration_approving") is not APPROVING:
            raise AccessError(
                self.env._("Approvals are given with the buttons of the project, not edited.")
            )

    @api.model
    def _append(self, project, kind, approved_hash):
        """Store an approval by the current user, now."""
        return (
            self.sudo()
            .with_context(crm_migration_approving=APPROVING)
            .create(
                {
                    "project_id": project.id,
                    "kind": kind,
                    "user_id": self.env.uid,
                    "approved_at": fields.Datetime.now(),
                    "approved_hash": approved_hash,
                }
            )
        )

    def _void(self):
        """Mark approvals as overtaken by a change."""
        self.sudo().with_context(crm_migration_approving=APPROVING).write(
            {"voided_at": fields.Datetime.now()}
        )
