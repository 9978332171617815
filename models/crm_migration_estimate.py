from datetime import timedelta

from odoo import api, fields, models

from ..engine import profiles
from ..engine.estimating import PARTS, compatibility, grade, overall, seconds
from .apps import USES

LEVELS = [("simple", "Simple"), ("moderate", "Moderate"), ("complex", "Complex")]


class CrmMigrationProject(models.Model):
    """What can be said of a pair before it is loaded: how much moves, how hard, how long."""

    _inherit = "crm.migration.project"

    gotcha_ids = fields.One2many("crm.migration.gotcha", "project_id")
    compatibility = fields.Char(compute="_compute_estimate", string="Objects That Move")
    estimated_time = fields.Char(compute="_compute_estimate", string="Time at Work")
    grade = fields.Selection(LEVELS, compute="_compute_estimate", string="Complexity")
    grade_objects = fields.Selection(LEVELS, compute="_compute_estimate", string="Objects")
    grade_fields = fields.Selection(LEVELS, compute="_compute_estimate", string="Map of Fields")
    grade_time = fields.Selection(LEVELS, compute="_compute_estimate", string="Time")
    grade_api = fields.Selection(LEVELS, compute="_compute_estimate", string="Limits of the API")
    grade_volume = fields.Selection(LEVELS, compute="_compute_estimate", string="Volume")

    @api.depends("profile", "line_ids.score", "readiness_ids.choice", "run_ids.state")
    def _compute_estimate(self):
        for project in self:
            if not project.profile:
                project.update(dict.fromkeys(["compatibility", "estimated_time", "grade"], False))
                project.update({f"grade_{part}": False for part in PARTS})
                continue
            found = project._estimate_project()
            project.compatibility = project._describe_compatibility(found["compatibility"])
            project.estimated_time = found["time"]
            project.grade = found["grade"]
            for part in PARTS:
                project[f"grade_{part}"] = found["parts"][part]

    def _estimate_project(self):
        """Return the estimate of this project: with its own rows, map, choices and apps."""
        self.ensure_one()
        outcomes = self._origin._get_outcomes(self._origin.tally) if self._origin else {}
        rows = sum(counts["read"] for counts in outcomes.values())
        scores = self.line_ids.filtered("target_field").mapped("score")
        declined = {
            line.use for line in self.readiness_ids if line.choice != "app" or not line.is_installed
        }
        return self._work_out(self._get_profile(), rows, scores, declined)

    @api.model
    def estimate(self, profile, counts):
        """Return an estimate by rule for a source and its record counts, without files (GN-15).

        :param profile: code of the source
        :param counts: {entity: records}
        :return: ``{"compatibility": [total, full, lossy, none], "parts": {part: grade}, "grade",
            "seconds", "time", "rows", "scope_first"}``
        """
        self.browse().check_access("read")
        return self._work_out(profiles.load(profile), sum(counts.values()), [], ())

    @api.model
    def _work_out(self, profile, rows, scores, declined):
        counted = compatibility(profile.objects, lambda model: self._is_home(model, declined))
        rates = self._get_measured_rates()
        duration = seconds(rows, rates)
        parts = grade(counted, scores, duration, profile.rest, rows)
        return {
            "compatibility": counted,
            "parts": parts,
            "grade": overall(parts),
            "seconds": round(duration),
            "time": str(timedelta(seconds=max(1, round(duration)))),
            "rows": rows,
            "scope_first": parts["volume"] == "complex",
        }

    @api.model
    def _is_home(self, model, declined):
        """Return whether records have their own model here: installed, and not declined."""
        uses = {use.model: code for code, use in USES.items()}
        return model in self.env and uses.get(model) not in declined

    @api.model
    def _get_measured_rates(self):
        """Return {kind of run: rows per second} as measured in this database."""
        groups = self.env["crm.migration.run"]._read_group(
            [("state", "=", "done"), ("processed", ">", 0), ("seconds", ">", 0)],
            ["kind"],
            ["processed:sum", "seconds:sum"],
        )
        return {kind: processed / spent for kind, processed, spent in groups}

    @api.model
    def _describe_compatibility(self, counted):
        return self.env._(
            "%(full)s of %(total)s move in full, %(lossy)s with losses, %(none)s are not migrated",
            full=counted.full,
            total=counted.total,
            lossy=counted.lossy,
            none=counted.none,
        )

    def action_check_gotchas(self):
        """Make the checks of the known traps anew."""
        self.ensure_one()
        self.check_access("read")
        self.env["crm.migration.gotcha"].sudo()._check(self.sudo())
