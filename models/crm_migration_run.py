import logging
import random
import time
from datetime import timedelta

from odoo import SUPERUSER_ID, api, fields, models
from odoo.exceptions import UserError
from odoo.tools import format_datetime

from ..engine.exceptions import EngineError
from ..engine.types import Problem
from . import words
from .disturbance import is_conflict, is_passing
from .silence import quiet

_logger = logging.getLogger(__name__)

# The one that acts for each kind; each offers ``_step(run) -> bool`` (True: there is more).
SERVICES = {
    "extract": "crm.migration.extractor",
    "propose": "crm.migration.proposer",
    "schema": "crm.migration.schema",
    "sample": "crm.migration.sampler",
    "forecast": "crm.migration.forecaster",
    "load": "crm.migration.loader",
    "verify": "crm.migration.verifier",
    "rollback": "crm.migration.rollback",
    "purge": "crm.migration.purger",
}
# A cron worker is killed after 120 s; a slice of 10 s leaves room for the slowest batch.
SLICE_SECONDS = 10
# Conflicts with other writers in a row that are no accident any more; each costs one batch.
MAX_CONFLICTS = 50
# Seconds until a step is tried again after the disk or the database failed.
PATIENCE = 2
# Seconds until a scheduled action looks again for a share that nobody has.
PAUSE = 0.2
UNFINISHED = ("queued", "running")
# The channel of our jobs, where OCA's queue_job is installed; its runner makes it by itself.
CHANNEL = "root.crm_migration"
# Between two messages to the screens: Odoo opens a connection to the database for each.
SILENCE_SECONDS = 1
# When the screens were last told of a run: of the one that this process works on.
_told = {}


class CrmMigrationRun(models.Model):
    """One execution of one kind of work, in committed steps."""

    _name = "crm.migration.run"
    _description = "Migration Run"
    _order = "id desc"
    _rec_name = "kind"

    project_id = fields.Many2one(
        "crm.migration.project", required=True, index=True, ondelete="cascade"
    )
    kind = fields.Selection(
        [
            ("extract", "Read Files"),
            ("propose", "Propose"),
            ("schema", "Prepare"),
            ("sample", "Sample"),
            ("forecast", "Forecast"),
            ("load", "Load"),
            ("verify", "Verify"),
            ("rollback", "Rollback"),
            ("purge", "Purge"),
        ],
        required=True,
    )
    state = fields.Selection(
        [
            ("queued", "Waiting"),
            ("running", "Running"),
            ("paused", "Paused"),
            ("done", "Done"),
            ("failed", "Failed"),
            ("cancelled", "Cancelled"),
        ],
        default="queued",
        required=True,
    )
    user_id = fields.Many2one("res.users", default=lambda self: self.env.user, string="By")
    cursor = fields.Json(help="Where the work goes on after a stop.")
    parameters = fields.Json()
    counters = fields.Json(help="Results by entity.")
    processed = fields.Integer()
    total = fields.Integer()
    seconds = fields.Float(aggregator="sum", help="Time at work, without pauses.")
    started_at = fields.Datetime()
    ended_at = fields.Datetime()
    error = fields.Text()
    log_from = fields.Integer(aggregator=None, help="The last line of the log before it began.")
    log_lines = fields.Integer(aggregator=None, help="Lines of the log that it wrote.")
    log_digest = fields.Char(help="Fingerprint of these lines, taken when it ended.")
    log_digest_without_values = fields.Char(help="The same without the values of the records.")
    progress = fields.Float(compute="_compute_progress", aggregator=None)
    rate = fields.Float(
        compute="_compute_progress", string="Records per Second", digits=(10, 0), aggregator=None
    )
    time_left = fields.Char(compute="_compute_progress")

    # Two people who press a button at once, on two servers: the database lets one of them.
    # A forecast that gives way may still be in its last batch.
    _one_at_a_time = models.UniqueIndex(
        "(project_id) WHERE state IN ('queued', 'running', 'paused') AND kind != 'forecast'",
        "Another run of this project is under way.",
    )

    @api.depends("processed", "total", "seconds", "state")
    def _compute_progress(self):
        for run in self:
            run.rate = run.processed / run.seconds if run.seconds else 0
            done = run.state == "done"
            # Without a total nobody knows: the screens show how many are done.
            share = run.processed / run.total if run.total else 0
            run.progress = 100 if done else min(100 * share, 100)
            left = (run.total - run.processed) / run.rate if run.rate and not done else 0
            run.time_left = str(timedelta(seconds=round(left))) if left > 0 else False

    @api.depends("kind", "ended_at")
    @api.depends_context("lang", "tz", "crm_migration_dated")
    def _compute_display_name(self):
        labels = dict(self._fields["kind"]._description_selection(self.env))
        for run in self:
            run.display_name = labels.get(run.kind, run.kind)
            if self.env.context.get("crm_migration_dated") and run.ended_at:
                # Several loads are told apart where one is chosen.
                when = format_datetime(self.env, run.ended_at)
                run.display_name = f"{run.display_name} {run.id} – {when} ({run.processed})"

    def action_pause(self):
        """Stop after the running batch; nothing is lost."""
        self.check_access("read")
        for run in self.sudo().filtered(lambda run: run.state in UNFINISHED):
            run._leave({"state": "paused"})

    def action_resume(self):
        """Go on where the run stopped."""
        self.check_access("read")
        self.sudo().filtered(lambda run: run.state in ("paused", "failed")).write(
            {"state": "queued", "error": False}
        )
        self._trigger()

    def action_cancel(self):
        """End the run; what it committed stays, until a rollback."""
        self.check_access("read")
        for run in self.sudo().filtered(lambda run: run.state not in ("done", "cancelled")):
            run._leave({"state": "cancelled", "ended_at": str(fields.Datetime.now())})

    def _leave(self, values):
        """Write how the run ends or rests, now, or have the worker do it after its batch.

        The worker holds the run's row nearly all the time and writes it with every batch: another
        writer of that row would wait, and then be refused. So the wish is left on the project.
        """
        if self.try_lock_for_update(allow_referencing=True):
            self.write(values)
        else:
            self.project_id.run_wish = {"run": self.id, "values": values}

    def _heed_wish(self):
        """Do what was wished while the last batch was under way; True if the run stops by it."""
        wish = self.project_id.run_wish or {}
        if wish.get("run") != self.id:
            return False
        self.write(wish["values"])
        self.project_id.run_wish = False
        self._notify()
        return True

    @api.model
    def _trigger(self):
        self.env.ref("crm_migration.ir_cron_work").sudo()._trigger()

    @api.model
    def _cron_work(self):
        """Work on the unfinished runs, oldest first, in slices that fit a cron worker."""
        self.env["crm.migration.project"]._resume_marked()
        runs = self.search([("state", "in", UNFINISHED)], order="id")
        more = [run._work(seconds=SLICE_SECONDS) for run in runs]
        left = self.search_count([("state", "in", UNFINISHED)])
        if left and not any(more):
            # The command line has the run: look again, but not as fast as the machine can.
            time.sleep(PATIENCE)
        self.env["ir.cron"]._commit_progress(len(runs), remaining=left)

    def _work(self, seconds=None):
        """Take committed steps until the run ends, or for about that many seconds.

        Steps: take the run's row (one worker at a time), let the service act, note progress,
        commit. An error undoes the step. One of the data stops the run and is kept on it; one of
        the surroundings (a conflict, a full disk) passes, and the step is taken again.

        :return: True if there is more to do
        """
        self.ensure_one()
        self = self.sudo()  # nobody may write runs: neither who works it off by the command line
        started = time.monotonic()
        more, stumbles = True, 0
        while more and (seconds is None or time.monotonic() - started < seconds):
            try:
                more = self._take_step()
                stumbles = 0
            except Exception as error:
                self._undo_step()
                stumbles += 1
                if not is_passing(error) or (is_conflict(error) and stumbles > MAX_CONFLICTS):
                    self._fail(error)
                    return False
                self._wait(error, stumbles)
        return more

    # ------------------------------------------------------------- helpers

    @api.model
    def _cron_help(self):
        """Help with a load for a slice of time: one of several jobs, so that several workers do."""
        count = self._help(SLICE_SECONDS)
        left = len(self._find_shared())
        if left and not count:
            # Others have all shares.
            time.sleep(PAUSE)
        self.env["ir.cron"]._commit_progress(count, remaining=left)

    @api.model
    def _delay_help(self, eta=None):
        """Have OCA's ``queue_job`` call a helper; no second one while one waits.

        Whoever is called has the rights of a scheduled action, in its empty context.
        """
        helper = self.browse().with_env(self.env(user=SUPERUSER_ID, context={}))
        helper.with_delay(
            channel=CHANNEL,
            description="CRM Migration: help with a load",
            identity_key="crm_migration.help",
            eta=eta,
        )._job_help()

    @api.model
    def _job_help(self):
        """Help with a load for a slice of time, in a job.

        Steps: load a batch; if there was one call the next helper, whom the channel lets in where
        it has room; go on for a slice; leave the rest to the next.

        A job must not commit on its own connection, so the batches have another: what they
        committed stays, whatever becomes of the job.
        """
        with self.env.registry.cursor() as cr:
            helper = self.with_env(self.env(cr=cr, context={}))
            found = helper._help(0)
            if found:
                helper._delay_help()
                helper._commit()
                helper._help(SLICE_SECONDS)
            if helper._find_shared():
                # Where others have all shares, this worker serves other requests meanwhile.
                helper._delay_help(eta=None if found else PATIENCE)

    @api.model
    def _find_shared(self):
        """Return the running loads that have shares to load, and are not wished to stop."""
        self.env.cr.execute(
            """SELECT DISTINCT r.id FROM crm_migration_run r
                 JOIN crm_migration_share s ON s.run_id = r.id AND s.left > 0
                 JOIN crm_migration_project p ON p.id = r.project_id
                WHERE r.state = 'running'
                  AND (p.run_wish ->> 'run')::int IS DISTINCT FROM r.id"""
        )
        return self.browse(row[0] for row in self.env.cr.fetchall())

    @api.model
    def _help(self, seconds):
        """Load batches of shares that nobody has, each in a transaction; return how many.

        It tries at least once. What fails here is left to the worker that leads the run.
        """
        until, count, more = time.monotonic() + seconds, 0, True
        while more:
            try:
                if not any(run._help_once() for run in self._find_shared()):
                    break
                count += 1
            except Exception as error:
                self._undo_step()
                if not is_passing(error):
                    _logger.warning("A helper gives a batch back", exc_info=error)
                    break
                self._wait_for_others(error)
            more = time.monotonic() < until
        # A look at what there is to do holds no snapshot.
        self.env.cr.rollback()
        return count

    def _help_once(self):
        run = self.with_user(self.user_id).sudo()
        run._tune()
        with quiet(self.env.cr):
            worked = run.env["crm.migration.share"]._help(run)
            run.env.flush_all()
        if worked:
            run._commit()
        return worked

    @api.model
    def _wait_for_others(self, error):
        _logger.info("A helper takes a batch again: %s", error)
        time.sleep(random.uniform(0.0, 0.2) if is_conflict(error) else PATIENCE)

    # ------------------------------------------------------------- steps

    def _take_step(self):
        started = time.monotonic()
        run = self.with_user(self.user_id).sudo()
        run._tune()
        if not run._lock():
            return False
        if run._heed_wish():
            run._commit()
            return False
        with quiet(self.env.cr):
            more = run._act()
            run.env.flush_all()
        run._note_progress(more, time.monotonic() - started)
        run._commit()
        return more

    def _tune(self):
        """Have PostgreSQL plan the statements of this transaction for batches of known rows.

        It compiles those that it takes for dear, by estimates that are far off while tables are
        filled: the comparison with the forecast took 0.1 s and its compilation 0.7. And rather than
        look a thousand rows up it reads a table of twenty thousand, once for each batch, as if
        pages came from a turning disk.
        """
        self.env.cr.execute("SET LOCAL jit = off; SET LOCAL random_page_cost = 1.1")

    def _act(self):
        """Have the service act until it is through, then seal what was logged; True while there is
        more to do."""
        sealing = (self.cursor or {}).get("sealing")
        if not sealing and self.env[SERVICES[self.kind]]._step(self):
            return True
        more = self.env["crm.migration.seal"].sudo()._go_on(self)
        if more and not sealing:
            self.cursor = (self.cursor or {}) | {"sealing": True}
        return more

    def _undo_step(self):
        """Undo what the step wrote. Raises where the connection is gone: the job ends, and its
        next call, on a new connection, goes on."""
        self.env.cr.rollback()
        self.env.registry.reset_changes()

    def _wait(self, error, stumbles):
        """Let a disturbance pass; of one that may last, tell what the run waits for."""
        _logger.info("Run %s takes a step again: %s", self.id, error)
        if is_conflict(error):
            time.sleep(random.uniform(0.0, 0.2 * min(stumbles, 10)))
            return
        try:
            self.error = self._describe(error)
            self._notify()
            self._commit()
        except Exception as again:
            if not is_passing(again):
                raise
            self._undo_step()
        time.sleep(PATIENCE)

    def _lock(self):
        """Take the run's row until the next commit; False if another worker has it, or it ended."""
        self.flush_recordset()
        # Who helps with a load writes lines of the log, which refer to the run.
        taken = self.try_lock_for_update(allow_referencing=True)
        self.invalidate_recordset()
        if not taken or self.state not in UNFINISHED:
            return False
        if self.state == "queued":
            shares = self.env["crm.migration.share"].sudo()
            shares._clear(self)
            if not self.started_at:
                self.write({"started_at": fields.Datetime.now(), "log_from": self._get_log_end()})
            self.state = "running"
            if (self.cursor or {}).get("step"):
                # Who helped before a pause has gone.
                shares._call_helpers(self)
        return True

    @api.model
    def _get_log_end(self):
        """Return the ID of the last line of the log, whosever it is."""
        self.env.cr.execute("SELECT COALESCE(max(id), 0) FROM crm_migration_log")
        return self.env.cr.fetchone()[0]

    def _note_progress(self, more, seconds):
        values = {"seconds": self.seconds + seconds, "error": False}
        if not more:
            values |= {"state": "done", "ended_at": fields.Datetime.now()}
        self.write(values)
        if not more:
            self._seal()
            self.project_id._on_run_done(self)
        if not more or time.monotonic() - _told.get(self.id, 0) > SILENCE_SECONDS:
            _told.clear()
            _told[self.id] = time.monotonic()
            self._notify()

    def _seal(self):
        """Keep the fingerprint of what the run logged: a later change of a line shows."""
        self.write(self.env["crm.migration.seal"].sudo()._finish(self))

    def _fail(self, error):
        """Keep the error on the run; the traceback of an unforeseen one goes to the log."""
        unforeseen = None if isinstance(error, EngineError) else error
        _logger.error("Run %s of %s failed: %s", self.id, self.kind, error, exc_info=unforeseen)
        self.write(
            {"state": "failed", "error": self._describe(error), "ended_at": fields.Datetime.now()}
        )
        self._tell(error)
        self._notify()
        self._commit()

    def _tell(self, error):
        """List among the questions why the work stopped, where the engine knows what to do."""
        if isinstance(error, EngineError):
            issues = self.env["crm.migration.issue"]
            issues._clear(self.project_id, [error.code])
            problem = Problem(error.code, parameters=error.parameters)
            issues._append(self.project_id, [(problem, {})], self)

    @api.model
    def _describe(self, error):
        if isinstance(error, EngineError):
            return words.describe_problem(self.env, error.code, error.parameters)
        return f"{type(error).__name__}: {error}"

    @api.readonly
    def get_live(self):
        """Return what a running load shows: how far each entity is, and its issues so far.

        Kept counters and one count over the issues of the run, however big the load is.

        :return: list of ``{"entity", "label", "done", "total", "issues", "held"}`` in load order
        """
        self.ensure_one()
        self.check_access("read")
        counters = self.counters or {}
        totals, done = counters.get("totals") or {}, counters.get("done") or {}
        issues, held = {}, {}
        for entity, severity, count in self.env["crm.migration.issue"]._read_group(
            [("run_id", "=", self.id), ("severity", "!=", "info"), ("state", "=", "open")],
            ["entity", "severity"],
            ["__count"],
        ):
            counts = held if severity in ("hold", "error") else issues
            counts[entity] = counts.get(entity, 0) + count
        labels = words.get_entities(self.env)
        return [
            {
                "entity": entity,
                "label": labels.get(entity, entity),
                "done": min(done.get(entity, 0), totals[entity]),
                "total": totals[entity],
                "issues": issues.get(entity, 0),
                "held": held.get(entity, 0),
            }
            for entity in self._get_entities_in_order(totals)
        ]

    def _get_entities_in_order(self, totals):
        known = self.project_id.mapping_ids.sorted("sequence").mapped("entity")
        return [*(one for one in known if one in totals), *(totals.keys() - set(known))]

    def _notify(self):
        """Tell open screens; the message leaves with the commit."""
        for run in self:
            run.user_id._bus_send(
                "crm_migration/progress",
                {
                    "project_id": run.project_id.id,
                    "name": run.project_id.name,
                    "run_id": run.id,
                    "kind": run.kind,
                    "state": run.state,
                    "processed": run.processed,
                    "total": run.total,
                    "progress": run.progress,
                    "rate": round(run.rate),
                    "time_left": run.time_left,
                },
            )

    def _commit(self):
        """Commit the step; tests that hold one transaction switch it off by context."""
        self.env.flush_all()
        if self.env.context.get("crm_migration_no_commit"):
            return
        # A step is one transaction: its writes, states, log and progress, or nothing of them.
        # The job's own progress too: workers killed by their time limit one after the other are
        # no failure while each of them got on.
        self.env["ir.cron"]._commit_progress(1, remaining=1)
        # Other workers learn of new fields at once; this one may be killed before the job ends.
        self.env.registry.signal_changes()
        self.env.invalidate_all()

    def _check_done(self):
        """Raise if the run did not end well."""
        self.ensure_one()
        if self.state != "done":
            raise UserError(self.error or self.env._("The run is %(state)s.", state=self.state))
