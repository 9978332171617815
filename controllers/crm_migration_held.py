import tempfile

from odoo import http
from odoo.exceptions import AccessError
from odoo.http import content_disposition, request

from ..models.held_rows import HeldRows

CHUNK = 1 << 20


class CrmMigrationHeld(http.Controller):
    """Gives the held and failed rows out, however many: no copy of them stays in the database."""

    @http.route("/crm_migration/held/<int:project_id>", type="http", auth="user", methods=["GET"])
    def download(self, project_id):
        """Answer a ZIP with one CSV per file of the source."""
        if not request.env.user.has_group("crm_migration.crm_migration_group_user"):
            raise AccessError(request.env._("You may not read the rows of this migration."))
        project = request.env["crm.migration.project"].browse(project_id)
        project.check_access("read")
        stream = tempfile.TemporaryFile()  # closed by the response, after the last byte
        HeldRows(project).pack(stream)
        size = stream.tell()
        stream.seek(0)
        response = request.make_response(
            iter(lambda: stream.read(CHUNK), b""),
            headers=[
                ("Content-Type", "application/zip"),
                ("Content-Length", str(size)),
                ("Content-Disposition", content_disposition(f"{project.name} held.zip")),
            ],
        )
        response.call_on_close(stream.close)
        return response
