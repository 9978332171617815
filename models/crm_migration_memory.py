import hashlib
import json
from dataclasses import replace

from odoo import api, fields, models

from ..engine.explaining import explain
from ..engine.types import Rule


class CrmMigrationMemory(models.Model):
    """What was confirmed for a table: proposed first when the same columns come again."""

    _name = "crm.migration.memory"
    _description = "Remembered Map"
    _order = "profile, entity, id"
    _rec_name = "entity"

    profile = fields.Char(required=True, help="Code of the source product.")
    entity = fields.Char(required=True)
    fingerprint = fields.Char(required=True, help="Of the source, the entity and the headers.")
    lines = fields.Json(required=True, help="Column -> target, transform, reference and options.")

    _unique_fingerprint = models.Constraint(
        "UNIQUE(fingerprint)", "A table of a source is remembered once."
    )

    @api.model
    def _remember(self, project):
        """Keep the confirmed maps of a project; called when its map is approved."""
        for mapping in project.mapping_ids.filtered("line_ids"):
            lines = {line.column: self._prepare_line(line) for line in mapping.line_ids}
            values = {
                "profile": project.profile,
                "entity": mapping.entity,
                "fingerprint": self._get_fingerprint(project, mapping.entity, lines),
                "lines": lines,
            }
            known = self.sudo().search([("fingerprint", "=", values["fingerprint"])])
            if known:
                known.write(values)
            else:
                self.sudo().create(values)

    @api.model
    def _prepare_line(self, line):
        rule = line._get_rule()
        return {
            "field": rule.field,
            "transform": rule.transform,
            "reference": rule.reference,
            "options": dict(line.options or {}),
            "label": line.new_label or "",
            "type": line.new_type or "",
        }

    @api.model
    def _get_fingerprint(self, project, entity, columns):
        text = json.dumps([project.profile, entity, sorted(columns)])
        return hashlib.sha256(text.encode()).hexdigest()

    @api.model
    def _recall(self, project, entity, columns, proposals):
        """Return the proposals, with those of a remembered map in place of the program's own.

        How dates and figures are written is told by the values at hand, not remembered.
        """
        names = [column.name for column in columns]
        fingerprint = self._get_fingerprint(project, entity.code, names)
        memory = self.sudo().search([("fingerprint", "=", fingerprint)], limit=1)
        if not memory:
            return proposals
        return [
            self._prepare_proposal(column, proposal, memory.lines[column.name])
            for column, proposal in zip(columns, proposals, strict=True)
        ]

    @api.model
    def _prepare_proposal(self, column, proposal, line):
        options = line["options"] | column.options
        rule = Rule(column.name, line["field"], line["transform"], line["reference"], options)
        reason = "remembered"
        return replace(
            proposal,
            rule=rule,
            score=1.0,
            reason=reason,
            label=line["label"],
            field_type=line["type"],
            explanation=explain(reason, column),
        )
