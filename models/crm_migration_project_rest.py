import logging
from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError

_logger = logging.getLogger(__name__)


class CrmMigrationProject(models.Model):
    """A migration whose records come over a connection, by button or by schedule."""

    _inherit = "crm.migration.project"

    connection_id = fields.Many2one(
        "crm.migration.connection", ondelete="restrict", copy=False, index="btree_not_null"
    )
    has_connection = fields.Boolean(compute="_compute_has_connection")
    rest_extracted_at = fields.Datetime(
        string="Last Extraction", readonly=True, copy=False,
        help="When the newest complete extraction over the connection began.",
    )  # fmt: skip
    rest_schedule = fields.Boolean(
        string="Extract Changes by Itself",
        copy=False,
        help="Fetches what changed in the source, and loads it as long as nothing new has to be "
        "decided. For the days of the cutover.",
    )
    rest_hours = fields.Float(default=4, string="Every (Hours)", copy=False)
    rest_next_at = fields.Datetime(compute="_compute_rest_next_at", string="Next Extraction")

    def write(self, vals):
        result = super().write(vals)
        if vals.get("rest_schedule"):
            self._switch_schedule_on()
        return result

    @api.depends("connection_id")
    def _compute_has_connection(self):
        for project in self:
            project.has_connection = bool(project.connection_id.sudo().has_token) or (
                project.connection_id.auth_kind == "none"
            )

    def action_connect(self):
        """Open the connection to the source, made from its profile where there is none yet."""
        self.ensure_one()
        self._check_manager()
        connections = self.env["crm.migration.connection"]
        if not self.connection_id and connections._prepare_from_profile(self.profile):
            values = {"name": self.name, "profile": self.profile, "company_id": self.company_id.id}
            known = connections._prepare_from_profile(self.profile)
            if known["base_url"]:
                self.connection_id = connections.create(values)
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Connection"),
            "res_model": "crm.migration.connection",
            "res_id": self.connection_id.id,
            "views": [(False, "form")],
            "context": {
                "default_name": self.name,
                "default_profile": self.profile,
                "crm_migration_project_id": self.id,
            },
        }

    def action_extract(self):
        """Fetch the records over the connection; of a newer extraction only changes will load."""
        self.ensure_one()
        self._check_manager()
        return self._start_extraction()

    def _start_extraction(self):
        if not self.connection_id:
            raise UserError(self.env._("There is no connection to the source yet."))
        self.connection_id._get_api()
        self.connection_id._get_token()
        delta = any(file.state != "ignored" for file in self.file_ids)
        return self._start("extract", rest=True, delta=delta)

    # ------------------------------------------------------------------ schedule

    @api.depends("rest_schedule", "rest_hours", "run_ids")
    def _compute_rest_next_at(self):
        for project in self:
            last = project._get_last_extraction()
            due = last and last.create_date + timedelta(hours=project.rest_hours)
            project.rest_next_at = project.rest_schedule and due

    @api.model
    def _get_schedule_job(self):
        return self.env.ref("crm_migration.ir_cron_extract").sudo()

    def _switch_schedule_on(self):
        """Have the scheduled action run from now on: who asks for it here needs no other screen."""
        self._check_manager()
        job = self._get_schedule_job()
        if not job.active:
            job.active = True
        job._trigger()

    def _on_run_done(self, run):
        result = super()._on_run_done(run)
        if self.rest_schedule and run.kind != "forecast":
            self._get_schedule_job()._trigger()  # the next step follows at once
        return result

    @api.model
    def _cron_extract(self):
        """Go on with the migrations that catch up by themselves: the next step of each.

        The end of a step calls for the next one.
        """
        projects = self.search([("rest_schedule", "=", True), ("connection_id", "!=", False)])
        for number, project in enumerate(projects):
            try:
                project.with_user(project.user_id)._catch_up()
            except UserError as error:
                _logger.warning("Migration %s cannot catch up by itself: %s", project.id, error)
            self.env["ir.cron"]._commit_progress(1, remaining=len(projects) - number - 1)

    def _catch_up(self):
        """Start what comes next; a question that only a person can answer is waited for.

        What an extraction brought that broke off is no newer export: it goes on at its page first;
        where its token was refused, once somebody has entered another.
        """
        if self.state not in ("loaded", "verified") or self.active_run_id:
            return
        extraction = self._get_last_extraction()
        if extraction.state == "failed" and (extraction.parameters or {}).get("rest"):
            if not self.issue_ids.filtered(lambda issue: issue.code == "rest_token"):
                extraction.action_resume()
            return
        step = self._get_delta_step() if extraction.state != "cancelled" else False
        if step == "propose":
            self.action_propose()
        elif step == "prepare":
            self.action_prepare()
        elif step == "load":
            self.action_load()
        elif not step and self._is_extraction_due():
            self.action_extract()

    def _get_last_extraction(self):
        return self.run_ids.filtered(lambda run: run.kind == "extract").sorted("id")[-1:]

    def _is_extraction_due(self):
        return not self.rest_next_at or self.rest_next_at <= fields.Datetime.now()
