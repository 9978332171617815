import logging
from itertools import groupby
from operator import itemgetter

from odoo import api, models
from odoo.tools import SQL

from ..engine.comparing import same
from ..engine.types import Problem
from .disturbance import is_passing
from .silence import silent

_logger = logging.getLogger(__name__)

# Log lines undone per transaction.
UNDONE_LINES = 1000
# Before this one stand all lines of the log.
LAST_ID = 2**31 - 1
LINKS = ("many2one", "many2many")
# Models whose links keep a shared thing (tag, stage, team, source …) in use.
USERS_OF_SHARED = (
    "res.partner", "crm.lead", "calendar.event", "mail.activity", "crm.stage", "crm.team.member",
    "project.task", "sale.order.line", "account.move", "account.move.line", "account.payment",
    "slide.channel.partner", "mailing.subscription",
)  # fmt: skip
# Models whose records must be let go before they can be removed: a posted invoice is a draft first.
RELEASED = {
    "sale.order": "order",
    "sale.order.line": "order_line",
    "account.move": "invoice",
    "account.move.line": "invoice_line",
    "account.payment": "payment",
}
STAMPS = ("write_uid", "write_date")
# History of a record: field that names the record it hangs on.
HISTORY = {
    "mail.message": ("model", "res_id"),
    "mail.activity": ("res_model", "res_id"),
    "calendar.event": ("res_model", "res_id"),
}


class CrmMigrationRollback(models.AbstractModel):
    """The log, read backwards: what was created goes, what was updated gets its old values back.

    What people changed since stays: an edited record, with what it needs and its history; an
    edited field of an updated record.
    """

    _name = "crm.migration.rollback"
    _description = "Rollback"

    # ------------------------------------------------------------- run

    @api.model
    def _step(self, run):
        """Undo the next log lines, newest first; True while there is more.

        Steps: find what people edited (once), take the lines, restore updates, remove creations,
        log what was done. Tags, stages and the like go after the records that refer to them.
        """
        project = silent(run.project_id)
        service = self.with_env(project.env)
        if not run.cursor:
            service._begin(run, project)
        lines = service._read_lines(project, run.cursor["before_id"], run.cursor["shared"])
        if not lines and not run.cursor["shared"]:
            run.cursor = run.cursor | {"before_id": LAST_ID, "shared": True}
            return True
        if not lines:
            service._finish(run, project)
            return False
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
    def _begin(self, run, project):
        """Find what stays, from the newest line on."""
        self.env.cr.execute(
            "SELECT count(*) FROM crm_migration_log WHERE project_id = %s AND id > %s"
            " AND action IN ('create', 'update')",
            [project.id, project._get_undone_until()],
        )
        (run.total,) = self.env.cr.fetchone()
        run.cursor = {
            "before_id": LAST_ID,
            "kept": sorted(self._get_kept(project)),
            "shared": False,
        }

    @api.model
    def _read_lines(self, project, before_id, shared=None):
        """Return the log lines before that one that no rollback undid yet, newest first.

        :param shared: True for what records share (tags, stages, fields), which goes after all
            of them; False for the records; None for all
        """
        kind = {
            None: SQL(),
            True: SQL("AND record_id IS NULL"),
            False: SQL("AND record_id IS NOT NULL"),
        }[shared]
        until = project._get_undone_until()
        self.env.cr.execute(
            SQL(
                """SELECT id, record_id, model, res_id, action, before, after,
                          action = 'update' AND EXISTS (
                              SELECT 1 FROM crm_migration_log c
                               WHERE c.project_id = l.project_id AND c.model = l.model
                                 AND c.res_id = l.res_id AND c.action = 'create'
                                 AND c.id > %(until)s
                          ) AS of_created
                     FROM crm_migration_log l
                    WHERE project_id = %(project)s AND id < %(before)s AND id > %(until)s
                      AND action IN ('create', 'update') %(kind)s
                    ORDER BY id DESC LIMIT %(limit)s""",
                project=project.id,
                before=before_id,
                until=until,
                kind=kind,
                limit=UNDONE_LINES,
            )
        )
        return self.env.cr.dictfetchall()

    @api.model
    def _finish(self, run, project):
        """Forget what the records became; the rows are as they were when staged."""
        kept = {tuple(pair) for pair in run.cursor["kept"]}
        self.env.cr.execute(
            """UPDATE crm_migration_record
                  SET state = CASE WHEN state IN ('skipped') THEN state ELSE 'staged' END,
                      res_id = NULL, model = NULL, loaded_payload = NULL, match_name = NULL,
                      match_email = NULL
                WHERE project_id = %s""",
            [project.id],
        )
        self._remove_xmlids(project, kept)
        project.inventory_ids.write({"automation_id": 0})
        self.env.cr.execute(
            "SELECT COALESCE(max(id), 0) FROM crm_migration_log WHERE project_id = %s", [project.id]
        )
        (undone_until,) = self.env.cr.fetchone()
        run.parameters = {"undone_until": undone_until}

    @api.model
    def _remove_xmlids(self, project, kept):
        """Remove the external IDs of records that were there before the migration."""
        data = self.env["ir.model.data"].search([("module", "=", project._get_xmlid_module())])
        others = self._get_records_of_others(project)
        data.filtered(
            lambda d: (d.model, d.res_id) not in kept and (d.model, d.res_id) not in others
        ).unlink()

    @api.model
    def _get_records_of_others(self, project):
        """Return what other projects of the same source system still hold."""
        self.env.cr.execute(
            """SELECT r.model, r.res_id FROM crm_migration_record r
                 JOIN crm_migration_project p ON p.id = r.project_id
                WHERE p.id != %s AND p.source_system = %s AND r.res_id IS NOT NULL""",
            [project.id, project.source_system],
        )
        records = set(self.env.cr.fetchall())
        self.env.cr.execute(
            """SELECT l.model, l.res_id FROM crm_migration_log l
                 JOIN crm_migration_project p ON p.id = l.project_id
                WHERE p.id != %s AND p.source_system = %s AND l.record_id IS NULL
                  AND l.action = 'create' AND p.state != 'rolled_back'""",
            [project.id, project.source_system],
        )
        return records | set(self.env.cr.fetchall())

    # ------------------------------------------------------------- preview

    @api.model
    def _preview(self, project):
        """Return what a rollback would do: ``{"remove": {model: n}, "restore": {model: n},
        "keep": {model: n}, "fields": n}``; nothing is written."""
        project = silent(project)
        service = self.with_env(project.env)
        kept = service._get_kept(project)
        result = {"remove": {}, "restore": {}, "keep": {}, "fields": 0}
        before_id = LAST_ID
        while lines := service._read_lines(project, before_id):
            before_id = lines[-1]["id"]
            for line in lines:
                if line["of_created"]:
                    continue
                if line["action"] == "create":
                    kind = "keep" if (line["model"], line["res_id"]) in kept else "remove"
                else:
                    kind = "restore"
                    result["fields"] += len(set(line["after"] or {}) - set(STAMPS))
                counts = result[kind]
                counts[line["model"]] = counts.get(line["model"], 0) + 1
        return result

    # ------------------------------------------------------------- what stays

    @api.model
    def _get_kept(self, project):
        """Return {(model, ID)} of created records that stay.

        Steps: those whose fields people edited or that people worked on since; what these refer
        to; the history of those that stay.
        """
        created = self._read_created(project)
        kept = self._find_edited(created) | self._find_worked_on(created)
        kept = self._add_referred(created, kept)
        return kept | self._find_history(created, kept)

    @api.model
    def _read_created(self, project):
        """Return {(model, ID): values as last written} of the records the project created."""
        values, created = {}, set()
        before_id = LAST_ID
        while lines := self._read_lines(project, before_id):
            before_id = lines[-1]["id"]
            for line in lines:
                key = (line["model"], line["res_id"])
                # Newest first: what an older line says counts where no newer one says more.
                values[key] = (line["after"] or {}) | values.get(key, {})
                if line["action"] == "create":
                    created.add(key)
        return {key: values[key] for key in created}

    @api.model
    def _find_edited(self, created):
        """Return the created records whose logged values are no longer the landed ones."""
        edited = set()
        for model, ids in self._group(created).items():
            if model not in self.env:
                continue
            fields = self.env[model]._fields
            target = self.env["crm.migration.target"]
            for start in range(0, len(ids), UNDONE_LINES):
                part = self.env[model].browse(ids[start : start + UNDONE_LINES]).exists()
                names = sorted({n for i in part.ids for n in created[model, i] if n in fields})
                if not names:
                    continue
                landed = target._read_landed_of(model, part.ids, names)
                for res_id, now in landed.items():
                    after = created[model, res_id]
                    if any(
                        not same(after[n], now[n], fields[n].type) for n in after if n in fields
                    ):
                        edited.add((model, res_id))
        return edited

    @api.model
    def _group(self, keys):
        groups = {}
        for model, res_id in keys:
            groups.setdefault(model, []).append(res_id)
        return groups

    @api.model
    def _find_worked_on(self, created):
        """Return the created partners and deals on which people wrote or planned something."""
        kept = set()
        for model in ("res.partner", "crm.lead"):
            ids = [res_id for name, res_id in created if name == model]
            for table, model_column in (("mail_message", "model"), ("mail_activity", "res_model")):
                history = table.replace("_", ".")
                ours = [res_id for name, res_id in created if name == history]
                self.env.cr.execute(
                    SQL(
                        """SELECT DISTINCT res_id FROM %s
                            WHERE %s = %s AND res_id = ANY(%s) AND id != ALL(%s) %s""",
                        SQL.identifier(table),
                        SQL.identifier(model_column),
                        model,
                        ids,
                        ours,
                        SQL("AND message_type IN ('comment', 'email')")
                        if table == "mail_message"
                        else SQL(),
                    )
                )
                kept |= {(model, res_id) for (res_id,) in self.env.cr.fetchall()}
        return kept

    @api.model
    def _add_referred(self, created, kept):
        """Add the created records that kept ones refer to: company, contact, team, stage, tags."""
        todo = list(kept)
        while todo:
            model, res_id = todo.pop()
            fields = self.env[model]._fields
            for name, value in created.get((model, res_id), {}).items():
                comodel = name in fields and fields[name].comodel_name
                for other in value if isinstance(value, list) else [value]:
                    key = (comodel, other)
                    if comodel and other and key in created and key not in kept:
                        kept.add(key)
                        todo.append(key)
        return kept

    @api.model
    def _find_history(self, created, kept):
        """Return the created messages, activities, events and files of records that stay."""
        found = set()
        for model, ids in self._group(created).items():
            if model in HISTORY or model == "ir.attachment":
                name, link = HISTORY.get(model, ("res_model", "res_id"))
                rows = self.env[model].browse(ids).exists().read([name, link], load=None)
                found |= {(model, r["id"]) for r in rows if (r[name], r[link]) in kept}
        return found

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
        entries = []
        for line in lines:
            now = landed.get(line["res_id"])
            if now is not None:
                values = self._restore_record(run, project, line, now, fields)
                now |= values
                entries.append((line["record_id"], model, line["res_id"], "restore", None, values))
        self.env["crm.migration.log"]._append(run, entries)

    @api.model
    def _restore_record(self, run, project, line, now, fields):
        """Write the old values of the fields that still hold what the migration wrote."""
        model = line["model"]
        values = {
            name: value
            for name, value in line["before"].items()
            if name in now
            and name not in STAMPS
            and same(line["after"].get(name), now[name], fields[name].type)
        }
        spared = {name for name in line["after"] if name in fields} - set(values)
        if values:
            self._write_back(model, line["res_id"], values)
        if spared:
            self._tell_kept(run, project, model, line, ", ".join(sorted(spared)))
        else:
            self._restore_stamps(model, line)
        return values

    @api.model
    def _write_back(self, model, res_id, values):
        """Write through the target of the model, which knows what Odoo would do besides."""
        targets = {"crm.lead": "lead", "res.partner": "partner"}
        if model in targets:
            target = self.env[f"crm.migration.target.{targets[model]}"]
            target._write(self.env[model].browse(res_id), values)
        else:
            target = self.env["crm.migration.target"]
            self.env[model].browse(res_id).write(target._to_orm_of(model, values))

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
                self._tell_kept(run, project, model, line, "edited since")
        going = [line for line in lines if (model, line["res_id"]) not in kept]
        used = self._find_used(project, model, going) if model in self.env else set()
        for line in lines:
            if line["res_id"] in used:
                kept.add((model, line["res_id"]))
                self._tell_kept(run, project, model, line, "used by others")
        gone = [line for line in lines if (model, line["res_id"]) not in kept]
        if gone:
            self._remove_batch(run, project, gone, kept)

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
                self._release(records).unlink()
                self.env.flush_all()
        except Exception as error:
            if is_passing(error):
                raise
            self.env.invalidate_all()
            if len(lines) == 1:
                _logger.info("Rollback keeps %s %s: %s", model, lines[0]["res_id"], error)
                kept.add((model, lines[0]["res_id"]))
                self._tell_kept(run, project, model, lines[0], str(error)[:300])
                return
            middle = len(lines) // 2
            self._remove_batch(run, project, lines[:middle], kept)
            self._remove_batch(run, project, lines[middle:], kept)
            return
        self.env["crm.migration.log"]._append(
            run,
            [
                (line["record_id"], model, line["res_id"], "remove", line["after"], None)
                for line in lines
            ],
        )

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
        self.env["ir.model.data"].search(
            [("model", "=", records._name), ("res_id", "in", records.ids)]
        ).unlink()

    @api.model
    def _tell_kept(self, run, project, model, line, detail):
        problem = Problem(
            "rollback_kept", parameters={"name": f"{model} {line['res_id']}", "detail": detail}
        )
        self.env["crm.migration.issue"]._append(project, [(problem, {})], run)
