import hashlib
import json

from odoo import models
from odoo.exceptions import UserError

from .crm_migration_project import POLICIES

LINE_FIELDS = (
    "column", "target_field", "transform", "reference", "options", "new_label", "new_type", "state",
)  # fmt: skip
VALUE_FIELDS = (
    "domain", "group", "source_value", "target_value", "sequence", "probability", "is_won",
    "is_lost", "state",
)  # fmt: skip


class CrmMigrationProject(models.Model):
    """The map of a migration: its fingerprint, approvals and open decisions; maps as files."""

    _inherit = "crm.migration.project"

    def _get_map_hash(self):
        """Hash of everything that decides what lands: lines, values and policies."""
        self.ensure_one()
        lines = [
            (line.entity, line.column, line.state == "ignored", line.target_field or "",
             line.transform, line.reference or "", line.options or {}, line.new_type or "")
            for line in self.line_ids.sorted(lambda line: (line.entity or "", line.column))
        ]  # fmt: skip
        values = [
            (value.domain, value.group or "", value.source_value, value.target_value or "",
             value.user_id.id, value.stage_id.id, value.sequence, value.probability,
             value.is_won, value.is_lost)
            for value in self.value_ids.sorted("id")
        ]  # fmt: skip
        policies = [str(self[name]) for name in POLICIES]
        policies += sorted(f"{line.use}: {line.choice}" for line in self.readiness_ids)
        content = json.dumps([lines, values, policies], sort_keys=True, default=str)
        return hashlib.sha256(content.encode()).hexdigest()

    def _get_signed_map_hash(self):
        """Return the hash of the map: once names in it are purged, as it was before."""
        kept = self.receipt_ids.filtered(lambda r: (r.detail or {}).get("map_hash"))[-1:]
        return kept.detail["map_hash"] if kept else self._get_map_hash()

    def _get_valid_approval(self, kind):
        """Return the standing approval of that kind, if any."""
        self.ensure_one()
        return self.approval_ids.filtered(lambda a: a.kind == kind and not a.voided_at)[:1]

    def _void_changed_approvals(self):
        """Void approvals whose map is no longer the approved one, and step back to the map."""
        for project in self:
            standing = project.approval_ids.filtered(lambda a: not a.voided_at)
            if not standing:
                continue
            current = project._get_map_hash()
            changed = standing.filtered(lambda a: a.approved_hash != current)  # noqa: B023
            if changed:
                changed._void()
                if project.state in ("confirmed", "prepared", "sampled", "approved"):
                    project.sudo().state = "proposed"

    def _is_approved(self, kind):
        approval = self._get_valid_approval(kind)
        return bool(approval) and approval.approved_hash == self._get_map_hash()

    def _check_approved(self, kind):
        self.ensure_one()
        self._check_not_purged("load")
        if not self._is_approved(kind):
            messages = {
                "map": self.env._("The map is not confirmed, or was changed after it was."),
                "sample": self.env._("The sample is not approved, or the map changed after it."),
            }
            raise UserError(messages[kind])

    def action_confirm_all(self):
        """Accept every proposal of the map that waits, as an explicit decision.

        Where the order of dates is open, only what can be read in one way is read; the other cells
        are told, row by row.
        """
        self.file_ids.filtered("is_doubtful").action_confirm_reading()
        self.line_ids.filtered(lambda line: line.state == "proposed")._accept()
        self.value_ids.filtered(lambda value: value.state == "proposed").action_confirm()
        self.readiness_ids.filtered(lambda line: line.state == "proposed").action_confirm()

    def action_confirm_certain(self):
        """Accept what is right 99 times in 100, columns and values; the questions stay."""
        self.line_ids.filtered(lambda one: one.state == "proposed" and one.is_certain)._accept()
        self.value_ids.filtered(lambda one: one.state == "proposed" and one.known).action_confirm()

    def action_confirm_map(self):
        """Approve the map. Refused while a line or a value waits for a decision.

        :raises UserError: with the number of open lines
        """
        self.ensure_one()
        self.file_ids._check_reading()
        open_count = self._count_open_decisions()
        if open_count:
            raise UserError(
                self.env._("%(count)s lines of the map are not confirmed yet.", count=open_count)
            )
        if not self.line_ids:
            raise UserError(self.env._("There is no map yet: upload files and stage them first."))
        if not self._get_valid_approval("map"):
            self.env["crm.migration.approval"]._append(self, "map", self._get_map_hash())
            self.env["crm.migration.memory"]._remember(self)
        if self.state in ("staged", "proposed", "rolled_back"):
            self.sudo().state = "confirmed"

    def _count_open_decisions(self):
        self.ensure_one()
        self.env.flush_all()
        open_ones = [("project_id", "=", self.id), ("state", "=", "proposed")]
        models_ = ("mapping.line", "mapping.value", "readiness")
        return sum(self.env[f"crm.migration.{name}"].search_count(open_ones) for name in models_)

    def action_approve_sample(self):
        """Approve the sample: the full load may start."""
        self.ensure_one()
        self._check_manager()
        self._check_approved("map")
        if self.state != "sampled":
            raise UserError(self.env._("There is no sample to approve: run it first."))
        self.env["crm.migration.approval"]._append(self, "sample", self._get_map_hash())
        self.sudo().state = "approved"

    def action_approve_again(self):
        """Approve the map that a newer export changed."""
        self._check_approved("map")
        self._approve_again()

    def _approve_again(self):
        """Approve the sample's map anew after a newer export brought columns or values."""
        self._check_manager()
        self.env["crm.migration.approval"]._append(self, "sample", self._get_map_hash())

    def action_sign_off(self):
        """Sign the proof: the cutover is accepted."""
        self._check_manager()
        if self.state != "verified":
            raise UserError(self.env._("Verify first: there is no proof to sign."))
        if not self.is_signed:
            self.env["crm.migration.approval"]._append(self, "cutover", self._get_map_hash())

    def action_export_map(self):
        """Give out the map as a file for another project."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_url",
            "url": f"/crm_migration/map/{self.id}",
            "target": "download",
        }

    def _export_map(self):
        """Return the map as data that another project can use."""
        self.ensure_one()
        lines = [
            {name: line[name] for name in LINE_FIELDS}
            | {"entity": line.entity, "target": line.mapping_id.target}
            for line in self.line_ids
        ]
        values = [
            {name: value[name] for name in VALUE_FIELDS}
            | {"user": value.user_id.login or False, "stage": value.stage_id.name or False}
            for value in self.value_ids
        ]
        return {"profile": self.profile, "lines": lines, "values": values}

    def _import_map(self, content):
        """Use a saved map: lines and values that this project has too, as decided there.

        :return: how many columns and how many values it decided
        :raises UserError: when the file is no map of this source
        """
        self.ensure_one()
        if not isinstance(content, dict) or content.get("profile") != self.profile:
            product = self._get_profile().name
            raise UserError(self.env._("The file is not a map of %(product)s.", product=product))
        lines = {(line.entity, line.column): line for line in self.line_ids}
        used_lines = used_values = 0
        for saved in content.get("lines", []):
            line = lines.get((saved.get("entity"), saved.get("column")))
            if line:
                told = {name: saved[name] for name in LINE_FIELDS if name in saved}
                line.write(told | {"reason": "saved", "evidence": False})
                used_lines += 1
        values = {(v.domain, v.group or "", v.source_value): v for v in self.value_ids}
        for saved in content.get("values", []):
            key = (saved.get("domain"), saved.get("group") or "", saved.get("source_value"))
            if key in values:
                values[key].write(self._prepare_saved_value(saved))
                used_values += 1
        return used_lines, used_values

    def _prepare_saved_value(self, saved):
        vals = {name: saved[name] for name in VALUE_FIELDS if name in saved}
        for name, model, key in (("user", "res.users", "login"), ("stage", "crm.stage", "name")):
            if saved.get(name):
                found = self.env[model].search([(key, "=", saved[name])])
                if len(found) == 1:  # of two stages of one name none is guessed
                    vals[f"{name}_id"] = found.id
        return vals
