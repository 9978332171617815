from odoo import Command, fields, models
from odoo.exceptions import UserError


class CrmMigrationProjectUpload(models.TransientModel):
    """Takes many files at once into a project."""

    _name = "crm.migration.project.upload"
    _description = "Upload Files"

    project_id = fields.Many2one("crm.migration.project", required=True, ondelete="cascade")
    attachment_ids = fields.Many2many("ir.attachment", string="Choose Files")

    def action_upload(self):
        """Inspect the files; the project that is shown then lists what each holds."""
        self.ensure_one()
        if not self.attachment_ids:
            raise UserError(self.env._("Choose at least one file: CSV, Excel or ZIP."))
        # File records are made by the upload only; who may work on them may upload.
        self.env["crm.migration.file"].check_access("write")
        self.project_id.check_access("read")
        self.project_id.sudo()._add_files(self._take_attachments(), delta=False)
        return {"type": "ir.actions.act_window_close"}

    def _take_attachments(self):
        """Tie the uploads to the project, whose readers may then read them.

        An upload without a record is its creator's alone; the background worker and colleagues
        need it too.
        """
        attachments = self.attachment_ids
        attachments.check_access("write")
        attachments.sudo().write({"res_model": self.project_id._name, "res_id": self.project_id.id})
        self.attachment_ids = [Command.clear()]
        return attachments
