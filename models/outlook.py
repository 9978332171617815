"""What a forecast says, and how the load that followed kept to it."""

from odoo.tools import SQL

from ..engine.types import Problem
from . import words
from .crm_migration_record import OUTCOMES
from .parallel import parallel

#: Outcomes that have a reason to be told.
STOPPED = ("held", "failed", "skipped")
#: Owners are matched anew by each load: whoever was missing may be a user by then.
OWNERS = ("unmatched_owner", "ambiguous_owner")


class Outlook:
    def __init__(self, project):
        self.project = project
        self.env = project.env

    # ------------------------------------------------------------- forecast

    def summarise(self):
        """Return the sums of the newest forecast: ``{"rows", "entities", "reasons", "map"}``."""
        self.env.cr.execute(
            """SELECT entity, outcome, reason, count(*) FROM crm_migration_forecast
                WHERE project_id = %s GROUP BY entity, outcome, reason
                ORDER BY count(*) DESC, entity, reason""",
            [self.project.id],
        )
        entities, reasons, rows = {}, [], 0
        for entity, outcome, reason, count in self.env.cr.fetchall():
            counts = entities.setdefault(entity, {"rows": 0} | dict.fromkeys(OUTCOMES, 0))
            counts["rows"] += count
            counts[outcome] += count
            rows += count
            if outcome in STOPPED and reason:
                reasons.append(
                    {"entity": entity, "outcome": outcome, "code": reason, "count": count}
                )
        return {
            "rows": rows,
            "entities": entities,
            "reasons": reasons,
            "map": self.project._get_map_hash(),
        }

    def get_run(self):
        """Return the run of the newest forecast that came to its end."""
        return self.project.run_ids.filtered(
            lambda run: run.kind == "forecast" and run.state == "done"
        )[:1]

    def get_comparison(self):
        """Return what the load after the newest forecast said of it, or None."""
        forecast = self.get_run()
        for run in self.project.run_ids:
            told = (run.counters or {}).get("forecast")
            if run.kind == "load" and told and told["run"] == forecast.id:
                return told
        return None

    def get_report(self):
        """Return the newest forecast, and how the load kept to it (``docs/command_line.md``)."""
        run = self.get_run()
        if not run:
            return None
        said, compared = run.counters or {}, self.get_comparison()
        return {
            "at": str(run.ended_at),
            "rows": said["rows"],
            "entities": said["entities"],
            "reasons": said["reasons"],
            "loaded": bool(compared),
            "kept": compared["kept"] if compared else None,
            "differences": compared["differences"] if compared else [],
        }

    def show(self):
        """Return what people are shown of it, in their words, or None.

        ``{"sentence", "is_old", "loaded", "states", "lines", "reasons", "differences"}``: lines and
        states as ``Proof.get_outcomes`` has them; reasons with what stops the rows, by entity.
        """
        run = self.get_run()
        if not run:
            return None
        said, compared = run.counters, self.get_comparison()
        if compared and self.project.state not in ("loaded", "verified", "closed"):
            return None  # of a load that was undone: the next one has a forecast of its own
        entities = words.get_entities(self.env)
        states = self._get_words("crm.migration.record", "state")
        titles = self._get_words("crm.migration.issue", "code")
        counts = said["entities"]
        stopped = [
            reason | {
                "title": titles.get(reason["code"], reason["code"]),
                "label": entities.get(reason["entity"], reason["entity"]),
            }
            for reason in said["reasons"]
        ]  # fmt: skip
        shown = [
            name
            for name in OUTCOMES
            if name in ("created", "held") or any(line[name] for line in counts.values())
        ]
        order = {m.entity: m.sequence for m in self.project.mapping_ids}
        return {
            # Once the load is done, what was foreseen is no news: how it was kept is told then.
            "sentence": not compared and self._get_sentence(said),
            "is_old": not compared and said["map"] != self.project._get_map_hash(),
            "loaded": bool(compared),
            "at": str(run.ended_at),
            "states": [{"name": name, "label": states[name]} for name in shown],
            "lines": [
                {"entity": entity, "label": entities.get(entity, entity), "counts": line}
                for entity, line in sorted(counts.items(), key=lambda one: order.get(one[0], 999))
            ],
            "reasons": stopped,
            "differences": [
                self._describe(one, entities, states)
                for one in (compared["differences"] if compared else ())
            ],
        }

    def _get_words(self, model, name):
        return dict(self.env[model]._fields[name]._description_selection(self.env))

    def _get_sentence(self, said):
        totals = {name: sum(line[name] for line in said["entities"].values()) for name in OUTCOMES}
        stopped = totals["held"] + totals["failed"]
        if not stopped:
            return self.env._("None of the %(rows)s records will be held.", rows=said["rows"])
        return self.env._(
            "%(stopped)s of %(rows)s records will be held.", stopped=stopped, rows=said["rows"]
        )

    def _describe(self, difference, entities, states):
        whys = {
            "came_later": self.env._("they became due after the forecast"),
            "newer_row": self.env._("a newer row came after the forecast"),
            "map_changed": self.env._("the map was changed after the forecast"),
            "decided": self.env._("somebody decided it since"),
            "refused": self.env._("Odoo refused them as they were written"),
            "waits_for_refused": self.env._("they wait for records that Odoo refused"),
            "owner": self.env._("the missing user exists now"),
            "deleted": self.env._("they were deleted in Odoo since"),
            "edited": self.env._("they were edited in Odoo since"),
            "waited": self.env._("what they waited for has landed"),
            "unexplained": self.env._("nothing explains it"),
        }
        entity = difference["entity"]
        text = self.env._(
            "%(entity)s: foreseen %(foreseen)s, now %(became)s: %(why)s",
            entity=entities.get(entity, entity),
            foreseen=states.get(difference["foreseen"], "–"),
            became=states.get(difference["became"], difference["became"]),
            why=whys[difference["why"]],
        )
        return {
            "text": text,
            "count": difference["count"],
            "explained": difference["why"] != "unexplained",
        }

    # ------------------------------------------------------------- comparison

    def compare(self, load):
        """Return ``{"run", "kept", "differences"}`` of a load that ends, or None without forecast.

        Each difference names what explains it; what nothing explains is told as an issue too.
        """
        run = self.get_run()
        before = self.project.run_ids.filtered(
            lambda one: one.kind == "load" and one.state == "done" and one != load
        )[:1]
        if not run or run.id < before.id:
            return None
        kept, others = self._count(run, load)
        differences = self._read_differences(run, load) if others else []
        self._flag([group for group in differences if group["why"] == "unexplained"], load)
        return {"run": run.id, "kept": kept, "differences": differences}

    def _count(self, run, load):
        """Return how many rows became what was foreseen, and how many did not."""
        self.env.flush_all()
        foreseen = self.env["crm.migration.forecast"].sudo()
        if not load.processed and not foreseen.search_count([("run_id", "=", run.id)], limit=1):
            return 0, 0  # nothing was foreseen and nothing was done: no row is looked for
        with parallel(self.env.cr):
            self.env.cr.execute(
                SQL(
                    """SELECT count(*) FILTER (WHERE f.outcome = r.state),
                              count(*) FILTER (WHERE f.outcome IS DISTINCT FROM r.state)
                         FROM %s""",
                    self._select_compared(load),
                )
            )
            return self.env.cr.fetchone()

    def _select_compared(self, load):
        """Return the SQL of the rows ``r`` that were foreseen or loaded, with their forecast ``f``,
        for a FROM clause."""
        return SQL(
            """crm_migration_record r LEFT JOIN crm_migration_forecast f ON f.record_id = r.id
                WHERE r.project_id = %s AND (f.id IS NOT NULL OR r.load_run_id = %s)""",
            self.project.id,
            load.id,
        )

    def _read_differences(self, run, load):
        """Return [{entity, foreseen, reason, became, why, count}], the largest first.

        Why, in this order: rows that came later, or were newer; the map changed;
        somebody decided; refused by the database as it was written; deleted or edited in Odoo
        since; the missing owner exists now; what it waited for landed for one of these reasons.
        """
        self.env.cr.execute(
            SQL(
                """WITH compared AS (
                       SELECT r.id, r.entity, f.outcome AS foreseen, f.reason, r.state AS became,
                              f.row_hash IS DISTINCT FROM r.row_hash AS newer, f.id IS NULL AS later
                         FROM %(compared)s AND f.outcome IS DISTINCT FROM r.state)
                   SELECT entity, foreseen, reason, became, CASE
                              WHEN later THEN 'came_later'
                              WHEN newer THEN 'newer_row'
                              WHEN %(map_changed)s THEN 'map_changed'
                              WHEN EXISTS (SELECT 1 FROM crm_migration_duplicate d
                                            WHERE d.record_id = c.id AND d.decided_at >= %(since)s)
                                  THEN 'decided'
                              WHEN became = 'failed' THEN 'refused'
                              WHEN became = 'held' AND EXISTS (
                                       SELECT 1 FROM crm_migration_issue i
                                        WHERE i.record_id = c.id AND i.code = 'waits_for')
                                   AND EXISTS (
                                       SELECT 1 FROM crm_migration_record
                                        WHERE project_id = %(project)s AND state = 'failed')
                                  THEN 'waits_for_refused'
                              WHEN reason = ANY(%(owners)s) AND became = ANY(%(landed)s)
                                  THEN 'owner'
                              WHEN foreseen IN ('updated', 'unchanged') AND became = 'created'
                                  THEN 'deleted'
                              WHEN foreseen IN ('updated', 'unchanged', 'merged') AND EXISTS (
                                       SELECT 1 FROM crm_migration_log l
                                        WHERE l.record_id = c.id AND l.run_id = %(load)s
                                          AND l.before ->> 'write_date' >= %(since)s) THEN 'edited'
                              WHEN reason = 'waits_for' THEN 'waited'
                              ELSE 'unexplained' END AS why,
                          count(*), array_agg(id)
                     FROM compared c GROUP BY 1, 2, 3, 4, 5
                    ORDER BY count(*) DESC, 1, 2, 3, 4, 5""",
                compared=self._select_compared(load),
                project=self.project.id,
                load=load.id,
                since=str(run.started_at),
                map_changed=run.counters.get("map") != self.project._get_map_hash(),
                owners=list(OWNERS),
                landed=["created", "updated", "unchanged", "merged"],
            )
        )
        names = ("entity", "foreseen", "reason", "became", "why", "count", "ids")
        groups = [dict(zip(names, row, strict=True)) for row in self.env.cr.fetchall()]
        return [self._explain(group, run) for group in groups]

    def _explain(self, group, run):
        """Look at the Odoo records of what is left: people may have written them in between."""
        ids = group.pop("ids")
        if group["why"] == "unexplained" and group["became"] in ("unchanged", "updated"):
            records = self.env["crm.migration.record"].browse(ids)
            if all(
                self._is_edited(model, rows, run)
                for model, rows in records.grouped("model").items()
            ):
                group["why"] = "edited"
        return group

    def _is_edited(self, model, rows, run):
        return model in self.env and not self.env[model].search_count(
            [("id", "in", rows.mapped("res_id")), ("write_date", "<", run.started_at)], limit=1
        )

    def _flag(self, groups, load):
        """Tell what nobody can explain: the forecast, or the load, was wrong."""
        issues = self.env["crm.migration.issue"]
        issues._clear(self.project, ["forecast_missed"])
        issues._append(
            self.project,
            [
                (
                    Problem(
                        "forecast_missed",
                        parameters={name: group[name] for name in ("count", "foreseen", "became")},
                    ),
                    {"entity": group["entity"]},
                )
                for group in groups
            ],
            load,
        )
