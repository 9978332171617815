"""Who wrote what the migration wrote, as far as stamps and the log tell.

A record is stamped with its last writing only. Whenever the migration writes one that is there, it
logs the stamps that it covers: an edit before a newer export stays known by them.
"""

from odoo.tools import SQL

#: Lines that leave no stamp of their own: dates are set behind Odoo's back.
UNSTAMPED = ("date",)


def read_writings(project, model, ids=None, whole_seconds=False):
    """Return the SQL of ``(res_id, last, in_between)`` of what a project wrote of a model.

    ``last`` is when it did so last; ``in_between`` is true if somebody else wrote the record after
    an earlier time.

    :param ids: of these records only
    :param whole_seconds: False to take for an edit what may be one: the log knows the second in
        which a batch ended, the stamp of a record the moment in which its batch began
    """
    stamp = SQL("(before ->> 'write_date')::timestamp")
    return SQL(
        """SELECT res_id, max(logged_at) AS last,
                  COALESCE(bool_or(stamp > earlier), FALSE) AS in_between
             FROM (SELECT res_id, logged_at,
                          CASE WHEN action IN ('update', 'restore') THEN %(stamp)s END AS stamp,
                          max(logged_at) OVER (PARTITION BY res_id ORDER BY id
                              ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS earlier
                     FROM crm_migration_log
                    WHERE project_id = %(project)s AND model = %(model)s %(ids)s
                      AND action != ALL(%(unstamped)s)) AS line
            GROUP BY res_id""",
        stamp=SQL("date_trunc('second', %s)", stamp) if whole_seconds else stamp,
        project=project.id,
        model=model,
        ids=SQL() if ids is None else SQL("AND res_id = ANY(%s)", list(ids)),
        unstamped=list(UNSTAMPED),
    )
