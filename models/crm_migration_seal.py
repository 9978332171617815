from odoo import api, fields, models
from odoo.tools import SQL

from .crm_migration_log import SEALED, VALUES
from .parallel import parallel

# Lines of the log that are hashed in one step: half a second.
SEALED_LINES = 40000


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
        """Hash the next lines of the log; True while there are more.

        By their IDs, whosever they are: an index by run and ID would cost each line of each load.
        """
        self.env.flush_all()
        self.env.cr.execute(
            """SELECT min(id) - 1, max(id) FROM crm_migration_log WHERE id > COALESCE(
                      (SELECT max(last_id) FROM crm_migration_seal WHERE run_id = %s), %s)""",
            [run.id, run.log_from],
        )
        first, end = self.env.cr.fetchone()
        if first is None:
            return False
        last = min(first + SEALED_LINES, end)
        self._hash(run, first, last)
        return last < end

    @api.model
    def _hash(self, run, first, last):
        """Hash a run's lines behind one ID and up to another one.

        By way of a temporary table: a statement that writes to one that stays is not shared out.
        """
        with parallel(self.env.cr):
            self.env.cr.execute(
                SQL(
                    "CREATE TEMPORARY TABLE crm_migration_part ON COMMIT DROP AS %s",
                    self._select_hashes(run, first, last),
                )
            )
        self.env.cr.execute(
            """INSERT INTO crm_migration_seal (run_id, last_id, lines, hashes, bare_hashes)
               SELECT %s, %s, lines, whole, bare FROM crm_migration_part;
               DROP TABLE crm_migration_part""",
            [run.id, last],
        )

    @api.model
    def _select_hashes(self, run, first, last):
        """Return the SQL of how many lines there are, and their hashes with and without values."""
        return SQL(
            """SELECT count(whole) AS lines, string_agg(whole, ''::bytea ORDER BY id) AS whole,
                      string_agg(bare, ''::bytea ORDER BY id) AS bare
                 FROM (SELECT id, %s AS whole, %s AS bare FROM crm_migration_log
                        WHERE id > %s AND id <= %s OFFSET 0) AS lines""",
            self._hash_line(SEALED, run),
            self._hash_line([name for name in SEALED if name not in VALUES], run),
            first,
            last,
        )

    @api.model
    def _hash_line(self, names, run):
        """Return the SQL of the hash of a line, made of these columns; none of another run's."""
        line = self.env["crm.migration.log"]._hash_line(names)
        return SQL("CASE WHEN run_id = %s THEN %s END", run.id, line)

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
