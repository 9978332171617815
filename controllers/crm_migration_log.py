import tempfile

from odoo import http
from odoo.exceptions import AccessError
from odoo.http import content_disposition, request

from ..models.log_export import LogExport

CHUNK = 1 << 20
KINDS = {
    "csv": ("write_csv", "text/csv; charset=utf-8"),
    "xlsx": (
        "write_workbook",
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ),
}


def check_user():
    """Refuse who has no group of the migration."""
    if not request.env.user.has_group("crm_migration.crm_migration_group_user"):
        raise AccessError(request.env._("You may not read this migration."))


def send_file(name, content_type, write):
    """Answer a file that is written to disk first: memory stays bounded, whatever its size.

    :param write: called with the binary stream to write to
    """
    stream = tempfile.TemporaryFile()  # closed by the response, after the last byte
    write(stream)
    size = stream.seek(0, 2)
    stream.seek(0)
    response = request.make_response(
        iter(lambda: stream.read(CHUNK), b""),
        headers=[
            ("Content-Type", content_type),
            ("Content-Length", str(size)),
            ("Content-Disposition", content_disposition(name)),
        ],
    )
    response.call_on_close(stream.close)
    return response


class CrmMigrationLogDownload(http.Controller):
    """Gives the log out, every line."""

    @http.route(
        [
            "/crm_migration/log/<int:project_id>.<string:kind>",
            "/crm_migration/log/<int:project_id>/<string:model>/<int:res_id>.<string:kind>",
        ],
        type="http",
        auth="user",
        methods=["GET"],
    )
    def download(self, project_id, kind, model=None, res_id=None):
        """Answer the log of a project, or of one record, as CSV or XLSX."""
        check_user()
        if kind not in KINDS:
            return request.not_found()
        project = request.env["crm.migration.project"].browse(project_id)
        if not project.exists():
            return request.not_found()
        method, content_type = KINDS[kind]
        export = LogExport(project, (model, res_id) if model else None)
        write = getattr(export, method)
        return send_file(f"{project.name} log.{kind}", content_type, write)
