from collections import Counter

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError

from odoo.addons.base.models.res_partner import _tz_get

from ..engine import profiles
from . import words
from .append_only import opened
from .crm_migration_run import UNFINISHED
from .outlook import Outlook
from .proof import Proof

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
    batch_size = fields.Integer(default=1000, help="Records that are loaded together.")
    generation = fields.Integer(default=1, readonly=True, copy=False)
    purged_at = fields.Datetime(
        string="Copies Purged On", readonly=True, copy=False,
        help="Since then there is no copy of the source's rows and files here.",
    )  # fmt: skip
    closed_at = fields.Datetime(string="Closed On", readonly=True, copy=False)
    closed_by_id = fields.Many2one("res.users", readonly=True, copy=False)
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
    tally = fields.Json(compute="_compute_tally", help="Rows by entity, outcome and export.")
    file_count = fields.Integer(compute="_compute_counts")
    record_count = fields.Integer(compute="_compute_counts")
    landed_count = fields.Integer(compute="_compute_counts", string="In Odoo")
    held_count = fields.Integer(compute="_compute_counts")
    is_signed = fields.Boolean(compute="_compute_is_signed", string="Signed Off")
    outcomes = fields.Json(compute="_compute_outcomes")
    forecast = fields.Json(compute="_compute_forecast")
    verdicts = fields.Json(compute="_compute_outcomes")
    duplicate_count = fields.Integer(compute="_compute_duplicate_count", string="Maybe Twice")
    open_line_count = fields.Integer(compute="_compute_counts", string="Columns to Confirm")
    open_value_count = fields.Integer(compute="_compute_counts", string="Values to Confirm")

    _unique_name = models.Constraint("UNIQUE(name, company_id)", "Project names are unique.")

    # ------------------------------------------------------------------ fields

    @api.model
    def _selection_profile(self):
        """Return the sources by name; the one that has no profile stands last."""
        known = [profiles.load(code) for code in profiles.codes()]
        known.sort(key=lambda profile: (profile.generic, profile.name.lower()))
        other = self.env._("Another CRM")
        return [(one.code, other if one.generic else one.name) for one in known]

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

    @api.depends("run_ids.state")
    def _compute_tally(self):
        """Count the rows once for all that a screen tells of them, in the order of the index."""
        groups = self._count_by("crm.migration.record", ["entity", "state", "generation"])
        for project in self:
            counts = groups.get(project, {})
            project.tally = [[*group, count] for group, count in counts.items()]

    @api.depends("tally")
    def _compute_counts(self):
        lines = self._count_by("crm.migration.mapping.line", ["state"])
        values = self._count_by("crm.migration.mapping.value", ["state"])
        for project in self:
            mine = Counter()
            for __, state, __, count in project.tally or ():
                mine[state] += count
            project.file_count = len(project.file_ids)
            project.record_count = sum(mine.values())
            project.landed_count = sum(
                mine[state] for state in ("created", "updated", "unchanged", "merged")
            )
            project.held_count = mine["held"] + mine["failed"]
            project.open_line_count = lines.get(project, {}).get("proposed", 0)
            project.open_value_count = values.get(project, {}).get("proposed", 0)

    def _compute_duplicate_count(self):
        self.env.flush_all()
        # Each case's row by its ID: a join would be planned as a walk over all rows.
        self.env.cr.execute(
            """SELECT project_id, count(*) FROM crm_migration_duplicate d
                WHERE project_id = ANY(%s) AND decision IS NULL
                  AND (SELECT res_id FROM crm_migration_record WHERE id = d.record_id) IS NULL
                GROUP BY project_id""",
            [self.ids],
        )
        counts = dict(self.env.cr.fetchall())
        for project in self:
            project.duplicate_count = counts.get(project.id, 0)

    @api.depends("run_ids.state")
    def _compute_forecast(self):
        for project in self:
            project.forecast = project.id and Outlook(project._origin).show()

    def _compute_outcomes(self):
        for project in self:
            proof = Proof(project._origin)
            project.outcomes = proof.get_outcomes(project._origin.tally)
            project.verdicts = proof.get_verdicts()

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
        """Show the policies that are usual for the source, and its name until there is one."""
        named = dict(self._selection_profile())
        if self.profile and (not self.name or self.name in named.values()):
            self.name = self._get_free_name(named[self.profile])
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
