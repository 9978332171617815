"""No query per record: a batch of 400 takes about as many queries as one of 100."""

from unittest.mock import patch

from odoo.tests import tagged

from .common import MigrationCase

SMALL, LARGE = 100, 400
# Queries that 300 more records may cost. ``create`` writes 100 records per INSERT
# (``INSERT_BATCH_SIZE``), and updates go in such parts too: one or two more statements per table
# and part. Verification and rollback work in steps of 1,000 rows and lines, each with the same
# small number of queries. One query per record would be 300 and more.
ALLOWANCE = {"verify": 30, "rollback": 60}
ALLOWANCE_OF_LOAD = 15


def export(count):
    """Return ``count`` of everything, each row with its own company, owner, tag and country."""
    return {
        "companies.csv": [
            {"Company ID": f"c{n}", "Company Name": f"Company {n}", "City": f"City {n}",
             "Country": ("Germany", "France", "Spain")[n % 3], "Tags": f"tag {n % 7}",
             "Owner": f"owner{n % 5}@sales.example", "Industry": "Mining"}
            for n in range(count)
        ],
        "contacts.csv": [
            {"Contact ID": f"p{n}", "First Name": "Person", "Last Name": str(n),
             "Email": f"p{n}@person.example", "Company ID": f"c{n}", "Street": f"Street {n}",
             "Country": ("Germany", "France", "Spain")[n % 3], "Tags": f"tag {n % 7}",
             "Owner": f"owner{n % 5}@sales.example", "Phone": f"+49 30 {n}"}
            for n in range(count)
        ],
        "deals.csv": [
            {"Deal ID": f"d{n}", "Deal Name": f"Deal {n}", "Amount": str(n),
             "Stage": ("Proposal", "Won", "Lost")[n % 3], "Status": ("open", "won", "lost")[n % 3],
             "Probability": ("0", "100", "0")[n % 3], "Contact ID": f"p{n}", "Company ID": f"c{n}",
             "Owner": f"owner{n % 5}@sales.example", "Tags": f"tag {n % 7}",
             "Created": "2023-01-02T03:04:05Z"}
            for n in range(count)
        ],
        "activities.csv": [
            {"Activity ID": f"{kind}{n}", "Type": kind, "Subject": f"{kind} {n}", "Body": "Text",
             "Date": "2023-01-02T03:04:05Z", "End": "2023-01-02T04:04:05Z",
             "Due Date": "2023-01-05", "Completed": "true" if n % 2 else "false",
             "Related To Type": ("Deal", "Contact")[n % 2],
             "Related To ID": (f"d{n}", f"p{n}")[n % 2],
             "Attendees": f"p{n}@person.example", "Owner": f"owner{n % 5}@sales.example"}
            for n in range(count // 5)
            for kind in ("Note", "Email", "Call", "Task", "Meeting")
        ],
    }  # fmt: skip


@tagged("post_install", "-at_install", "crm_migration")
class TestQueryCounts(MigrationCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        for n in range(5):
            cls.make_user(f"Owner {n}", f"owner{n}@sales.example", "sales_team.group_sale_salesman")
        cls.counts = {}
        cls.measure(SMALL)  # warms the caches of the ORM
        cls.small, cls.large = cls.measure(SMALL), cls.measure(LARGE)

    @classmethod
    def measure(cls, count):
        """Return {entity: queries} of loading one batch of that many, {(kind): queries} of runs."""
        name = f"Size {count} {len(cls.counts)}"
        cls.counts[name] = counts = {}
        project = cls.prepare(
            cls.make_project(export(count), name, source_system=f"s{count}_{len(cls.counts)}",
                             batch_size=LARGE)
        )  # fmt: skip
        loader = type(cls.env["crm.migration.loader"])
        origin = loader._load_rows

        def _load_rows(service, run, project, batch, cr, known):
            # As after the commit of the batch before, nothing is cached.
            service.env.flush_all()
            service.env.invalidate_all()
            before = cls.cr.sql_log_count + cr.get_place()
            place = origin(service, run, project, batch, cr, known)
            service.env.flush_all()
            entity = batch.rows[0]["entity"]
            assert len(batch) == count, (entity, len(batch))
            counts[entity] = cls.cr.sql_log_count + cr.get_place() - before
            return place

        cls.run_step(project, "sample")
        project.action_approve_sample()
        # Deals and messages refer to contacts that are not there yet.
        counts["forecast"] = cls.count_queries(project, "forecast")
        with patch.object(loader, "_load_rows", _load_rows):
            cls.run_step(project, "load")
        for kind in ("verify", "rollback"):
            counts[kind] = cls.count_queries(project, kind)
        return counts

    @classmethod
    def count_queries(cls, project, kind):
        """Return how many queries a run of a kind takes."""
        cls.env.flush_all()
        cls.env.invalidate_all()
        before = cls.cr.sql_log_count
        cls.run_step(project, kind)
        return cls.cr.sql_log_count - before

    def assertFlat(self, *names):
        for name in names:
            grown = self.large[name] - self.small[name]
            allowed = ALLOWANCE.get(name, ALLOWANCE_OF_LOAD)
            self.assertLessEqual(grown, allowed, f"{name}: {self.small[name]} → {self.large[name]}")

    def test_load(self):
        self.assertEqual(
            set(self.large),
            {"company", "contact", "deal", "activity", "forecast", "verify", "rollback"},
        )
        self.assertFlat("company", "contact", "deal", "activity")

    def test_forecast(self):
        """No query for each contact that is only foreseen: it is not there to be read."""
        self.assertFlat("forecast")

    def test_verify(self):
        self.assertFlat("verify")

    def test_rollback(self):
        self.assertFlat("rollback")
