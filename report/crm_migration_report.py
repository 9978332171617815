"""The proof of a migration: what was read, what became of it, what differs, who approved.

On screen and on paper through QWeb; for the command line as files that open anywhere.
"""

import csv
from pathlib import Path

import xlsxwriter

from odoo import api, fields, models

from ..models import link_sums, words
from ..models.crm_migration_record import OUTCOMES

# Rows fetched at a time, and the most that a sheet of the workbook takes (Excel's limit is higher,
# but no person reads more; the CSV files have them all).
CHUNK = 5000
SHEET_ROWS = 100_000
# A spreadsheet runs a cell that begins so as a formula (OWASP, "CSV Injection").
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
VERDICTS = ("equal", "explained", "different", "missing")


def safe_cell(value):
    """Return a value for a spreadsheet; a text that would run as a formula becomes plain text.

    >>> safe_cell("=1+1")
    "'=1+1"
    >>> safe_cell(-5)
    -5
    """
    if value is None or value is False:
        return ""
    if isinstance(value, str) and value.startswith(FORMULA_STARTS):
        return f"'{value}"
    return value


class CrmMigrationReport(models.AbstractModel):
    _name = "crm.migration.report"
    _description = "Migration Report"

    # ------------------------------------------------------------------ values

    @api.model
    def _prepare_values(self, project):
        """Return what the report's template shows of a project."""
        outcomes = project._get_outcomes()
        outcome_columns = [
            name for name in ("staged", *OUTCOMES) if any(c[name] for c in outcomes.values())
        ]
        return {
            "project": project,
            "entity_labels": words.get_entities(self.env),
            "outcomes": outcomes,
            "outcome_columns": outcome_columns,
            "outcome_labels": self._get_outcome_labels(),
            "outcome_totals": {
                name: sum(counts[name] for counts in outcomes.values())
                for name in ("read", *outcome_columns)
            },
            "totals": project._get_check_totals(),
            "verdict_labels": self._get_verdict_labels(),
            "field_checks": self._get_field_checks(project),
            "links": self._get_links(project),
            "approvals": project.approval_ids,
            "issue_counts": self._get_issue_counts(project),
            "inventory": project.inventory_ids,
            "verified_at": self._get_last_run(project, "verify").ended_at,
            "printed_at": fields.Datetime.now(),
        }

    @api.model
    def _get_outcome_labels(self):
        selection = self.env["crm.migration.record"]._fields["state"]._description_selection
        return dict(selection(self.env)) | {"read": self.env._("Read")}

    @api.model
    def _get_verdict_labels(self):
        selection = self.env["crm.migration.check"]._fields["verdict"]._description_selection
        return dict(selection(self.env))

    @api.model
    def _get_last_run(self, project, kind):
        return project.run_ids.filtered(lambda run: run.kind == kind and run.state == "done")[:1]

    @api.model
    def _get_field_checks(self, project):
        """Return the totals per field of the last verification, else of the last sample."""
        run = self._get_last_run(project, "verify") or self._get_last_run(project, "sample")
        return self.env["crm.migration.check"].search(
            [("run_id", "=", run.id), ("kind", "=", "field")], order="entity, field_name"
        )

    @api.model
    def _get_links(self, project):
        """Return how many links of each relation were rebuilt, and how: of the last proof."""
        counters = self._get_last_run(project, "verify").counters or {}
        return link_sums.describe(counters.get("links") or {}, words.get_entities(self.env))

    @api.model
    def _get_issue_counts(self, project):
        """Return [(title, severity, count, advice)] of the open issues, the gravest first."""
        Issue = self.env["crm.migration.issue"]
        titles = dict(Issue._fields["code"]._description_selection(self.env))
        severities = dict(Issue._fields["severity"]._description_selection(self.env))
        groups = Issue._read_group(
            [("project_id", "=", project.id), ("state", "=", "open")],
            ["severity_rank", "severity", "code"],
            ["__count", "id:min"],
            order="severity_rank, __count desc",
        )
        advice = Issue.browse(group[-1] for group in groups)
        return [
            (titles[code], severities[severity], count, advice.browse(first).advice)
            for __, severity, code, count, first in groups
        ]

    # ------------------------------------------------------------------ files

    @api.model
    def _write_files(self, project, folder):
        """Write the report as files and return their paths.

        :param folder: where to; made if missing
        :return: paths of ``report.html``, ``report.xlsx``, ``issues.csv`` and ``held.csv``
        """
        project.ensure_one()
        folder = Path(folder)
        folder.mkdir(parents=True, exist_ok=True)
        values = self._prepare_values(project)
        return [
            self._write_html(values, folder / "report.html"),
            self._write_workbook(values, folder / "report.xlsx"),
            self._write_csv(folder / "issues.csv", self._issue_rows(project)),
            self._write_csv(folder / "held.csv", self._held_rows(project)),
        ]

    @api.model
    def _write_html(self, values, path):
        html = self.env["ir.qweb"]._render("crm_migration.crm_migration_report_page", values)
        path.write_text(f"<!DOCTYPE html>\n{html}", encoding="utf-8")
        return path

    @api.model
    def _write_csv(self, path, rows):
        # With a byte order mark, without which Excel reads UTF-8 as Latin-1.
        with path.open("w", newline="", encoding="utf-8-sig") as file:
            writer = csv.writer(file)
            writer.writerows([safe_cell(cell) for cell in row] for row in rows)
        return path

    @api.model
    def _write_workbook(self, values, path):
        project = values["project"]
        options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
        with xlsxwriter.Workbook(str(path), options) as workbook:
            for name, rows in (
                (self.env._("Outcomes"), self._outcome_rows(values)),
                (self.env._("Fields"), self._field_rows(values)),
                (self.env._("Differences"), self._difference_rows(project)),
                (self.env._("Issues"), self._issue_rows(project)),
                (self.env._("Inventory"), self._inventory_rows(project)),
            ):
                self._write_sheet(workbook, name, rows)
        return path

    @api.model
    def _write_sheet(self, workbook, name, rows):
        bold = workbook.add_format({"bold": True, "bottom": 1})
        sheet = workbook.add_worksheet(name[:31])
        sheet.freeze_panes(1, 0)
        sheet.set_column(0, 20, 18)
        for number, row in enumerate(rows):
            if number > SHEET_ROWS:
                sheet.write_string(number, 0, self.env._("More rows are in the CSV files."))
                break
            for column, cell in enumerate(row):
                sheet.write(number, column, safe_cell(cell), *([bold] if number == 0 else []))

    # ------------------------------------------------------------------ rows

    @api.model
    def _outcome_rows(self, values):
        labels, names = values["outcome_labels"], ("read", *values["outcome_columns"])
        yield [self.env._("Kind"), *(labels[name] for name in names)]
        for entity, counts in values["outcomes"].items():
            label = values["entity_labels"].get(entity, entity)
            yield [label, *(counts[name] for name in names)]
        yield [self.env._("All"), *(values["outcome_totals"][name] for name in names)]

    @api.model
    def _field_rows(self, values):
        yield [
            self.env._("Kind"),
            self.env._("Field"),
            self.env._("Filled in the source"),
            self.env._("Filled in Odoo"),
            self.env._("Rate"),
            *(values["verdict_labels"][verdict] for verdict in VERDICTS),
        ]
        for check in values["field_checks"]:
            yield [
                values["entity_labels"].get(check.entity, check.entity),
                check.field_name, check.source_filled, check.landed_filled,
                round(check.fill_rate, 4), *(check[verdict] for verdict in VERDICTS),
            ]  # fmt: skip

    @api.model
    def _difference_rows(self, project):
        yield [
            self.env._("Kind"),
            self.env._("ID in the source"),
            self.env._("Field"),
            self.env._("Source"),
            self.env._("Rule"),
            self.env._("Expected"),
            self.env._("Odoo"),
            self.env._("Verdict"),
            self.env._("Odoo model"),
            self.env._("Odoo ID"),
        ]
        labels, entities = self._get_verdict_labels(), words.get_entities(self.env)
        domain = [
            ("run_id", "=", self._get_last_run(project, "verify").id),
            ("kind", "in", ["value", "link"]),
            ("verdict", "!=", "equal"),
        ]
        for check in self._iterate("crm.migration.check", domain):
            yield [
                entities.get(check.entity, check.entity),
                check.source_key, check.field_name, check.source_value, check.rule, check.expected,
                check.actual, labels.get(check.verdict), check.model, check.res_id,
            ]  # fmt: skip

    @api.model
    def _issue_rows(self, project):
        yield [
            self.env._("Code"),
            self.env._("Issue"),
            self.env._("Severity"),
            self.env._("Status"),
            self.env._("Kind"),
            self.env._("ID in the source"),
            self.env._("File"),
            self.env._("Line"),
            self.env._("Column"),
            self.env._("Value"),
            self.env._("Message"),
            self.env._("What to do"),
        ]
        Issue = self.env["crm.migration.issue"]
        titles, severities, states = (
            dict(Issue._fields[name]._description_selection(self.env))
            for name in ("code", "severity", "state")
        )
        entities = words.get_entities(self.env)
        for issue in self._iterate(Issue._name, [("project_id", "=", project.id)]):
            yield [
                issue.code, titles[issue.code], severities[issue.severity], states[issue.state],
                entities.get(issue.entity, issue.entity),
                issue.source_key, issue.file_id.name, issue.line or "", issue.column, issue.value,
                issue.message, issue.advice,
            ]  # fmt: skip

    @api.model
    def _held_rows(self, project):
        yield [
            self.env._("Kind"),
            self.env._("ID in the source"),
            self.env._("Outcome"),
            self.env._("File"),
            self.env._("Line"),
            self.env._("Why"),
            self.env._("What to do"),
            self.env._("Row"),
        ]
        labels, entities = self._get_outcome_labels(), words.get_entities(self.env)
        domain = [("project_id", "=", project.id), ("state", "in", ["held", "failed"])]
        for record in self._iterate("crm.migration.record", domain):
            issues = record.issue_ids.filtered(lambda i: i.severity in ("hold", "error"))
            yield [
                entities.get(record.entity, record.entity),
                record.source_key, labels[record.state], record.file_id.name,
                record.line or "", "; ".join(dict.fromkeys(i.message for i in issues)),
                "; ".join(dict.fromkeys(i.advice for i in issues)),
                " | ".join(f"{name}: {value}" for name, value in (record.payload or {}).items()),
            ]  # fmt: skip

    @api.model
    def _inventory_rows(self, project):
        yield [
            self.env._("Kind"),
            self.env._("Name"),
            self.env._("Count"),
            self.env._("Detail"),
            self.env._("Nearest in Odoo"),
        ]
        for item in project.inventory_ids:
            kind = item.kind_label or item.kind
            yield [kind, item.name, item.count, item.detail, item.counterpart]

    @api.model
    def _iterate(self, model, domain):
        """Yield the records of a large table in the order of their IDs, a chunk in memory."""
        last_id = 0
        while True:
            records = self.env[model].search(
                [*domain, ("id", ">", last_id)], order="id", limit=CHUNK
            )
            if not records:
                return
            yield from records
            last_id = records[-1].id
            records.invalidate_recordset(flush=False)


class ReportCrmMigration(models.AbstractModel):
    """Values of the report on screen and on paper; Odoo finds it by the template's name."""

    _name = "report.crm_migration.crm_migration_report"
    _description = "Migration Report on Screen"

    @api.model
    def _get_report_values(self, docids, data=None):
        projects = self.env["crm.migration.project"].browse(docids)
        prepare = self.env["crm.migration.report"]._prepare_values
        return {
            "doc_ids": docids,
            "doc_model": projects._name,
            "docs": projects,
            "reports": [prepare(project) for project in projects],
        }
