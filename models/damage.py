"""What a proof looks at beside the fields of the records: whether what the log tells of is whole.

Plain Python around an environment. Everything is asked in sets: one query per model and batch.
"""

from odoo.tools import SQL

from ..engine.comparing import DIFFERENT, MISSING, is_empty, same
from . import columns, snapshots
from .edits import UNSTAMPED
from .inserting import as_array
from .raw_columns import read_raw
from .xmlid import xmlid_name

# Log lines compared at a time.
LINES = 1000


class Damage:
    def __init__(self, project):
        self.project = project
        self.env = project.env
        self.target = self.env["crm.migration.target"]

    # ------------------------------------------------------------- records

    def compare_watched(self, items, logged):
        """Return checks of fields that no row fills, but which were so at the load.

        :param items: prepared items of one target, created by the project
        :param logged: {staged record ID: values as last logged}
        """
        target, watched = items[0].target, items[0].target._watched
        ids = self.env[target._model].browse([i.record["res_id"] for i in items]).exists().ids
        landed = target._read_landed(ids, list(watched)) if ids and watched else {}
        fields, checks = self.env[target._model]._fields, []
        for item in items:
            now, known = landed.get(item.record["res_id"]), logged[item.record["id"]]
            for name in watched:
                if now is None or name in item.values or name not in known:
                    continue
                if not same(known[name], now[name], fields[name].type):
                    checks.append(self._tell(item, name, known[name], now[name]))
        return checks

    def compare_unfilled(self, items, logged):
        """Return checks of columns that no row fills, and that nobody wrote since the load.

        What people wrote there later is theirs, and no matter of a proof.

        :param logged: {staged record ID: values as last logged}
        """
        model, checks = self.env[items[0].target._model], []
        rows = {item.record["res_id"]: item for item in items}
        known = {res_id: logged[item.record["id"]] for res_id, item in rows.items()}
        found = columns.find_changed(self.project, model, known)
        for res_id, (before, now) in sorted(found.items()):
            item = rows[res_id]
            checks += [
                self._tell(item, name, before.get(name), now.get(name))
                for name in sorted(before.keys() | now.keys())
                if before.get(name) != now.get(name) and name not in item.values
            ]
        return checks

    def compare_xmlids(self, items):
        """Return checks of records whose external ID is gone, or names another record."""
        names = {xmlid_name(item.entity, item.key): item for item in items}
        # Each by itself: else the database reads all names of the migration for each batch.
        self.env.cr.execute(
            SQL(
                """SELECT wanted, model, res_id FROM unnest(%s) AS one(wanted), LATERAL (
                          SELECT model, res_id FROM ir_model_data
                           WHERE module = %s AND name = wanted OFFSET 0) AS found""",
                as_array("varchar", names),
                self.project._get_xmlid_module(),
            )
        )
        known = {name: where for name, *where in self.env.cr.fetchall()}
        return [
            self._tell(
                item, "external_id", f"{item.model} {item.record['res_id']}",
                " ".join(map(str, known.get(name) or [])),
            )
            for name, item in names.items()
            if known.get(name) != [item.model, item.record["res_id"]]
        ]  # fmt: skip

    def _tell(self, item, name, expected, actual):
        return self._prepare(item.model, item.record["res_id"], name, expected, actual) | {
            "entity": item.entity,
            "record_id": item.record["id"],
            "source_key": item.key,
        }

    def _prepare(self, model, res_id, name, expected, actual):
        return dict.fromkeys(("record_id", "source_key", "source_value", "rule")) | {
            "kind": "value",
            "entity": model,
            "model": model,
            "res_id": res_id,
            "field_name": name,
            "expected": None if expected is None else str(expected)[:500],
            "actual": None if actual is None else str(actual)[:500],
            "verdict": MISSING if is_empty(actual) and not is_empty(expected) else DIFFERENT,
            "filled": (not is_empty(expected), not is_empty(actual)),
        }

    # ------------------------------------------------------------- what was made besides

    def compare_companions(self):
        """Return checks of what the log made beside the records: done activities, messages of
        done tasks, pictures, stages, tags, teams, fields. Gone, or not what it was."""
        checks, last_id = [], 0
        while lines := self._read_lines(last_id):
            last_id = lines[-1][0]
            groups = {}
            for __, model, res_id, after in lines:
                groups.setdefault(model, {})[res_id] = after or {}
            for model, made in groups.items():
                checks += self._compare_made(model, made)
        return checks

    def _read_lines(self, last_id):
        self.env.cr.execute(
            """SELECT l.id, l.model, l.res_id, l.after FROM crm_migration_log l
                 LEFT JOIN crm_migration_record r ON r.id = l.record_id
                WHERE l.project_id = %s AND l.id > %s AND l.id > %s AND l.action = 'create'
                  AND (r.id IS NULL OR r.model IS DISTINCT FROM l.model
                       OR r.res_id IS DISTINCT FROM l.res_id)
                  AND NOT EXISTS (
                      SELECT 1 FROM crm_migration_log u
                       WHERE u.project_id = l.project_id AND u.model = l.model
                         AND u.res_id = l.res_id AND u.action IN ('remove', 'update'))
                ORDER BY l.id LIMIT %s""",
            [self.project.id, last_id, self.project._get_undone_until(), LINES],
        )
        return self.env.cr.fetchall()

    def _compare_made(self, model, made):
        if model not in self.env:
            return []
        fields = self.env[model]._fields
        alive = self.env[model].browse(made).exists()
        checks = [
            self._prepare(model, res_id, "id", res_id, None) | {"kind": "link"}
            for res_id in sorted(made.keys() - set(alive.ids))
        ]
        names = sorted({name for after in made.values() for name in after if name in fields})
        landed = self.target._read_landed_of(model, alive.ids, names) if names else {}
        sums = snapshots.read_checksums(alive) if model == "ir.attachment" else {}
        texts = self._read_translations(alive, names)
        for res_id, now in landed.items():
            now |= {"checksum": sums[res_id]} if res_id in sums else {}
            checks += [
                self._prepare(model, res_id, name, value, now[name])
                for name, value in made[res_id].items()
                if name in now and not same(value, now[name], fields[name].type)
            ]
            checks += [
                self._prepare(model, res_id, name, made[res_id][name], text)
                for name, languages in texts.get(res_id, {}).items()
                for text in sorted(set(languages.values()) - {made[res_id].get(name)})
                if name in made[res_id] and text != now[name]
            ]
        return checks

    def _read_translations(self, records, names):
        """Return {ID: {field: {language: text}}} of translated names: each language has its own."""
        names = [name for name in names if records._fields[name].translate is True]
        if not (records and names):
            return {}
        raw = read_raw(records, names)
        return {
            res_id: {name: text for name, text in row.items() if text}
            for res_id, row in raw.items()
        }

    def compare_choices(self):
        """Return checks of pick-lists that lost a value of the confirmed map."""
        schema, checks = self.env["crm.migration.schema"], []
        for line in schema._get_lines(self.project).filtered(lambda x: x.new_type == "selection"):
            model = self.env[f"crm.migration.target.{line.mapping_id.target}"]._get_model()
            field = self.env["ir.model.fields"]._get(model, line.target_field)
            known = set(field.selection_ids.mapped("value"))
            checks += [
                self._prepare("ir.model.fields", field.id, "selection_ids", value, None)
                for value in schema._get_choice_values(line)
                if value not in known
            ]
        return checks

    def find_doubles(self):
        """Return checks of records that carry an ID of the source, and that no row became."""
        checks = []
        targets = self.project.mapping_ids.mapped("target")
        models = {self.env[f"crm.migration.target.{name}"]._get_model() for name in targets}
        for model in sorted(filter(None, {*models, "mail.message", "mail.activity"})):
            fields = self.env[model]._fields
            # A user has the fields of its partner, but not the columns.
            names = ("x_source_id", "x_source_system")
            if not all(name in fields and fields[name].store for name in names):
                continue
            self.env.cr.execute(
                SQL(
                    """SELECT t.id, t.x_source_id FROM %(table)s t
                        WHERE t.x_source_id IS NOT NULL AND t.x_source_system = %(system)s
                          AND NOT EXISTS (SELECT 1 FROM crm_migration_record r
                               WHERE r.model = %(model)s AND r.res_id = t.id)
                          AND NOT EXISTS (SELECT 1 FROM crm_migration_log l
                               WHERE l.model = %(model)s AND l.res_id = t.id)
                        ORDER BY t.id""",
                    table=SQL.identifier(self.env[model]._table),
                    system=self.project.source_system,
                    model=model,
                )
            )
            checks += [
                self._prepare(model, res_id, "x_source_id", None, key)
                for res_id, key in self.env.cr.fetchall()
            ]
        return checks

    # ------------------------------------------------------------- who did it

    def name_editors(self, checks):
        """Say who wrote a record after the migration last did, and when: an edit, no damage.

        What was changed behind Odoo's back leaves no such trace. The log knows the second in which
        its batch ended; the records of a batch are stamped with the moment in which it began.
        """
        groups = {}
        for check in checks:
            if check["verdict"] in (DIFFERENT, MISSING) and check["model"] in self.env:
                groups.setdefault(check["model"], set()).add(check["res_id"])
        edits = {}
        for model, ids in groups.items():
            if self.env[model]._log_access:
                edits |= self._read_edits(model, list(ids))
        for check in checks:
            uid, at = edits.get((check["model"], check["res_id"]), (None, None))
            check["edited_by_id"], check["edited_at"] = uid, at
        return checks

    def _read_edits(self, model, ids):
        """Return {(model, ID): (user, time)} of the last edit of each record.

        Where the migration wrote the record after it, the stamps of before are in the log.
        """
        self.env.cr.execute(
            SQL(
                """SELECT DISTINCT ON (l.res_id) l.res_id, (l.before ->> 'write_uid')::int,
                          (l.before ->> 'write_date')::timestamp
                     FROM crm_migration_log l
                    WHERE l.project_id = %(project)s AND l.model = %(model)s
                      AND l.res_id = ANY(%(ids)s) AND l.action IN ('update', 'restore')
                      AND date_trunc('second', (l.before ->> 'write_date')::timestamp) > (
                          SELECT max(p.logged_at) FROM crm_migration_log p
                           WHERE p.project_id = %(project)s AND p.model = %(model)s
                             AND p.res_id = l.res_id AND p.id < l.id
                             AND p.action != ALL(%(unstamped)s))
                    ORDER BY l.res_id, l.id DESC""",
                project=self.project.id,
                model=model,
                ids=ids,
                unstamped=list(UNSTAMPED),
            )
        )
        edits = {(model, res_id): edit for res_id, *edit in self.env.cr.fetchall()}
        return edits | self._read_last_edits(model, ids)

    def _read_last_edits(self, model, ids):
        self.env.cr.execute(
            SQL(
                """SELECT t.id, t.write_uid, t.write_date FROM %(table)s t
                    WHERE t.id = ANY(%(ids)s) AND date_trunc('second', t.write_date) > (
                          SELECT max(l.logged_at) FROM crm_migration_log l
                           WHERE l.project_id = %(project)s AND l.model = %(model)s
                             AND l.res_id = t.id AND l.action != ALL(%(unstamped)s))""",
                table=SQL.identifier(self.env[model]._table),
                ids=ids,
                project=self.project.id,
                model=model,
                unstamped=list(UNSTAMPED),
            )
        )
        return {(model, res_id): edit for res_id, *edit in self.env.cr.fetchall()}
