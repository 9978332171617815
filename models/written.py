"""What a project created and what it wrote there last, from its log.

Plain Python around an environment. IDs are held by model, values are read a part at a time: all of
them would fill the memory of a worker.
"""

from functools import cached_property

from odoo.tools import SQL

from .undo_scope import Scope

# Records whose values are read at once.
PART = 1000


class Written:
    def __init__(self, project):
        self.project = project
        self.env = project.env
        self.until = project._get_undone_until()
        self._within = {}

    @cached_property
    def ids(self):
        """{model: [ID]} of all that was created, and that nothing undid."""
        return self._read_ids(Scope(self.project))

    def read_ids(self, scope):
        """Return {model: [ID]} of what was created within a scope, and that nothing undid."""
        if scope.is_whole:
            return self.ids
        # A scope grows by what hangs on it, and is asked for again and again.
        key = tuple(scope.extra)
        if self._within.get("key") != key:
            self._within = {"key": key, "ids": self._read_ids(scope)}
        return self._within["ids"]

    def _read_ids(self, scope):
        self.env.cr.execute(
            SQL(
                "SELECT model, array_agg(DISTINCT res_id) FROM crm_migration_log l"
                " WHERE project_id = %s AND id > %s AND action = 'create' AND %s AND %s"
                " GROUP BY model",
                self.project.id,
                self.until,
                scope.condition(),
                scope.still_there(),
            )
        )
        return dict(self.env.cr.fetchall())

    def parts(self, ids):
        """Yield ``(model, {ID: values})`` of these records, a part of one model at a time.

        :param ids: {model: [ID]}
        """
        for model, all_ids in ids.items():
            for start in range(0, len(all_ids), PART):
                yield model, self._read(model, all_ids[start : start + PART])

    def _read(self, model, ids):
        self.env.cr.execute(
            SQL(
                "SELECT res_id, after FROM crm_migration_log l"
                " WHERE project_id = %s AND id > %s AND model = %s AND res_id = ANY(%s)"
                " AND action IN ('create', 'update') AND %s ORDER BY id",
                self.project.id,
                self.until,
                model,
                ids,
                Scope.still_there(),
            )
        )
        values = {}
        for res_id, after in self.env.cr.fetchall():
            values.setdefault(res_id, {}).update(after or {})
        return values
