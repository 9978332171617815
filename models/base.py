"""A way back from whatever was migrated: "Migrated from …" on each form that has a source ID; and
the quick end of ``create()`` in a load.

Written into the view when it is asked for: it follows every migrated model, also of apps that come
later, and nothing is left in a view once the addon goes (odoo19.md, section 5).
"""

import json

from lxml import etree

from odoo import api, models
from odoo.exceptions import AccessError

from . import bulk

GROUP = "crm_migration.crm_migration_group_user"
BOX = "//sheet//div[@name='button_box'][not(@invisible) or @invisible='0' or @invisible='not id']"


class Base(models.AbstractModel):
    _inherit = "base"

    @api.model_create_multi
    def create(self, vals_list):
        """Make records of a load by column, once all overrides of their model had their say."""
        if self.env.context.get(bulk.BY_COLUMN):
            return bulk.create_below(self, vals_list, super().create)
        return super().create(vals_list)

    @api.model
    def _get_view(self, view_id=None, view_type="form", **options):
        arch, view = super()._get_view(view_id, view_type, **options)
        if view_type == "form" and {"x_source_id", "x_source_system"} <= self._fields.keys():
            self._add_origin_button(arch)
            self._name_source_systems(arch)
        return arch, view

    @api.model
    def _add_origin_button(self, arch):
        """Put the button into the form's box, or on top of its sheet where it has none."""
        attributes = {
            "name": "action_open_migration_origin",
            "type": "object",
            "groups": GROUP,
            "invisible": "not x_source_id",
        }
        label = self.env._("Migrated from")
        if boxes := arch.xpath(BOX):
            button = etree.SubElement(
                boxes[0], "button", attributes, icon="fa-sign-in", **{"class": "oe_stat_button"}
            )
            info = etree.SubElement(button, "div", **{"class": "o_stat_info"})
            etree.SubElement(info, "span", **{"class": "o_stat_text"}).text = label
            value = etree.SubElement(info, "span", **{"class": "o_stat_value"})
            etree.SubElement(value, "field", name="x_source_system")
        elif sheets := arch.xpath("//sheet"):
            button = etree.Element(
                "button", attributes, icon="fa-sign-in", **{"class": "btn-link ps-0"}
            )
            etree.SubElement(button, "span", **{"class": "me-1"}).text = label
            etree.SubElement(button, "field", name="x_source_system")
            sheets[0].insert(0, button)
        else:
            return
        button.addprevious(etree.Element("field", name="x_source_id", invisible="1", groups=GROUP))

    @api.model
    def _name_source_systems(self, arch):
        """Show the old CRM by its name where the field has its code."""
        labels = dict(self.env["crm.migration.project"]._selection_profile())
        for node in arch.xpath("//field[@name='x_source_system'][not(@widget)]"):
            node.set("widget", "crm_migration_source")
            node.set("options", json.dumps({"labels": labels}))

    def action_open_migration_origin(self):
        """Show where the record came from, by which rules, and what became of it since."""
        self.ensure_one()
        self.check_access("read")
        if not self.env.user.has_group(GROUP):
            raise AccessError(self.env._("You may not read this migration."))
        origin = self.env["crm.migration.origin"].create({"model": self._name, "res_id": self.id})
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Origin"),
            "res_model": origin._name,
            "res_id": origin.id,
            "views": [(False, "form")],
            "target": "current",
        }
