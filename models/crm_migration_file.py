import tempfile
from contextlib import contextmanager
from itertools import islice
from pathlib import Path

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError

from ..engine import reading
from ..engine.exceptions import SourceError
from ..engine.issues import CATALOGUE
from . import words

# What a user may set: the rest says which bytes are read, with the rights of the migration.
READING = ("encoding", "delimiter", "header_row")
EDITABLE = {
    *READING,
    "entity",
    "key_column",
    "expected_rows",
    "overrides",
    "state",
    "sequence",
    "name",
}

# Rows that are looked at, and shown.
HEAD_ROWS = 500
PREVIEW_ROWS = 10


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
    url = fields.Char(index="btree_not_null", readonly=True, help="Where it was fetched from.")
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
    counts = fields.Binary(attachment=False, help="Counts over the columns, from all rows.")
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
        result = super().write(vals)
        if not self.env.su:
            told = {name: vals[name] for name in READING if name in vals}
            if told or "entity" in vals or "key_column" in vals:
                for file in self:
                    file.sudo()._reread(told, keys="key_column" not in vals)
        return result

    def _reread(self, told, keys=True):
        """Read the file anew as a person says: header, first rows, and its ID column.

        Rows that were staged as it was read before, and are not in Odoo, are staged anew.

        :param told: encoding, delimiter and header row that were corrected
        :param keys: find the columns that identify a row anew
        """
        self.ensure_one()
        overrides = {k: v for k, v in ((self.overrides or {}) | told).items() if v}
        try:
            values = self._read_head(overrides, keys)
        except SourceError as error:
            raise UserError(self._describe_error(error)) from error
        if self.state == "staged":
            self.env.cr.execute(
                "DELETE FROM crm_migration_record WHERE file_id = %s AND res_id IS NULL", [self.id]
            )
        open_states = ("staged", "ignored") if self.entity else ()
        state = "new" if self.state in open_states else self.state
        self.write(values | {"overrides": overrides, "state": state})

    def _read_head(self, overrides, keys=True):
        """Return what a reading with these overrides finds: nothing is written."""
        extractor = self.env["crm.migration.extractor"]
        with self._open_table(overrides) as table:
            rows = list(islice((row for row in table.rows() if not row.footer), HEAD_ROWS))
            values = {
                "encoding": table.encoding,
                "encoding_confidence": 1.0
                if overrides.get("encoding")
                else table.encoding_confidence,
                "delimiter": table.delimiter,
                "header_row": table.header_row,
                "header": table.header,
                "preview": [
                    [row.values.get(name) for name in table.header] for row in rows[:PREVIEW_ROWS]
                ],
            }
            if keys:
                profile = self.project_id._get_profile()
                columns = extractor._profile_columns(table.header, rows)
                values |= extractor._find_keys(profile, self.entity, columns)
        return values

    def _describe_error(self, error):
        return CATALOGUE[error.code].template % (
            {"file": self.name, "detail": ""} | error.parameters
        )

    @api.onchange(*READING)
    def _onchange_reading(self):
        """Show the first rows as they are read with the correction, before it is saved."""
        told = {name: self[name] for name in READING if self[name] != self._origin[name]}
        try:
            values = self._origin.sudo()._read_head(
                {k: v for k, v in ((self.overrides or {}) | told).items() if v}, keys=False
            )
        except (SourceError, LookupError, UnicodeError) as error:
            text = self._describe_error(error) if isinstance(error, SourceError) else str(error)
            return {"warning": {"title": self.env._("Not readable like this"), "message": text}}
        self.header, self.preview = values["header"], values["preview"]
        return None

    @contextmanager
    def _open_table(self, overrides=None):
        """Yield the table of the file, ready to be read row by row.

        :param overrides: instead of those that are kept with the file
        :raises SourceError: when the upload is gone or does not hold the table any more
        """
        self.ensure_one()
        with self._local_path(self.attachment_id) as path:
            for table in reading.tables(
                path,
                name=self.attachment_id.name,
                overrides=(self.overrides or {}) if overrides is None else overrides,
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
