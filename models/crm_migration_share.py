import json
import math
from itertools import pairwise
from zlib import crc32

from psycopg2 import OperationalError

from odoo import api, fields, models
from odoo.tools import SQL, config

from ..engine.mapping import EntityMap
from . import bulk, garbage, staged_rows
from .batch import Batch
from .bulk_many2one import BulkMany2one
from .crm_migration_loader import READ_ROWS
from .disturbance import is_conflict
from .inserting import as_array, insert_rows
from .item import Item
from .resolver import Resolver
from .silence import silent

# System parameter: how many workers load at once. Without it as many as Odoo has cron workers in
# processes of their own; threads of one process would only wait for each other.
PARAMETER = "crm_migration.workers"
# More workers than any machine has.
MOST_WORKERS = 16
# Shares of a step at most. Of longer ones several batches are taken, the longest one's first, so
# that all workers end at about the same time.
MOST_SHARES = 64
# A share that is a little longer than a batch is one batch.
ROUNDING = 1.2
# Seconds until whoever waits for another one's batch looks whether the run is wished to stop.
PAUSE = 1
# Where a registry keeps which run its process helped last: the roads of that run are known.
HELPED = "crm_migration_helped"
# Scheduled actions that help a load in a plain Odoo.
HELPERS = 3


class CrmMigrationShare(models.Model):
    """A part of the rows of a load's step, which one worker at a time loads a batch of.

    Rows that would write the same records are in one share: the persons of a company, the history
    of a record, in its order. Whoever takes a share locks its row, and notes there how far it came
    in the same transaction: a worker that is killed leaves the share as it was, and one whose
    snapshot is older than the share's last batch is refused by the database, before it begins.
    """

    _name = "crm.migration.share"
    _description = "Share of a Load"
    _log_access = False

    project_id = fields.Many2one(
        "crm.migration.project", required=True, index=True, ondelete="cascade"
    )
    run_id = fields.Many2one("crm.migration.run", required=True, index=True, ondelete="cascade")
    number = fields.Integer(required=True)
    entities = fields.Json(required=True)
    first_id = fields.Integer(help="First staged row to be assigned, while rows are.")
    last_id = fields.Integer(help="Last staged row to be assigned; none once all are.")
    left = fields.Integer(help="Rows that are not loaded yet; one while rows are to be assigned.")
    last_key = fields.Char(default="", help="Place of the last row that was loaded.")
    last_row = fields.Integer(default=0, help="Staged row that was loaded last.")
    done = fields.Json(help="Rows loaded, by entity.")
    roads = fields.Json(help="How helpers created the records, by model.")

    # ------------------------------------------------------------- steps

    @api.model
    def _get_workers(self, run):
        """Return how many workers may load at once."""
        told = (run.parameters or {}).get("workers")
        told = told or self.env["ir.config_parameter"].sudo().get_param(PARAMETER)
        if told:
            return int(told)
        if not config["workers"]:
            return 1
        # How many jobs run at once is the business of their channel, on all servers together.
        return MOST_WORKERS if self._has_queue() else config["max_cron_threads"] or 1

    @api.model
    def _has_queue(self):
        """Return whether OCA's ``queue_job`` is installed: an optional dependency."""
        return "queue.job" in self.env

    @api.model
    def _go_on(self, run, project):
        """Do what several workers can do at once; False if what is next is for one of them.

        Steps: open shares for the next entities, assign their rows and take batches, both as the
        helpers do, close the shares once all are empty. What a step leaves (rows that exist
        already, that may be somebody else, that failed) is loaded by one worker before the next
        entities are.
        """
        if (step := run.cursor.get("step")) and self._lead(run, project, step):
            return True
        return self._get_workers(run) > 1 and self._open(run, project)

    @api.model
    def _lead(self, run, project, step):
        """Take a batch as the helpers do, and see how far all are; False once all shares are empty.

        What is next is done in the same transaction then: the others stand by.
        """
        worked = self._work(run, project)
        left, done = self._sum(run)
        run.processed = step["processed"] + sum(done.values())
        counts = {
            entity: step["done"].get(entity, 0) + done.get(entity, 0)
            for entity in step["done"].keys() | done.keys()
        }
        run.counters = run.counters | {"done": counts}
        if not left and step["assign"]:
            self._begin_loading(run, step)
        elif not left:
            self._close(run)
            return False
        elif not worked:
            self._wait(run)
        return True

    @api.model
    def _wait(self, run):
        """Wait until another worker ends its batch, or a second.

        By its share's row, which it has until then, so that all go on at once. Whoever waited for
        a row that was written meanwhile is refused by the database: it is what we wait for.
        """
        try:
            with self.env.cr.savepoint(flush=False):
                self.env.cr.execute(
                    """SET LOCAL lock_timeout = %s;
                       SELECT 1 FROM crm_migration_share
                        WHERE run_id = %s AND "left" > 0 LIMIT 1 FOR UPDATE""",
                    [f"{PAUSE}s", run.id],
                    log_exceptions=False,
                )
        except OperationalError as error:
            if not is_conflict(error):
                raise

    @api.model
    def _open(self, run, project):
        """Open shares for the rows of the next entities, where there are enough; True if it did."""
        loader = self.env["crm.migration.loader"]
        entities = loader._get_next_group(project)
        if not entities or entities[0] in run.cursor.get("shared", []):
            return False
        run.cursor = run.cursor | {"shared": [*run.cursor.get("shared", []), entities[0]]}
        target = self._get_target(project, entities[0])
        if not target._can_share(project, entities):
            return False
        size = loader._limit(project, entities, project.batch_size)
        count, *ids = self._count(project, entities, self._get_shareable(target))
        if count < size:
            return False
        workers = self._get_workers(run)
        number = self._choose_number(count, size, workers)
        parts = min(self._choose_number(count, READ_ROWS, workers), number)
        self._store(run, entities, number, self._divide(*ids, parts))
        done = (run.counters or {}).get("done") or {}
        step = {
            "entities": entities,
            "processed": run.processed,
            "done": done,
            "assign": True,
        }
        run.cursor = run.cursor | {"step": step}
        if not self._has_queue():
            # A job that finds nothing would come back after seconds: those are called to load.
            self._call_helpers(run)
        return True

    @api.model
    def _choose_number(self, count, size, workers):
        """Return how many shares of about a batch there are: as many for one worker as for the
        others, so that none waits for another's last one."""
        number = math.ceil(count / size / workers) * workers
        return number if number <= MOST_SHARES else max(MOST_SHARES // workers, 1) * workers

    @api.model
    def _divide(self, first, last, number):
        """Return ``(first, last)`` of that many parts of a range of IDs."""
        starts = [first + (last + 1 - first) * part // number for part in range(number + 1)]
        return [(one, following - 1) for one, following in pairwise(starts)]

    @api.model
    def _get_shareable(self, target):
        """Return which rows of a kind are new, in SQL: none that exist or may be somebody else."""
        return SQL(
            """AND state = 'staged' AND res_id IS NULL AND in_circle IS NOT TRUE %s
               AND NOT EXISTS (SELECT 1 FROM crm_migration_duplicate d
                                WHERE d.record_id = crm_migration_record.id)""",
            target._get_share_condition(),
        )

    @api.model
    def _get_target(self, project, entity):
        mapping = project.mapping_ids.filtered(lambda one: one.entity == entity)
        return self.env[f"crm.migration.target.{mapping.target}"]

    @api.model
    def _count(self, project, entities, shareable):
        """Return how many rows can be shared out, and the first and the last ID of them."""
        self.env.cr.execute(
            SQL(
                """SELECT count(*), min(id), max(id) FROM crm_migration_record
                    WHERE project_id = %s AND entity = ANY(%s) %s""",
                project.id,
                entities,
                shareable,
            )
        )
        return self.env.cr.fetchone()

    @api.model
    def _begin_loading(self, run, step):
        """Note how many rows each share has, now that all are assigned, and call helpers.

        Not before: a helper would take what is there, and miss an older row of a history.
        """
        self.env.cr.execute(
            """UPDATE crm_migration_share s SET last_id = NULL, "left" = (
                      SELECT count(*) FROM crm_migration_share_row WHERE share_id = s.id)
                WHERE run_id = %s""",
            [run.id],
        )
        run.cursor = run.cursor | {"step": step | {"assign": False}}
        self._call_helpers(run)

    @api.model
    def _narrow(self, entity_map, names):
        """Return the map with only what tells where a row belongs: it runs over all rows."""
        rules = [rule for rule in entity_map.rules if rule.field in names]
        return EntityMap(
            entity_map.entity, entity_map.target, entity_map.constants, rules,
            entity_map.values, entity_map.defaults,
        )  # fmt: skip

    @api.model
    def _store(self, run, entities, number, parts):
        """Make that many shares; the first ones stand for the parts of what is to be assigned."""
        self.search([("run_id", "=", run.id)]).unlink()
        self.create(
            [
                {
                    "project_id": run.project_id.id,
                    "run_id": run.id,
                    "number": one,
                    "entities": entities,
                    "left": int(first is not None),
                    "first_id": first,
                    "last_id": last,
                }
                for one, (first, last) in enumerate(parts + [(None, None)] * (number - len(parts)))
            ]
        )

    @api.model
    def _call_helpers(self, run):
        """Wake those who help; in the run's own environment, a silent one wakes no job."""
        if self._get_workers(run) > 1 and self._has_queue():
            run._delay_help()
            return
        for number in range(1, min(self._get_workers(run), HELPERS + 1)):
            run.env.ref(f"crm_migration.ir_cron_help_{number}").sudo()._trigger()

    @api.model
    def _sum(self, run):
        """Return ``(rows left, {entity: rows done})`` of the step that is open."""
        self.env.flush_all()
        self.env.cr.execute(
            """SELECT "left", COALESCE(done, '{}') FROM crm_migration_share WHERE run_id = %s""",
            [run.id],
        )
        total, done = 0, {}
        for left, counts in self.env.cr.fetchall():
            total += left
            for entity, count in counts.items():
                done[entity] = done.get(entity, 0) + count
        return total, done

    @api.model
    def _close(self, run):
        self.env.cr.execute(
            "DELETE FROM crm_migration_share WHERE run_id = %s RETURNING roads", [run.id]
        )
        roads = dict((run.cursor or {}).get("roads") or {})
        for (more,) in self.env.cr.fetchall():
            roads = bulk.add_roads(roads, more or {})
        self.invalidate_model(flush=False)
        cursor = {name: value for name, value in run.cursor.items() if name != "step"}
        run.cursor = cursor | {"roads": roads}

    @api.model
    def _clear(self, run):
        """Wait for whoever still helps an older run of the project, and end that.

        A helper whose batch is under way has its share's row; one that comes later finds none.
        """
        self.env.cr.execute(
            "DELETE FROM crm_migration_share WHERE project_id = %s AND run_id != %s",
            [run.project_id.id, run.id],
        )

    # ------------------------------------------------------------- batches

    @api.model
    def _help(self, run):
        """Load a batch in a worker that does not lead the run; False if there is none to take."""
        project = silent(run.project_id)
        registry = self.env.registry
        if registry.__dict__.get(HELPED) != run.id:
            bulk.forget(self.env)
            setattr(registry, HELPED, run.id)
        before = bulk.get_roads(self.env)
        share = self.with_env(project.env)._work(run, project)
        if share:
            roads = bulk.subtract_roads(bulk.get_roads(self.env), before)
            roads = bulk.add_roads(share["roads"], roads)
            self.env.cr.execute(
                "UPDATE crm_migration_share SET roads = %s WHERE id = %s",
                [json.dumps(roads), share["id"]],
            )
        return bool(share)

    @api.model
    def _work(self, run, project):
        """Do a part of the work of the longest share that nobody has; return that, or None."""
        share = self._take(run)
        if share and share["last_id"]:
            self._assign(run, project, share)
        elif share:
            self._load(run, project, share)
        return share

    @api.model
    @garbage.kept()
    def _assign(self, run, project, share):
        """Note the shares of the rows between two IDs; those that belong together have the same."""
        self.env.cr.execute(
            "SELECT id FROM crm_migration_share WHERE run_id = %s ORDER BY number", [run.id]
        )
        shares = [row[0] for row in self.env.cr.fetchall()]
        loader = self.env["crm.migration.loader"]
        for entity in share["entities"]:
            target = self._get_target(project, entity)
            entity_map = self._narrow(loader._get_entity_map(project, entity), target._share_fields)
            condition = SQL("AND id <= %s %s", share["last_id"], self._get_shareable(target))
            also = SQL("source_key, COALESCE(sort_key, '')")
            for rows in loader._read_mapped(
                project, entity_map, condition, also, share["first_id"] - 1
            ):
                items = [
                    Item({"id": record_id, "entity": entity, "source_key": key}, mapped)
                    for record_id, key, __, mapped in rows
                ]
                keys = target._get_share_keys(items, Resolver(project))
                chosen = [shares[crc32(key.encode()) % len(shares)] for key in keys]
                insert_rows(
                    self.env.cr,
                    "crm_migration_share_row",
                    {"share_id": "int", "sort_key": "varchar", "record_id": "int"},
                    [(one, row[2], row[0]) for one, row in zip(chosen, rows, strict=True)],
                )
        self.env.cr.execute(
            'UPDATE crm_migration_share SET "left" = 0 WHERE id = %s', [share["id"]]
        )

    @api.model
    def _load(self, run, project, share):
        """Load the next batch of a share."""
        loader = self.env["crm.migration.loader"]
        size = loader._limit(project, share["entities"], project.batch_size)
        size = math.ceil(share["left"] / math.ceil(share["left"] / (size * ROUNDING)))
        taken = self._take_rows(share, size)
        rows = [row for row in taken if row["state"] == "staged"]
        if rows:
            batch = Batch(rows, loader._get_maps(project, rows))
            loader._load_batch(run, project, batch, sharing=True)
        for entity, count in self._count_done(rows):
            share["done"][entity] = share["done"].get(entity, 0) + count
        self._note(share, taken)

    @api.model
    def _take_rows(self, share, size):
        """Return the next rows of a share, in load order."""
        self.env.cr.execute(
            SQL(
                """SELECT staged.*, place FROM (
                       SELECT record_id, sort_key AS place FROM crm_migration_share_row
                        WHERE share_id = %s AND (sort_key, record_id) > (%s, %s)
                        ORDER BY sort_key, record_id LIMIT %s) AS batch,
                   LATERAL (
                       SELECT %s FROM crm_migration_record WHERE id = record_id OFFSET 0) AS staged
                    ORDER BY place, record_id""",
                share["id"],
                share["last_key"],
                share["last_row"],
                size,
                staged_rows.get_columns(),
            )
        )
        return staged_rows.fetch(self.env.cr)

    @api.model
    def _count_done(self, rows):
        """Return [(entity, count)] of the rows of a batch without those that were set aside."""
        self.env.cr.execute(
            SQL(
                """SELECT entity, count(*) FROM crm_migration_record
                    WHERE id = ANY(%s) AND state != 'staged' GROUP BY entity""",
                as_array("int", [row["id"] for row in rows]),
            )
        )
        return self.env.cr.fetchall()

    @api.model
    def _take(self, run):
        self.env.flush_all()
        self.env.cr.execute(
            """SELECT id, entities, first_id, last_id, "left", COALESCE(last_key, '') AS last_key,
                      last_row, COALESCE(done, '{}') AS done, COALESCE(roads, '{}') AS roads
                 FROM crm_migration_share
                WHERE run_id = %s AND "left" > 0
                ORDER BY "left" DESC, number LIMIT 1 FOR UPDATE SKIP LOCKED""",
            [run.id],
            # A share that another worker wrote since our snapshot: we look again, it is no error.
            log_exceptions=False,
        )
        return self.env.cr.dictfetchone()

    @api.model
    def _note(self, share, taken):
        """Note how far a share is.

        A row that failed is left behind, for the one worker that loads what the step leaves: what
        it met may be another worker's record of this moment, an address on the blacklist.
        """
        last = taken[-1] if taken else {"place": share["last_key"], "id": share["last_row"]}
        self.env.cr.execute(
            """UPDATE crm_migration_share
                  SET "left" = %s, last_key = %s, last_row = %s, done = %s WHERE id = %s""",
            [
                max(share["left"] - len(taken), 0) if taken else 0, last["place"], last["id"],
                json.dumps(share["done"]), share["id"],
            ],
        )  # fmt: skip


class CrmMigrationShareRow(models.Model):
    """A staged row of a share: who marked the staged rows themselves wrote all of them anew."""

    _name = "crm.migration.share.row"
    _description = "Row of a Share"
    _log_access = False

    share_id = BulkMany2one("crm.migration.share", required=True, ondelete="cascade")
    sort_key = fields.Char(required=True, help="Load order inside the share.")
    record_id = fields.Integer(required=True, help="The staged row.")

    _next_index = models.Index("(share_id, sort_key, record_id)")
