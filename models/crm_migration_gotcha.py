from odoo import api, fields, models

from ..engine.issues import CATALOGUE
from . import words

# Checks that are no issue codes of the same name -> the issue codes that answer them.
ANSWERS = {
    "variant": ("which_product", "other_product"),
    "contact_without_company": ("no_company",),
    "deal_without_contact": ("missing_contact",),
    "source_permission": ("source_refused",),
}
# Checks that the list of what does not move answers -> its kinds.
LISTED = {"out_of_scope": ("payment",), "attachment_log": ("attachment",)}
# Models whose views people change.
VIEWED = ("res.partner", "crm.lead", "crm.team", "crm.stage", "calendar.event")


class CrmMigrationGotcha(models.Model):
    """Known traps of the source and of Odoo, each with what was found of it here (GN-11, GN-12)."""

    _name = "crm.migration.gotcha"
    _description = "Gotcha"
    _order = "project_id, found desc, id"

    project_id = fields.Many2one(
        "crm.migration.project", required=True, index=True, ondelete="cascade"
    )
    code = fields.Char(required=True)
    about = fields.Selection([("source", "Source"), ("odoo", "Odoo")], required=True)
    name = fields.Char(required=True)
    state = fields.Selection(
        [("found", "Found"), ("clear", "Checked: not found"), ("info", "To know")], required=True
    )
    found = fields.Integer(help="How often it was found.")

    @api.model
    def _check(self, project):
        """Write the gotchas of the pair anew, each with its check made."""
        # The worker has no language: what is written here is read by the one who is responsible.
        self = self.with_context(lang=project.user_id.lang)  # noqa: PLW0642
        self.search([("project_id", "=", project.id)]).unlink()
        open_issues = {
            code: count
            for code, count in self.env["crm.migration.issue"]._read_group(
                [("project_id", "=", project.id), ("state", "=", "open")], ["code"], ["__count"]
            )
        }
        values = [
            {
                "code": gotcha["code"],
                "about": "source",
                "name": words.translate(self.env, gotcha["text"]),
                **self._answer(project, gotcha.get("check"), open_issues),
            }
            for gotcha in project._get_profile().gotchas
        ]
        values += [one | {"about": "odoo"} for one in self._check_odoo(project)]
        return self.create([one | {"project_id": project.id} for one in values])

    @api.model
    def _answer(self, project, check, open_issues):
        """Return state and count of a check; one the program cannot make is to know."""
        if check == "unconfirmed_map":
            return self._found(
                len(project.line_ids.filtered(lambda line: line.state == "proposed"))
            )
        if check == "tier":
            return self._found(self._count_professional(project))
        if check in LISTED:
            things = project.inventory_ids.filtered(lambda one: one.kind in LISTED[check])
            return self._found(sum(things.mapped("count")))
        codes = ANSWERS.get(check) or ((check,) if check in CATALOGUE else ())
        if not codes:
            return {"state": "info", "found": 0}
        return self._found(sum(open_issues.get(code, 0) for code in codes))

    @api.model
    def _found(self, count):
        return {"state": "found" if count else "clear", "found": count}

    @api.model
    def _count_professional(self, project):
        """Return how many pipelines there are, if several: only higher tiers have them (CC-01)."""
        values = project.value_ids.filtered(lambda value: value.domain == "stage")
        pipelines = set(values.mapped("group"))
        return len(pipelines) if len(pipelines) > 1 else 0

    # ------------------------------------------------------------- Odoo

    @api.model
    def _check_odoo(self, project):
        """Return what this database brings along (GN-12)."""
        missing = project.readiness_ids.filtered(lambda line: not line.is_installed)
        return [
            {
                "code": "apps_missing",
                "name": self.env._("Records of the export need apps that are not installed."),
                **self._found(len(missing)),
            },
            {
                "code": "enterprise_modules",
                "name": self.env._(
                    "Apps of Odoo Enterprise are listed that this Community database cannot run."
                ),
                **self._found(self._count_enterprise()),
            },
            {
                "code": "changed_views",
                "name": self.env._(
                    "Views were changed by hand: a major version may not take them along."
                ),
                **self._found(self._count_changed_views()),
            },
            {
                "code": "lost_fields",
                "name": self.env._(
                    "Custom fields made with Studio stay without their app on Community."
                ),
                **self._found(self._count_studio_fields()),
            },
            {
                "code": "hosted_limits",
                "name": self.env._(
                    "A hosted database may limit storage, run time and addons: the free and the "
                    "standard plan of Odoo Online take no addon like this one."
                ),
                "state": "info",
                "found": 0,
            },
            {
                "code": "api_plan",
                "name": self.env._(
                    "The external API belongs to some plans only: nothing here uses it."
                ),
                "state": "info",
                "found": 0,
            },
        ]

    @api.model
    def _count_enterprise(self):
        modules = self.env["ir.module.module"].sudo()
        if modules.search_count([("name", "=", "web_enterprise"), ("state", "=", "installed")]):
            return 0
        return modules.search_count([("license", "=", "OEEL-1"), ("state", "=", "installed")])

    @api.model
    def _count_changed_views(self):
        views = self.env["ir.ui.view"].sudo()
        return views.search_count([("model", "in", VIEWED), ("arch_updated", "=", True)])

    @api.model
    def _count_studio_fields(self):
        fields_ = self.env["ir.model.fields"].sudo()
        there = self.env["ir.module.module"].sudo()
        if there.search_count([("name", "=", "web_studio"), ("state", "=", "installed")]):
            return 0
        return fields_.search_count([("state", "=", "manual"), ("name", "=like", "x_studio_%")])
