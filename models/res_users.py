from odoo import fields, models


class ResUsers(models.Model):
    _inherit = "res.users"

    # The requirements name the user's field so (SP-07, X-31); one scheme serves all five sources.
    x_spark_user_id = fields.Char("Source User ID", copy=False, readonly=True)
