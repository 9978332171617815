import tempfile
from contextlib import contextmanager
from itertools import islice
from pathlib import Path

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError

from ..engine import reading
from ..engine.exceptions import SourceError
from ..engine.inventory import LISTED
from . import words

# What a user may set: the rest says which bytes are read, with the rights of the migration.
READING = ("encoding", "delimiter", "header_row")
# What decides which rows are read from the bytes, and by which keys.
READ_BY = (
    "entity", "encoding", "delimiter", "header_row", "header", "overrides", "key_column",
    "natural_columns", "name_columns",
)  # fmt: skip
# How the cells are understood: for all columns of the file that leave it open.
MEANING = ("date_order", "decimal")
EDITABLE = {
    *READING,
    *MEANING,
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
    same_as_id = fields.Many2one(
        "crm.migration.file", ondelete="set null", readonly=True,
        help="File of an earlier export with the very same bytes: its rows are known.",
    )  # fmt: skip
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
    header_row = fields.Integer(
        aggregator=None,
        help="Line of the header, counted from 1; the last one of several. -1: there is none.",
    )
    confidence = fields.Float(
        string="Certainty", digits=(3, 2), aggregator=None, readonly=True,
        help="How sure the encoding, the delimiter and the header are.",
    )  # fmt: skip
    questions = fields.Json(help="What of the reading cannot be decided from the file.")
    answered = fields.Json(help="The questions that a person has confirmed as they were read.")
    question = fields.Char(compute="_compute_question")
    is_doubtful = fields.Boolean(compute="_compute_question")
    looks = fields.Json(help="Columns of dates and figures, and how they are written.")
    date_order = fields.Selection(
        [("dmy", "Day, month, year"), ("mdy", "Month, day, year"), ("ymd", "Year, month, day")],
        string="Order of Dates",
        help="Of all columns of this file. Empty: what each column's values show.",
    )
    decimal = fields.Selection(
        [(".", "1,234.56 (point)"), (",", "1.234,56 (comma)")],
        string="Decimal Mark",
        help="Of all columns of this file. Empty: what each column's values show.",
    )
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
    pair_columns = fields.Json(help="Columns that came to the rows as name-value pairs.")
    split_columns = fields.Json(help="Columns whose cells hold several name-value pairs.")
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
    estimated_rows = fields.Integer(
        readonly=True, help="Rows that the size of the file suggests; 0: it does not tell."
    )
    counts = fields.Binary(attachment=False, help="Counts over the columns, from all rows.")
    generation = fields.Integer(help="Export it belongs to; a delta begins a new one.")
    expected_rows = fields.Integer(
        help="What the source's own screen says; compared with the rows read. 0: not given."
    )
    overrides = fields.Json(help="Encoding, delimiter and header row set by hand.")
    issue_ids = fields.One2many("crm.migration.issue", "file_id")

    @api.depends("preview", "header", "looks", *MEANING)
    def _compute_preview_html(self):
        for file in self:
            header = file.header or []
            rows = [
                [row.get(name) for name in header] if isinstance(row, dict) else row
                for row in file.preview or []
            ]
            file.preview_html = self.env["ir.qweb"]._render(
                "crm_migration.file_preview",
                {"header": header, "rows": [file._understand(row) for row in rows]},
            )

    def _understand(self, row):
        """Return [(text, what it means where that is not plain)] of a row of the preview."""
        looks, told = self.looks or {}, (self.date_order or "", self.decimal or "")
        return [
            (cell, reading.understand(cell, looks[name], *told) if cell and name in looks else "")
            for name, cell in zip(self.header or [], row, strict=False)
        ]

    @api.depends("questions", "answered", "state", "date_order")
    @api.depends_context("lang")
    def _compute_question(self):
        texts = words.get_reading_questions(self.env)
        for file in self:
            asked = file._get_open_questions()
            file.is_doubtful = bool(asked)
            file.question = " ".join(texts[code] for code in asked) or False

    def _is_listed(self):
        """Return whether the file is a list of what does not move: recognised, but not loaded."""
        return not self.entity and (self.entity_reason or "").startswith(LISTED)

    def _get_columns(self):
        """Return the columns that the rows have: the file's own, and those that came as pairs."""
        split = self.split_columns or ()
        own = [name for name in self.header or () if name not in split]
        return [*own, *(self.pair_columns or ())]

    def _get_open_questions(self):
        """Return the codes of what is still to be confirmed or corrected."""
        self.ensure_one()
        if self.state not in ("new", "staged"):
            return []
        settled = {*(self.answered or ()), *({"date_order"} if self.date_order else ())}
        return [code for code in self.questions or () if code not in settled]

    def action_confirm_reading(self):
        """Say that the file is read right as it stands."""
        self.check_access("write")
        for file in self.sudo():
            file.answered = sorted({*(file.answered or ()), *file._get_open_questions()})

    def _ask(self, code):
        """Add a question that only all rows of the file raise."""
        self.ensure_one()
        self.questions = sorted({*(self.questions or ()), code})

    def _check_reading(self):
        """Stop before what was read is used, while a question about it is open.

        :raises UserError: naming each file and its question
        """
        asked = self.filtered("is_doubtful")
        if asked:
            lines = "\n".join(f"{file.name}: {file.question}" for file in asked)
            raise UserError(
                self.env._(
                    "Look at the first rows of these files; confirm or correct how they are "
                    "read:\n%(files)s",
                    files=lines,
                )
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
            if vals.keys() & set(MEANING):
                self.sudo()._pass_on_meaning()
        return result

    def _pass_on_meaning(self):
        """Tell the map's lines, if there are any, how the file's dates and figures are written."""
        for file in self:
            lines = file.project_id.line_ids.filtered(
                lambda line: line.entity == file.entity and line.column in file._get_columns()  # noqa: B023
            )
            for line in lines.with_context(crm_migration_proposing=True):
                told = file._get_meaning(line.kind, line.options or {}, line.doubts or ())
                if told and told.items() - (line.options or {}).items():
                    line.options = (line.options or {}) | told

    def _get_meaning(self, kind, options, doubts):
        """Return the options that the file's settings give a column that depends on them."""
        dated = "date_order" in options or "date_mark" in options or "ambiguous_date" in doubts
        figured = "decimal" in options or "ambiguous_number" in doubts
        told = {}
        if self.date_order and kind in reading.DATES and dated:
            told["date_order"] = self.date_order
        if self.decimal and kind in reading.FIGURES and figured:
            told["decimal"] = self.decimal
        return told

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
        self.write(values | {"overrides": overrides, "state": state, "answered": False})

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
                "confidence": table.confidence,
                "questions": [code for code in table.questions() if code not in overrides],
                "delimiter": table.delimiter,
                "header_row": table.header_row,
                "header": table.header,
                "preview": [
                    [row.values.get(name) for name in table.header] for row in rows[:PREVIEW_ROWS]
                ],
            }
            columns = extractor._profile_columns(table.header, rows)
            values["looks"] = reading.find_looks(columns)
            if keys:
                profile = self.project_id._get_profile()
                values |= extractor._find_keys(profile, self.entity, columns)
        return values

    def _is_same(self):
        """Return whether all these files hold what those of an earlier export did, read alike."""
        return all(
            file.same_as_id and all(file[name] == file.same_as_id[name] for name in READ_BY)
            for file in self
        )

    def _describe_error(self, error):
        told = {"file": self.name, "detail": ""} | error.parameters
        return words.describe_problem(self.env, error.code, told)

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
        for name in ("header", "preview", "looks", "questions", "confidence"):
            self[name] = values[name]
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
                checksum=self.checksum or None,
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
