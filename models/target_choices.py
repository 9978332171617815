"""Where a column may go: what the field picker of the map offers.

Plain Python around an environment, made anew for each request: labels are the user's.
"""

from odoo.models import MAGIC_COLUMNS

from ..engine import proposing
from ..engine.proposing.customs import Customs
from ..engine.types import ColumnProfile
from ..engine.vocabulary import load as load_vocabulary
from . import words

# Type of an Odoo field -> the transform that reads a text into it.
TRANSFORMS = {
    "char": "line",
    "text": "text",
    "html": "html",
    "integer": "integer",
    "float": "float",
    "monetary": "money",
    "date": "date",
    "datetime": "datetime",
    "boolean": "boolean",
}
# Targets whose records take any field of their model, and may get new ones.
OPEN_TARGETS = ("partner", "lead")
# Fields that are ours, Odoo's housekeeping, or would break a record.
CLOSED = {
    "type", "is_company", "color", "company_type", "message_bounce", "lead_properties",
    "automated_probability", "is_automated_probability", "reveal_id", "company_registry_label",
    "iap_enrich_done", "calendar_last_notif_ack",
} | proposing.RESERVED  # fmt: skip
ATTRIBUTES = ["string", "type", "store", "readonly", "manual", "groups"]


class TargetChoices:
    """The choices of one entity: meanings the engine knows, plain fields of the Odoo model."""

    def __init__(self, mapping):
        self.mapping = mapping
        self.env = mapping.env
        self.model = self.env[f"crm.migration.target.{mapping.target}"]._get_model()
        self.fields = self.env[self.model].fields_get(attributes=ATTRIBUTES)
        self.labels = words.get_slots(self.env)
        self.entity = mapping.project_id._get_profile().entity(mapping.entity)

    def get(self, line):
        """Return the choices of a column, each as ``{key, group, label, name, values}``.

        :return: what is near first (the engine's alternatives), then what is always possible, then
            the fields by label
        """
        slots = list({choice["label"]: choice for choice in self._get_slots(line)}.values())
        near = [choice for choice in slots if choice["slot"] in (line.alternatives or [])]
        fields = slots + self._get_plain(line, {choice["name"] for choice in slots})
        fields.sort(key=lambda choice: choice["label"].casefold())
        groups = (
            ("near", self.env._("Suggested"), near),
            ("always", self.env._("Always possible"), self._get_special(line)),
            ("field", self.env._("Fields"), fields),
        )
        return [
            choice | {"group": title, "key": f"{code}.{choice['key']}"}
            for code, title, choices in groups
            for choice in choices
        ]

    def get_alternatives(self, line):
        """Return the two next best places of a column: what the engine saw, then what never fails.

        :return: list of dicts with ``key``, ``label``, ``name`` and ``values``
        """
        if line.target_field == "id":
            return []
        slots = {slot.name: slot for slot in self._list_slots()}
        near = list(line.alternatives or [])
        if line.kind == "multiselect":  # several choices in one text, or as related records (SP-23)
            near.insert(0, "tags")
        named = [slots[name] for name in dict.fromkeys(near) if name in slots]
        found = [self._get_slot(slot, line) for slot in named]
        short = {
            "new": self.env._("New field"),
            "kept": self.env._("Keep as data"),
            "out": self.env._("Leave out"),
        }
        special = {one["key"]: one for one in self._get_special(line)}
        found += [special[key] | {"label": short[key]} for key in short if key in special]
        now = (line.target_field or "", (line.options or {}).get("part"), line.reference or "")
        others = []
        for choice in found:
            values = choice["values"]
            goes = (values["target_field"] or "", (values.get("options") or {}).get("part"))
            goes += (values["reference"] or "",)
            if goes != now and not (choice["key"] == "new" and line.new_type):
                others.append(choice)
        return others[:2]

    def describe(self, line):
        """Return the label of where a column goes now."""
        name = line.target_field
        if not name or line.state == "ignored":
            return self.env._("Leave out")
        if line.new_type and name not in self.fields:
            return line.new_label or line.column
        return self._get_label(name, line.reference, (line.options or {}).get("part"))

    # ------------------------------------------------------------- slots

    def _get_slots(self, line):
        """Return what the engine knows to do with columns of this entity."""
        return [self._get_slot(slot, line) for slot in self._list_slots()]

    def _list_slots(self):
        slots = load_vocabulary().slots_of(self.entity) if self.entity else []
        return [slot for slot in slots if slot.field and slot.field not in ("id", "x_source_data")]

    def _get_slot(self, slot, line):
        return {
            "key": slot.name,
            "slot": slot.name,
            "label": self._get_label(slot.field, slot.reference, slot.options.get("part")),
            "name": slot.field,
            "values": self._get_slot_values(slot, line),
        }

    def _get_slot_values(self, slot, line):
        column = ColumnProfile(
            line.column,
            kind=line.kind or "text",
            samples=(line.samples or "").split(" · "),
            options=line._get_reading_options(),
        )
        rule = proposing.rule_for(slot, column)
        return {
            "target_field": rule.field,
            "transform": rule.transform,
            "reference": rule.reference or False,
            "options": rule.options,
            "new_label": self.labels.get(slot.field, slot.label) if slot.field_type else False,
            "new_type": slot.field_type or False,
        }

    def _get_label(self, name, reference="", part=""):
        known = self.fields.get(name)
        label = known["string"] if known and self._is_shown(name) else self.labels.get(name)
        label = label or (known["string"] if known else name)
        more = words.describe_reference(self.env, reference) or words.describe_part(self.env, part)
        return f"{label} ({more})" if more else label

    def _is_shown(self, name):
        """Activities, calls and meetings are written by several models: their own words hold."""
        return self.mapping.target in (*OPEN_TARGETS, "stage", "tag") and name != "id"

    # ------------------------------------------------------------- plain fields

    def _get_plain(self, line, taken):
        """Return the other fields of the model that a text can be read into."""
        if self.mapping.target not in OPEN_TARGETS:
            return []
        constants = set(self.mapping.constants or {})
        return [
            {
                "key": name,
                "slot": None,
                "label": field["string"],
                "name": name,
                "values": self._get_plain_values(name, field, line),
            }
            for name, field in self.fields.items()
            if name not in taken | CLOSED | constants and self._is_plain(name, field)
        ]

    def _is_plain(self, name, field):
        if name in MAGIC_COLUMNS or not field.get("store") or field.get("readonly"):
            return False
        if field.get("groups"):  # tokens of invitations and the like: nobody's data
            return False
        return field["type"] in TRANSFORMS or (field["type"] == "selection" and field["manual"])

    def _get_plain_values(self, name, field, line):
        choice = field["type"] == "selection"
        return {
            "target_field": name,
            "transform": TRANSFORMS.get(field["type"], "line"),
            "reference": False,
            "options": line._get_reading_options(),
            "new_label": field["string"] if choice else False,
            "new_type": "selection" if choice else False,
        }

    # ------------------------------------------------------------- always possible

    def _get_special(self, line):
        kept = {"reference": False, "new_label": False, "new_type": False}
        choices = [
            ("out", self.env._("Leave out"), "", {"target_field": False} | kept),
            (
                "kept",
                self.labels["x_source_data"],
                "x_source_data",
                {"target_field": "x_source_data"} | kept,
            ),
        ]
        if self.mapping.target in OPEN_TARGETS:
            values = self._get_new_field(line)
            choices.append(
                ("new", self.env._("New custom field …"), values["target_field"], values)
            )
        if line.target_field == "id" or not self._has_key(line):
            choices.append(("id", self.labels["id"], "id", {"target_field": "id"} | kept))
        return [
            {"key": key, "slot": None, "label": label, "name": name, "values": values}
            for key, label, name, values in choices
        ]

    def _has_key(self, line):
        return any(other.target_field == "id" for other in self.mapping.line_ids - line._origin)

    def _get_new_field(self, line):
        """Return the values of a field made for this column, as the proposer would make it."""
        kind = load_vocabulary().kinds.get(line.kind, load_vocabulary().kinds["text"])
        label = " ".join(line.column.split()) or line.column
        return {
            "target_field": self._get_free_name(line, label, kind["field_type"]),
            "transform": kind["transform"],
            "reference": False,
            "options": line._get_reading_options(),
            "new_label": label,
            "new_type": kind["field_type"],
        }

    def _get_free_name(self, line, label, field_type):
        others = self.mapping.line_ids - line._origin
        taken = {name: (field["string"], field["type"]) for name, field in self.fields.items()}
        return Customs(taken, others.mapped("target_field")).name(label, field_type)
