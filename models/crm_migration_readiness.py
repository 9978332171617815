from odoo import api, fields, models
from odoo.exceptions import UserError

from . import words
from .apps import IDENTITY_FIELDS, MORE_FIELDS, USES, get_models, get_use, is_there

# Kinds of the source that an app takes although their rows are activities: use -> canonical kind.
KINDS = {"task": "task"}


class CrmMigrationReadiness(models.Model):
    """What the source brings that needs an optional app, and what becomes of it.

    Part of the approved map: a changed choice voids the approval.
    """

    _name = "crm.migration.readiness"
    _description = "App Needed"
    _order = "project_id, id"
    _rec_name = "use"

    project_id = fields.Many2one(
        "crm.migration.project", required=True, index=True, ondelete="cascade"
    )
    use = fields.Selection(selection="_selection_use", required=True, string="Records")
    rows = fields.Integer(readonly=True, help="Rows of the newest export.")
    app = fields.Char(compute="_compute_app")
    is_installed = fields.Boolean(compute="_compute_app", string="Installed")
    with_app = fields.Char(compute="_compute_app", string="With the App")
    without_app = fields.Char(compute="_compute_app", string="Without")
    cost = fields.Char(compute="_compute_app", string="What It Costs")
    choice = fields.Selection(
        [("app", "Use the app"), ("fallback", "Do without")], required=True, default="app"
    )
    state = fields.Selection(
        [("proposed", "To decide"), ("confirmed", "Decided")], required=True, default="proposed"
    )

    _unique_use = models.Constraint("UNIQUE(project_id, use)", "One line per kind of record.")

    @api.model
    def _selection_use(self):
        labels = words.get_entities(self.env)
        return [(code, labels.get(code, code)) for code in USES]

    @api.depends("use", "choice")
    @api.depends_context("lang")
    def _compute_app(self):
        texts = self._get_texts()
        names = self._get_app_names()
        for line in self:
            line.app = names.get(line.use, line.use)
            line.is_installed = bool(line.use) and is_there(self.env, line.use)
            line.with_app, line.without_app, line.cost = texts.get(line.use, ("", "", ""))

    @api.model
    def _get_app_names(self):
        """Return {use: name of its app}, as the list of apps has it."""
        modules = self.env["ir.module.module"].sudo()
        modules = modules.search([("name", "in", [use.module for use in USES.values()])])
        names = {module.name: module.shortdesc for module in modules}
        return {code: names.get(use.module, use.module) for code, use in USES.items()}

    @api.model
    def _get_texts(self):
        """Return {use: (what it becomes, what it becomes without the app, what that costs)}."""
        return {
            "task": (
                self.env._("Tasks of a project, linked to the contact and the opportunity"),
                self.env._("Activities on the contact or opportunity"),
                self.env._("No board of tasks; recurrence and priority are kept as text"),
            ),
            "course": (
                self.env._("Courses with their sections and lessons, unpublished"),
                self.env._("The hierarchy of portals and courses as a JSON file with the project"),
                self.env._("Courses are built by hand from the file"),
            ),
            "enrolment": (
                self.env._("Attendees of the courses"),
                self.env._("Records of a custom model: student, course, status, date"),
                self.env._("No access to courses, no progress; the list stays complete"),
            ),
            "product": (
                self.env._("Products with price, code and description"),
                self.env._("A written list; nothing is sold from it"),
                self.env._(
                    "Products are made by hand when Sales is installed, or by loading again"
                ),
            ),
            "order": (
                self.env._("Sales orders with their lines"),
                self.env._(
                    "Custom fields on the contact: list, number, total and date of the orders"
                ),
                self.env._("No sales analysis by product"),
            ),
            "invoice": (
                self.env._("Invoices with their lines, as drafts or posted, see “Invoices”"),
                self.env._("Custom fields on the contact: list, number, total and open amount"),
                self.env._("No receivables and no accounting analysis"),
            ),
            "segment": (
                self.env._("Mailing lists with their contacts"),
                self.env._("Tags on the contacts, and a written list of the segments"),
                self.env._(
                    "Mailings go to a tag instead of a list; opt-outs of a list are kept as text"
                ),
            ),
        }

    # ------------------------------------------------------------- decide

    def write(self, vals):
        """A choice decides what lands: approvals are void, and what was left out is tried again."""
        if "choice" in vals and "state" not in vals:
            vals = vals | {"state": "confirmed"}
        changed = self.filtered(lambda line: line.choice != vals.get("choice", line.choice))
        result = super().write(vals)
        if changed:
            changed._check_nothing_landed()
            changed._restage()
            changed.project_id._void_changed_approvals()
        return result

    def _get_entities(self):
        """Return the entities whose rows the line is about."""
        self.ensure_one()
        project = self.project_id
        return project.mapping_ids.filtered(
            lambda mapping: (
                self.use in (get_use(mapping.target), self._get_kind_use(project, mapping))
                or (self.use in KINDS and self._is_mixed(mapping))
            )
        ).mapped("entity")

    def _check_nothing_landed(self):
        """A record cannot become one of another model: it would be there twice."""
        self.env.flush_all()
        for line in self:
            self.env.cr.execute(
                """SELECT 1 FROM crm_migration_record
                    WHERE project_id = %s AND entity = ANY(%s) AND res_id IS NOT NULL LIMIT 1""",
                [line.project_id.id, line._get_entities()],
            )
            if self.env.cr.fetchone():
                raise UserError(
                    self.env._("Such records are in Odoo already: roll the migration back first.")
                )

    def _restage(self):
        """Stage again what a load left out for want of the app."""
        for line in self:
            self.env.cr.execute(
                """UPDATE crm_migration_record SET state = 'staged'
                    WHERE project_id = %s AND entity = ANY(%s) AND state = 'skipped'
                      AND load_run_id IS NOT NULL""",
                [line.project_id.id, line._get_entities()],
            )

    def action_confirm(self):
        """Decide as proposed."""
        self.write({"state": "confirmed"})

    def action_use_app(self):
        self.write({"choice": "app"})

    def action_do_without(self):
        self.write({"choice": "fallback"})

    # ------------------------------------------------------------- propose, use

    @api.model
    def _propose(self, project):
        """Write a line per kind of record of the export that needs an app.

        One whose app is missing is a question; one whose app is there needs no answer. Activities
        that have a place without it go to an app only by choice, or where the profile says so.
        """
        known = {line.use: line for line in project.readiness_ids}
        for use, rows in self._count_rows(project).items():
            installed, usual = is_there(self.env, use), self._is_usual(project, use)
            if not installed and not usual:
                continue
            values = {"rows": rows}
            line = known.get(use)
            if not line:
                self.create(
                    values
                    | {
                        "project_id": project.id,
                        "use": use,
                        "choice": "app" if installed and usual else "fallback",
                        "state": "confirmed" if installed else "proposed",
                    }
                )
            else:
                line.write(values)

    @api.model
    def _count_rows(self, project):
        """Return {use: rows} of what the export has."""
        counts = {entity: figures["read"] for entity, figures in project._get_outcomes().items()}
        rows = {}
        for mapping in project.mapping_ids:
            use = get_use(mapping.target) or self._get_kind_use(project, mapping)
            if use and counts.get(mapping.entity):
                rows[use] = rows.get(use, 0) + counts[mapping.entity]
        if any(self._is_mixed(mapping) for mapping in project.mapping_ids):
            for use, kind in KINDS.items():
                count = self._count_kind(project, kind)
                if count:
                    rows[use] = rows.get(use, 0) + count
        return rows

    @api.model
    def _count_kind(self, project, kind):
        """Return how many rows of lists of all activities are of a kind, as the value map says."""
        values = project.value_ids.filtered(
            lambda value: value.domain == "activity_kind" and value.target_value == kind
        )
        return sum(values.mapped("count"))

    @api.model
    def _get_kind_use(self, project, mapping):
        """Return the use of the kind of activity that all rows of an entity are, or None."""
        kind = (mapping.constants or {}).get("kind")
        return next((use for use, its in KINDS.items() if its == kind), None)

    @api.model
    def _is_mixed(self, mapping):
        """Return whether the rows of an entity are activities of several kinds."""
        return mapping.target == "timeline" and not (mapping.constants or {}).get("kind")

    @api.model
    def _is_usual(self, project, use):
        """Return whether a kind of activity goes to an app where nobody chose, as its profile says.

        What is no activity needs its app.
        """
        wanted = {one["kind"] for one in project._get_profile().uses}
        return use not in KINDS or KINDS[use] in wanted

    @api.model
    def _is_used(self, project, use):
        """Return whether records of a use go to their app: it is there, and chosen."""
        if not is_there(self.env, use):
            return False
        line = project.readiness_ids.filtered(lambda line: line.use == use)
        return line.choice == "app" if line else self._is_usual(project, use)

    @api.model
    def _takes_kind(self, project, kind):
        """Return whether activities of a kind go to an app: chosen, or as the profile says."""
        return any(its == kind and self._is_used(project, use) for use, its in KINDS.items())

    # ------------------------------------------------------------- fields

    @api.model
    def _get_fields(self, project):
        """Return {(model, field): (type, label, comodel)} of the custom fields that loads need."""
        wanted = {}
        for line in project.readiness_ids:
            if not self._is_used(project, line.use):
                continue
            for model in get_models(line.use):
                for name, (ttype, label) in IDENTITY_FIELDS.items():
                    wanted[model, name] = (ttype, label, None)
                for name, field in MORE_FIELDS.get(model, {}).items():
                    wanted[model, name] = field
        return wanted
