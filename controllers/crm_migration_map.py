import json

from odoo import http
from odoo.exceptions import AccessError
from odoo.http import content_disposition, request


class CrmMigrationMap(http.Controller):
    """Gives a map out as a file that another project can take in."""

    @http.route("/crm_migration/map/<int:project_id>", type="http", auth="user", methods=["GET"])
    def download(self, project_id):
        """Answer the map as JSON: the same file as the command line's ``--export-map``."""
        if not request.env.user.has_group("crm_migration.crm_migration_group_user"):
            raise AccessError(request.env._("You may not read the map of this migration."))
        project = request.env["crm.migration.project"].browse(project_id)
        project.check_access("read")
        content = json.dumps(project._export_map(), indent=1, ensure_ascii=False)
        return request.make_response(
            content,
            headers=[
                ("Content-Type", "application/json; charset=utf-8"),
                ("Content-Disposition", content_disposition(f"{project.name} map.json")),
            ],
        )
