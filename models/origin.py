"""Where a record came from: the row of the source, the rule of each field, and what happened since.

Plain Python around a record, in the environment of who asks. The values are compared by the
verifier, with its own rights; fields that the person may not read are left out.
"""

from odoo.tools import format_datetime

from ..engine.comparing import DIFFERENT, MISSING
from ..engine.issues import CATALOGUE
from ..engine.mapping import KEPT, fold
from . import words
from .damage import Damage
from .silence import silent

# Later edits and log lines shown; the chatter and the log have all.
SHOWN = 80


class Origin:
    def __init__(self, record):
        self.record = record
        self.env = record.env
        self.entities = words.get_entities(self.env)
        self.fields = record.fields_get(attributes=["string"])
        self.rows = self._find_rows()

    def _find_rows(self):
        """Return the staged records that became this one, or that it was made beside."""
        rows = self.env["crm.migration.record"]
        about = [("model", "=", self.record._name), ("res_id", "=", self.record.id)]
        found = rows.search(about)
        return found or self.find_log().record_id

    def find_log(self):
        """Return the lines of the log about the record, the newest first."""
        projects = self.env["crm.migration.project"].with_context(active_test=False).search([])
        return self.env["crm.migration.log"].search(
            [
                ("project_id", "in", projects.ids),
                ("model", "=", self.record._name),
                ("res_id", "=", self.record.id),
            ],
            order="id desc",
            limit=SHOWN,
        )

    def get(self):
        """Return what the screen shows."""
        return {
            "sections": [self._get_section(row) for row in self.rows],
            "edits": self._get_edits(),
            "system": self.record.x_source_system or "",
            "key": self.record.x_source_id or "",
        }

    # ------------------------------------------------------------- one row

    def _get_section(self, row):
        project = row.project_id
        states = dict(row._fields["state"]._description_selection(self.env))
        return {
            "source": dict(project._selection_profile()).get(project.profile),
            "project": project.name,
            "entity": self.entities.get(row.entity, row.entity),
            "key": row.source_key,
            "file": row.file_id.name,
            "line": row.line,
            "state": states.get(row.state),
            "read": self._describe_run(row.extract_run_id),
            "loaded": self._describe_run(row.load_run_id),
            "purged": project.purged_at and format_datetime(self.env, project.purged_at),
            "lines": self._get_lines(row),
            "decisions": self._get_decisions(row),
            "issues": [
                {"message": issue.message, "advice": issue.advice} for issue in row.issue_ids
            ],
        }

    def _describe_run(self, run):
        if not run:
            return ""
        return self.env._(
            "%(when)s by %(who)s",
            when=format_datetime(self.env, run.ended_at or run.started_at or run.create_date),
            who=run.user_id.sudo().name or "",
        )

    def _get_lines(self, row):
        """Return one line per column of the row, then one per field that no column filled."""
        checks = {check["field_name"]: check for check in self._compare(row)}
        payload = row.loaded_payload or row.payload or {}
        lines, told = [], set()
        columns = {line.column: line for line in self._get_map(row)}
        for column in [*(c for c in columns if c in payload), *(payload.keys() - columns.keys())]:
            line = columns.get(column)
            name = line.target_field if line and line.state != "ignored" else ""
            check = checks.get(name) if name and name not in told else None
            told.add(name)
            lines.append(
                {
                    "column": column,
                    "source": payload[column],
                    "rule": self._describe_rule(line, payload[column]),
                    "field": line.target_label if line else self.env._("Leave out"),
                }
                | self._describe_check(check)
            )
        lines += [
            {"column": "", "source": "", "rule": "", "field": self._get_label(name)}
            | self._describe_check(check)
            for name, check in checks.items()
            if name not in told and name != KEPT and (check["expected"] or check["actual"])
        ]
        return lines

    def _get_map(self, row):
        return row.project_id.line_ids.filtered(lambda line: line.entity == row.entity)

    def _compare(self, row):
        """Return the checks of the row against the record, of fields that the person may read."""
        is_same = (row.model, row.res_id) == (self.record._name, self.record.id)
        if not is_same or not row.payload:
            return []
        project = silent(row.project_id)
        verifier = self.env["crm.migration.verifier"].with_env(project.env)
        rows = verifier._read_rows(project, ids=row.ids)
        checks = verifier._compare(project, rows, keep_equal=True) if rows else []
        verifier._name_links(checks)
        Damage(project).name_editors(checks)
        return [check for check in checks if check["field_name"] in self.fields]

    def _get_label(self, name):
        return self.fields[name]["string"]

    def _describe_rule(self, line, raw):
        """Say what was done with a cell: the transform, the link, and the value map's answer."""
        if not line or line.state == "ignored" or not line.target_field:
            return ""
        titles = dict(line._fields["transform"]._description_selection(self.env))
        parts = [titles.get(line.transform, line.transform)]
        if way := words.describe_reference(self.env, line.reference):
            parts.append(way)
        value = self._find_value(line, raw)
        if value:
            answer = value.user_id.sudo().name or value.stage_id.name or value.target_label
            parts.append(f"{value.source_value} → {answer or '–'}")
        return ", ".join(parts)

    def _find_value(self, line, raw):
        """Return the line of the value map that the cell went by."""
        domain = (line.options or {}).get("domain") or (line.reference or "").partition(".")[0]
        domain = line._get_choice_domain() if line.new_type == "selection" else domain
        return line.project_id.value_ids.filtered(
            lambda value: value.domain == domain and fold(value.source_value) == fold(raw or "")
        )[:1]

    def _describe_check(self, check):
        if not check:
            return {"wrote": "", "now": "", "note": "", "level": ""}
        wrong = check["verdict"] in (DIFFERENT, MISSING)
        note = CATALOGUE[check["rule"]].title if check["rule"] in CATALOGUE else ""
        if wrong and check.get("edited_by_id"):
            note = self.env._(
                "edited by %(who)s on %(when)s",
                who=self.env["res.users"].sudo().browse(check["edited_by_id"]).name,
                when=format_datetime(self.env, check["edited_at"]),
            )
        elif wrong:
            note = self.env._("no longer what the migration wrote")
        return {
            "wrote": check["expected"] or "",
            "now": check["actual"] or "",
            "note": note,
            "level": "warning" if wrong else "",
        }

    # ------------------------------------------------------------- who decided

    def _get_decisions(self, row):
        """Return sentences: who confirmed the columns, who approved, who decided on doubles."""
        lines = self._get_map(row).filtered("decided_by_id")
        sentences = []
        for user, mine in lines.grouped("decided_by_id").items():
            sentences.append(
                self.env._(
                    "%(count)s columns confirmed by %(who)s, the last on %(when)s",
                    count=len(mine),
                    who=user.sudo().name,
                    when=format_datetime(self.env, max(mine.mapped("decided_at"))),
                )
            )
        kinds = dict(
            self.env["crm.migration.approval"]._fields["kind"]._description_selection(self.env)
        )
        for approval in row.project_id.approval_ids.sorted("id"):
            sentences.append(
                self.env._(
                    "%(what)s approved by %(who)s on %(when)s",
                    what=kinds[approval.kind],
                    who=approval.user_id.sudo().name,
                    when=format_datetime(self.env, approval.approved_at),
                )
            )
        duplicates = self.env["crm.migration.duplicate"].search([("record_id", "=", row.id)])
        choices = dict(duplicates._fields["decision"]._description_selection(self.env))
        for case in duplicates.filtered("decision"):
            sentences.append(
                self.env._(
                    "Possible double of %(name)s: “%(choice)s”, decided by %(who)s on %(when)s",
                    name=case.other_name or "",
                    choice=choices[case.decision],
                    who=case.user_id.sudo().name or "",
                    when=format_datetime(self.env, case.decided_at),
                )
            )
        return sentences

    # ------------------------------------------------------------- later edits

    def _get_edits(self):
        """Return the changes that the chatter recorded since the migration, the newest first."""
        if "message_ids" not in self.record._fields:
            return []
        written = [at for at in self.find_log().mapped("logged_at") if at]
        since = min(written, default=None)
        trackings = self.record.sudo().message_ids.tracking_value_ids
        trackings = trackings._filter_has_field_access(self.env)
        edits = []
        for tracking in trackings.sorted("id", reverse=True)[:SHOWN]:
            message = tracking.mail_message_id
            if since and message.date < since:
                continue
            (told,) = tracking._tracking_value_format_model(self.record._name)
            edits.append(
                {
                    "field": told["fieldInfo"]["changedField"],
                    "before": told["oldValue"],
                    "after": told["newValue"],
                    "who": message.author_id.name or "",
                    "when": format_datetime(self.env, message.date),
                }
            )
        return edits
