from odoo import api, models
from odoo.tools import SQL

from ..engine.comparing import same
from .columns import read_filled
from .edits import WRITTEN_SINCE, read_writings
from .inserting import as_array, unnest
from .undo_scope import HISTORY, PARTS
from .written import Written

# Created records that are looked at in one step: a second or two.
LOOKED_UP = 10000
# Technical models, whose links to a record go with it.
UNASKED = ("ir.", "mail.", "bus.", "discuss.", "sms.", "snailmail.", "crm.migration.", "res.users.")
# Tables of what hangs on a record: name -> column with its model.
HANGING = (
    ("mail_message", "model"),
    ("mail_activity", "res_model"),
    ("ir_attachment", "res_model"),
)
# Labels that people put on records: field by model.
LABELS = {
    "res.partner": ("category_id",), "crm.lead": ("tag_ids",), "calendar.event": ("categ_ids",),
    "project.task": ("tag_ids",),
}  # fmt: skip


class CrmMigrationRollback(models.AbstractModel):
    """What a rollback spares, and why: what people edited, worked on, or hung something on."""

    _inherit = "crm.migration.rollback"

    @api.model
    def _look_up_next(self, project, scope, place):
        """Look at the next created records; return ``([(model, ID, reason)], next place)``.

        So many that a worker has done with them in seconds, whatever the size of the project.

        :param place: ``[models that are left, last ID of the first one]``
        """
        found, count = [], 0
        while place[0] and count < LOOKED_UP:
            (model, *others), last_id = place
            ids = self._read_created(project, scope, model, last_id, LOOKED_UP)
            work = self._find_work(project, model, ids)
            found += [(*key, reason) for key, reason in work.items()]
            count += len(ids)
            place = [[model, *others], ids[-1]] if len(ids) == LOOKED_UP else [others, 0]
        return found, place

    @api.model
    def _read_created(self, project, scope, model, last_id, limit):
        """Return the IDs of the next created records of a model that nothing undid."""
        self.env.cr.execute(
            SQL(
                """SELECT DISTINCT res_id FROM crm_migration_log l
                    WHERE project_id = %s AND model = %s AND res_id > %s AND id > %s
                      AND action = 'create' AND %s AND %s ORDER BY res_id LIMIT %s""",
                project.id,
                model,
                last_id,
                project._get_undone_until(),
                scope.condition(),
                scope.still_there(),
                limit,
            )
        )
        return [res_id for (res_id,) in self.env.cr.fetchall()]

    @api.model
    def _find_work(self, project, model, ids):
        """Return {(model, ID): reason} of the created records that people did something with:
        edited or labelled them, worked on them, or hung something on them."""
        if model not in self.env or not ids:
            return {}
        self.env.flush_all()
        work = {}
        if model in ("res.partner", "crm.lead"):
            work = dict.fromkeys(self._find_hung_on(model, ids), "hung_on")
            work |= dict.fromkeys(self._find_worked_on(project, model, ids), "worked_on")
        touched = self._find_touched(project, model, ids)
        for __, values in Written(project).parts({model: touched}):
            work |= dict.fromkeys(self._find_edited(model, values), "edited")
            work |= dict.fromkeys(self._find_filled_in(project, model, values), "edited")
        return work

    @api.model
    def _get_spared(self, scope, written, work):
        """Return ``({(model, ID): reason}, {(model, ID)} that stay)`` of created records.

        Steps: those that people did something with, less what a person chose to let go; what these
        refer to; the history of those that stay.

        :param work: what was looked up already; a ``Work``, that learns the rest
        """
        created = written.read_ids(scope)
        for model, ids in work.take_new(created).items():
            for start in range(0, len(ids), LOOKED_UP):
                part = ids[start : start + LOOKED_UP]
                work.reasons |= self._find_work(written.project, model, part)
        inside = {model: set(ids) for model, ids in created.items()} if work.reasons else {}
        spared = {k: why for k, why in work.get(inside).items() if not scope.is_forced(*k)}
        kept = self._add_referred(inside, written, set(spared))
        spared |= dict.fromkeys(kept - set(spared), "needed")
        spared = {key: why for key, why in spared.items() if not scope.is_forced(*key)}
        kept = set(spared)
        return spared, kept | self._find_history(created, kept)

    @api.model
    def _get_reasons(self):
        """Return {reason: what people are told}."""
        return {
            "edited": self.env._("edited since"),
            "worked_on": self.env._("somebody wrote or planned something on it"),
            "hung_on": self.env._("records of your own refer to it"),
            "needed": self.env._("another spared record needs it"),
        }

    @api.model
    def _find_hung_on(self, model, ids):
        """Return created partners or deals that records of people refer to: a deal of their own.

        What refers to them because the migration wrote it so is no work of people.
        """
        found, wanted = set(), as_array("int", ids)
        for owner in self._get_owners_of_links():
            for field in self.env[owner]._fields.values():
                if field.comodel_name != model or not self._is_link(field):
                    continue
                self.env.cr.execute(
                    SQL(
                        "SELECT DISTINCT t.%(column)s FROM %(table)s t"
                        " WHERE t.%(column)s = ANY(%(wanted)s) AND NOT (%(ours)s)",
                        column=SQL.identifier(field.name),
                        table=SQL.identifier(self.env[owner]._table),
                        wanted=wanted,
                        ours=self._is_ours(owner, SQL("t.id")),
                    )
                )
                found |= {(model, other) for (other,) in self.env.cr.fetchall()}
        return found

    @api.model
    def _is_ours(self, model, record):
        """Return the condition that any migration created or updated a record, or what it is a
        part of.

        :param record: SQL of the record's ID
        """
        # By the index, which begins with the project.
        ours = SQL(
            """EXISTS (SELECT 1 FROM crm_migration_log o
                        WHERE o.project_id = ANY(ARRAY(SELECT id FROM crm_migration_project))
                          AND o.model = %s AND o.res_id = %s
                          AND o.action IN ('create', 'update'))""",
            model,
            record,
        )
        link, owner = PARTS.get(model, (None, None))
        if owner not in self.env:
            return ours
        part = f"part_{self.env[model]._table}"
        return SQL(
            "%s OR EXISTS (SELECT 1 FROM %s AS %s WHERE %s = %s AND (%s))",
            ours,
            SQL.identifier(self.env[model]._table),
            SQL.identifier(part),
            SQL.identifier(part, "id"),
            record,
            self._is_ours(owner, SQL.identifier(part, link)),
        )

    @api.model
    def _get_owners_of_links(self):
        """Return the names of all models in which people keep records, customers' own included."""
        return [
            name
            for name, model in self.env.registry.items()
            if model._auto and not (model._abstract or model._transient)
            and not name.startswith(UNASKED)
        ]  # fmt: skip

    @api.model
    def _find_touched(self, project, model, ids):
        """Return the IDs of created records that people can have edited: the others, nearly all of
        a large migration, need not be compared value by value.

        That is what somebody wrote after the migration last did, and what lost or got labels.
        """
        if not self.env[model]._log_access:
            return ids
        touched = self._find_written_since(project, model, ids)
        for name in LABELS.get(model, ()):
            touched |= self._find_relabelled(project, model, name, ids)
        return sorted(touched)

    @api.model
    def _find_written_since(self, project, model, ids):
        """Return the IDs of records that somebody can have written after the project made them.

        All that a newer export wrote once more is among them: of values that the log has, one
        knows without stamps whether they were edited.
        """
        self.env.flush_all()
        self.env.cr.execute(
            SQL(
                """SELECT t.id FROM %(table)s t JOIN (%(writings)s) AS w ON w.res_id = t.id
                    WHERE w.is_updated OR (%(since)s)""",
                table=SQL.identifier(self.env[model]._table),
                writings=read_writings(project, model, ids),
                since=WRITTEN_SINCE,
            )
        )
        return {res_id for (res_id,) in self.env.cr.fetchall()}

    @api.model
    def _find_relabelled(self, project, model, name, ids):
        """Return the IDs of records with more or fewer labels than the log has: a label that is
        deleted, or given from its own side, leaves no trace in the record.
        """
        field = self.env[model]._fields.get(name)
        if field is None:
            return set()
        self.env.cr.execute(
            SQL(
                """SELECT l.res_id FROM (
                          SELECT DISTINCT ON (res_id) res_id,
                                 CASE jsonb_typeof(after -> %(name)s)
                                 WHEN 'array' THEN jsonb_array_length(after -> %(name)s) ELSE 0
                                 END AS count
                            FROM crm_migration_log
                           WHERE project_id = %(project)s AND model = %(model)s
                             AND res_id = ANY(%(ids)s) AND action IN ('create', 'update')
                             AND (action = 'create' OR after ? %(name)s)
                           ORDER BY res_id, id DESC) AS l
                     LEFT JOIN (SELECT %(own)s AS res_id, count(*) FROM %(relation)s
                                 WHERE %(own)s = ANY(%(ids)s) GROUP BY 1) AS now
                            ON now.res_id = l.res_id
                    WHERE l.count != COALESCE(now.count, 0)""",
                name=name,
                project=project.id,
                model=model,
                own=SQL.identifier(field.column1),
                relation=SQL.identifier(field.relation),
                ids=as_array("int", ids),
            )
        )
        return {res_id for (res_id,) in self.env.cr.fetchall()}

    @api.model
    def _find_edited(self, model, values):
        """Return the created records whose logged values are no longer the landed ones.

        :param values: {ID: values as last written}
        """
        fields = self.env[model]._fields
        alive = self.env[model].browse(values).exists().ids
        names = sorted({n for i in alive for n in values[i] if n in fields})
        landed = (
            self.env["crm.migration.target"]._read_landed_of(model, alive, names) if names else {}
        )
        return {
            (model, res_id)
            for res_id, now in landed.items()
            if any(
                not same(value, now[n], fields[n].type)
                for n, value in values[res_id].items()
                if n in fields
            )
        }

    @api.model
    def _find_filled_in(self, project, model, values):
        """Return the created records in which people filled what the migration left to Odoo.

        Asked only of records that somebody wrote in between: the columns that the migration did
        not fill are compared with what they were then. What Odoo works out follows others.
        """
        if not self.env[model]._log_access:
            return set()
        written = self._read_written_since(project, model, list(values))
        filled_in = self._compare_filled(model, written, values)
        return {(model, res_id) for res_id in filled_in | self._find_labelled(model, values)}

    @api.model
    def _read_written_since(self, project, model, ids):
        """Return {ID: columns that Odoo had filled} of records that somebody wrote since, be it
        before a newer export wrote them again."""
        self.env.flush_all()
        self.env.cr.execute(
            SQL(
                """SELECT DISTINCT ON (t.id) t.id, c.filled FROM %(table)s t
                     JOIN (%(writings)s) AS w ON w.res_id = t.id
                     JOIN crm_migration_log c ON c.project_id = %(project)s
                      AND c.model = %(model)s AND c.res_id = t.id AND c.action = 'create'
                    WHERE (w.in_between OR (%(since)s)) AND c.filled IS NOT NULL
                    ORDER BY t.id, c.id DESC""",
                table=SQL.identifier(self.env[model]._table),
                writings=read_writings(project, model, ids),
                since=WRITTEN_SINCE,
                project=project.id,
                model=model,
            )
        )
        return dict(self.env.cr.fetchall())

    @api.model
    def _compare_filled(self, model, written, values):
        """Return the IDs of records with another value than Odoo's own in an unlogged column."""
        now = read_filled(self.env[model], list(written)) if written else {}
        return {
            res_id
            for res_id, filled in written.items()
            if any(
                filled.get(name) != now[res_id].get(name)
                for name in (filled.keys() | now[res_id].keys()) - values[res_id].keys()
            )
        }

    @api.model
    def _find_labelled(self, model, values):
        """Return the IDs of records with labels where the migration gave none."""
        names = [name for name in LABELS.get(model, ()) if name in self.env[model]._fields]
        if not names:
            return set()
        alive = self.env[model].browse(values).exists().ids
        landed = self.env["crm.migration.target"]._read_landed_of(model, alive, names)
        return {
            res_id
            for res_id, now in landed.items()
            if any(now[name] for name in names if name not in values[res_id])
        }

    @api.model
    def _group(self, keys):
        groups = {}
        for model, res_id in keys:
            groups.setdefault(model, []).append(res_id)
        return groups

    @api.model
    def _find_worked_on(self, project, model, ids):
        """Return the created partners or deals on which people wrote or planned something.

        The project's own history is no work of people. Each message is looked up in the log: the
        database may know nothing yet of those that a load has just brought, and compare all with
        all.
        """
        kept, wanted = set(), as_array("int", ids)
        for table, model_column in HANGING:
            self.env.cr.execute(
                SQL(
                    """SELECT DISTINCT t.res_id FROM %s t
                        WHERE t.%s = %s AND t.res_id = ANY(%s) AND %s AND NOT EXISTS (
                              SELECT 1 FROM crm_migration_log o
                               WHERE o.project_id = %s AND o.model = %s AND o.res_id = t.id
                                 AND o.action = 'create' AND o.id > %s OFFSET 0)""",
                    SQL.identifier(table),
                    SQL.identifier(model_column),
                    model,
                    wanted,
                    SQL("t.message_type IN ('comment', 'email')")
                    if table == "mail_message"
                    else SQL("TRUE"),
                    project.id,
                    table.replace("_", ".", 1),
                    project._get_undone_until(),
                )
            )
            kept |= {(model, res_id) for (res_id,) in self.env.cr.fetchall()}
        return kept

    @api.model
    def _add_referred(self, inside, written, kept):
        """Add the created records that kept ones refer to: company, contact, team, stage, tags.

        :param inside: {model: {ID}} of the created records
        """
        todo = kept
        while todo:
            found = set()
            for model, part in written.parts(self._group(todo)):
                fields = self.env[model]._fields
                for name, value in ((n, v) for values in part.values() for n, v in values.items()):
                    comodel = name in fields and fields[name].comodel_name
                    if comodel:
                        others = value if isinstance(value, list) else [value]
                        known = inside.get(comodel, ())
                        found |= {(comodel, other) for other in others if other and other in known}
            todo = found - kept
            kept = kept | found
        return kept

    @api.model
    def _find_history(self, created, kept):
        """Return the created messages, activities, events and files of records that stay."""
        found, bases = set(), unnest(("varchar", "int"), sorted(kept))
        for model in (*HISTORY, "ir.attachment") if kept else ():
            if not created.get(model):
                continue
            name, link = HISTORY.get(model, ("res_model", "res_id"))
            self.env.flush_all()
            self.env.cr.execute(
                SQL(
                    """SELECT t.id FROM %s t JOIN %s AS base(model, res_id)
                           ON t.%s = base.model AND t.%s = base.res_id
                        WHERE t.id = ANY(%s)""",
                    SQL.identifier(self.env[model]._table),
                    bases,
                    SQL.identifier(name),
                    SQL.identifier(link),
                    as_array("int", created[model]),
                )
            )
            found |= {(model, res_id) for (res_id,) in self.env.cr.fetchall()}
        return found
