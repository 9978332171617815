from odoo import api, models
from odoo.tools import SQL

from ..engine.comparing import same
from .columns import read_filled
from .crm_migration_rollback_spared import LOOKED_UP
from .followers import write_back
from .inserting import as_array, unnest
from .silence import silent
from .undo_scope import HISTORY, LAST_ID, STAMPS, USERS_OF_SHARED, Scope
from .work import Work
from .written import Written

# Records whose links are emptied in one step, through the ORM: a second or two.
EMPTIED = 200


class CrmMigrationRollback(models.AbstractModel):
    """What a rollback would do, told before it: what goes, what returns, what hangs on it."""

    _inherit = "crm.migration.rollback"

    @api.model
    def _preview(self, project, parameters=None):
        """Return what a rollback would do; nothing is written.

        :param parameters: what the run would get: see ``Scope``; without them everything
        :return: ``{"remove": {model: n}, "restore": {model: n}, "keep": {model: n}, "fields": n,
            "dependants": {(model, of model): n}, "spared": [{model, res_id, field, reason}]}``
        """
        project._check_not_purged("rollback")
        project = silent(project)
        service = self.with_env(project.env)
        plan = service._plan(project, Scope(project, parameters))
        result = {"remove": {}, "restore": {}, "keep": {}, "fields": 0} | {
            "dependants": plan["dependants"],
            "spared": plan["spared"],
        }
        for model, kept, count in service._count_creations(project, plan):
            for kind, number in (("keep", kept), ("remove", count - kept)):
                if number:
                    result[kind][model] = number
        before_id = LAST_ID
        while lines := service._read_lines(project, before_id, scope=plan["scope"], updates=True):
            before_id = lines[-1]["id"]
            for line in lines:
                result["fields"] += len(set(line["after"] or {}) - set(STAMPS))
                counts = result["restore"]
                counts[line["model"]] = counts.get(line["model"], 0) + 1
            result["spared"] += service._find_spared_fields(plan["scope"], lines)
        result["fields"] -= sum(1 for one in result["spared"] if one["field"])
        return result

    @api.model
    def _count_creations(self, project, plan):
        """Return ``[(model, records that stay, records in all)]`` of what was created."""
        kept = sorted(plan["kept"])
        self.env.cr.execute(
            SQL(
                """SELECT l.model, count(stay.res_id), count(*) FROM crm_migration_log l
                     LEFT JOIN %s AS stay(model, res_id)
                            ON stay.model = l.model AND stay.res_id = l.res_id
                    WHERE l.project_id = %s AND l.id > %s AND l.action = 'create' AND %s AND %s
                    GROUP BY l.model""",
                unnest(("varchar", "int"), kept),
                project.id,
                project._get_undone_until(),
                plan["scope"].condition(),
                plan["scope"].still_there(),
            )
        )
        return self.env.cr.fetchall()

    @api.model
    def _find_spared_fields(self, scope, lines):
        """Return the fields that no longer hold what the migration wrote."""
        spared = []
        for model, group in self._group_lines(lines, "update"):
            fields = self.env[model]._fields
            names = sorted(
                {n for line in group for n in line["before"] if n in fields} - set(STAMPS)
            )
            ids = self.env[model].browse([line["res_id"] for line in group]).exists().ids
            landed = (
                self.env["crm.migration.target"]._read_landed_of(model, ids, names) if ids else {}
            )
            for line in group:
                now = landed.get(line["res_id"])
                for name in sorted(set(line["before"]) & set(names)) if now else ():
                    if self._is_edited(line, name, now, fields) and not scope.is_forced(
                        model, line["res_id"], name
                    ):
                        spared.append(
                            {
                                "model": model,
                                "res_id": line["res_id"],
                                "field": name,
                                "reason": "edited",
                            }
                        )
                        now[name] = line["before"][name]
                    else:
                        now[name] = line["before"][name]
        return spared

    @api.model
    def _group_lines(self, lines, action):
        groups = {}
        for line in lines:
            if line["action"] == action and line["model"] in self.env:
                groups.setdefault(line["model"], []).append(line)
        return groups.items()

    @api.model
    def _is_edited(self, line, name, now, fields):
        """True if the field holds neither what the migration wrote, nor what was there before."""
        kind = fields[name].type
        return not same(line["after"].get(name), now[name], kind) and not same(
            line["before"][name], now[name], kind
        )

    # ------------------------------------------------------------- plan

    @api.model
    def _plan(self, project, scope, work=None):
        """Return what goes and what stays: ``{scope, kept, spared, dependants, links}``.

        Steps: what stays and why; what hangs on that which goes: its history goes with it, other
        records of the project as the person chose.

        :param work: what was looked up already of what people did with the records of the scope
        """
        written = Written(project)
        work = work or Work()
        spared, kept = self._get_spared(scope, written, work)
        result = {"scope": scope, "kept": kept, "dependants": {}, "links": []}
        if not scope.is_whole:
            result = self._follow(project, scope, written, work) | {"scope": scope}
            spared, kept = self._get_spared(scope, written, work)
            going = self._to_keys(written.read_ids(scope)) - kept
            result["kept"] = kept
            result["links"] = [one for one in result["links"] if (one[3], one[4]) in going]
        result["spared"] = [
            {"model": model, "res_id": res_id, "field": False, "reason": reason}
            for (model, res_id), reason in sorted(spared.items())
        ]
        return result

    @api.model
    def _follow(self, project, scope, written, work):
        """Add to the scope what hangs on what goes; return the links that stay behind."""
        dependants, links = {}, []
        records = self._read_record_ids(project)
        mine = self._to_keys(written.ids)
        bases = self._read_bases(project, records)
        while True:
            going = self._to_keys(written.read_ids(scope))
            going -= self._get_spared(scope, written, work)[1]
            others = mine - going
            history = {key for key in others if bases.get(key) in going}
            found = self._find_links(going, others)
            direct = {(model, res_id) for model, __, res_id, *__rest in found}
            for model, __, res_id, of_model, __of in found:
                dependants.setdefault((model, of_model), set()).add(res_id)
            add = history | (direct if scope.takes_dependants else set())
            new = {records[key] for key in add if key in records} - set(scope.extra)
            if not new:
                links = [] if scope.takes_dependants else found
                break
            scope.extra = sorted(set(scope.extra) | new)
        counts = {pair: len(ids) for pair, ids in dependants.items()}
        return {"dependants": counts, "links": links}

    @api.model
    def _to_keys(self, ids):
        return {(model, res_id) for model, some in ids.items() for res_id in some}

    @api.model
    def _read_bases(self, project, records):
        """Return {(model, ID): (model, ID)} that a message, an activity or a file hangs on.

        The log names the model as it was written: by its name, or by the ID of its entry.

        :param records: the created records
        """
        names = {known.id: known.model for known in self.env["ir.model"].sudo().search([])}
        bases = {}
        for model in {model for model, __ in records} & self.env.registry.keys():
            name, link = HISTORY.get(model, ("res_model", "res_id"))
            if link not in self.env[model]._fields:
                continue
            self.env.cr.execute(
                SQL(
                    """SELECT DISTINCT ON (res_id) res_id, after ->> %s,
                              (after ->> 'res_model_id')::int, (after ->> %s)::int
                         FROM crm_migration_log l
                        WHERE project_id = %s AND id > %s AND model = %s AND after ? %s
                          AND action IN ('create', 'update') AND %s
                        ORDER BY res_id, id DESC""",
                    name, link, project.id, project._get_undone_until(), model, link,
                    Scope.still_there(),
                )
            )  # fmt: skip
            bases |= {
                (model, res_id): (base or names.get(entry), base_id)
                for res_id, base, entry, base_id in self.env.cr.fetchall()
                if (model, res_id) in records and base_id
            }
        return bases

    @api.model
    def _read_record_ids(self, project):
        """Return {(model, ID): staged record} of what the project created."""
        self.env.cr.execute(
            """SELECT model, res_id, record_id FROM crm_migration_log
                WHERE project_id = %s AND action = 'create' AND record_id IS NOT NULL
                  AND id > %s""",
            [project.id, project._get_undone_until()],
        )
        return {(model, res_id): record_id for model, res_id, record_id in self.env.cr.fetchall()}

    @api.model
    def _find_links(self, going, owners=None):
        """Return ``(model, field, ID, model it refers to, ID it refers to)``.

        :param owners: keys of those whose links are asked for; of all, if none are given
        """
        found, ids = [], {name: as_array("int", ids) for name, ids in self._group(going).items()}
        own_ids = self._group(owners or ())
        for model in (name for name in USERS_OF_SHARED if name in self.env):
            if owners is not None and model not in own_ids:
                continue
            mine = SQL("TRUE")
            if owners is not None:
                mine = SQL("id = ANY(%s)", as_array("int", own_ids[model]))
            for field in self.env[model]._fields.values():
                wanted = ids.get(field.comodel_name)
                if not (wanted and self._is_link(field)):
                    continue
                self.env.cr.execute(
                    SQL(
                        "SELECT id, %(column)s FROM %(table)s"
                        " WHERE %(column)s = ANY(%(wanted)s) AND %(mine)s",
                        column=SQL.identifier(field.name),
                        table=SQL.identifier(self.env[model]._table),
                        wanted=wanted,
                        mine=mine,
                    )
                )
                found += [
                    (model, field.name, res_id, field.comodel_name, other)
                    for res_id, other in self.env.cr.fetchall()
                ]
        return found

    @api.model
    def _is_link(self, field):
        """True for a link that somebody sets; what Odoo works out by itself follows."""
        return (
            field.type == "many2one"
            and field.store
            and not field.company_dependent
            and not (field.compute and field.readonly)
            and not field.related
        )

    @api.model
    def _empty_next(self, run, project, scope):
        """Empty the links of what stays to some of the records that go; note where it goes on."""
        place, count, emptied = run.cursor["linked"], 0, 0
        kept = {tuple(pair) for pair in run.cursor["kept"]}
        while place[0] and count < LOOKED_UP and emptied < EMPTIED:
            (model, *others), last_id = place
            ids = self._read_created(project, scope, model, last_id, EMPTIED)
            links = self._find_links({(model, res_id) for res_id in ids} - kept) if ids else []
            staying = self._find_staying(project, scope, {(one[0], one[2]) for one in links}, kept)
            links = [one for one in links if (one[0], one[2]) in staying]
            self._empty_links(run, links)
            count, emptied = count + len(ids), emptied + len(links)
            place = [[model, *others], ids[-1]] if len(ids) == EMPTIED else [others, 0]
        run.cursor = run.cursor | {"linked": place if place[0] else None}

    @api.model
    def _find_staying(self, project, scope, keys, kept):
        """Return those of these records that the project created and that stay."""
        staying = keys & kept
        for model, ids in self._group(keys).items():
            self.env.cr.execute(
                SQL(
                    """SELECT res_id FROM crm_migration_log l
                        WHERE project_id = %s AND model = %s AND res_id = ANY(%s) AND id > %s
                          AND action = 'create' AND %s AND %s IS NOT TRUE""",
                    project.id,
                    model,
                    as_array("int", ids),
                    project._get_undone_until(),
                    scope.still_there(),
                    scope.condition(),
                )
            )
            staying |= {(model, res_id) for (res_id,) in self.env.cr.fetchall()}
        return staying

    @api.model
    def _empty_links(self, run, links):
        """Empty, through the ORM, the links of what stays to what goes; logged as any write.

        Texts that Odoo empties with them (the contact's name on a deal) stay: they are all that
        is left of whom it was with.
        """
        groups, entries = {}, []
        for model, name, res_id, __, other in links:
            groups.setdefault((model, name), []).append((res_id, other))
        for (model, name), pairs in groups.items():
            ids = sorted(res_id for res_id, __ in pairs)
            texts = read_filled(self.env[model], ids)
            stamps = self._read_stamps(model, ids)
            self._write_back(model, ids, {name: False})
            self._keep_texts(model, texts)
            entries += [
                (None, model, res_id, "update", {name: other} | stamps[res_id], {name: False})
                for res_id, other in pairs
            ]
        self.env["crm.migration.log"]._append(run, entries)

    @api.model
    def _keep_texts(self, model, before):
        """Put texts back that are empty now.

        :param before: {ID: {column: value}}, what was filled
        """
        now, records = read_filled(self.env[model], list(before)), self.env[model]
        for res_id, old in before.items():
            lost = {
                name: value
                for name, value in old.items()
                if records._fields[name].type in ("char", "text") and name not in now[res_id]
            }
            if lost:
                write_back(records.browse(res_id), lost)
