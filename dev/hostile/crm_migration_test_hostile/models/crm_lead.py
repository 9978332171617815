from odoo import api, fields, models
from odoo.exceptions import UserError


class CrmLead(models.Model):
    _inherit = "crm.lead"

    # Without a default: nobody can make a deal without saying it.
    hostile_cost_centre = fields.Char(required=True)

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            if "Forbidden" in (vals.get("name") or ""):
                raise UserError(self.env._("Nobody may make a deal of this name."))
        return super().create(vals_list)
