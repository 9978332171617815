from odoo import api, fields, models
from odoo.exceptions import UserError

from ..models.crm_migration_purger import COPIES, LOG, UPLOADS


class CrmMigrationProjectPurge(models.TransientModel):
    """Shows what would be purged, and does it once the project's name is typed."""

    _name = "crm.migration.project.purge"
    _description = "Purge"

    project_id = fields.Many2one("crm.migration.project", required=True, ondelete="cascade")
    project_name = fields.Char(related="project_id.name")
    what = fields.Selection(
        [("copies", "Copies of the source"), ("log", "Close the migration")],
        default="copies",
        required=True,
    )
    typed_name = fields.Char(string="Type the name of the migration to confirm")
    preview_html = fields.Html(compute="_compute_preview", string="Preview", sanitize=False)

    @api.depends("project_id", "what")
    def _compute_preview(self):
        labels = self._get_labels()
        for wizard in self:
            parts = [*COPIES, UPLOADS] + (list(LOG) if wizard.what == "log" else [])
            project = wizard.project_id._origin
            counts = self.env["crm.migration.purger"].sudo()._count(project, parts)
            wizard.preview_html = self.env["ir.qweb"]._render(
                "crm_migration.purge_preview",
                {
                    "rows": [
                        (labels[part], counts[part]["rows"])
                        for part in parts
                        if counts[part]["rows"]
                    ],
                    "what": wizard.what,
                    "held": project.held_count if not project.purged_at else 0,
                },
            )

    def _get_labels(self):
        return {
            "rows": self.env._("Rows of the source"),
            "issues": self.env._("Values in questions and issues"),
            "checks": self.env._("Values in the comparisons of samples and proofs"),
            "duplicates": self.env._("Names in possible duplicates"),
            "forecast": self.env._("Names in the forecast"),
            "samples": self.env._("Samples of columns"),
            "owners": self.env._("Names and emails of owners in the map"),
            "previews": self.env._("First rows of files"),
            "pages": self.env._("Addresses of extracted pages"),
            "inventory": self.env._("Rows of what does not move"),
            "errors": self.env._("Error texts of runs"),
            "uploads": self.env._("Uploaded files and extracted pages"),
            "log": self.env._("Lines of the log with values"),
        }

    def action_purge(self):
        """Purge, in the background."""
        self.ensure_one()
        if (self.typed_name or "").strip() != self.project_id.name.strip():
            raise UserError(
                self.env._(
                    "Type the name of the migration, “%(name)s”, to confirm.",
                    name=self.project_id.name,
                )
            )
        self.project_id.action_purge(self.what)
        return {"type": "ir.actions.act_window_close"}
