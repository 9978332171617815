from odoo import http
from odoo.http import request

from ..models.dossier import Dossier
from .crm_migration_log import check_user, send_file


class CrmMigrationDossier(http.Controller):
    """Gives the dossier of a migration out; that it was made is noted, with its fingerprint."""

    @http.route(
        "/crm_migration/dossier/<int:project_id>", type="http", auth="user", methods=["GET"]
    )
    def download(self, project_id):
        """Answer the dossier as a ZIP."""
        check_user()
        project = request.env["crm.migration.project"].browse(project_id)
        if not project.exists():
            return request.not_found()
        dossier = Dossier(project)
        return send_file(f"{project.name} dossier.zip", "application/zip", dossier.save)
