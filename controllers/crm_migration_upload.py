from odoo import http
from odoo.exceptions import AccessError, MissingError, UserError
from odoo.http import request

from ..models.uploads import store_upload


class CrmMigrationUpload(http.Controller):
    """Takes the exports in: one request per file, of any size, streamed to disk."""

    # Odoo's own limit of 128 MB would stop a big export. The form parser keeps a file on disk from
    # half a megabyte on, and every other part of the form below 10 MB.
    @http.route(
        "/crm_migration/upload/<int:project_id>",
        type="http",
        auth="user",
        methods=["POST"],
        max_content_length=None,
    )
    def upload(self, project_id, **parameters):
        """Keep one file with a project; ``take_uploads`` then reads all of them together.

        Answers ``{"id": …, "name": …}``, or ``{"error": …}`` in the words of the user.
        """
        try:
            project = self._get_project(project_id)
            file = request.httprequest.files.get("file")
            if not file:
                raise UserError(request.env._("There is no file in the upload."))
            attachment = store_upload(project, file.filename, file.stream)
        except (AccessError, MissingError):
            return self._answer(403, error=request.env._("You may not upload to this migration."))
        except UserError as error:
            return self._answer(400, error=str(error))
        return self._answer(200, id=attachment.id, name=attachment.name)

    def _get_project(self, project_id):
        if not request.env.user.has_group("crm_migration.crm_migration_group_user"):
            raise AccessError(request.env._("You may not upload to this migration."))
        project = request.env["crm.migration.project"].browse(project_id)
        project.check_access("read")
        if not project.exists():
            raise MissingError(request.env._("You may not upload to this migration."))
        return project

    def _answer(self, status, **content):
        return request.make_json_response(content, status=status)
