import shutil
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from odoo import api, models

from ..engine import fetching
from ..engine.exceptions import ConfigurationError, SourceError
from ..engine.reading import payload
from ..engine.types import Problem
from .uploads import store_upload
from .web import open_session

# Seconds of fetching per transaction, and rows looked at.
SLICE_SECONDS = 5
SLICE_ROWS = 200
# Files that are fetched at once.
PARALLEL = 4
MEGABYTE = 1 << 20


class CrmMigrationFetching(models.AbstractModel):
    """Documents that a list of attachments names by their web address (SP-29).

    They are fetched when the database is prepared, and kept like documents that were uploaded; the
    load takes them from there, so that no transaction waits for a server.
    """

    _name = "crm.migration.fetching"
    _description = "Fetching of Files"

    @api.model
    def _step(self, run, project):
        """Fetch some of the files that are not there yet; True while there are more."""
        cursor = run.cursor or {}
        if cursor.get("fetched") == "all":
            return False
        columns = self._get_columns(project)
        rows = self._read_rows(project, columns, cursor.get("fetched", 0)) if columns else []
        last_id = self._fetch_rows(run, project, rows)
        run.cursor = cursor | {"fetched": last_id or "all"}
        return bool(rows)

    @api.model
    def _get_columns(self, project):
        """Return {entity: column with the address} of the lists of attachments."""
        lines = project.line_ids.filtered(
            lambda line: (
                line.state == "confirmed"
                and line.mapping_id.target == "attachment"
                and line.target_field == "path"
            )
        )
        return {line.entity: line.column for line in lines.sorted("sequence", reverse=True)}

    @api.model
    def _read_rows(self, project, columns, after):
        """Return [(record, address)] of the next rows whose file is not there yet."""
        rows = []
        for entity, column in columns.items():
            self.env.cr.execute(
                """SELECT r.id, r.entity, r.source_key, r.file_id, r.line,
                          trim(r.payload ->> %(column)s) AS url
                     FROM crm_migration_record r
                    WHERE r.project_id = %(project)s AND r.entity = %(entity)s
                      AND r.state != 'skipped' AND r.id > %(after)s
                      AND r.payload ->> %(column)s ~* '^ *https?://'
                      AND NOT EXISTS (
                          SELECT 1 FROM crm_migration_file f
                           WHERE f.project_id = r.project_id AND f.state = 'payload'
                             AND f.url = trim(r.payload ->> %(column)s))
                    ORDER BY r.id LIMIT %(limit)s""",
                {
                    "project": project.id,
                    "entity": entity,
                    "column": column,
                    "after": after,
                    "limit": SLICE_ROWS,
                },
            )
            rows += self.env.cr.dictfetchall()
        return sorted(rows, key=lambda row: row["id"])[:SLICE_ROWS]

    @api.model
    def _fetch_rows(self, run, project, rows):
        """Fetch for some seconds; return the ID of the last row that was dealt with."""
        started, last_id, done = time.monotonic(), 0, {}
        fetcher = open_session(project)
        with ThreadPoolExecutor(PARALLEL) as pool:
            for first in range(0, len(rows), PARALLEL):
                group = rows[first : first + PARALLEL]
                self._fetch_group(run, project, group, fetcher, pool, done)
                last_id = group[-1]["id"]
                if time.monotonic() - started > SLICE_SECONDS:
                    break
        fetcher.close()
        return last_id

    @api.model
    def _fetch_group(self, run, project, rows, fetcher, pool, done):
        """Fetch the files of some rows at once; keep them, and tell what failed, one by one.

        :param done: {address: problem or None} of this slice
        """
        missing = [row for row in rows if not self._is_there(project, row["url"])]
        urls = list(dict.fromkeys(row["url"] for row in missing if row["url"] not in done))
        for url, (stream, outcome) in zip(
            urls, pool.map(lambda url: self._download(url, fetcher), urls), strict=True
        ):
            with stream:
                done[url] = self._keep(project, url, stream, outcome)
        for row in rows:
            self._forget_failure(row)
        problems = [(done[row["url"]], row) for row in missing if done[row["url"]]]
        self.env["crm.migration.issue"]._append(project, problems, run)

    @api.model
    def _download(self, url, fetcher):
        """Return (stream, what was fetched or the error). Runs in a thread: no database here."""
        stream = tempfile.TemporaryFile()  # noqa: SIM115 closed by the caller
        try:
            return stream, fetching.fetch(url, stream, fetcher=fetcher)
        except SourceError as error:
            return stream, error

    @api.model
    def _forget_failure(self, row):
        self.env["crm.migration.issue"].search(
            [("record_id", "=", row["id"]), ("code", "=", "fetch_failed"), ("state", "=", "open")]
        ).unlink()

    @api.model
    def _is_there(self, project, url):
        """Tell whether the file was uploaded with the export, or fetched before."""
        spot = payload.place(url)
        service = self.env["crm.migration.payload"]
        uploaded = service._find(project, spot[-1:]).get(spot[-1]) if spot else None
        uploaded = uploaded.filtered(lambda file: not file.url) if uploaded else None
        return bool(uploaded) or bool(self._find(project, [url]))

    @api.model
    def _keep(self, project, url, stream, fetched):
        """Keep a file with the project; return a problem, or None.

        Part of a file is no file: nothing of it is kept.
        """
        if isinstance(fetched, SourceError):
            detail = {"detail": fetched.parameters["detail"]}
            return Problem("fetch_failed", "path", value=fetching.mask(url), parameters=detail)
        stream.seek(0)
        (sha256, sha1), size = payload.digests(stream)
        stream.seek(0)
        name = fetched.name or (payload.place(url) or ("file",))[-1]
        attachment = (
            store_upload(project, name, stream)
            if size
            else self.env["ir.attachment"].create(
                {"name": name, "raw": b"", "res_model": project._name, "res_id": project.id}
            )
        )
        self.env["crm.migration.file"].create(
            {
                "project_id": project.id,
                "name": name,
                "url": url,
                "attachment_id": attachment.id,
                "checksum": sha256,
                "checksum_sha1": sha1,
                "size": size,
                "generation": project.generation,
                "sequence": 1000,
                "state": "payload",
            }
        )
        return None

    @api.model
    def _find(self, project, urls):
        """Return {address: file record} of what was fetched before."""
        files = self.env["crm.migration.file"].search(
            [
                ("project_id", "=", project.id),
                ("state", "=", "payload"),
                ("url", "in", [url.strip() for url in urls if fetching.is_url(url)]),
            ]
        )
        return {file.url: file for file in files}

    # ------------------------------------------------------------- room

    @api.model
    def _check_room(self, project):
        """Refuse to start while the file store has no room for the documents (SS-15).

        Documents of a ZIP are written a second time; equal content is stored once.

        :raises ConfigurationError: with the room that is needed and that is left
        """
        attachments = self.env["ir.attachment"]
        if attachments._storage() != "file":
            return
        self.env.flush_all()
        self.env.cr.execute(
            """SELECT COALESCE(sum(size), 0) FROM (
                   SELECT DISTINCT ON (checksum) size FROM crm_migration_file f
                    WHERE project_id = %s AND state = 'payload' AND member IS NOT NULL
                      AND NOT EXISTS (SELECT 1 FROM ir_attachment a
                                       WHERE a.checksum = f.checksum_sha1)) AS files""",
            [project.id],
        )
        (needed,) = self.env.cr.fetchone()
        folder = Path(attachments._filestore())
        while not folder.exists():  # Odoo makes it with the first file
            folder = folder.parent
        free = shutil.disk_usage(folder).free
        if needed > free:
            raise ConfigurationError(
                "disk_room", needed=-(-needed // MEGABYTE), free=free // MEGABYTE
            )
