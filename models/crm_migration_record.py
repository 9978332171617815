from odoo import fields, models

from . import words
from .bulk_many2one import BulkMany2one

# In the order a person asks: what landed, what did not.
OUTCOMES = ["created", "updated", "unchanged", "merged", "held", "failed", "skipped"]


class CrmMigrationRecord(models.Model):
    """A row of the source, unchanged, and what became of it.

    Written by the extractor (content) and the loader (state) with set-based SQL: ORM calls per
    row would double the time of a load (see ``docs/decisions.md``).
    """

    _name = "crm.migration.record"
    _description = "Staged Record"
    _order = "id"
    _log_access = False
    _rec_name = "source_key"

    project_id = BulkMany2one("crm.migration.project", required=True, ondelete="cascade")
    entity = fields.Selection(words.select_entity, required=True, string="File Kind")
    source_key = fields.Char(required=True, help="ID of the record in the source.")
    file_id = BulkMany2one("crm.migration.file", ondelete="set null", index="btree_not_null")
    line = fields.Integer(aggregator=None, help="Line of the file where the row begins.")
    payload = fields.Json(help="The row as read, by column.")
    row_hash = fields.Char(help="Fingerprint of the row.")
    loaded_payload = fields.Json(help="The row that Odoo holds, if a newer one is staged.")
    previous_payload = fields.Json(help="The row that the last load replaced.")
    is_undone = fields.Boolean(help="A person took it back: it loads again only if asked for.")
    extract_run_id = BulkMany2one("crm.migration.run", ondelete="set null")
    load_run_id = BulkMany2one("crm.migration.run", ondelete="set null")
    state = fields.Selection(
        [
            ("staged", "Not loaded yet"),
            ("created", "Created"),
            ("updated", "Updated"),
            ("unchanged", "Unchanged"),
            ("merged", "Merged"),
            ("held", "Held"),
            ("failed", "Failed"),
            ("skipped", "Skipped"),
            ("gone", "Gone in the source"),
        ],
        default="staged",
        required=True,
    )
    model = fields.Char(help="Model of the Odoo record.")
    res_id = fields.Many2oneReference(model_field="model", string="Odoo Record")
    generation = fields.Integer(help="Export it was last seen in; a delta begins a new one.")
    sort_key = fields.Char(help="Load order inside the entity: history loads oldest first.")
    in_circle = fields.Boolean(help="Its parents lead back to itself.")
    contact_count = fields.Integer(help="Rows of contacts that name this company.")
    match_name = fields.Char(help="Name, folded, for references by name.")
    match_email = fields.Char(help="Email, folded, for references by email.")
    issue_ids = fields.One2many("crm.migration.issue", "record_id")

    # The ID before the kind: people look for an ID without saying of what.
    _unique_key = models.UniqueIndex("(project_id, source_key, entity)")
    # All that the screens count by: they read the index alone.
    _state_index = models.Index("(project_id, entity, state, generation)")
    # The loader's next ones, in its order: it shrinks as the load goes on.
    _next_index = models.Index("(project_id, entity, sort_key, id) WHERE state = 'staged'")
    _name_index = models.Index("(project_id, match_name) WHERE match_name IS NOT NULL")
    _email_index = models.Index("(project_id, match_email) WHERE match_email IS NOT NULL")
    _odoo_index = models.Index("(model, res_id) WHERE res_id IS NOT NULL")

    def action_open_record(self):
        """Open the Odoo record that the row became."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "res_model": self.model,
            "res_id": self.res_id,
            "view_mode": "form",
            "views": [(False, "form")],
        }
