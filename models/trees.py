"""Company trees: parents load before what is below them, and circles are known before the load.

Plain Python around an environment; the arithmetic is ``engine/trees.py``.
"""

from ..engine.mapping import EntityMap, fold
from ..engine.trees import depths

# Columns that name the record or its parent, by their field.
FIELDS = ("parent_id", "name")


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
    project.env.cr.execute(
        """SELECT id, source_key, payload, sort_key, in_circle FROM crm_migration_record
            WHERE project_id = %s AND entity = %s AND state != 'skipped'""",
        [project.id, entity_map.entity],
    )
    rows = project.env.cr.fetchall()
    mapped = {key: narrow.map_row(payload) for __, key, payload, *__ in rows}
    _note_names(project, {record_id: mapped[key] for record_id, key, *__ in rows})
    deep, circle = depths(_find_parents(mapped))
    changed = [
        (record_id, f"{deep[key]:04}", key in circle)
        for record_id, key, __, sort_key, in_circle in rows
        if (f"{deep[key]:04}", key in circle) != (sort_key, bool(in_circle))
    ]
    if changed:
        project.env.cr.execute_values(
            """UPDATE crm_migration_record r SET sort_key = v.sort_key, in_circle = v.in_circle
                 FROM (VALUES %s) AS v(id, sort_key, in_circle) WHERE r.id = v.id""",
            changed,
            page_size=5000,
        )


def _note_names(project, mapped):
    """Note the names of rows that are not loaded yet: a subsidiary may name one in its batch."""
    names = [(i, fold(row.values["name"])) for i, row in mapped.items() if row.values.get("name")]
    if names:
        project.env.cr.execute_values(
            """UPDATE crm_migration_record r SET match_name = v.name
                 FROM (VALUES %s) AS v(id, name) WHERE r.id = v.id AND r.match_name IS NULL""",
            names,
            page_size=5000,
        )


def _find_parents(mapped):
    """Return {key: key of the parent or None}; a name that two have is nobody's."""
    names = {}
    for key, row in mapped.items():
        if row.values.get("name"):
            names.setdefault(fold(row.values["name"]), []).append(key)
    parents = {}
    for key, row in mapped.items():
        parents[key] = None
        for reference in row.references.get("parent_id", []):
            found = [reference.value.strip()] if reference.value.strip() in mapped else []
            if reference.by != "id":
                found = found or names.get(fold(reference.value), [])
            if len(found) == 1:
                parents[key] = found[0]
                break
    return parents
