import base64
import re

from odoo import api, models
from odoo.tools import SQL

from ..engine import pairs, proposing
from ..engine.countries import code_of
from ..engine.exceptions import ValueProblem
from ..engine.inference import settle_dates
from ..engine.mapping import fold
from ..engine.relations import SHARE, find_links
from ..engine.types import Problem
from ..engine.vocabulary import load as load_vocabulary
from .column_counts import ColumnCounts
from .own_pipeline import OwnPipeline
from .pipelines import Pipelines
from .resolver import Resolver

# Rows read at a time when profiling the columns.
PROFILED_ROWS = 5000
# Probability of a stage that nothing is known of (SS-22): 0 would say that its deals are lost.
NEUTRAL = 50.0
ZONE = re.compile(r"(Z|[+-]\d{2}:?\d{2})$")


class CrmMigrationProposer(models.AbstractModel):
    """Staged records in, proposed map out: each column and value with target, score and reason.

    What a person confirmed stays; only what is new or still proposed is written.
    """

    _name = "crm.migration.proposer"
    _description = "Proposer"

    @api.model
    def _step(self, run):
        """Propose everything in one transaction.

        Steps: profile the columns from all rows, settle date orders across the export, find the
        links between the tables, propose lines per entity, then the value maps the lines need.
        """
        # Read by itself: once the run leaves the cache, its lines would be fetched one by one.
        project = run.project_id.with_prefetch().with_context(crm_migration_proposing=True)
        self.env.flush_all()
        if not self._is_known(project):
            self._propose(run, project)
        self.env["crm.migration.readiness"]._propose(project)
        self.env["crm.migration.collector"]._collect(project)
        self.env["crm.migration.gotcha"]._check(project)
        return False

    @api.model
    def _is_known(self, project):
        """Return whether the map was proposed from these very rows: the files came once more.

        Asked for a second time, it is proposed anew: something else may have changed.
        """
        done = project.run_ids.filtered(lambda run: run.state == "done").sorted("id")
        kinds = [run.kind for run in done if run.kind in ("extract", "propose")]
        files = project.file_ids.filtered(lambda file: file.state == "staged")
        lines = {(line.entity, line.column) for line in project.line_ids}
        return kinds[-2:] == ["propose", "extract"] and all(
            file.same_as_id and lines.issuperset((file.entity, name) for name in file.header)
            for file in files
        )

    @api.model
    def _propose(self, run, project):
        """Propose lines and values."""
        profiles = {
            entity.code: self._profile_columns(project, entity.code)
            for entity in self._get_entities(project)
        }
        self._take_meaning(project, profiles)
        settle_dates([column for columns in profiles.values() for column in columns])
        links = self._find_links(project, profiles)
        taken = {}
        for entity in self._get_entities(project):
            self._propose_entity(project, entity, profiles[entity.code], taken, links)
        self._tell_columns(project, profiles)
        self._propose_values(project)
        self._propose_countries(project)
        self._propose_choices(project)
        self._propose_stages(project)
        self._propose_owners(project)
        self._tell_product(project)
        self._tell_leads(project)
        run.total = run.processed = sum(len(columns) for columns in profiles.values())

    @api.model
    def _get_entities(self, project):
        """Return the entities that staged files hold, in load order."""
        held = set(project.file_ids.filtered(lambda f: f.state == "staged").mapped("entity"))
        return [
            entity
            for entity in project._get_profile().entities
            if entity.code in held and entity.target != pairs.TARGET
        ]

    # ------------------------------------------------------------- columns

    @api.model
    def _profile_columns(self, project, entity):
        """Return the column profiles of an entity, from all its rows.

        They were counted when the rows were staged; else all rows are read again.
        """
        return (
            self._merge_counts(project, entity) or self._read_counts(project, entity)
        ).profiles()

    @api.model
    def _take_meaning(self, project, profiles):
        """Read dates and figures as a person said of a file: that answers its columns' doubts."""
        answers = {"ambiguous_date": "date_order", "ambiguous_number": "decimal"}
        for file in project.file_ids.filtered(
            lambda file: file.state == "staged" and (file.date_order or file.decimal)
        ):
            for column in profiles.get(file.entity, ()):
                doubts = {problem.code for problem in column.problems}
                told = file._get_meaning(column.kind, column.options, doubts)
                if column.name in file._get_columns() and told:
                    column.options.update(told)
                    column.problems = [
                        one for one in column.problems if answers.get(one.code) not in told
                    ]

    @api.model
    def _merge_counts(self, project, entity):
        """Return the counts kept with the files of the newest export, or None if one has none."""
        files = project.file_ids.filtered(
            lambda file: (
                (file.entity, file.state, file.generation) == (entity, "staged", project.generation)
            )
        ).with_context(bin_size=False)
        if not files or not all(file.counts for file in files):
            return None
        merged = ColumnCounts([])
        for file in files:
            counts = ColumnCounts.load(base64.b64decode(file.counts))
            if not counts:
                return None
            merged.merge(counts)
        return merged

    @api.model
    def _read_counts(self, project, entity):
        counts = ColumnCounts(self._get_header(project, entity))
        for payloads in self._read_payloads(project, entity):
            counts.add(payloads)
        return counts

    @api.model
    def _get_header(self, project, entity):
        files = project.file_ids.filtered(lambda f: f.entity == entity and f.state == "staged")
        return list(dict.fromkeys(name for file in files for name in file._get_columns()))

    @api.model
    def _read_payloads(self, project, entity):
        """Yield lists of rows of the newest export of an entity, a few thousand at a time."""
        last_id, generation = 0, project._get_generation(entity)
        while True:
            self.env.cr.execute(
                """SELECT id, payload FROM crm_migration_record
                    WHERE project_id = %s AND entity = %s AND id > %s AND state != 'skipped'
                      AND generation = %s
                    ORDER BY id LIMIT %s""",
                [project.id, entity, last_id, generation, PROFILED_ROWS],
            )
            rows = self.env.cr.fetchall()
            if not rows:
                return
            last_id = rows[-1][0]
            yield [payload for __, payload in rows]

    @api.model
    def _find_links(self, project, profiles):
        """Return which columns name the records of which table, from the values of all tables."""
        keys = {
            entity.code: {
                proposal.rule.column: proposal.rule.field
                for proposal in proposing.propose_map(entity, profiles[entity.code])
            }
            for entity in self._get_entities(project)
        }
        return find_links(profiles, keys)

    @api.model
    def _propose_entity(self, project, entity, columns, taken, links):
        mapping = project.mapping_ids.filtered(lambda m: m.entity == entity.code)
        values = {
            "sequence": entity.load_order,
            "target": entity.target,
            "constants": entity.constants,
        }
        if mapping:
            mapping.write(values)
        else:
            mapping = mapping.create(values | {"project_id": project.id, "entity": entity.code})
        model = self.env[f"crm.migration.target.{entity.target}"]._get_model()
        if model not in taken:
            taken[model] = self._get_customs(model)
        customs = taken[model]
        proposals = proposing.propose_map(
            entity, columns, taken=customs, links=links.get(entity.code)
        )
        proposals = self.env["crm.migration.memory"]._recall(project, entity, columns, proposals)
        linked = {
            column
            for column, found in (links.get(entity.code) or {}).items()
            if found and found[0].share >= SHARE
        }
        self._write_lines(mapping, columns, proposals, linked)
        customs |= {p.rule.field: (p.label, p.field_type) for p in proposals if p.field_type}

    @api.model
    def _get_customs(self, model):
        """Return {name: (label, type)} of the custom fields that are there already."""
        fields = self.env["ir.model.fields"].search(
            [("model", "=", model), ("state", "=", "manual")]
        )
        return {field.name: (field.field_description, field.ttype) for field in fields}

    @api.model
    def _write_lines(self, mapping, columns, proposals, linked=()):
        """Create the lines of new columns; refresh those nobody decided on yet.

        :param linked: columns whose values are the keys of records of another table
        """
        known = {line.column: line for line in mapping.line_ids}
        new = []
        for number, (column, proposal) in enumerate(zip(columns, proposals, strict=True)):
            facts = self._get_facts(column) | {"sequence": number}
            if column.name in linked and proposal.rule.reference:
                facts["kind"] = "reference"
            line = known.get(column.name)
            if not line:
                new.append(self._get_line(proposal) | facts | {"mapping_id": mapping.id})
            elif line.state == "proposed":
                line.write(self._get_line(proposal) | facts)
            else:
                line.write(facts)
        self.env["crm.migration.mapping.line"].create(new)

    @api.model
    def _get_facts(self, column):
        return {
            "samples": " · ".join(str(sample)[:60] for sample in column.samples[:3]),
            "fill_rate": column.filled / column.rows if column.rows else 0.0,
            "kind": column.kind,
            "choices": column.choices,
            "doubts": sorted({problem.code for problem in column.problems}),
        }

    @api.model
    def _get_line(self, proposal):
        rule = proposal.rule
        return {
            "column": rule.column,
            "target_field": rule.field or False,
            "transform": rule.transform,
            "reference": rule.reference or False,
            "options": {k: v for k, v in rule.options.items() if k != "choices"},
            "new_label": proposal.label or False,
            "new_type": proposal.field_type or False,
            "score": proposal.score,
            "reason": proposal.reason,
            "alternatives": list(proposal.alternatives),
            "evidence": proposal.facts,
        }

    @api.model
    def _tell_columns(self, project, profiles):
        """Tell what cannot be decided from the values: date orders, times without a zone."""
        codes = ["ambiguous_date", "ambiguous_number", "mixed_column", "timezone_assumed"]
        self.env["crm.migration.issue"]._clear(project, codes)
        problems = []
        for entity, columns in profiles.items():
            for column in columns:
                problems += [(problem, {"entity": entity}) for problem in column.problems]
            naive = [c.name for c in columns if c.kind == "datetime" and self._is_naive(c)]
            if naive and not project.timezone:
                parameters = {"file": ", ".join(naive), "zone": "UTC"}
                problems.append(
                    (Problem("timezone_assumed", parameters=parameters), {"entity": entity})
                )
        self.env["crm.migration.issue"]._append(project, problems)

    @api.model
    def _tell_product(self, project):
        """Ask which of several products of one name it is, and compare the answer with the columns.

        See SP-48.
        """
        profile = project._get_profile()
        self.env["crm.migration.issue"]._clear(project, ["which_product", "other_product"])
        if not profile.products:
            return
        headers = project.file_ids.filtered(lambda file: file.state == "staged").mapped("header")
        names = {product["code"]: product["name"] for product in profile.products}
        found = proposing.recognise_product([name for one in headers for name in one], profile)
        told = names.get(found, self.env._("none of them for sure"))
        problem = None
        if not project.product:
            products = ", ".join(names.values())
            problem = Problem(
                "which_product",
                parameters={"name": profile.name, "products": products, "found": told},
            )
        elif found and found != project.product:
            parameters = {"product": names.get(project.product, project.product), "found": told}
            problem = Problem("other_product", parameters=parameters)
        if problem:
            self.env["crm.migration.issue"]._append(project, [(problem, {})])

    @api.model
    def _tell_leads(self, project):
        """Tell how many rows become leads, where Odoo hides leads; and what could become one."""
        codes = ["leads_hidden", "pre_revenue_deals"]
        self.env["crm.migration.issue"]._clear(project, codes)
        mappings = project.mapping_ids.filtered(lambda m: m.target == "lead")
        leads = mappings.filtered(lambda m: m.constants.get("type") == "lead")
        deals = sum(self._count_without_amount(mapping) for mapping in mappings - leads)
        count = sum(self._count_rows(mapping) for mapping in leads)
        problems = []
        if project.lead_policy == "revenue":
            count += deals
        elif deals and "lead_policy" in project._get_profile().policies:
            problems.append(Problem("pre_revenue_deals", parameters={"count": deals}))
        user = project.user_id or self.env.user
        if count and not user.has_group("crm.group_use_lead"):
            problems.append(Problem("leads_hidden", parameters={"count": count}))
        self.env["crm.migration.issue"]._append(project, [(problem, {}) for problem in problems])

    @api.model
    def _count_rows(self, mapping, condition=None):
        project = mapping.project_id
        self.env.cr.execute(
            SQL(
                """SELECT count(*) FROM crm_migration_record
                    WHERE project_id = %s AND entity = %s AND state != 'skipped'
                      AND generation = %s %s""",
                project.id,
                mapping.entity,
                project._get_generation(mapping.entity),
                condition or SQL(),
            )
        )
        return self.env.cr.fetchone()[0]

    @api.model
    def _count_without_amount(self, mapping):
        """Return how many rows have no amount, closed ones among them; 0 without such a column."""
        lines = mapping.line_ids.filtered(
            lambda line: line.target_field == "expected_revenue" and line.state != "ignored"
        )
        if not lines:
            return 0
        empty = SQL("COALESCE(payload ->> %s, '') !~ '[1-9]'", lines[0].column)
        return self._count_rows(mapping, SQL("AND %s", empty))

    @api.model
    def _is_naive(self, column):
        return any(not ZONE.search(sample.strip()) for sample in column.samples if sample)

    # ------------------------------------------------------------- values

    @api.model
    def _count_values(self, line):
        """Return {raw value: rows} of a column, in one query."""
        return dict(self._group_rows(line.project_id, line.entity, [line.column]))

    @api.model
    def _group_rows(self, project, entity, columns):
        """Return [(value of each column …, rows)] of the newest export."""
        self.env.flush_all()
        names = ", ".join(["payload ->> %s"] * len(columns))
        places = ", ".join(str(n + 1) for n in range(len(columns)))
        self.env.cr.execute(
            f"""SELECT {names}, count(*) FROM crm_migration_record
                 WHERE project_id = %s AND entity = %s AND state != 'skipped' AND generation = %s
                   AND trim(payload ->> %s) != '' GROUP BY {places}""",
            [*columns, project.id, entity, project._get_generation(entity), columns[0]],
        )
        return self.env.cr.fetchall()

    @api.model
    def _propose_values(self, project):
        """Propose counterparts for the values of columns with a value map."""
        specific = project._get_profile().values
        counts = {}
        for line in project.line_ids.filtered(lambda line: line.state != "ignored"):
            domain = (line.options or {}).get("domain")
            if domain and not line.reference:
                for raw, count in self._count_values(line).items():
                    known = counts.setdefault(domain, {})
                    known[raw.strip()] = known.get(raw.strip(), 0) + count
        for domain, raws in counts.items():
            proposals = proposing.propose_values(domain, raws, specific=specific.get(domain))
            self._write_values(
                project,
                domain,
                [
                    {
                        "source_value": raw,
                        "target_value": canonical or False,
                        "known": bool(canonical),
                        "score": score,
                        "reason": reason,
                        "count": raws[raw],
                    }
                    for raw, canonical, score, reason in proposals
                ],
            )

    @api.model
    def _propose_countries(self, project):
        """Ask once for each text that is no country: the answer holds for all rows alike."""
        counts = {}
        for line in project.line_ids.filtered(
            lambda line: line.transform == "country" and line.state != "ignored"
        ):
            for raw, count in self._count_values(line).items():
                if not self._is_country(raw):
                    counts[raw.strip()] = counts.get(raw.strip(), 0) + count
        self._write_values(
            project,
            "country",
            [
                {
                    "source_value": raw,
                    "target_value": False,
                    "known": False,
                    "score": 0.0,
                    "reason": "nothing",
                    "count": count,
                }
                for raw, count in sorted(counts.items())
            ],
        )

    @api.model
    def _is_country(self, text):
        try:
            return bool(code_of(text))
        except ValueProblem:
            return False

    @api.model
    def _propose_choices(self, project):
        """Propose the values of pick-lists: each stays as it is; spellings that fold alike join."""
        lines = project.line_ids.filtered(
            lambda line: line.new_type == "selection" and line.state != "ignored"
        )
        for domain, group in lines.grouped(lambda line: line._get_choice_domain()).items():
            counts = {}
            for line in group:
                for raw, count in self._count_values(line).items():
                    counts[raw.strip()] = counts.get(raw.strip(), 0) + count
            self._write_values(
                project,
                domain,
                [
                    {
                        "source_value": raw,
                        "target_value": raw,
                        "known": True,
                        "score": 1.0,
                        "reason": "choice",
                        "count": count,
                        "sequence": number,
                    }
                    for number, (raw, count) in enumerate(sorted(counts.items()))
                ],
            )

    @api.model
    def _write_values(self, project, domain, proposals):
        """Create new values; refresh those nobody decided on. Spellings that fold alike are one."""
        known = {
            (fold(value.group or ""), fold(value.source_value)): value
            for value in project.value_ids.filtered(lambda value: value.domain == domain)
        }
        new = {}
        for proposal in proposals:
            key = (fold(proposal.get("group") or ""), fold(proposal["source_value"]))
            value = known.get(key)
            if value and value.state == "proposed":
                value.write(proposal)
            elif not value and key not in new:
                new[key] = proposal | {"project_id": project.id, "domain": domain}
        self.env["crm.migration.mapping.value"].create(list(new.values()))

    @api.model
    def _propose_stages(self, project):
        """Propose the stages of each pipeline: order, probability, won or lost.

        What the export's own list of stages says counts before what the deals let one guess.
        """
        vocabulary, lists = load_vocabulary(), Pipelines(project)
        pipelines = {
            lists.listed[key]: [(name, outcomes[name], None, 0) for name in outcomes]
            for key, outcomes in lists.outcomes.items()
        }
        for mapping in project.mapping_ids.filtered(lambda m: m.target == "lead"):
            for name, deals in self._group_stages(project, mapping, lists).items():
                pipelines.setdefault(name, []).extend(deals)
        for name, deals in pipelines.items():
            order = lists.order.get(fold(name), {})
            self._write_stages(project, name, deals, vocabulary, order)
        self._tell_pipeline(project)

    @api.model
    def _tell_pipeline(self, project):
        """Offer Odoo's own pipeline to a source with one, and tell what its choice renames."""
        codes = ["one_pipeline", "pipeline_taken", "several_pipelines"]
        self.env["crm.migration.issue"]._clear(project, codes)
        own = OwnPipeline(project)
        chosen = project.pipeline_policy == "default"
        problem = None
        if len(own.pipelines) == 1 and own.team:
            if chosen or "pipeline_policy" in project._get_profile().policies:
                problem = Problem(codes[chosen], parameters=own.describe())
        elif chosen and own.pipelines:
            names = ", ".join(sorted(own.pipelines.values()))
            problem = Problem("several_pipelines", parameters={"pipelines": names})
        if problem:
            self.env["crm.migration.issue"]._append(project, [(problem, {})])

    @api.model
    def _group_stages(self, project, mapping, lists):
        """Return {pipeline: [(stage, status, probability, count)]} of the deals or leads."""
        lines = mapping.line_ids.filtered(lambda line: line.state != "ignored")
        stage = lines.filtered(lambda line: (line.reference or "").startswith("stage."))[:1]
        if not stage:
            return {}
        others = [
            lines.filtered(lambda line, name=name: line.target_field == name)[:1]
            for name in ("team_id", "won_status", "probability", "lost_reason_id")
        ]
        columns = [stage.column, *(line.column or stage.column for line in others)]
        by = [(line.reference or "").rpartition(".")[2] for line in (stage, others[0])]
        default = self._get_default_pipeline(project, mapping, others[0], lists)
        pipelines = {}
        for raw, pipeline, status, figure, reason, count in self._group_rows(
            project, mapping.entity, columns
        ):
            listed, name = lists.stage(raw, by[0])
            given = lists.name(pipeline, by[1]) if others[0] else ""
            pipelines.setdefault(given or listed or default, []).append(
                (
                    name,
                    status if others[1] else self._get_end(reason if others[3] else None),
                    self._to_figure(figure) if others[2] else None,
                    count,
                )
            )
        return pipelines

    @api.model
    def _get_end(self, reason):
        """Return how a deal ended, where no column says it: one with a reason of loss was lost."""
        return "lost" if reason and reason.strip() else None

    @api.model
    def _get_default_pipeline(self, project, mapping, pipeline_line, lists):
        """Return the pipeline of rows that can name none, and note it with the map.

        Leads belong to no pipeline in the source: they go where the first one's people work. Deals
        are not guessed unless there is one pipeline only.
        """
        alone = mapping.constants.get("type") == "lead" or len(lists.listed) == 1
        default = "" if pipeline_line or project.team_id or not alone else lists.default() or ""
        constants = {k: v for k, v in mapping.constants.items() if k != "pipeline"}
        mapping.constants = constants | ({"pipeline": default} if default else {})
        return default

    @api.model
    def _to_figure(self, text):
        match = re.fullmatch(r"\s*(\d+(?:[.,]\d+)?)\s*%?\s*", text or "")
        return float(match[1].replace(",", ".")) if match else None

    @api.model
    def _write_stages(self, project, pipeline, deals, vocabulary, order):
        proposals = []
        for stage in proposing.propose_stages(deals, vocabulary, order):
            count = sum(deal[3] for deal in deals if fold(deal[0]) == fold(stage["name"]))
            proposals.append(
                {
                    "group": pipeline or False,
                    "source_value": stage["name"],
                    "target_value": stage["name"],
                    "sequence": stage["sequence"],
                    "probability": NEUTRAL
                    if stage["probability"] is None
                    else stage["probability"],
                    "is_won": stage["is_won"],
                    "is_lost": stage["is_lost"],
                    "known": stage["known"],
                    "score": 1.0 if stage["known"] else 0.6 if stage["meant"] else 0.3,
                    "reason": "alias"
                    if stage["known"]
                    else "contains"
                    if stage["meant"]
                    else "nothing",
                    "count": count,
                }
            )
        self._write_values(project, "stage", proposals)

    @api.model
    def _propose_owners(self, project):
        """Propose a user for every owner that any row names."""
        counts = {}
        for line in project.line_ids.filtered(lambda line: line.state != "ignored"):
            if (line.reference or "").startswith("owner."):
                for raw, count in self._count_values(line).items():
                    counts[raw.strip()] = counts.get(raw.strip(), 0) + count
        resolver = Resolver(project)
        proposals = []
        for raw, count in sorted(counts.items()):
            known = resolver.owner_details(raw)
            users = resolver.match_users(raw, known)
            alike = set() if users else resolver.match_login(raw)
            found = users or alike
            proposals.append(
                {
                    "source_value": raw,
                    "user_id": next(iter(found)) if len(found) == 1 else False,
                    "email": known.get("email") or (raw if "@" in raw else False),
                    "display_text": known.get("name") or False,
                    "known": len(users) == 1,
                    "score": 1.0 if len(users) == 1 else 0.7 if len(alike) == 1 else 0.0,
                    "reason": "matched"
                    if len(users) == 1
                    else "similar_login"
                    if len(alike) == 1
                    else "nothing",
                    "count": count,
                }
            )
        self._write_values(project, "owner", proposals)
