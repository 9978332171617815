import hashlib
import json

from odoo import api, fields, models
from odoo.tools import SQL

from .append_only import opened

# Rows purged per transaction, and uploads.
ROWS = 20_000
FILES = 200

# An ID of the source stays, it is on the record anyway; what names a person in its place does not.
KEY = """CASE WHEN source_key LIKE 'line %%' OR (position('@' in source_key) = 0 AND
                   regexp_replace(source_key, '#[0-9]+$', '') = (
                       SELECT trim(crm_migration_record.payload ->> f.key_column)
                         FROM crm_migration_file f WHERE f.id = file_id))
              THEN source_key
              ELSE 'sha256:' || left(encode(sha256(convert_to(source_key, 'UTF8')), 'hex'), 32)
         END"""

# Part -> (table, {column: SQL of what it becomes}, condition); in this order.
COPIES = {
    "rows": (
        "crm_migration_record",
        {
            "source_key": KEY, "payload": "NULL", "loaded_payload": "NULL",
            "previous_payload": "NULL", "match_name": "NULL", "match_email": "NULL",
            "sort_key": "NULL",
        },
        "payload IS NOT NULL OR loaded_payload IS NOT NULL OR previous_payload IS NOT NULL"
        " OR match_name IS NOT NULL OR match_email IS NOT NULL",
    ),
    "issues": (
        "crm_migration_issue",
        {"value": "NULL", "parameters": "NULL", "source_key": "NULL"},
        "value IS NOT NULL OR parameters IS NOT NULL OR source_key IS NOT NULL",
    ),
    "checks": (
        "crm_migration_check",
        {
            "source_key": "NULL", "record_name": "NULL", "source_value": "NULL",
            "expected": "NULL", "actual": "NULL",
        },
        "kind IN ('value', 'link') AND (source_key IS NOT NULL OR record_name IS NOT NULL"
        " OR source_value IS NOT NULL OR expected IS NOT NULL OR actual IS NOT NULL)",
    ),
    "duplicates": (
        "crm_migration_duplicate",
        {"source_key": "NULL", "name": "NULL", "value": "NULL", "other_name": "NULL"},
        "source_key IS NOT NULL OR name IS NOT NULL OR value IS NOT NULL"
        " OR other_name IS NOT NULL",
    ),
    "forecast": (
        "crm_migration_forecast",
        {"match_name": "NULL", "match_email": "NULL", "missing": "NULL", "sort_key": "NULL"},
        "match_name IS NOT NULL OR match_email IS NOT NULL OR missing IS NOT NULL"
        " OR sort_key IS NOT NULL",
    ),
    "samples": (
        "crm_migration_mapping_line",
        {"samples": "NULL", "choices": "NULL", "evidence": "NULL"},
        "samples IS NOT NULL OR choices IS NOT NULL OR evidence IS NOT NULL",
    ),
    "owners": (
        "crm_migration_mapping_value",
        {"source_value": "'#' || id", "email": "NULL", "display_text": "NULL"},
        "domain = 'owner' AND source_value != '#' || id",
    ),
    "previews": (
        "crm_migration_file",
        {
            "preview": "NULL", "counts": "NULL", "looks": "NULL", "url": "NULL",
            "name": "CASE WHEN state = 'payload' THEN 'document ' || id ELSE name END",
            "member": "CASE WHEN state = 'payload' THEN NULL ELSE member END",
        },
        "preview IS NOT NULL OR counts IS NOT NULL OR looks IS NOT NULL OR url IS NOT NULL"
        " OR (state = 'payload' AND name != 'document ' || id)",
    ),
    "pages": (
        "crm_migration_extract",
        {"keys": "NULL", "url": "NULL"},
        "keys IS NOT NULL OR url IS NOT NULL",
    ),
    "inventory": ("crm_migration_inventory", {"payload": "NULL"}, "payload IS NOT NULL"),
    "errors": (
        "crm_migration_run",
        {"error": "NULL", "cursor": "NULL"},
        "(error IS NOT NULL OR cursor IS NOT NULL) AND state IN ('done', 'failed', 'cancelled')",
    ),
}  # fmt: skip
LOG = {
    "log": (
        "crm_migration_log",
        {"before": "NULL", "after": "NULL", "filled": "NULL"},
        "before IS NOT NULL OR after IS NOT NULL OR filled IS NOT NULL",
    ),
}
UPLOADS = "uploads"


class CrmMigrationPurger(models.AbstractModel):
    """Takes the copies of personal data out: of the source first, of the log at the closing.

    What stays says what was done, by whom and by which rule, not what a person's record held.
    """

    _name = "crm.migration.purger"
    _description = "Purge"

    @api.model
    def _step(self, run):
        """Purge the next rows; True while there is more. Ends with the receipt.

        Steps: freeze the project (once), part after part, chunk after chunk, the receipt.
        """
        project = run.project_id
        if not run.cursor:
            self._begin(run, project)
        cursor = dict(run.cursor)
        part = next((name for name in cursor["todo"]), None)
        if part is None:
            self._finish(run, project, cursor)
            return False
        sums = cursor["parts"].setdefault(part, {"rows": 0, "bytes": 0, "digest": "", "last": 0})
        purge = self._purge_uploads if part == UPLOADS else self._purge_rows
        if not purge(project, part, sums):
            cursor["todo"] = cursor["todo"][1:]
        run.cursor = cursor
        run.processed = sum(one["rows"] for one in cursor["parts"].values())
        return True

    @api.model
    def _begin(self, run, project):
        """Freeze the project from now on: half purged, it must not load."""
        todo = [] if project.purged_at and not self._has_copies(project) else [*COPIES, UPLOADS]
        values = {"purged_at": project.purged_at or fields.Datetime.now()}
        seals = {}
        if run.parameters["what"] == "log":
            todo += LOG
            seals = self._compare_seals(project)
            values |= {
                "state": "closed",
                "closed_at": fields.Datetime.now(),
                "closed_by_id": self.env.uid,
            }
        map_hash = project._get_signed_map_hash()
        stopped = {"rest_schedule": False, "resume_held": False, "resumable_count": 0}
        project.write(values | stopped)
        project.connection_id.trial_html = False  # the records that the trial showed
        run.total = sum(one["rows"] for one in self._count(project, todo).values())
        run.cursor = {"todo": todo, "parts": {}, "seals": seals, "map_hash": map_hash}

    @api.model
    def _compare_seals(self, project):
        """Return {run ID: whether its log is as it was when the run ended}, before it is purged."""
        now = self.env["crm.migration.log"]._get_digests(project)
        return {
            run.id: now.get(run.id, {}).get("digest") == run.log_digest
            for run in project.run_ids
            if run.log_digest
        }

    @api.model
    def _has_copies(self, project):
        return any(one["rows"] for one in self._count(project, [*COPIES, UPLOADS]).values())

    # ------------------------------------------------------------- parts

    @api.model
    def _count(self, project, parts):
        """Return {part: {rows}} of what is there to purge; for the preview too."""
        self.env.flush_all()
        result = {}
        for part in parts:
            if part == UPLOADS:
                result[part] = {"rows": len(self._find_uploads(project))}
                continue
            table, __, condition = (COPIES | LOG)[part]
            self.env.cr.execute(
                SQL(
                    "SELECT count(*) FROM %s WHERE project_id = %s AND (%s)",
                    SQL.identifier(table), project.id, SQL(condition),
                )
            )  # fmt: skip
            result[part] = {"rows": self.env.cr.fetchone()[0]}
        return result

    @api.model
    def _purge_rows(self, project, part, sums):
        """Purge the next rows of a table; return whether there were any.

        :param sums: rows, bytes and fingerprint so far; added to
        """
        table, columns, condition = (COPIES | LOG)[part]
        self.env.flush_all()
        content = SQL(
            "jsonb_build_array(id, %s)::text",
            SQL(", ").join(SQL.identifier(name) for name in columns),
        )
        about = SQL(
            "project_id = %s AND id > %s AND (%s)", project.id, sums["last"], SQL(condition)
        )
        self.env.cr.execute(
            SQL(
                """SELECT count(*), max(id), COALESCE(sum(octet_length(content)), 0),
                          encode(sha256(string_agg(sha256(convert_to(content, 'UTF8')),
                                                   ''::bytea ORDER BY id)), 'hex')
                     FROM (SELECT id, %s AS content FROM %s WHERE %s ORDER BY id LIMIT %s) chunk""",
                content, SQL.identifier(table), about, ROWS,
            )
        )  # fmt: skip
        count, last, size, digest = self.env.cr.fetchone()
        if not count:
            return False
        values = SQL(", ").join(
            SQL("%s = %s", SQL.identifier(name), SQL(value)) for name, value in columns.items()
        )
        with opened(self.env.cr):
            self.env.cr.execute(
                SQL(
                    "UPDATE %s SET %s WHERE %s AND id <= %s",
                    SQL.identifier(table), values, about, last,
                )
            )  # fmt: skip
        self.env.invalidate_all()
        self._add(sums, count, int(size), digest)
        sums["last"] = last
        return True

    @api.model
    def _find_uploads(self, project):
        """Return the uploads of the project, the pages of its extractions, its documents."""
        files = self.env["crm.migration.file"].search([("project_id", "=", project.id)])
        pages = self.env["crm.migration.extract"].search([("project_id", "=", project.id)])
        uploads = self.env["ir.attachment"].search(
            [("res_model", "=", project._name), ("res_id", "=", project.id)]
        )
        return uploads | files.attachment_id | pages.attachment_id

    @api.model
    def _purge_uploads(self, project, part, sums):
        """Delete the next uploads; their bytes leave the disk with Odoo's next cleaning."""
        uploads = self._find_uploads(project).sorted("id")[:FILES]
        if not uploads:
            return False
        told = [[one.id, one.checksum, one.file_size] for one in uploads]
        size = sum(one.file_size for one in uploads)
        for model in ("file", "extract"):
            self.env[f"crm.migration.{model}"].search(
                [("project_id", "=", project.id), ("attachment_id", "in", uploads.ids)]
            ).attachment_id = False
        self.env.flush_all()
        uploads.unlink()
        self._add(sums, len(told), size, hashlib.sha256(json.dumps(told).encode()).hexdigest())
        return True

    @api.model
    def _add(self, sums, rows, size, digest):
        sums["rows"] += rows
        sums["bytes"] += size
        sums["digest"] = hashlib.sha256(f"{sums['digest']}{digest}".encode()).hexdigest()

    @api.model
    def _finish(self, run, project, cursor):
        """Write the receipt, and forget what wizards still show."""
        parts = {
            name: {key: sums[key] for key in ("rows", "bytes", "digest")}
            for name, sums in cursor["parts"].items()
        }
        for model in ("rollback.spared", "rollback"):
            self.env[f"crm.migration.project.{model}"].search([]).unlink()
        detail = {"parts": parts, "run": run.id}
        detail |= {name: cursor[name] for name in ("seals", "map_hash")}
        text = json.dumps(detail, sort_keys=True)
        self.env["crm.migration.receipt"]._append(
            project,
            run.parameters["what"],
            hashlib.sha256(text.encode()).hexdigest(),
            rows=sum(one["rows"] for one in parts.values()),
            size=sum(one["bytes"] for one in parts.values()),
            detail=detail,
        )
        run.total = run.processed
        run.cursor = False
