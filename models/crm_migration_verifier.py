from odoo import api, models
from odoo.tools import SQL

from ..engine.comparing import (
    DIFFERENT,
    EQUAL,
    EXPLAINED,
    MISSING,
    VERDICTS,
    is_empty,
    same,
    verdict,
)
from ..engine.mapping import fold
from ..engine.types import Problem
from . import garbage, link_sums, staged_rows
from .crm_migration_loader import MISSING_LINKS
from .damage import Damage
from .inserting import unnest
from .link_names import LINKS, LinkNames, get_links
from .logged import Logged
from .resolver import Resolver
from .silence import silent
from .stage_sums import StageSums

# Records compared per transaction.
VERIFIED_ROWS = 2000
# What a person looks at first.
RANKS = {DIFFERENT: 0, MISSING: 1, EXPLAINED: 2, EQUAL: 3}
LANDED = ("created", "updated", "unchanged", "merged")


class CrmMigrationVerifier(models.AbstractModel):
    """Every field of every record: expected, from the source and the confirmed map, and landed.

    What is expected is worked out anew from the staged rows by the same map; what is landed is
    read from the database. Sums are kept for each entity and field, and all that is not equal.
    """

    _name = "crm.migration.verifier"
    _description = "Verifier"

    @api.model
    def _step(self, run):
        """Compare the next records; True while there is more. Ends with the sums."""
        project = silent(run.project_id)
        service = self.with_env(project.env)
        cursor = run.cursor or {"last_id": 0, "fields": {}}
        if not run.cursor:
            run.total = service._count_landed(project)
        rows = service._read_rows(project, after=cursor["last_id"], limit=VERIFIED_ROWS)
        if not rows:
            service._finish(run, project, cursor)
            return False
        links = cursor.setdefault("links", {})
        told = service._compare(project, rows, sums=cursor["fields"], links=links)
        service._add_up(cursor["fields"], told)
        service._name_links(told)
        cursor["edited"] = cursor.get("edited", 0) + service._store(run, told)
        cursor["last_id"] = rows[-1]["id"]
        run.cursor = cursor
        run.processed += len(rows)
        return True

    @api.model
    def _count_landed(self, project):
        self.env.cr.execute(
            """SELECT count(*) FROM crm_migration_record
                WHERE project_id = %s AND res_id IS NOT NULL AND state = ANY(%s)""",
            [project.id, list(LANDED)],
        )
        return self.env.cr.fetchone()[0]

    @api.model
    def _read_rows(self, project, ids=None, after=0, limit=None, landed=True):
        """Return staged records as dicts: those of the IDs, or the next landed ones."""
        self.env.cr.execute(
            SQL(
                "SELECT %s FROM crm_migration_record WHERE project_id = %s AND id > %s %s %s"
                " ORDER BY id LIMIT %s",
                staged_rows.get_columns(),
                project.id,
                after,
                SQL("AND id = ANY(%s)", ids) if ids is not None else SQL(),
                SQL("AND res_id IS NOT NULL AND state = ANY(%s)", list(LANDED))
                if landed
                else SQL(),
                limit,
            )
        )
        return staged_rows.fetch(self.env.cr)

    # ------------------------------------------------------------- compare

    @api.model
    @garbage.kept()
    def _compare(self, project, rows, keep_equal=False, sums=None, links=None):
        """Return the checks of these records: of what is not equal, and of all that is damaged.

        :param keep_equal: True for a check of each expected field
        :param sums: where fields that are equal are counted: see ``_add_up``
        :param links: where links are counted by how they were found: see ``link_sums``
        """
        sums = sums if sums is not None else {}
        loader = self.env["crm.migration.loader"]
        resolver = Resolver(project)
        rows = [row | {"payload": row["loaded_payload"] or row["payload"]} for row in rows]
        items = loader._prepare_items(project, rows, resolver)
        items = [item for item in items if item.model]
        if links is not None:
            link_sums.count(links, items, resolver)
        logged = Logged(project, items)
        damage, checks = Damage(project), []
        for target, group in loader._group_by_target(items):
            found = self._compare_group(target, group, logged, None if keep_equal else sums)
            found += target._compare_besides(group)
            self._explain_late(project, found)
            if not keep_equal:
                self._add_up(sums, [check for check in found if check["verdict"] == EQUAL])
                found = [check for check in found if check["verdict"] != EQUAL]
            self._explain_undone(project, group, logged.values, found)
            checks += found
            made = [item for item in group if item.record["id"] in logged.created]
            if made:
                checks += damage.compare_watched(made, logged.values)
                checks += damage.compare_unfilled(made, logged.values)
                checks += target._find_damage(made)
        return checks + damage.compare_xmlids(items)

    @api.model
    def _compare_group(self, target, items, logged, sums):
        """Return the checks of records of one model.

        :param logged: what the log tells of them
        :param sums: where equal fields are counted; they get no check of their own then
        """
        model = self.env[target._model]
        names = sorted({name for item in items for name in item.values if name in model._fields})
        ids = [item.record["res_id"] for item in items]
        landed = target._read_landed(ids, names)
        checks = []
        for item in items:
            now = landed.get(item.record["res_id"])
            if now is None:
                if item.values:
                    checks.append(self._prepare_check(item, "id", item.key, None, "", "", MISSING))
                continue
            told = [name for name in names if name in item.values]
            if sums is not None:
                told = self._count_equal(item, told, now, sums)
            checks += [
                self._compare_field(item, model._fields[name], now[name], logged) for name in told
            ]
        return checks

    @api.model
    def _count_equal(self, item, names, now, sums):
        """Count fields that hold just what is expected: nearly all do. Return the others' names."""
        others, values, rules, entity = [], item.values, item.rules, item.entity
        for name in names:
            expected, landed = values[name], now[name]
            if type(expected) is not type(landed) or expected != landed or name in rules:
                others.append(name)
                continue
            key = f"{entity}|{name}"
            counted = sums.get(key)
            if counted is None:
                counted = sums[key] = [0] * 6
            counted[0] += 1
            if expected or not is_empty(expected):
                counted[4] += 1
                counted[5] += 1
        return others

    @api.model
    def _compare_field(self, item, field, landed, logged):
        expected = item.values[field.name]
        rule = item.rules.get(field.name, "")
        result = verdict(expected, landed, field.type, rule)
        record_id = item.record["id"]
        own = field.name not in logged.filled.get(record_id, (field.name,))
        others = logged.others.get(record_id, {})
        own = own or (field.name in others and same(others[field.name], landed, field.type))
        if own and result in (DIFFERENT, MISSING):
            # A merge fills what was empty; what the existing contact had stays.
            rule, result = "merged", EXPLAINED
        check = self._prepare_check(item, field.name, expected, landed, rule, field.type, result)
        if field.type == "many2many" and result in (DIFFERENT, MISSING):
            late = set(expected or []) - set(landed)
            check["late"] = (field.comodel_name, late if set(landed) <= set(expected or []) else ())
        model = item.values.get(getattr(field, "model_field", None)) or False
        return check | {"links": get_links(field, model, expected, landed)}

    @api.model
    def _explain_undone(self, project, items, logged, checks):
        """Explain what lost a link as a rollback of a part took the other record away.

        It holds what was written last then, though the rows would say something else by now. Only
        what misses a record that was taken away, and only in fields that follow it: what the row
        itself gives a field is no matter of links.
        """
        alone = {
            item.record["id"]: item
            for item in items
            if any(p.code in MISSING_LINKS for p in item.problems)
        }
        told = [
            check
            for check in checks
            if check["verdict"] in (DIFFERENT, MISSING)
            and check["record_id"] in alone
            and self._may_follow(alone[check["record_id"]], check["field_name"])
        ]
        gone = self._read_taken_away(project) if told else ()
        told = [check for check in told if self._get_missed(alone[check["record_id"]]) & gone]
        if not told:
            return
        self.env.cr.execute(
            """SELECT l.res_id, l.action, l.after FROM crm_migration_log l
                 JOIN crm_migration_run r ON r.id = l.run_id AND r.kind = 'rollback'
                WHERE l.project_id = %(project)s AND l.id > %(until)s AND (l.action = 'remove' OR (
                      l.action = 'update' AND l.model = %(model)s AND l.res_id = ANY(%(ids)s)))
                ORDER BY l.id""",
            {
                "project": project.id,
                "until": project._get_undone_until(),
                "model": told[0]["model"],
                "ids": [check["res_id"] for check in told],
            },
        )
        lines, emptied = self.env.cr.fetchall(), {}
        for res_id, action, after in lines:
            if action == "update":
                emptied.setdefault(res_id, {}).update(after)
        for check in told if lines else ():
            known = logged.get(check["record_id"], {}) | emptied.get(check["res_id"], {})
            field = self.env[check["model"]]._fields.get(check["field_name"])
            written = self._to_text(known.get(check["field_name"]))
            if written == check["actual"] or (
                field and field.type == "html" and same(written, check["actual"], "html")
            ):
                check |= {"verdict": EXPLAINED, "rule": "undone"}

    @api.model
    def _may_follow(self, item, name):
        """Return whether a field may hold what a linked record gave it."""
        if name in self.env["crm.migration.target"]._get_following(item.model):
            return True
        return name not in item.mapped.values or item.mapped.values[name] != item.values.get(name)

    @api.model
    def _get_missed(self, item):
        return {fold(p.value) for p in item.problems if p.code in MISSING_LINKS and p.value}

    @api.model
    def _read_taken_away(self, project):
        """Return the IDs, names and emails, folded, of the rows whose records were taken away."""
        self.env.cr.execute(
            """SELECT DISTINCT r.source_key, c.after ->> 'name', c.after ->> 'email'
                 FROM crm_migration_log u
                 JOIN crm_migration_run one ON one.id = u.run_id AND one.kind = 'rollback'
                 JOIN crm_migration_log c ON c.project_id = u.project_id AND c.model = u.model
                  AND c.res_id = u.res_id AND c.action = 'create' AND c.record_id IS NOT NULL
                 JOIN crm_migration_record r ON r.id = c.record_id
                WHERE u.project_id = %s AND u.action = 'remove' AND u.id > %s""",
            [project.id, project._get_undone_until()],
        )
        return {fold(text) for row in self.env.cr.fetchall() for text in row if text}

    @api.model
    def _explain_late(self, project, checks):
        """Explain links to what was created after the record was last written.

        An attendee's address may belong to another contact too, which a newer export brought.
        """
        pairs = [
            (number, check["model"], check["res_id"], *check["late"][:1], other)
            for number, check in enumerate(checks)
            if check.get("late")
            for other in check["late"][1]
        ]
        if not pairs:
            return
        self.env.cr.execute(
            SQL(
                """SELECT v.number, bool_and(COALESCE((
                              SELECT min(l.id) FROM crm_migration_log l
                               WHERE l.project_id = %(project)s AND l.model = v.other_model
                                 AND l.res_id = v.other_id AND l.action = 'create') > (
                              SELECT max(l.id) FROM crm_migration_log l
                               WHERE l.project_id = %(project)s AND l.model = v.model
                                 AND l.res_id = v.res_id), FALSE))
                     FROM %(pairs)s AS v(number, model, res_id, other_model, other_id)
                    GROUP BY v.number""",
                project=project.id,
                pairs=unnest(("int", "varchar", "int", "varchar", "int"), pairs),
            )
        )
        for number, all_late in self.env.cr.fetchall():
            if all_late:
                checks[number] |= {"verdict": EXPLAINED, "rule": "came_later"}

    @api.model
    def _name_links(self, checks):
        """Say who is meant where a check has IDs: in a sample, before its records are undone."""
        LinkNames(self.env, checks).set()

    @api.model
    def _prepare_check(self, item, name, expected, landed, rule, field_type, result):
        source = item.mapped.source_of(name).values()
        return {
            "kind": "link" if field_type in LINKS else "value",
            "entity": item.entity,
            "record_id": item.record["id"],
            "source_key": item.key,
            "model": item.model,
            "res_id": item.record["res_id"],
            "field_name": name,
            "source_value": " | ".join(source)[:500] or None,
            "rule": rule or None,
            "expected": self._to_text(expected),
            "actual": self._to_text(landed),
            "verdict": result,
            "filled": (not is_empty(expected), not is_empty(landed)),
        }

    @api.model
    def _to_text(self, value):
        return None if is_empty(value) else str(value)[:500]

    # ------------------------------------------------------------- sums

    @api.model
    def _count(self, checks):
        totals = dict.fromkeys(VERDICTS, 0)
        for check in checks:
            totals[check["verdict"]] += 1
        return totals

    @api.model
    def _add_up(self, fields, checks):
        """Add checks to {"entity|field": [the four verdicts, filled in source, filled in Odoo]}."""
        for check in checks:
            sums = fields.setdefault(f"{check['entity']}|{check['field_name']}", [0] * 6)
            sums[VERDICTS.index(check["verdict"])] += 1
            sums[4] += check["filled"][0]
            sums[5] += check["filled"][1]

    @api.model
    def _store(self, run, checks):
        """Write checks in one statement per thousand; return how many a person's edit explains."""
        Damage(silent(run.project_id)).name_editors(checks)
        columns = (
            "kind", "entity", "record_id", "source_key", "model", "res_id", "field_name",
            "source_value", "rule", "expected", "actual", "verdict", "record_name", "verdict_rank",
            "edited_by_id", "edited_at",
        )  # fmt: skip
        for check in checks:
            check["verdict_rank"] = RANKS[check["verdict"]]
        rows = [
            (run.project_id.id, run.id, *(check.get(name) for name in columns)) for check in checks
        ]
        if rows:
            self.env.cr.execute_values(
                f"""INSERT INTO crm_migration_check (project_id, run_id, {", ".join(columns)})
                    VALUES %s""",
                rows,
                page_size=1000,
            )
        return sum(bool(check["edited_by_id"]) for check in checks)

    @api.model
    def _finish(self, run, project, cursor):
        """Store the sums by field and entity, and what the log says was made but is not so."""
        self._tell_contact_counts(run, project)
        fields, damage = cursor["fields"], Damage(project)
        checks = damage.compare_companions() + damage.compare_choices() + damage.find_doubles()
        edited = cursor.get("edited", 0) + self._store(run, checks)
        self._add_up(fields, checks)
        values = []
        for key, sums in sorted(fields.items()):
            entity, __, name = key.partition("|")
            values.append(self._prepare_sum(run, "field", entity, name, sums))
        outcomes = project._get_outcomes()
        for entity in outcomes:
            sums = [sum(column) for column in zip(*self._of_entity(fields, entity), strict=True)]
            values.append(self._prepare_sum(run, "entity", entity, False, sums or [0] * 6))
        self.env["crm.migration.check"].create(values)
        totals = [sum(column) for column in zip(*fields.values(), strict=True)] or [0] * 6
        run.counters = {
            "checks": dict(zip(VERDICTS, totals[:4], strict=True)),
            "edited": edited,
            "entities": outcomes,
            "stages": StageSums(project).get(),
            "links": cursor.get("links") or {},
        }

    @api.model
    def _tell_contact_counts(self, run, project):
        """List the companies that have fewer contacts than the source's lists say (SP-38)."""
        self.env["crm.migration.issue"].search(
            [
                ("project_id", "=", project.id),
                ("code", "=", "contact_count"),
                ("state", "=", "open"),
            ]
        ).unlink()
        self.env.flush_all()
        self.env.cr.execute(
            """SELECT r.id, r.entity, r.source_key, r.file_id, r.line, p.name,
                      p.x_source_contact_count AS told, count(c.id) AS found
                 FROM crm_migration_record r
                 JOIN res_partner p ON p.id = r.res_id AND p.is_company
                 LEFT JOIN res_partner c ON c.parent_id = p.id AND NOT c.is_company
                  AND c.x_source_id IS NOT NULL
                WHERE r.project_id = %s AND r.model = 'res.partner' AND r.state = ANY(%s)
                GROUP BY r.id, p.id HAVING count(c.id) < p.x_source_contact_count""",
            [project.id, list(LANDED)],
        )
        problems = [
            (
                Problem(
                    "contact_count",
                    value=row["name"] or "",
                    parameters={"expected": row["told"], "found": row["found"]},
                ),
                row,
            )
            for row in self.env.cr.dictfetchall()
        ]
        self.env["crm.migration.issue"]._append(project, problems, run)

    @api.model
    def _of_entity(self, fields, entity):
        return [sums for key, sums in fields.items() if key.partition("|")[0] == entity]

    @api.model
    def _prepare_sum(self, run, kind, entity, name, sums):
        return {
            "project_id": run.project_id.id,
            "run_id": run.id,
            "kind": kind,
            "entity": entity,
            "field_name": name,
            **dict(zip(VERDICTS, sums[:4], strict=True)),
            "source_filled": sums[4],
            "landed_filled": sums[5],
        }
