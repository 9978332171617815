"""The open questions of a project, grouped by kind: how many, why, and where they are decided."""

from ..engine.issues import CATALOGUE
from . import words

# What a person looks at first, as ``severity_rank`` has it.
SEVERITIES = ("error", "hold", "warning", "info")
# Values that are told with a kind: those that occur most.
SHOWN = 6
# Kinds that a value map answers for all rows at once -> the action with that map.
MAPS = {
    "unmatched_owner": "crm_migration.crm_migration_mapping_value_owner_action",
    "ambiguous_owner": "crm_migration.crm_migration_mapping_value_owner_action",
    "owner_fallback": "crm_migration.crm_migration_mapping_value_owner_action",
    "owner_stub": "crm_migration.crm_migration_mapping_value_owner_action",
    "unknown_stage": "crm_migration.crm_migration_mapping_value_stage_action",
    "unknown_kind": "crm_migration.crm_migration_mapping_value_action",
    "unknown_value": "crm_migration.crm_migration_mapping_value_action",
}
# Kinds that the line of the column answers: how its dates and numbers are read.
LINES = ("ambiguous_date", "ambiguous_number", "unreadable_date", "unreadable_number",
         "unreadable_boolean")  # fmt: skip

# Kinds that are answered case by case, or for all alike: which two are one.
CASES = ("duplicate_email", "duplicate_existing", "duplicate_phone", "duplicate_open",
         "duplicate_lost")  # fmt: skip


# Kinds that follow from another one: that one is the question.
CONSEQUENCES = ("waits_for",)


class Doubts:
    def __init__(self, project):
        self.project = project
        self.env = project.env

    def get(self, info=True, values=True):
        """Return one entry per kind, what stops records first.

        :param info: False: what is only for information comes without its values
        :param values: False: all come without, counted by the index alone
        """
        severities = dict(
            self.env["crm.migration.issue"]._fields["severity"]._description_selection(self.env)
        )
        titles = dict(
            self.env["crm.migration.issue"]._fields["code"]._description_selection(self.env)
        )
        kinds = [kind for kind in self._read_kinds() if kind[0] in CATALOGUE]
        told = [code for code, severity, __ in kinds if info or severity != "info"]
        values = self.get_values(told) if values else {}
        return [
            {
                "code": code,
                "title": titles[code],
                "severity": severity,
                "severity_label": severities[severity],
                "count": count,
                "advice": words.get_advice(self.env, code),
                "values": values.get(code, []),
                "where": self._get_place(code),
            }
            for code, severity, count in kinds
        ]

    def _get_place(self, code):
        """Return where a kind is answered."""
        places = {"map": MAPS, "line": LINES, "case": CASES}
        return next((place for place, codes in places.items() if code in codes), "")

    def _read_kinds(self):
        # Who may see the project may count what it asks: rules that join it would keep a million
        # issues from being counted by the index alone.
        issues = self.env["crm.migration.issue"].sudo()
        groups = issues._read_group(
            self._get_domain(),
            ["code", "severity"],
            ["__count"],
            order="__count desc, code",
        )
        kinds = sorted(groups, key=lambda kind: SEVERITIES.index(kind[1]))
        # What only follows comes after what stops it.
        return sorted(kinds, key=lambda kind: kind[0] in CONSEQUENCES)

    def _get_domain(self):
        return [("project_id", "=", self.project.id), ("state", "=", "open")]

    def get_values(self, codes):
        """Return {code: [{column, value, count}]}, the most frequent ones of these kinds."""
        self.env.flush_all()
        self.env.cr.execute(
            """SELECT code, "column", value, count FROM (
                   SELECT code, "column", value, count(*) AS count,
                          row_number() OVER (PARTITION BY code ORDER BY count(*) DESC) AS place
                     FROM crm_migration_issue
                    WHERE project_id = %s AND code = ANY(%s) AND state = 'open' AND value != ''
                    GROUP BY code, "column", value) AS told
                WHERE place <= %s ORDER BY code, place""",
            [self.project.id, codes, SHOWN],
        )
        result = {}
        for code, column, value, count in self.env.cr.fetchall():
            entry = {"column": column or "", "value": value[:80], "count": count}
            result.setdefault(code, []).append(entry)
        return result

    def get_action(self, code):
        """Return the action where a kind is answered."""
        actions = {"map": self.get_map_action, "case": self.get_case_action}
        return actions.get(self._get_place(code), self.get_line_action)(code)

    def get_case_action(self, code):
        """Return the cases of rows that may be one."""
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "crm_migration.crm_migration_duplicate_action"
        )
        return action | {"domain": [("project_id", "=", self.project.id)], "context": {}}

    def get_map_action(self, code):
        """Return the action with the map that answers a kind, narrowed to what is asked."""
        action = self.env["ir.actions.act_window"]._for_xml_id(MAPS[code])
        issues = self.env["crm.migration.issue"]
        domain = [*self._get_domain(), ("code", "=", code)]
        asked = [value for (value,) in issues._read_group(domain, ["value"]) if value]
        wanted = [("project_id", "=", self.project.id), ("source_value", "in", asked)]
        if MAPS[code].endswith("owner_action"):
            wanted.append(("domain", "=", "owner"))
        elif MAPS[code].endswith("stage_action"):
            wanted.append(("domain", "=", "stage"))
        return action | {"domain": wanted, "context": {}}

    def get_line_action(self, code):
        """Return the lines of the columns that a kind is about."""
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "crm_migration.crm_migration_mapping_line_action"
        )
        groups = self.env["crm.migration.issue"]._read_group(
            [*self._get_domain(), ("code", "=", code)], ["column"]
        )
        columns = [column for (column,) in groups if column]
        domain = [("project_id", "=", self.project.id), ("column", "in", columns)]
        return action | {"domain": domain, "context": {}}
