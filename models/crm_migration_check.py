from odoo import api, fields, models

from ..engine.issues import CATALOGUE
from . import words
from .bulk_many2one import BulkMany2one


class CrmMigrationCheck(models.Model):
    """A verdict: one field of one record, or the sum over an entity and field.

    A sample keeps every comparison; a verification keeps the sums and everything not equal.
    """

    _name = "crm.migration.check"
    _description = "Check"
    _order = "run_id desc, verdict_rank, id"
    _log_access = False

    project_id = BulkMany2one(
        "crm.migration.project", required=True, index=True, ondelete="cascade"
    )
    run_id = BulkMany2one("crm.migration.run", required=True, ondelete="cascade")
    kind = fields.Selection(
        [
            ("value", "Value"),
            ("link", "Link"),
            ("field", "Field total"),
            ("entity", "Entity total"),
        ],
        required=True,
    )
    entity = fields.Selection(words.select_entity, string="File Kind")
    record_id = BulkMany2one("crm.migration.record", ondelete="set null", index="btree_not_null")
    source_key = fields.Char()
    model = fields.Char()
    res_id = fields.Many2oneReference(model_field="model", string="Odoo Record")
    record_name = fields.Char(help="The name that the record has in Odoo.")
    field_name = fields.Char(string="Technical Field")
    field_label = fields.Char(compute="_compute_labels", string="Field")
    source_value = fields.Char(string="Source")
    rule = fields.Char(string="Rule Code")
    rule_label = fields.Char(compute="_compute_labels", string="Why It Differs")
    expected = fields.Char()
    actual = fields.Char(string="Odoo")
    verdict = fields.Selection(
        [
            ("equal", "Equal"),
            ("explained", "Explained"),
            ("different", "Different"),
            ("missing", "Missing"),
        ]
    )
    edited_by_id = BulkMany2one(
        "res.users", help="Who wrote the record after the migration: an edit, no damage."
    )
    edited_at = fields.Datetime(string="Edited on")
    verdict_rank = fields.Integer(aggregator=None, help="Differences come first.")
    # Totals
    equal = fields.Integer()
    explained = fields.Integer()
    different = fields.Integer()
    missing = fields.Integer()
    source_filled = fields.Integer(help="Rows with a value in the source.")
    landed_filled = fields.Integer(help="Odoo records with a value.")
    fill_rate = fields.Float(
        compute="_compute_fill_rate", help="Filled in Odoo / filled in source."
    )

    # The list in its order, and the few sums among a million checks.
    _shown_index = models.Index("(run_id, verdict_rank, id)")
    _total_index = models.Index("(run_id) WHERE kind IN ('field', 'entity')")

    def _compute_fill_rate(self):
        for check in self:
            check.fill_rate = (
                check.landed_filled / check.source_filled if check.source_filled else 1.0
            )

    @api.depends("model", "entity", "field_name", "rule")
    @api.depends_context("lang")
    def _compute_labels(self):
        slots = words.get_slots(self.env)
        models = {check: check.model or check._guess_model() for check in self}
        fields_of = {
            name: self.env[name].fields_get(attributes=["string"])
            for name in set(models.values())
            if name and name in self.env
        }
        for check in self:
            known = fields_of.get(models[check], {}).get(check.field_name)
            check.field_label = known["string"] if known else slots.get(check.field_name)
            check.field_label = check.field_label or check.field_name
            check.rule_label = check._describe_rule()

    def _guess_model(self):
        """Return the model of a total: it stands for many records."""
        mapping = self.project_id.mapping_ids.filtered(lambda m: m.entity == self.entity)
        return mapping and self.env[f"crm.migration.target.{mapping.target}"]._get_model()

    def _describe_rule(self):
        if self.rule == "came_later":
            return self.env._("It came after this record was written")
        if self.rule == "undone":
            return self.env._("The record it was linked to was rolled back")
        if self.rule == "merged":
            return self.env._("Merged: the existing contact keeps its own")
        return words.get_title(self.env, self.rule) if self.rule in CATALOGUE else self.rule

    def action_open_record(self):
        """Open the Odoo record that was compared."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "res_model": self.model,
            "res_id": self.res_id,
            "view_mode": "form",
            "views": [(False, "form")],
        }
