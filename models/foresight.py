"""References of rows before anything is written: what they point to, as a forecast has it."""

from odoo.tools import SQL

from .inserting import as_array
from .resolver import Candidate, Resolver

#: Outcomes of rows that are in Odoo afterwards.
LANDED = ("created", "updated", "unchanged", "merged")


class Foresight(Resolver):
    """A resolver for whom rows that are foreseen to land have landed.

    Such a row stands for the record that it will become: by the negative ID of the staged row,
    which is no ID of Odoo's.
    """

    def _fetch(self, kind, column, values):
        # A row that was looked at is known by the name it will have.
        key, ids = SQL("r.source_key"), self.select("crm_migration_record", column, values)
        ids = SQL("SELECT id FROM %s AS known", ids)
        if kind != "id":
            name = SQL.identifier(column)
            key = SQL("CASE WHEN f.outcome IS NULL THEN r.%s ELSE f.%s END", name, name)
            foreseen = self.select("crm_migration_forecast", column, values)
            ids = SQL("%s UNION SELECT record_id FROM %s AS foreseen", ids, foreseen)
        self.env.cr.execute(
            SQL(
                """SELECT key, entity, source_key, state, model, res_id, stuck FROM (
                       SELECT %(key)s AS key,
                              r.entity, r.source_key, COALESCE(f.outcome, r.state) AS state,
                              COALESCE(f.model, r.model) AS model,
                              CASE WHEN f.outcome = ANY(%(landed)s) THEN f.res_id
                                   ELSE r.res_id END AS res_id,
                              CASE WHEN f.outcome IS NULL THEN r.state = 'failed' OR %(held)s
                                   ELSE f.stuck END AS stuck
                         FROM crm_migration_record r
                         LEFT JOIN crm_migration_forecast f
                           ON f.record_id = r.id AND f.outcome IS NOT NULL
                        WHERE r.state != 'skipped' AND r.id IN (%(ids)s)) AS found
                    WHERE key = ANY(%(values)s) AND state != 'skipped'""",
                key=key,
                landed=list(LANDED),
                held=self._is_held(),
                ids=ids,
                values=as_array("varchar", values),
            )
        )
        for key, *candidate in self.env.cr.fetchall():
            self._candidates.setdefault((kind, key), []).append(Candidate(*candidate))

    def name_and_email(self, partner_id):
        """Return name and email of a contact; of one that is only foreseen, as they are folded."""
        if not partner_id or partner_id > 0:
            return super().name_and_email(partner_id)
        self.env.cr.execute(
            "SELECT match_name, match_email FROM crm_migration_forecast WHERE record_id = %s",
            [-partner_id],
        )
        return self.env.cr.fetchone() or (False, False)

    def landed_id(self, entity, source_key, model):
        """Return what a staged row became or will become, or None."""
        self.env.cr.execute(
            """SELECT f.res_id FROM crm_migration_record r
                 JOIN crm_migration_forecast f ON f.record_id = r.id
                WHERE r.project_id = %s AND r.entity = %s AND r.source_key = %s AND f.model = %s
                  AND f.outcome = ANY(%s)""",
            [self.project.id, entity, source_key, model, list(LANDED)],
        )
        found = self.env.cr.fetchone()
        return found[0] if found else super().landed_id(entity, source_key, model)

    def duplicate_cases(self, record_ids):
        """Return the questions about rows that may be one, with what the other row will be."""
        cases = super().duplicate_cases(record_ids)
        others = [c["other_id"] for c in cases.values() if c["other_id"] and not c["other_res_id"]]
        if others:
            self.env.cr.execute(
                """SELECT record_id, res_id FROM crm_migration_forecast
                    WHERE record_id = ANY(%s) AND outcome = ANY(%s)""",
                [others, list(LANDED)],
            )
            foreseen = dict(self.env.cr.fetchall())
            for case in cases.values():
                case["other_res_id"] = case["other_res_id"] or foreseen.get(case["other_id"])
        return cases
