"""Shows the fields that a migration made on the forms of what it moved.

Written into the view when it is asked for, so nothing has to be cleaned up when the fields go, and
the form opens after an uninstall of this addon (odoo19.md, section 5).
"""

from lxml import etree

from odoo import api, models

from .apps import USES, get_models

GROUP = "crm_migration_custom"
# Models of optional apps, whose forms this addon cannot extend in its own views.
APP_MODELS = frozenset(model for use in USES for model in get_models(use))


def _get_made_fields(env, model):
    """Return [(name, source systems)] of the custom fields that migrations made on a model."""
    env.cr.execute(
        r"""SELECT field.name, array_agg(DISTINCT data.module)
              FROM ir_model_fields field
              JOIN ir_model_data data ON data.model = 'ir.model.fields' AND data.res_id = field.id
             WHERE data.module LIKE '\_\_crmmig\_%%'
               AND field.model = %s AND field.state = 'manual' AND field.name LIKE 'x\_%%'
             GROUP BY field.id ORDER BY field.id""",
        [model],
    )
    return [
        (name, [module.removeprefix("__crmmig_").removesuffix("__") for module in modules])
        for name, modules in env.cr.fetchall()
        if name in env[model]._fields
    ]


def _append_made_fields(records, arch):
    """Add the custom fields to the group of our page, or take the empty group away.

    A field shows on the records of its source, and wherever it has a value.
    """
    for group in arch.xpath(f"//group[@name='{GROUP}']"):
        made = _get_made_fields(records.env, records._name)
        for name, systems in made:
            invisible = f"x_source_system not in {systems!r} and not {name}"
            etree.SubElement(group, "field", name=name, invisible=invisible)
        if not made:
            group.getparent().remove(group)
    return arch


class ResPartner(models.Model):
    _inherit = "res.partner"

    @api.model
    def _get_view(self, view_id=None, view_type="form", **options):
        arch, view = super()._get_view(view_id, view_type, **options)
        return _append_made_fields(self, arch), view


class CrmLead(models.Model):
    _inherit = "crm.lead"

    @api.model
    def _get_view(self, view_id=None, view_type="form", **options):
        arch, view = super()._get_view(view_id, view_type, **options)
        return _append_made_fields(self, arch), view


def _append_page(records, arch):
    """Add a page with the fields that migrations made to the form of an optional app's records."""
    made = _get_made_fields(records.env, records._name)
    places = arch.xpath("//notebook[not(ancestor::field)]") or arch.xpath("//sheet")
    if "x_source_id" not in records._fields or not made or not places:
        return arch
    tag = "page" if places[0].tag == "notebook" else "group"
    title = records.env._("Migration")
    page = etree.SubElement(
        places[0], tag, name="crm_migration", string=title, invisible="not x_source_id"
    )
    group = page if tag == "group" else etree.SubElement(page, "group", name=GROUP)
    for name, __ in made:
        if records._fields[name].type != "json":
            readonly = str(int(name.startswith("x_source_")))
            invisible = "0" if name == "x_source_id" else f"not {name}"
            etree.SubElement(group, "field", name=name, readonly=readonly, invisible=invisible)
    for name, __ in made:
        if records._fields[name].type == "json":
            etree.SubElement(
                group, "field", name=name, widget="crm_migration_json_table", readonly="1",
                nolabel="1", colspan="2", invisible=f"not {name}",
            )  # fmt: skip
    return arch


class Base(models.AbstractModel):
    _inherit = "base"

    @api.model
    def _get_view(self, view_id=None, view_type="form", **options):
        arch, view = super()._get_view(view_id, view_type, **options)
        if view_type == "form" and self._name in APP_MODELS:
            arch = _append_page(self, arch)
        return arch, view
