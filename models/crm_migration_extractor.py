import base64
import hashlib
from itertools import chain, islice, repeat
from typing import NamedTuple

from odoo import api, models

from ..engine import mending, pairs, proposing, reading
from ..engine.exceptions import SourceError
from ..engine.inference import ColumnStatistics
from ..engine.mapping import fold
from ..engine.packing import pack, pack_columns
from ..engine.staged_keys import StagedKeys
from ..engine.types import Block, Problem
from ..engine.vocabulary import load as load_vocabulary
from . import garbage
from .bulk.copying import copy_blocks, encode_all
from .column_counts import ColumnCounts

PREVIEW_ROWS = 10
# Enough rows to tell which column holds the ID; the map itself is proposed from all rows.
INSPECTED_ROWS = 500
# Rows per transaction of staging: where they are held for a statement, and where they pass through.
STAGED_ROWS = 5000
COPIED_ROWS = 20_000
# Rows that are made ready while PostgreSQL writes those before them.
BLOCK_ROWS = 250
# Keys that are asked for at a time where a file is read on.
KEYS = 50_000
# What a watcher tells of a whole file; rows of other length are told one by one.
WATCHED = (
    "replacement_characters", "exponent_numbers", "cells_cut", "error_cells", "mixed_dates",
    "lost_zeros", "round_count", "formulas_unread",
)  # fmt: skip
# What tells two records apart where the source gives no IDs.
NATURAL = ("name", "email", "login", "phone", "summary", "date", "team_ids")

# Readers that are half-way through a file: run ID -> state. Only a short cut: a worker that does
# not find its reader here opens the file again and skips what is staged.
_OPEN = {}


class Naming(NamedTuple):
    """What names the rows of a file.

    :param repeats: rows of one ID belong together: the lines of an order
    """

    key_column: str
    natural_columns: list
    name_columns: list
    repeats: bool

    @classmethod
    def of(cls, file):
        entity = file.project_id._get_profile().entity(file.entity)
        return cls(
            file.key_column,
            file.natural_columns or [],
            file.name_columns or [],
            bool(entity) and entity.repeats,
        )


class Entries(NamedTuple):
    """Rows as they are stored, by column.

    :param payloads: their texts in JSON, as bytes
    """

    keys: list
    lines: list
    hashes: list
    payloads: list
    states: list

    def rows(self):
        """Return them as tuples."""
        return zip(*self, strict=True)

    @classmethod
    def of(cls, rows):
        """Return tuples by column."""
        return cls(*map(list, zip(*rows, strict=True)))


class CrmMigrationExtractor(models.AbstractModel):
    """Files in, staged records out: every row of the source, unchanged, with its line."""

    _name = "crm.migration.extractor"
    _description = "Extractor"

    # ------------------------------------------------------------- inspection

    @api.model
    def _inspect(self, project, attachments):
        """Return a file record for each table in the uploads: what it holds, how it is written.

        What is no table but goes with the export (documents, pictures) is kept for its record.
        """
        files, payload = self.env["crm.migration.file"], self.env["crm.migration.payload"]
        for attachment in attachments:
            checksum = self._get_checksum(attachment)
            for member in payload._list_members(attachment):
                known = self._find_known(project, attachment, member, checksum)
                files += known or self._inspect_member(project, attachment, member, checksum)
        files -= payload._sort_out(project, files)
        files = files.exists()
        self._agree_on_encoding(project, files)
        self._ignore_second_form(project, files)
        payload._drop_unused(project, attachments)
        return files

    @api.model
    def _agree_on_encoding(self, project, files):
        """Read files whose encoding is doubtful as the sure ones of the same export are written."""
        texts = project.file_ids.filtered(
            lambda file: file.file_format == "csv" and file.generation == project.generation
        )
        agreed = reading.common((file.encoding, file.encoding_confidence) for file in texts)
        for file in files & texts if agreed else ():
            if file.encoding_confidence >= reading.SURE or file.overrides or file.state != "new":
                continue
            with file._open_table({"encoding": agreed}) as table:
                lossy = table.lossy
            if not lossy:
                file.sudo()._reread({"encoding": agreed}, keys=True)
                file.issue_ids.filtered(lambda one: one.code == "encoding_doubtful").unlink()

    @api.model
    def _ignore_second_form(self, project, files):
        """Leave JSON out where the same upload holds tables of the same records, and tell it.

        An API's answers beside the exported tables are the same records a second time. A table of
        activities has all their kinds, one of meetings no tasks.
        """
        profile = project._get_profile()

        def covers(file, other):
            one, two = profile.entity(file.entity), profile.entity(other.entity)
            return one.target == two.target and one.constants.items() <= two.constants.items()

        taken = files.filtered(lambda file: file.state == "new" and file.entity)
        second = taken.filtered(lambda file: file.file_format == "json")
        tables = taken - second
        second = second.filtered(lambda file: any(covers(table, file) for table in tables))
        second.state = "ignored"
        self.env["crm.migration.issue"]._append(
            project,
            [
                (Problem("second_form", parameters={"file": file.name}), {"file_id": file.id})
                for file in second
            ],
        )

    @api.model
    def _inspect_member(self, project, attachment, member, checksum):
        """Return the file records of an upload, or of one member of the ZIP that it is.

        :param checksum: of the upload
        """
        files, name = self.env["crm.migration.file"], member or attachment.name
        if self.env["crm.migration.payload"]._is_payload(name):
            return self.env["crm.migration.payload"]._take(project, attachment, member)
        try:
            with files._local_path(attachment) as path:
                for table in reading.tables(
                    path, name=attachment.name, member=member, checksum=checksum
                ):
                    files += self._inspect_table(project, attachment, table, member, checksum)
        except SourceError as error:
            files += self._tell_file(project, error, attachment, member)
        return files

    @api.model
    def _find_known(self, project, attachment, member, checksum):
        """Return new file records of bytes that an earlier export had, as they were read then."""
        files = self.env["crm.migration.file"]
        same = project.file_ids.filtered(
            lambda file: file.checksum == checksum and (file.member or None) == member
        )
        newest = max(same.mapped("generation"), default=project.generation)
        same = same.filtered(
            lambda file: file.generation == newest and file.attachment_id.name == attachment.name
        )
        states = set(same.mapped("state"))
        if newest >= project.generation or not {"superseded"} <= states <= {
            "superseded",
            "ignored",
        }:
            return files
        for file in same:
            files += file.copy(
                {
                    "attachment_id": attachment.id,
                    "generation": project.generation,
                    "state": "new" if file.state == "superseded" else "ignored",
                    "same_as_id": file.id,
                }
            )
            # Searched for: they are appended by SQL, which the file's own list may not know.
            told = [("file_id", "=", file.id), ("record_id", "=", False)]
            self.env["crm.migration.issue"].search(told).file_id = files[-1:]
        return files

    @api.model
    def _tell_file(self, project, error, attachment, member=None):
        """An upload that cannot be read is a file record with its issue, not a lost file."""
        file = self.env["crm.migration.file"].create(
            {
                "project_id": project.id,
                "name": member or attachment.name,
                "attachment_id": attachment.id,
                "member": member,
                "generation": project.generation,
                "state": "ignored",
            }
        )
        problem = Problem(error.code, parameters={"file": file.name} | error.parameters)
        self.env["crm.migration.issue"]._append(project, [(problem, {"file_id": file.id})])
        return file

    @api.model
    def _inspect_table(self, project, attachment, table, member, checksum):
        project = project.sudo()
        profile = project._get_profile()
        rows = list(islice((row for row in table.rows() if not row.footer), INSPECTED_ROWS))
        header = [name for name in table.header if name not in mending.OURS]
        columns = self._profile_columns(header, rows)
        entity, score, reason = proposing.recognise(table.name, header, profile, columns)
        mended = mending.read_mark(rows[0].values.get(mending.KEY_COLUMN))[0] if rows else None
        if mended in {one.code for one in profile.entities}:
            entity, score, reason = mended, 1.0, mending.KEY_COLUMN
        values = {
            "project_id": project.id,
            "name": table.name,
            "attachment_id": attachment.id,
            "table_name": table.name,
            "member": member,
            "checksum": checksum,
            "size": attachment.file_size,
            "file_format": table.format,
            "encoding": table.encoding,
            "encoding_confidence": table.encoding_confidence,
            "confidence": table.confidence,
            "questions": table.questions(),
            "looks": reading.find_looks(columns),
            "delimiter": table.delimiter,
            "header_row": table.header_row,
            "header": header,
            "estimated_rows": self._estimate_rows(attachment, member, table, rows),
            "preview": [[row.values.get(name) for name in header] for row in rows[:PREVIEW_ROWS]],
            "entity": entity,
            "entity_score": score,
            "entity_reason": reason,
            **(
                self._keep_keys(project, entity, header)
                or self._find_keys(profile, entity, columns)
            ),
            "generation": project.generation,
            "sequence": profile.entity(entity).load_order if entity else 999,
            "state": "new" if entity else "ignored",
        }
        file = self._find_same(project, values)
        if file:
            file.write({"state": values["state"]})
        else:
            file = self.env["crm.migration.file"].create(values)
        self._tell_table(project, file, table)
        return file

    @api.model
    def _estimate_rows(self, attachment, member, table, rows):
        """Return how many rows there are by the size of the first ones; 0 of packed files."""
        if len(rows) < INSPECTED_ROWS:
            return len(rows)
        if member or table.format != "csv":
            return 0
        # A delimiter goes with each cell, or the end of the line.
        cells = "".join(f"{cell or ''}," for row in rows for cell in row.values.values())
        size = len(cells.encode(table.encoding, "replace"))
        return round(attachment.file_size * len(rows) / size)

    @api.model
    def _find_same(self, project, values):
        """Return the file record of the same bytes and table, if they were uploaded before."""
        return project.file_ids.filtered(
            lambda file: (
                file.checksum == values["checksum"]
                and file.table_name == values["table_name"]
                and file.generation == values["generation"]
            )
        )[:1]

    @api.model
    def _tell_table(self, project, file, table):
        problems = list(table.problems)
        if not (file.entity or file._is_listed()):
            problems.append(Problem("file_unknown", parameters={"file": file.name}))
        self.env["crm.migration.issue"].search(
            [("file_id", "=", file.id), ("record_id", "=", False)]
        ).unlink()
        self.env["crm.migration.issue"]._append(
            project, [(problem, {"file_id": file.id}) for problem in problems]
        )

    @api.model
    def _get_checksum(self, attachment):
        digest = hashlib.sha256()
        with self.env["crm.migration.file"]._local_path(attachment) as path, path.open("rb") as f:
            while chunk := f.read(1 << 20):
                digest.update(chunk)
        return digest.hexdigest()

    @api.model
    def _find_keys(self, profile, entity, columns):
        """Return the column with the source's ID, and those that tell a row without one apart."""
        if not entity:
            return {"key_column": False, "natural_columns": [], "name_columns": []}
        entity = profile.entity(entity)
        if entity.target == pairs.TARGET:
            return self._find_pair_keys(entity, [column.name for column in columns])
        proposals = proposing.propose_map(entity, columns)
        fields = [(p.rule.field, p.rule.column) for p in proposals]
        slots = {slot.name: slot.field for slot in load_vocabulary().slots_of(entity)}
        named = [[c for f, c in fields if f == slots[key]] for key in entity.keys if key != "id"]
        return {
            "key_column": next((column for field, column in fields if field == "id"), False),
            "natural_columns": [column for field, column in fields if field in NATURAL],
            "name_columns": [columns for columns in named if columns],
        }

    @api.model
    def _find_pair_keys(self, entity, header):
        """Return what tells the rows of a table of pairs apart: their ID, else record and field."""
        slots = pairs.find_columns(entity, header, loose=True) or {}
        holders = [slots[name] for name in ("related_type", *pairs.HOLDERS) if name in slots]
        named = [*holders, *filter(None, [slots.get("field_name")])]
        return {
            "key_column": slots.get("id", False),
            "natural_columns": named,
            "name_columns": [],
        }

    @api.model
    def _keep_keys(self, project, entity, header):
        """Return the key columns of this kind's last files, where the header has them, or None.

        What identifies a row must stay what it was: found anew, from a newer export's few rows, it
        may be another column, and all records would come a second time.
        """
        known = project.file_ids.filtered(
            lambda file: (
                file.entity == entity
                and file.state != "ignored"
                and (file.generation < project.generation or file.header == header)
            )
        )
        # The newest export's first; of one export's files those that have an ID.
        for file in known.sorted(lambda one: (-one.generation, not one.key_column, one.id)):
            named = chain([file.key_column], file.natural_columns or [], *(file.name_columns or []))
            if set(header).issuperset(filter(None, named)):
                return {
                    name: file[name] for name in ("key_column", "natural_columns", "name_columns")
                }
        return None

    @api.model
    def _profile_columns(self, header, rows):
        columns = {name: ColumnStatistics(name) for name in header}
        for name, statistics in columns.items():
            statistics.add_all([row.values.get(name) for row in rows])
        return [statistics.profile() for statistics in columns.values()]

    # ------------------------------------------------------------- staging

    @api.model
    @garbage.kept()
    def _step(self, run):
        """Stage the next rows of the next file; True while there is more.

        Steps: take the file in turn, read on where it stands, give each row its key and
        fingerprint, upsert; a row that is there already with the same content stays as it is.
        """
        project = run.project_id
        if (run.parameters or {}).get("rest"):
            return self.env["crm.migration.rest"]._step(run)
        files = project.file_ids.filtered(lambda file: file.state == "new").sorted("sequence")
        if not files:
            if self.env["crm.migration.joiner"]._step(run):
                return True
            self._finish(run)
            return False
        if not run.cursor and all(files.mapped("estimated_rows")):
            run.total = sum(files.mapped("estimated_rows"))
        if any([self._take_known(run, file) for file in files if file.same_as_id]):
            return True
        file = files[0]
        state = self._get_reader(run, file)
        if count := self._stage(run, file, state):
            run.cursor = (run.cursor or {}) | {str(file.id): state["position"]}
            run.processed += count
        if state["ended"]:
            self._end_file(run, file, state)
        return True

    @api.model
    def _end_file(self, run, file, state):
        """Note that all rows of a file are staged, with what all of them together show."""
        self._tell_watched(run, file, state["watcher"])
        self._close_reader(run)
        counts = state["counts"]
        file.write(
            {
                "state": "staged",
                "rows": (run.cursor or {}).get(str(file.id), 0),
                "counts": base64.b64encode(counts.dump()) if counts else False,
                "same_as_id": False,
            }
        )
        self._check_counts(run.project_id, file)

    @api.model
    def _take_known(self, run, file):
        """Take the rows of a file as those of the last export; False if it must be read.

        They are the same where all files of the kind have the bytes that they had then, and their
        rows are still those that the last one gave. So these stay as they are, with the export they
        came in; only what landed is now unchanged.
        """
        project, position = run.project_id, (run.cursor or {}).get(str(file.id))
        kin = project.file_ids.filtered(lambda one: one.entity == file.entity)
        mine = kin.filtered(lambda one: one.state in ("new", "staged"))
        past = kin.filtered(lambda one: one.state == "superseded")
        past = past.filtered(lambda one: one.generation == max(past.mapped("generation")))
        if position or mine.same_as_id != past or len(mine) > len(past) or not mine._is_same():
            return False
        self.env.cr.execute(
            """SELECT generation, count(*) FROM crm_migration_record
                WHERE project_id = %s AND entity = %s GROUP BY 1 ORDER BY 1 DESC LIMIT 1""",
            [project.id, file.entity],
        )
        generation, count = self.env.cr.fetchone() or (0, 0)
        if generation > past[:1].generation or count != sum(past.mapped("rows")):
            return False
        self.env.cr.execute(
            """UPDATE crm_migration_record SET state = 'unchanged'
                WHERE project_id = %s AND entity = %s AND generation = %s
                  AND state IN ('created', 'updated', 'merged') AND is_undone IS NOT TRUE""",
            [project.id, file.entity, generation],
        )
        file.state = "staged"
        run.cursor = (run.cursor or {}) | {str(file.id): file.rows}
        run.processed += file.rows
        return True

    @api.model
    def _get_reader(self, run, file):
        """Return the open reader, if it stands where the run does; else open one that does.

        A step that was undone, or one that another worker took, leaves a reader elsewhere.
        """
        done = (run.cursor or {}).get(str(file.id), 0)
        state = _OPEN.get(run.id)
        if state and (state["file_id"], state["position"]) == (file.id, done):
            return state
        self._close_reader(run)
        opened = file._open_table()
        table = opened.__enter__()
        watcher = reading.Watcher(table)
        state = {
            "file_id": file.id,
            "position": done,
            "ended": False,
            "opened": opened,
            "watcher": watcher,
            # The watcher sees the rows that are skipped as well: it speaks of the whole file.
            "blocks": self._skip_rows(table.blocks(BLOCK_ROWS, watcher), done),
            # Counts of a file that is read on from here would lack the rows before.
            "counts": None if done else ColumnCounts(file.header),
            "keys": self._get_staged_keys(run, file),
            # What came back mended looks for the records that it was.
            "is_first": not set(mending.OURS) & set(table.header) and self._is_first(run, file),
            "naming": Naming.of(file),
        }
        _OPEN[run.id] = state
        return state

    @api.model
    def _skip_rows(self, blocks, count):
        """Return blocks of rows from that row on."""
        for block in blocks:
            rows = len(block.lines if isinstance(block, Block) else block)
            if rows > count:
                rest = block.after(count) if isinstance(block, Block) else block[count:]
                return chain([rest], blocks)
            count -= rows
        return iter(())

    @api.model
    def _close_reader(self, run):
        state = _OPEN.pop(run.id, None)
        if state:
            state["opened"].__exit__(None, None, None)

    @api.model
    def _tell_watched(self, run, file, watcher):
        """Tell what only all rows of a file show: cells cut, zeros lost, dates of both orders …"""
        problems = [problem for problem in watcher.problems() if problem.code in WATCHED]
        if any(problem.code == "mixed_dates" for problem in problems):
            file._ask("date_order")
        issues = self.env["crm.migration.issue"]
        issues.search(
            [("file_id", "=", file.id), ("record_id", "=", False), ("code", "in", WATCHED)]
        ).unlink()
        issues._append(
            run.project_id,
            [
                (
                    problem,
                    {
                        "file_id": file.id,
                        "entity": file.entity,
                        "line": problem.parameters.get("line"),
                    },
                )
                for problem in problems
            ],
            run,
        )

    @api.model
    def _get_staged_keys(self, run, file):
        """Return the keys of the rows of this entity that this export already gave."""
        keys, last = StagedKeys(), ""
        while True:
            self.env.cr.execute(
                """SELECT source_key, row_hash FROM crm_migration_record
                    WHERE project_id = %s AND entity = %s AND extract_run_id = %s
                      AND source_key > %s ORDER BY source_key LIMIT %s""",
                [run.project_id.id, file.entity, run.id, last, KEYS],
            )
            rows = self.env.cr.fetchall()
            keys.add(rows)
            if len(rows) < KEYS:
                return keys
            last = rows[-1][0]

    @api.model
    def _is_first(self, run, file):
        """Return whether no other run has staged rows of the entity: none is there already."""
        self.env.cr.execute(
            """SELECT NOT EXISTS (SELECT 1 FROM crm_migration_record
                WHERE project_id = %s AND entity = %s AND extract_run_id IS DISTINCT FROM %s)""",
            [run.project_id.id, file.entity, run.id],
        )
        return self.env.cr.fetchone()[0]

    @api.model
    def _stage(self, run, file, state):
        """Write the next rows with what is told of them; return how many these are."""
        told, start = [], state["position"]
        blocks = self._read_blocks(file, state, told)
        if state["is_first"]:
            self._copy(run, file, blocks)
            found = self._find_ids(run, file, [key for __, key, __ in told])
        else:
            rows = list(chain.from_iterable(map(Entries.rows, blocks)))
            found = self._renew(run, file, rows)
            found |= self._upsert(run, file, [row for row in rows if row[0] not in found])
        self._tell_rows(run, file, told, found)
        return state["position"] - start

    @api.model
    def _read_blocks(self, file, state, told):
        """Yield the next rows as :class:`Entries`, some hundred at a time.

        :param told: list that gets ``(row, key, problems)`` of rows that are odd
        """
        counts = state["counts"]
        end = state["position"] + (COPIED_ROWS if state["is_first"] else STAGED_ROWS)
        while state["position"] < end:
            block = next(state["blocks"], None)
            if block is None:
                state["ended"] = True
                return
            is_plain = isinstance(block, Block)
            # The reader stands there now, even if what follows is undone.
            state["position"] += len(block.lines if is_plain else block)
            entries = self._prepare_block(block, state) if is_plain else None
            if not entries:
                rows = block.rows() if is_plain else block
                entries = self._prepare_rows(file, rows, state, told)
            elif counts:
                counts.add_columns(block.columns, len(block.lines))
            yield entries

    @api.model
    def _prepare_block(self, block, state):
        """Return rows as :class:`Entries`, or None if one is not simply named by its ID."""
        naming, staged, columns = state["naming"], state["keys"], block.columns
        if naming.key_column not in columns or not columns.keys().isdisjoint(mending.OURS):
            return None
        keys = list(map(str.strip, columns[naming.key_column]))
        if not all(keys) or len(set(keys)) < len(keys) or staged.has_any(keys):
            return None
        payloads, hashes = pack_columns(columns)
        staged.add(zip(keys, hashes, strict=True))
        return Entries(keys, block.lines, hashes, payloads, ["staged"] * len(keys))

    @api.model
    def _tell_rows(self, run, file, told, found):
        """Tell what is odd about rows.

        :param told: ``(row, key, problems)`` of these
        :param found: {key: ID} of the staged records
        """
        problems = []
        for row, key, those in told:
            where = {
                "id": found[key],
                "entity": file.entity,
                "source_key": key,
                "file_id": file.id,
                "line": row.line,
            }
            problems += [(problem, where) for problem in those]
        self._replace_issues(run, list(found.values()), problems)

    @api.model
    def _replace_issues(self, run, record_ids, problems):
        """Tell the problems of reading anew, for rows that are read again."""
        codes = ["repeated_row", "repeated_key", "missing_key", "ragged_row", "footer_row"]
        if record_ids:
            self.env.cr.execute(
                "DELETE FROM crm_migration_issue WHERE record_id = ANY(%s) AND code = ANY(%s)",
                [record_ids, codes],
            )
        self.env["crm.migration.issue"]._append(run.project_id, problems, run)

    @api.model
    def _prepare_rows(self, file, rows, state_, told):
        """Return rows as :class:`Entries`, each with its key, fingerprint and state.

        :param told: list that gets ``(row, key, problems)`` of rows that are odd
        """
        keys, naming, counts = state_["keys"], state_["naming"], state_["counts"]
        cells = [row.values for row in rows]
        marks = [None] * len(rows)
        if not cells[0].keys().isdisjoint(mending.OURS):
            cells, marks = zip(*map(mending.unpack, cells), strict=True)
        prepared, counted = [], []
        for row, values, mended, coded in zip(rows, cells, marks, pack(cells), strict=True):
            payload, row_hash = coded
            key = (values.get(naming.key_column) or "").strip() if naming.key_column else ""
            state, problem = "staged", None
            if not key or key in keys or row.footer or mended:
                key, state, problem = self._get_key(
                    file, row, values, mended, key, row_hash, keys, naming
                )
            keys.add([(key, row_hash)])
            if problem or row.problems:
                told.append((row, key, (*row.problems, problem) if problem else row.problems))
            if state != "skipped":
                counted.append(values)
            prepared.append((key, row.line, row_hash, payload, state))
        if counts:
            counts.add(counted)
        return Entries.of(prepared)

    @api.model
    def _get_key(self, file, row, values, mended, key, row_hash, keys, naming):
        """Return ``(key, state, problem)`` of a row whose ID does not simply name it."""
        state, problem = "staged", None
        if row.footer:
            key, state = f"line {row.line}", "skipped"
            key = self._get_free_key(key, keys) if key in keys else key
        elif not key:
            key = self._get_natural_key(naming, values, row_hash, keys)
            if naming.key_column:
                problem = Problem("missing_key")
        if key in keys and state == "staged":
            same = keys.is_same(key, row_hash)
            if same or (naming.key_column and not naming.repeats):
                problem = Problem("repeated_row" if same else "repeated_key", value=key)
                state = "skipped" if same else "held"
            key = self._get_free_key(key, keys)
        if mended and state == "staged":
            key, state, problem = self._get_mended_key(mended, key, file)
            if key in keys:  # a mended row that was copied
                problem = Problem("repeated_key", value=key)
                key, state = self._get_free_key(key, keys), "held"
        return key, state, problem

    @api.model
    def _get_mended_key(self, mended, key, file):
        """Return ``(key, state, problem)`` of a row that was held and came back.

        It is the staged record it was, whatever was mended in it, but for its ID: a row that was
        the second of one ID is another record once it has another ID.
        """
        first, __, number = mended.rpartition("#")
        if not (file.key_column and number.isdigit() and first):
            return mended, "staged", None
        if key == first:
            return mended, "held", Problem("repeated_key", value=key)
        self.env.cr.execute(
            """UPDATE crm_migration_record SET state = 'skipped'
                WHERE project_id = %s AND entity = %s AND source_key = %s AND res_id IS NULL""",
            [file.project_id.id, file.entity, mended],
        )
        return key, "staged", None

    @api.model
    def _get_free_key(self, key, keys):
        number = 2
        while f"{key}#{number}" in keys:
            number += 1
        return f"{key}#{number}"

    @api.model
    def _get_natural_key(self, naming, payload, row_hash, keys):
        """Return a key for a row without ID: what names it, else its fingerprint.

        What the profile calls its key is enough (a company's name: its phone may change), unless
        another row has it already: then all that tells the two apart.
        """
        for columns in naming.name_columns:
            key = " ".join(filter(None, (fold(payload.get(column) or "") for column in columns)))
            if key and (key not in keys or keys.is_same(key, row_hash)):
                return key
            if key:
                break
        parts = [fold(payload.get(column) or "") for column in naming.natural_columns]
        return "|".join(parts) if any(parts) else row_hash

    @api.model
    def _copy(self, run, file, blocks):
        """Write the first records of an entity: a third cheaper than a statement, which must look
        for each whether it is there.

        :param blocks: iterable of :class:`Entries`
        """
        project = run.project_id
        same = f"{project.id}\t{file.entity}\t{file.id}\t{run.id}\t{project.generation}"

        def encode_block(entries):
            columns = (encode_all(entries.keys), map(str, entries.lines), entries.hashes)
            heads = map("\t".join, zip(*columns, entries.states, repeat(same), strict=False))
            # Of the escapes of COPY, texts in JSON need only that of the backslash.
            payloads = b"\n".join(entries.payloads).replace(b"\\", b"\\\\")
            rows = zip("\n".join(heads).encode().split(b"\n"), payloads.split(b"\n"), strict=True)
            return b"\n".join([*map(b"\t".join, rows), b""])

        copy_blocks(
            self.env.cr,
            """COPY crm_migration_record (source_key, line, row_hash, state, project_id, entity,
                        file_id, extract_run_id, generation, payload) FROM STDIN""",
            map(encode_block, blocks),
        )

    @api.model
    def _find_ids(self, run, file, keys):
        """Return {key: ID} of staged records."""
        if not keys:
            return {}
        self.env.cr.execute(
            """SELECT source_key, id FROM crm_migration_record
                WHERE project_id = %s AND entity = %s AND source_key = ANY(%s)""",
            [run.project_id.id, file.entity, keys],
        )
        return dict(self.env.cr.fetchall())

    @api.model
    def _renew(self, run, file, rows):
        """Note that records came once more as they are there; return {key: ID} of these.

        Most rows of a newer export: their content is neither sent nor read.

        :param rows: tuples as :class:`Entries` has them by column
        """
        if not rows:
            return {}
        project, entries = run.project_id, Entries.of(rows)
        self.env.cr.execute(
            """UPDATE crm_migration_record r
                  SET file_id = %(file)s, line = row.line, extract_run_id = %(run)s,
                      generation = %(generation)s, state = CASE
                          WHEN row.state != 'staged' THEN row.state
                          WHEN r.is_undone THEN r.state
                          WHEN r.state IN ('created', 'updated', 'merged') THEN 'unchanged'
                          ELSE r.state END
                 FROM unnest(%(keys)s, %(lines)s, %(hashes)s, %(states)s)
                      AS row (key, line, hash, state)
                WHERE r.project_id = %(project)s AND r.entity = %(entity)s
                  AND r.source_key = row.key AND r.row_hash = row.hash
            RETURNING r.source_key, r.id""",
            {
                "project": project.id,
                "entity": file.entity,
                "file": file.id,
                "run": run.id,
                "generation": project.generation,
                "keys": entries.keys,
                "lines": entries.lines,
                "hashes": entries.hashes,
                "states": entries.states,
            },
        )
        return dict(self.env.cr.fetchall())

    @api.model
    def _upsert(self, run, file, rows):
        """Write staged records in one statement; return {key: ID}.

        :param rows: tuples as :class:`Entries` has them by column
        """
        if not rows:
            return {}
        project, entries = run.project_id, Entries.of(rows)
        values = {
            "project": project.id,
            "entity": file.entity,
            "file": file.id,
            "run": run.id,
            "generation": project.generation,
            **entries._asdict(),
            "payloads": list(map(bytes.decode, entries.payloads)),
        }
        self.env.cr.execute(
            """
            INSERT INTO crm_migration_record AS r (project_id, entity, source_key, file_id, line,
                        payload, row_hash, state, extract_run_id, generation)
            SELECT %(project)s, %(entity)s, key, %(file)s, line, payload::jsonb, hash, state,
                   %(run)s, %(generation)s
              FROM unnest(%(keys)s, %(lines)s, %(payloads)s, %(hashes)s, %(states)s)
                   AS row (key, line, payload, hash, state)
            ON CONFLICT (project_id, entity, source_key) DO UPDATE
               SET file_id = EXCLUDED.file_id, line = EXCLUDED.line,
                   -- The same row keeps what came to it as pairs.
                   payload = CASE WHEN r.row_hash = EXCLUDED.row_hash THEN r.payload
                                  ELSE EXCLUDED.payload END,
                   row_hash = EXCLUDED.row_hash, extract_run_id = EXCLUDED.extract_run_id,
                   generation = EXCLUDED.generation,
                   loaded_payload = CASE
                       WHEN r.row_hash = EXCLUDED.row_hash OR r.res_id IS NULL
                       THEN r.loaded_payload ELSE COALESCE(r.loaded_payload, r.payload) END,
                   state = CASE
                       WHEN EXCLUDED.state != 'staged' THEN EXCLUDED.state
                       WHEN r.is_undone THEN r.state
                       WHEN r.row_hash != EXCLUDED.row_hash THEN 'staged'
                       WHEN r.state IN ('created', 'updated', 'merged') THEN 'unchanged'
                       ELSE r.state END
            RETURNING source_key, id""",
            values,
        )
        return dict(self.env.cr.fetchall())

    @api.model
    def _check_counts(self, project, file):
        """Compare the rows with what the customer read on the source's screen."""
        if file.expected_rows and file.expected_rows != file.rows:
            problem = Problem(
                "rows_differ", parameters={"found": file.rows, "expected": file.expected_rows}
            )
            self.env["crm.migration.issue"]._append(project, [(problem, {"file_id": file.id})])

    @api.model
    def _finish(self, run):
        """Note the counts, and what looks cut."""
        run.counters = {"records": run.processed}
        run.total = run.processed
        self._forget_older(run.project_id)
        self._check_caps(run.project_id)
        self._tell_gone(run.project_id)

    @api.model
    def _forget_older(self, project):
        """Remove what was told of whole files that a newer export has anew: it tells it itself.

        What a person has settled stays: later exports keep to it.
        """
        newer = project.file_ids.filtered(lambda file: file.generation == project.generation)
        kinds, names = set(newer.mapped("entity")) - {False}, set(newer.mapped("name"))
        older = (project.file_ids - newer).filtered(
            lambda file: file.entity in kinds or file.name in names
        )
        self.env["crm.migration.issue"].search(
            [("file_id", "in", older.ids), ("record_id", "=", False), ("state", "=", "open")]
        ).unlink()

    @api.model
    def _tell_gone(self, project):
        """List what landed before and a newer export does not have; nothing is deleted unasked.

        The newest exports are looked up once: a planner that knows nothing yet of rows just staged
        did it for each of them, three minutes for 45,000.
        """
        if project.generation == 1:
            return
        self.env["crm.migration.issue"].search(
            [("project_id", "=", project.id), ("code", "=", "gone_in_source")]
        ).unlink()
        self.env.cr.execute(
            """WITH newest AS MATERIALIZED (
                   SELECT entity, max(generation) AS generation FROM crm_migration_record
                    WHERE project_id = %(project)s GROUP BY entity)
               SELECT r.id, r.entity, r.source_key, r.file_id, r.line
                 FROM newest n JOIN crm_migration_record r ON r.project_id = %(project)s
                      AND r.entity = n.entity AND r.generation < n.generation
                WHERE r.res_id IS NOT NULL""",
            {"project": project.id},
        )
        self.env["crm.migration.issue"]._append(
            project, [(Problem("gone_in_source"), row) for row in self.env.cr.dictfetchall()]
        )

    @api.model
    def _check_caps(self, project):
        """Tell an export that ends exactly at a cap of the source's plan (KC-28), unless the source
        says that this is all it has."""
        caps = {}
        for cap in project._get_profile().caps:
            caps.setdefault(cap["entity"], []).append(cap["count"])
        self.env["crm.migration.issue"]._clear(project, ["plan_cap"])
        if not caps:
            return
        files = project.file_ids.filtered(lambda file: file.state == "staged")
        whole = set(files.mapped("entity")) - set(
            files.filtered(lambda file: file.expected_rows != file.rows).mapped("entity")
        )
        problems = [
            (Problem("plan_cap", parameters={"count": counts["read"]}), {"entity": entity})
            for entity, counts in project._get_outcomes().items()
            if counts["read"] and counts["read"] in caps.get(entity, []) and entity not in whole
        ]
        self.env["crm.migration.issue"]._append(project, problems)
