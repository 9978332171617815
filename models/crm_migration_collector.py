import csv
import io
import re

from odoo import api, fields, models

from ..engine.inventory import LISTED, describe, workbook
from ..engine.mapping import fold
from . import words

# Things that the rows themselves tell: issue code -> kind.
TOLD = {
    "recurring_task": "recurring_task",
    "segment_dynamic": "segment",
    "stock_not_booked": "stock",
    "attachment_file_missing": "attachment",
}
# Rows of an entity that were left out for want of its app are written down.
LEFT_OUT = ("app_missing", "course_part")

# Words of a header that names the deal of a campaign, and the mark of the file attached to it.
DEAL_WORDS = {"deal", "deals", "opportunity", "lead", "geschäft", "verkaufschance", "oportunidad",
              "affaire"}  # fmt: skip
DEAL_FILE = "campaigns of the source"


class CrmMigrationCollector(models.AbstractModel):
    """What does not move, collected: from lists of the export, and from what its rows say."""

    _name = "crm.migration.collector"
    _description = "Collector of What Does Not Move"

    @api.model
    def _collect(self, project):
        """Write the inventory anew; lines added by hand, or ticked as rebuilt, stay.

        Steps: rows of the lists that do not move; what rows tell; roles; for kinds of which the
        export has nothing, one line that says what to ask for.
        """
        # The worker has no language: what is written here is read by the one who is responsible.
        self = self.with_context(lang=project.user_id.lang)  # noqa: PLW0642
        inventory = self.env["crm.migration.inventory"]
        inventory.search(
            [
                ("project_id", "=", project.id),
                ("origin", "!=", False),
                ("is_done", "=", False),
                ("automation_id", "=", 0),
            ]
        ).unlink()
        self.env["crm.migration.role"]._propose(project)
        kinds = self._get_kinds(project)
        known = {(one.kind, one.origin) for one in project.inventory_ids}
        values = [
            *self._read_files(project, kinds),
            *self._read_told(project),
            *self._read_left_out(project),
            *self._read_roles(project),
        ]
        values = [one for one in values if (one["kind"], one["origin"]) not in known]
        found = {one["kind"] for one in values} | {kind for kind, __ in known}
        values += [self._prepare_kind(kind) for code, kind in kinds.items() if code not in found]
        return inventory.create([one | {"project_id": project.id} for one in values])

    @api.model
    def _get_kinds(self, project):
        """Return {kind: what the profile says of it}, in the user's language."""
        shown = ("label", "counterpart")
        return {
            kind["code"]: kind | {key: words.translate(self.env, kind[key]) for key in shown}
            for kind in project._get_profile().inventory
        }

    @api.model
    def _prepare_kind(self, kind):
        return {
            "kind": kind["code"],
            "kind_label": kind["label"],
            "name": kind["label"],
            "detail": self.env._(
                "The export has no list of these: look them up in the source before it closes."
            ),
            "counterpart": kind["counterpart"],
            "count": 0,
            "origin": "profile",
        }

    # ------------------------------------------------------------- lists of the export

    @api.model
    def _read_files(self, project, kinds):
        """Return a line for each row of the files that hold what does not move.

        Of the newest export that has such a list: one with the changes only has none.
        """
        values = []
        listed = project.file_ids.filtered(lambda file: file._is_listed())
        newest = {
            reason: max(files.mapped("generation"))
            for reason, files in listed.grouped("entity_reason").items()
        }
        for file in listed:
            kind = kinds.get(file.entity_reason.removeprefix(LISTED))
            if not kind or file.generation != newest[file.entity_reason]:
                continue
            with file._open_table() as table:
                rows = [row for row in table.rows() if not row.footer]
            values += [self._prepare_row(file, row, kind) for row in rows]
        return values

    @api.model
    def _prepare_row(self, file, row, kind):
        told = describe(row.values, row.line)
        inventory = self.env["crm.migration.inventory"]
        return {
            "kind": kind["code"],
            "kind_label": kind["label"],
            "name": told.name,
            "trigger": told.trigger or False,
            "conditions": told.conditions or False,
            "action": told.action or False,
            "detail": told.detail,
            "counterpart": inventory._get_counterpart(
                told.trigger, told.action, kind["counterpart"]
            ),
            "count": 1,
            "file_id": file.id,
            "line": row.line,
            "payload": {name: text for name, text in row.values.items() if text},
            "origin": f"{file.name}:{row.line}",
        }

    # ------------------------------------------------------------- rows of the export

    @api.model
    def _get_told_kinds(self):
        """Return {kind: (label, nearest in Odoo)} of what rows tell."""
        return {
            "recurring_task": (
                self.env._("Repeating tasks"),
                self.env._("Recurrence of a task (Project), or an activity plan"),
            ),
            "segment": (
                self.env._("Dynamic segments"),
                self.env._("Filter of contacts, or the recipients filter of a mailing"),
            ),
            "stock": (
                self.env._("Stock counts"),
                self.env._("Physical inventory (Inventory)"),
            ),
            "attachment": (
                self.env._("Files to fetch by hand"),
                self.env._("Attachment of the record"),
            ),
        }

    @api.model
    def _read_told(self, project):
        """Return a line for each row that tells of something Odoo takes no part of."""
        kinds, values = self._get_told_kinds(), []
        issues = self.env["crm.migration.issue"].search(
            [("project_id", "=", project.id), ("code", "in", list(TOLD))]
        )
        for issue in issues:
            label, counterpart = kinds[TOLD[issue.code]]
            row = issue.record_id.payload or {}
            told = describe(row, issue.line)
            values.append(
                {
                    "kind": TOLD[issue.code],
                    "kind_label": label,
                    "name": told.name,
                    "conditions": issue.value or False,
                    "detail": told.detail,
                    "counterpart": counterpart,
                    "count": 1,
                    "file_id": issue.file_id.id,
                    "line": issue.line,
                    "payload": row,
                    "origin": f"{issue.entity}:{issue.source_key}",
                }
            )
        return values

    @api.model
    def _read_left_out(self, project):
        """Return a line for each row without a home for want of its app: the written list."""
        labels = dict(
            self.env["crm.migration.file"]._fields["entity"]._description_selection(self.env)
        )
        readiness = self.env["crm.migration.readiness"]._get_texts()
        issues = self.env["crm.migration.issue"].search(
            [("project_id", "=", project.id), ("code", "in", LEFT_OUT)]
        )
        values = []
        for issue in issues:
            told = describe(issue.record_id.payload or {}, issue.line)
            values.append(
                {
                    "kind": issue.entity,
                    "kind_label": labels.get(issue.entity, issue.entity),
                    "name": told.name,
                    "detail": told.detail,
                    "counterpart": readiness.get(issue.entity, ("",))[0],
                    "count": 1,
                    "file_id": issue.file_id.id,
                    "line": issue.line,
                    "payload": issue.record_id.payload,
                    "origin": f"{issue.entity}:{issue.source_key}",
                }
            )
        return values

    @api.model
    def _read_roles(self, project):
        """Return a line for each role of the source's users: no right is given for it (KC-20)."""
        lines = project.line_ids.filtered(lambda line: line.reason == "role")
        values = []
        for line in lines:
            for role, count in self.env["crm.migration.proposer"]._count_values(line).items():
                values.append(
                    {
                        "kind": "role",
                        "kind_label": self.env._("Roles of users"),
                        "name": role,
                        "counterpart": self.env._(
                            "Access rights of the user, given by an administrator"
                        ),
                        "count": count,
                        "origin": f"role:{role}",
                    }
                )
        return values

    # ------------------------------------------------------------- draft rules

    @api.model
    def _draft_rules(self, project, things):
        """Make disabled rules with their actions, and log them for the rollback."""
        run = self._make_run(project, len(things))
        schema = self.env["crm.migration.schema"]
        for thing in things:
            values, action = thing._prepare_rule()
            rule = self.env["base.automation"].create(values)
            made = self.env["ir.actions.server"].create(action | {"base_automation_id": rule.id})
            schema._log_created(run, project, rule)
            schema._log_created(run, project, made)
            thing.automation_id = rule.id

    @api.model
    def _make_run(self, project, count):
        """Return a run for what a button made: the log hangs on one."""
        return self.env["crm.migration.run"].create(
            {
                "project_id": project.id,
                "kind": "schema",
                "state": "done",
                "started_at": fields.Datetime.now(),
                "ended_at": fields.Datetime.now(),
                "total": count,
                "processed": count,
            }
        )

    # ------------------------------------------------------------- documents

    @api.model
    def _make_documents(self, project):
        """Return the attachments an administrator works from, made anew.

        A workbook with a sheet for each kind; the figures of campaigns as CSV (KC-18); the
        hierarchy of courses as JSON (CC-28).
        """
        contents = {"not_moved.xlsx": self._get_workbook(project)}
        campaigns = project.inventory_ids.filtered(
            lambda one: one.kind == "campaign" and one.payload
        )
        if campaigns:
            contents["campaigns.csv"] = self._get_csv(campaigns)
        if project.mapping_ids.filtered(lambda mapping: mapping.target == "course"):
            tree = self.env["crm.migration.course.tree"]._dump(project)
            contents["courses.json"] = tree.encode()
        self._attach_to_deals(project, campaigns)
        attachments = self.env["ir.attachment"].search(
            [
                ("res_model", "=", project._name),
                ("res_id", "=", project.id),
                ("name", "in", list(contents)),
                ("description", "=", "inventory"),
            ]
        )
        attachments.unlink()
        return attachments.create(
            [
                {
                    "name": name,
                    "raw": content,
                    "res_model": project._name,
                    "res_id": project.id,
                    "description": "inventory",
                }
                for name, content in contents.items()
            ]
        )

    @api.model
    def _attach_to_deals(self, project, campaigns):
        """Attach the figures of a campaign to the deals that its row names, once (KC-18).

        Logged, so that a rollback takes them back.
        """
        deals = self._find_deals(project, campaigns)
        files = self.env["ir.attachment"].search(
            [("res_model", "=", "crm.lead"), ("description", "=", DEAL_FILE)]
        )
        known = set(files.mapped("res_id"))
        made = self.env["ir.attachment"].create(
            [
                {
                    "name": "campaigns.csv",
                    "raw": self._get_csv(things),
                    "res_model": "crm.lead",
                    "res_id": deal,
                    "description": DEAL_FILE,
                }
                for deal, things in deals.items()
                if deal not in known
            ]
        )
        if made:
            run = self._make_run(project, len(made))
            self.env["crm.migration.schema"]._log_created(run, project, made)

    @api.model
    def _find_deals(self, project, campaigns):
        """Return {deal ID: its campaigns}: by the deal's ID or name, if only one has it."""
        named = {}
        for thing in campaigns:
            for header, text in (thing.payload or {}).items():
                if DEAL_WORDS & set(re.findall(r"[^\W_]+", header.casefold())) and text.strip():
                    named.setdefault(fold(text), []).append(thing.id)
        self.env.cr.execute(
            """SELECT res_id, lower(source_key), match_name FROM crm_migration_record
                WHERE project_id = %(project)s AND model = 'crm.lead' AND res_id IS NOT NULL
                  AND (lower(source_key) = ANY(%(names)s) OR match_name = ANY(%(names)s))""",
            {"project": project.id, "names": list(named)},
        )
        found = {}
        for deal, key, name in self.env.cr.fetchall():
            found.setdefault(key if key in named else name, set()).add(deal)
        deals = {}
        for name, ids in found.items():
            if len(ids) == 1:
                deals.setdefault(ids.pop(), []).extend(named[name])
        return {deal: campaigns.browse(dict.fromkeys(ids)) for deal, ids in deals.items()}

    @api.model
    def _get_workbook(self, project):
        header = [
            self.env._("Name"), self.env._("Trigger"), self.env._("Conditions"),
            self.env._("Action"), self.env._("Nearest in Odoo"), self.env._("Details"),
            self.env._("Rows"), self.env._("File"), self.env._("Line"), self.env._("Rebuilt"),
        ]  # fmt: skip
        sheets = {}
        for label, things in project.inventory_ids.grouped("kind_label").items():
            rows = [
                [
                    one.name, one.trigger, one.conditions, one.action, one.counterpart, one.detail,
                    one.count, one.file_id.name, one.line or "", "x" if one.is_done else "",
                ]
                for one in things
            ]  # fmt: skip
            sheets[label or things[:1].kind] = (header, rows)
        return workbook(sheets)

    @api.model
    def _get_csv(self, things):
        """Return rows as they came, under the headers of all of them."""
        header = list(dict.fromkeys(name for one in things for name in one.payload))
        text = io.StringIO()
        writer = csv.DictWriter(text, header, restval="")
        writer.writeheader()
        writer.writerows(one.payload for one in things)
        return text.getvalue().encode("utf-8-sig")
