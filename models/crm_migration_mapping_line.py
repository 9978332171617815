from odoo import api, fields, models
from odoo.exceptions import UserError

from ..engine.transforms import TRANSFORMS
from ..engine.types import CERTAIN, Rule
from . import words
from .line_preview import LinePreview
from .target_choices import TargetChoices

STATES = [("proposed", "To confirm"), ("confirmed", "Confirmed"), ("ignored", "Ignored")]
# What decides where a column goes and how: a change of it is a decision.
DECIDING = {"target_field", "transform", "reference", "options", "new_type"}
# Transforms that the order of dates or the decimal mark changes.
DOUBTED = ("date", "datetime", "integer", "float", "money", "percent", "probability")
# Options that a person may correct, each with a field of its own.
READING = ("date_order", "decimal", "separator")


class CrmMigrationMappingLine(models.Model):
    """One column of one entity: where it goes, by which transform, and why."""

    _name = "crm.migration.mapping.line"
    _description = "Mapped Column"
    _order = "mapping_id, sequence, id"
    _rec_name = "column"

    mapping_id = fields.Many2one(
        "crm.migration.mapping", required=True, index=True, ondelete="cascade"
    )
    project_id = fields.Many2one(related="mapping_id.project_id", store=True, index=True)
    entity = fields.Selection(related="mapping_id.entity", store=True)
    sequence = fields.Integer()
    column = fields.Char(required=True)
    samples = fields.Char(help="The first values of the column.")
    fill_rate = fields.Float(
        aggregator=None, digits=(3, 2), help="Share of the rows that have a value."
    )
    kind = fields.Char(string="Holds", help="What the values look like, from all rows.")
    target_field = fields.Char(
        help="Field of the Odoo record; 'id' is the source's key, 'x_source_data' keeps the text "
        "with the record without a field of its own, empty leaves the column out."
    )
    target_label = fields.Char(compute="_compute_target_label", string="Goes To")
    transform = fields.Selection(selection="_selection_transform", default="text", required=True)
    reference = fields.Char(help="Record the value names: company.id, contact.name, owner.any …")
    options = fields.Json()
    new_label = fields.Char(string="Label", help="Label of the custom field that will be made.")
    new_type = fields.Selection(
        [
            ("char", "Text in one line"),
            ("text", "Text"),
            ("html", "Formatted text"),
            ("integer", "Whole number"),
            ("float", "Number"),
            ("date", "Date"),
            ("datetime", "Date and time"),
            ("boolean", "Yes or no"),
            ("selection", "Pick-list"),
        ],
        string="Type",
        help="Type of the custom field that will be made.",
    )
    date_order = fields.Selection(
        [("dmy", "Day, month, year"), ("mdy", "Month, day, year"), ("ymd", "Year, month, day")],
        compute="_compute_options",
        inverse="_inverse_options",
        string="Order of Dates",
        help="Empty: only what can be read in one way is read.",
    )
    decimal = fields.Selection(
        [(".", "1,234.56 (point)"), (",", "1.234,56 (comma)")],
        compute="_compute_options",
        inverse="_inverse_options",
        string="Decimal Mark",
    )
    separator = fields.Char(
        compute="_compute_options",
        inverse="_inverse_options",
        help="What stands between several values of one cell.",
    )
    preview = fields.Json(compute="_compute_preview", string="Before and After")
    choices = fields.Json(help="Distinct values of a pick-list.")
    score = fields.Float(aggregator=None, digits=(3, 2), help="1 is certain.")
    reason = fields.Char(help="Why this target was proposed.")
    alternatives = fields.Json(help="Next best meanings, by their names in the engine.")
    evidence = fields.Json(help="What the reason is about.")
    doubts = fields.Json(help="What the values leave open: how dates, numbers are read.")
    kind_label = fields.Char(compute="_compute_explanation", string="Contents")
    explanation = fields.Char(compute="_compute_explanation", string="Why")
    others = fields.Json(compute="_compute_others", string="Or")
    value_ids = fields.Many2many(
        "crm.migration.mapping.value",
        compute="_compute_value_ids",
        string="Values of the Column",
    )
    is_certain = fields.Boolean(compute="_compute_is_certain", store=True)
    state = fields.Selection(STATES, default="proposed", required=True)
    decided_by_id = fields.Many2one("res.users", readonly=True)
    decided_at = fields.Datetime(readonly=True)

    _unique_column = models.Constraint(
        'UNIQUE(mapping_id, "column")', "A column has one line in the map."
    )

    @api.model
    def _selection_transform(self):
        return [(name, transform.title) for name, transform in TRANSFORMS.items()]

    def write(self, vals):
        """A changed line is decided by whoever changes it, and voids the approvals."""
        self.project_id._check_not_frozen()
        if not self.env.context.get("crm_migration_proposing"):
            decided = {"decided_by_id": self.env.uid, "decided_at": fields.Datetime.now()}
            if vals.keys() & DECIDING:
                out = "target_field" in vals and not vals["target_field"]
                vals = {"state": "ignored" if out else "confirmed"} | vals
            if vals.keys() & {"target_field", "reference"}:
                vals = {"reason": "chosen", "evidence": False} | vals
            if "state" in vals:
                vals = vals | decided
            self._check_key(vals)
        result = super().write(vals)
        if vals.keys() & DECIDING and not self.env.context.get("crm_migration_proposing"):
            self._propose_values()
        self.project_id._void_changed_approvals()
        return result

    def _check_key(self, vals):
        """Which column holds the ID is said at the file: its rows are read by it."""
        if vals.get("target_field") != "id":
            return
        for line in self.filtered(lambda line: line.target_field != "id"):
            files = line.project_id.file_ids.filtered(lambda file: file.entity == line.entity)  # noqa: B023
            if line.column not in files.mapped("key_column"):
                raise UserError(
                    self.env._(
                        "Choose “%(column)s” as the column with the ID at the file, and read it "
                        "again: the rows are told apart by it.",
                        column=line.column,
                    )
                )

    def _propose_values(self):
        """Propose the value maps that the changed lines need and that are not there yet."""
        for project in self.project_id:
            mapped = self.filtered(lambda line: line.project_id == project)  # noqa: B023
            proposer = self.env["crm.migration.proposer"].sudo()
            project = project.sudo().with_context(crm_migration_proposing=True)
            if any((line.options or {}).get("domain") for line in mapped):
                proposer._propose_values(project)
            if any(line.new_type == "selection" for line in mapped):
                proposer._propose_choices(project)
            references = {(line.reference or "").partition(".")[0] for line in mapped}
            if references & {"stage", "team"}:
                proposer._propose_stages(project)
            if "owner" in references:
                proposer._propose_owners(project)

    @api.depends("target_field", "reference", "options", "new_label", "new_type", "state")
    @api.depends_context("lang")
    def _compute_target_label(self):
        for mapping, lines in self.grouped("mapping_id").items():
            choices = TargetChoices(mapping)
            for line in lines:
                line.target_label = choices.describe(line)

    @api.depends("target_field", "reference", "options", "new_type", "state")
    def _compute_value_ids(self):
        for line in self:
            line.value_ids = line.value_ids.search(line._get_values_domain())

    def _get_values_domain(self):
        """Return which values of the project's maps the column goes through."""
        family = (self.reference or "").partition(".")[0]
        domain = ((self.options or {}) | self._get_choice_option()).get("domain")
        domain = domain or (family if family in ("stage", "owner") else False)
        if self.state == "ignored":
            domain = False
        return [("project_id", "=", self.project_id._origin.id), ("domain", "=", domain)]

    def action_open_values(self):
        """Show the value map of the column, to change it."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "crm_migration.crm_migration_mapping_value_open_action"
        )
        return action | {
            "domain": self._get_values_domain(),
            "display_name": self.column,
            "context": {"crm_migration_project": self.project_id.id},
        }

    @api.depends("score", "doubts")
    def _compute_is_certain(self):
        for line in self:
            line.is_certain = line.score >= CERTAIN and not line.doubts

    @api.depends("reason", "evidence", "kind", "doubts", "target_label")
    @api.depends_context("lang")
    def _compute_explanation(self):
        kinds = words.get_kinds(self.env)
        for line in self:
            line.kind_label = kinds.get(line.kind, line.kind)
            line.explanation = words.explain(self.env, line, line.target_label)

    @api.depends("alternatives", "target_field", "reference", "options", "new_type", "state")
    @api.depends_context("lang")
    def _compute_others(self):
        for mapping, lines in self.grouped("mapping_id").items():
            choices = TargetChoices(mapping)
            for line in lines:
                line.others = [
                    {name: choice[name] for name in ("key", "label", "name")}
                    for choice in choices.get_alternatives(line)
                ]

    @api.depends("options")
    def _compute_options(self):
        for line in self:
            options = line.options or {}
            line.date_order = options.get("date_order") or False
            line.decimal = options.get("decimal") or False
            line.separator = options.get("separator") or False

    def _inverse_options(self):
        for line in self:
            options = line._merge_options()
            if options != (line.options or {}):
                line.options = options

    @api.onchange(*READING)
    def _onchange_options(self):
        self.options = self._merge_options()

    def _merge_options(self):
        """Return the options with what the person set in their fields."""
        told = {name: self[name] for name in READING if self[name]}
        rest = {name: value for name, value in (self.options or {}).items() if name not in READING}
        return rest | told

    def _get_reading_options(self):
        """Return the options that say how the cells are written, not what they mean."""
        return {
            name: value
            for name, value in (self.options or {}).items()
            if name in ("date_order", "decimal", "separator", "timezone", "scale")
        }

    @api.onchange("new_type")
    def _onchange_new_type(self):
        """Read the values as the new field wants them."""
        if self.new_type:
            self.transform = {"char": "line", "selection": "line"}.get(self.new_type, self.new_type)

    @api.depends("target_field", "transform", "reference", "options", "new_type", "state")
    def _compute_preview(self):
        for line in self:
            line.preview = LinePreview(line).get()

    @api.readonly
    def get_target_choices(self):
        """Return where the column may go, for the field picker (see :class:`TargetChoices`)."""
        self.ensure_one()
        self.check_access("read")
        return self.mapping_id._get_target_choices(self)

    def choose_alternative(self, key):
        """Send the column where one of the two next best proposals says.

        :param key: of an entry of ``others``
        """
        self.ensure_one()
        for choice in TargetChoices(self.mapping_id).get_alternatives(self):
            if choice["key"] == key:
                self.write(choice["values"])
                return True
        raise UserError(self.env._("This is no longer proposed: load the page again."))

    def action_confirm_certain(self):
        """Accept what is right 99 times in 100; questions stay.

        The button stands above the list whatever is selected: it is about the whole project.
        """
        project = self.project_id or self.project_id.browse(
            self.env.context.get("crm_migration_project") or []
        )
        project.action_confirm_certain()

    def action_confirm(self):
        """Accept the proposals as they stand; a line without a target stays ignored.

        :raises UserError: while it is open how a column's dates or numbers are read
        """
        open_lines = self.filtered(lambda line: line._get_open_doubts())
        if open_lines:
            raise UserError(
                self.env._(
                    "Say first how these columns are read, or keep them as text: %(columns)s",
                    columns=", ".join(open_lines.mapped("column")),
                )
            )
        self._accept()

    def _get_open_doubts(self):
        """Return the codes of what the values leave open and nobody answered yet."""
        self.ensure_one()
        answers = {"ambiguous_date": "date_order", "ambiguous_number": "decimal"}
        if self.transform not in DOUBTED or not self.target_field:
            return []
        return [
            code
            for code in self.doubts or ()
            if code in answers and not (self.options or {}).get(answers[code])
        ]

    def _accept(self):
        for has_target, lines in self.grouped(lambda line: bool(line.target_field)).items():
            lines.write({"state": "confirmed" if has_target else "ignored"})

    def action_ignore(self):
        """Leave the columns out, as an explicit decision."""
        if any(line.target_field == "id" for line in self):
            raise UserError(self.env._("The column with the source's ID cannot be left out."))
        self.write({"state": "ignored"})

    def _get_rule(self):
        """Return the line as a rule of the engine; an ignored one has no field."""
        self.ensure_one()
        return Rule(
            column=self.column,
            field="" if self.state == "ignored" else (self.target_field or ""),
            transform=self.transform,
            reference=self.reference or "",
            options=dict(self.options or {}) | self._get_choice_option(),
        )

    def _get_choice_option(self):
        """Return the option that sends a pick-list through its value map."""
        return {"domain": self._get_choice_domain()} if self.new_type == "selection" else {}

    def _get_choice_domain(self):
        """Return the name of a pick-list's value map: one per custom field, whatever feeds it."""
        self.ensure_one()
        model = self.env[f"crm.migration.target.{self.mapping_id.target}"]._get_model()
        return f"{model}.{self.target_field}"
