import json
import logging
from contextlib import contextmanager
from functools import partial

from odoo import api, models
from odoo.tools import SQL

from ..engine.issues import CATALOGUE
from ..engine.mapping import fold
from ..engine.types import Problem
from . import garbage, staged_rows
from .crm_migration_loader import MISSING_LINKS
from .disturbance import is_passing
from .foresight import LANDED, Foresight
from .inserting import as_array, unnest
from .item import Item
from .outlook import Outlook
from .resolver import WAITING
from .silence import silent

# Types of what is noted of a row, see :meth:`CrmMigrationForecaster._prepare`.
NOTED = ("int", "text", "text", "boolean", "boolean", "text", "text", "int", "text", "text")

_logger = logging.getLogger(__name__)


class CrmMigrationForecaster(models.AbstractModel):
    """Works out what a load would do: creates, updates, merges, holds, per entity and reason.

    The rows are mapped, resolved and prepared as the loader does it, in its order and its batches;
    nothing of Odoo is written. What a row refers to and is foreseen to land counts as landed.
    """

    _name = "crm.migration.forecaster"
    _description = "Forecaster"

    @api.model
    def _step(self, run):
        """Look at the next batch; True while there is more.

        Steps: note the rows that a load would take (once), take the next of them in load order,
        foresee them; rows that waited for another one are looked at again.
        """
        project = silent(run.project_id)
        service = self.with_env(project.env)
        if "begun" not in (run.cursor or {}) and not service._begin(run, project):
            return True
        rows = service._take_batch(project)
        if not rows and service._try_waiting(run, project):
            return True
        if not rows:
            run.counters = Outlook(project).summarise()
            return False
        service._foresee_batch(run, project, rows)
        run.processed += len(rows)
        return True

    # ------------------------------------------------------------- rows

    @api.model
    def _begin(self, run, project):
        """Note the rows that a load would take now; False if there is more of it to do."""
        loader, matcher = self.env["crm.migration.loader"], self.env["crm.migration.matcher"]
        loader._check_fields(project)
        note_rows = partial(self._note_rows, run)
        with self._staged_again(project):
            if not loader._take_parts(
                run, project, [self._forget, loader._set_sort_keys, matcher._find, note_rows]
            ):
                return False
        run.cursor = {"begun": True}
        return True

    @contextmanager
    def _staged_again(self, project):
        """Have those rows staged meanwhile that a load would stage again."""
        self.env.cr.execute(
            """CREATE TEMPORARY TABLE crm_migration_states ON COMMIT DROP AS
                   SELECT id, state FROM crm_migration_record
                    WHERE project_id = %s AND state != 'staged'""",
            [project.id],
        )
        self.env["crm.migration.loader"]._stage_again(project)
        yield
        # After an error the transaction is undone, and all this with it.
        self.env.cr.execute(
            """UPDATE crm_migration_record r SET state = s.state
                 FROM crm_migration_states s WHERE s.id = r.id AND s.state != r.state;
               DROP TABLE crm_migration_states"""
        )

    @api.model
    def _note_rows(self, run, project):
        self.env.cr.execute(
            """INSERT INTO crm_migration_forecast
                      (project_id, run_id, record_id, entity, row_hash, sort_key, pending)
               SELECT project_id, %s, id, entity, row_hash, sort_key, TRUE
                 FROM crm_migration_record WHERE project_id = %s AND state = 'staged'""",
            [run.id, project.id],
        )
        run.total = self.env.cr.rowcount
        self.env.cr.execute("ANALYZE crm_migration_forecast")

    @api.model
    def _forget(self, project):
        """Remove the last forecast, and the questions that it asked."""
        self.env.cr.execute(
            """DELETE FROM crm_migration_issue i USING crm_migration_run r
                WHERE r.id = i.run_id AND r.project_id = %s AND r.kind = 'forecast'
                  AND i.state = 'open'""",
            [project.id],
        )
        self.env.cr.execute(
            "DELETE FROM crm_migration_forecast WHERE project_id = %s", [project.id]
        )

    @api.model
    def _take_batch(self, project):
        """Return the next rows in load order, as the loader has them."""
        for group in self.env["crm.migration.loader"]._get_groups(project):
            # Each entity's own next ones, by the index: sorting all that is pending for each batch
            # would cost more the more rows there are.
            self.env.cr.execute(
                SQL(
                    """SELECT %s, f.outcome AS foreseen, f.missing
                         FROM unnest(%s::varchar[]) AS kind(entity), LATERAL (
                             SELECT record_id, sort_key, outcome, missing
                               FROM crm_migration_forecast
                              WHERE project_id = %s AND entity = kind.entity AND pending
                              ORDER BY sort_key, record_id LIMIT %s) AS f
                         JOIN crm_migration_record r ON r.id = f.record_id
                        ORDER BY f.sort_key, f.record_id LIMIT %s""",
                    staged_rows.get_columns("r"),
                    group,
                    project.id,
                    project.batch_size,
                    project.batch_size,
                )
            )
            rows = staged_rows.fetch(self.env.cr)
            if rows:
                return rows
        return []

    @api.model
    def _try_waiting(self, run, project):
        """Look again at rows that wait for another one, or miss a link, while that helps some."""
        self.env.cr.execute(
            """SELECT count(*) FROM crm_migration_forecast
                WHERE project_id = %s AND outcome = ANY(%s)""",
            [project.id, list(LANDED)],
        )
        landed = self.env.cr.fetchone()[0]
        if run.cursor.get("landed") == landed:
            return False
        run.cursor = run.cursor | {"landed": landed}
        run.total += self._add_relinked(run, project)
        self.env.cr.execute(
            "UPDATE crm_migration_forecast SET pending = TRUE WHERE project_id = %s AND waits",
            [project.id],
        )
        again = self.env.cr.rowcount
        self.env.cr.execute(
            """WITH landed AS MATERIALIZED (
                   SELECT r.source_key, COALESCE(f.match_name, r.match_name) AS name,
                          COALESCE(f.match_email, r.match_email) AS email
                     FROM crm_migration_record r
                     LEFT JOIN crm_migration_forecast f ON f.record_id = r.id
                    WHERE r.project_id = %(project)s
                      AND (r.res_id IS NOT NULL OR f.outcome = ANY(%(landed)s))),
               missing AS (
                   SELECT f.id, jsonb_array_elements_text(f.missing) AS value
                     FROM crm_migration_forecast f
                    WHERE f.project_id = %(project)s AND f.outcome = ANY(%(landed)s)
                      AND f.missing IS NOT NULL)
               UPDATE crm_migration_forecast SET pending = TRUE WHERE id = ANY(ARRAY(
                      SELECT id FROM missing
                       WHERE value IN (SELECT source_key FROM landed)
                          OR lower(value) IN (SELECT name FROM landed)
                          OR lower(value) IN (SELECT email FROM landed)))""",
            {"project": project.id, "landed": list(LANDED)},
        )
        again += self.env.cr.rowcount
        run.total += again
        return self._has_pending(project)

    @api.model
    def _add_relinked(self, run, project):
        """Note rows of before that a load would take up again: what they missed lands; how many.

        The loader finds them once it has landed (``_relink``), here it is only foreseen.
        """
        self.env.cr.execute(
            """WITH coming AS MATERIALIZED (
                   SELECT r.source_key, f.match_name, f.match_email
                     FROM crm_migration_forecast f
                     JOIN crm_migration_record r ON r.id = f.record_id
                    WHERE f.project_id = %(project)s AND f.outcome = ANY(%(landed)s))
               INSERT INTO crm_migration_forecast
                      (project_id, run_id, record_id, entity, row_hash, pending)
               SELECT project_id, %(run)s, id, entity, row_hash, TRUE
                 FROM crm_migration_record r
                WHERE res_id IS NOT NULL AND id = ANY(ARRAY(
                      SELECT record_id FROM crm_migration_issue
                       WHERE project_id = %(project)s AND code = ANY(%(codes)s) AND state = 'open'
                         AND (value IN (SELECT source_key FROM coming)
                              OR lower(value) IN (SELECT match_name FROM coming)
                              OR lower(value) IN (SELECT match_email FROM coming))))
                  AND NOT EXISTS (SELECT 1 FROM crm_migration_forecast f WHERE f.record_id = r.id)
            """,
            {
                "project": project.id,
                "run": run.id,
                "landed": list(LANDED),
                "codes": list(MISSING_LINKS),
            },
        )
        return self.env.cr.rowcount

    @api.model
    def _has_pending(self, project):
        self.env.cr.execute(
            "SELECT 1 FROM crm_migration_forecast WHERE project_id = %s AND pending LIMIT 1",
            [project.id],
        )
        return bool(self.env.cr.fetchone())

    # ------------------------------------------------------------- batch

    @api.model
    @garbage.kept()
    def _foresee_batch(self, run, project, rows):
        """Foresee rows; if they fail together, halve them until the bad row stands alone."""
        try:
            with self.env.cr.savepoint():
                self._foresee_rows(run, project, rows)
        except Exception as error:
            if is_passing(error):
                raise
            self.env.invalidate_all()
            if len(rows) == 1:
                self._note_failure(run, project, rows[0], error)
                return
            middle = len(rows) // 2
            self._foresee_batch(run, project, rows[:middle])
            self._foresee_batch(run, project, rows[middle:])

    @api.model
    def _note_failure(self, run, project, row, error):
        """A row that cannot even be prepared will fail in the load too."""
        _logger.info("Row %s of %s cannot be prepared: %s", row["source_key"], row["entity"], error)
        problem = Problem("record_failed", parameters={"detail": str(error)[:500]})
        item = Item(row, None, problems=[problem])
        item.outcome, item.extra["reason"] = "failed", problem.code
        self._note(run, project, [item])

    @api.model
    def _foresee_rows(self, run, project, rows):
        loader, resolver = self.env["crm.migration.loader"], Foresight(project)
        items = loader._prepare_items(project, rows, resolver)
        loader._add_old_values(project, items, resolver)
        ready = [item for item in items if not item.held]
        for target, group in loader._group_by_target(ready):
            target._foresee(group, resolver)
        for item in items:
            self._settle(item)
        self._note(run, project, items)

    @api.model
    def _settle(self, item):
        """Say what becomes of the row in the end, and what it stands for until then."""
        if item.held:
            item.outcome = "held"
            stops = [p.code for p in item.problems if CATALOGUE[p.code].severity == "hold"]
            item.extra["reason"] = next((c for c in stops if c not in WAITING), stops[0])
            return
        if item.record["foreseen"] in LANDED and item.outcome == "created":
            # Created a moment ago in this load; now a link that it missed can be made.
            same = (item.record["missing"] or []) == self._get_missing(item)
            item.outcome = "unchanged" if same else "updated"
        if item.outcome in LANDED and not item.res_id:
            item.res_id = -(item.twin_id or item.record["id"])

    @api.model
    def _get_missing(self, item):
        return sorted({p.value for p in item.problems if p.code in MISSING_LINKS and p.value})

    @api.model
    def _note(self, run, project, items):
        rows = [self._prepare(item) for item in items]
        self.env.cr.execute(
            SQL(
                """UPDATE crm_migration_forecast f
                      SET pending = FALSE, outcome = v.outcome, reason = v.reason, stuck = v.stuck,
                          waits = v.waits, missing = v.missing::jsonb, model = v.model,
                          res_id = v.res_id, match_name = v.name, match_email = v.email
                     FROM %s AS v(record_id, outcome, reason, stuck, waits, missing, model,
                                  res_id, name, email)
                    WHERE f.record_id = v.record_id""",
                unnest(NOTED, rows),
            )
        )
        self._ask(run, project, items)

    @api.model
    def _prepare(self, item):
        codes = [p.code for p in item.problems if CATALOGUE[p.code].severity == "hold"]
        missing = self._get_missing(item)
        name, email = item.values.get("name"), item.values.get("email")
        return (
            item.record["id"],
            item.outcome or "skipped",
            item.extra.get("reason"),
            item.outcome == "failed" or any(code not in WAITING for code in codes),
            "waits_for" in codes,
            json.dumps(missing) if missing else None,
            item.model or None,
            item.res_id or None,
            fold(name) if name else None,
            fold(email) if email else None,
        )

    @api.model
    def _ask(self, run, project, items):
        """Put what stops rows into the queue of doubts: it can be decided before the load."""
        stops = [
            (problem, item)
            for item in items
            if item.outcome in ("held", "failed")
            for problem in self.env["crm.migration.loader"]._merge_problems(item.problems)
            if CATALOGUE[problem.code].severity in ("hold", "error")
        ]
        self.env.cr.execute(
            SQL(
                "DELETE FROM crm_migration_issue WHERE run_id = %s AND record_id = ANY(%s)",
                run.id,
                as_array("int", [item.record["id"] for item in items]),
            )
        )
        self.env.cr.execute(
            """SELECT record_id, code, COALESCE(value, '') FROM crm_migration_issue
                WHERE record_id = ANY(%s)""",
            [[item.record["id"] for __, item in stops]],
        )
        known = set(self.env.cr.fetchall())
        self.env["crm.migration.issue"]._append(
            project,
            [
                (problem, item.record)
                for problem, item in stops
                if (item.record["id"], problem.code, (problem.value or "")[:1000]) not in known
            ],
            run,
        )
