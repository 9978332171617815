from odoo import api, fields, models
from odoo.tools import SQL


class CrmMigrationLook(models.Model):
    """What a long look at many rows found them to be, so that it is not taken twice.

    A forecast looks at all rows before the load does. Kept beside the project: whoever edits that
    does not wait for a worker.
    """

    _name = "crm.migration.look"
    _description = "Look at Rows"
    _log_access = False

    project_id = fields.Many2one(
        "crm.migration.project", required=True, index=True, ondelete="cascade"
    )
    name = fields.Char(required=True, help="What was done with the rows.")
    fingerprint = fields.Char(required=True)

    @api.model
    def _is_known(self, project, name, tables, others=()):
        """Return whether the rows are still as :meth:`_note` found them; arguments as there."""
        look = self.search([("project_id", "=", project.id), ("name", "=", name)])
        return bool(look) and look.fingerprint == self._take(project, tables, others)

    @api.model
    def _note(self, project, name, tables, others=()):
        """Note what was looked at, and what was found there.

        :param tables: {table: condition in SQL} of the rows that the look depends on
        :param others: queries of one value that it depends on; the map is always one
        """
        self.search([("project_id", "=", project.id), ("name", "=", name)]).unlink()
        fingerprint = self._take(project, tables, others)
        self.create({"project_id": project.id, "name": name, "fingerprint": fingerprint})

    @api.model
    def _take(self, project, tables, others):
        """Return a fingerprint: a row that was written since has another transaction or place."""
        self.env.flush_all()
        versions = SQL("sum(hashtextextended(concat_ws(' ', id, xmin, ctid), 0))")
        queries = [
            SQL("SELECT %s FROM %s WHERE %s", versions, SQL.identifier(table), condition)
            for table, condition in tables.items()
        ]
        digest = self.env["crm.migration.loader"]._get_map_digest(project)
        parts = SQL(", ").join([SQL("(%s)", query) for query in (*queries, *others)])
        self.env.cr.execute(SQL("SELECT md5(concat_ws('|', %s, %s))", digest, parts))
        return self.env.cr.fetchone()[0]
