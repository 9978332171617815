"""Who wrote what the migration wrote, as far as stamps and the log tell.

A record is stamped with its last writing only. Whenever the migration writes one that is there, it
logs the stamps that it covers: an edit before a newer export stays known by them.
"""

from odoo.tools import SQL

from .inserting import as_array

#: Lines that leave no stamp of their own: creation dates are set behind Odoo's back.
UNSTAMPED = ("date",)


def read_writings(project, model, ids=None, whole_seconds=False):
    """Return the SQL of ``(res_id, last, is_updated, in_between, made)`` of what a project wrote of
    a model.

    ``last`` is when it did so last; ``is_updated`` is true if it wrote the record once more;
    ``in_between`` is true if somebody else wrote the record after an earlier time; ``made`` is when
    the record was made, if it has another date by now.

    :param ids: of these records only
    :param whole_seconds: False to take for an edit what may be one: the log knows the second in
        which a batch ended, the stamp of a record the moment in which its batch began
    """
    stamp = SQL("(before ->> 'write_date')::timestamp")
    return SQL(
        """SELECT res_id, max(logged_at) FILTER (WHERE action != 'date') AS last,
                  bool_or(action = 'update') AS is_updated,
                  COALESCE(bool_or(stamp > earlier), FALSE) AS in_between,
                  (array_agg(made ORDER BY id) FILTER (WHERE made IS NOT NULL))[1] AS made
             FROM (SELECT id, res_id, action, logged_at,
                          CASE WHEN action IN ('update', 'restore') THEN %(stamp)s END AS stamp,
                          CASE WHEN action = 'date' AND before ->> 'back' IS NULL
                               THEN (before ->> 'create_date')::timestamp END AS made,
                          max(logged_at) FILTER (WHERE action != 'date') OVER (
                              PARTITION BY res_id ORDER BY id
                              ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS earlier
                     FROM crm_migration_log
                    WHERE project_id = %(project)s AND model = %(model)s %(ids)s) AS line
            GROUP BY res_id""",
        stamp=SQL("date_trunc('second', %s)", stamp) if whole_seconds else stamp,
        project=project.id,
        model=model,
        ids=SQL() if ids is None else SQL("AND res_id = ANY(%s)", as_array("int", ids)),
    )


#: Condition on a record ``t`` and what was written ``w``: somebody may have written it since. In
#: the second of its own batch, that stamp differs from the one it was made with.
WRITTEN_SINCE = SQL(
    "t.write_date > w.last AND t.write_date IS DISTINCT FROM COALESCE(w.made, t.create_date)"
)
