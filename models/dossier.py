"""The dossier of a migration: one ZIP with what was read, mapped, approved, written and proved.

It holds counts, rules, names of those who decided, and fingerprints; no values of people's records.
The same database gives the same bytes. ``dev/verify_dossier.py`` verifies it without Odoo.
"""

import hashlib
import json
import zipfile

from odoo import release
from odoo.tools import SQL

from .crm_migration_project import POLICIES
from .crm_migration_record import OUTCOMES
from .outlook import Outlook

FORMAT = "crm_migration dossier 1"
MANIFEST = "MANIFEST.json"
# The oldest time that a ZIP knows: the same bytes whenever it is made.
EPOCH = (1980, 1, 1, 0, 0, 0)
# Differences written at a time.
ROWS = 5000
# The product's own tool, named where a person looks for it.
README = """This is the dossier of a migration into Odoo: what was read, how it was mapped, who
approved what and when, what was written (counts and fingerprints), what the proof found.

MANIFEST.json has the SHA-256 of every other member; its own SHA-256 is the fingerprint of the
dossier. Note that apart from this file (on paper, in a mail to who signs): it is what tells this
dossier from one that was made anew later.

To verify it, with Python and without Odoo:

    python3 dev/verify_dossier.py THIS.zip [EXPORT FILES] [--log LOG.csv] [--fingerprint HEX]

Fingerprints of the log: each line is SHA-256 over id, run_id, model, res_id, action, before, after,
undoes_id, user_id, logged_at, as text, with the character 1F between them; a run's is SHA-256 over
the fingerprints of its lines, in the order of their IDs.

Nobody's name, address or text from the old CRM is in here; the names of those who decided are.
"""


class Dossier:
    def __init__(self, project):
        project.check_access("read")
        # The language of who is responsible, whoever asks: the same bytes for everybody.
        user = project.user_id.sudo() or project.create_uid.sudo()
        self.asking = project.env
        self.project = project.sudo().with_context(
            lang=user.lang or "en_US", tz=user.tz or "UTC", active_test=False
        )
        self.env = self.project.env
        self.members = []

    def save(self, stream):
        """Write the ZIP to a binary stream, and note that it was made.

        :return: the fingerprint: the SHA-256 of its manifest
        """
        self.env.flush_all()
        with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
            for name, content in self._get_parts():
                self._add(archive, name, content)
            self._add(archive, "differences.jsonl", self._get_differences())
            manifest = self._dump(
                {"format": FORMAT, "project": self.project.name, "members": self.members}
            )
            self._add(archive, MANIFEST, [manifest])
        fingerprint = hashlib.sha256(manifest).hexdigest()
        receipts = self.asking["crm.migration.receipt"]
        receipts._append(self.project, "dossier", fingerprint, size=stream.tell())
        return fingerprint

    def _add(self, archive, name, chunks):
        info = zipfile.ZipInfo(name, EPOCH)
        info.compress_type, info.create_system = zipfile.ZIP_DEFLATED, 3
        info.external_attr = 0o644 << 16
        digest, size = hashlib.sha256(), 0
        with archive.open(info, "w", force_zip64=True) as member:
            for chunk in chunks:
                digest.update(chunk)
                size += len(chunk)
                member.write(chunk)
        self.members.append({"name": name, "sha256": digest.hexdigest(), "size": size})

    def _dump(self, content):
        text = json.dumps(content, indent=1, sort_keys=True, ensure_ascii=False, default=str)
        return f"{text}\n".encode()

    def _get_parts(self):
        """Yield (name, chunks) of the members, in alphabetical order."""
        project = self.project
        report = self.env["crm.migration.report"]
        values = report._prepare_values(project) | {"printed_at": self._get_last_event()}
        html = self.env["ir.qweb"]._render("crm_migration.crm_migration_report_page", values)
        parts = {
            "approvals.json": self._get_approvals(),
            "checks.json": self._get_checks(),
            "decisions.json": self._get_decisions(),
            "estimate.json": self._get_estimate(),
            "forecast.json": Outlook(project).get_report(),
            "inputs.json": self._get_inputs(),
            "inventory.json": self._get_inventory(),
            "log.json": self._get_log(),
            "map.json": self._get_map(),
            "project.json": self._get_project(),
            "receipts.json": self._get_receipts(),
            "records.json": self._get_records(),
            "runs.json": self._get_runs(),
        }
        yield "README.txt", [README.encode()]
        for name, content in parts.items():
            yield name, [self._dump(content)]
        yield "report.html", [f"<!DOCTYPE html>\n{html}".encode()]

    def _get_last_event(self):
        """Return when something last happened: what the report is dated."""
        project = self.project
        times = [
            *project.run_ids.mapped("ended_at"),
            *project.approval_ids.mapped("approved_at"),
            *project.receipt_ids.filtered(lambda r: r.kind != "dossier").mapped("issued_at"),
            project.create_date,
        ]
        return max(filter(None, times))

    def _who(self, user):
        return user.login or None

    # ------------------------------------------------------------- what was done

    def _get_project(self):
        project = self.project
        parameters = self.env["ir.config_parameter"]
        return {
            "name": project.name,
            "profile": project.profile,
            "source": project._get_profile().name,
            "source_system": project.source_system,
            "company": project.company_id.name,
            "responsible": self._who(project.user_id),
            "state": project.state,
            "generation": project.generation,
            "created_at": project.create_date,
            "purged_at": project.purged_at or None,
            "closed_at": project.closed_at or None,
            "closed_by": self._who(project.closed_by_id),
            "policies": {name: self._get_policy(name) for name in POLICIES},
            "apps": {line.use: line.choice for line in project.readiness_ids},
            "database": parameters.get_param("database.uuid"),
            "odoo": release.version,
            "addon": self.env["ir.module.module"]
            .search([("name", "=", "crm_migration")])
            .installed_version,
        }

    def _get_policy(self, name):
        value = self.project[name]
        if self.project._fields[name].type != "many2one":
            return value
        return self._who(value) if value._name == "res.users" else value.name or None

    def _get_inputs(self):
        """Return the files and pages that were read; documents without their names."""
        files = self.env["crm.migration.file"].search(
            [("project_id", "=", self.project.id)], order="id"
        )
        pages = self.env["crm.migration.extract"].search(
            [("project_id", "=", self.project.id)], order="id"
        )
        names = (
            "file_format", "encoding", "delimiter", "header_row", "header", "entity",
            "key_column", "rows", "expected_rows", "generation", "size", "state", "table_name",
        )  # fmt: skip
        return {
            "files": [
                {name: file[name] or None for name in names}
                | {
                    "name": file.name if file.state != "payload" else None,
                    "sha256": file.checksum or None,
                }
                for file in files
            ],
            "pages": [
                {
                    "list": page.endpoint,
                    "page": page.page,
                    "pass": page.pass_number,
                    "count": page.count,
                    "total": page.total,
                    "received_at": page.received_at,
                    "sha1": page.attachment_id.checksum or None,
                }
                for page in pages
            ],
        }

    def _get_map(self):
        """Return the map; of owners, who are people, only the users that they became."""
        project = self.project
        return {
            "hash": project._get_signed_map_hash(),
            "columns": [
                {
                    "entity": line.entity,
                    "target": line.mapping_id.target,
                    "column": line.column,
                    "state": line.state,
                    "field": line.target_field or None,
                    "transform": line.transform,
                    "reference": line.reference or None,
                    "options": line.options or {},
                    "new_label": line.new_label or None,
                    "new_type": line.new_type or None,
                    "score": line.score,
                    "reason": line.reason or None,
                    "by": self._who(line.decided_by_id),
                    "at": line.decided_at or None,
                }
                for line in project.line_ids.sorted("id")
            ],
            "values": [
                {
                    "domain": value.domain,
                    "group": value.group or None,
                    "source": f"#{value.id}" if value.domain == "owner" else value.source_value,
                    "value": value.target_value or None if value.domain != "owner" else None,
                    "user": self._who(value.user_id),
                    "stage": value.stage_id.name or None,
                    "won": value.is_won,
                    "lost": value.is_lost,
                    "probability": value.probability,
                    "rows": value.count,
                    "state": value.state,
                    "by": self._who(value.decided_by_id),
                }
                for value in project.value_ids.sorted("id")
            ],
        }

    def _get_approvals(self):
        return [
            {
                "kind": one.kind,
                "by": self._who(one.user_id),
                "at": one.approved_at,
                "hash": one.approved_hash,
                "voided_at": one.voided_at or None,
            }
            for one in self.project.approval_ids.sorted("id")
        ]

    def _get_receipts(self):
        return [
            {
                "kind": one.kind,
                "by": self._who(one.user_id),
                "at": one.issued_at,
                "rows": one.rows,
                "bytes": int(one.size),
                "digest": one.digest,
                "detail": one.detail,
            }
            for one in self.project.receipt_ids.sorted("id")
            if one.kind != "dossier"
        ]

    def _get_decisions(self):
        """Return how many questions there were, and how they were settled."""
        issues = self.env["crm.migration.issue"]._read_group(
            [("project_id", "=", self.project.id)],
            ["code", "severity", "state"],
            ["__count"],
            order="code, severity, state",
        )
        doubles = self.env["crm.migration.duplicate"]._read_group(
            [("project_id", "=", self.project.id)], ["rule", "decision", "user_id"], ["__count"]
        )
        return {
            "issues": [
                {"code": code, "severity": severity, "state": state, "count": count}
                for code, severity, state, count in issues
            ],
            "duplicates": sorted(
                (
                    {
                        "rule": rule,
                        "decision": decision or None,
                        "by": self._who(user),
                        "count": count,
                    }
                    for rule, decision, user, count in doubles
                ),
                key=str,
            ),
            "roles": [
                {
                    "role": role.name,
                    "group": role.group_id.full_name or None,
                    "state": role.state,
                    "by": self._who(role.user_id),
                    "at": role.given_at or None,
                }
                for role in self.project.role_ids.sorted("id")
            ],
        }

    def _get_estimate(self):
        """Return what was told before the load, and of which known traps there was something."""
        project = self.project.with_context(lang="en_US")
        return {
            "compatibility": project.compatibility or None,
            "complexity": project.grade or None,
            "traps": {line.code: line.found for line in project.gotcha_ids.sorted("code")},
        }

    def _get_inventory(self):
        return [
            {
                "kind": one.kind,
                "name": one.name,
                "count": one.count,
                "counterpart": one.counterpart or None,
                "done": one.is_done,
            }
            for one in self.project.inventory_ids.sorted("id")
        ]

    # ------------------------------------------------------------- what became of it

    def _get_runs(self):
        return [
            {
                "id": run.id,
                "kind": run.kind,
                "state": run.state,
                "by": self._who(run.user_id),
                "started_at": run.started_at or None,
                "ended_at": run.ended_at or None,
                "records": run.processed,
                "counters": run.counters or {},
                "parameters": run.parameters or {},
                "log_lines": run.log_lines,
            }
            for run in self.project.run_ids.sorted("id")
        ]

    def _get_log(self):
        """Return the fingerprints of the log as it is, and as it was when each run ended."""
        now = self.env["crm.migration.log"]._get_digests(self.project)
        runs = self.env["crm.migration.run"].browse(sorted(now))
        return {
            "lines": sum(one["lines"] for one in now.values()),
            "runs": [
                {
                    "run": run.id,
                    "lines": now[run.id]["lines"],
                    "digest": now[run.id]["digest"],
                    "without_values": now[run.id]["digest_without_values"],
                    "sealed": {
                        "lines": run.log_lines,
                        "digest": run.log_digest or None,
                        "without_values": run.log_digest_without_values or None,
                    },
                }
                for run in runs
            ],
        }

    def _get_records(self):
        """Return the outcomes per kind, with one fingerprint of what became of all their rows."""
        self.env.cr.execute(
            SQL(
                """SELECT entity, encode(sha256(string_agg(sha256(convert_to(concat_ws(
                              E'\\x1f', id, line, row_hash, state, model, res_id), 'UTF8')),
                          ''::bytea ORDER BY id)), 'hex')
                     FROM crm_migration_record WHERE project_id = %s GROUP BY entity""",
                self.project.id,
            )
        )
        digests = dict(self.env.cr.fetchall())
        known = {"read", "staged", "gone", *OUTCOMES}
        return {
            "entities": {
                entity: {
                    "outcomes": {name: n for name, n in counts.items() if name in known},
                    "digest": digests[entity],
                }
                for entity, counts in self.project._get_outcomes().items()
            }
        }

    def _get_last_proof(self):
        runs = self.project.run_ids.filtered(lambda r: r.kind == "verify" and r.state == "done")
        return runs.sorted("id")[-1:]

    def _get_checks(self):
        """Return the verdicts of the last proof: of all, per kind, per field."""
        run = self._get_last_proof()
        sums = self.env["crm.migration.check"].search(
            [("run_id", "=", run.id), ("kind", "in", ("entity", "field"))],
            order="kind, entity, field_name, id",
        )
        names = ("equal", "explained", "different", "missing", "source_filled", "landed_filled")
        return {
            "run": run.id or None,
            "at": run.ended_at or None,
            "verdicts": (run.counters or {}).get("checks", {}),
            "edited": (run.counters or {}).get("edited", 0),
            "sums": [
                {"kind": one.kind, "entity": one.entity, "field": one.field_name or None}
                | {name: one[name] for name in names}
                for one in sums
            ],
        }

    def _get_differences(self):
        """Yield one line per value of the last proof that is not equal: where, why, by whom."""
        run, last_id = self._get_last_proof(), 0
        checks = self.env["crm.migration.check"]
        domain = [("run_id", "=", run.id), ("kind", "in", ("value", "link"))]
        while part := checks.search([*domain, ("id", ">", last_id)], order="id", limit=ROWS):
            last_id = part[-1].id
            for one in part:
                line = {
                    "entity": one.entity,
                    "record": one.record_id.id or None,
                    "model": one.model,
                    "res_id": one.res_id,
                    "field": one.field_name,
                    "verdict": one.verdict,
                    "rule": one.rule or None,
                    "edited_by": self._who(one.edited_by_id),
                    "edited_at": one.edited_at or None,
                }
                yield json.dumps(line, sort_keys=True, default=str).encode() + b"\n"
            part.invalidate_recordset(flush=False)
