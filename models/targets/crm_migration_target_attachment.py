import mimetypes

from odoo import api, models

from ...engine import fetching
from ...engine.reading import payload
from ..damage import Damage
from ..snapshots import read_checksums
from .crm_migration_target_history import COMMON

# What a source calls a checksum, told by its length.
CHECKSUMS = {32: "md5", 40: "sha1", 64: "sha256"}


class CrmMigrationTargetAttachment(models.AbstractModel):
    """Documents of the export, attached to the record they belong to; never public (SS-16)."""

    _name = "crm.migration.target.attachment"
    _inherit = "crm.migration.target.history"
    _description = "Target: Attachment"
    _model = "ir.attachment"
    _watched = ("public", "type", "url", "res_field")
    _used = (*COMMON, "name", "mimetype", "path", "description", "checksum")
    _orphan = "attachment_orphan"
    _unlinked = "attachment_orphan"

    @api.model
    def _prepare(self, items, resolver):
        names = {payload.place(self._get_path(item))[-1:] for item in items} - {()}
        found = self.env["crm.migration.payload"]._find(
            resolver.project, [name for (name,) in names]
        )
        urls = self.env["crm.migration.fetching"]._find(
            resolver.project, [self._get_path(item) for item in items]
        )
        failed = self._read_failures(items)
        for item in items:
            item.extra |= {"found": found, "fetched": urls, "failed": failed}
        return super()._prepare(items, resolver)

    @api.model
    def _read_failures(self, items):
        """Return {record ID: why its file could not be fetched}."""
        issues = self.env["crm.migration.issue"].search(
            [
                ("code", "=", "fetch_failed"),
                ("record_id", "in", [item.record["id"] for item in items]),
                ("state", "=", "open"),
            ]
        )
        return {issue.record_id.id: issue.parameters["detail"] for issue in issues}

    @api.model
    def _get_path(self, item):
        values = item.mapped.values
        return values.get("path") or values.get("name") or ""

    @api.model
    def _get_values(self, item, resolver):
        mapped = item.mapped.values
        parent = self._find_parent(item, resolver)
        file = self._find_file(item, item.extra.pop("found"))
        item.extra["file_id"] = file.id
        path = payload.place(self._get_path(item))
        name = mapped.get("name") or (path[-1] if path else item.key)
        return {
            "name": name,
            "mimetype": self._get_mimetype(item, name),
            "res_model": parent.model if parent else False,
            "res_id": parent.res_id if parent else False,
            "public": False,
            "checksum": file.checksum_sha1 or False,
            "description": mapped.get("description") or False,
            "x_source_created_at": mapped.get("x_source_created_at") or False,
        }

    @api.model
    def _get_mimetype(self, item, name):
        """Return the content type: the source's, else the usual one of the name."""
        told = item.mapped.values.get("mimetype") or ""
        if "/" in told:
            return told.strip().lower()
        item.keep_sources(["mimetype"])
        return mimetypes.guess_type(name)[0] or "application/octet-stream"

    @api.model
    def _find_file(self, item, found):
        """Return the one document that the row means, or nothing after telling why."""
        path = self._get_path(item)
        spot = payload.place(path)
        files = found.get(spot[-1]) if spot else None
        service = self.env["crm.migration.payload"]
        chosen = item.extra.pop("fetched").get(path.strip(), self.env["crm.migration.file"])
        failed = item.extra.pop("failed").get(item.record["id"])
        if not chosen and files:
            chosen = service._choose(files, path)
        if not chosen and failed:
            item.tell("fetch_failed", "", fetching.mask(path), "path", detail=failed)
        elif not chosen:
            item.tell("attachment_file_missing", "", path or item.key, "path")
        elif len(chosen) > 1:
            item.tell("attachment_file_ambiguous", "", path, "path", count=len(chosen))
        elif self._is_other(item, chosen):
            return chosen.browse()
        return chosen if len(chosen) == 1 else chosen.browse()

    @api.model
    def _is_other(self, item, file):
        """Tell whether the bytes are not those that the list has the checksum of."""
        told = (item.mapped.values.get("checksum") or "").strip().lower()
        kind = CHECKSUMS.get(len(told))
        if not kind:
            return False
        with file._local_path(file.attachment_id) as path:
            with payload.open_payload(path, file.member or None) as stream:
                (digest,), __ = payload.digests(stream, (kind,))
        if digest != told:
            item.tell("attachment_checksum", "", told, "checksum", found=digest)
        return digest != told

    # ------------------------------------------------------------- write

    @api.model
    def _create(self, items, resolver):
        """Create one by one: a batch of documents would not fit into memory.

        Odoo would make large pictures smaller; the bytes have to stay (SP-29).
        """
        attachments = self.env[self._model].with_context(image_no_postprocess=True)
        service = self.env["crm.migration.payload"]
        for item in items:
            file = self.env["crm.migration.file"].browse(item.extra["file_id"])
            values = self._to_orm(item.values | {"raw": service._read(file)})
            item.res_id = attachments.create(values).id
            item.outcome = "created"

    @api.model
    def _write(self, records, values):
        """Write new bytes where the document was replaced in the source."""
        if values.get("checksum"):
            file = self.env["crm.migration.file"].search(
                [("checksum_sha1", "=", values["checksum"]), ("state", "=", "payload")], limit=1
            )
            if file:
                raw = self.env["crm.migration.payload"]._read(file)
                records.with_context(image_no_postprocess=True).write({"raw": raw})
        return super()._write(records, {k: v for k, v in values.items() if k != "checksum"})

    @api.model
    def _find_damage(self, items):
        """Compare the bytes that are really there: the column with their checksum may lie."""
        files = self.env[self._model].browse([item.record["res_id"] for item in items]).exists()
        sums = read_checksums(files)
        damage = Damage(self.env["crm.migration.project"])
        return [
            damage._tell(item, "raw", item.values["checksum"], sums[item.record["res_id"]])
            for item in items
            if item.record["res_id"] in sums
            and item.values.get("checksum")
            and sums[item.record["res_id"]] != item.values["checksum"]
        ]
