import hashlib
import json
import logging
from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import LockError, UserError, ValidationError
from odoo.tools import format_datetime

from odoo.addons.base.models.res_partner import _tz_get

from ..engine import profiles
from . import words
from .append_only import opened
from .crm_migration_record import OUTCOMES
from .crm_migration_run import UNFINISHED
from .doubts import Doubts
from .outlook import Outlook
from .proof import Proof
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
POLICIES = (
    "owner_policy",
    "fallback_user_id",
    "duplicate_policy",
    "currency_policy",
    "invoice_policy",
    "timezone",
    "team_id",
    "pipeline_policy",
    "lead_policy",
    "placeholder_parent",
    "date_policy",
    "sample_size",
    "batch_size",
    "source_system",
)
LINE_FIELDS = (
    "column", "target_field", "transform", "reference", "options", "new_label", "new_type", "state",
)  # fmt: skip
VALUE_FIELDS = (
    "domain", "group", "source_value", "target_value", "sequence", "probability", "is_won",
    "is_lost", "state",
)  # fmt: skip


class CrmMigrationProject(models.Model):
    _name = "crm.migration.project"
    _description = "CRM Migration"
    _order = "id desc"

    name = fields.Char(required=True)
    active = fields.Boolean(default=True)
    profile = fields.Selection(
        selection="_selection_profile", required=True, string="Source", help="The old CRM."
    )
    source_system = fields.Char(
        compute="_compute_source_system",
        store=True,
        readonly=False,
        required=True,
        precompute=True,
        help="Identity of the source account: part of the external IDs. Two accounts of one "
        "product need two names.",
    )
    company_id = fields.Many2one(
        "res.company",
        required=True,
        default=lambda self: self._get_only_company(),
        help="The records land in this company. Where there are several, say which.",
    )
    user_id = fields.Many2one("res.users", string="Responsible", default=lambda s: s.env.user)
    state = fields.Selection(
        [
            ("draft", "Files"),
            ("staged", "Files read"),
            ("proposed", "Map"),
            ("confirmed", "Map confirmed"),
            ("prepared", "Prepared"),
            ("sampled", "Sample"),
            ("approved", "Approved"),
            ("loaded", "Loaded"),
            ("verified", "Proved"),
            ("rolled_back", "Rolled back"),
            ("closed", "Closed"),
        ],
        default="draft",
        required=True,
        readonly=True,
        copy=False,
    )
    # Policies
    owner_policy = fields.Selection(
        [
            ("hold", "Hold the records until the user exists"),
            ("fallback", "Give the records to one user"),
            ("stub", "Make an inactive user without password"),
        ],
        default="hold",
        required=True,
        string="Owners Without User",
    )
    fallback_user_id = fields.Many2one("res.users")
    duplicate_policy = fields.Selection(
        [
            ("keep", "Load both and list them"),
            ("merge", "Merge into the one existing contact with that email"),
            ("ask", "Hold them until somebody decided"),
        ],
        default="keep",
        required=True,
        string="Possible Duplicates",
        help="Contacts with the email, or the name and phone, of another one. What was decided "
        "for a case counts before this. Shared mailboxes are never merged unasked.",
    )
    currency_policy = fields.Selection(
        [
            ("keep", "Keep the figure; list the deals"),
            ("convert", "Convert by Odoo's rate of the deal's date; keep the original beside it"),
        ],
        default="keep",
        required=True,
        string="Amounts in Other Currencies",
    )
    invoice_policy = fields.Selection(
        [
            ("draft", "Drafts with a note: the accountant decides"),
            ("posted", "Posted in a journal of their own, paid ones with a payment"),
        ],
        default="draft",
        required=True,
        string="Invoices",
        help="Invoices of the old CRM are history: posted, they add to revenue and receivables; "
        "choose it only if no opening balance holds them already.",
    )
    timezone = fields.Selection(
        _tz_get,
        string="Time Zone of the Source",
        help="For times without a zone. Empty: UTC, and every such file is listed.",
    )
    team_id = fields.Many2one(
        "crm.team",
        string="Sales Team for Deals Without Pipeline",
        help="Empty: a team named after the source is made, so that its stages stay apart.",
    )
    pipeline_policy = fields.Selection(
        [
            ("own", "A sales team for each, with stages of its own"),
            ("default", "The only one takes Odoo's pipeline, whose stages are renamed"),
        ],
        default="own",
        required=True,
        string="Pipelines of the Source",
        help="With the second choice the stages of the sales team above, or else of the first "
        "one, get the names of the source's, for everybody who uses them. It is logged; a "
        "rollback restores the names. Several pipelines are teams either way.",
    )
    lead_policy = fields.Selection(
        [
            ("source", "Deals are opportunities, leads are leads"),
            ("revenue", "Open deals without an amount become leads"),
        ],
        default="source",
        required=True,
        string="Leads and Opportunities",
    )
    placeholder_parent = fields.Selection(
        [
            ("off", "Stay without one, and are listed"),
            ("contacts", "Contacts hang on “Unassigned Contacts”"),
            ("companies", "Companies hang on one root company"),
            ("both", "Both"),
        ],
        default="off",
        required=True,
        string="Without a Company",
        help="A placeholder becomes the commercial entity of all that hang on it, and stands "
        "before their names.",
    )
    date_policy = fields.Selection(
        [
            ("keep", "Are kept in fields of their own"),
            ("history", "Also become Odoo's own creation dates and stage history"),
        ],
        default="keep",
        required=True,
        string="Dates of the Source",
        help="With the second choice Odoo's standard reports by month of creation and by time in "
        "stage show the source's history. It is logged, and taken back by the next load after "
        "the choice is.",
    )
    product = fields.Selection(
        selection="_selection_product",
        string="Which Product",
        help="Of several products with one name, the one that the export comes from.",
    )
    has_several_products = fields.Boolean(compute="_compute_has_several_products")
    sample_size = fields.Integer(default=200, help="Between 100 and 500 records.")
    batch_size = fields.Integer(default=1000, help="Records per transaction.")
    generation = fields.Integer(default=1, readonly=True, copy=False)
    purged_at = fields.Datetime(
        string="Copies Purged On", readonly=True, copy=False,
        help="Since then there is no copy of the source's rows and files here.",
    )  # fmt: skip
    closed_at = fields.Datetime(string="Closed On", readonly=True, copy=False)
    closed_by_id = fields.Many2one("res.users", readonly=True, copy=False)
    # REST
    connection_id = fields.Many2one(
        "crm.migration.connection", ondelete="restrict", copy=False, index="btree_not_null"
    )
    has_connection = fields.Boolean(compute="_compute_has_connection")
    rest_extracted_at = fields.Datetime(
        string="Last Extraction", readonly=True, copy=False,
        help="When the newest complete extraction over the connection began.",
    )  # fmt: skip
    rest_schedule = fields.Boolean(
        string="Extract Changes by Itself",
        copy=False,
        help="Fetches what changed in the source, and loads it as long as nothing new has to be "
        "decided. For the days of the cutover.",
    )
    rest_hours = fields.Float(default=4, string="Every (Hours)", copy=False)
    # Parts
    file_ids = fields.One2many("crm.migration.file", "project_id")
    mapping_ids = fields.One2many("crm.migration.mapping", "project_id")
    line_ids = fields.One2many("crm.migration.mapping.line", "project_id")
    value_ids = fields.One2many("crm.migration.mapping.value", "project_id")
    approval_ids = fields.One2many("crm.migration.approval", "project_id")
    receipt_ids = fields.One2many("crm.migration.receipt", "project_id")
    run_ids = fields.One2many("crm.migration.run", "project_id")
    issue_ids = fields.One2many("crm.migration.issue", "project_id")
    check_ids = fields.One2many("crm.migration.check", "project_id")
    inventory_ids = fields.One2many("crm.migration.inventory", "project_id")
    readiness_ids = fields.One2many("crm.migration.readiness", "project_id")
    role_ids = fields.One2many("crm.migration.role", "project_id")
    takes_invoices = fields.Boolean(compute="_compute_takes_invoices")
    # Counts
    active_run_id = fields.Many2one("crm.migration.run", compute="_compute_active_run")
    run_progress = fields.Float(compute="_compute_active_run", string="Progress")
    run_wish = fields.Json(copy=False, help="A pause or a cancellation that the worker will heed.")
    file_count = fields.Integer(compute="_compute_counts")
    record_count = fields.Integer(compute="_compute_counts")
    landed_count = fields.Integer(compute="_compute_counts", string="In Odoo")
    held_count = fields.Integer(compute="_compute_counts")
    issue_count = fields.Integer(compute="_compute_counts", string="Open Issues")
    is_signed = fields.Boolean(compute="_compute_is_signed", string="Signed Off")
    outcomes = fields.Json(compute="_compute_outcomes")
    forecast = fields.Json(compute="_compute_forecast")
    verdicts = fields.Json(compute="_compute_outcomes")
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
    duplicate_count = fields.Integer(compute="_compute_duplicate_count", string="Maybe Twice")
    open_line_count = fields.Integer(compute="_compute_counts", string="Columns to Confirm")
    open_value_count = fields.Integer(compute="_compute_counts", string="Values to Confirm")

    _unique_name = models.Constraint("UNIQUE(name, company_id)", "Project names are unique.")

    # ------------------------------------------------------------------ fields

    @api.model
    def _selection_profile(self):
        return [(code, profiles.load(code).name) for code in profiles.codes()]

    @api.model
    def _selection_product(self):
        return [
            (product["code"], product["name"])
            for code in profiles.codes()
            for product in profiles.load(code).products
        ]

    @api.depends("profile")
    def _compute_has_several_products(self):
        for project in self:
            project.has_several_products = bool(
                project.profile and profiles.load(project.profile).products
            )

    @api.depends("profile")
    def _compute_source_system(self):
        for project in self:
            project.source_system = project.source_system or project.profile

    @api.depends("approval_ids.kind", "approval_ids.voided_at")
    def _compute_is_signed(self):
        for project in self:
            project.is_signed = bool(project._get_valid_approval("cutover"))

    @api.depends("run_ids.state")
    def _compute_active_run(self):
        for project in self:
            project.active_run_id = project.run_ids.filtered(
                # A forecast hides no next step: what is started ends it.
                lambda run: run.state in (*UNFINISHED, "paused") and run.kind != "forecast"
            )[:1]
            project.run_progress = project.active_run_id.progress

    @api.depends("readiness_ids.choice")
    def _compute_takes_invoices(self):
        for project in self:
            project.takes_invoices = any(
                line.use == "invoice" and line.is_installed and line.choice == "app"
                for line in project.readiness_ids
            )

    def _compute_counts(self):
        states = self._count_by("crm.migration.record", ["state"])
        issues = self._count_by("crm.migration.issue", ["state"])
        lines = self._count_by("crm.migration.mapping.line", ["state"])
        values = self._count_by("crm.migration.mapping.value", ["state"])
        for project in self:
            mine = states.get(project, {})
            project.file_count = len(project.file_ids)
            project.record_count = sum(mine.values())
            project.landed_count = sum(
                mine.get(state, 0) for state in ("created", "updated", "unchanged", "merged")
            )
            project.held_count = mine.get("held", 0) + mine.get("failed", 0)
            project.issue_count = issues.get(project, {}).get("open", 0)
            project.open_line_count = lines.get(project, {}).get("proposed", 0)
            project.open_value_count = values.get(project, {}).get("proposed", 0)

    def _compute_duplicate_count(self):
        groups = self.env["crm.migration.duplicate"]._read_group(
            [
                ("project_id", "in", self.ids),
                ("decision", "=", False),
                ("record_id.res_id", "=", False),
            ],
            ["project_id"],
            ["__count"],
        )
        counts = {project.id: count for project, count in groups}
        for project in self:
            project.duplicate_count = counts.get(project.id, 0)

    @api.depends("run_ids.state")
    def _compute_forecast(self):
        for project in self:
            project.forecast = project.id and Outlook(project._origin).show()

    def _compute_outcomes(self):
        for project in self:
            proof = Proof(project._origin)
            project.outcomes = proof.get_outcomes()
            project.verdicts = proof.get_verdicts()

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
        if self.state in ("loaded", "verified") and self._count_staged():
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

    def _count_staged(self):
        return self._count_by("crm.migration.record", ["state"]).get(self, {}).get("staged", 0)

    def _is_approved(self, kind):
        approval = self._get_valid_approval(kind)
        return bool(approval) and approval.approved_hash == self._get_map_hash()

    @api.readonly
    def get_proof(self):
        """Return what the proof's dashboard shows."""
        self.ensure_one()
        self.check_access("read")
        return Proof(self).get()

    def _count_by(self, model, groupby):
        """Return {project: {group: count}} in one query.

        Who may see the projects may count what they have: rules that join them would keep a
        million rows from being counted by the index alone.
        """
        result = {}
        for project, *group, count in (
            self.env[model]
            .sudo()
            ._read_group([("project_id", "in", self.ids)], ["project_id", *groupby], ["__count"])
        ):
            key = group[0] if len(group) == 1 else tuple(group)
            result.setdefault(project, {})[key] = count
        return result

    @api.constrains("owner_policy", "fallback_user_id")
    def _check_fallback_user(self):
        for project in self:
            if project.owner_policy == "fallback" and not project.fallback_user_id:
                raise ValidationError(
                    self.env._("The policy “fallback” needs a fallback user for the owners.")
                )

    @api.constrains("sample_size")
    def _check_sample_size(self):
        for project in self:
            if not 100 <= project.sample_size <= 500:
                raise ValidationError(self.env._("A sample has between 100 and 500 records."))

    @api.model_create_multi
    def create(self, vals_list):
        """Start with the policies that are usual for the source; what is given counts."""
        return super().create([self._get_usual_policies(vals) | vals for vals in vals_list])

    @api.model
    def _get_companies(self):
        """Return the companies a migration may be for."""
        return self.env["res.company"].search([]) if self.env.su else self.env.user.company_ids

    @api.model
    def _get_only_company(self):
        """Return the company where there is but one; the first of several would be a guess."""
        companies = self._get_companies()
        return companies if len(companies) == 1 else companies.browse()

    @api.model
    def _get_usual_policies(self, vals):
        """Return the profile's policies. A fallback needs a user, whom only a person can choose."""
        if vals.get("profile") not in profiles.codes():
            return {}
        usual = dict(profiles.load(vals["profile"]).policies)
        if usual["owner_policy"] == "fallback" and not vals.get("fallback_user_id"):
            del usual["owner_policy"]
        return usual

    @api.onchange("profile")
    def _onchange_profile(self):
        """Show the policies that are usual for the source."""
        if self.profile and not self.file_ids:
            known = {"profile": self.profile, "fallback_user_id": self.fallback_user_id.id}
            self.update(self._get_usual_policies(known))
            self.product = False

    def write(self, vals):
        if vals.keys() & {*POLICIES, "profile", "company_id", "connection_id"}:
            self._check_not_frozen()
        result = super().write(vals)
        if vals.keys() & set(POLICIES):
            self._void_changed_approvals()
        if vals.keys() & {"pipeline_policy", "team_id"}:
            for project in self.sudo().filtered("value_ids"):
                project.env["crm.migration.proposer"]._tell_pipeline(project)
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_except_effects(self):
        """A project whose load can still be undone is kept: its log is the undo."""
        if self.filtered(lambda project: project._has_effects()):
            raise UserError(
                self.env._("Roll the migration back first, or archive it: its log is the undo.")
            )

    def unlink(self):
        with opened(self.env.cr):
            return super().unlink()

    def _has_effects(self):
        """True while the database holds something that this project wrote."""
        self.ensure_one()
        return self.state != "rolled_back" and bool(
            self.env["crm.migration.log"].sudo().search_count([("project_id", "=", self.id)], 1)
        )

    def _get_undone_until(self):
        """Return the ID of the last log line that a finished rollback dealt with, or 0."""
        self.ensure_one()
        self.env.flush_all()
        self.env.cr.execute(
            """SELECT COALESCE(max((parameters ->> 'undone_until')::int), 0)
                 FROM crm_migration_run
                WHERE project_id = %s AND kind = 'rollback' AND state = 'done'""",
            [self.id],
        )
        return self.env.cr.fetchone()[0]

    # ------------------------------------------------------------------ profile, map

    def _get_profile(self):
        """Return the facts of the source product."""
        self.ensure_one()
        return profiles.load(self.profile)

    def _get_xmlid_module(self):
        """Prefix of the external IDs: no installed module, so that they survive an uninstall."""
        self.ensure_one()
        return f"__crmmig_{self.source_system}__"

    def _get_map_hash(self):
        """Hash of everything that decides what lands: lines, values and policies."""
        self.ensure_one()
        lines = [
            (line.entity, line.column, line.state == "ignored", line.target_field or "",
             line.transform, line.reference or "", line.options or {}, line.new_type or "")
            for line in self.line_ids.sorted(lambda line: (line.entity or "", line.column))
        ]  # fmt: skip
        values = [
            (value.domain, value.group or "", value.source_value, value.target_value or "",
             value.user_id.id, value.stage_id.id, value.sequence, value.probability,
             value.is_won, value.is_lost)
            for value in self.value_ids.sorted("id")
        ]  # fmt: skip
        policies = [str(self[name]) for name in POLICIES]
        policies += sorted(f"{line.use}: {line.choice}" for line in self.readiness_ids)
        content = json.dumps([lines, values, policies], sort_keys=True, default=str)
        return hashlib.sha256(content.encode()).hexdigest()

    def _get_signed_map_hash(self):
        """Return the hash of the map: once names in it are purged, as it was before."""
        kept = self.receipt_ids.filtered(lambda r: (r.detail or {}).get("map_hash"))[-1:]
        return kept.detail["map_hash"] if kept else self._get_map_hash()

    def _get_valid_approval(self, kind):
        """Return the standing approval of that kind, if any."""
        self.ensure_one()
        return self.approval_ids.filtered(lambda a: a.kind == kind and not a.voided_at)[:1]

    def _void_changed_approvals(self):
        """Void approvals whose map is no longer the approved one, and step back to the map."""
        for project in self:
            standing = project.approval_ids.filtered(lambda a: not a.voided_at)
            if not standing:
                continue
            current = project._get_map_hash()
            changed = standing.filtered(lambda a: a.approved_hash != current)  # noqa: B023
            if changed:
                changed._void()
                if project.state in ("confirmed", "prepared", "sampled", "approved"):
                    project.sudo().state = "proposed"

    # ------------------------------------------------------------------ runs

    def _start(self, kind, **parameters):
        """Queue a run; the background worker takes it up after the commit.

        :raises UserError: when the project is not ready for it, or another run is under way
        """
        self.ensure_one()
        self._check_can_start(kind)
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
            self.sudo().lock_for_update()
        except LockError as error:
            raise UserError(self.env._("Another run of this project is under way.")) from error
        busy = self.env["crm.migration.run"].search(
            [("project_id", "=", self.id), ("state", "in", (*UNFINISHED, "paused"))]
        )
        # A forecast stands in nobody's way.
        busy.sudo().filtered(lambda run: run.kind == "forecast").write(
            {"state": "cancelled", "ended_at": fields.Datetime.now()}
        )
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

    # ------------------------------------------------------------------ files

    def _add_files(self, attachments, delta=False):
        """Take uploads in: one file record per table found in them, recognised and previewed.

        :param attachments: ``ir.attachment`` records: CSV, XLSX or ZIP
        :param delta: True if they are a newer export of what was uploaded before
        :return: the file records
        """
        self.ensure_one()
        self.check_access("read")
        attachments.check_access("read")
        return self.sudo()._take_files(attachments, delta)

    def _take_files(self, attachments, delta):
        self._check_not_purged("extract")
        if delta:
            self.generation += 1
            self.file_ids.filtered(lambda file: file.state == "staged").state = "superseded"
        return self.env["crm.migration.extractor"]._inspect(self, attachments)

    def take_uploads(self, attachment_ids, delta=False):
        """Inspect what the upload route kept with this project, all files together.

        :param attachment_ids: IDs that the route answered
        :param delta: True if they are a newer export of what was uploaded before
        :return: [{name, entity}] of the tables that were found
        """
        self.ensure_one()
        self.check_access("read")
        self.env["crm.migration.file"].check_access("write")
        attachments = self.env["ir.attachment"].search(
            [
                ("id", "in", attachment_ids),
                ("res_model", "=", self._name),
                ("res_id", "=", self.id),
                ("create_uid", "=", self.env.uid),
            ]
        )
        attachments -= self.file_ids.sudo().attachment_id
        files = self._add_files(attachments, delta=delta and bool(self.file_ids))
        entities = words.get_entities(self.env)
        return [{"name": file.name, "entity": entities.get(file.entity)} for file in files]

    # ------------------------------------------------------------------ REST

    @api.depends("connection_id")
    def _compute_has_connection(self):
        for project in self:
            project.has_connection = bool(project.connection_id.sudo().has_token) or (
                project.connection_id.auth_kind == "none"
            )

    def action_connect(self):
        """Open the connection to the source, made from its profile where there is none yet."""
        self.ensure_one()
        self._check_manager()
        connections = self.env["crm.migration.connection"]
        if not self.connection_id and connections._prepare_from_profile(self.profile):
            values = {"name": self.name, "profile": self.profile, "company_id": self.company_id.id}
            known = connections._prepare_from_profile(self.profile)
            if known["base_url"]:
                self.connection_id = connections.create(values)
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Connection"),
            "res_model": "crm.migration.connection",
            "res_id": self.connection_id.id,
            "views": [(False, "form")],
            "context": {
                "default_name": self.name,
                "default_profile": self.profile,
                "crm_migration_project_id": self.id,
            },
        }

    def action_extract(self):
        """Fetch the records over the connection; of a newer extraction only changes will load."""
        self.ensure_one()
        self._check_manager()
        return self._start_extraction()

    def _start_extraction(self):
        if not self.connection_id:
            raise UserError(self.env._("There is no connection to the source yet."))
        self.connection_id._get_api()
        self.connection_id._get_token()
        delta = any(file.state != "ignored" for file in self.file_ids)
        return self._start("extract", rest=True, delta=delta)

    @api.model
    def _cron_extract(self):
        """Go on with the migrations that catch up by themselves: the next step of each."""
        projects = self.search([("rest_schedule", "=", True), ("connection_id", "!=", False)])
        for number, project in enumerate(projects):
            try:
                project.with_user(project.user_id)._catch_up()
            except UserError as error:
                _logger.warning("Migration %s cannot catch up by itself: %s", project.id, error)
            self.env["ir.cron"]._commit_progress(1, remaining=len(projects) - number - 1)

    def _catch_up(self):
        """Start what comes next; a question that only a person can answer is waited for."""
        if self.state not in ("loaded", "verified") or self.active_run_id:
            return
        step = self._get_delta_step()
        if step == "propose":
            self.action_propose()
        elif step == "prepare":
            self.action_prepare()
        elif step == "load":
            self.action_load()
        elif not step and self._is_extraction_due():
            self.action_extract()

    def _is_extraction_due(self):
        last = self.run_ids.filtered(lambda run: run.kind == "extract")[:1].create_date
        return not last or last + timedelta(hours=self.rest_hours) <= fields.Datetime.now()

    # ------------------------------------------------------------------ held records

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

    # ------------------------------------------------------------------ buttons

    def action_stage(self):
        """Read the files into staged records, then propose the map if nothing asks to be seen.

        :raises UserError: while it is open how a file is to be read
        """
        self.file_ids.filtered(lambda file: file.state == "new")._check_reading()
        self._start("extract", then="propose")

    def action_propose(self):
        """Propose the map anew; confirmed lines stay."""
        self._start("propose", then_forecast=self.state in ("loaded", "verified"))

    def action_confirm_all(self):
        """Accept every proposal of the map that waits, as an explicit decision.

        Where the order of dates is open, only what can be read in one way is read; the other cells
        are told, row by row.
        """
        self.file_ids.filtered("is_doubtful").action_confirm_reading()
        self.line_ids.filtered(lambda line: line.state == "proposed")._accept()
        self.value_ids.filtered(lambda value: value.state == "proposed").action_confirm()
        self.readiness_ids.filtered(lambda line: line.state == "proposed").action_confirm()

    def action_confirm_certain(self):
        """Accept what is right 99 times in 100, columns and values; the questions stay."""
        self.line_ids.filtered(lambda one: one.state == "proposed" and one.is_certain)._accept()
        self.value_ids.filtered(lambda one: one.state == "proposed" and one.known).action_confirm()

    def action_confirm_map(self):
        """Approve the map. Refused while a line or a value waits for a decision.

        :raises UserError: with the number of open lines
        """
        self.ensure_one()
        self.file_ids._check_reading()
        open_count = self._count_open_decisions()
        if open_count:
            raise UserError(
                self.env._("%(count)s lines of the map are not confirmed yet.", count=open_count)
            )
        if not self.line_ids:
            raise UserError(self.env._("There is no map yet: upload files and stage them first."))
        if not self._get_valid_approval("map"):
            self.env["crm.migration.approval"]._append(self, "map", self._get_map_hash())
            self.env["crm.migration.memory"]._remember(self)
        if self.state in ("staged", "proposed", "rolled_back"):
            self.sudo().state = "confirmed"

    def _count_open_decisions(self):
        self.ensure_one()
        self.env.flush_all()
        open_ones = [("project_id", "=", self.id), ("state", "=", "proposed")]
        models_ = ("mapping.line", "mapping.value", "readiness")
        return sum(self.env[f"crm.migration.{name}"].search_count(open_ones) for name in models_)

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

    def action_approve_sample(self):
        """Approve the sample: the full load may start."""
        self.ensure_one()
        self._check_manager()
        self._check_approved("map")
        if self.state != "sampled":
            raise UserError(self.env._("There is no sample to approve: run it first."))
        self.env["crm.migration.approval"]._append(self, "sample", self._get_map_hash())
        self.sudo().state = "approved"

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

    def action_sign_off(self):
        """Sign the proof: the cutover is accepted."""
        self._check_manager()
        if self.state != "verified":
            raise UserError(self.env._("Verify first: there is no proof to sign."))
        if not self.is_signed:
            self.env["crm.migration.approval"]._append(self, "cutover", self._get_map_hash())

    def action_approve_again(self):
        """Approve the map that a newer export changed."""
        self._check_approved("map")
        self._approve_again()

    def _approve_again(self):
        """Approve the sample's map anew after a newer export brought columns or values."""
        self._check_manager()
        self.env["crm.migration.approval"]._append(self, "sample", self._get_map_hash())

    def action_download_dossier(self):
        """Give out the dossier of the project."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_url",
            "url": f"/crm_migration/dossier/{self.id}",
            "target": "download",
        }

    def _check_approved(self, kind):
        self.ensure_one()
        self._check_not_purged("load")
        if not self._is_approved(kind):
            messages = {
                "map": self.env._("The map is not confirmed, or was changed after it was."),
                "sample": self.env._("The sample is not approved, or the map changed after it."),
            }
            raise UserError(messages[kind])

    def _check_manager(self):
        if not self.env.su and not self.env.user.has_group(
            "crm_migration.crm_migration_group_manager"
        ):
            raise UserError(self.env._("Only a migration manager may do this."))

    # ------------------------------------------------------------------ results

    def _get_outcomes(self):
        """Return {entity: {read, staged, created, …}} of the newest export of each entity.

        The outcomes add up to the rows read; rows still to load are counted as ``staged``.
        """
        self.ensure_one()
        self.env.flush_all()
        self.env.cr.execute(
            """SELECT entity, state, count FROM (
                   SELECT entity, state, generation, count(*),
                          max(generation) OVER (PARTITION BY entity) AS newest
                     FROM crm_migration_record WHERE project_id = %s
                    GROUP BY entity, state, generation) AS groups
                WHERE generation = newest ORDER BY entity""",
            [self.id],
        )
        result = {}
        for entity, state, count in self.env.cr.fetchall():
            counts = result.setdefault(
                entity, {"read": 0, "staged": 0} | dict.fromkeys(OUTCOMES, 0)
            )
            counts["read"] += count
            counts[state] += count
        return result

    def _get_check_totals(self):
        """Return the verdicts of the last verification, or sample."""
        self.ensure_one()
        run = self.run_ids.filtered(lambda r: r.kind in ("verify", "sample") and r.counters)[:1]
        totals = (run.counters or {}).get("checks", {})
        return {v: totals.get(v, 0) for v in ("equal", "explained", "different", "missing")}

    def _get_report(self):
        """Return the machine-readable report (contract: ``docs/command_line.md``)."""
        self.ensure_one()
        runs = self.run_ids.sorted("id")
        return {
            "project": self.name,
            "profile": self.profile,
            "state": self.state,
            "runs": [
                {
                    "kind": run.kind,
                    "state": run.state,
                    "seconds": round(run.seconds, 3),
                    "records": run.processed,
                }
                for run in runs
            ],
            "entities": self._get_outcomes(),
            "issues": self.issue_ids.filtered(lambda issue: issue.state == "open")._get_report(),
            "checks": self._get_check_totals(),
            "forecast": Outlook(self).get_report(),
        }

    @api.readonly
    def get_doubts(self):
        """Return the open questions of the project, one entry per kind."""
        self.ensure_one()
        self.check_access("read")
        return Doubts(self).get()

    def action_answer(self, code):
        """Open what answers an issue's kind for all rows at once."""
        self.ensure_one()
        return Doubts(self).get_action(code)

    def settle_alike(self, code):
        """Settle all open issues of one kind: one decision for all that are alike.

        It becomes a rule of the project: no later load or newer export asks the same again, of
        these records or of others with the same value.
        """
        self.ensure_one()
        self.check_access("read")
        issues = self.env["crm.migration.issue"].search(
            [("project_id", "=", self.id), ("code", "=", code), ("state", "=", "open")]
        )
        issues.check_access("write")
        issues.sudo().write({"state": "settled", "for_alike": True})

    def action_inventory_documents(self):
        """Write the list of what does not move as files, and offer the workbook for download."""
        self.ensure_one()
        self.check_access("read")
        made = self.env["crm.migration.collector"].sudo()._make_documents(self.sudo())
        return {
            "type": "ir.actions.act_url",
            "url": f"/web/content/{made[:1].id}?download=true",
            "target": "self",
        }

    def action_download_held(self):
        """Give out the held and failed rows as CSV in the source's own columns."""
        self.ensure_one()
        self._check_not_purged("load")
        return {
            "type": "ir.actions.act_url",
            "url": f"/crm_migration/held/{self.id}",
            "target": "download",
        }

    def action_open_sample(self):
        """Show the comparison of the last sample."""
        return self._open_checks("crm_migration.crm_migration_check_sample_action", "sample")

    def action_open_totals(self):
        """Show the totals of the last proof."""
        return self._open_checks("crm_migration.crm_migration_check_verify_action", "verify")

    def action_open_differences(self):
        """Show what the last proof found to be not equal."""
        return self._open_checks("crm_migration.crm_migration_check_difference_action", "verify")

    def _open_checks(self, xmlid, kind):
        """Return the action, for the last run of that kind."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(xmlid)
        run = self.run_ids.filtered(lambda r: r.kind == kind and r.state == "done")[:1]
        kinds = ["field"] if xmlid.endswith("check_verify_action") else ["value", "link"]
        return action | {"domain": [("run_id", "=", run.id), ("kind", "in", kinds)]}

    # ------------------------------------------------------------------ saved maps

    def action_export_map(self):
        """Give out the map as a file for another project."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_url",
            "url": f"/crm_migration/map/{self.id}",
            "target": "download",
        }

    def _export_map(self):
        """Return the map as data that another project can use."""
        self.ensure_one()
        lines = [
            {name: line[name] for name in LINE_FIELDS}
            | {"entity": line.entity, "target": line.mapping_id.target}
            for line in self.line_ids
        ]
        values = [
            {name: value[name] for name in VALUE_FIELDS}
            | {"user": value.user_id.login or False, "stage": value.stage_id.name or False}
            for value in self.value_ids
        ]
        return {"profile": self.profile, "lines": lines, "values": values}

    def _import_map(self, content):
        """Use a saved map: lines and values that this project has too, as decided there.

        :raises UserError: when the file is no map of this source
        """
        self.ensure_one()
        if not isinstance(content, dict) or content.get("profile") != self.profile:
            raise UserError(
                self.env._("The file is not a map of %(product)s.", product=self.profile)
            )
        lines = {(line.entity, line.column): line for line in self.line_ids}
        for saved in content.get("lines", []):
            line = lines.get((saved.get("entity"), saved.get("column")))
            if line:
                told = {name: saved[name] for name in LINE_FIELDS if name in saved}
                line.write(told | {"reason": "saved", "evidence": False})
        values = {(v.domain, v.group or "", v.source_value): v for v in self.value_ids}
        for saved in content.get("values", []):
            key = (saved.get("domain"), saved.get("group") or "", saved.get("source_value"))
            if key in values:
                values[key].write(self._prepare_saved_value(saved))

    def _prepare_saved_value(self, saved):
        vals = {name: saved[name] for name in VALUE_FIELDS if name in saved}
        for name, model, key in (("user", "res.users", "login"), ("stage", "crm.stage", "name")):
            if saved.get(name):
                found = self.env[model].search([(key, "=", saved[name])])
                if len(found) == 1:  # of two stages of one name none is guessed
                    vals[f"{name}_id"] = found.id
        return vals
