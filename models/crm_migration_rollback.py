import contextlib
import logging
from itertools import groupby
from operator import itemgetter

from odoo import api, models
from odoo.exceptions import RedirectWarning
from odoo.tools import SQL

from ..engine.comparing import same
from ..engine.types import Problem
from .disturbance import is_passing
from .followers import write_back
from .raw_columns import RAW, write_raw
from .setting_up import setting_up_models
from .silence import silent
from .undo_scope import LAST_ID, STAMPS, UNDONE_LINES, USERS_OF_SHARED, Scope
from .work import Work
from .written import Written
from .xmlid import xmlid_name

_logger = logging.getLogger(__name__)

LINKS = ("many2one", "many2many")
# What the last steps go through: table, rows in one step.
FINISHED = {"rows": ("crm_migration_record", 10000), "names": ("ir_model_data", 10000)}
# Models whose records must be let go before they can be removed: a posted invoice is a draft first.
RELEASED = {
    "product.product": "product",
    "product.template": "product",
    "sale.order": "order",
    "sale.order.line": "order_line",
    "account.move": "invoice",
    "account.move.line": "invoice_line",
    "account.payment": "payment",
}


class CrmMigrationRollback(models.AbstractModel):
    """The log, read backwards: what was created goes, what was updated gets its old values back.

    What people changed since stays: an edited record, with what it needs and its history; an
    edited field of an updated record. What that is: ``crm_migration_rollback_plan.py`` and
    ``crm_migration_rollback_spared.py``.
    """

    _name = "crm.migration.rollback"
    _description = "Rollback"

    # ------------------------------------------------------------- run

    @api.model
    def _step(self, run):
        """Undo the next log lines, newest first; True while there is more.

        Steps: find what people edited, free what goes from what hangs on it, take the lines,
        restore updates, remove creations, log what was done; at last, forget what became of the
        staged rows. Tags, stages and the like go after the records that refer to them.
        """
        project = silent(run.project_id)
        service = self.with_env(project.env)
        if not run.cursor or "place" in run.cursor:
            return service._prepare(run, project)
        scope = Scope(project, run.parameters, run.cursor["extra"])
        if run.cursor.get("linked"):
            service._empty_next(run, project, scope)
            return True
        if "rows" in run.cursor:
            return service._finish(run, project, scope)
        lines = service._read_lines(project, run.cursor["before_id"], run.cursor["shared"], scope)
        if not lines and not run.cursor["shared"]:
            run.cursor = run.cursor | {"before_id": LAST_ID, "shared": True}
            return True
        if not lines:
            return service._finish(run, project, scope)
        kept = {(model, res_id) for model, res_id in run.cursor["kept"]}
        # Runs of neighbours, not all of a kind together: the order of the log is the undo.
        neighbours = groupby(lines, itemgetter("action", "model"))  # pylint: disable=bad-builtin-groupby
        for (action, model), group in neighbours:
            undo = service._restore if action == "update" else service._remove
            undo(run, project, model, list(group), kept)
            project.env.flush_all()
        run.processed += len(lines)
        run.cursor = run.cursor | {"before_id": lines[-1]["id"], "kept": sorted(kept)}
        return True

    @api.model
    def _prepare(self, run, project):
        """Look at the next created records, what people did with them; then begin."""
        scope = Scope(project, run.parameters)
        found, place = run.cursor["found"] if run.cursor else [], (run.cursor or {}).get("place")
        more, place = self._look_up_next(project, scope, place or [self._get_models(project), 0])
        if place[0]:
            run.cursor = {"place": place, "found": [*found, *more]}
        else:
            created = Written(project).read_ids(scope)
            self._begin(run, project, Work([*found, *more], created))
        return True

    @api.model
    def _get_models(self, project):
        """Return the names of the models of which the project created records."""
        self.env.cr.execute(
            """SELECT DISTINCT model FROM crm_migration_log
                WHERE project_id = %s AND action = 'create' ORDER BY model""",
            [project.id],
        )
        return [model for (model,) in self.env.cr.fetchall()]

    @api.model
    def _begin(self, run, project, work=None):
        """Find what stays, from the newest line on."""
        plan = self._plan(project, Scope(project, run.parameters), work)
        scope = plan["scope"]
        self.env.cr.execute(
            SQL(
                "SELECT count(*) FROM crm_migration_log l WHERE project_id = %s AND id > %s"
                " AND action IN ('create', 'update') AND %s AND %s",
                project.id,
                project._get_undone_until(),
                scope.condition(),
                scope.still_there(),
            )
        )
        (run.total,) = self.env.cr.fetchone()
        run.cursor = {
            "before_id": LAST_ID,
            "kept": sorted(plan["kept"]),
            "shared": False,
            "extra": scope.extra,
            "reasons": {f"{one['model']},{one['res_id']}": one["reason"] for one in plan["spared"]},
        }
        if plan["links"]:
            run.cursor = run.cursor | {"linked": [self._get_models(project), 0]}

    @api.model
    def _read_lines(self, project, before_id, shared=None, scope=None, updates=False):
        """Return the log lines before that one that no rollback undid yet, newest first.

        What a record was created with stays in the log.

        :param shared: True for what records share (tags, stages, fields), which goes after all
            of them; False for the records; None for all
        :param scope: what is to be undone; without it every line of the project
        :param updates: True for only the lines of records that the project did not create
        """
        scope = scope or Scope(project)
        kind = {
            None: SQL(),
            True: SQL("AND record_id IS NULL"),
            False: SQL("AND record_id IS NOT NULL"),
        }[shared]
        until = project._get_undone_until()
        of_created = SQL(
            """action = 'update' AND EXISTS (
                   SELECT 1 FROM crm_migration_log c
                    WHERE c.project_id = l.project_id AND c.model = l.model
                      AND c.res_id = l.res_id AND c.action = 'create' AND c.id > %s AND %s)""",
            until,
            scope.condition("c"),
        )
        self.env.cr.execute(
            SQL(
                """SELECT id, record_id, model, res_id, action,
                          CASE action WHEN 'update' THEN before END AS before,
                          CASE action WHEN 'update' THEN after END AS after,
                          %(of_created)s AS of_created
                     FROM crm_migration_log l
                    WHERE project_id = %(project)s AND id < %(before)s AND id > %(until)s
                      AND action = ANY(%(actions)s) AND %(scope)s AND %(there)s %(kind)s %(own)s
                    ORDER BY id DESC LIMIT %(limit)s""",
                of_created=of_created,
                project=project.id,
                before=before_id,
                until=until,
                actions=["update"] if updates else ["create", "update"],
                kind=kind,
                own=SQL("AND NOT (%s)", of_created) if updates else SQL(),
                scope=scope.condition(),
                there=scope.still_there(),
                limit=UNDONE_LINES,
            )
        )
        return self.env.cr.dictfetchall()

    @api.model
    def _finish(self, run, project, scope):
        """Forget what the records became, of some rows and names in each step; True while there is
        more to do."""
        kept = {tuple(pair) for pair in run.cursor["kept"]}
        if self._take_next(run, "rows"):
            finish = self._finish_whole if scope.is_whole else self._finish_part
            finish(run, project, scope, kept)
            return True
        if scope.is_whole and self._take_next(run, "names"):
            self._remove_xmlids(project, run.cursor["names"], kept)
            return True
        if scope.is_whole:
            project.inventory_ids.write({"automation_id": 0})
            run.parameters = (run.parameters or {}) | {"undone_until": run._get_log_end()}
        elif scope.runs:
            # The companies hold their earlier counts again.
            self.env["crm.migration.loader"]._note_contact_counts(
                project, SQL("r.load_run_id = ANY(%s)", scope.runs)
            )
        return False

    @api.model
    def _take_next(self, run, key):
        """Note the IDs between which the next rows of a table are; False if there are none.

        Of all rows, whosever they are: by the primary key that takes the same time at any size.
        """
        table, limit = FINISHED[key]
        last = run.cursor.get(key, [0, 0])[1]
        self.env.cr.execute(
            SQL(
                "SELECT max(id) FROM (SELECT id FROM %s WHERE id > %s ORDER BY id LIMIT %s) AS t",
                SQL.identifier(table),
                last,
                limit,
            )
        )
        (until,) = self.env.cr.fetchone()
        if until:
            run.cursor = run.cursor | {key: [last, until]}
        return bool(until)

    @api.model
    def _finish_whole(self, run, project, scope, kept):
        """The rows are as they were when staged."""
        self.env.cr.execute(
            """UPDATE crm_migration_record
                  SET state = CASE WHEN state IN ('skipped') THEN state ELSE 'staged' END,
                      res_id = NULL, model = NULL, loaded_payload = NULL, match_name = NULL,
                      match_email = NULL, previous_payload = NULL, is_undone = FALSE
                WHERE project_id = %s AND id > %s AND id <= %s AND entity != ALL(%s)""",
            [project.id, *run.cursor["rows"], self.env["crm.migration.joiner"]._get_codes(project)],
        )

    @api.model
    def _finish_part(self, run, project, scope, kept):
        """Tell the staged rows what was taken back.

        A row whose record is gone is left out of later loads, or staged again if that was asked
        for. A row whose newer values were taken back stands for the record again, with the row
        that it holds now.
        """
        again = (run.parameters or {}).get("again")
        first, last = run.cursor["rows"]
        self.env.cr.execute(
            SQL(
                """SELECT r.id, r.entity, r.source_key, r.model, r.res_id
                     FROM crm_migration_record r
                    WHERE r.project_id = %(project)s AND r.id > %(first)s AND r.id <= %(last)s
                      AND r.res_id IS NOT NULL AND (%(landed)s OR EXISTS (
                          SELECT 1 FROM crm_migration_log u
                           WHERE u.project_id = r.project_id AND u.run_id = %(run)s
                             AND u.action = 'remove' AND u.model = r.model
                             AND u.res_id = r.res_id))""",
                project=project.id,
                first=first,
                last=last,
                landed=scope.landed(),
                run=run.id,
            )
        )
        gone = [
            row for row in self.env.cr.dictfetchall() if (row["model"], row["res_id"]) not in kept
        ]
        self._set_back(run, scope, again)
        ids = [row["id"] for row in gone]
        self._remove_names(project, gone)
        self.env.cr.execute(
            """UPDATE crm_migration_record
                  SET state = %s, is_undone = %s, res_id = NULL, model = NULL,
                      loaded_payload = NULL, previous_payload = NULL, match_name = NULL,
                      match_email = NULL
                WHERE id = ANY(%s)""",
            ["staged" if again else "skipped", not again, ids],
        )
        self.env["crm.migration.record"].invalidate_model()

    @api.model
    def _set_back(self, run, scope, again):
        """Let the rows that a later load updated stand for what the records hold again."""
        if not scope.runs:
            return
        self.env.cr.execute(
            """UPDATE crm_migration_record r
                  SET state = %s, loaded_payload = COALESCE(previous_payload, loaded_payload),
                      previous_payload = NULL
                WHERE r.id > %s AND r.id <= %s AND r.load_run_id = ANY(%s) AND r.state = 'updated'
                  AND EXISTS (
                      SELECT 1 FROM crm_migration_log u
                       WHERE u.run_id = %s AND u.action = 'restore' AND u.record_id = r.id)""",
            ["staged" if again else "unchanged", *run.cursor["rows"], scope.runs, run.id],
        )

    @api.model
    def _remove_names(self, project, rows):
        """Remove the external IDs of rows that are no record of Odoo any more."""
        about = [("module", "=", project._get_xmlid_module())]
        if project.purged_at:
            # What named a person in the place of an ID is no longer known: by the record then.
            about += [
                ("model", "in", list({row["model"] for row in rows})),
                ("res_id", "in", [row["res_id"] for row in rows]),
            ]
        else:
            names = [xmlid_name(row["entity"], row["source_key"]) for row in rows]
            about.append(("name", "in", names))
        self._unlink_names(project, self.env["ir.model.data"].search(about))

    @api.model
    def _remove_xmlids(self, project, between, kept):
        """Remove the external IDs of records that were there before the migration."""
        first, last = between
        data = self.env["ir.model.data"].search(
            [("module", "=", project._get_xmlid_module()), ("id", ">", first), ("id", "<=", last)]
        )
        self._unlink_names(project, data.filtered(lambda d: (d.model, d.res_id) not in kept))

    @api.model
    def _unlink_names(self, project, data):
        """Remove external IDs but for those of records that other projects of the same source
        system still hold."""
        others = (
            self.env["crm.migration.project"]
            .sudo()
            .with_context(active_test=False)
            .search([("id", "!=", project.id), ("source_system", "=", project.source_system)])
        )
        held = set()
        if others and data:
            self.env.cr.execute(
                """SELECT model, res_id FROM crm_migration_record
                    WHERE project_id = ANY(%(others)s) AND model = ANY(%(models)s)
                      AND res_id = ANY(%(ids)s)
                    UNION
                   SELECT l.model, l.res_id FROM crm_migration_log l
                     JOIN crm_migration_project p ON p.id = l.project_id
                    WHERE p.id = ANY(%(others)s) AND p.state != 'rolled_back'
                      AND l.model = ANY(%(models)s) AND l.res_id = ANY(%(ids)s)
                      AND l.record_id IS NULL AND l.action = 'create'""",
                {
                    "others": others.ids,
                    "ids": data.mapped("res_id"),
                    "models": list(set(data.mapped("model"))),
                },
            )
            held = set(self.env.cr.fetchall())
        data.filtered(lambda d: (d.model, d.res_id) not in held).unlink()

    # ------------------------------------------------------------- restore

    @api.model
    def _restore(self, run, project, model, lines, kept):
        """Put the old values back, field by field, where nobody changed them since.

        What the project created needs no old values: it goes, or stays as it is.
        """
        if model not in self.env:
            return
        fields = self.env[model]._fields
        lines = [
            line for line in lines if not line["of_created"] and (model, line["res_id"]) not in kept
        ]
        names = sorted({n for line in lines for n in line["before"] if n in fields} - set(STAMPS))
        alive = self.env[model].browse([line["res_id"] for line in lines]).exists().ids
        target = self.env["crm.migration.target"]
        landed = target._read_landed_of(model, alive, names) if alive else {}
        stamps = self._read_stamps(model, alive)
        entries = []
        for line in lines:
            now = landed.get(line["res_id"])
            if now is not None:
                values, whole = self._restore_record(run, project, line, now, fields)
                now |= values
                undone = line["id"] if whole else None
                # Once: of an edit since, nothing else may be left.
                covered = stamps.pop(line["res_id"], None)
                entries.append(
                    (line["record_id"], model, line["res_id"], "restore", covered, values, undone)
                )
        self.env["crm.migration.log"]._append(run, entries)

    @api.model
    def _restore_record(self, run, project, line, now, fields):
        """Write the old values of the fields that still hold what the migration wrote."""
        model = line["model"]
        scope = Scope(project, run.parameters)
        known = {
            name: value
            for name, value in line["before"].items()
            if name in now and name not in STAMPS
        }
        values = {
            name: value
            for name, value in known.items()
            if same(line["after"].get(name), now[name], fields[name].type)
            or scope.is_forced(model, line["res_id"], name)
        }
        settled = {name for name in known if not self._is_edited(line, name, now, fields)}
        spared = {name for name in line["after"] if name in fields} - set(values) - settled
        if values:
            self._write_back(model, line["res_id"], values)
            raw = line["before"].get(RAW, {})
            raw = {name: raw[name] for name in raw.keys() & values.keys()}
            write_raw(self.env[model].browse(line["res_id"]), raw)
        if spared:
            names = ", ".join(sorted(spared))
            self._tell_kept(run, project, model, line, self.env._("edited: %(names)s", names=names))
        else:
            self._restore_stamps(model, line)
        return values, not spared

    @api.model
    def _write_back(self, model, res_id, values):
        """Write through the target of the model, which knows what Odoo would do besides."""
        following = self.env["crm.migration.target"]._get_following(model) & values.keys()
        if following:
            followed = {name: values[name] for name in following}
            write_back(self.env[model].browse(res_id), followed)
            values = {name: value for name, value in values.items() if name not in following}
        if not values:
            return
        targets = {"crm.lead": "lead", "res.partner": "partner"}
        if model in targets:
            target = self.env[f"crm.migration.target.{targets[model]}"]
            target._write(self.env[model].browse(res_id), values)
        else:
            target = self.env["crm.migration.target"]
            self.env[model].browse(res_id).write(target._to_orm_of(model, [values])[0])

    @api.model
    def _read_stamps(self, model, ids):
        """Return {ID: {"write_uid", "write_date"}}: who wrote these records last, and when."""
        if not self.env[model]._log_access:
            return {}
        stamps = self.env["crm.migration.schema"]._read_stamps(self.env[model]._table, ids)
        return {res_id: dict(zip(STAMPS, pair, strict=True)) for res_id, pair in stamps.items()}

    @api.model
    def _restore_stamps(self, model, line):
        """Put back who wrote the record and when."""
        if "write_date" not in line["before"]:
            return
        self.env.flush_all()
        self.env.cr.execute(
            SQL(
                "UPDATE %s SET write_uid = %s, write_date = %s WHERE id = %s",
                SQL.identifier(self.env[model]._table),
                line["before"]["write_uid"],
                line["before"]["write_date"],
                line["res_id"],
            )
        )
        self.env[model].browse(line["res_id"]).invalidate_recordset()

    # ------------------------------------------------------------- remove

    @api.model
    def _remove(self, run, project, model, lines, kept):
        """Delete creations together; what people edited stays, and is told."""
        for line in lines:
            if (model, line["res_id"]) in kept:
                self._tell_kept(run, project, model, line, self._get_reason(run, model, line))
        going = [line for line in lines if (model, line["res_id"]) not in kept]
        used = self._find_used(project, model, going) if model in self.env else set()
        for line in lines:
            if line["res_id"] in used:
                kept.add((model, line["res_id"]))
                self._tell_kept(run, project, model, line, self.env._("used by others"))
        gone = [line for line in lines if (model, line["res_id"]) not in kept]
        if gone:
            self._remove_batch(run, project, gone, kept)

    @api.model
    def _get_reason(self, run, model, line):
        """Return why a record stays, as the preview told it; history stays with its record."""
        reason = run.cursor.get("reasons", {}).get(f"{model},{line['res_id']}")
        reasons = self._get_reasons()
        return reasons.get(reason) or self.env._("it belongs to a record that stays")

    @api.model
    def _find_used(self, project, model, lines):
        """Return the IDs of shared things that others use: another project, or people.

        What this project loaded is gone by now (the log is read backwards), so whoever still
        refers to a tag, stage, team, source or custom field is somebody else.
        """
        ids = [line["res_id"] for line in lines if line["record_id"] is None]
        if not ids:
            return set()
        if model == "ir.model.fields":
            return self._find_used_fields(project, ids)
        used, going = set(), [line["res_id"] for line in lines]
        for owner in (owner for owner in USERS_OF_SHARED if owner in self.env):
            for field in self.env[owner]._fields.values():
                linked = field.comodel_name == model and field.type in LINKS
                if linked and field.store and not field.company_dependent:
                    used |= self._find_linked(owner, field, ids, going)
        return used

    @api.model
    def _find_linked(self, owner, field, ids, going):
        others = SQL()
        if field.type == "many2many":
            table, column = field.relation, field.column2
        else:
            table, column = self.env[owner]._table, field.name
            if owner == field.comodel_name:
                # A partner is its own commercial entity, and those under a placeholder go with it:
                # that is no use by others.
                others = SQL("AND id != ALL(%s)", going)
        self.env.cr.execute(
            SQL(
                "SELECT DISTINCT %(column)s FROM %(table)s"
                " WHERE %(column)s = ANY(%(ids)s) %(others)s",
                column=SQL.identifier(column),
                table=SQL.identifier(table),
                ids=ids,
                others=others,
            )
        )
        return {row[0] for row in self.env.cr.fetchall()}

    @api.model
    def _find_used_fields(self, project, ids):
        """Return the custom fields that hold a value, or that another project's map goes to."""
        others = self.env["crm.migration.mapping.line"].search(
            [("project_id", "!=", project.id), ("state", "=", "confirmed")]
        )
        wanted = {
            (
                self.env[f"crm.migration.target.{line.mapping_id.target}"]._get_model(),
                line.target_field,
            )
            for line in others
            if line.project_id._has_effects()
        }
        used = set()
        for field in self.env["ir.model.fields"].browse(ids).exists():
            filled = field.store and self._is_filled(field)
            if filled or (field.model, field.name) in wanted:
                used.add(field.id)
        return used

    @api.model
    def _is_filled(self, field):
        empty = SQL("IS TRUE") if field.ttype == "boolean" else SQL("IS NOT NULL")
        self.env.cr.execute(
            SQL(
                "SELECT 1 FROM %s WHERE %s %s LIMIT 1",
                SQL.identifier(self.env[field.model]._table),
                SQL.identifier(field.name),
                empty,
            )
        )
        return bool(self.env.cr.fetchone())

    @api.model
    def _remove_batch(self, run, project, lines, kept):
        model = lines[0]["model"]
        if model not in self.env:
            return
        records = self.env[model].browse([line["res_id"] for line in lines]).exists()
        try:
            with self.env.cr.savepoint():
                self._remove_xmlids_of(records)
                with self._setting_up(model):
                    self._release(records).unlink()
                    self.env.flush_all()
        except Exception as error:
            if is_passing(error):
                raise
            self.env.invalidate_all()
            if len(lines) == 1:
                _logger.info("Rollback keeps %s %s: %s", model, lines[0]["res_id"], error)
                kept.add((model, lines[0]["res_id"]))
                # An offer to go elsewhere comes with its action: people are told the sentence.
                detail = error.args[0] if isinstance(error, RedirectWarning) else error
                self._tell_kept(run, project, model, lines[0], str(detail)[:300])
                return
            middle = len(lines) // 2
            self._remove_batch(run, project, lines[:middle], kept)
            self._remove_batch(run, project, lines[middle:], kept)
            return
        self.env["crm.migration.log"]._append_removals(run, [line["id"] for line in lines])

    @api.model
    def _setting_up(self, model):
        is_schema = model in ("ir.model.fields", "ir.model.fields.selection")
        return setting_up_models(self.env.cr) if is_schema else contextlib.nullcontext()

    @api.model
    def _release(self, records):
        """Return the records, ready to be removed."""
        target = RELEASED.get(records._name)
        return self.env[f"crm.migration.target.{target}"]._release(records) if target else records

    @api.model
    def _remove_xmlids_of(self, records):
        """Remove external IDs before their records.

        ``unlink`` removes them in an environment with an empty context, whose flush would wake
        the automation rules (odoo19.md, rule 1).
        """
        self.env.cr.execute(
            "DELETE FROM ir_model_data WHERE model = %s AND res_id = ANY(%s)",
            [records._name, records.ids],
        )
        if self.env.cr.rowcount:
            self.env.registry.clear_cache()

    @api.model
    def _tell_kept(self, run, project, model, line, detail):
        problem = Problem(
            "rollback_kept", parameters={"name": f"{model} {line['res_id']}", "detail": detail}
        )
        self.env["crm.migration.issue"]._append(project, [(problem, {})], run)
