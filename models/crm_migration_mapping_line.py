from odoo import api, fields, models
from odoo.exceptions import UserError

from ..engine.transforms import TRANSFORMS
from ..engine.types import Rule

STATES = [("proposed", "To confirm"), ("confirmed", "Confirmed"), ("ignored", "Ignored")]


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
    entity = fields.Char(related="mapping_id.entity", store=True)
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
    transform = fields.Selection(selection="_selection_transform", default="text", required=True)
    reference = fields.Char(help="Record the value names: company.id, contact.name, owner.any …")
    options = fields.Json()
    new_label = fields.Char(string="Label", help="Label of the custom field that will be made.")
    new_type = fields.Char(string="Type", help="Type of the custom field that will be made.")
    choices = fields.Json(help="Distinct values of a pick-list.")
    score = fields.Float(aggregator=None, digits=(3, 2), help="1 is certain.")
    reason = fields.Char(help="Why this target was proposed.")
    alternatives = fields.Json()
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
        if not self.env.context.get("crm_migration_proposing"):
            decided = {"decided_by_id": self.env.uid, "decided_at": fields.Datetime.now()}
            if vals.keys() & {"target_field", "transform", "reference", "options"}:
                vals = {"state": "confirmed"} | vals
            if "state" in vals:
                vals = vals | decided
        result = super().write(vals)
        self.project_id._void_changed_approvals()
        return result

    def action_confirm(self):
        """Accept the proposals as they stand; a line without a target stays ignored."""
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
        model = self.env[f"crm.migration.target.{self.mapping_id.target}"]._model
        return f"{model}.{self.target_field}"
