"""What the proof of a project shows: outcomes, verdicts, fill rates, stages, runs.

Everything is read from sums that were kept; nothing is counted over the records here.
"""

from . import words
from .crm_migration_record import OUTCOMES

VERDICTS = ("equal", "explained", "different", "missing")


class Proof:
    def __init__(self, project):
        self.project = project
        self.env = project.env
        self.entities = words.get_entities(self.env)
        self.run = project.run_ids.filtered(lambda r: r.kind == "verify" and r.state == "done")[:1]

    def get(self):
        """Return all of it as data for the dashboard."""
        return {
            "name": self.project.name,
            "source": dict(self.project._selection_profile()).get(self.project.profile),
            "source_system": self.project.source_system,
            "run_id": self.run.id,
            "verified_at": self.run.ended_at and str(self.run.ended_at),
            "currency": self.project.company_id.currency_id.symbol or "",
            "outcomes": self.get_outcomes(),
            "verdicts": self.get_verdicts(),
            "fills": self._get_fills(),
            "stages": (self.run.counters or {}).get("stages", []),
            "runs": self._get_runs(),
        }

    def _get_words(self, model, name):
        return dict(self.env[model]._fields[name]._description_selection(self.env))

    def get_outcomes(self, tally=None):
        """Return the outcomes per entity and what they are called; each line adds up to its rows.

        A column that is empty for all entities is left out, but for what a person looks for first.

        :param tally: the project's, where it was counted already
        """
        counts = self.project._get_outcomes(tally) if self.project else {}
        states = self._get_words("crm.migration.record", "state")
        shown = [
            name
            for name in ("staged", *OUTCOMES, "gone")
            if name in ("created", "held", "failed")
            or any(line.get(name) for line in counts.values())
        ]
        order = {m.entity: m.sequence for m in self.project.mapping_ids}
        return {
            "states": [{"name": name, "label": states[name]} for name in shown],
            "lines": [
                {"entity": entity, "label": self.entities.get(entity, entity), "counts": line}
                for entity, line in sorted(counts.items(), key=lambda one: order.get(one[0], 999))
            ],
        }

    def get_verdicts(self):
        """Return [{name, label, count}] of the last proof, else of the last sample."""
        labels = self._get_words("crm.migration.check", "verdict")
        totals = self.project._get_check_totals() if self.project else dict.fromkeys(VERDICTS, 0)
        return [{"name": name, "label": labels[name], "count": totals[name]} for name in VERDICTS]

    def _get_fills(self):
        """Return per entity how many values the source has and how many are in Odoo."""
        checks = self.env["crm.migration.check"].search(
            [("run_id", "=", self.run.id), ("kind", "=", "field")]
        )
        return [
            {
                "entity": entity,
                "label": self.entities.get(entity, entity),
                "source": sum(lines.mapped("source_filled")),
                "landed": sum(lines.mapped("landed_filled")),
                "fields": [
                    {
                        "label": line.field_label,
                        "name": line.field_name,
                        "source": line.source_filled,
                        "landed": line.landed_filled,
                    }
                    for line in lines.sorted(lambda c: (c.fill_rate, -c.source_filled))
                    if line.source_filled or line.landed_filled
                ],
            }
            for entity, lines in checks.grouped("entity").items()
        ]

    def _get_runs(self):
        kinds = self._get_words("crm.migration.run", "kind")
        states = self._get_words("crm.migration.run", "state")
        return [
            {
                "id": run.id,
                "label": kinds[run.kind],
                "kind": run.kind,
                "state": run.state,
                "state_label": states[run.state],
                "started_at": str(run.started_at),
                "ended_at": run.ended_at and str(run.ended_at),
                "seconds": run.seconds,
                "processed": run.processed,
                "user": run.user_id.name,
            }
            for run in self.project.run_ids.filtered("started_at").sorted("id")[-30:]
        ]
