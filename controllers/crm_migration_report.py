import tempfile
from pathlib import Path

from odoo import http
from odoo.exceptions import AccessError
from odoo.http import content_disposition, request

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


class CrmMigrationReport(http.Controller):
    """Gives the report out as a workbook; as a page and as PDF it is a report of Odoo."""

    @http.route("/crm_migration/report/<int:project_id>", type="http", auth="user", methods=["GET"])
    def download(self, project_id):
        """Answer the same workbook as the command line's ``--report``."""
        if not request.env.user.has_group("crm_migration.crm_migration_group_user"):
            raise AccessError(request.env._("You may not read the report of this migration."))
        project = request.env["crm.migration.project"].browse(project_id)
        project.check_access("read")
        report = request.env["crm.migration.report"]
        with tempfile.NamedTemporaryFile(suffix=".xlsx") as file:
            report._write_workbook(report._prepare_values(project), Path(file.name))
            content = Path(file.name).read_bytes()
        name = request.env._("Migration report %(name)s", name=project.name)
        return request.make_response(
            content,
            headers=[
                ("Content-Type", XLSX),
                ("Content-Disposition", content_disposition(f"{name}.xlsx")),
            ],
        )
