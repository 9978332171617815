"""How many contacts of the export name each company (SP-38), noted with the companies' rows.

Plain Python around an environment. Counted once for a load: to count for each batch is to read all
contacts for each.
"""

from odoo.tools import SQL

from ..engine.mapping import fold
from .inserting import unnest


def note(project, lines, condition):
    """Note the counts with rows of companies.

    Where contacts name their company by ID and by name, the ID counts. A name that two companies
    have counts for neither.

    :param lines: of each list of contacts the surest column that names the company
    :param condition: whose counts, in SQL on ``r``
    """
    entities = _get_entities(project)
    if not lines or not _has_any(project, entities, condition):
        return
    project.env.cr.execute(
        """CREATE TEMPORARY TABLE crm_migration_named (by_id boolean, key text, count integer)
           ON COMMIT DROP;
           CREATE TEMPORARY TABLE crm_migration_company (id integer, name text) ON COMMIT DROP"""
    )
    for line in lines:
        _count(project, line)
    if any(line.reference != "company.id" for line in lines):
        for mapping in project.mapping_ids.filtered(lambda one: one.entity in entities):
            _read_names(project, mapping)
    # Without statistics the database takes them for empty, and looks each company up in all.
    project.env.cr.execute("ANALYZE crm_migration_named; ANALYZE crm_migration_company")
    _store(project, entities, condition)
    project.env.cr.execute("DROP TABLE crm_migration_named, crm_migration_company")


def _get_entities(project):
    """Return the kinds of rows that can become companies."""
    partners = project.mapping_ids.filtered(lambda mapping: mapping.target == "partner")
    return partners.filtered(
        lambda mapping: (
            (mapping.constants or {}).get("is_company")
            or "is_company" in mapping.line_ids.mapped("target_field")
        )
    ).mapped("entity")


def _has_any(project, entities, condition):
    project.env.cr.execute(
        SQL(
            """SELECT 1 FROM crm_migration_record r
                WHERE project_id = %s AND entity = ANY(%s) AND %s LIMIT 1""",
            project.id,
            entities,
            condition,
        )
    )
    return bool(project.env.cr.fetchone())


def _count(project, line):
    by_id = line.reference == "company.id"
    text = SQL("trim(payload ->> %s)", line.column)
    if not by_id:
        text = SQL("lower(regexp_replace(%s, '\\s+', ' ', 'g'))", text)
    project.env.cr.execute(
        SQL(
            """INSERT INTO crm_migration_named
               SELECT %s, %s AS key, count(*) FROM crm_migration_record
                WHERE project_id = %s AND entity = %s AND state != 'skipped' GROUP BY key""",
            by_id,
            text,
            project.id,
            line.entity,
        )
    )


def _read_names(project, mapping):
    loader = project.env["crm.migration.loader"]
    entity_map = loader._get_entity_map(project, mapping.entity)
    columns = [c for name in ("name", "is_company") for c in entity_map.columns_of(name)]
    constants = entity_map.constants
    entity_map = loader._narrow_map(entity_map, columns)
    for rows in loader._read_mapped(project, entity_map):
        found = []
        for record_id, mapped in rows:
            values = constants | mapped.values
            if values.get("is_company") and values.get("name"):
                found.append((record_id, fold(values["name"])))
        project.env.cr.execute(
            SQL(
                "INSERT INTO crm_migration_company SELECT * FROM %s", unnest(("int", "text"), found)
            )
        )


def _store(project, entities, condition):
    project.env.cr.execute(
        SQL(
            """WITH sums AS (
                   SELECT id, sum(count) AS count FROM (
                       SELECT known.id, n.count FROM crm_migration_named n
                         JOIN crm_migration_record known
                           ON known.project_id = %(project)s AND known.entity = ANY(%(entities)s)
                          AND known.source_key = n.key
                        WHERE n.by_id
                       UNION ALL
                       SELECT c.id, n.count FROM crm_migration_named n
                         JOIN (SELECT min(id) AS id, name FROM crm_migration_company
                                GROUP BY name HAVING count(*) = 1) c ON c.name = n.key
                        WHERE NOT n.by_id) AS found
                    GROUP BY id)
               UPDATE crm_migration_record noted SET contact_count = v.count
                 FROM (SELECT r.id, COALESCE(sums.count, 0) AS count
                         FROM crm_migration_record r LEFT JOIN sums ON sums.id = r.id
                        WHERE r.project_id = %(project)s AND r.entity = ANY(%(entities)s)
                          AND %(condition)s) AS v
                WHERE noted.id = v.id AND noted.contact_count IS DISTINCT FROM v.count""",
            project=project.id,
            entities=entities,
            condition=condition,
        )
    )
