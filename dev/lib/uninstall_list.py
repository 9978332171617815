"""Prints what a customer has of the migrated records, one line each, for ``dev/test-uninstall``.

Run by ``odoo shell``, which provides ``env``; with and without the addon the lines must be equal.
"""

import json

FIELDS = {
    "res.partner": ["name", "email", "phone", "street", "city", "parent_id", "user_id", "comment",
                    "category_id", "type", "x_mobile", "x_tier", "x_score", "x_source_id",
                    "x_source_data"],
    "crm.lead": ["name", "expected_revenue", "probability", "stage_id", "team_id", "user_id",
                 "partner_id", "date_closed", "active", "tag_ids", "x_competitor", "x_renewal",
                 "x_source_id", "x_source_data"],
    "mail.message": ["model", "res_id", "date", "author_id", "body", "subject"],
    "mail.activity": ["res_model", "res_id", "summary", "user_id", "date_deadline", "active"],
    "calendar.event": ["name", "start", "stop", "user_id", "partner_ids", "opportunity_id"],
    "crm.stage": ["name", "sequence", "is_won", "team_ids"],
    "crm.team": ["name", "member_ids"],
    "crm.tag": ["name"],
    "res.partner.category": ["name"],
    "res.users": ["login", "active"],
}  # fmt: skip

data = env["ir.model.data"].search([("module", "=like", r"\_\_crmmig\_%")], order="module, name")  # noqa: F821
assert len(data) > 30, len(data)
for line in data:
    if line.model.startswith("crm.migration") or line.model == "ir.model.fields":
        continue
    record = env[line.model].with_context(active_test=False).browse(line.res_id)  # noqa: F821
    names = FIELDS.get(line.model, ["display_name"])
    known = [name for name in names if name in record._fields]
    values = {name: None for name in names} | record.read(known, load=None)[0]
    print(line.module, line.name, line.model, json.dumps(values, default=str, sort_keys=True))
for model in ("res.partner", "crm.lead", "res.users", "calendar.event", "crm.stage", "crm.team"):
    for view_type in ("form", "list", "search"):
        assert env[model].get_view(view_type=view_type)["arch"]  # noqa: F821
    print("views of", model)
