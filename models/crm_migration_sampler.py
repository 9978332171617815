from odoo import api, models
from odoo.tools import SQL

from ..engine.mapping import NAME_PARTS, fold
from .batch import Batch
from .silence import silent

# How far relations are followed: activity -> deal -> contact -> company, and down again.
ROUNDS = 4
MAX_SAMPLE = 500


class _Undo(Exception):
    """Leaves the savepoint of a sample, so that nothing of it stays."""


class CrmMigrationSampler(models.AbstractModel):
    """A load of a few hundred records that is undone, and its field-by-field comparison."""

    _name = "crm.migration.sampler"
    _description = "Sampler"

    @api.model
    def _step(self, run):
        """Load a sample for real, compare every field, undo it, keep the comparison.

        The loader and the verifier do here what they do in the full run; only the choice of
        records and the end of the transaction differ.
        """
        project = silent(run.project_id)
        service = self.with_env(project.env)
        ids = service._choose(project)
        checks = []
        try:
            with self.env.cr.savepoint():
                checks = service._load_and_compare(run, project, ids)
                raise _Undo
        except _Undo:
            self.env.invalidate_all()
        verifier = self.env["crm.migration.verifier"]
        verifier._store(run, checks)
        run.total = run.processed = len(ids)
        run.counters = {"checks": verifier._count(checks), "records": len(ids)}
        return False

    @api.model
    def _load_and_compare(self, run, project, ids):
        loader = self.env["crm.migration.loader"]
        verifier = self.env["crm.migration.verifier"]
        self.env.cr.execute(
            "UPDATE crm_migration_record SET state = 'staged' WHERE id = ANY(%s)"
            " AND state IN ('held', 'failed')",
            [ids],
        )
        loader._note_contact_counts(project, SQL("r.id = ANY(%s)", ids))
        loader._set_sort_keys(project, ids)
        chosen = SQL("AND id = ANY(%s)", ids)
        while rows := loader._take_batch(project, project.batch_size, chosen):
            loader._load_batch(run, project, Batch(rows, loader._get_maps(project, rows)))
        rows = verifier._read_rows(project, ids=ids)
        checks = verifier._compare(project, rows, keep_equal=True)
        verifier._name_links(checks)
        return checks

    # ------------------------------------------------------------- choice

    @api.model
    def _choose(self, project):
        """Return the IDs of a sample closed under its relations: parents and children come along.

        Steps: take some records of every entity, spread over the whole export; add the records
        they refer to; add those that refer to them, while there is room; then their parents.
        """
        chosen = set(self._get_seeds(project))
        for __ in range(ROUNDS):
            parents = self._find_parents(project, chosen)
            chosen |= parents
            if not parents:
                break
        children = sorted(self._find_children(project, chosen) - chosen)
        for child in self._spread(children, MAX_SAMPLE - len(chosen)):
            chosen.add(child)
        for __ in range(ROUNDS):
            chosen |= self._find_parents(project, chosen)
        return sorted(chosen)

    @api.model
    def _spread(self, ids, size):
        """Return at most ``size`` of the IDs, evenly spread."""
        if len(ids) <= size:
            return ids
        step = len(ids) / max(size, 1)
        return [ids[int(n * step)] for n in range(max(size, 0))]

    @api.model
    def _get_seeds(self, project):
        """Return records of every entity, in proportion, at least ten of each, evenly spread."""
        self.env.cr.execute(
            """SELECT entity, array_agg(id ORDER BY id) FROM crm_migration_record
                WHERE project_id = %s AND state IN ('staged', 'held', 'failed')
                  AND entity = ANY(%s) GROUP BY entity""",
            [project.id, project.mapping_ids.mapped("entity")],
        )
        groups = dict(self.env.cr.fetchall())
        total = sum(map(len, groups.values())) or 1
        half = project.sample_size // 2
        seeds = []
        for ids in groups.values():
            seeds += self._spread(ids, max(10, half * len(ids) // total))
        return seeds

    @api.model
    def _find_parents(self, project, ids):
        """Return the records that these refer to and that are not among them."""
        loader = self.env["crm.migration.loader"]
        rows = self.env["crm.migration.verifier"]._read_rows(project, ids=list(ids), landed=False)
        keys = self._get_reference_keys(loader, project, rows)
        return self._look_up(project, keys) - set(ids)

    @api.model
    def _get_reference_keys(self, loader, project, rows):
        """Return {by: {key}} of everything the rows refer to."""
        maps, keys = {}, {"id": set(), "name": set(), "email": set()}
        for row in rows:
            entity = row["entity"]
            if entity not in maps:
                maps[entity] = loader._get_entity_map(project, entity)
            for references in maps[entity].map_row(row["payload"]).references.values():
                for reference in references:
                    if reference.entity in ("company", "contact", "deal", "lead", "related"):
                        keys.setdefault(reference.by, set()).add(str(reference.value).strip())
        return keys

    @api.model
    def _look_up(self, project, keys):
        """Return the staged records of these keys: by ID, or by the text of name or email."""
        found = set()
        self.env.cr.execute(
            """SELECT id FROM crm_migration_record
                WHERE project_id = %s AND source_key = ANY(%s)
                  AND entity IN ('company', 'contact', 'deal', 'lead') AND state != 'skipped'""",
            [project.id, list(keys["id"])],
        )
        found.update(row[0] for row in self.env.cr.fetchall())
        for by in ("name", "email"):
            if keys[by]:
                found |= self._look_up_text(project, by, {fold(key) for key in keys[by]})
        return found

    @api.model
    def _look_up_text(self, project, by, texts):
        """Return the records whose mapped name or email is one of the texts."""
        found = set()
        for mapping in project.mapping_ids.filtered(lambda m: m.entity in ("company", "contact")):
            lines = mapping.line_ids.filtered(
                lambda line: line.target_field == by and line.state != "ignored"
            )
            if not lines:
                continue
            columns = lines.sorted(self._get_part_order).mapped("column")
            joined = " || ' ' || ".join(["COALESCE(payload ->> %s, '')"] * len(columns))
            self.env.cr.execute(
                f"""SELECT id FROM crm_migration_record
                     WHERE project_id = %s AND entity = %s AND state != 'skipped'
                       AND lower(regexp_replace(trim({joined}), '\\s+', ' ', 'g')) = ANY(%s)""",
                [project.id, mapping.entity, *columns, list(texts)],
            )
            found.update(row[0] for row in self.env.cr.fetchall())
        return found

    @api.model
    def _get_part_order(self, line):
        part = (line.options or {}).get("part")
        return NAME_PARTS.index(part) if part in NAME_PARTS else 0

    @api.model
    def _find_children(self, project, ids):
        """Return the records that refer to these by ID, one query per reference column."""
        self.env.cr.execute(
            "SELECT entity, array_agg(source_key) FROM crm_migration_record WHERE id = ANY(%s)"
            " GROUP BY entity",
            [list(ids)],
        )
        keys = dict(self.env.cr.fetchall())
        found = set()
        for line in project.line_ids.filtered(
            lambda line: line.state != "ignored" and (line.reference or "").endswith(".id")
        ):
            entity = line.reference.partition(".")[0]
            wanted = keys.get(entity, []) if entity != "related" else sum(keys.values(), [])
            if wanted:
                self.env.cr.execute(
                    """SELECT id FROM crm_migration_record
                        WHERE project_id = %s AND entity = %s AND trim(payload ->> %s) = ANY(%s)
                          AND state IN ('staged', 'held', 'failed')""",
                    [project.id, line.entity, line.column, wanted],
                )
                found.update(row[0] for row in self.env.cr.fetchall())
        return found
