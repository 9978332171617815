import base64
import json

from odoo import fields, models
from odoo.exceptions import UserError


class CrmMigrationProjectMap(models.TransientModel):
    """Takes a saved map into a project."""

    _name = "crm.migration.project.map"
    _description = "Import a Map"

    project_id = fields.Many2one("crm.migration.project", required=True, ondelete="cascade")
    content = fields.Binary(string="Saved Map", required=True, attachment=False)
    file_name = fields.Char()

    def action_import(self):
        """Decide lines and values of the project as the saved map does.

        :raises UserError: when the file is no map, or one of another source
        """
        self.ensure_one()
        try:
            content = json.loads(base64.b64decode(self.content))
        except (ValueError, RecursionError) as error:
            raise UserError(self.env._("The file is not a saved map.")) from error
        columns, values = self.project_id._import_map(content)
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "success" if columns or values else "warning",
                "message": self.env._(
                    "%(columns)s columns and %(values)s values are now as in the saved map.",
                    columns=columns,
                    values=values,
                ),
                # Closed by it, the page behind is read anew.
                "next": {"type": "ir.actions.act_window_close"},
            },
        }
