from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import formatLang

from ..models import words

# More spared items are counted, not listed: the list is to be read by a person.
LISTED = 200
# Lines of the log up to which the preview is shown unasked: it takes a second or two.
QUICK = 20_000


class CrmMigrationProjectRollback(models.TransientModel):
    """Shows what a rollback would do, and does it once the project's name is typed."""

    _name = "crm.migration.project.rollback"
    _description = "Roll Back"

    project_id = fields.Many2one("crm.migration.project", required=True, ondelete="cascade")
    project_name = fields.Char(related="project_id.name")
    scope = fields.Selection(
        [
            ("all", "The whole migration"),
            ("run", "One load, such as the last newer export"),
            ("entity", "One kind of records"),
            ("records", "Chosen records"),
        ],
        default="all",
        required=True,
        string="Undo",
    )
    run_id = fields.Many2one(
        "crm.migration.run",
        string="Load",
        domain="[('project_id', '=', project_id), ('kind', '=', 'load'), ('state', '=', 'done')]",
    )
    entity = fields.Selection(words.select_entity, string="Kind of Records")
    record_ids = fields.Many2many(
        "crm.migration.record",
        string="Records",
        domain="[('project_id', '=', project_id), ('res_id', '!=', False)]",
    )
    dependants = fields.Selection(
        [("keep", "Keep them; their links are emptied"), ("undo", "Undo them too")],
        default="keep",
        required=True,
        string="What Hangs on Them",
    )
    afterwards = fields.Selection(
        [("leave", "Stay out of later loads"), ("again", "Are loaded again by the next load")],
        default="leave",
        required=True,
        string="Undone Rows",
    )
    is_large = fields.Boolean(compute="_compute_is_large")
    wants_preview = fields.Boolean(
        compute="_compute_wants_preview",
        store=True,
        readonly=False,
        string="Work out what goes and what stays",
    )
    spared_ids = fields.One2many("crm.migration.project.rollback.spared", "wizard_id")
    typed_name = fields.Char(string="Type the name of the migration to confirm")
    preview_html = fields.Html(compute="_compute_preview", string="Preview", sanitize=False)
    is_empty = fields.Boolean(compute="_compute_preview")
    has_dependants = fields.Boolean(compute="_compute_preview")

    @api.depends("project_id")
    def _compute_is_large(self):
        """The window opens at once: what takes longer than that is worked out when asked for."""
        for wizard in self:
            project = wizard.project_id._origin
            lines = project and self.env["crm.migration.log"].search_count(
                [("project_id", "=", project.id), ("id", ">", project._get_undone_until())],
                limit=QUICK + 1,
            )
            wizard.is_large = lines and lines > QUICK

    @api.depends("is_large")
    def _compute_wants_preview(self):
        for wizard in self:
            wizard.wants_preview = not wizard.is_large

    @api.onchange(
        "project_id", "scope", "run_id", "entity", "record_ids", "dependants", "wants_preview"
    )
    def _onchange_scope(self):
        """List what is spared, each with its reason and its own checkbox."""
        self.spared_ids = [fields.Command.clear()]
        if self._is_chosen() and self.wants_preview:
            preview = self._get_preview(forced=False)
            self.spared_ids = [
                fields.Command.create(vals) for vals in self._prepare_spared(preview["spared"])
            ]

    @api.depends(
        "project_id", "scope", "run_id", "entity", "record_ids", "dependants", "wants_preview",
        "spared_ids.force",
    )  # fmt: skip
    def _compute_preview(self):
        for wizard in self:
            chosen = wizard._is_chosen()
            unknown = chosen and not wizard.wants_preview
            preview = wizard._get_preview() if chosen and not unknown else {}
            rows = wizard._prepare_rows(preview)
            value_count, spared_count = preview.get("fields", 0), len(preview.get("spared", []))
            wizard.is_empty = not rows and not unknown
            wizard.has_dependants = unknown or bool(preview.get("dependants"))
            wizard.preview_html = self.env["ir.qweb"]._render(
                "crm_migration.rollback_preview",
                {
                    "rows": rows,
                    "is_chosen": chosen,
                    "is_unknown": unknown,
                    "is_whole": wizard.scope == "all",
                    "value_count": value_count and formatLang(self.env, value_count, digits=0),
                    "spared_count": spared_count and formatLang(self.env, spared_count, digits=0),
                    "lists_all": spared_count <= LISTED,
                    "listed": LISTED,
                    "sentences": wizard._prepare_sentences(preview),
                },
            )

    def _is_chosen(self):
        choices = {"run": self.run_id, "entity": self.entity, "records": self.record_ids}
        return bool(self.project_id) and bool(choices.get(self.scope, True))

    def _get_preview(self, forced=True):
        parameters = self._prepare_parameters(forced)
        return self.env["crm.migration.rollback"]._preview(self.project_id._origin, parameters)

    def _prepare_parameters(self, forced=True):
        """Return what the run is told: see ``undo_scope.Scope``."""
        parameters = {}
        if self.scope == "run":
            parameters["runs"] = self.project_id._origin._get_runs_of_load(self.run_id._origin)
        elif self.scope == "entity":
            parameters["entity"] = self.entity
        elif self.scope == "records":
            parameters["records"] = self.record_ids._origin.ids
        if parameters:
            parameters |= {"dependants": self.dependants, "again": self.afterwards == "again"}
        if forced:
            parameters["forced"] = self.spared_ids.filtered("force").mapped("key")
        return parameters

    def _prepare_spared(self, spared):
        """Return the values of the lines, with names read once per model."""
        reasons = self.env["crm.migration.rollback"]._get_reasons()
        spared = spared[:LISTED]
        ids = {}
        for one in spared:
            ids.setdefault(one["model"], set()).add(one["res_id"])
        names = {
            (model, record.id): record.display_name
            for model, of_model in ids.items()
            for record in self.env[model].browse(of_model).exists()
        }
        return [
            {
                "key": ",".join(str(part) for part in (model, res_id, name) if part),
                "name": names.get((model, res_id)) or f"{model} {res_id}",
                "kind": self._get_model_label(model),
                "field_label": name and self.env["ir.model.fields"]._get(model, name).display_name,
                "reason": reasons[one["reason"]],
            }
            for one in spared
            for model, res_id, name in [(one["model"], one["res_id"], one["field"])]
        ]

    def _prepare_sentences(self, preview):
        """Tell what hangs on what goes, and what becomes of it."""
        fate = {
            "undo": self.env._("they are undone too"),
            "keep": self.env._("they stay, their link is emptied"),
        }[self.dependants]
        return [
            self.env._(
                "%(count)s records of “%(model)s” hang on records of “%(of_model)s” that go: "
                "%(fate)s.",
                count=formatLang(self.env, count, digits=0),
                model=self._get_model_label(model),
                of_model=self._get_model_label(of_model),
                fate=fate,
            )
            for (model, of_model), count in sorted(preview.get("dependants", {}).items())
        ]

    def _prepare_rows(self, preview):
        """Return one row per model: its name and the counts of each action."""
        actions = ("remove", "restore", "keep")
        models_touched = {model for action in actions for model in preview.get(action, {})}
        rows = [
            {"name": self._get_model_label(model)}
            | {action: preview.get(action, {}).get(model, 0) for action in actions}
            for model in models_touched
        ]
        return sorted(rows, key=lambda row: row["name"])

    def _get_model_label(self, model):
        if model not in self.env:
            return model
        return self.env["ir.model"]._get(model).name

    def action_rollback(self):
        """Undo what was chosen, in the background."""
        self.ensure_one()
        if (self.typed_name or "").strip() != self.project_id.name.strip():
            raise UserError(
                self.env._(
                    "Type the name of the migration, “%(name)s”, to confirm.",
                    name=self.project_id.name,
                )
            )
        if not self._is_chosen():
            raise UserError(self.env._("Choose what is to be undone."))
        self.project_id.action_rollback(**self._prepare_parameters())
        return {"type": "ir.actions.act_window_close"}


class CrmMigrationProjectRollbackSpared(models.TransientModel):
    """Something that people changed since: it stays, unless this very item is forced."""

    _name = "crm.migration.project.rollback.spared"
    _description = "Spared by the Rollback"

    wizard_id = fields.Many2one(
        "crm.migration.project.rollback", required=True, ondelete="cascade", index=True
    )
    key = fields.Char(required=True)
    name = fields.Char(string="Record")
    kind = fields.Char(string="In Odoo")
    field_label = fields.Char(string="Field")
    reason = fields.Char(string="Why It Stays")
    force = fields.Boolean()
