import tempfile
from contextlib import contextmanager
from pathlib import Path

from odoo import api, fields, models
from odoo.exceptions import AccessError

from ..engine import reading
from ..engine.exceptions import SourceError
from . import words

# What a user may set: the rest says which bytes are read, with the rights of the migration.
EDITABLE = {"entity", "key_column", "expected_rows", "overrides", "state", "sequence", "name"}


class CrmMigrationFile(models.Model):
    _name = "crm.migration.file"
    _description = "Source File"
    _order = "project_id, sequence, id"

    project_id = fields.Many2one(
        "crm.migration.project", required=True, index=True, ondelete="cascade"
    )
    sequence = fields.Integer(default=10)
    name = fields.Char(required=True, help="File name; with the sheet or the member of a ZIP.")
    attachment_id = fields.Many2one("ir.attachment", ondelete="restrict")
    table_name = fields.Char(help="Which table of the attachment: sheet name, if it has several.")
    member = fields.Char(help="Path inside the uploaded ZIP.")
    checksum = fields.Char(help="SHA-256 of the uploaded bytes.")
    checksum_sha1 = fields.Char(
        index="btree_not_null", help="As Odoo keeps it; of files that go with the export."
    )
    size = fields.Integer(string="Size (bytes)")
    file_format = fields.Char(string="Format")
    encoding = fields.Char()
    encoding_confidence = fields.Float(digits=(3, 2))
    delimiter = fields.Char()
    header_row = fields.Integer(aggregator=None, help="Line of the header, counted from 1.")
    header = fields.Json()
    preview = fields.Json(help="The first rows, as read.")
    preview_html = fields.Html(compute="_compute_preview_html", string="First Rows")
    entity = fields.Selection(
        words.select_entity, string="Holds", help="What the rows are: companies, contacts, deals …"
    )
    entity_choices = fields.Json(compute="_compute_entity_choices")
    entity_score = fields.Float(string="Recognition", digits=(3, 2))
    entity_reason = fields.Char(string="Recognised By")
    key_column = fields.Char(help="Column with the source's own ID of the record.")
    natural_columns = fields.Json(help="Columns that tell rows without an ID apart.")
    name_columns = fields.Json(help="Columns that name a row without an ID, best first.")
    state = fields.Selection(
        [
            ("new", "To read"),
            ("staged", "Read"),
            ("payload", "Goes with the export"),
            ("superseded", "Superseded by a newer export"),
            ("ignored", "Ignored"),
        ],
        default="new",
        required=True,
    )
    rows = fields.Integer(string="Rows Read", readonly=True)
    generation = fields.Integer(help="Export it belongs to; a delta begins a new one.")
    expected_rows = fields.Integer(
        help="What the source's own screen says; compared with the rows read. 0: not given."
    )
    overrides = fields.Json(help="Encoding, delimiter and header row set by hand.")
    issue_ids = fields.One2many("crm.migration.issue", "file_id")

    @api.depends("preview", "header")
    def _compute_preview_html(self):
        for file in self:
            file.preview_html = self.env["ir.qweb"]._render(
                "crm_migration.file_preview",
                {"header": file.header or [], "rows": file.preview or []},
            )

    @api.depends("project_id.profile")
    def _compute_entity_choices(self):
        """What the source product has; the field's own list has the records of all products."""
        for file in self:
            profile = file.project_id.profile and file.project_id._get_profile()
            file.entity_choices = [entity.code for entity in profile.entities] if profile else []

    def write(self, vals):
        """People say what a file holds; what was read of it is written by the migration."""
        if not self.env.su and vals.keys() - EDITABLE:
            raise AccessError(
                self.env._(
                    "Of a file only these can be changed: %(fields)s.",
                    fields=", ".join(sorted(EDITABLE)),
                )
            )
        return super().write(vals)

    @contextmanager
    def _open_table(self):
        """Yield the table of the file, ready to be read row by row.

        :raises SourceError: when the upload is gone or does not hold the table any more
        """
        self.ensure_one()
        with self._local_path(self.attachment_id) as path:
            for table in reading.tables(
                path,
                name=self.attachment_id.name,
                overrides=self.overrides or {},
                member=self.member or None,
            ):
                if table.name == self.table_name:
                    yield table
                    return
            raise SourceError("file_unreadable", file=self.name, detail="table not found")

    @api.model
    @contextmanager
    def _local_path(self, attachment):
        """Yield a path to the bytes of an attachment: the filestore's own, or a temporary copy."""
        attachment = attachment.sudo()
        if attachment.store_fname:
            yield Path(attachment._full_path(attachment.store_fname))
            return
        with tempfile.NamedTemporaryFile() as copy:
            copy.write(attachment.raw or b"")
            copy.flush()
            yield Path(copy.name)
