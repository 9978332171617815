from odoo import api, fields, models
from odoo.tools import SQL

from ..engine.mapping import fold
from ..engine.stage_history import stage_of_header, transitions
from .resolver import Resolver

# Models whose creation date Odoo's standard reports group by.
DATED = ("res.partner", "crm.lead")
# Created records dated per transaction.
DATED_LINES = 1000
DATE = "create_date"


class CrmMigrationHistory(models.AbstractModel):
    """The source's dates as Odoo's own, if the project says so: an explicit, logged choice.

    Odoo's ORM drops a given creation date (X-19), and tells the time in a stage from tracked
    changes (X-20). Both are set after the load, by SQL, and taken back by the next load once the
    choice is taken back; a rollback removes the records and all that hangs on them.
    """

    _name = "crm.migration.history"
    _description = "Dates of the Source"

    @api.model
    def _apply(self, run, project):
        """Date the next created records, or take dates back; True while there is more."""
        if project.date_policy == "keep":
            return self._take_back(run, project)
        lines = self._read_created(project, run.cursor.get("dated", 0))
        if not lines:
            return False
        for model in DATED:
            records = {
                line["res_id"]: line["record_id"] for line in lines if line["model"] == model
            }
            if records:
                self._set_dates(run, model, records)
        leads = {line["res_id"]: line["record_id"] for line in lines if line["model"] == "crm.lead"}
        if leads:
            self._set_days(list(leads))
            self._add_stages(run, project, leads)
        run.cursor = run.cursor | {"dated": lines[-1]["id"]}
        return True

    @api.model
    def _read_created(self, project, after):
        """Return the next log lines of records that the project created."""
        self.env.cr.execute(
            """SELECT id, model, res_id, record_id FROM crm_migration_log
                WHERE project_id = %s AND action = 'create' AND model = ANY(%s)
                  AND record_id IS NOT NULL AND id > %s ORDER BY id LIMIT %s""",
            [project.id, list(DATED), max(after, project._get_undone_until()), DATED_LINES],
        )
        return self.env.cr.dictfetchall()

    # ------------------------------------------------------------- creation dates

    @api.model
    def _set_dates(self, run, model, records):
        self.env.flush_all()
        self.env.cr.execute(
            SQL(
                """UPDATE %(table)s t SET create_date = t.x_source_created_at
                     FROM %(table)s old
                    WHERE old.id = t.id AND t.id = ANY(%(ids)s)
                      AND t.x_source_created_at IS NOT NULL
                      AND t.create_date IS DISTINCT FROM t.x_source_created_at
                RETURNING t.id, old.create_date::text, t.create_date::text""",
                table=SQL.identifier(self.env[model]._table),
                ids=list(records),
            )
        )
        entries = [
            (records[res_id], model, res_id, "date", {DATE: before}, {DATE: after})
            for res_id, before, after in self.env.cr.fetchall()
        ]
        self.env["crm.migration.log"]._append(run, entries)
        self.env[model].browse(list(records)).invalidate_recordset()

    @api.model
    def _set_days(self, ids):
        """Set the days to assign and to close, which Odoo counts from the creation (crm.lead).

        By SQL: the ORM would stamp the records as written now.
        """
        self.env.cr.execute(
            """UPDATE crm_lead
                  SET day_open = abs(floor(extract(epoch FROM
                          date_open - date_trunc('second', create_date)) / 86400)),
                      day_close = abs(floor(extract(epoch FROM
                          date_closed - date_trunc('second', create_date)) / 86400))
                WHERE id = ANY(%s)""",
            [ids],
        )
        self.env["crm.lead"].browse(ids).invalidate_recordset(["day_open", "day_close"])

    # ------------------------------------------------------------- stages

    @api.model
    def _add_stages(self, run, project, records):
        """Add the changes of stage that the source tells, as Odoo tracks them; none twice."""
        columns = self._get_stage_columns(project)
        leads = self.env["crm.lead"].browse(list(records)).exists()
        module = project._get_xmlid_module()
        wanted = {}
        for lead in leads:
            for when, before, after in self._get_transitions(lead, columns):
                message_id = f"<stage.{records[lead.id]}.{when:%Y%m%d%H%M%S}@{module}>"
                wanted[message_id] = (lead, when, before, after)
        messages = self.env["mail.message"]
        known = messages.search([("message_id", "in", list(wanted))]).mapped("message_id")
        new = {key: step for key, step in wanted.items() if key not in set(known)}
        created = messages.create([self._prepare_message(key, *step) for key, step in new.items()])
        self._set_tracking_dates(created)
        self.env["crm.migration.log"]._append(
            run,
            [(records[m.res_id], "mail.message", m.id, "create", None, {}) for m in created],
        )

    @api.model
    def _get_stage_columns(self, project):
        """Return {(team ID, field of the lead): ID of the stage whose entry it tells}."""
        resolver, columns = Resolver(project), {}
        values = project.value_ids.filtered(lambda value: value.domain == "stage")
        lines = project.line_ids.filtered(
            lambda line: (
                line.state == "confirmed"
                and line.mapping_id.target == "lead"
                and line.transform in ("date", "datetime")
                and (line.target_field or "").startswith("x_")
            )
        )
        for pipeline, stages in values.grouped(lambda value: value.group or "").items():
            team = resolver.xmlid("team", fold(pipeline)) or (not pipeline and project.team_id.id)
            names = {value.source_value: value for value in stages}
            for line in lines:
                value = names.get(stage_of_header(line.column, names))
                if value:
                    key = (fold(pipeline), fold(value.source_value))
                    stage_id = value.stage_id.id or resolver.xmlid("stage", *key)
                    columns[team, line.target_field] = stage_id
        return columns

    @api.model
    def _get_transitions(self, lead, columns):
        """Return the changes of stage of a lead, with stages as IDs."""
        entered = {
            stage_id: fields.Datetime.to_datetime(lead[name])
            for (team_id, name), stage_id in columns.items()
            if team_id == lead.team_id.id and stage_id and name in lead and lead[name]
        }
        current, since = lead.stage_id.id, lead.x_source_stage_entered_at
        if since and current:
            entered[current] = since
        return transitions(lead.create_date.replace(microsecond=0), entered, current)

    @api.model
    def _prepare_message(self, message_id, lead, when, before, after):
        stages = self.env["crm.stage"]
        field = self.env["ir.model.fields"]._get("crm.lead", "stage_id")
        return {
            "model": "crm.lead",
            "res_id": lead.id,
            "date": when,
            "body": "",
            "message_type": "notification",
            "subtype_id": self.env["ir.model.data"]._xmlid_to_res_id("crm.mt_lead_stage"),
            "author_id": False,
            "email_from": False,
            "reply_to": False,
            "message_id": message_id,
            "tracking_value_ids": [
                (0, 0, {
                    "field_id": field.id,
                    "old_value_integer": before or 0,
                    "old_value_char": stages.browse(before or []).name or False,
                    "new_value_integer": after,
                    "new_value_char": stages.browse(after).name,
                })
            ],
        }  # fmt: skip

    @api.model
    def _set_tracking_dates(self, messages):
        """Odoo counts the time in a stage between the creation dates of the tracked changes."""
        self.env.flush_all()
        self.env.cr.execute(
            """UPDATE mail_tracking_value v SET create_date = m.date FROM mail_message m
                WHERE m.id = v.mail_message_id AND m.id = ANY(%s)""",
            [messages.ids],
        )
        messages.tracking_value_ids.invalidate_recordset()

    # ------------------------------------------------------------- take back

    @api.model
    def _take_back(self, run, project):
        """Give back the creation dates as they were, and remove the history of stages."""
        lines = self._read_dated(project)
        for model in DATED:
            rows = [line for line in lines if line["model"] == model]
            if rows:
                self._restore_dates(run, model, rows)
        messages = self.env["mail.message"].search(
            [("message_id", "=like", f"<stage.%@{project._get_xmlid_module()}>")],
            limit=DATED_LINES,
        )
        entries = [(None, "mail.message", res_id, "remove", None, None) for res_id in messages.ids]
        messages.unlink()
        self.env["crm.migration.log"]._append(run, entries)
        return bool(lines or entries)

    @api.model
    def _read_dated(self, project):
        """Return log lines of dates that were set and not taken back yet."""
        self.env.cr.execute(
            """SELECT l.id, l.model, l.res_id, l.record_id, l.before, l.after
                 FROM crm_migration_log l
                WHERE l.project_id = %(project)s AND l.action = 'date' AND l.id > %(undone)s
                  AND NOT EXISTS (
                      SELECT 1 FROM crm_migration_log o
                       WHERE o.project_id = l.project_id AND o.model = l.model
                         AND o.res_id = l.res_id AND o.action = 'date' AND o.id > l.id)
                  AND l.before ->> 'back' IS NULL
                ORDER BY l.id LIMIT %(limit)s""",
            {
                "project": project.id,
                "undone": project._get_undone_until(),
                "limit": DATED_LINES,
            },
        )
        return self.env.cr.dictfetchall()

    @api.model
    def _restore_dates(self, run, model, lines):
        self.env.flush_all()
        self.env.cr.execute_values(
            f"""UPDATE {self.env[model]._table} t SET create_date = v.date::timestamp
                  FROM (VALUES %s) AS v(id, date) WHERE t.id = v.id""",
            [(line["res_id"], line["before"][DATE]) for line in lines],
        )
        ids = [line["res_id"] for line in lines]
        self.env[model].browse(ids).invalidate_recordset()
        if model == "crm.lead":
            self._set_days(ids)
        entries = [
            (line["record_id"], model, line["res_id"], "date",
             {DATE: line["after"][DATE], "back": True}, {DATE: line["before"][DATE]})
            for line in lines
        ]  # fmt: skip
        self.env["crm.migration.log"]._append(run, entries)
