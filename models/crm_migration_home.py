from collections import Counter
from pathlib import Path

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import file_path

from ..engine import profiles
from .board import Board
from .doubts import CONSEQUENCES
from .sample_view import SampleView

# Kinds of questions that a card names.
SHOWN = 3
# Exports to try the addon with: a folder for each profile, its name is the profile's.
DEMO = "crm_migration/demo/exports"
# What a person is asked about; what is for information waits for nobody.
ASKING = ("error", "hold", "warning")


class CrmMigrationProject(models.Model):
    """The home of a migration: what waits for whom, the next step, an export to try it with."""

    _inherit = "crm.migration.project"

    waits_for = fields.Char(
        compute="_compute_waits_for", string="Next", help="What the migration waits for, of whom."
    )
    question_count = fields.Integer(
        compute="_compute_questions",
        string="Questions",
        help="Open issues that a person may decide. What follows from another one is not counted.",
    )
    question_kinds = fields.Char(
        compute="_compute_questions", help="The questions that occur most, with their number."
    )
    info_count = fields.Integer(
        compute="_compute_questions",
        string="For Information",
        help="Told, and settled by what was decided: nothing waits for them.",
    )
    userless_count = fields.Integer(
        compute="_compute_userless",
        string="Owners to Match",
        help="Owners of the source whose records are held, as they have no user here.",
    )
    userless_records = fields.Integer(compute="_compute_userless")
    same_source_id = fields.Many2one(
        "crm.migration.project",
        compute="_compute_same_source",
        help="Another migration of the same account: records with the same ID are the same.",
    )
    certain_count = fields.Integer(
        compute="_compute_certain_count",
        help="Columns whose proposal is right 99 times in 100, and recognised values, that wait.",
    )

    # ------------------------------------------------------------- counts

    def _compute_questions(self):
        titles = dict(
            self.env["crm.migration.issue"]._fields["code"]._description_selection(self.env)
        )
        asked, told = {}, {}
        # By the index alone and in its order, as ``_count_by`` does.
        issues = self.env["crm.migration.issue"].sudo()
        for project, code, severity, count in issues._read_group(
            [("project_id", "in", self.ids), ("state", "=", "open")],
            ["project_id", "code", "severity"],
            ["__count"],
            order="__count desc, code",
        ):
            if severity not in ASKING:
                told[project] = told.get(project, 0) + count
            elif code not in CONSEQUENCES:
                asked.setdefault(project, []).append((code, count))
        for project in self:
            kinds = asked.get(project, [])
            project.info_count = told.get(project, 0)
            project.question_count = sum(count for __, count in kinds)
            project.question_kinds = " · ".join(
                f"{count} × {titles.get(code, code)}" for code, count in kinds[:SHOWN]
            )

    @api.depends("owner_policy", "value_ids.user_id")
    def _compute_userless(self):
        groups = self.env["crm.migration.mapping.value"]._read_group(
            [
                ("project_id", "in", self.ids),
                ("domain", "=", "owner"),
                ("user_id", "=", False),
            ],
            ["project_id"],
            ["__count", "count:sum"],
        )
        counts = {project: (owners, rows) for project, owners, rows in groups}
        for project in self:
            held = project.owner_policy == "hold"
            owners, rows = counts.get(project._origin, (0, 0)) if held else (0, 0)
            project.userless_count, project.userless_records = owners, rows

    @api.depends("source_system", "profile")
    def _compute_same_source(self):
        for project in self:
            project.same_source_id = project.source_system and self.search(
                [
                    ("source_system", "=", project.source_system),
                    ("id", "!=", project._origin.id),
                    ("state", "in", ("loaded", "verified")),
                ],
                limit=1,
            )

    @api.depends("line_ids.state", "value_ids.state")
    def _compute_certain_count(self):
        waiting = [("project_id", "in", self.ids), ("state", "=", "proposed")]
        counts = Counter()
        for name, mark in (("line", "is_certain"), ("value", "known")):
            groups = self.env[f"crm.migration.mapping.{name}"]._read_group(
                [*waiting, (mark, "=", True)], ["project_id"], ["__count"]
            )
            counts.update({project.id: count for project, count in groups})
        for project in self:
            project.certain_count = counts[project._origin.id]

    # ------------------------------------------------------------- guide

    def action_open_guide(self):
        """Open the guide: how to export from the source, what will not come, what to check."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_url",
            "url": f"/crm_migration/guide/{self.profile or 'other'}",
            "target": "new",
        }

    # ------------------------------------------------------------- next step

    def _compute_waits_for(self):
        for project in self:
            project.waits_for = not project.active_run_id and project._describe_next_step()

    def _describe_next_step(self):
        """Return what comes next and who may do it, in a few words."""
        self.ensure_one()
        if self.delta_step:
            return self._describe_delta_step()
        if self.state == "draft":
            return self._describe_files()
        if self.state in ("staged", "proposed") and self.mapping_ids:
            return self._describe_map()
        return {
            "staged": self.env._("Propose the map"),
            "proposed": self.env._("Propose the map"),
            "confirmed": self.env._("Prepare the database"),
            "prepared": self.env._("Run a sample"),
            "sampled": self.env._("A manager looks at the sample and approves it"),
            "approved": self.env._("A manager starts the load"),
            "loaded": self.env._("Verify: compare every field with the source"),
            "verified": self.is_signed
            and self.env._("Done and signed")
            or self.env._("A manager looks at the proof and signs"),
            "rolled_back": self.env._("Undone; confirm the map to start again"),
        }[self.state]

    def _describe_files(self):
        doubtful = len(self.file_ids.filtered("is_doubtful"))
        if doubtful:
            return self.env._("%(count)s files ask how they are to be read", count=doubtful)
        return self.env._("Read the files") if self.file_ids else self.env._("Upload the files")

    def _describe_map(self):
        parts = []
        if self.open_line_count:
            parts.append(self.env._("%(count)s columns to decide", count=self.open_line_count))
        if self.open_value_count:
            parts.append(self.env._("%(count)s values to decide", count=self.open_value_count))
        return ", ".join(parts) or self.env._("Confirm the map")

    def _describe_delta_step(self):
        return {
            "read": self.env._("Newer export: read it"),
            "propose": self.env._("Newer export: propose what is new in the map"),
            "lines": self.env._("Newer export: new columns to decide"),
            "values": self.env._("Newer export: new values to decide"),
            "confirm": self.env._("Newer export: confirm the map"),
            "prepare": self.env._("Newer export: prepare the database"),
            "approve": self.env._("Newer export: a manager approves the changed map"),
            "load": self.env._("Newer export: a manager loads the changes"),
        }[self.delta_step]

    @api.readonly
    def get_board(self, kind):
        """Return the board of the owners or the stages.

        :param kind: ``owner`` or ``stage``
        """
        self.ensure_one()
        self.check_access("read")
        return Board(self, kind).get()

    @api.readonly
    def get_sample(self, **narrowed):
        """Return a page of the last sample's records; see :meth:`SampleView.get`."""
        self.ensure_one()
        self.check_access("read")
        return SampleView(self).get(**narrowed)

    @api.readonly
    def get_sample_record(self, record_id):
        """Return the comparison of one record of the last sample."""
        self.ensure_one()
        self.check_access("read")
        return SampleView(self).get_record(record_id)

    # ------------------------------------------------------------- one step

    def _on_run_done(self, run):
        result = super()._on_run_done(run)
        if (run.parameters or {}).get("then") == "propose" and not self._is_reading_doubtful(run):
            self.with_user(run.user_id).action_propose()
        return result

    def _is_reading_doubtful(self, run):
        """Tell whether a person should look at what was read before the map is proposed."""
        told = Domain("run_id", "=", run.id) | Domain("file_id", "in", self.file_ids.ids)
        asked = self.env["crm.migration.issue"].search_count(
            told & Domain([("state", "=", "open"), ("severity", "in", ASKING)]), limit=1
        )
        unknown = self.file_ids.filtered(lambda file: file.state == "new" and not file.entity)
        return bool(asked or unknown)

    # ------------------------------------------------------------- to try

    @api.model
    def action_try_demo(self):
        """Make a migration with the bundled export, ready to be read, and open it.

        :raises UserError: where the addon came without the export
        """
        profile, files = self._find_demo()
        count = self.with_context(active_test=False).sudo().search_count([]) + 1
        name = profiles.load(profile).name
        project = self.create(
            {
                "name": self._get_free_name(self.env._("Try it: %(product)s", product=name)),
                "profile": profile,
                "company_id": self.env.company.id,
                # An account of its own: its IDs are not those of the customer's export.
                "source_system": f"{profile}_demo_{count}",
                "owner_policy": "fallback",
                "fallback_user_id": self.env.uid,
            }
        )
        project._add_files(project._attach_demo(files))
        return {
            "type": "ir.actions.act_window",
            "res_model": self._name,
            "res_id": project.id,
            "views": [(False, "form")],
        }

    @api.model
    def _find_demo(self):
        """Return (profile, paths of the files) of the first export to try."""
        try:
            folders = {path.name: path for path in Path(file_path(DEMO)).iterdir()}
        except FileNotFoundError as error:
            raise UserError(self.env._("The export to try is not installed.")) from error
        profile = min(folders.keys() & set(profiles.codes()))
        return profile, sorted(folders[profile].iterdir())

    def _attach_demo(self, paths):
        attachments = self.env["ir.attachment"].sudo()  # users may upload, not write projects
        return attachments.create(
            [
                {
                    "name": path.name,
                    "raw": path.read_bytes(),
                    "res_model": self._name,
                    "res_id": self.id,
                }
                for path in paths
            ]
        ).sudo(False)

    def _get_free_name(self, name):
        taken = set(self.with_context(active_test=False).sudo().search([]).mapped("name"))
        names = (name, *(f"{name} {number}" for number in range(2, len(taken) + 3)))
        return next(one for one in names if one not in taken)
