import logging
import re
import time
from itertools import chain, zip_longest

from odoo import api, models
from odoo.tools import SQL

from ..engine.exceptions import ConfigurationError
from ..engine.mapping import EntityMap, fold
from ..engine.types import Problem
from . import bulk, contact_counts, garbage, snapshots, staged_rows
from .batch import Batch
from .behind import Behind
from .disturbance import is_passing
from .inserting import as_array, unnest
from .item import Item
from .logged import Logged
from .outlook import Outlook
from .resolver import Resolver
from .silence import is_silent, silent
from .targets.crm_migration_target_activity import NOON
from .trees import arrange
from .xmlid import xmlid_name

_logger = logging.getLogger(__name__)

# Mapped values that say when something of the history was.
TIMES = ("date", "date_done", "date_deadline", "x_source_created_at", "done")
# Markup that acts, which Odoo removes when it stores a text. Each looked for by itself, where its
# sign is: one pattern of all three tries each of them at each letter, and takes ten times as long.
ACTIVE_TAG = re.compile(
    r"<(?:script|style|iframe|object|embed|form|meta|link|base|svg|title|!)", re.IGNORECASE
)
ACTIVE_ATTRIBUTE = re.compile(r"\son\w+\s*=", re.IGNORECASE)
ACTIVE_ADDRESS = re.compile(r"javascript:", re.IGNORECASE)
# Inline images it takes out itself.
INLINE_IMAGE = "data:image"
# Rows of which some cells are read at once.
READ_ROWS = 5000
# Where a registry keeps maps ready, and how many: those of some projects.
MAPS = "crm_migration_maps"
MOST_MAPS = 64
# Seconds that a batch may take which changes records that people may be at work with: whoever saves
# one of these waits for its end. And the rows of the first one, and at least of each.
CHANGING_SECONDS = 0.5
CHANGING_ROWS = 50
# Batches of one transaction, and seconds after which those that are left wait for the next step.
STEP_BATCHES = 4
STEP_SECONDS = 2
# Statistics of 300 times as many rows; PostgreSQL's own 100 read most of a first load.
STATISTICS = 20
# Seconds after which the next part of a run's beginning waits for the next step.
BEGINNING_SECONDS = 20
# Links that were missing at the load; the record landed without them.
MISSING_LINKS = (
    "missing_company", "missing_parent", "missing_contact", "attendee_unknown",
    "recipient_unknown", "sender_unknown",
)  # fmt: skip


def is_active(text):
    """Tell whether a text has markup that acts."""
    return bool(
        ACTIVE_TAG.search(text)
        or ("=" in text and ACTIVE_ATTRIBUTE.search(text))
        or (":" in text and ACTIVE_ADDRESS.search(text))
    )


class CrmMigrationLoader(models.AbstractModel):
    """Staged records in, Odoo records out: sample, load and delta alike.

    A batch's Odoo writes, its staged states, its log lines and its issues commit together.
    """

    _name = "crm.migration.loader"
    _description = "Loader"

    def _register_hook(self):
        """Keep automation rules quiet during a load.

        ``base_automation`` may not be installed, so it cannot be inherited; it asks
        ``_get_actions`` before it acts on any create or write (odoo19.md, section 2).
        """
        super()._register_hook()
        automation = self.env.registry.get("base.automation")
        if automation is not None and not hasattr(automation._get_actions, "crm_migration_origin"):
            origin = automation._get_actions

            def _get_actions(self, records, triggers):
                if is_silent(records.env):
                    return self.browse()
                return origin(self, records, triggers)

            _get_actions.crm_migration_origin = origin
            automation._get_actions = _get_actions

    # ------------------------------------------------------------- run

    @api.model
    def _step(self, run):
        """Load the next batch; True while there is more.

        Steps: begin (once), let several workers load what they can, take the next staged records
        in load order, load them; once none is left, end.
        """
        project = silent(run.project_id)
        service = self.with_env(project.env)
        if "begun" not in (run.cursor or {}) and not service._begin(run, project):
            return True
        if self.env["crm.migration.share"].with_env(project.env)._go_on(run, project):
            return True
        rows = service._take_at_pace(run, project)
        if not rows:
            return service._end(run, project)
        started = time.monotonic()
        batches = Batch(rows, service._get_maps(project, rows)).split(project.batch_size)
        done = service._load_batches(run, project, batches)
        service._note_pace(run, done, time.monotonic() - started)
        run.processed += len(done)
        run.counters = service._count_batch(run.counters or {}, done)
        return True

    @api.model
    def _begin(self, run, project):
        """Do what a load begins with; False if there is more of it for the next step."""
        matcher = self.env["crm.migration.matcher"]
        parts = [
            self._check_start, self._renew_statistics, self._stage_again, self._set_sort_keys,
            matcher._find,
        ]  # fmt: skip
        if not self._take_parts(run, project, parts):
            return False
        self._count_up(run, project)
        return True

    @api.model
    @garbage.kept()
    def _take_parts(self, run, project, parts):
        """Do the next parts of a run's beginning; False if there are more for the next step.

        With millions of rows all together take longer than Odoo gives a scheduled action.
        """
        until = time.monotonic() + BEGINNING_SECONDS
        for place in range((run.cursor or {}).get("part", 0), len(parts)):
            parts[place](project)
            if time.monotonic() > until and place + 1 < len(parts):
                run.cursor = {"part": place + 1}
                return False
        return True

    @api.model
    def _check_start(self, project):
        self._check_fields(project)
        self.env["crm.migration.fetching"]._check_room(project)

    @api.model
    def _renew_statistics(self, project):
        """Tell the database how many rows are staged: without it, it sorted all of them for each
        batch, until an autovacuum came by. These columns have few values: some thousand rows tell.
        """
        self.env.cr.execute(
            """SET LOCAL default_statistics_target = %s;
               ANALYZE crm_migration_record (project_id, entity, state);
               SET LOCAL default_statistics_target TO DEFAULT""",
            [STATISTICS],
        )

    @api.model
    def _count_up(self, run, project):
        """Count what there is to do, now that all is known."""
        bulk.forget(self.env)
        self.env.cr.execute(
            """SELECT entity, count(*) FROM crm_migration_record
                WHERE project_id = %s AND state = 'staged' GROUP BY entity""",
            [project.id],
        )
        totals = dict(self.env.cr.fetchall())
        run.total = sum(totals.values())
        run.counters = {"totals": totals}
        run.cursor = {"begun": True}
        if changing := self._get_changing(project):
            pace = {"group": [], "rows": CHANGING_ROWS}
            run.cursor = run.cursor | {"changing": changing, "pace": pace}

    @api.model
    def _stage_again(self, project):
        """Stage what is worth another try: held, failed, or with a link that has landed since.

        The second row of an ID, and a value without its record, only another export can help.
        """
        self.env.cr.execute(
            """UPDATE crm_migration_record SET state = 'staged'
                WHERE project_id = %s AND (state = 'failed' OR (state = 'held' AND NOT EXISTS (
                      SELECT 1 FROM crm_migration_issue i
                       WHERE i.record_id = crm_migration_record.id
                         AND i.code IN ('repeated_key', 'orphan_value'))))
            """,
            [project.id],
        )
        self._relink(project)
        self._recount(project)
        self._note_contact_counts(project)

    @api.model
    def _relink(self, project):
        """Stage records again whose missing link has landed since: a delta brought it; how many.

        Three sets that are hashed: one join over all three columns took minutes. So did a join with
        the issues, right after a load, where the database does not know yet how many there are.
        """
        self.env.cr.execute(
            """WITH landed AS MATERIALIZED (
                   SELECT source_key, match_name, match_email FROM crm_migration_record
                    WHERE project_id = %(project)s AND res_id IS NOT NULL)
               UPDATE crm_migration_record SET state = 'staged'
                WHERE res_id IS NOT NULL AND state != 'staged' AND id = ANY(ARRAY(
                      SELECT record_id FROM crm_migration_issue
                       WHERE project_id = %(project)s AND code = ANY(%(codes)s) AND state = 'open'
                         AND (value IN (SELECT source_key FROM landed)
                              OR lower(value) IN (SELECT match_name FROM landed)
                              OR lower(value) IN (SELECT match_email FROM landed))))
            """,
            {"project": project.id, "codes": list(MISSING_LINKS)},
        )
        return self.env.cr.rowcount

    @api.model
    def _recount(self, project):
        """Stage companies again that contacts of a newer export name: they are counted (SP-38)."""
        for line in Resolver(project)._read_contact_lines():
            by_id = line.reference == "company.id"
            key, text = ("source_key", "trim(%s)") if by_id else (
                "match_name", "lower(regexp_replace(trim(%s), '\\s+', ' ', 'g'))"
            )  # fmt: skip
            old, new = (text % f"c.{name} ->> %(column)s" for name in ("loaded_payload", "payload"))
            self.env.cr.execute(
                f"""UPDATE crm_migration_record r SET state = 'staged'
                     WHERE r.project_id = %(project)s AND r.entity = 'company'
                       AND r.state IN ('created', 'updated', 'unchanged', 'merged')
                       AND r.{key} IN (
                           SELECT named.key FROM crm_migration_record c
                            CROSS JOIN LATERAL (VALUES ({old}), ({new})) AS named(key)
                            WHERE c.project_id = %(project)s AND c.entity = %(entity)s
                              AND c.state = 'staged' AND c.extract_run_id > r.load_run_id
                              AND {old} IS DISTINCT FROM {new})""",
                {"column": line.column, "project": project.id, "entity": line.entity},
            )

    @api.model
    def _note_contact_counts(self, project, condition=None):
        """Count the contacts of companies.

        :param condition: of which ones, in SQL on ``r``; of all staged ones, if none is given
        """
        condition = condition or SQL("r.state = 'staged'")
        contact_counts.note(project, Resolver(project)._read_contact_lines(), condition)

    @api.model
    def _check_fields(self, project):
        """Refuse to start while a field of the map is missing (SP-05).

        :raises ConfigurationError: naming the fields
        """
        missing = [
            line.target_field
            for line in project.line_ids.filtered(lambda line: line.state == "confirmed")
            if line.new_type
            and line.target_field
            not in self.env[
                self.env[f"crm.migration.target.{line.mapping_id.target}"]._get_model()
            ]._fields
        ]
        if missing:
            raise ConfigurationError("fields_missing", fields=", ".join(sorted(set(missing))))

    @api.model
    def _set_sort_keys(self, project, ids=None):
        """Order history by its time: the chatter sorts messages by ID (odoo19.md, rule 7).

        Companies are ordered by their depth in their tree.

        :param ids: staged records of a sample; all, if none are given
        """
        arrange(project)
        chosen = SQL("AND id = ANY(%s)", ids) if ids is not None else SQL()
        mappings = project.mapping_ids.filtered(lambda m: m.target == "timeline")
        staged = SQL(
            "project_id = %s AND entity = ANY(%s) AND state = 'staged'",
            project.id, mappings.mapped("entity"),
        )  # fmt: skip
        tables, looks = {"crm_migration_record": staged}, self.env["crm.migration.look"].sudo()
        if looks._is_known(project, "sort", tables):
            return
        for mapping in mappings:
            entity_map = self._get_entity_map(project, mapping.entity)
            columns = {c for name in TIMES for c in entity_map.columns_of(name)}
            entity_map = self._narrow_map(entity_map, columns)
            self._sort_history(project, entity_map, chosen)
        if ids is None:
            looks._note(project, "sort", tables)

    @api.model
    def _sort_history(self, project, entity_map, chosen):
        """Note the time of each staged row, a few thousand at a time."""
        staged = SQL("AND state = 'staged' %s", chosen)
        for rows in self._read_mapped(project, entity_map, staged):
            keys = [(record_id, self._get_sort_key(mapped.values)) for record_id, mapped in rows]
            self.env.cr.execute(
                SQL(
                    """UPDATE crm_migration_record r SET sort_key = v.sort_key
                         FROM %s AS v(id, sort_key)
                        WHERE r.id = v.id AND r.sort_key IS DISTINCT FROM v.sort_key""",
                    unnest(("int", "varchar"), keys),
                )
            )

    @api.model
    def _read_mapped(self, project, entity_map, condition=None, also=None, last_id=0):
        """Yield lists of ``(ID, …, mapped row)``: only the columns that the map reads.

        :param condition: which staged records, in SQL; all but skipped ones, if none is given
        :param also: further expressions in SQL, between ID and mapped row
        :param last_id: behind which ID to begin
        """
        columns = sorted({rule.column for rule in entity_map.rules})
        cells = [SQL("payload ->> %s", column) for column in columns]
        wanted = SQL(", ").join([SQL("id"), *([also] if also else []), *cells])
        while True:
            self.env.cr.execute(
                SQL(
                    """SELECT %s FROM crm_migration_record
                        WHERE project_id = %s AND entity = %s AND id > %s %s
                        ORDER BY id LIMIT %s""",
                    wanted,
                    project.id,
                    entity_map.entity,
                    last_id,
                    condition or SQL("AND state != 'skipped'"),
                    READ_ROWS,
                )
            )
            rows = self.env.cr.fetchall()
            if not rows:
                return
            last_id, first = rows[-1][0], len(rows[0]) - len(columns)
            mapped = entity_map.map_rows(
                [dict(zip(columns, row[first:], strict=True)) for row in rows]
            )
            yield [(*row[:first], one) for row, one in zip(rows, mapped, strict=True)]

    @api.model
    def _get_sort_key(self, values):
        """Return the time of a row's message: of a done task, when it was done."""
        when = values.get("date") or values.get("x_source_created_at")
        if values.get("done"):
            due = values.get("date_deadline") or when
            return values.get("date_done") or (f"{due[:10]} {NOON}" if due else "")
        return when or values.get("date_done") or ""

    @api.model
    def _narrow_map(self, entity_map, columns):
        rules = [rule for rule in entity_map.rules if rule.column in columns]
        return EntityMap(entity_map.entity, entity_map.target, {}, rules, {}, entity_map.defaults)

    @api.model
    def _count_batch(self, counters, rows):
        """Return the counters with a batch more; the outcomes are counted at the end."""
        done = dict(counters.get("done") or {})
        for row in rows:
            done[row["entity"]] = done.get(row["entity"], 0) + 1
        return counters | {"done": done}

    @api.model
    def _limit(self, project, group, size):
        """Return how many rows of a group fit into a batch: some take long one by one."""
        targets = project.mapping_ids.filtered(lambda m: m.entity in group).mapped("target")
        most = [self.env[f"crm.migration.target.{name}"]._get_most(project) for name in targets]
        return min([size, *filter(None, most)])

    @api.model
    def _take_batch(self, project, size, chosen=None, first=0):
        """Return the next staged records of the first group that has some.

        A group is what loads together: an entity, or all history in order of time.

        :param chosen: which staged records, in SQL; all, if none is given
        :param first: place of the group to look at first; those before it come last
        """
        groups = self._get_groups(project)
        for group in groups[first:] + groups[:first]:
            most = self._limit(project, group, size)
            # Each entity's own next ones, by the index, then the first of these: a sort of all
            # staged rows for each batch would cost more the more rows there are. Looked up one by
            # one: some ten thousand rows were all read and hashed for each batch.
            self.env.cr.execute(
                SQL(
                    """SELECT staged.* FROM (
                           SELECT next.id, next.sort_key FROM unnest(%s::varchar[]) AS kind(entity),
                           LATERAL (
                               SELECT id, sort_key FROM crm_migration_record
                                WHERE project_id = %s AND entity = kind.entity
                                  AND state = 'staged' %s
                                ORDER BY sort_key, id LIMIT %s) AS next
                            ORDER BY next.sort_key, next.id LIMIT %s) AS batch,
                       LATERAL (
                           SELECT %s FROM crm_migration_record
                            WHERE id = batch.id OFFSET 0) AS staged
                        ORDER BY batch.sort_key, batch.id""",
                    group,
                    project.id,
                    chosen or SQL(),
                    most,
                    most,
                    staged_rows.get_columns(),
                )
            )
            rows = staged_rows.fetch(self.env.cr)
            if rows:
                return rows
        return []

    @api.model
    def _take_at_pace(self, run, project):
        """Return the next batch: a short one where it may change records that are in use."""
        pace, first = run.cursor.get("pace"), run.cursor.get("group", 0)
        size = project.batch_size * STEP_BATCHES
        if pace:
            size = min(project.batch_size, pace["rows"])
        rows = self._take_batch(project, size, None, first)
        group = self._get_group(project, rows)
        if rows:
            run.cursor = run.cursor | {"group": self._get_groups(project).index(group)}
        if not pace:
            return rows
        if group != pace["group"] and set(group) & set(run.cursor["changing"]):
            return rows[:CHANGING_ROWS]
        return rows

    @api.model
    def _get_group(self, project, rows):
        return next(
            (one for one in self._get_groups(project) if rows and rows[0]["entity"] in one), []
        )

    @api.model
    def _note_pace(self, run, rows, seconds):
        """Note how many of the next rows take half a second, where that matters."""
        if "pace" not in run.cursor:
            return
        group, most = self._get_group(run.project_id, rows), run.project_id.batch_size
        if set(group) & set(run.cursor["changing"]):
            # Twice as many at most: a few quick rows say little of those that follow. And never
            # so few that what each batch costs besides is most of it, as on a busy machine.
            most = round(len(rows) * min(CHANGING_SECONDS / max(seconds, 0.001), 2))
            most = max(most, CHANGING_ROWS)
        run.cursor = run.cursor | {"pace": {"group": group, "rows": most}}

    @api.model
    def _get_changing(self, project):
        """Return the entities of which a load may change records that exist."""
        self.env.cr.execute(
            """SELECT DISTINCT entity FROM crm_migration_record r
                WHERE project_id = %s AND state = 'staged' AND (res_id IS NOT NULL OR (%s
                      AND EXISTS (SELECT 1 FROM crm_migration_duplicate d
                                   WHERE d.record_id = r.id)))""",
            [project.id, project.duplicate_policy != "keep"],
        )
        return [row[0] for row in self.env.cr.fetchall()]

    @api.model
    def _get_next_group(self, project):
        """Return the entities that are loaded next; none at the end."""
        return self._get_group(project, self._take_batch(project, 1))

    @api.model
    def _get_groups(self, project):
        """Return lists of entities in load order: owners, companies, contacts, deals, history."""
        groups = []
        for mapping in project.mapping_ids.sorted("sequence"):
            if mapping.target == "timeline" and groups and groups[-1][0] == "timeline":
                groups[-1][1].append(mapping.entity)
            else:
                groups.append((mapping.target, [mapping.entity]))
        return [entities for __, entities in groups]

    @api.model
    def _end(self, run, project):
        """Do what is left once no row is staged; True while there is more.

        Steps: stage what waited again, give records the source's dates, finish.
        """
        outcomes = project._get_outcomes()
        if self._try_waiting(run, project, outcomes):
            return True
        if self.env["crm.migration.history"]._apply(run, project):
            return True
        self._finish(run, project, outcomes)
        return False

    @api.model
    def _try_waiting(self, run, project, outcomes):
        """Stage the records that wait for another one again, as long as that lets some more land.

        So the order inside an entity does not matter: a subsidiary may stand before its parent.
        """
        landed = sum(
            counts[state]
            for counts in outcomes.values()
            for state in ("created", "updated", "unchanged", "merged")
        )
        if run.cursor.get("landed") == landed:
            return False
        run.cursor = run.cursor | {"landed": landed}
        self.env.cr.execute(
            """UPDATE crm_migration_record r SET state = 'staged'
                WHERE project_id = %s AND state = 'held' AND EXISTS (
                      SELECT 1 FROM crm_migration_issue i
                       WHERE i.record_id = r.id AND i.code = 'waits_for')""",
            [project.id],
        )
        waiting = self.env.cr.rowcount
        # What this load brought may be what others missed: a delta's contact, its older emails.
        waiting += self._relink(project)
        run.total += waiting
        return waiting > 0

    @api.model
    def _finish(self, run, project, outcomes):
        roads = bulk.add_roads(run.cursor.get("roads", {}), bulk.get_roads(self.env))
        for model, road in roads.items():
            _logger.info("Run %s, %s: %s", run.id, model, road)
        run.counters = {"entities": outcomes, "roads": roads}
        compared = Outlook(project).compare(run)
        if compared:
            run.counters = run.counters | {"forecast": compared}
        self.env["crm.migration.collector"]._collect(project)
        self.env["crm.migration.gotcha"]._check(project)

    # ------------------------------------------------------------- batch

    @api.model
    @garbage.kept()
    def _load_batches(self, run, project, batches):
        """Load batches together, as many as there is time for; return the rows that were loaded.

        If they fail together, each is loaded for itself.
        """
        until, done = time.monotonic() + STEP_SECONDS, []
        try:
            with self.env.cr.savepoint():
                done += self._load_in_line(run, project, batches, until)
                self.env.flush_all()
        except Exception as error:
            if is_passing(error):
                raise
            self.env.invalidate_all()
            for batch in batches:
                self._load_batch(run, project, batch)
                done += batch.rows
                if time.monotonic() > until:
                    break
        return done

    @api.model
    @garbage.kept()
    def _load_batch(self, run, project, batch, sharing=False):
        """Load rows; if they fail together, halve them until the bad record stands alone.

        :param sharing: several workers load: what fails stays staged, for one of them alone
        """
        try:
            with self.env.cr.savepoint():
                self._load_in_line(run, project, [batch])
                self.env.flush_all()
        except Exception as error:
            if is_passing(error):
                raise
            self.env.invalidate_all()
            if len(batch) == 1:
                if not sharing:
                    self._fail(run, project, batch.rows[0], error)
                return
            for half in batch.split(-(-len(batch) // 2)):
                self._load_batch(run, project, half, sharing)

    @api.model
    def _load_in_line(self, run, project, batches, until=None):
        """Load one batch after the other, until a time; return the rows that were loaded.

        The next batch is mapped while PostgreSQL settles the one before it, and loaded while it
        logs that.
        """
        done, known = [], {}
        with Behind(self.env.cr) as cr:
            for batch, following in zip_longest(batches, batches[1:]):
                place = self._load_rows(run, project, batch, cr, known)
                done += batch.rows
                if not following or time.monotonic() > until:
                    break
                following.map()
                # Rows may refer to those before them.
                cr.wait(place)
        return done

    @api.model
    def _load_rows(self, run, project, batch, cr, known):
        """Map, resolve, write, log.

        Steps: map the rows, fetch what they refer to, prepare values, load what is not held,
        settle states, log and issues.

        :param cr: for what is not waited for: see ``Behind``
        :param known: what the batches before it have found, and stays: see ``Resolver``
        :return: the place there behind which nothing is left that other rows may refer to
        """
        # PostgreSQL keeps the plans of foreign keys for as long as the connection lives: made for
        # a table that was small then, they read all of it for each new row.
        self.env.cr.execute("DISCARD PLANS")
        resolver = Resolver(project, known)
        items = self._prepare_batch(batch, resolver)
        self._add_old_values(project, items, resolver)
        ready = [item for item in items if not item.held]
        for target, group in self._group_by_target(ready):
            target._load(group, resolver)
        self.env["crm.migration.target.message"]._create_queued(resolver)
        return self._settle(run, project, items, cr)

    @api.model
    def _get_maps(self, project, rows):
        return {
            entity: self._get_entity_map(project, entity) for entity in {r["entity"] for r in rows}
        }

    @api.model
    def _prepare_items(self, project, rows, resolver):
        """Return prepared items; also what the verifier compares with."""
        return self._prepare_batch(Batch(rows, self._get_maps(project, rows)), resolver)

    @api.model
    def _prepare_batch(self, batch, resolver):
        items, maps = batch.take_items(), batch.maps
        resolver.prefetch([item.mapped for item in items])
        for target_name, group in self._group_items(items, lambda item: maps[item.entity].target):
            target = self.env[f"crm.migration.target.{target_name}"]
            for writer, part in target._split(group, resolver):
                writer._prepare(part, resolver)
        self._clean_markup(items)
        return items

    @api.model
    def _clean_markup(self, items):
        """Take active content out of texts before anything is written, compared or logged.

        Odoo does that when it stores them; what it stored would then look edited.
        """
        for model_name, group in self._group_items(items, lambda item: item.model):
            if model_name not in self.env:
                continue
            model = self.env[model_name]
            for field in model._fields.values():
                if field.type == "html":
                    self._clean_field(model, field, group)

    @api.model
    def _clean_field(self, model, field, items):
        for item in items:
            text = item.values.get(field.name)
            if text and is_active(text) and INLINE_IMAGE not in text:
                item.values[field.name] = str(field.convert_to_cache(text, model) or "")
                item.tell("active_content", field.name)

    @api.model
    def _add_old_values(self, project, items, resolver):
        """Note what the migration last wrote: what differs from it changed in the source.

        For records it created that is in the log, whole; for those it found in Odoo it is what
        the row that was loaded last says now, and what the log has on top.
        """
        known = [item for item in items if item.record["res_id"] and not item.held]
        if not known:
            return
        logged = Logged(project, known)
        rows = [
            item.record | {"payload": item.record["loaded_payload"] or item.record["payload"]}
            for item in known
        ]
        maps = {}
        for item, old in zip(known, self._prepare_items(project, rows, resolver), strict=True):
            item.loaded = old
            written = logged.values.get(item.record["id"], {})
            is_created = item.record["id"] in logged.created
            base = self._get_created_values(item, old) if is_created else old.values
            item.record["loaded_values"] = base | written
            if item.entity not in maps:
                maps[item.entity] = self._get_entity_map(project, item.entity)
            self._clear_emptied(item, old.values.keys() | written.keys(), maps[item.entity])

    @api.model
    def _clear_emptied(self, item, known, entity_map):
        """What the source has emptied since is emptied: its column is there, its cell is not.

        A column that a newer export does not have says nothing.

        :param known: fields that the last load had a value for
        """
        header = self.env["crm.migration.file"].browse(item.record["file_id"])._get_columns()
        for name in known - item.values.keys() - item.mapped.references.keys():
            columns = entity_map.columns_of(name)
            if columns and set(columns) <= set(header):
                item.values[name] = False

    @api.model
    def _get_created_values(self, item, old):
        """Return what the fields held that the log of a creation does not have.

        A value that was mapped then was empty; any other field got Odoo's default.
        """
        others = [name for name in item.values if name not in old.values]
        defaults = self.env[item.model].default_get(others) if others else {}
        return dict.fromkeys(old.values) | defaults

    @api.model
    def _group_items(self, items, key):
        groups = {}
        for item in items:
            groups.setdefault(key(item), []).append(item)
        return list(groups.items())

    @api.model
    def _group_by_target(self, items):
        return [
            (group[0].target, group)
            for __, group in self._group_items(items, lambda item: item.target._name)
        ]

    @api.model
    def _get_entity_map(self, project, entity):
        """Return the map of an entity as the engine runs it, or None; made anew if it changed."""
        # With the registry: what is installed says which model a target writes.
        maps = self.env.registry.__dict__.setdefault(MAPS, {})
        key = entity, self._get_map_digest(project)
        if key not in maps:
            if len(maps) >= MOST_MAPS:
                maps.clear()
            maps[key] = self._make_entity_map(project, entity)
        return maps[key]

    @api.model
    def _get_map_digest(self, project):
        """Return a fingerprint of all that the maps of a project are made of."""
        tables = ("mapping", "mapping.line", "mapping.value")
        for name in tables:
            self.env[f"crm.migration.{name}"].flush_model()
        self.env["res.currency"].flush_model()
        parts = [
            SQL(
                "(SELECT string_agg(t::text, '' ORDER BY id) FROM %s t WHERE project_id = %s)",
                SQL.identifier(self.env[f"crm.migration.{name}"]._table),
                project.id,
            )
            for name in tables
        ]
        parts.append(SQL("(SELECT string_agg(name || active, ',' ORDER BY id) FROM res_currency)"))
        self.env.cr.execute(
            SQL(
                "SELECT md5(concat(%s, %s, %s))",
                project.timezone or "",
                str(self.env.context.get("active_test")),
                SQL(", ").join(parts),
            )
        )
        return self.env.cr.fetchone()[0]

    @api.model
    def _make_entity_map(self, project, entity):
        mapping = project.mapping_ids.filtered(lambda m: m.entity == entity)
        if not mapping:
            return None
        values = {}
        for value in project.value_ids:
            if value.target_value:
                values.setdefault(value.domain, {})[fold(value.source_value)] = value.target_value
        return EntityMap(
            entity=entity,
            target=mapping.target,
            constants=dict(mapping.constants or {}),
            rules=[line._get_rule() for line in mapping.line_ids],
            values=values,
            defaults={
                "timezone": project.timezone or "UTC",
                # Which dollar or crown a bare sign means, if only one of them is in use here.
                "prefer": self.env["res.currency"].search([]).mapped("name"),
            },
        )

    # ------------------------------------------------------------- settle

    @api.model
    def _settle(self, run, project, items, cr):
        """Write states, external IDs, log and issues of a batch: one statement each.

        All is read first: what is written is not waited for. Returns as :meth:`_load_rows`.

        :param cr: for what only writes: see ``Behind``
        """
        for item in items:
            if item.held:
                item.outcome = "held"
        lines, issues = self._get_log_inserts(run, items), self._get_issues(run, project, items)
        self._set_states(run, items, cr)
        self._set_xmlids(project, [item for item in items if item.res_id], cr)
        place = cr.get_place()
        for statement in chain(lines, issues):
            cr.execute(statement)
        return place

    @api.model
    def _set_states(self, run, items, cr):
        rows = [
            (
                item.record["id"],
                item.outcome,
                item.model or None,
                item.res_id or None,
                fold(item.values["name"]) if item.values.get("name") else None,
                fold(item.values["email"]) if item.values.get("email") else None,
            )
            for item in items
        ]
        cr.execute(
            SQL(
                """UPDATE crm_migration_record r
                      SET state = v.state, model = COALESCE(v.model, r.model),
                          res_id = COALESCE(v.res_id, r.res_id), load_run_id = %s,
                          match_name = v.match_name, match_email = v.match_email,
                          previous_payload = CASE WHEN v.state = 'held' THEN r.previous_payload
                                                  ELSE r.loaded_payload END,
                          loaded_payload = CASE WHEN v.state = 'held' THEN r.loaded_payload END
                     FROM %s AS v(id, state, model, res_id, match_name, match_email)
                    WHERE r.id = v.id""",
                run.id,
                unnest(("int", "varchar", "varchar", "int", "varchar", "varchar"), rows),
            )
        )

    @api.model
    def _set_xmlids(self, project, items, cr):
        """Give records external IDs that survive an uninstall: under a prefix that is no module.

        As ``_update_xmlids`` does, which also remembers all of them for as long as the process
        lives.
        """
        rows = {
            xmlid_name(item.entity, item.key): (item.model, item.res_id)
            for item in items
            if item.outcome in ("created", "merged", "updated", "unchanged")
            and (item.outcome == "created" or not item.record["res_id"])
        }
        if not rows:
            return
        cr.execute(
            SQL(
                """INSERT INTO ir_model_data (module, name, model, res_id, noupdate)
                   SELECT %s, name, model, res_id, TRUE FROM %s AS v(name, model, res_id)
                   ON CONFLICT (module, name) DO UPDATE
                      SET model = excluded.model, res_id = excluded.res_id,
                          write_date = now() AT TIME ZONE 'UTC'
                    WHERE ir_model_data.res_id != excluded.res_id
                       OR ir_model_data.model != excluded.model
                   RETURNING create_date != write_date""",
                project._get_xmlid_module(),
                unnest(("varchar", "varchar", "int"), [(n, *where) for n, where in rows.items()]),
            ),
            then=self._forget_xmlids,
        )

    @api.model
    def _forget_xmlids(self, rows):
        """Clear what Odoo remembers if a name meant another record, removed behind its back."""
        if any(changed for (changed,) in rows):
            self.env.registry.clear_cache()

    @api.model
    def _get_log_inserts(self, run, items):
        """Return the statements that log what was done to records."""
        created = [item for item in items if item.outcome == "created"]
        for target, group in self._group_by_target(created):
            target._note_watched(group)
        made = snapshots.take(self.env, [key for item in items for key in item.companions])
        entries = []
        for item in items:
            if item.outcome == "created":
                values = item.target._get_log_values(item)
                entries.append((item.record["id"], item.model, item.res_id, "create", None, values))
            elif item.extra.get("after"):
                entries.append(
                    (
                        item.record["id"], item.model, item.res_id, "update",
                        item.extra["before"], item.extra["after"],
                    )
                )  # fmt: skip
            entries += [
                (item.record["id"], model, res_id, "create", None, made.get((model, res_id), {}))
                for model, res_id in item.companions
            ]
            entries += [
                (item.record["id"], model, res_id, "update", before, after)
                for model, res_id, before, after in item.side_effects
            ]
        # Lines of a kind together: the rollback undoes neighbours in one call.
        entries.sort(key=lambda entry: (entry[3], entry[1]))
        made = {(item.model, item.res_id) for item in created}
        return self.env["crm.migration.log"]._get_inserts(run, entries, made)

    @api.model
    def _get_issues(self, run, project, items):
        """Return the statements that replace what was told of these records before.

        Reading's own issues stay.
        """
        kept = ["repeated_row", "repeated_key", "missing_key", "ragged_row", "footer_row"]
        forget = SQL(
            """DELETE FROM crm_migration_issue
                WHERE record_id = ANY(%s) AND state = 'open' AND code != ALL(%s)""",
            as_array("int", [item.record["id"] for item in items]),
            kept,
        )
        problems = [
            (problem, item.record)
            for item in items
            for problem in self._merge_problems(item.problems)
        ]
        return chain([forget], self.env["crm.migration.issue"]._get_inserts(project, problems, run))

    @api.model
    def _merge_problems(self, problems):
        seen = {}
        for problem in problems:
            seen.setdefault((problem.code, problem.column, problem.value), problem)
        return seen.values()

    @api.model
    def _fail(self, run, project, row, error):
        """Turn one record into an issue; the others land."""
        _logger.info("Record %s of %s failed: %s", row["source_key"], row["entity"], error)
        self.env.cr.execute(
            "UPDATE crm_migration_record SET state = 'failed', load_run_id = %s WHERE id = %s",
            [run.id, row["id"]],
        )
        problem = Problem("record_failed", parameters={"detail": str(error)[:500]})
        item = Item(row, None, problems=[problem])
        for statement in self._get_issues(run, project, [item]):
            self.env.cr.execute(statement)
