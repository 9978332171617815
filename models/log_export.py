"""The log of a project as a file: every line, in its order, streamed.

The first columns are those of a line's fingerprint, unchanged, so that the file can be compared
with a dossier; then what a person reads.
"""

import csv
import io

import xlsxwriter

from odoo.exceptions import UserError
from odoo.tools import SQL

from ..engine.mending import guard
from .crm_migration_log import SEALED

# Lines read at a time.
LINES = 5000
# A workbook of more takes longer than a browser waits; the CSV has no limit.
WORKBOOK_LINES = 200_000
# What a cell of a workbook takes (Excel's limit).
CELL = 32_767
READABLE = ("by", "run", "file_kind", "source_id", "file", "line")


class LogExport:
    """
    :param project: the project, in an environment that may read it
    :param record: ``(model, ID)``: only the lines about it
    """

    def __init__(self, project, record=None):
        project.check_access("read")
        project.env["crm.migration.log"].check_access("read")
        self.project = project
        self.env = project.env
        self.record = record

    def write_csv(self, stream):
        """Write a CSV (UTF-8 with a mark, for spreadsheets) to a binary stream.

        Memory is bounded by the lines read at a time.
        """
        text = io.TextIOWrapper(stream, encoding="utf-8-sig", newline="")
        writer = csv.writer(text)
        writer.writerow([*SEALED, *READABLE])
        for row in self._read():
            writer.writerow([guard(cell) for cell in row])
        text.flush()
        text.detach()

    def write_workbook(self, stream):
        """Write an XLSX to a binary stream.

        :raises UserError: when there are more lines than a workbook should have
        """
        count = self._count()
        if count > WORKBOOK_LINES:
            raise UserError(
                self.env._(
                    "The log has %(count)s lines, too many for a workbook: take the CSV.",
                    count=count,
                )
            )
        options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
        with xlsxwriter.Workbook(stream, options) as workbook:
            sheet = workbook.add_worksheet(self.env._("Log")[:31])
            sheet.freeze_panes(1, 0)
            bold = workbook.add_format({"bold": True, "bottom": 1})
            sheet.write_row(0, 0, [*SEALED, *READABLE], bold)
            for number, row in enumerate(self._read(), 1):
                for column, cell in enumerate(row):
                    if cell:
                        sheet.write_string(number, column, guard(cell)[:CELL])

    def _condition(self):
        about = SQL()
        if self.record:
            about = SQL("AND l.model = %s AND l.res_id = %s", *self.record)
        return SQL("l.project_id = %s %s", self.project.id, about)

    def _count(self):
        self.env.cr.execute(
            SQL("SELECT count(*) FROM crm_migration_log l WHERE %s", self._condition())
        )
        return self.env.cr.fetchone()[0]

    def _read(self):
        """Yield the lines as texts, a few thousand in memory: one query, read through a cursor."""
        columns = SQL(", ").join(
            SQL("to_char(l.logged_at, 'YYYY-MM-DD HH24:MI:SS')")
            if name == "logged_at"
            else SQL("COALESCE(%s::text, '')", SQL.identifier("l", name))
            for name in SEALED
        )
        self.env.cr.execute(
            SQL(
                """DECLARE crm_migration_log_export NO SCROLL CURSOR FOR
                   SELECT %s, COALESCE(u.login, ''), COALESCE(run.kind, ''),
                          COALESCE(r.entity, ''), COALESCE(r.source_key, ''),
                          COALESCE(f.name, ''), COALESCE(r.line::text, '')
                     FROM crm_migration_log l
                     LEFT JOIN res_users u ON u.id = l.user_id
                     LEFT JOIN crm_migration_run run ON run.id = l.run_id
                     LEFT JOIN crm_migration_record r ON r.id = l.record_id
                     LEFT JOIN crm_migration_file f ON f.id = r.file_id
                    WHERE %s ORDER BY l.id""",
                columns,
                self._condition(),
            )
        )
        fetch = SQL("FETCH %s FROM crm_migration_log_export", LINES)
        self.env.cr.execute(fetch)
        while rows := self.env.cr.fetchall():
            yield from rows
            self.env.cr.execute(fetch)
        self.env.cr.execute("CLOSE crm_migration_log_export")
