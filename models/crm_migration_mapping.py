from odoo import api, fields, models


class CrmMigrationMapping(models.Model):
    _name = "crm.migration.mapping"
    _description = "Map of an Entity"
    _order = "project_id, sequence, id"
    _rec_name = "entity"

    project_id = fields.Many2one(
        "crm.migration.project", required=True, index=True, ondelete="cascade"
    )
    sequence = fields.Integer(help="Load order: owners and companies before contacts, and so on.")
    entity = fields.Char(required=True)
    target = fields.Char(required=True, help="Writer of the Odoo records: partner, lead …")
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

    def action_open_lines(self):
        """Show the columns of this entity."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "crm_migration.crm_migration_mapping_line_action"
        )
        return action | {
            "domain": [("mapping_id", "=", self.id)],
            "display_name": self.entity,
            "context": {"search_default_questions": 0},
        }
