from odoo import api, fields, models
from odoo.tools import SQL, escape_psql

from ..engine.mapping import fold
from . import words
from .bulk_many2one import BulkMany2one

# In the order a person asks: what landed, what did not.
OUTCOMES = ["created", "updated", "unchanged", "merged", "held", "failed", "skipped"]

# Names that are looked up one by one; what more rows have stands among the first ones.
MOST_NAMES = 1000


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
    name_part = fields.Char(compute="_compute_parts", search="_search_name_part")
    email_part = fields.Char(compute="_compute_parts", search="_search_email_part")
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

    @api.depends("match_name", "match_email")
    def _compute_parts(self):
        for record in self:
            record.name_part, record.email_part = record.match_name, record.match_email

    def _search_name_part(self, operator, value):
        return self._search_part("match_name", operator, value)

    def _search_email_part(self, operator, value):
        return self._search_part("match_email", operator, value)

    def _search_part(self, name, operator, value):
        """Find a part of a name by the index of names, as the rows themselves are a thirty times
        longer read; what very many have is found among the first rows.
        """
        if operator == "in":
            return [(name, "in", [one and fold(one) for one in value])]
        if operator != "ilike":
            return NotImplemented
        self.flush_model([name])
        self.env.cr.execute(
            SQL(
                "SELECT %(name)s FROM crm_migration_record WHERE %(name)s LIKE %(part)s"
                " LIMIT %(most)s",
                name=SQL.identifier(name),
                part=f"%{escape_psql(fold(value))}%",
                most=MOST_NAMES + 1,
            )
        )
        found = {found for (found,) in self.env.cr.fetchall()}
        if len(found) > MOST_NAMES:
            return [(name, "ilike", fold(value))]
        return [(name, "in", sorted(found))]

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
