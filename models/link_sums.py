"""Links of a migration, counted by relation and by how they were found (SC-44)."""

# Fields of a map that link a row to another one, whatever the model calls them.
RELATIONS = ("parent_id", "x_source_company_ids", "partner_id", "res_id")
WAYS = ("id", "email", "name")


def count(sums, items, resolver):
    """Add the links of prepared items.

    :param sums: ``{"entity|field|entity named": [rows that name one, rows linked, by ID, by email,
        by name]}``; changed
    """
    for item in items:
        for field, references in item.mapped.references.items():
            if field in RELATIONS:
                _count_row(sums, item.entity, field, references, resolver)


def _count_row(sums, entity, field, references, resolver):
    """Count a row once per relation: by its surest reference that leads to one landed record."""
    named = {}
    for reference in references:
        found = [one for one in resolver.find(reference, stuck=True) if one.landed]
        way = None
        if len(found) == 1:
            way = reference.by if reference.by in WAYS else _get_way(reference, found[0])
        kind = found[0].entity if found else reference.entity
        if kind not in named or (way and not named[kind]):
            named[kind] = way
    for kind, way in named.items():
        row = sums.setdefault(f"{entity}|{field}|{kind}", [0] * 5)
        row[0] += 1
        if way:
            row[1] += 1
            row[2 + WAYS.index(way)] += 1


def _get_way(reference, found):
    """Return what an "any" reference named the record by."""
    value = str(reference.value).strip()
    return "id" if value == found.source_key else "email" if "@" in value else "name"


def describe(sums, labels):
    """Return [{from, to, named, linked, id, email, name}] for the report, the largest first.

    :param labels: {entity: what it is called}
    """
    rows = []
    for key, (named, linked, *ways) in sums.items():
        entity, __, kind = key.split("|")
        known = {"from": labels.get(entity, entity), "to": labels.get(kind, kind)}
        rows.append(known | {"named": named, "linked": linked} | dict(zip(WAYS, ways, strict=True)))
    return sorted(rows, key=lambda row: -row["named"])
