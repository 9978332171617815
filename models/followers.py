"""What Odoo changes in other records by working out their fields anew.

A deal's phone follows its contact's. Such a field can be typed in too, and it does not go back by
itself: what was there before is to be logged like any other value.
"""

from datetime import date

from odoo.tools import SQL


def find_fields(env, followed):
    """Return {field of the followed model: {(model, link, field) that follow it}}."""
    found = {}
    for model, link, origin, name, field in _read_ways(env):
        if origin == followed:
            found.setdefault(name, set()).add((model, link, field))
    return found


def find_names(env, model):
    """Return the names of the fields of a model that follow other records."""
    return {field for owner, __, __, __, field in _read_ways(env) if owner == model}


def _read_ways(env):
    """Yield ``(model, link, model followed, its field, field)`` of fields that can be typed in."""
    for field, paths in env.registry.field_depends.items():
        model = env.registry.get(field.model_name)
        plain = not field.readonly and not field.translate and not field.company_dependent
        if model is None or not (field.store and field.column_type and field.compute and plain):
            continue
        for link, dot, name in (path.partition(".") for path in paths):
            way = model._fields[link]
            if dot and "." not in name and way.type == "many2one" and way.store and model._auto:
                yield field.model_name, link, way.comodel_name, name, field.name


class Followers:
    """The fields of other records that follow what is written to some records.

    :param fields: {field: {(model, link, field)}} of their model, see :func:`find_fields`
    :param names: fields that are written
    """

    def __init__(self, env, fields, names):
        self.env = env
        self.ways = {}
        for model, link, field in set().union(*(fields[name] for name in names & fields.keys())):
            self.ways.setdefault((model, link), []).append(field)

    def look(self, ids):
        """Return {(model, ID, ID it follows): {column: value}}, with who wrote it last and when."""
        self.env.flush_all()
        found = {}
        for (model, link), names in sorted(self.ways.items()):
            columns = [SQL.identifier(name) for name in sorted(names)]
            if self.env[model]._log_access:
                # As text: of a moment, JSON would keep the second only.
                columns += [SQL("write_uid"), SQL("write_date::text AS write_date")]
            self.env.cr.execute(
                SQL(
                    "SELECT id AS owner, %(link)s AS followed, %(names)s FROM %(table)s"
                    " WHERE %(link)s = ANY(%(ids)s)",
                    link=SQL.identifier(link),
                    names=SQL(", ").join(columns),
                    table=SQL.identifier(self.env[model]._table),
                    ids=ids,
                )
            )
            for row in self.env.cr.dictfetchall():
                found[model, row.pop("owner"), row.pop("followed")] = row
        return found

    def compare(self, before):
        """Return {ID followed: [(model, ID, before, after)]} of what is no longer as it was read.

        :param before: what :meth:`look` returned
        """
        now, entries = self.look(sorted({followed for __, __, followed in before})), {}
        for (model, res_id, followed), old in before.items():
            new = now.get((model, res_id, followed), old)
            names = [n for n in old if new[n] != old[n] and n not in ("write_uid", "write_date")]
            if names:
                stamps = {n: old[n] for n in ("write_uid", "write_date") if n in old}
                plain = {n: _to_plain(old[n]) for n in names} | stamps
                entries.setdefault(followed, []).append(
                    (model, res_id, plain, {n: _to_plain(new[n]) for n in names})
                )
        return entries


def write_back(records, values):
    """Set fields as if Odoo had worked them out: what they follow is not changed by them."""
    fields = [records._fields[name] for name in values]
    records.modified(list(values))
    with records.env.protecting(fields, records):
        for name, value in values.items():
            records[name] = value


def _to_plain(value):
    if value is None:
        return False
    return str(value) if isinstance(value, date) else value
