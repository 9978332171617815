from odoo import fields, models

from . import words
from .bulk_many2one import BulkMany2one
from .crm_migration_record import OUTCOMES


class CrmMigrationForecast(models.Model):
    """What a load would make of a staged row, worked out before anything is written.

    One line per row of the newest forecast; written with set-based SQL like the rows themselves.
    """

    _name = "crm.migration.forecast"
    _description = "Forecast"
    _order = "project_id, entity, id"
    _log_access = False
    _rec_name = "entity"

    project_id = BulkMany2one("crm.migration.project", required=True, ondelete="cascade")
    run_id = BulkMany2one(
        "crm.migration.run", required=True, ondelete="cascade", index="btree_not_null"
    )
    record_id = BulkMany2one("crm.migration.record", required=True, ondelete="cascade")
    entity = fields.Selection(words.select_entity, required=True, string="File Kind")
    row_hash = fields.Char(help="Fingerprint of the row that was looked at.")
    sort_key = fields.Char(help="Load order inside the entity, as the row has it.")
    pending = fields.Boolean(help="Still to be looked at.")
    outcome = fields.Selection([(name, name.capitalize()) for name in OUTCOMES])
    reason = fields.Char(help="Code of what stops the row.")
    stuck = fields.Boolean(help="Only a person can mend the row.")
    waits = fields.Boolean(help="It waits for another row.")
    missing = fields.Json(help="Links that would be missing, folded.")
    model = fields.Char()
    res_id = fields.Integer(help="Odoo record; below zero: the one that the row would become.")
    match_name = fields.Char()
    match_email = fields.Char()

    _unique_record = models.UniqueIndex("(record_id)")
    # The next ones in load order, as the loader's index has them: it shrinks as the work goes on.
    _next_index = models.Index("(project_id, entity, sort_key, record_id) WHERE pending")
    _name_index = models.Index("(project_id, match_name) WHERE match_name IS NOT NULL")
    _email_index = models.Index("(project_id, match_email) WHERE match_email IS NOT NULL")
