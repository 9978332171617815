"""What a batch costs does not grow with the rows that are there: each next one comes by an index.

Counted are the rows that PostgreSQL reads, not seconds: a plan that sorts or scans all staged rows
for each batch is quick with a hundred rows, and takes hours with a million.
"""

from contextlib import nullcontext
from unittest.mock import patch

from odoo.tests import tagged
from odoo.tools import SQL

from ..engine.types import Mapped, Reference
from ..models.damage import Damage
from ..models.foresight import Foresight
from ..models.item import Item
from ..models.parallel import parallel
from ..models.resolver import Resolver
from .common import MigrationCase

# Rows beside those that are loaded, and the batch that is taken of them.
MANY, BATCH = 20_000, 100
# Rows that may be read for a batch: its own by the index, and once more with their content.
MOST = 10 * BATCH
# Pages for one row by its ID: some of the index, the row's own, the project's.
MOST_PAGES = 30

ACTIVITIES = [
    {"Activity ID": f"{kind}1", "Type": kind, "Subject": f"A {kind}", "Body": "Text",
     "Date": "2023-01-02T03:04:05Z", "Related To Type": "Contact", "Related To ID": "p1"}
    for kind in ("Note", "Email")
]  # fmt: skip
CONTACTS = [{"Contact ID": "p1", "First Name": "Ada", "Last Name": "Xi", "Email": "ada@xi.example"}]


@tagged("post_install", "-at_install", "crm_migration")
class TestScale(MigrationCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.project = cls.prepare(
            cls.make_project(
                {"contacts.csv": CONTACTS, "activities.csv": ACTIVITIES}, batch_size=BATCH
            )
        )
        cls.env.flush_all()
        for entity in ("contact", "activity"):
            cls.multiply(entity)
        cls.cr.execute("ANALYZE crm_migration_record")

    @classmethod
    def multiply(cls, entity):
        """Stage many copies of a row."""
        cls.cr.execute(
            """INSERT INTO crm_migration_record (project_id, entity, source_key, file_id, line,
                      payload, row_hash, state, generation, sort_key, extract_run_id)
               SELECT project_id, entity, source_key || '-' || n, file_id, n, payload,
                      row_hash || n, 'staged', generation, to_char(n, 'FM000000'), extract_run_id
                 FROM generate_series(1, %s) AS n, (
                      SELECT * FROM crm_migration_record
                       WHERE project_id = %s AND entity = %s LIMIT 1) AS r""",
            [MANY, cls.project.id, entity],
        )

    def count_read(self, callback, *arguments, unit="rows"):
        """Return ``(count, result)``: how many rows, or pages, the queries of a call read."""
        execute, read = self.cr.execute, []
        count = {"rows": _sum_read, "pages": _sum_pages}[unit]

        def explain(query, params=None, log_exceptions=True):
            code = getattr(query, "code", query)
            ours = "crm_migration_" in code and " UPDATE " not in code or "ir_model_data" in code
            if ours and code.lstrip().startswith(("SELECT", "WITH")):
                explained = f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {code}"
                execute(explained, getattr(query, "params", params))
                read.append(count(self.cr.fetchone()[0][0]["Plan"]))
            return execute(query, params, log_exceptions)

        with patch.object(self.cr, "execute", explain):
            result = callback(*arguments)
        return sum(read), result

    def assertFlat(self, callback, *arguments):
        """The call returns rows, and read few more than these."""
        read, rows = self.count_read(callback, *arguments)
        self.assertTrue(rows)
        self.assertLess(read, MOST)

    def test_batches_of_the_load(self):
        """The loader's next rows."""
        self.assertFlat(self.env["crm.migration.loader"]._take_batch, self.project, BATCH)

    def test_batches_of_a_load_of_a_table_that_grew(self):
        """Nor where the database had counted the rows before these were staged."""
        for state in ("gone", "staged"):
            self.cr.execute(
                "UPDATE crm_migration_record SET state = %s WHERE project_id = %s",
                [state, self.project.id],
            )
            if state == "gone":
                self.cr.execute("ANALYZE crm_migration_record")
        loader = self.env["crm.migration.loader"]
        run = self.project._start("forecast")
        while not loader._begin(run, self.project):
            pass
        self.assertFlat(loader._take_batch, self.project, BATCH)

    def test_parts_of_a_fingerprint(self):
        """The next lines of the log by their IDs, hashed by several processes of PostgreSQL."""
        run = self.project._start("forecast")
        self.cr.execute(
            """INSERT INTO crm_migration_log
                      (project_id, run_id, model, res_id, action, user_id, logged_at)
               SELECT %s, %s, 'res.partner', n, 'create', 1, now() FROM generate_series(1, %s) AS n
            RETURNING id""",
            [self.project.id, run.id, MANY],
        )
        first = min(self.cr.fetchall())[0] + MANY // 2
        hashes = self.env["crm.migration.seal"]._select_hashes(run, first, first + BATCH)
        read, __ = self.count_read(self.env.cr.execute, hashes)
        self.assertLess(read, MOST)
        # Few lines are not worth it, nor those that the database takes for few.
        self.cr.execute("ANALYZE crm_migration_log")
        hashes = self.env["crm.migration.seal"]._select_hashes(run, first - MANY, first + MANY)
        for shared_out in (True, False):
            with parallel(self.cr) if shared_out else nullcontext():
                self.cr.execute(SQL("EXPLAIN %s", hashes))
                plan = str(self.cr.fetchall())
            self.assertEqual("Gather" in plan, shared_out, plan)

    def test_who_is_there_already(self):
        """External IDs, of which nobody has counted how many there are."""
        project = self.project
        self.cr.execute(
            """INSERT INTO ir_model_data (module, name, model, res_id)
               SELECT %s, CASE n WHEN 7000 THEN 'team.north' ELSE 'contact.p1-' || n END,
                      'res.partner', n
                 FROM generate_series(1, %s) AS n""",
            [project._get_xmlid_module(), MANY],
        )
        loader = self.env["crm.migration.loader"]
        rows = [row for row in loader._take_batch(project, BATCH) if row["entity"] == "contact"]
        items = [Item(row, None) for row in rows]
        target = self.env["crm.migration.target.partner"]
        read, __ = self.count_read(target._find_existing, items, Resolver(project))
        self.assertGreaterEqual(read, BATCH)
        self.assertLess(read, MOST)
        for item in items:
            item.model = "res.partner"
            item.record["res_id"] = int(item.key.partition("-")[2])
        read, checks = self.count_read(Damage(project).compare_xmlids, items)
        self.assertLess(read, MOST)
        self.assertFalse(checks)
        read, team_id = self.count_read(Resolver(project).xmlid, "team", "north")
        self.assertEqual(team_id, 7000)
        self.assertLess(read, MOST)

    def test_nothing_is_compiled(self):
        """What PostgreSQL takes for dear, by an estimate, is not compiled in a run's steps."""
        with patch.object(
            self.env.registry["crm.migration.forecaster"],
            "_step",
            lambda service, run: (
                service.env.cr.execute("SHOW jit") or jit.append(service.env.cr.fetchone()[0])
            ),
        ):
            jit = []
            self.project._start("forecast")._take_step()
        self.assertEqual(jit, ["off"])

    def test_batches_of_a_share(self):
        """The next rows of one of sixteen shares, whatever the others still have."""
        self.cr.execute(
            """INSERT INTO crm_migration_share_row (share_id, sort_key, record_id)
               SELECT id %% 16, COALESCE(sort_key, ''), id FROM crm_migration_record
                WHERE project_id = %s AND entity = 'activity'""",
            [self.project.id],
        )
        self.cr.execute("ANALYZE crm_migration_share_row")
        share = {"id": 3, "last_key": "", "last_row": 0}
        self.assertFlat(self.env["crm.migration.share"]._take_rows, share, BATCH)

    def test_batches_of_the_forecast(self):
        """The forecast's next rows; of the history too, when all else is foreseen."""
        run = self.project._start("forecast")
        run._take_step()
        forecaster = self.env["crm.migration.forecaster"]
        self.assertFlat(forecaster._take_batch, self.project)
        self.cr.execute(
            """UPDATE crm_migration_forecast SET pending = FALSE
                WHERE project_id = %s AND entity = 'contact'""",
            [self.project.id],
        )
        self.cr.execute("ANALYZE crm_migration_forecast")
        self.assertFlat(forecaster._take_batch, self.project)

    def test_what_a_batch_refers_to(self):
        """Rows that others name by ID, email or name are looked up, not searched for."""
        self.project._start("forecast")._take_step()
        self.cr.execute("ANALYZE crm_migration_forecast")
        for kind in ("id", "email", "name"):
            keys = [f"p1-{n}" for n in range(BATCH)]
            references = [Reference("contact", kind, key) for key in keys]
            mapped = [Mapped(references={"partner_id": [one]}) for one in references]
            for resolver in (Resolver(self.project), Foresight(self.project)):
                with self.subTest(kind, resolver=type(resolver).__name__):
                    read, __ = self.count_read(resolver.prefetch, mapped)
                    self.assertEqual(bool(resolver.find(references[1])), kind == "id")
                    self.assertLess(read, MOST)

    def test_history_that_has_just_landed(self):
        """It is told from what people wrote, though the database had counted it before it came."""
        partner = self.env["res.partner"].create({"name": "Ada"})
        run = self.project.run_ids[:1]
        self.env.flush_all()
        self.cr.execute("ANALYZE mail_message; ANALYZE crm_migration_log")
        self.cr.execute(
            """WITH brought AS (
                   INSERT INTO mail_message (model, res_id, message_type)
                   SELECT 'res.partner', %(partner)s, 'email' FROM generate_series(1, %(many)s)
                   RETURNING id)
               INSERT INTO crm_migration_log (project_id, run_id, model, res_id, action, logged_at)
               SELECT %(project)s, %(run)s, 'mail.message', id, 'create', now() FROM brought""",
            {"partner": partner.id, "many": MANY, "project": self.project.id, "run": run.id},
        )
        rollback = self.env["crm.migration.rollback"]
        read, kept = self.count_read(
            rollback._find_worked_on, self.project, "res.partner", partner.ids
        )
        self.assertFalse(kept)
        self.assertLess(read, 10 * MANY)

    def test_an_id_is_looked_up(self):
        """People search a staged row by its ID, and do not say which kind it is of."""
        records = self.env["crm.migration.record"].with_user(self.env.ref("base.user_admin"))
        domain = [("project_id", "=", self.project.id), ("source_key", "=", "p1-7")]
        records.search(domain)  # what the groups of users are called is kept from then on
        pages, found = self.count_read(lambda: records.search(domain).ids, unit="pages")
        self.assertEqual(len(found), 1)
        self.assertLess(pages, MOST_PAGES)

    def test_a_part_of_a_name_is_found(self):
        """Whether few rows have it or very many; case and blanks do not matter, marks do."""
        self.cr.execute(
            """UPDATE crm_migration_record SET match_name = 'ada xi_' || line
                WHERE project_id = %s AND entity = 'contact'""",
            [self.project.id],
        )
        records = self.env["crm.migration.record"]
        mine = [("project_id", "=", self.project.id)]
        for part, count in (("XI_77", 111), ("a  XI", MANY + 1), ("xi%7", 0), ("adaxi", 0)):
            with self.subTest(part):
                found = records.search_count([*mine, ("name_part", "ilike", part)])
                self.assertEqual(found, count)
        self.assertEqual(records.search_count([*mine, ("name_part", "=", "Ada XI_77")]), 1)

    def test_a_screen_counts_the_rows_once(self):
        """Figures, outcomes and estimate of the form are made of one count."""
        execute, counted = self.cr.execute, []

        def watch(query, params=None, log_exceptions=True):
            code = getattr(query, "code", query)
            if "crm_migration_record" in code and "GROUP BY" in code:
                counted.append(code)
            return execute(query, params, log_exceptions)

        self.env.invalidate_all()
        with patch.object(self.cr, "execute", watch):
            figures = self.project.read(["record_count", "outcomes", "estimated_time", "grade"])[0]
        self.assertEqual(len(counted), 1)
        self.assertEqual(figures["record_count"], 2 * MANY + len(CONTACTS) + len(ACTIVITIES))
        lines = figures["outcomes"]["lines"]
        self.assertEqual(sum(one["counts"]["read"] for one in lines), figures["record_count"])

    def test_open_cases_are_counted_by_their_rows(self):
        """How many may be twice: the rows of the cases are looked up, not all rows read."""
        cases = 2 * MANY // 10
        self.cr.execute(
            """INSERT INTO crm_migration_duplicate (project_id, record_id, rule, hint)
               SELECT project_id, id, 'email', 'open' FROM crm_migration_record
                WHERE project_id = %s AND source_key LIKE '%%-%%' AND line %% 10 = 0""",
            [self.project.id],
        )
        self.cr.execute("ANALYZE crm_migration_duplicate")
        self.env.invalidate_all()
        read, count = self.count_read(lambda: self.project.duplicate_count)
        self.assertEqual(count, cases)
        self.assertLess(read, 3 * cases)


def _sum_read(plan):
    """Return the rows that a plan took from tables, those included that it then left out, and the
    pairs of rows that it compared in vain."""
    rows = plan.get("Rows Removed by Join Filter", 0)
    if "Scan" in plan["Node Type"]:
        rows += plan["Actual Rows"] + plan.get("Rows Removed by Filter", 0)
    rows *= plan["Actual Loops"]
    return rows + sum(map(_sum_read, plan.get("Plans", ())))


def _sum_pages(plan):
    """Return the pages that a plan looked at, of tables and of indexes."""
    return plan["Shared Hit Blocks"] + plan["Shared Read Blocks"]
