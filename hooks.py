"""What happens when the addon comes and goes."""


def uninstall_hook(env):
    """Leave the customer's records whole: only our own parameters go.

    Records, their external IDs (under a prefix that is no module) and the custom fields made by a
    migration stay; see ``docs/decisions.md``.
    """
    env["ir.config_parameter"].sudo().search([("key", "=like", "crm_migration.%")]).unlink()
