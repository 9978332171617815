from pathlib import PurePosixPath

from odoo import api, models

from ..engine import proposing, reading
from ..engine.reading import payload

# Read as tables by their first bytes, whatever they are called.
MAYBE_TABLES = (*reading.SUFFIXES, "", ".json", ".xml", ".html", ".htm", ".ods", ".gz")


class CrmMigrationPayload(models.AbstractModel):
    """Files that go with an export: documents and pictures, in a folder or a ZIP beside the tables.

    They stay where they were uploaded until the list of attachments says whose they are.
    """

    _name = "crm.migration.payload"
    _description = "Files of an Export"

    # ------------------------------------------------------------- taking in

    @api.model
    def _list_members(self, attachment):
        """Return the members of an uploaded ZIP, else ``[None]``: the upload itself."""
        with self.env["crm.migration.file"]._local_path(attachment) as path:
            members = payload.list_members(path, attachment.name)
        return [None] if members is None else members

    @api.model
    def _is_payload(self, name):
        """Tell by its name whether a file cannot be a table."""
        return PurePosixPath(name).suffix.lower() not in MAYBE_TABLES

    @api.model
    def _take(self, project, attachment, member=None):
        """Return the file record of a document, made anew unless the same was uploaded before."""
        files = self.env["crm.migration.file"]
        with files._local_path(attachment) as path, payload.open_payload(path, member) as stream:
            (sha256, sha1), size = payload.digests(stream)
        values = {
            "project_id": project.id,
            "name": member or attachment.name,
            "attachment_id": attachment.id,
            "member": member,
            "checksum": sha256,
            "checksum_sha1": sha1,
            "size": size,
            "generation": project.generation,
            "sequence": 1000,
            "state": "payload",
        }
        known = files.search(
            [
                ("project_id", "=", project.id),
                ("state", "=", "payload"),
                ("name", "=", values["name"]),
                ("checksum", "=", sha256),
            ],
            limit=1,
        )
        return known or files.create(values)

    @api.model
    def _sort_out(self, project, files):
        """Keep as documents what the list of attachments names, or what no table can be read from.

        :return: the file records that are documents
        """
        documents = files.filtered(lambda file: file.state == "payload")
        listed, names = self._read_listed(project, files)
        entities = project._get_profile().entities
        takes_files = any(entity.target == "attachment" for entity in entities)
        for file in files - documents:
            spot = payload.place(file.name)
            named = spot in listed or (len(spot) > 1 or not file.entity) and spot[-1] in names
            unread = takes_files and len(spot) > 1 and not file.entity
            if named or unread:
                documents += self._turn(project, file)
        return documents

    @api.model
    def _turn(self, project, file):
        """Make a document of a file that was looked at as a table."""
        attachment, member = file.attachment_id, file.member or None
        self.env["crm.migration.issue"].search([("file_id", "=", file.id)]).unlink()
        file.unlink()
        return self._take(project, attachment, member)

    @api.model
    def _read_listed(self, project, files):
        """Return ({paths}, {file names}) that the lists of attachments name."""
        paths, profile = set(), project._get_profile()
        for file in files.filtered(lambda file: file.entity):
            entity = profile.entity(file.entity)
            if entity.target != "attachment":
                continue
            with file._open_table() as table:
                rows = [row for row in table.rows() if not row.footer]
            statistics = self.env["crm.migration.extractor"]._profile_columns(file.header, rows)
            rules = [one.rule for one in proposing.propose_map(entity, statistics)]
            columns = [rule.column for rule in rules if rule.field == "path"]
            columns = columns or [rule.column for rule in rules if rule.field == "name"]
            values = (row.values.get(column) for row in rows for column in columns)
            paths |= {payload.place(value) for value in values if value}
        return paths - {()}, {path[-1] for path in paths if path}

    @api.model
    def _drop_unused(self, project, attachments):
        """Remove uploads of which nothing is kept: the very same was uploaded before."""
        used = set(project.file_ids.attachment_id.ids)
        attachments.filtered(lambda one: one.id not in used).unlink()

    # ------------------------------------------------------------- giving out

    @api.model
    def _find(self, project, names):
        """Return {file name in small letters: [file records]} of documents, the newest first."""
        self.env.cr.execute(
            """SELECT id, spot FROM (
                   SELECT id, generation,
                          lower(normalize(regexp_replace(name, '^.*/', ''), NFC)) AS spot
                     FROM crm_migration_file WHERE project_id = %s AND state = 'payload') files
                WHERE spot = ANY(%s) ORDER BY generation DESC, id DESC""",
            [project.id, list(names)],
        )
        found = {}
        for file_id, name in self.env.cr.fetchall():
            found.setdefault(name, []).append(file_id)
        return {name: self.env["crm.migration.file"].browse(ids) for name, ids in found.items()}

    @api.model
    def _choose(self, files, path):
        """Return the documents that a path means: those under the same folders, else all so named.

        Of one path uploaded twice the newest counts.
        """
        spot = payload.place(path)
        newest = {}
        for file in files:
            newest.setdefault(payload.place(file.name), file)
        for depth in range(len(spot), 0, -1):
            same = [file for place, file in newest.items() if place[-depth:] == spot[-depth:]]
            if same:
                return self._join(same)
        return files.browse()

    @api.model
    def _join(self, files):
        """Return file records of different content: copies of one document are one."""
        contents = {}
        for file in files:
            contents.setdefault(file.checksum, file)
        return self.env["crm.migration.file"].union(*contents.values())

    @api.model
    def _read(self, file):
        """Return the bytes of a document."""
        with file._local_path(file.attachment_id) as path:
            with payload.open_payload(path, file.member or None) as stream:
                return stream.read()
