"""What happens when the addon comes and goes."""

from odoo.tools import SQL

from .models.append_only import unprotect
from .models.bulk_many2one import remove_triggers
from .models.crm_migration_run import CHANNEL


def uninstall_hook(env):
    """Leave the customer's records whole: only our own parameters go.

    Records, their external IDs (under a prefix that is no module), the custom fields made by a
    migration and the filled fields of the source (ID, creation date, what found no field) stay;
    see ``docs/decisions.md``.
    """
    env["ir.config_parameter"].sudo().search([("key", "=like", "crm_migration.%")]).unlink()
    _hand_over_fields(env)
    unprotect(env.cr)
    remove_triggers(env.cr)
    if "queue.job" in env:
        # Jobs of ours that wait: nobody could call them any more.
        env["queue.job"].search([("channel", "=", CHANNEL)]).unlink()


def _hand_over_fields(env):
    """Make our filled ``x_`` fields on the customer's records his own custom fields.

    Odoo drops the column of every field that has no external ID but that of the module that goes.
    """
    data = env["ir.model.data"].search(
        [("module", "=", "crm_migration"), ("model", "=", "ir.model.fields")]
    )
    fields = env["ir.model.fields"].browse(data.mapped("res_id")).exists()
    kept = fields.filtered(
        lambda field: (
            field.name.startswith("x_")
            and not field.model.startswith("crm.migration")
            and _is_filled(env, field)
        )
    )
    data.filtered(lambda line: line.res_id in kept.ids).unlink()
    env.cr.execute("UPDATE ir_model_fields SET state = 'manual' WHERE id = ANY(%s)", [kept.ids])
    # The tables of links are dropped by a list of their own.
    env.cr.execute(
        "DELETE FROM ir_model_relation WHERE name = ANY(%s)",
        [[name for name in kept.mapped("relation_table") if name]],
    )
    kept.invalidate_recordset(["state"])


def _is_filled(env, field):
    model = env[field.model]
    if not field.store or model._abstract or not model._auto:
        return False
    table, column = model._table, field.name
    if field.ttype == "many2many":
        table, column = field.relation_table, field.column1
    query = "SELECT 1 FROM %s WHERE %s IS NOT NULL LIMIT 1"
    env.cr.execute(SQL(query, SQL.identifier(table), SQL.identifier(column)))
    return bool(env.cr.fetchone())
