from odoo import api, fields, models
from odoo.exceptions import UserError


class CrmMigrationProjectRollback(models.TransientModel):
    """Shows what a rollback would do, and does it once the project's name is typed."""

    _name = "crm.migration.project.rollback"
    _description = "Roll Back"

    project_id = fields.Many2one("crm.migration.project", required=True, ondelete="cascade")
    project_name = fields.Char(related="project_id.name")
    typed_name = fields.Char(string="Type the name of the migration to confirm")
    preview_html = fields.Html(compute="_compute_preview", string="Preview", sanitize=False)
    is_empty = fields.Boolean(compute="_compute_preview")

    @api.depends("project_id")
    def _compute_preview(self):
        for wizard in self:
            preview = self.env["crm.migration.rollback"]._preview(wizard.project_id)
            rows = self._prepare_rows(preview)
            wizard.is_empty = not rows
            wizard.preview_html = self.env["ir.qweb"]._render(
                "crm_migration.rollback_preview",
                {"rows": rows, "value_count": preview.get("fields", 0)},
            )

    def _prepare_rows(self, preview):
        """Return one row per model: its name and the counts of each action."""
        actions = ("remove", "restore", "keep")
        models_touched = {model for action in actions for model in preview.get(action, {})}
        rows = [
            {"name": self._get_model_label(model)}
            | {action: preview.get(action, {}).get(model, 0) for action in actions}
            for model in models_touched
        ]
        return sorted(rows, key=lambda row: row["name"])

    def _get_model_label(self, model):
        if model not in self.env:
            return model
        return self.env["ir.model"]._get(model).name

    def action_rollback(self):
        """Undo the migration, in the background."""
        self.ensure_one()
        if (self.typed_name or "").strip() != self.project_id.name.strip():
            raise UserError(
                self.env._(
                    "Type the name of the migration, “%(name)s”, to confirm.",
                    name=self.project_id.name,
                )
            )
        self.project_id.action_rollback()
        return {"type": "ir.actions.act_window_close"}
