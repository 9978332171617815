from odoo import api, models

from .crm_migration_record import OUTCOMES
from .doubts import Doubts
from .outlook import Outlook
from .proof import Proof


class CrmMigrationProject(models.Model):
    """What a migration came to: outcomes, proof, report, questions."""

    _inherit = "crm.migration.project"

    def _get_outcomes(self, tally=None):
        """Return {entity: {read, staged, created, …}} of the newest export of each entity.

        The outcomes add up to the rows read; rows still to load are counted as ``staged``.

        :param tally: the project's, where it was counted already
        """
        self.ensure_one()
        # A field with an empty list holds False.
        tally = self._read_tally() if tally is None else tally or ()
        newest, result = {}, {}
        for entity, __, generation, __ in tally:
            newest[entity] = max(generation or 0, newest.get(entity, 0))
        for entity, state, generation, count in sorted(tally, key=lambda group: group[:2]):
            if (generation or 0) != newest[entity]:
                continue
            counts = result.setdefault(
                entity, {"read": 0, "staged": 0} | dict.fromkeys(OUTCOMES, 0)
            )
            counts["read"] += count
            counts[state] += count
        return result

    def _read_tally(self):
        """Return ``(entity, state, generation, rows)``, as the field ``tally`` has them, as of now.

        For runs: the field is what a screen shows, and is counted once for it.
        """
        self.env.flush_all()
        self.env.cr.execute(
            """SELECT entity, state, generation, count(*) FROM crm_migration_record
                WHERE project_id = %s GROUP BY entity, state, generation""",
            [self.id],
        )
        return self.env.cr.fetchall()

    def _get_generation(self, entity):
        """Return the export in which the newest rows of an entity came, or 0.

        An export with the very same files is a later one, and leaves the rows as they are.
        """
        self.ensure_one()
        self.env.flush_all()
        self.env.cr.execute(
            """SELECT COALESCE(max(generation), 0) FROM crm_migration_record
                WHERE project_id = %s AND entity = %s""",
            [self.id, entity],
        )
        return self.env.cr.fetchone()[0]

    def _get_check_totals(self):
        """Return the verdicts of the last verification, or sample."""
        self.ensure_one()
        run = self.run_ids.filtered(lambda r: r.kind in ("verify", "sample") and r.counters)[:1]
        totals = (run.counters or {}).get("checks", {})
        return {v: totals.get(v, 0) for v in ("equal", "explained", "different", "missing")}

    def _get_report(self):
        """Return the machine-readable report (contract: ``docs/command_line.md``)."""
        self.ensure_one()
        runs = self.run_ids.sorted("id")
        return {
            "project": self.name,
            "profile": self.profile,
            "state": self.state,
            "runs": [
                {
                    "kind": run.kind,
                    "state": run.state,
                    "seconds": round(run.seconds, 3),
                    "records": run.processed,
                }
                for run in runs
            ],
            "entities": self._get_outcomes(),
            "issues": self.issue_ids.filtered(lambda issue: issue.state == "open")._get_report(),
            "checks": self._get_check_totals(),
            "forecast": Outlook(self).get_report(),
        }

    @api.readonly
    def get_doubts(self, info=True, values=True):
        """Return the open questions of the project, one entry per kind.

        :param info: False: what is only for information comes without its values
        :param values: False: all come without; ``get_doubt_values`` has them
        """
        self.ensure_one()
        self.check_access("read")
        return Doubts(self).get(info, values)

    @api.readonly
    def get_doubt_values(self, codes):
        """Return {code: values that occur most} of some kinds of open questions."""
        self.ensure_one()
        self.check_access("read")
        return Doubts(self).get_values(codes)

    def action_answer(self, code):
        """Open what answers an issue's kind for all rows at once."""
        self.ensure_one()
        return Doubts(self).get_action(code)

    def settle_alike(self, code):
        """Settle all open issues of one kind: one decision for all that are alike.

        It becomes a rule of the project: no later load or newer export asks the same again, of
        these records or of others with the same value.
        """
        self.ensure_one()
        self.check_access("read")
        issues = self.env["crm.migration.issue"].search(
            [("project_id", "=", self.id), ("code", "=", code), ("state", "=", "open")]
        )
        issues.check_access("write")
        issues.sudo().write({"state": "settled", "for_alike": True})

    def action_inventory_documents(self):
        """Write the list of what does not move as files, and offer the workbook for download."""
        self.ensure_one()
        self.check_access("read")
        made = self.env["crm.migration.collector"].sudo()._make_documents(self.sudo())
        return {
            "type": "ir.actions.act_url",
            "url": f"/web/content/{made[:1].id}?download=true",
            "target": "self",
        }

    def action_download_held(self):
        """Give out the held and failed rows as CSV in the source's own columns."""
        self.ensure_one()
        self._check_not_purged("load")
        return {
            "type": "ir.actions.act_url",
            "url": f"/crm_migration/held/{self.id}",
            "target": "download",
        }

    def action_open_sample(self):
        """Show the comparison of the last sample."""
        return self._open_checks("crm_migration.crm_migration_check_sample_action", "sample")

    def action_open_totals(self):
        """Show the totals of the last proof."""
        return self._open_checks("crm_migration.crm_migration_check_verify_action", "verify")

    def action_open_differences(self):
        """Show what the last proof found to be not equal."""
        return self._open_checks("crm_migration.crm_migration_check_difference_action", "verify")

    def _open_checks(self, xmlid, kind):
        """Return the action, for the last run of that kind."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(xmlid)
        run = self.run_ids.filtered(lambda r: r.kind == kind and r.state == "done")[:1]
        kinds = ["field"] if xmlid.endswith("check_verify_action") else ["value", "link"]
        return action | {"domain": [("run_id", "=", run.id), ("kind", "in", kinds)]}

    @api.readonly
    def get_proof(self):
        """Return what the proof's dashboard shows."""
        self.ensure_one()
        self.check_access("read")
        return Proof(self).get()

    def action_download_dossier(self):
        """Give out the dossier of the project."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_url",
            "url": f"/crm_migration/dossier/{self.id}",
            "target": "download",
        }
