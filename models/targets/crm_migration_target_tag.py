from odoo import api, models

from ...engine import colors
from ...engine.mapping import fold

# Tags of deals first: contacts and companies have categories.
MODELS = ("crm.tag", "res.partner.category")


class CrmMigrationTargetTag(models.AbstractModel):
    """Rows of a list of tags: the schema made the tags; the rows give colour and description.

    One row may be about a tag and a category of the same name; the spellings of one tag are one.
    """

    _name = "crm.migration.target.tag"
    _inherit = "crm.migration.target"
    _description = "Target: Tag"
    _model = "crm.tag"

    @api.model
    def _prepare(self, items, resolver):
        for item in items:
            item.target = self
            item.model = self._model
            item.problems = list(item.mapped.problems)
            name = fold(item.mapped.values.get("name") or "")
            found = [(model, resolver.by_name(model).get(name)) for model in MODELS]
            item.extra["found"] = [(model, res_id) for model, res_id in found if res_id]
            if item.extra["found"]:
                item.model = item.extra["found"][0][0]
            item.extra["look"] = self._get_look(item)

    @api.model
    def _get_look(self, item):
        """Return colour and description; a colour that Odoo does not have is the nearest one."""
        values, look = item.mapped.values, {}
        raw = values.get("color")
        if raw:
            color = colors.nearest(raw)
            if color is None:
                item.tell("unknown_color", "", raw, "color")
            else:
                look["color"] = color
        if values.get("x_description"):
            look["x_description"] = values["x_description"]
        return look

    @api.model
    def _foresee(self, items, resolver):
        for item in items:
            found = item.extra["found"]
            item.outcome = "merged" if found else "skipped"
            item.res_id = found[0][1] if found else 0

    @api.model
    def _load(self, items, resolver):
        """Link each row to its tag; give the tags that this migration made their look.

        Of several rows about one tag the first that says something counts.
        """
        made = self._find_made(items, resolver)
        self._foresee(items, resolver)
        for item in items:
            found, look = item.extra.pop("found"), item.extra.pop("look")
            for model, res_id in found:
                looks = made.get((model, res_id))
                if looks is not None:
                    for name, value in look.items():
                        looks.setdefault(name, value)
        self._write_looks(made, resolver)

    @api.model
    def _find_made(self, items, resolver):
        """Return {(model, ID): {}} of the tags that this source made: others keep their look."""
        wanted = {pair for item in items for pair in item.extra["found"]}
        self.env.cr.execute(
            "SELECT model, res_id FROM ir_model_data WHERE module = %s AND model = ANY(%s)",
            [resolver.project._get_xmlid_module(), list(MODELS)],
        )
        return {pair: {} for pair in self.env.cr.fetchall() if pair in wanted}

    @api.model
    def _write_looks(self, made, resolver):
        """Write what differs; a tag that was made here goes with the rollback, look and all."""
        for (model, res_id), look in made.items():
            tag = self.env[model].browse(res_id)
            changed = {name: value for name, value in look.items() if tag[name] != value}
            if changed:
                tag.write(changed)
