"""Held and failed rows as CSV in the source's own columns plus the reason: to mend, and upload."""

import csv
import io
import zipfile
from pathlib import PurePosixPath

from ..engine import mending
from . import words

# Rows read at a time; there is no limit to how many are given out.
ROWS = 2000
# What keeps a row from Odoo; the other issues of a row are no reason.
SEVERITIES = ("hold", "error")


class HeldRows:
    def __init__(self, project):
        self.project = project
        self.env = project.env

    def pack(self, stream):
        """Write a ZIP with one CSV per file of the source to a binary stream.

        :return: how many rows were written
        """
        count = 0
        with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
            for file, columns in self._get_files():
                name = PurePosixPath(file.name or "rows").with_suffix("").as_posix()
                member = f"{name.replace('/', '_')}_{file.id or 0}_held.csv"
                with archive.open(member, "w") as raw:
                    # A mark at the start tells spreadsheets that it is UTF-8.
                    text = io.TextIOWrapper(raw, encoding="utf-8-sig", newline="")
                    count += self._write_rows(file, columns, text)
                    text.detach()
        return count

    def _get_files(self):
        """Return [(file, columns)] of the files that have such rows."""
        groups = self.env["crm.migration.record"]._read_group(self._get_domain(), ["file_id"])
        return [(file, [c for c in file._get_columns() if c not in mending.OURS])
                for (file,) in groups]  # fmt: skip

    def _get_domain(self):
        return [("project_id", "=", self.project.id), ("state", "in", ("held", "failed"))]

    def _write_rows(self, file, columns, text):
        writer, count, last_id = None, 0, 0
        records = self.env["crm.migration.record"]
        domain = [*self._get_domain(), ("file_id", "=", file.id)]
        while part := records.search([*domain, ("id", ">", last_id)], order="id", limit=ROWS):
            last_id = part[-1].id
            reasons = self._read_reasons(part)
            if writer is None:
                columns = columns or sorted({name for r in part for name in r.payload or {}})
                writer = csv.writer(text)
                writer.writerow([*columns, *mending.OURS])
            for record in part:
                cells = [mending.guard((record.payload or {}).get(name) or "") for name in columns]
                mark = mending.mark(record.entity, record.source_key)
                writer.writerow([*cells, mark, mending.guard(reasons.get(record.id, ""))])
            count += len(part)
            part.invalidate_recordset()
        text.flush()
        return count

    def _read_reasons(self, records):
        """Return {record ID: what was found and what to do, of everything that keeps it}."""
        issues = self.env["crm.migration.issue"].search(
            [
                ("record_id", "in", records.ids),
                ("severity", "in", SEVERITIES),
            ]
        )
        reasons = {}
        for issue in issues:
            about = issue.column or words.get_title(self.env, issue.code)
            text = f"{about}: {issue.message}. {issue.advice}"
            reasons.setdefault(issue.record_id.id, []).append(text.replace("..", "."))
        return {record_id: " | ".join(texts) for record_id, texts in reasons.items()}
