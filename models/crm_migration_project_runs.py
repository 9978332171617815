import logging

from odoo import api, fields, models
from odoo.exceptions import LockError, UserError
from odoo.tools import format_datetime

from .crm_migration_run import UNFINISHED
from .resolver import Resolver

_logger = logging.getLogger(__name__)

# The path of a project: state -> what its next button does, and the state a finished run leads to.
AFTER_RUN = {
    "extract": "staged",
    "propose": "proposed",
    "schema": "prepared",
    "sample": "sampled",
    "load": "loaded",
    "verify": "verified",
    "rollback": "rolled_back",
}
# States in which a run of the kind may start.
ALLOWED = {
    "extract": None,
    "propose": None,
    "schema": ("confirmed", "prepared", "sampled", "approved", "loaded", "verified", "rolled_back"),
    "sample": ("prepared", "sampled", "approved", "loaded", "verified"),
    "forecast": ("prepared", "sampled", "approved", "loaded", "verified"),
    "load": ("approved", "loaded", "verified"),
    "verify": ("loaded", "verified"),
    "rollback": None,
    "purge": None,
}
# What needs the copies of the source's rows and files.
READERS = ("extract", "propose", "schema", "sample", "forecast", "load", "verify")


class CrmMigrationProject(models.Model):
    """The steps of a migration: what may start when, and what a finished run leads to."""

    _inherit = "crm.migration.project"

    delta_step = fields.Selection(
        [
            ("read", "Read"),
            ("propose", "Propose"),
            ("lines", "Columns"),
            ("values", "Values"),
            ("confirm", "Confirm"),
            ("prepare", "Prepare"),
            ("approve", "Approve"),
            ("load", "Load"),
        ],
        compute="_compute_delta_step",
        help="What a newer export waits for, once the first one is loaded.",
    )
    resumable_count = fields.Integer(
        "Can Be Loaded", readonly=True, copy=False,
        help="Held records whose owner has a user by now.",
    )  # fmt: skip
    resume_held = fields.Boolean(
        "Load Held Records by Itself",
        copy=False,
        help="As soon as the missing user exists, in the background.",
    )

    def _start(self, kind, **parameters):
        """Queue a run; the background worker takes it up after the commit.

        :raises UserError: when the project is not ready for it, or another run is under way
        """
        self.ensure_one()
        self._check_can_start(kind)
        if kind == "load":
            # What was signed is not what will be there.
            self._get_valid_approval("cutover")._void()
        run = (
            self.env["crm.migration.run"]
            .sudo()
            .create(
                {
                    "project_id": self.id,
                    "kind": kind,
                    "parameters": parameters,
                    "user_id": self.env.uid,
                }
            )
        )
        run._trigger()
        return run

    def _check_not_frozen(self):
        """Refuse what would change the map or the policies of a finished move.

        :raises UserError: once the copies are purged
        """
        for project in self.filtered("purged_at"):
            raise UserError(
                self.env._(
                    "The copies of the source were purged on %(date)s: the map and the policies "
                    "stay as they were signed. Start a new migration for a newer export.",
                    date=format_datetime(self.env, project.purged_at),
                )
            )

    def _check_not_purged(self, kind):
        """Refuse what needs data that was purged.

        :raises UserError: saying what was purged, when, and what is still possible
        """
        self.ensure_one()
        date = format_datetime(self.env, self.closed_at or self.purged_at)
        if self.state == "closed" and kind == "rollback":
            raise UserError(
                self.env._(
                    "This migration was closed on %(date)s by %(who)s. The values that its log "
                    "held were purged with that: it cannot be rolled back any more.",
                    date=date,
                    who=self.closed_by_id.sudo().name or "",
                )
            )
        if self.purged_at and kind == "verify":
            raise UserError(
                self.env._(
                    "The copies of the source's rows were purged on %(date)s: there is nothing "
                    "left to compare Odoo with. The last proof before that still stands.",
                    date=format_datetime(self.env, self.purged_at),
                )
            )
        if self.purged_at and kind in READERS:
            raise UserError(
                self.env._(
                    "The copies of the source were purged on %(date)s: what is new or changed in "
                    "a newer export cannot be told any more, and nothing else is read or loaded "
                    "here. Start a new migration for it; a rollback is still possible until the "
                    "migration is closed.",
                    date=format_datetime(self.env, self.purged_at),
                )
            )

    def _check_can_start(self, kind):
        self._check_not_purged(kind)
        # Of two people who press a button at once, the second finds the row taken.
        try:
            # Records of a batch refer to this row: a worker between them must not wait for us.
            self.sudo().lock_for_update(allow_referencing=True)
        except LockError as error:
            raise UserError(self.env._("Another run of this project is under way.")) from error
        busy = self.env["crm.migration.run"].search(
            [("project_id", "=", self.id), ("state", "in", (*UNFINISHED, "paused"))]
        )
        # A forecast stands in nobody's way. Its row is its worker's: a write here would wait for
        # the batch, and be refused after it.
        busy.filtered(lambda run: run.kind == "forecast").action_cancel()
        busy.flush_recordset()
        if any(run.kind != "forecast" for run in busy):
            raise UserError(self.env._("Another run of this project is under way."))
        if ALLOWED[kind] is not None and self.state not in ALLOWED[kind]:
            raise UserError(
                self.env._(
                    "This step is not due yet: the project is at “%(state)s”.",
                    state=dict(self._fields["state"]._description_selection(self.env))[self.state],
                )
            )

    def _on_run_done(self, run):
        """Move on along the path."""
        self.ensure_one()
        later = ("loaded", "verified")
        if run.kind in ("load", "rollback"):
            self.resumable_count = 0
        if run.kind == "rollback":
            self.sudo().role_ids.write({"state": "proposed", "user_id": False, "given_at": False})
        if (run.parameters or {}).get("then_forecast") and not self.rest_schedule:
            self._start_forecast()
        if run.kind == "forecast":
            return
        if run.kind in ("extract", "propose", "schema", "sample") and self.state in later:
            return
        if run.kind == "purge":
            return  # the project was frozen when it began
        if run.kind == "rollback" and "undone_until" not in (run.parameters or {}):
            # A part was undone: the rest stands, and is to be proved anew.
            self.state = "loaded" if self.state in later else self.state
            return
        self.state = AFTER_RUN[run.kind]

    def action_stage(self):
        """Read the files into staged records, then propose the map if nothing asks to be seen.

        :raises UserError: while it is open how a file is to be read
        """
        self.file_ids.filtered(lambda file: file.state == "new")._check_reading()
        self._start("extract", then="propose")

    def action_propose(self):
        """Propose the map anew; confirmed lines stay."""
        self._start("propose", then_forecast=self.state in ("loaded", "verified"))

    def action_prepare(self):
        """Make fields, teams, stages, tags and stub users that the map needs."""
        self._check_approved("map")
        self._start("schema", then_forecast=self.state in ("loaded", "verified"))

    def action_sample(self):
        """Load a sample for real, compare every field, undo it."""
        self._check_approved("map")
        self._start("sample", then_forecast=True)

    def action_forecast(self):
        """Work out what a load would create, update, merge and hold, and why; write nothing."""
        self.ensure_one()
        self._check_approved("map")
        return self._start("forecast")

    def _start_forecast(self):
        """Foresee the load of a newer export, or of the first one, if that is what comes next."""
        self.env.flush_all()  # the run that is done just now makes room
        if self.state in ("prepared", "loaded", "verified") and self._is_approved("map"):
            self.env["crm.migration.run"].sudo().create(
                {"project_id": self.id, "kind": "forecast", "user_id": self.env.uid}
            )._trigger()

    def action_load(self):
        """Load everything that is staged or was held, in the background."""
        self._check_manager()
        self._check_approved("map")
        self._check_approved("sample")
        return self._start("load")

    def action_verify(self):
        """Compare every field of every record with what the source and the map expect."""
        self._start("verify")

    def action_rollback(self, **parameters):
        """Undo what this project wrote: all, or a part (see ``undo_scope.Scope``)."""
        self._check_manager()
        return self._start("rollback", **parameters)

    def action_purge(self, what):
        """Purge the copies of the source, or close the migration and purge its log's values too.

        :param what: ``copies`` or ``log``
        :raises UserError: before the migration is signed off, or undone
        """
        self.ensure_one()
        self._check_manager()
        if what not in ("copies", "log"):
            raise UserError(self.env._("Choose what is to be purged."))
        if not self.is_signed and self.state not in ("rolled_back", "closed"):
            raise UserError(
                self.env._("Sign off first: until then the copies are what the proof is made with.")
            )
        return self._start("purge", what=what)

    def _get_runs_of_load(self, load):
        """Return the IDs of a load and of the preparations that were made for it.

        :param load: a finished load of this project
        """
        self.ensure_one()
        earlier = self.run_ids.filtered(lambda run: run.kind == "load" and run.id < load.id)
        after = max(earlier.ids, default=0)
        prepared = self.run_ids.filtered(
            lambda run: run.kind == "schema" and after < run.id < load.id
        )
        return (prepared | load).ids

    def _check_manager(self):
        if not self.env.su and not self.env.user.has_group(
            "crm_migration.crm_migration_group_manager"
        ):
            raise UserError(self.env._("Only a migration manager may do this."))

    @api.depends("state", "file_ids.state", "run_ids.state", "approval_ids.voided_at")
    def _compute_delta_step(self):
        for project in self:
            project.delta_step = project.id and project._origin._get_delta_step()

    def _get_delta_step(self):
        """Return what comes next for files that came later, or are to be read anew.

        After a load: the steps of a first load, in short. Before one: until the map knows them.
        """
        if self.state in ("draft", "rolled_back"):
            return False
        if any(file.state == "new" for file in self.file_ids):
            return "read"
        last = {}
        for run in self.run_ids.filtered(lambda run: run.state == "done").sorted("id"):
            last[run.kind] = run.id
        if self.mapping_ids and last.get("extract", 0) > last.get("propose", 0):
            return "propose"
        if self.state in ("loaded", "verified") and self._has_staged():
            return self._get_load_step(last)
        return False

    def _get_load_step(self, last):
        if self.open_line_count or self.open_value_count:
            return "lines" if self.open_line_count else "values"
        if not self._is_approved("map"):
            return "confirm"
        if max(last.get("propose", 0), last.get("rollback", 0)) > last.get("schema", 0):
            return "prepare"
        return "load" if self._is_approved("sample") else "approve"

    def _has_staged(self):
        # A stored row each time: the next of the index, not a count of all.
        waiting = [("project_id", "=", self.id), ("state", "=", "staged")]
        return bool(self.env["crm.migration.record"].sudo().search_count(waiting, limit=1))

    @api.model
    def _mark_resumable(self):
        """Count what waits for an owner who has a user by now; have the worker look, if it may."""
        waiting = self.search([("state", "in", ("loaded", "verified"))])
        for project in waiting:
            count = project._count_resumable()
            if count != project.resumable_count:
                project.resumable_count = count
            if count and project.resume_held:
                self.env["crm.migration.run"]._trigger()

    def _count_resumable(self):
        """Return how many held records name an owner who is matched now."""
        self.env.flush_all()
        self.env.cr.execute(
            """SELECT value, count(DISTINCT record_id) FROM crm_migration_issue
                WHERE project_id = %s AND state = 'open'
                  AND code IN ('unmatched_owner', 'ambiguous_owner') GROUP BY value""",
            [self.id],
        )
        asked = self.env.cr.fetchall()
        resolver = Resolver(self)
        return sum(count for value, count in asked if value and resolver.owner(value)[0])

    @api.model
    def _resume_marked(self):
        """Start the load of held records where a manager said that it may start by itself."""
        marked = self.search([("resumable_count", ">", 0), ("resume_held", "=", True)])
        for project in marked.filtered(lambda one: not one.active_run_id):
            try:
                project.with_user(project.user_id).action_load()
            except UserError as error:
                _logger.warning("Migration %s cannot go on by itself: %s", project.id, error)
