import json

from odoo import api, models
from odoo.tools import SQL

from ..engine import pairs
from ..engine.mapping import fold
from ..engine.proposing import file_names
from ..engine.reading.flatten import LIST_SEPARATOR
from ..engine.types import Problem
from ..engine.vocabulary import load as load_vocabulary
from .inserting import unnest

# Rows per transaction.
ROWS = 5000
SEPARATOR = "\x1f"
LANDED = ("created", "updated", "unchanged", "merged")


class CrmMigrationJoiner(models.AbstractModel):
    """Name-value pairs in, columns of their records out: the last step of staging.

    Afterwards a custom field that came as a pair is a column like any other: typed by its values,
    mapped, loaded, proved, and compared with the next export.
    """

    _name = "crm.migration.joiner"
    _description = "Joiner of Name-Value Pairs"

    @api.model
    def _step(self, run):
        """Take the next rows; True while there is more.

        Steps: note whose value each row of a table of pairs is; find columns of pairs; give the
        records their columns; tell the pairs whose record is not there.
        """
        project = run.project_id
        done = (run.cursor or {}).get("joined")
        if done is None:
            plan = self._get_plan(project)
            if not any(plan.values()):
                return False
            self._address(project)
            owners = self._get_owners(project)
            done = plan | {"last": 0, "owners": owners}
        last = self._join(project, done)
        if last is None:
            self._settle(run, project)
            run.cursor = {k: v for k, v in run.cursor.items() if k != "joined"}
            return False
        run.cursor = (run.cursor or {}) | {"joined": done | {"last": last}}
        return True

    # ------------------------------------------------------------- what there is to do

    @api.model
    def _get_entity(self, project):
        return next(
            (one for one in project._get_profile().entities if one.target == pairs.TARGET), None
        )

    @api.model
    def _get_codes(self, project):
        """Return the kinds of rows that are part of other rows: never loaded themselves."""
        entity = self._get_entity(project)
        return [entity.code] if entity else []

    @api.model
    def _get_plan(self, project):
        """Return whether there are tables of pairs, and which columns are pairs: {entity: names}.

        A column that was taken apart once stays so: a newer export's odd cell must not turn its
        fields into one text.
        """
        entity = self._get_entity(project)
        told = entity and project.file_ids.filtered(
            lambda file: file.entity == entity.code and file.state in ("staged", "superseded")
        )
        split = {}
        for file in project.file_ids.filtered(
            lambda file: (
                file.state in ("staged", "superseded")
                and file.entity
                and (not entity or file.entity != entity.code)
            )
        ):
            known = split.setdefault(file.entity, [])
            known += [name for name in file.split_columns or () if name not in known]
            if file.state == "staged" and file.generation == project.generation:
                known += [
                    name
                    for name in self._get_likely(file)
                    if name not in known and self._is_sure(file, name)
                ]
        split = {code: names for code, names in split.items() if names}
        return {"tables": bool(told), "split": split}

    @api.model
    def _get_likely(self, file):
        """Return the columns whose first cells are pairs: only these are looked at whole."""
        for place, name in enumerate(file.header or ()):
            rows = file.preview or []
            cells = [row.get(name) if isinstance(row, dict) else row[place] for row in rows]
            if any(cells) and all(map(pairs.split, filter(None, cells))):
                yield name

    @api.model
    def _is_sure(self, file, column):
        cells = pairs.Cells()
        self.env.cr.execute(
            """SELECT payload ->> %s FROM crm_migration_record
                WHERE file_id = %s AND state != 'skipped'""",
            [column, file.id],
        )
        while rows := self.env.cr.fetchmany(ROWS):
            cells.add([cell for (cell,) in rows])
        return cells.sure

    # ------------------------------------------------------------- whose value it is

    @api.model
    def _address(self, project):
        """Note with each row of the tables of pairs which record it names.

        It stands where names of records stand, and begins like none of them.
        """
        entity = self._get_entity(project)
        files = project.file_ids.filtered(
            lambda file: (
                entity
                and (file.entity, file.state, file.generation)
                == (entity.code, "staged", project.generation)
            )
        )
        for file in files:
            slots = pairs.find_columns(entity, file.header or [], loose=True) or {}
            usual = self._get_usual(project, file, slots)
            last_id = 0
            while rows := self._read_rows(SQL("file_id = %s AND id > %s", file.id, last_id)):
                last_id = rows[-1][0]
                told = [(id_, self._get_mark(project, slots, usual, row)) for id_, row in rows]
                self.env.cr.execute(
                    SQL(
                        """UPDATE crm_migration_record r SET match_name = v.mark
                             FROM %s AS v(number, mark) WHERE r.id = v.number""",
                        unnest(("int", "varchar"), told),
                    )
                )

    @api.model
    def _read_rows(self, condition):
        self.env.cr.execute(
            SQL(
                """SELECT id, payload FROM crm_migration_record
                    WHERE state != 'skipped' AND %s ORDER BY id LIMIT %s""",
                condition,
                ROWS,
            )
        )
        return self.env.cr.fetchall()

    @api.model
    def _get_mark(self, project, slots, usual, row):
        """Return what stands for the record that a row names, or None if it names none for sure."""
        cells = {slot: (row.get(column) or "").strip() for slot, column in slots.items()}
        if not cells.get("field_name"):
            return None
        for slot, kind in pairs.HOLDERS.items():
            if cells.get(slot):
                told = cells.get("related_type")
                owner = kind or (self._get_kind(project, told) if told else usual)
                return SEPARATOR.join(("", owner, cells[slot])) if owner else None
        return None

    @api.model
    def _get_kind(self, project, told):
        """Return the kind of record that a cell names, or None."""
        profile = project._get_profile()
        known = {fold(raw): code for raw, code in profile.values.get("related_type", {}).items()}
        code = known.get(fold(told)) or load_vocabulary().canonical("related_type", told)
        return code or next((one.code for one in profile.entities if one.code == fold(told)), None)

    @api.model
    def _get_usual(self, project, file, slots):
        """Return the kind of record that the whole table is about: its name says it, or its IDs.

        IDs that fit records of two kinds say nothing.
        """
        profile, column = project._get_profile(), slots.get("related_id")
        if not column or "related_type" in slots:
            return None
        names = file_names(file.name)
        called = {
            one.code: max(map(one.names_file, names))
            for one in profile.entities
            if one.target != pairs.TARGET
        }
        code = max(called, key=called.get)
        if called[code]:
            return code
        self.env.cr.execute(
            """SELECT DISTINCT r.entity FROM crm_migration_record r
                WHERE r.project_id = %s AND r.entity != %s AND r.source_key IN (
                      SELECT trim(payload ->> %s) FROM crm_migration_record WHERE file_id = %s)""",
            [project.id, file.entity, column, file.id],
        )
        found = [code for (code,) in self.env.cr.fetchall()]
        return found[0] if len(found) == 1 else None

    @api.model
    def _get_owners(self, project):
        """Return {kind of record: the newest export that has pairs of it}."""
        entity = self._get_entity(project)
        self.env.cr.execute(
            """SELECT split_part(match_name, %s, 2), max(generation) FROM crm_migration_record
                WHERE project_id = %s AND entity = %s AND match_name IS NOT NULL GROUP BY 1""",
            [SEPARATOR, project.id, entity.code if entity else ""],
        )
        return dict(self.env.cr.fetchall())

    # ------------------------------------------------------------- columns of the records

    @api.model
    def _join(self, project, plan):
        """Give the next records their columns; return the last one's ID, None after the last."""
        kinds = list(plan["owners"].keys() | plan["split"].keys())
        self.env.cr.execute(
            """SELECT id, entity, source_key, file_id, payload, loaded_payload, state, is_undone,
                      res_id
                 FROM crm_migration_record
                WHERE project_id = %s AND entity = ANY(%s) AND id > %s AND state != 'skipped'
                ORDER BY id LIMIT %s""",
            [project.id, kinds, plan["last"], ROWS],
        )
        rows = self.env.cr.dictfetchall()
        if not rows:
            return None
        given = self._read_pairs(project, plan["owners"], rows)
        files = self.env["crm.migration.file"].browse({row["file_id"] for row in rows}).exists()
        headers = {file.id: set(file.header or ()) for file in files}
        changed, names = [], {}
        for row in rows:
            own, split = self._take_apart(row, plan, headers.get(row["file_id"], ()))
            more = given.get((row["entity"], row["source_key"]), {})
            # What a person mended in a held row is in its own cells.
            payload = more | own
            names.setdefault(row["file_id"], {}).update(dict.fromkeys([*split, *more]))
            if payload != row["payload"]:
                changed.append(self._get_change(row, payload))
        self._write(changed)
        for file in files:
            self._note_columns(file, names[file.id], plan["split"].get(file.entity, []))
        return rows[-1]["id"]

    @api.model
    def _read_pairs(self, project, owners, rows):
        """Return {(kind, key): {column: text}} of the newest pairs of some records."""
        entity = self._get_entity(project)
        marks = [SEPARATOR.join(("", row["entity"], row["source_key"])) for row in rows]
        self.env.cr.execute(
            """SELECT match_name, generation, file_id, payload FROM crm_migration_record
                WHERE project_id = %s AND match_name = ANY(%s) AND entity = %s
                  AND state != 'skipped' ORDER BY id""",
            [project.id, marks, entity.code if entity else ""],
        )
        found, slots = {}, {}
        for mark, generation, file_id, payload in self.env.cr.fetchall():
            __, kind, key = mark.split(SEPARATOR, 2)
            if generation != owners.get(kind):
                continue
            if file_id not in slots:
                header = self.env["crm.migration.file"].browse(file_id).header or []
                slots[file_id] = pairs.find_columns(entity, header, loose=True) or {}
            name = payload.get(slots[file_id].get("field_name"), "").strip()
            value = payload.get(slots[file_id].get("field_value"))
            cells = found.setdefault((kind, key), {})
            if name and value:
                column = pairs.PREFIX + name
                before = cells.get(column)
                # Several values of one field are a list, as in nested data.
                cells[column] = f"{before}{LIST_SEPARATOR}{value}" if before else value
        return found

    @api.model
    def _take_apart(self, row, plan, header):
        """Return ``(own cells, columns of pairs that were in them)``; pairs of before are left."""
        own, split = {}, []
        for name, cell in row["payload"].items():
            found = name in plan["split"].get(row["entity"], ()) and pairs.split(cell)
            if found:
                own |= {f"{name}.{field}": value for field, value in found.items() if value}
                split += [f"{name}.{field}" for field in found]
            elif name in header or not name.startswith(pairs.PREFIX):
                own[name] = cell
                if name not in header or name in plan["split"].get(row["entity"], ()):
                    split.append(name)  # a pair of before, or an odd cell that stays as it is
        return own, split

    @api.model
    def _get_change(self, row, payload):
        """Return (ID, row, row that Odoo holds, state) of a record with other pairs than before."""
        loaded, state = row["loaded_payload"], row["state"]
        if row["res_id"] and loaded == payload:
            return row["id"], payload, None, "unchanged" if state == "staged" else state
        if row["res_id"] and not loaded:
            loaded = row["payload"]
        landed = state in LANDED and not row["is_undone"]
        return row["id"], payload, loaded, "staged" if landed else state

    @api.model
    def _write(self, changed):
        rows = [
            (id_, json.dumps(payload, ensure_ascii=False), loaded and json.dumps(loaded), state)
            for id_, payload, loaded, state in changed
        ]
        if rows:
            self.env.cr.execute(
                SQL(
                    """UPDATE crm_migration_record r
                          SET payload = v.payload::jsonb, loaded_payload = v.loaded::jsonb,
                              state = v.state
                         FROM %s AS v(id, payload, loaded, state) WHERE r.id = v.id""",
                    unnest(("int", "text", "text", "varchar"), rows),
                )
            )

    @api.model
    def _note_columns(self, file, names, split):
        """Note the columns that came as pairs; the file's own counts do not know them."""
        known = file.pair_columns or []
        new = [name for name in names if name not in known]
        if new or split != (file.split_columns or []):
            file.write({"pair_columns": known + new, "split_columns": split, "counts": False})

    # ------------------------------------------------------------- what became of the pairs

    @api.model
    def _settle(self, run, project):
        """Pairs of a record are part of it; those of none are held, and told."""
        entity = self._get_entity(project)
        if not entity:
            return
        self.env.cr.execute(
            """UPDATE crm_migration_record p
                  SET state = CASE WHEN owner.id IS NULL THEN 'held'
                                   WHEN p.state IN ('staged', 'held') THEN 'merged'
                                   ELSE p.state END
                 FROM crm_migration_record one
                 LEFT JOIN crm_migration_record owner
                   ON owner.project_id = one.project_id AND owner.state != 'skipped'
                  AND owner.entity = split_part(one.match_name, %(mark)s, 2)
                  AND owner.source_key = split_part(one.match_name, %(mark)s, 3)
                WHERE one.id = p.id AND p.project_id = %(project)s AND p.entity = %(entity)s
                  AND p.generation = %(generation)s AND p.state != 'skipped'
            RETURNING p.id, p.entity, p.source_key, p.file_id, p.line, p.state, p.match_name""",
            {
                "mark": SEPARATOR,
                "project": project.id,
                "entity": entity.code,
                "generation": project.generation,
            },
        )
        rows = self.env.cr.dictfetchall()
        issues = self.env["crm.migration.issue"]
        issues.search([("project_id", "=", project.id), ("code", "=", "orphan_value")]).unlink()
        issues._append(
            project,
            [(self._get_problem(row), row) for row in rows if row["state"] == "held"],
            run,
        )

    @api.model
    def _get_problem(self, row):
        __, kind, key = (row["match_name"] or SEPARATOR * 2).split(SEPARATOR, 2)
        return Problem("orphan_value", value=key, parameters={"entity": kind or "record"})
