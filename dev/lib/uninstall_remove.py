"""Uninstalls the addon, as the button of the Apps screen does. Run by ``odoo shell``."""

module = env["ir.module.module"].search([("name", "=", "crm_migration")])  # noqa: F821
module.button_immediate_uninstall()
assert module.state == "uninstalled", module.state
