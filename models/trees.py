"""Company trees: parents load before what is below them, and circles are known before the load.

Plain Python around an environment; the arithmetic is ``engine/trees.py``.
"""

from odoo.tools import SQL

from ..engine.mapping import EntityMap, fold
from ..engine.trees import depths
from .inserting import unnest

# Columns that name the record or its parent, by their field.
FIELDS = ("parent_id", "name")
# Rows changed by one statement.
ROWS = 5000


def arrange(project):
    """Note with each staged row how deep it stands in its tree, and whether it is in a circle."""
    loader = project.env["crm.migration.loader"]
    for mapping in project.mapping_ids.filtered(lambda m: m.target == "partner"):
        inner = mapping.line_ids.filtered(
            lambda line, entity=mapping.entity: (
                line.state == "confirmed"
                and line.target_field == "parent_id"
                and (line.reference or "").partition(".")[0] == entity
            )
        )
        if inner:
            _arrange_entity(project, loader._get_entity_map(project, mapping.entity))


def _arrange_entity(project, entity_map):
    rules = [rule for rule in entity_map.rules if rule.field in FIELDS]
    narrow = EntityMap(entity_map.entity, entity_map.target, {}, rules, {}, entity_map.defaults)
    places, links, names = {}, {}, {}
    also = SQL("source_key, sort_key, in_circle")
    for rows in project.env["crm.migration.loader"]._read_mapped(project, narrow, also=also):
        noted = []
        for record_id, key, sort_key, in_circle, row in rows:
            places[key] = record_id, sort_key, bool(in_circle)
            links[key] = row.references.get("parent_id", [])
            if row.values.get("name"):
                name = fold(row.values["name"])
                names.setdefault(name, []).append(key)
                noted.append((record_id, name))
        _note_names(project, noted)
    deep, circle = depths(_find_parents(links, names))
    changed = [
        (record_id, f"{deep[key]:04}", key in circle)
        for key, (record_id, *known) in places.items()
        if [f"{deep[key]:04}", key in circle] != known
    ]
    for start in range(0, len(changed), ROWS):
        project.env.cr.execute(
            SQL(
                """UPDATE crm_migration_record r
                      SET sort_key = v.sort_key, in_circle = v.in_circle
                     FROM %s AS v(id, sort_key, in_circle) WHERE r.id = v.id""",
                unnest(("int", "varchar", "boolean"), changed[start : start + ROWS]),
            )
        )


def _note_names(project, names):
    """Note the names of rows that are not loaded yet: a subsidiary may name one in its batch."""
    project.env.cr.execute(
        SQL(
            """UPDATE crm_migration_record r SET match_name = v.name
                 FROM %s AS v(id, name) WHERE r.id = v.id AND r.match_name IS NULL""",
            unnest(("int", "varchar"), names),
        )
    )


def _find_parents(links, names):
    """Return {key: key of the parent or None}; a name that two have is nobody's."""
    parents = {}
    for key, references in links.items():
        parents[key] = None
        for reference in references:
            found = [reference.value.strip()] if reference.value.strip() in links else []
            if reference.by != "id":
                found = found or names.get(fold(reference.value), [])
            if len(found) == 1:
                parents[key] = found[0]
                break
    return parents
