import json
import logging
import math
import time
from zlib import crc32

from odoo import api, fields, models
from odoo.tools import SQL, config

from ..engine.mapping import EntityMap
from . import bulk
from .inserting import unnest
from .item import Item
from .resolver import Resolver
from .silence import silent

_logger = logging.getLogger(__name__)

# System parameter: how many workers load at once. Without it as many as Odoo has cron workers in
# processes of their own; threads of one process would only wait for each other.
PARAMETER = "crm_migration.workers"
# More than any machine has workers, so that all of them end a step at about the same time.
MOST_SHARES = 16
# A share that is a little longer than a batch is one batch.
ROUNDING = 1.2
# Seconds until whoever has to wait for the others' batches looks again.
PAUSE = 0.2
# Where a registry keeps which run its process helped last: the roads of that run are known.
HELPED = "crm_migration_helped"
# Scheduled actions that help a load in a plain Odoo.
HELPERS = 3


class CrmMigrationShare(models.Model):
    """A part of the rows of a load's step, which one worker at a time loads a batch of.

    Rows that would write the same records are in one share: the persons of a company, the history
    of a record, in its order. Whoever takes a share locks its row, and notes there what it loaded
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
    left = fields.Integer(help="Rows that are not loaded yet.")
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
        return MOST_SHARES if self._has_queue() else config["max_cron_threads"] or 1

    @api.model
    def _has_queue(self):
        """Return whether OCA's ``queue_job`` is installed: an optional dependency."""
        return "queue.job" in self.env

    @api.model
    def _go_on(self, run, project):
        """Do what several workers can do at once; False if what is next is for one of them.

        Steps: open the shares of the next entities, take batches of them as the helpers do, close
        them once all are empty. What a step leaves (rows that exist already, that may be somebody
        else, that failed) is loaded by one worker before the next entities are.
        """
        if step := run.cursor.get("step"):
            self._lead(run, project, step)
            return True
        return self._get_workers(run) > 1 and self._open(run, project)

    @api.model
    def _lead(self, run, project, step):
        worked = self._load_free(run, project)
        left, done = self._sum(run)
        run.processed = step["processed"] + sum(done.values())
        counts = {
            entity: step["done"].get(entity, 0) + done.get(entity, 0)
            for entity in step["done"].keys() | done.keys()
        }
        run.counters = run.counters | {"done": counts}
        if not left:
            self._close(run)
        elif not worked:
            time.sleep(PAUSE)

    @api.model
    def _open(self, run, project):
        """Share out the rows of the next entities, where there are enough; True if it did."""
        loader = self.env["crm.migration.loader"]
        entities = loader._get_next_group(project)
        if not entities or entities[0] in run.cursor.get("shared", []):
            return False
        run.cursor = run.cursor | {"shared": [*run.cursor.get("shared", []), entities[0]]}
        target = self._get_target(project, entities[0])
        if not target._can_share(project, entities):
            return False
        shareable = SQL(
            """AND state = 'staged' AND res_id IS NULL AND in_circle IS NOT TRUE %s
               AND NOT EXISTS (SELECT 1 FROM crm_migration_duplicate d
                                WHERE d.record_id = crm_migration_record.id)""",
            target._get_share_condition(),
        )
        size = loader._limit(project, entities, project.batch_size)
        count = self._count(project, entities, shareable)
        if count < 2 * size:
            return False
        number = min(max(count // size, 2), MOST_SHARES)
        lefts = [0] * number
        for entity in entities:
            self._assign(project, target, entity, shareable, lefts)
        self._store(run, entities, lefts)
        done = (run.counters or {}).get("done") or {}
        step = {"entities": entities, "processed": run.processed, "done": done}
        run.cursor = run.cursor | {"step": step}
        self._call_helpers(run)
        return True

    @api.model
    def _get_target(self, project, entity):
        mapping = project.mapping_ids.filtered(lambda one: one.entity == entity)
        return self.env[f"crm.migration.target.{mapping.target}"]

    @api.model
    def _count(self, project, entities, shareable):
        self.env.cr.execute(
            SQL(
                """SELECT count(*) FROM crm_migration_record
                    WHERE project_id = %s AND entity = ANY(%s) %s""",
                project.id,
                entities,
                shareable,
            )
        )
        return self.env.cr.fetchone()[0]

    @api.model
    def _assign(self, project, target, entity, shareable, lefts):
        """Note with each row its share: rows that belong together get the same one.

        :param lefts: rows of each share so far; counted on
        """
        loader = self.env["crm.migration.loader"]
        self.env.cr.execute(
            """UPDATE crm_migration_record SET share = NULL
                WHERE project_id = %s AND entity = %s AND state = 'staged' AND share IS NOT NULL""",
            [project.id, entity],
        )
        entity_map = self._narrow(loader._get_entity_map(project, entity), target._share_fields)
        also = SQL("entity, source_key")
        for rows in loader._read_cells(project, entity_map, shareable, also):
            items = [
                Item(
                    {"id": row[0], "entity": row[1], "source_key": row[2]},
                    entity_map.map_row(row[3]),
                )
                for row in rows
            ]
            resolver = Resolver(project)
            resolver.prefetch([item.mapped for item in items])
            keys = target._get_share_keys(items, resolver)
            shares = [
                (item.record["id"], crc32(key.encode()) % len(lefts))
                for item, key in zip(items, keys, strict=True)
            ]
            for __, number in shares:
                lefts[number] += 1
            self.env.cr.execute(
                SQL(
                    """UPDATE crm_migration_record r SET share = v.share
                         FROM %s AS v(id, share) WHERE r.id = v.id""",
                    unnest(("int", "int"), shares),
                )
            )

    @api.model
    def _narrow(self, entity_map, names):
        """Return the map with only what tells where a row belongs: it runs over all rows."""
        rules = [rule for rule in entity_map.rules if rule.field in names]
        return EntityMap(
            entity_map.entity, entity_map.target, entity_map.constants, rules,
            entity_map.values, entity_map.defaults,
        )  # fmt: skip

    @api.model
    def _store(self, run, entities, lefts):
        self.search([("run_id", "=", run.id)]).unlink()
        self.create(
            [
                {
                    "project_id": run.project_id.id,
                    "run_id": run.id,
                    "number": number,
                    "entities": entities,
                    "left": left,
                }
                for number, left in enumerate(lefts)
                if left
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
        share = self.with_env(project.env)._load_free(run, project)
        if share:
            roads = bulk.subtract_roads(bulk.get_roads(self.env), before)
            roads = bulk.add_roads(share["roads"], roads)
            self.env.cr.execute(
                "UPDATE crm_migration_share SET roads = %s WHERE id = %s",
                [json.dumps(roads), share["id"]],
            )
        return bool(share)

    @api.model
    def _load_free(self, run, project):
        """Load a batch of the longest share that nobody has; return that, or None."""
        share = self._take(run)
        if not share:
            return None
        loader = self.env["crm.migration.loader"]
        size = loader._limit(project, share["entities"], project.batch_size)
        size = math.ceil(share["left"] / math.ceil(share["left"] / (size * ROUNDING)))
        mine = SQL("AND share = %s", share["number"])
        rows = loader._take_batch(project, size, mine, [share["entities"]])
        if rows:
            loader._load_batch(run, project, rows, sharing=True)
        for entity, count in self._count_done(rows):
            share["done"][entity] = share["done"].get(entity, 0) + count
        self._note(share, left=share["left"] - len(rows) if rows else 0)
        return share

    @api.model
    def _count_done(self, rows):
        """Return [(entity, count)] of the rows of a batch without those that were set aside."""
        self.env.cr.execute(
            """SELECT entity, count(*) FROM crm_migration_record
                WHERE id = ANY(%s) AND state != 'staged' GROUP BY entity""",
            [[row["id"] for row in rows]],
        )
        return self.env.cr.fetchall()

    @api.model
    def _take(self, run):
        self.env.flush_all()
        self.env.cr.execute(
            """SELECT id, number, entities, "left", COALESCE(done, '{}') AS done,
                      COALESCE(roads, '{}') AS roads
                 FROM crm_migration_share
                WHERE run_id = %s AND "left" > 0
                ORDER BY "left" DESC, number LIMIT 1 FOR UPDATE SKIP LOCKED""",
            [run.id],
            # A share that another worker wrote since our snapshot: we look again, it is no error.
            log_exceptions=False,
        )
        return self.env.cr.dictfetchone()

    @api.model
    def _note(self, share, left):
        self.env.cr.execute(
            'UPDATE crm_migration_share SET "left" = %s, done = %s WHERE id = %s',
            [max(left, 0), json.dumps(share["done"]), share["id"]],
        )

    @api.model
    def _set_aside(self, row):
        """Leave a row that failed to the one worker that loads what the step leaves.

        What it met may be another worker's record of this moment: an address on the blacklist.
        """
        self.env.cr.execute(
            "UPDATE crm_migration_record SET share = NULL WHERE id = %s", [row["id"]]
        )
