import re

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Command

# Words of a role -> the group proposed for it; the first fit counts. None is one of settings.
PROPOSALS = (
    ("read view guest gast lecture lectura", None),
    ("admin owner manager director leiter leitung chef responsable gerente inhaber super",
     "sales_team.group_sale_manager"),
    ("lead supervisor team teamleiter", "sales_team.group_sale_salesman_all_leads"),
    ("user sales rep agent salesman seller vertrieb verkauf vendeur vendedor commercial member",
     "sales_team.group_sale_salesman"),
)  # fmt: skip
# Who has one of these changes settings, or users and their rights.
POWERFUL = ("base.group_system", "base.group_erp_manager")


class CrmMigrationRole(models.Model):
    """A role of the source, and the group that its users may get: by approval, never by itself.

    Matched by a manager who may administer users anyway; logged, and taken back by a rollback.
    """

    _name = "crm.migration.role"
    _description = "Role of the Source"
    _order = "project_id, name"

    project_id = fields.Many2one(
        "crm.migration.project", required=True, index=True, ondelete="cascade"
    )
    name = fields.Char(required=True, readonly=True, string="Role")
    count = fields.Integer(readonly=True, string="Users in the Source", aggregator=None)
    group_id = fields.Many2one("res.groups", ondelete="set null", string="Group in Odoo")
    is_powerful = fields.Boolean(
        compute="_compute_is_powerful", help="The group changes settings, or users' rights."
    )
    is_confirmed = fields.Boolean(
        "Yes, Settings Too", help="Needed for groups that change settings, or users' rights."
    )
    state = fields.Selection(
        [("proposed", "Proposed"), ("applied", "Given")],
        default="proposed",
        required=True,
        readonly=True,
    )
    user_id = fields.Many2one("res.users", readonly=True, ondelete="set null", string="Given By")
    given_at = fields.Datetime(readonly=True, string="Given On")

    _unique_name = models.Constraint("UNIQUE(project_id, name)", "One line per role.")

    @api.depends("group_id")
    def _compute_is_powerful(self):
        powerful = self.env["res.groups"].union(*(self.env.ref(xmlid) for xmlid in POWERFUL))
        for role in self:
            group = role.group_id.sudo()
            role.is_powerful = bool((group | group.all_implied_ids) & powerful)

    def write(self, vals):
        """A changed group is to be confirmed anew; who gave it is written by the button."""
        if not self.env.su:
            self.project_id._check_manager()
            if vals.keys() - {"group_id", "is_confirmed"}:
                raise AccessError(self.env._("Of a role only its group can be chosen."))
            if any(role.state == "applied" for role in self):
                raise UserError(self.env._("The group was given already; roll back first."))
        if "group_id" in vals:
            vals = {"is_confirmed": False} | vals
        return super().write(vals)

    # ------------------------------------------------------------- proposal

    @api.model
    def _propose(self, project):
        """List the roles of the export with the group that is nearest; given ones stay."""
        counts = {}
        for line in project.line_ids.filtered(lambda one: one.reason == "role"):
            found = self.env["crm.migration.proposer"]._count_values(line)
            counts |= {role.strip(): counts.get(role.strip(), 0) + n for role, n in found.items()}
        known = {role.name: role for role in self.search([("project_id", "=", project.id)])}
        for name in known.keys() & counts.keys():
            known[name].count = counts[name]
        self.create(
            [
                {
                    "project_id": project.id,
                    "name": name,
                    "count": count,
                    "group_id": self._find_group(name).id,
                }
                for name, count in sorted(counts.items())
                if name not in known
            ]
        )

    @api.model
    def _find_group(self, name):
        words = set(re.findall(r"[^\W\d_]+", name.casefold()))
        for told, xmlid in PROPOSALS:
            if any(word.startswith(start) for start in told.split() for word in words):
                return self.env.ref(xmlid) if xmlid else self.env["res.groups"]
        return self.env["res.groups"]

    # ------------------------------------------------------------- approval

    def action_give(self):
        """Give the users of these roles the chosen groups, as an explicit decision (KC-20).

        :raises AccessError: for whoever may not administer users
        :raises UserError: where a group with power over settings is not confirmed as such
        """
        self.project_id.check_access("read")
        self.project_id._check_manager()
        # The rights of who approves count, here and in the write: nothing is raised by the addon.
        self.env["res.users"].check_access("write")
        if not self.env.su and not self.env.user.has_group("base.group_erp_manager"):
            raise AccessError(self.env._("Only who administers users may give them groups."))
        roles = self.filtered(lambda role: role.group_id and role.state == "proposed")
        if not roles:
            raise UserError(self.env._("Choose a group first."))
        if open_ones := roles.filtered(lambda role: role.is_powerful and not role.is_confirmed):
            raise UserError(
                self.env._(
                    "“%(group)s” gives power over settings or users. Tick “%(tick)s” at the role "
                    "%(role)s if that is meant.",
                    group=open_ones[0].group_id.display_name,
                    tick=self._fields["is_confirmed"]._description_string(self.env),
                    role=open_ones[0].name,
                )
            )
        for project, mine in roles.grouped("project_id").items():
            mine._give(project)
        roles.sudo().write(
            {"state": "applied", "user_id": self.env.uid, "given_at": fields.Datetime.now()}
        )

    def _give(self, project):
        """Add the groups to matched internal users, and log what each had."""
        wanted = self._read_users(project)
        users = self.env["res.users"].browse(list(wanted)).exists()
        users = users.filtered(lambda user: not user.share)
        stamps = self.env["crm.migration.schema"]._read_stamps("res_users", users.ids)
        entries = []
        for user in users:
            before = sorted(user.group_ids.ids)
            groups = {group_id: record for group_id, record in wanted[user.id].items()
                      if group_id not in before}  # fmt: skip
            if groups:
                user.with_context(tracking_disable=True).write(
                    {"group_ids": [Command.link(group_id) for group_id in groups]}
                )
                uid, date = stamps[user.id]
                stamp = {"write_uid": uid, "write_date": date}
                after = {"group_ids": sorted(user.group_ids.ids)}
                record_id = next(iter(groups.values()))
                entries.append(
                    (record_id, "res.users", user.id, "update",
                     {"group_ids": before} | stamp, after)
                )  # fmt: skip
        self.env.flush_all()
        if entries:
            run = self._make_run(project, len(entries))
            self.env["crm.migration.log"].sudo()._append(run, entries)
            while self.env["crm.migration.seal"].sudo()._go_on(run):
                continue
            run._seal()

    def _read_users(self, project):
        """Return {user ID: {group ID: staged record}} of the owners that were matched."""
        wanted = {}
        groups = {role.name: role.group_id.id for role in self}
        for line in project.sudo().line_ids.filtered(lambda one: one.reason == "role"):
            self.env.cr.execute(
                """SELECT id, res_id, trim(payload ->> %s) FROM crm_migration_record
                    WHERE project_id = %s AND entity = %s AND model = 'res.users'
                      AND res_id IS NOT NULL AND trim(payload ->> %s) = ANY(%s)""",
                [line.column, project.id, line.entity, line.column, list(groups)],
            )
            for record_id, user_id, role in self.env.cr.fetchall():
                wanted.setdefault(user_id, {}).setdefault(groups[role], record_id)
        return wanted

    @api.model
    def _make_run(self, project, count):
        now = fields.Datetime.now()
        return (
            self.env["crm.migration.run"]
            .sudo()
            .create(
                {
                    "project_id": project.id, "kind": "schema", "state": "done",
                    "user_id": self.env.uid, "started_at": now, "ended_at": now,
                    "total": count, "processed": count,
                    "log_from": self.env["crm.migration.run"]._get_log_end(),
                }
            )
        )  # fmt: skip
