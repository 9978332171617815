from odoo import api, fields, models
from odoo.tools import SQL

from .crm_migration_log import SEALED, VALUES

# Lines of the log that are hashed in one step: half a second.
SEALED_LINES = 20000


class CrmMigrationSeal(models.Model):
    """The hashes of a part of the lines that a run logged, while its fingerprint is worked out.

    A fingerprint is the hash of the hashes of all lines. Those of a large load take longer than a
    worker may run, so they are put by here, a part in each step; they go once it is known.
    """

    _name = "crm.migration.seal"
    _description = "Part of a Fingerprint"
    _log_access = False

    run_id = fields.Many2one("crm.migration.run", required=True, index=True, ondelete="cascade")
    last_id = fields.Integer(required=True, help="The last line of the log that was looked at.")
    lines = fields.Integer(required=True)
    hashes = fields.Binary(attachment=False, help="Of the lines, in their order, end to end.")
    bare_hashes = fields.Binary(attachment=False, help="The same without values.")

    @api.model
    def _go_on(self, run):
        """Hash the next lines of the log; True while there may be more.

        By their IDs, whosever they are: an index by run and ID would cost each line of each load.
        """
        self.env.flush_all()
        self.env.cr.execute(
            SQL(
                """WITH part AS (
                       SELECT max(id) AS last_id, count(*) AS looked_at, %(hashes)s AS hashes,
                              count(*) FILTER (WHERE run_id = %(run)s) AS lines, %(bare)s AS bare
                         FROM (SELECT * FROM crm_migration_log WHERE id > COALESCE((
                                      SELECT max(last_id) FROM crm_migration_seal
                                       WHERE run_id = %(run)s), %(first)s)
                                ORDER BY id LIMIT %(limit)s) AS l),
                   kept AS (
                       INSERT INTO crm_migration_seal (run_id, last_id, lines, hashes, bare_hashes)
                       SELECT %(run)s, last_id, lines, hashes, bare FROM part WHERE looked_at > 0)
                   SELECT looked_at = %(limit)s FROM part""",
                run=run.id,
                first=run.log_from,
                limit=SEALED_LINES,
                hashes=self._concat(SEALED, run),
                bare=self._concat([name for name in SEALED if name not in VALUES], run),
            )
        )
        return self.env.cr.fetchone()[0]

    @api.model
    def _concat(self, names, run):
        """Return the SQL of the hashes of a run's lines, made of these columns, end to end."""
        return SQL(
            "string_agg(%s, ''::bytea ORDER BY id) FILTER (WHERE run_id = %s)",
            self.env["crm.migration.log"]._hash_line(names),
            run.id,
        )

    @api.model
    def _finish(self, run):
        """Return ``{log_lines, log_digest, log_digest_without_values}``, and forget the parts."""
        self.env.cr.execute(
            """WITH parts AS (DELETE FROM crm_migration_seal WHERE run_id = %s RETURNING *)
               SELECT sum(lines) AS log_lines,
                      encode(sha256(string_agg(hashes, ''::bytea ORDER BY last_id)), 'hex')
                          AS log_digest,
                      encode(sha256(string_agg(bare_hashes, ''::bytea ORDER BY last_id)), 'hex')
                          AS log_digest_without_values
                 FROM parts HAVING sum(lines) > 0""",
            [run.id],
        )
        return self.env.cr.dictfetchone() or {}
