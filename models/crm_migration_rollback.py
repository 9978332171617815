import logging
from itertools import groupby
from operator import itemgetter

from odoo import api, models
from odoo.tools import SQL

from ..engine.comparing import same
from ..engine.types import Problem
from .disturbance import is_passing
from .silence import silent
from .undo_scope import Scope
from .xmlid import xmlid_name

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
# What Odoo itself makes with a record, unlogged: model -> (link, model of the record); in the order
# in which one is part of the other.
PARTS = {
    "account.move": ("origin_payment_id", "account.payment"),
    "account.move.line": ("move_id", "account.move"),
    "sale.order.line": ("order_id", "sale.order"),
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
        scope = Scope(project, run.parameters, run.cursor["extra"])
        lines = service._read_lines(project, run.cursor["before_id"], run.cursor["shared"], scope)
        if not lines and not run.cursor["shared"]:
            run.cursor = run.cursor | {"before_id": LAST_ID, "shared": True}
            return True
        if not lines:
            service._finish(run, project, scope)
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
        """Find what stays, from the newest line on, and free what goes from what hangs on it."""
        plan = self._plan(project, Scope(project, run.parameters))
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
        }
        if not scope.is_whole:
            self._empty_links(run, plan["links"])

    @api.model
    def _read_lines(self, project, before_id, shared=None, scope=None):
        """Return the log lines before that one that no rollback undid yet, newest first.

        :param shared: True for what records share (tags, stages, fields), which goes after all
            of them; False for the records; None for all
        :param scope: what is to be undone; without it every line of the project
        """
        scope = scope or Scope(project)
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
                                 AND c.id > %(until)s AND %(created)s
                          ) AS of_created
                     FROM crm_migration_log l
                    WHERE project_id = %(project)s AND id < %(before)s AND id > %(until)s
                      AND action IN ('create', 'update') AND %(scope)s AND %(there)s %(kind)s
                    ORDER BY id DESC LIMIT %(limit)s""",
                project=project.id,
                before=before_id,
                until=until,
                kind=kind,
                scope=scope.condition(),
                created=scope.condition("c"),
                there=scope.still_there(),
                limit=UNDONE_LINES,
            )
        )
        return self.env.cr.dictfetchall()

    @api.model
    def _finish(self, run, project, scope):
        """Forget what the records became; the rows are as they were when staged."""
        kept = {tuple(pair) for pair in run.cursor["kept"]}
        if not scope.is_whole:
            self._finish_part(run, project, scope, kept)
            return
        self.env.cr.execute(
            """UPDATE crm_migration_record
                  SET state = CASE WHEN state IN ('skipped') THEN state ELSE 'staged' END,
                      res_id = NULL, model = NULL, loaded_payload = NULL, match_name = NULL,
                      match_email = NULL, previous_payload = NULL, is_undone = FALSE
                WHERE project_id = %s""",
            [project.id],
        )
        self._remove_xmlids(project, kept)
        project.inventory_ids.write({"automation_id": 0})
        self.env.cr.execute(
            "SELECT COALESCE(max(id), 0) FROM crm_migration_log WHERE project_id = %s", [project.id]
        )
        (undone_until,) = self.env.cr.fetchone()
        run.parameters = (run.parameters or {}) | {"undone_until": undone_until}

    @api.model
    def _finish_part(self, run, project, scope, kept):
        """Tell the staged rows what was taken back.

        A row whose record is gone is left out of later loads, or staged again if that was asked
        for. A row whose newer values were taken back stands for the record again, with the row
        that it holds now.
        """
        again = (run.parameters or {}).get("again")
        self.env.cr.execute(
            SQL(
                """SELECT r.id, r.entity, r.source_key, r.model, r.res_id
                     FROM crm_migration_record r
                    WHERE r.project_id = %(project)s AND r.res_id IS NOT NULL
                      AND (%(landed)s OR EXISTS (
                          SELECT 1 FROM crm_migration_log u
                           WHERE u.run_id = %(run)s AND u.action = 'remove'
                             AND u.model = r.model AND u.res_id = r.res_id))""",
                project=project.id,
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
        if scope.runs:
            # The companies hold their earlier counts again.
            self.env["crm.migration.loader"]._note_contact_counts(
                project, SQL("r.load_run_id = ANY(%s)", scope.runs)
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
                WHERE r.load_run_id = ANY(%s) AND r.state = 'updated' AND EXISTS (
                      SELECT 1 FROM crm_migration_log u
                       WHERE u.run_id = %s AND u.action = 'restore' AND u.record_id = r.id)""",
            ["staged" if again else "unchanged", scope.runs, run.id],
        )

    @api.model
    def _remove_names(self, project, rows):
        """Remove the external IDs of rows that are no record of Odoo any more."""
        others = self._get_records_of_others(project)
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
        self.env["ir.model.data"].search(about).filtered(
            lambda d: (d.model, d.res_id) not in others
        ).unlink()

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
    def _preview(self, project, parameters=None):
        """Return what a rollback would do; nothing is written.

        :param parameters: what the run would get: see ``Scope``; without them everything
        :return: ``{"remove": {model: n}, "restore": {model: n}, "keep": {model: n}, "fields": n,
            "dependants": {(model, of model): n}, "spared": [{model, res_id, field, reason}]}``
        """
        project._check_not_purged("rollback")
        project = silent(project)
        service = self.with_env(project.env)
        plan = service._plan(project, Scope(project, parameters))
        result = {"remove": {}, "restore": {}, "keep": {}, "fields": 0} | {
            "dependants": plan["dependants"],
            "spared": plan["spared"],
        }
        before_id = LAST_ID
        while lines := service._read_lines(project, before_id, scope=plan["scope"]):
            before_id = lines[-1]["id"]
            lines = [line for line in lines if not line["of_created"]]
            for line in lines:
                if line["action"] == "create":
                    kind = "keep" if (line["model"], line["res_id"]) in plan["kept"] else "remove"
                else:
                    kind = "restore"
                    result["fields"] += len(set(line["after"] or {}) - set(STAMPS))
                counts = result[kind]
                counts[line["model"]] = counts.get(line["model"], 0) + 1
            result["spared"] += service._find_spared_fields(plan["scope"], lines)
        result["fields"] -= sum(1 for one in result["spared"] if one["field"])
        return result

    @api.model
    def _find_spared_fields(self, scope, lines):
        """Return the fields that no longer hold what the migration wrote."""
        spared = []
        for model, group in self._group_lines(lines, "update"):
            fields = self.env[model]._fields
            names = sorted(
                {n for line in group for n in line["before"] if n in fields} - set(STAMPS)
            )
            ids = self.env[model].browse([line["res_id"] for line in group]).exists().ids
            landed = (
                self.env["crm.migration.target"]._read_landed_of(model, ids, names) if ids else {}
            )
            for line in group:
                now = landed.get(line["res_id"])
                for name in sorted(set(line["before"]) & set(names)) if now else ():
                    if self._is_edited(line, name, now, fields) and not scope.is_forced(
                        model, line["res_id"], name
                    ):
                        spared.append(
                            {
                                "model": model,
                                "res_id": line["res_id"],
                                "field": name,
                                "reason": "edited",
                            }
                        )
                        now[name] = line["before"][name]
                    else:
                        now[name] = line["before"][name]
        return spared

    @api.model
    def _group_lines(self, lines, action):
        groups = {}
        for line in lines:
            if line["action"] == action and line["model"] in self.env:
                groups.setdefault(line["model"], []).append(line)
        return groups.items()

    @api.model
    def _is_edited(self, line, name, now, fields):
        """True if the field holds neither what the migration wrote, nor what was there before."""
        kind = fields[name].type
        return not same(line["after"].get(name), now[name], kind) and not same(
            line["before"][name], now[name], kind
        )

    # ------------------------------------------------------------- plan

    @api.model
    def _plan(self, project, scope):
        """Return what goes and what stays: ``{scope, kept, spared, dependants, links}``.

        Steps: what stays and why; what hangs on that which goes: its history goes with it, other
        records of the project as the person chose.
        """
        written = self._read_written(project)
        spared, kept = self._get_spared(project, scope, written)
        result = {"scope": scope, "kept": kept, "dependants": {}, "links": []}
        if not scope.is_whole:
            result = self._follow(project, scope, written) | {"scope": scope}
            spared, kept = self._get_spared(project, scope, written)
            going = {key for key in self._get_created(project, scope) if key not in kept}
            result["kept"] = kept
            result["links"] = [one for one in result["links"] if (one[3], one[4]) in going]
        result["spared"] = [
            {"model": model, "res_id": res_id, "field": False, "reason": reason}
            for (model, res_id), reason in sorted(spared.items())
        ]
        return result

    @api.model
    def _follow(self, project, scope, written):
        """Add to the scope what hangs on what goes; return the links that stay behind."""
        dependants, links = {}, []
        records = self._read_record_ids(project)
        mine = set(written)
        while True:
            going = self._get_created(project, scope) - set(
                self._get_spared(project, scope, written)[1]
            )
            others = mine - going
            history = {
                key for key in others if self._get_base(written, key) in going and key in records
            }
            found = self._find_links(going, others)
            direct = {(model, res_id) for model, __, res_id, *__rest in found}
            for model, __, res_id, of_model, __of in found:
                dependants.setdefault((model, of_model), set()).add(res_id)
            add = history | (direct if scope.takes_dependants else set())
            new = {records[key] for key in add if key in records} - set(scope.extra)
            if not new:
                links = [] if scope.takes_dependants else found
                break
            scope.extra = sorted(set(scope.extra) | new)
        counts = {pair: len(ids) for pair, ids in dependants.items()}
        return {"dependants": counts, "links": links}

    @api.model
    def _get_base(self, written, key):
        """Return the (model, ID) that a message, an activity or a file hangs on."""
        model, __ = key
        name, link = HISTORY.get(model, ("res_model", "res_id"))
        values = written[key]
        return values.get(name), values.get(link)

    @api.model
    def _read_record_ids(self, project):
        """Return {(model, ID): staged record} of what the project created."""
        self.env.cr.execute(
            """SELECT model, res_id, record_id FROM crm_migration_log
                WHERE project_id = %s AND action = 'create' AND record_id IS NOT NULL
                  AND id > %s""",
            [project.id, project._get_undone_until()],
        )
        return {(model, res_id): record_id for model, res_id, record_id in self.env.cr.fetchall()}

    @api.model
    def _find_links(self, going, owners):
        """Return ``(model, field, ID, model it refers to, ID it refers to)`` of these owners."""
        found, ids = [], self._group(going)
        own_ids = self._group(owners)
        for model in (name for name in USERS_OF_SHARED if name in self.env and own_ids.get(name)):
            for field in self.env[model]._fields.values():
                wanted = ids.get(field.comodel_name)
                if not (wanted and self._is_link(field)):
                    continue
                self.env.cr.execute(
                    SQL(
                        "SELECT id, %(column)s FROM %(table)s"
                        " WHERE %(column)s = ANY(%(wanted)s) AND id = ANY(%(owners)s)",
                        column=SQL.identifier(field.name),
                        table=SQL.identifier(self.env[model]._table),
                        wanted=wanted,
                        owners=own_ids[model],
                    )
                )
                found += [
                    (model, field.name, res_id, field.comodel_name, other)
                    for res_id, other in self.env.cr.fetchall()
                ]
        return found

    @api.model
    def _is_link(self, field):
        """True for a link that somebody sets; what Odoo works out by itself follows."""
        return (
            field.type == "many2one"
            and field.store
            and not field.company_dependent
            and not (field.compute and field.readonly)
            and not field.related
        )

    @api.model
    def _empty_links(self, run, links):
        """Empty, through the ORM, the links of what stays to what goes; logged as any write."""
        groups, entries = {}, []
        for model, name, res_id, __, other in links:
            groups.setdefault((model, name), []).append((res_id, other))
        for (model, name), pairs in groups.items():
            self._write_back(model, [res_id for res_id, __ in pairs], {name: False})
            entries += [
                (None, model, res_id, "update", {name: other}, {name: False})
                for res_id, other in pairs
            ]
        self.env["crm.migration.log"]._append(run, entries)

    # ------------------------------------------------------------- what stays

    @api.model
    def _get_spared(self, project, scope, written):
        """Return ``({(model, ID): reason}, {(model, ID)} that stay)`` of created records.

        Steps: those whose fields people edited or that people worked on since, less what a person
        chose to let go; what these refer to; the history of those that stay.
        """
        keys = self._get_created(project, scope)
        created = {key: written[key] for key in keys}
        spared = dict.fromkeys(self._find_hung_on(project, created), "hung_on")
        spared |= dict.fromkeys(self._find_worked_on(created, written), "worked_on")
        spared |= dict.fromkeys(self._find_edited(created), "edited")
        spared = {key: why for key, why in spared.items() if not scope.is_forced(*key)}
        kept = self._add_referred(created, set(spared))
        spared |= dict.fromkeys(kept - set(spared), "needed")
        spared = {key: why for key, why in spared.items() if not scope.is_forced(*key)}
        kept = set(spared)
        return spared, kept | self._find_history(created, kept)

    @api.model
    def _find_hung_on(self, project, created):
        """Return created partners and deals that records of people refer to: a deal of their own.

        What refers to them because the migration wrote it so is no work of people.
        """
        wanted = {key for key in created if key[0] in ("res.partner", "crm.lead")}
        ids, found = self._group(wanted), set()
        ours = self._read_touched(project)
        for model in (name for name in USERS_OF_SHARED if name in self.env):
            for field in self.env[model]._fields.values():
                if not (ids.get(field.comodel_name) and self._is_link(field)):
                    continue
                self.env.cr.execute(
                    SQL(
                        "SELECT DISTINCT id, %(column)s FROM %(table)s"
                        " WHERE %(column)s = ANY(%(ids)s) AND id != ALL(%(ours)s)",
                        column=SQL.identifier(field.name),
                        table=SQL.identifier(self.env[model]._table),
                        ids=ids[field.comodel_name],
                        ours=ours.get(model, []),
                    )
                )
                found |= {(field.comodel_name, other) for __, other in self.env.cr.fetchall()}
        return found

    @api.model
    def _read_touched(self, project):
        """Return {model: [ID]} of all that any migration created or updated, and its parts."""
        self.env.cr.execute(
            """SELECT model, array_agg(DISTINCT res_id) FROM crm_migration_log
                WHERE action IN ('create', 'update') AND model = ANY(%s) GROUP BY model""",
            [[*USERS_OF_SHARED, "sale.order"]],
        )
        touched = dict(self.env.cr.fetchall())
        for model, (link, owner) in PARTS.items():
            if model in self.env and owner in touched:
                self.env.cr.execute(
                    SQL(
                        "SELECT id FROM %s WHERE %s = ANY(%s)",
                        SQL.identifier(self.env[model]._table),
                        SQL.identifier(link),
                        touched[owner],
                    )
                )
                touched[model] = [*touched.get(model, []), *(i for (i,) in self.env.cr.fetchall())]
        return touched

    @api.model
    def _get_created(self, project, scope):
        """Return {(model, ID)} of what the project created, within the scope."""
        self.env.cr.execute(
            SQL(
                "SELECT DISTINCT model, res_id FROM crm_migration_log l"
                " WHERE project_id = %s AND id > %s AND action = 'create' AND %s AND %s",
                project.id,
                project._get_undone_until(),
                scope.condition(),
                scope.still_there(),
            )
        )
        return set(self.env.cr.fetchall())

    @api.model
    def _read_written(self, project):
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
    def _find_worked_on(self, created, written):
        """Return the created partners and deals on which people wrote or planned something.

        :param written: all that the project created: its own history is no work of people
        """
        kept = set()
        for model in ("res.partner", "crm.lead"):
            ids = [res_id for name, res_id in created if name == model]
            for table, model_column in (("mail_message", "model"), ("mail_activity", "res_model")):
                history = table.replace("_", ".")
                ours = [res_id for name, res_id in written if name == history]
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
                values, whole = self._restore_record(run, project, line, now, fields)
                now |= values
                undone = line["id"] if whole else None
                entries.append(
                    (line["record_id"], model, line["res_id"], "restore", None, values, undone)
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
        if spared:
            self._tell_kept(run, project, model, line, ", ".join(sorted(spared)))
        else:
            self._restore_stamps(model, line)
        return values, not spared

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
