from odoo import api, fields, models

from . import words
from .target_choices import TargetChoices


class CrmMigrationMapping(models.Model):
    _name = "crm.migration.mapping"
    _description = "Map of an Entity"
    _order = "project_id, sequence, id"
    _rec_name = "entity"

    project_id = fields.Many2one(
        "crm.migration.project", required=True, index=True, ondelete="cascade"
    )
    sequence = fields.Integer(help="Load order: owners and companies before contacts, and so on.")
    entity = fields.Selection(words.select_entity, required=True, string="File Kind")
    target = fields.Char(required=True, help="Writer of the Odoo records: partner, lead …")
    target_name = fields.Char(compute="_compute_target_name", string="Becomes")
    constants = fields.Json(help="Values that every record of the entity gets.")
    line_ids = fields.One2many("crm.migration.mapping.line", "mapping_id")
    line_count = fields.Integer(compute="_compute_counts")
    open_count = fields.Integer(string="To Confirm", compute="_compute_counts")

    _unique_entity = models.Constraint(
        "UNIQUE(project_id, entity)", "An entity has one map per project."
    )

    @api.depends("line_ids.state")
    def _compute_counts(self):
        groups = dict(
            ((mapping, state), count)
            for mapping, state, count in self.env["crm.migration.mapping.line"]._read_group(
                [("mapping_id", "in", self.ids)], ["mapping_id", "state"], ["__count"]
            )
        )
        for mapping in self:
            mapping.open_count = groups.get((mapping, "proposed"), 0)
            mapping.line_count = sum(
                count for (owner, __), count in groups.items() if owner == mapping
            )

    @api.depends("entity")
    @api.depends_context("lang")
    def _compute_display_name(self):
        labels = words.get_entities(self.env)
        for mapping in self:
            mapping.display_name = labels.get(mapping.entity, mapping.entity)

    @api.depends("target", "entity")
    @api.depends_context("lang")
    def _compute_target_name(self):
        for mapping in self:
            model = self.env[f"crm.migration.target.{mapping.target}"]._get_model()
            timeline = mapping.target == "timeline"
            mapping.target_name = (
                self.env._("Activities, messages and meetings")
                if timeline
                else self.env["ir.model"]._get(model).name
            )

    def _get_target_choices(self, line):
        """Return where a column of this entity may go: labels, technical names and values.

        :param line: the line of the column
        """
        self.ensure_one()
        return TargetChoices(self).get(line)

    def action_open_lines(self):
        """Show the columns of this entity."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "crm_migration.crm_migration_mapping_line_action"
        )
        return action | {
            "domain": [("mapping_id", "=", self.id)],
            "display_name": self.display_name,
            "context": {"search_default_questions": 0, "crm_migration_project": self.project_id.id},
        }
