from odoo import api, models
from odoo.tools import SQL

from ..engine.mapping import fold
from . import snapshots
from .own_pipeline import OwnPipeline
from .raw_columns import RAW, read_raw, write_raw
from .resolver import Resolver
from .setting_up import setting_up_models
from .silence import silent
from .xmlid import xmlid_name

# Tag columns: field of the map -> model of the tags.
TAG_MODELS = {"category_id": "res.partner.category", "tag_ids": "crm.tag"}
# References to small tables that the migration may extend:
# entity -> (model, kind of external ID, fields that hold the name).
NAMED = {
    "industry": ("res.partner.industry", "industry", ("name", "full_name")),
    "utm_source": ("utm.source", "utm", ("name",)),
    "utm_medium": ("utm.medium", "medium", ("name",)),
    "utm_campaign": ("utm.campaign", "campaign", ("title",)),
    "event_type": ("calendar.event.type", "event_type", ("name",)),
    "lost_reason": ("crm.lost.reason", "reason", ("name",)),
}


class CrmMigrationSchema(models.AbstractModel):
    """Everything that must be there before the records: fields, teams, stages, tags, stubs.

    Every creation is logged like a record, so that a rollback takes it back.
    """

    _name = "crm.migration.schema"
    _description = "Schema"

    @api.model
    def _step(self, run):
        """Fetch files, then make what is missing in one transaction; nothing is made twice."""
        project = silent(run.project_id)
        service = self.with_env(project.env)
        if self.env["crm.migration.fetching"].with_env(project.env)._step(run, project):
            return True
        service._make_fields(run, project)
        service._make_stubs(run, project)
        service._make_stages(run, project, service._make_teams(run, project))
        service._make_named(run, project)
        service._make_tags(run, project)
        service._make_members(run, project)
        service._make_placeholders(run, project)
        self.env["crm.migration.app.schema"].with_env(project.env)._make(run, project)
        self.env["crm.migration.matcher"].with_env(project.env)._find(project)
        project.env.flush_all()
        return False

    # ------------------------------------------------------------- fields

    @api.model
    def _make_fields(self, run, project):
        """Create the custom fields of the confirmed map in one call: each call costs a registry."""
        wanted, reused = {}, {}
        for line in self._get_lines(project):
            model = self.env[f"crm.migration.target.{line.mapping_id.target}"]._get_model()
            field = self.env["ir.model.fields"]._get(model, line.target_field or "")
            if line.new_type and field.state == "manual":
                reused[field.id] = field.id
            name = line.target_field
            if line.new_type and name.startswith("x_") and name not in self.env[model]._fields:
                wanted.setdefault((model, name), []).append(line)
            elif line.new_type == "selection" and name in self.env[model]._fields:
                self._add_choices(run, project, model, line)
        apps = self.env["crm.migration.app.schema"]._get_fields(project)
        reused |= {field.id: field.id for field in apps["known"]}
        self._share(run, project, "ir.model.fields", reused)
        if not wanted and not apps["missing"]:
            return
        values, labels = apps["missing"], {}
        for (model, name), lines in wanted.items():
            used = labels.setdefault(model, {f.string for f in self.env[model]._fields.values()})
            values.append(self._prepare_field(model, name, lines, used))
        with setting_up_models(self.env.cr):
            created = self.env["ir.model.fields"].create(values)
        self.env["crm.migration.app.schema"]._name_fields(project, created)
        self._log_created(
            run, project, created, [("field", field.model, field.name) for field in created]
        )

    @api.model
    def _get_lines(self, project):
        return project.line_ids.filtered(lambda line: line.state == "confirmed")

    @api.model
    def _prepare_field(self, model, name, lines, used):
        """Return the values of a custom field, under a label that the model has only once."""
        line = lines[0]
        label = line.new_label or line.column
        if label in used:
            label = f"{label} ({line.entity} {line.project_id._get_profile().name})"
        used.add(label)
        values = {
            "model_id": self.env["ir.model"]._get_id(model),
            "name": name,
            "field_description": label,
            "ttype": line.new_type,
            "state": "manual",
            "copied": True,
        }
        if line.new_type == "selection":
            choices = self._get_choice_values(line)
            values["selection_ids"] = [
                (0, 0, {"value": choice, "name": choice, "sequence": n})
                for n, choice in enumerate(choices)
            ]
        return values

    @api.model
    def _get_choice_values(self, line):
        """Return the values of a pick-list as its value map has them."""
        values = self.env["crm.migration.mapping.value"].search(
            [
                ("project_id", "=", line.project_id.id),
                ("domain", "=", line._get_choice_domain()),
                ("target_value", "!=", False),
            ]
        )
        return list(dict.fromkeys(values.mapped("target_value")))

    @api.model
    def _get_choices(self, line):
        """Return the distinct values of a column from all staged rows."""
        self.env.cr.execute(
            """SELECT DISTINCT trim(payload ->> %s) FROM crm_migration_record
                WHERE project_id = %s AND entity = %s AND trim(payload ->> %s) != ''
                ORDER BY 1""",
            [line.column, line.project_id.id, line.entity, line.column],
        )
        return [value for (value,) in self.env.cr.fetchall()]

    @api.model
    def _add_choices(self, run, project, model, line):
        """Add the values that a newer export brought to an existing pick-list of ours."""
        field = self.env["ir.model.fields"]._get(model, line.target_field)
        if field.state != "manual" or field.ttype != "selection":
            return
        known = set(field.selection_ids.mapped("value"))
        new = [choice for choice in self._get_choice_values(line) if choice not in known]
        if not new:
            return
        with setting_up_models(self.env.cr):
            created = self.env["ir.model.fields.selection"].create(
                [{"field_id": field.id, "value": choice, "name": choice} for choice in new]
            )
        self._log_created(run, project, created)

    # ------------------------------------------------------------- teams and stages

    @api.model
    def _make_teams(self, run, project):
        """Return {folded pipeline: team ID}; deals without a pipeline have one team too."""
        resolver, own = Resolver(project), OwnPipeline(project)
        pipelines = own.pipelines
        teams, missing = {}, []
        for key, name in pipelines.items():
            known = resolver.xmlid("team", key) or (project.team_id.id if not key else None)
            known = known or (own.take_team() if own.is_taken else None)
            if known:
                teams[key] = known
            else:
                missing.append((key, name))
        created = self.env["crm.team"].create(
            [
                {
                    "name": name or project._get_profile().name,
                    "company_id": project.company_id.id,
                    "use_opportunities": True,
                    "favorite_user_ids": [],
                    "x_source_id": name or False,
                    "x_source_system": project.source_system,
                }
                for __, name in missing
            ]
        )
        aliases = created.alias_id
        self._log_created(run, project, aliases)
        self._log_created(run, project, created, [("team", key) for key, __ in missing])
        return teams | {key: team.id for (key, __), team in zip(missing, created, strict=True)}

    @api.model
    def _get_stage_values(self, project):
        return project.value_ids.filtered(lambda value: value.domain == "stage")

    @api.model
    def _make_stages(self, run, project, teams):
        """Create the stages of each team in order; equal names in two pipelines stay two (X-17)."""
        self._rename_stages(run, project)
        resolver = Resolver(project)
        missing = []
        for value in self._get_stage_values(project).sorted("sequence"):
            key = (fold(value.group or ""), fold(value.source_value))
            if not value.stage_id and not resolver.xmlid("stage", *key):
                missing.append((key, value))
        created = self.env["crm.stage"].create(
            [
                {
                    "name": value.target_value or value.source_value,
                    "sequence": value.sequence,
                    "is_won": value.is_won,
                    "fold": value.is_lost,
                    "team_ids": [(6, 0, [teams[key[0]]])],
                    "x_source_probability": value.probability,
                    "x_source_system": project.source_system,
                }
                for key, value in missing
            ]
        )
        self._log_created(run, project, created, [("stage", *key) for key, __ in missing])

    @api.model
    def _rename_stages(self, run, project):
        """Give the stages of Odoo's own pipeline the source's names, in every language (CC-07)."""
        own = OwnPipeline(project)
        pairs = own.pairs() if own.is_taken else {}
        stages = self.env["crm.stage"].browse([stage.id for stage in pairs.values()])
        stamps = self._read_stamps("crm_stage", stages.ids)
        columns = read_raw(stages, ["name", "x_source_probability"])
        entries = []
        for value, stage in pairs.items():
            after = own.get_stage_values(value)
            before = {name: stage[name] for name in after} | {RAW: columns[stage.id]}
            uid, date = stamps[stage.id]
            before |= {"write_uid": uid, "write_date": date}
            stage.write(after)
            write_raw(stage, {"name": dict.fromkeys(columns[stage.id]["name"], after["name"])})
            entries.append((None, stage._name, stage.id, "update", before, after))
        self.env["crm.migration.log"]._append(run, entries)
        own.name_stages(pairs)

    @api.model
    def _make_members(self, run, project):
        """Make owners members of the teams of their deals, where that moves nobody.

        Odoo moves a deal to another team and its first stage when its owner is no member (X-28).
        Where a user may have one team only, one who has a team keeps it.
        """
        wanted = self._get_memberships(project)
        members = self.env["crm.team.member"].with_context(active_test=False).search([])
        known = {(member.crm_team_id.id, member.user_id.id) for member in members}
        placed = {member.user_id.id for member in members if member.active}
        several = self.env["ir.config_parameter"].sudo().get_param("sales_team.membership_multi")
        users = self.env["res.users"].browse(user_id for __, user_id in wanted)
        stamps = self._read_stamps("res_users", users.ids)
        values = []
        for team_id, user_id in sorted(wanted - known):
            if several or user_id not in placed:
                placed.add(user_id)
                values.append({"crm_team_id": team_id, "user_id": user_id})
        if values:
            created = self.env["crm.team.member"].create(values)
            self.env.flush_all()
            self._log_stamps(run, "res.users", stamps)
            self._log_created(run, project, created)

    @api.model
    def _get_memberships(self, project):
        """Return {(team ID, user ID)} of the staged deals, from the grouped values of the rows."""
        resolver, result = Resolver(project), set()
        proposer = self.env["crm.migration.proposer"]
        for mapping in project.mapping_ids.filtered(lambda m: m.target == "lead"):
            lines = mapping.line_ids.filtered(lambda line: line.state == "confirmed")
            owner = lines.filtered(lambda line: (line.reference or "").startswith("owner."))[:1]
            pipeline = lines.filtered(lambda line: line.target_field == "team_id")[:1]
            if not owner:
                continue
            columns = [owner.column, (pipeline or owner).column]
            by = (pipeline.reference or "").rpartition(".")[2]
            for raw, name, __ in proposer._group_rows(project, mapping.entity, columns):
                user_id, __ = resolver.owner(raw.strip())
                name = resolver.pipelines().name(name, by) if pipeline else ""
                key = fold(name or mapping.constants.get("pipeline") or "")
                team_id = resolver.xmlid("team", key) or (project.team_id.id if not key else None)
                user = self.env["res.users"].browse(user_id or [])
                if user.active and not user.share and team_id:
                    result.add((team_id, user.id))
        return result

    # ------------------------------------------------------------- names: tags, industries, sources

    @api.model
    def _make_named(self, run, project):
        """Create the industries, sources and lost reasons that are not there by name."""
        wanted = {}
        for line in self._get_lines(project):
            entity = (line.reference or "").partition(".")[0]
            if entity in NAMED and line.reference.endswith(".name"):
                names = wanted.setdefault(entity, {})
                for raw in self._get_choices(line):
                    names.setdefault(fold(raw), " ".join(raw.split()))
        for entity, names in wanted.items():
            model, kind, fields = NAMED[entity]
            resolver = Resolver(project)
            known = {
                name: res_id
                for field in reversed(fields)
                for name, res_id in resolver.by_name(model, field).items()
            }
            self._make_names(run, project, model, kind, names, known, fields[0])

    @api.model
    def _make_tags(self, run, project):
        """Create the tags; names that differ only in case or blanks are one tag (SP-32)."""
        wanted = {}
        entity_maps = {}
        for line in self._get_lines(project):
            if line.target_field in TAG_MODELS and line.transform == "tags":
                entity_map = entity_maps.setdefault(
                    line.entity,
                    self.env["crm.migration.loader"]._get_entity_map(project, line.entity),
                )
                names = wanted.setdefault(line.target_field, {})
                for raw in self._get_choices(line):
                    mapped = entity_map.map_row({line.column: raw})
                    for name in mapped.values.get(line.target_field) or []:
                        names.setdefault(fold(name), []).append(name)
        self._add_listed_tags(project, wanted)
        for field, spellings in wanted.items():
            model = TAG_MODELS[field]
            known = Resolver(project).by_name(model)
            names = {key: self._get_best_spelling(found) for key, found in spellings.items()}
            self._make_names(run, project, model, model.rpartition(".")[2], names, known)

    @api.model
    def _add_listed_tags(self, project, wanted):
        """A tag of the export's own list that no record has is made too, as a tag of deals."""
        used = {key for names in wanted.values() for key in names}
        for mapping in project.mapping_ids.filtered(lambda m: m.target == "tag"):
            for line in mapping.line_ids.filtered(lambda line: line.target_field == "name"):
                for raw in self._get_choices(line):
                    if fold(raw) not in used:
                        names = wanted.setdefault("tag_ids", {})
                        names.setdefault(fold(raw), []).append(" ".join(raw.split()))

    @api.model
    def _get_best_spelling(self, spellings):
        """Of several spellings, take the one most like a name; short capitals are one: VIP."""
        return min(spellings, key=lambda s: (s.isupper() and len(s) > 4, s.islower(), s))

    @api.model
    def _make_names(self, run, project, model, kind, names, known, field="name"):
        self._share(run, project, model, [known[key] for key in names if key in known])
        missing = [(key, name) for key, name in names.items() if key not in known]
        created = self.env[model].create([{field: name} for __, name in missing])
        self._log_created(run, project, created, [(kind, key) for key, __ in missing])

    # ------------------------------------------------------------- placeholders

    @api.model
    def _make_placeholders(self, run, project):
        """Make what contacts or companies without a company hang on, if the project says so."""
        names = {"contacts": self.env._("Unassigned Contacts"), "companies": project.name}
        wanted = {"off": [], "both": list(names)}.get(
            project.placeholder_parent, [project.placeholder_parent]
        )
        resolver = Resolver(project)
        missing = [kind for kind in wanted if not resolver.xmlid("placeholder", kind)]
        created = self.env["res.partner"].create(
            [
                {
                    "name": names[kind],
                    "is_company": True,
                    "active": kind == "companies",
                    "user_id": False,
                    "x_source_system": project.source_system,
                }
                for kind in missing
            ]
        )
        self._log_created(run, project, created, [("placeholder", kind) for kind in missing])

    # ------------------------------------------------------------- stubs

    @api.model
    def _make_stubs(self, run, project):
        """Make inactive users for owners without one, if that is the policy.

        They have no group, no password and get no invitation (SP-28, X-29).
        """
        if project.owner_policy != "stub":
            return
        resolver, missing = Resolver(project), {}
        for value in project.value_ids.filtered(lambda v: v.domain == "owner" and not v.user_id):
            raw = value.source_value
            known = resolver.owner_details(raw)
            key = resolver.owner_key(raw)
            if not resolver.match_users(raw, known) and not resolver.xmlid("stub", key):
                missing[key] = (known.get("name") or raw, known.get("email") or raw, known)
        # With active_test off Odoo takes the new inactive user for one that forbids archiving
        # its partner.
        created = (
            self.env["res.users"]
            .with_context(active_test=True)
            .create(
                [
                    {
                        "name": name,
                        "login": login if "@" in login else f"{project.source_system}:{login}",
                        "email": login if "@" in login else False,
                        "active": False,
                        "group_ids": [(6, 0, [])],
                        "company_id": project.company_id.id,
                        "company_ids": [(6, 0, project.company_id.ids)],
                        "x_spark_user_id": known.get("id") or False,
                    }
                    for name, login, known in missing.values()
                ]
            )
        )
        self._log_created(run, project, created.partner_id)
        self._log_created(run, project, created, [("stub", key) for key in missing])

    # ------------------------------------------------------------- log

    @api.model
    def _log_created(self, run, project, records, names=None):
        """Log creations, and give them external IDs, under which a second run finds them."""
        if not records:
            return
        made = snapshots.take(self.env, [(records._name, res_id) for res_id in records.ids])
        entries = [
            (None, records._name, res_id, "create", None, made.get((records._name, res_id), {}))
            for res_id in records.ids
        ]
        self.env["crm.migration.log"]._append(run, entries)
        module = project._get_xmlid_module()
        if names:
            self.env["ir.model.data"]._update_xmlids(
                [
                    {"xml_id": f"{module}.{xmlid_name(*name)}", "record": record, "noupdate": True}
                    for name, record in zip(names, records, strict=True)
                ]
            )

    @api.model
    def _share(self, run, project, model, ids):
        """Log as created here too what another project made and this one uses.

        Whoever is rolled back last removes it; until then it is in use, and stays.
        """
        self.env.cr.execute(
            """SELECT DISTINCT l.res_id FROM crm_migration_log l
                 JOIN crm_migration_project p ON p.id = l.project_id
                WHERE l.model = %(model)s AND l.res_id = ANY(%(ids)s) AND l.action = 'create'
                  AND l.project_id != %(project)s AND p.state != 'rolled_back'
                  AND NOT EXISTS (SELECT 1 FROM crm_migration_log own
                       WHERE own.project_id = %(project)s AND own.model = l.model
                         AND own.res_id = l.res_id AND own.action = 'create')""",
            {"model": model, "ids": list(ids), "project": project.id},
        )
        shared = self.env[model].browse([row[0] for row in self.env.cr.fetchall()])
        self._log_created(run, project, shared)

    @api.model
    def _read_stamps(self, table, ids):
        """Return {id: (write_uid, write_date)}: what a rollback puts back beside the values."""
        if not ids:
            return {}
        self.env.flush_all()
        self.env.cr.execute(
            SQL(
                "SELECT id, write_uid, write_date::text FROM %s WHERE id IN %s",
                SQL.identifier(table),
                tuple(ids),
            )
        )
        return {row[0]: row[1:] for row in self.env.cr.fetchall()}

    @api.model
    def _log_stamps(self, run, model, stamps):
        """Log that Odoo's own columns of these records were touched."""
        self.env["crm.migration.log"]._append(
            run,
            [
                (None, model, res_id, "update", {"write_uid": uid, "write_date": date}, {})
                for res_id, (uid, date) in stamps.items()
            ],
        )
