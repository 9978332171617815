"""What the log tells of the records of a batch, as far as no rollback of a part undid it."""

from odoo.tools import SQL

from .inserting import unnest
from .undo_scope import STILL_THERE


class Logged:
    """One query for all lines of the records; plain Python around it.

    :ivar values: {staged record ID: values that the row itself wrote last}
    :ivar created: IDs of the staged records whose Odoo record the project created
    :ivar filled: {staged record ID: fields that it wrote last}, of records that were in Odoo before
        the migration: all their other fields are their own
    :ivar others: {staged record ID: {field: value}}, what other rows wrote last on its record: a
        contact gets the tag of a segment from the segment's own row
    """

    def __init__(self, project, items):
        self.project = project
        self.values, self.created, self.others = {}, set(), {}
        found = [item for item in items if item.record["res_id"]]
        writers = {}
        for record_id, where, writer_id, action, after, is_current in self._read(found):
            if writer_id == record_id:
                self.values[record_id] = self.values.get(record_id, {}) | after
                if action == "create":
                    self.created.add(record_id)
            elif writer_id and is_current and action == "update":
                self.others.setdefault(record_id, {}).update(after)
            if is_current and action == "update":
                # Of two records merged into one, the field is the last one's.
                writers.setdefault(where, {}).update(dict.fromkeys(after, writer_id))
        self.filled = {
            item.record["id"]: self._get_written(item, writers)
            for item in found
            if item.record["id"] not in self.created
        }

    def _read(self, items):
        rows = [(item.record["id"], item.model, item.record["res_id"]) for item in items]
        cr = self.project.env.cr
        cr.execute(
            SQL(
                """SELECT v.id, l.model, l.res_id, l.record_id, l.action, l.after, l.id > %s
                     FROM %s AS v(id, model, res_id)
                     JOIN crm_migration_log l ON l.project_id = %s AND l.model = v.model
                      AND l.res_id = v.res_id AND l.action IN ('create', 'update')
                    WHERE %s ORDER BY l.id""",
                self.project._get_undone_until(),
                unnest(("int", "varchar", "int"), rows),
                self.project.id,
                SQL(STILL_THERE),
            )
        )
        for record_id, model, res_id, writer_id, action, after, is_current in cr.fetchall():
            yield record_id, (model, res_id), writer_id, action, after or {}, is_current

    def _get_written(self, item, writers):
        names = writers.get((item.model, item.record["res_id"]), {})
        return {name for name, writer_id in names.items() if writer_id == item.record["id"]}
