from odoo import api, models
from odoo.tools import SQL

from ..engine.comparing import same
from .columns import read_filled
from .edits import read_writings
from .undo_scope import HISTORY, PARTS, UNDONE_LINES

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
    def _get_spared(self, project, scope, written):
        """Return ``({(model, ID): reason}, {(model, ID)} that stay)`` of created records.

        Steps: those whose fields people edited or that people worked on since, less what a person
        chose to let go; what these refer to; the history of those that stay.
        """
        created = written.read_ids(scope)
        spared = dict.fromkeys(self._find_hung_on(project, created), "hung_on")
        spared |= dict.fromkeys(self._find_worked_on(created, written), "worked_on")
        for model, values in written.parts(self._find_touched(project, created)):
            spared |= dict.fromkeys(self._find_edited(model, values), "edited")
            spared |= dict.fromkeys(self._find_filled_in(project, model, values), "edited")
        spared = {key: why for key, why in spared.items() if not scope.is_forced(*key)}
        kept = self._add_referred(created, written, set(spared))
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
    def _find_hung_on(self, project, created):
        """Return created partners and deals that records of people refer to: a deal of their own.

        What refers to them because the migration wrote it so is no work of people.
        """
        ids = {model: created.get(model) for model in ("res.partner", "crm.lead")}
        found = set()
        owners = self._get_owners_of_links()
        ours = self._read_touched(owners)
        for model in owners:
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
    def _get_owners_of_links(self):
        """Return the names of all models in which people keep records, customers' own included."""
        return [
            name
            for name, model in self.env.registry.items()
            if model._auto and not (model._abstract or model._transient)
            and not name.startswith(UNASKED)
        ]  # fmt: skip

    @api.model
    def _read_touched(self, names):
        """Return {model: [ID]} of all that any migration created or updated, and its parts."""
        self.env.cr.execute(
            """SELECT model, array_agg(DISTINCT res_id) FROM crm_migration_log
                WHERE action IN ('create', 'update') AND model = ANY(%s) GROUP BY model""",
            [names],
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
    def _find_touched(self, project, created):
        """Return {model: [ID]} of created records that people can have edited: the others, nearly
        all of a large migration, need not be compared value by value.

        That is what somebody wrote after the migration last did, and what lost or got labels.

        :param created: {model: [ID]}
        """
        touched = {}
        for model in (name for name in created if name in self.env):
            if not self.env[model]._log_access:
                touched[model] = created[model]
                continue
            ids = self._find_written_since(project, model)
            for name in LABELS.get(model, ()):
                ids |= self._find_relabelled(project, model, name)
            touched[model] = sorted(ids.intersection(created[model]))
        return touched

    @api.model
    def _find_written_since(self, project, model):
        """Return the IDs of records that somebody can have written after the project made them.

        All that a newer export wrote once more is among them: of values that the log has, one
        knows without stamps whether they were edited.
        """
        self.env.flush_all()
        self.env.cr.execute(
            SQL(
                """SELECT t.id FROM %(table)s t JOIN (%(writings)s) AS w ON w.res_id = t.id
                    WHERE t.write_date > w.last
                    UNION
                   SELECT res_id FROM crm_migration_log
                    WHERE project_id = %(project)s AND model = %(model)s AND action = 'update'""",
                table=SQL.identifier(self.env[model]._table),
                writings=read_writings(project, model),
                project=project.id,
                model=model,
            )
        )
        return {res_id for (res_id,) in self.env.cr.fetchall()}

    @api.model
    def _find_relabelled(self, project, model, name):
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
                             AND action IN ('create', 'update')
                             AND (action = 'create' OR after ? %(name)s)
                           ORDER BY res_id, id DESC) AS l
                     LEFT JOIN (SELECT %(own)s AS res_id, count(*) FROM %(relation)s
                                 GROUP BY 1) AS now ON now.res_id = l.res_id
                    WHERE l.count != COALESCE(now.count, 0)""",
                name=name,
                project=project.id,
                model=model,
                own=SQL.identifier(field.column1),
                relation=SQL.identifier(field.relation),
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
                    WHERE (w.in_between OR t.write_date > w.last) AND c.filled IS NOT NULL
                    ORDER BY t.id, c.id DESC""",
                table=SQL.identifier(self.env[model]._table),
                writings=read_writings(project, model, ids),
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
    def _find_worked_on(self, created, written):
        """Return the created partners and deals on which people wrote or planned something.

        :param written: all that the project created: its own history is no work of people
        """
        kept = set()
        for model in ("res.partner", "crm.lead"):
            ids = created.get(model, [])
            for table, model_column in HANGING:
                history = table.replace("_", ".", 1)
                ours = written.ids.get(history, [])
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
    def _add_referred(self, created, written, kept):
        """Add the created records that kept ones refer to: company, contact, team, stage, tags."""
        inside = {model: set(ids) for model, ids in created.items()} if kept else {}
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
        found = set()
        for model in (*HISTORY, "ir.attachment") if kept else ():
            name, link = HISTORY.get(model, ("res_model", "res_id"))
            ids = created.get(model, [])
            for start in range(0, len(ids), UNDONE_LINES):
                part = ids[start : start + UNDONE_LINES]
                landed = self.env["crm.migration.target"]._read_landed_of(model, part, [name, link])
                found |= {(model, i) for i, now in landed.items() if (now[name], now[link]) in kept}
        return found
