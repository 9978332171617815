import hashlib
import json
from dataclasses import replace

from odoo import api, fields, models

from ..engine.types import Rule
from . import words

# Share of columns in common from which two tables are the same one at different times.
NEAR = 0.8
# How sure a column is whose table is only nearly the remembered one, where the program differs.
RECALLED = 0.95
DOUBTFUL = 0.9


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
    entity_name = fields.Char(compute="_compute_names", string="File Kind")
    source_name = fields.Char(compute="_compute_names", string="Source")
    column_count = fields.Integer(compute="_compute_names", string="Columns")
    summary = fields.Json(compute="_compute_names", string="Map")

    _unique_fingerprint = models.Constraint(
        "UNIQUE(fingerprint)", "A table of a source is remembered once."
    )

    @api.depends("profile", "entity", "lines")
    @api.depends_context("lang")
    def _compute_names(self):
        entities = words.get_entities(self.env)
        sources = dict(self.env["crm.migration.project"]._selection_profile())
        left_out = self.env._("left out")
        for memory in self:
            memory.entity_name = entities.get(memory.entity, memory.entity)
            memory.source_name = sources.get(memory.profile, memory.profile)
            memory.column_count = len(memory.lines or {})
            memory.summary = {
                column: " · ".join(filter(None, (line["label"], line["field"] or left_out)))
                for column, line in sorted((memory.lines or {}).items())
            }

    def action_forget(self):
        """Forget these maps: their tables are proposed anew the next time."""
        self.unlink()
        return self.env["ir.actions.act_window"]._for_xml_id(
            "crm_migration.crm_migration_memory_action"
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
        memory, near = self._find(project, entity.code, names)
        if not memory:
            return proposals
        recalled = [
            self._prepare_proposal(column, proposal, memory.lines[column.name], near)
            if column.name in memory.lines
            else proposal
            for column, proposal in zip(columns, proposals, strict=True)
        ]
        return self._doubt_doubles(recalled, memory) if near else recalled

    @api.model
    def _find(self, project, entity, names):
        """Return ``(memory, near)`` of a table: of the same columns, else of nearly the same ones.

        A source that added a column, or renamed one, is still the source it was.
        """
        fingerprint = self._get_fingerprint(project, entity, names)
        memory = self.sudo().search([("fingerprint", "=", fingerprint)], limit=1)
        if memory:
            return memory, False
        others = self.sudo().search(
            [("profile", "=", project.profile), ("entity", "=", entity)], order="write_date desc"
        )
        rated = [(self._get_likeness(names, other.lines), other) for other in others]
        likeness, best = max(rated, key=lambda pair: pair[0], default=(0, None))
        return (best, True) if likeness >= NEAR else (None, False)

    @api.model
    def _get_likeness(self, names, others):
        """Return the share of the columns that two tables have in common."""
        names, others = set(names), set(others)
        return len(names & others) / len(names | others) if names else 0.0

    @api.model
    def _prepare_proposal(self, column, proposal, line, near=False):
        options = line["options"] | column.options
        rule = Rule(column.name, line["field"], line["transform"], line["reference"], options)
        reason = "remembered_near" if near else "remembered"
        same = (rule.field, rule.reference) == (proposal.rule.field, proposal.rule.reference)
        return replace(
            proposal,
            rule=rule,
            score=1.0 if not near else max(proposal.score, RECALLED) if same else RECALLED,
            reason=reason,
            label=line["label"],
            field_type=line["type"],
            explanation="",
            facts={},
        )

    @api.model
    def _doubt_doubles(self, proposals, memory):
        """A new column that wants the field of a remembered one is a question."""
        taken = {line["field"] for line in memory.lines.values() if line["field"]}
        return [
            replace(proposal, score=min(proposal.score, DOUBTFUL))
            if proposal.rule.column not in memory.lines and proposal.rule.field in taken
            else proposal
            for proposal in proposals
        ]
