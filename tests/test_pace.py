"""Batches that change records which people may be at work with are short.

What real users wait for is measured by ``dev/test-users``.
"""

from unittest.mock import patch

from ..models import crm_migration_loader
from .common import MigrationCase

CONTACTS = [
    {"Contact ID": f"p{n}", "First Name": "Ada", "Last Name": f"Nu {n}",
     "Email": f"ada{n}@nu.example"}
    for n in range(12)
]  # fmt: skip
NEWER = [row | {"Last Name": f"Xi {n}"} for n, row in enumerate(CONTACTS)]


class TestPace(MigrationCase):
    def setUp(self):
        super().setUp()
        self.sizes = []
        service = type(self.env["crm.migration.loader"])
        origin = service._load_rows

        def load_rows(loader, run, project, batch, *others):
            if run.kind == "load":
                self.sizes.append(len(batch))
            return origin(loader, run, project, batch, *others)

        self.startPatcher(patch.object(service, "_load_rows", load_rows))
        self.startPatcher(patch.object(crm_migration_loader, "CHANGING_ROWS", 2))

    def test_a_newer_export_goes_in_short_batches(self):
        """The first is short; the next as long as half a second allows, at most twice as long."""
        project = self.migrate({"contacts.csv": CONTACTS})
        self.assertEqual(self.sizes, [12])
        self.sizes.clear()
        self.load_again(project, {"contacts.csv": NEWER}, delta=True)
        self.assertEqual(sum(self.sizes), 12)
        self.assertEqual(self.sizes[0], 2)
        self.assertTrue(all(b <= 2 * a for a, b in zip(self.sizes, self.sizes[1:], strict=False)))
        self.assertEqual(self.find(project, "contact", "p11").name, "Ada Xi 11")

    def test_a_slow_batch_is_followed_by_the_shortest(self):
        """Not by a shorter and shorter one: each costs something besides its rows."""
        self.startPatcher(patch.object(crm_migration_loader, "CHANGING_SECONDS", 0.0))
        project = self.migrate({"contacts.csv": CONTACTS})
        self.sizes.clear()
        self.load_again(project, {"contacts.csv": NEWER}, delta=True)
        self.assertEqual(self.sizes, [2] * 6)

    def test_contacts_that_are_merged_into_go_in_short_batches(self):
        """As those of a newer export do; what merges nothing keeps its long ones."""
        self.env["res.partner"].create({"name": "Known", "email": "ada3@nu.example"})
        companies = [{"Company ID": f"c{n}", "Company Name": f"Om {n}"} for n in range(9)]
        self.migrate(
            {"companies.csv": companies, "contacts.csv": CONTACTS}, duplicate_policy="merge"
        )
        self.assertEqual(sum(self.sizes), 21)
        self.assertIn(2, self.sizes)
        self.assertIn(7, self.sizes)

    def test_a_long_beginning_takes_several_steps(self):
        """With millions of rows its parts together take longer than a scheduled action has."""
        self.startPatcher(patch.object(crm_migration_loader, "BEGINNING_SECONDS", -1))
        project = self.prepare(self.make_project({"contacts.csv": CONTACTS}))
        self.run_step(project, "sample")
        project.action_approve_sample()
        run, steps = project._start("load"), 1
        while run._take_step() and "begun" not in run.cursor:
            self.assertFalse(run.processed)
            steps += 1
        self.assertEqual((steps, self.sizes), (5, [12]))
        self.work(run)
        self.assertEqual(run.processed, 12)
        self.assertEqual(self.staged(project, "contact", "p11").state, "created")

    def test_so_does_that_of_a_forecast(self):
        """Between its steps the rows that a load would stage again stay what they are."""
        self.startPatcher(patch.object(crm_migration_loader, "BEGINNING_SECONDS", -1))
        held = {"Contact ID": "held", "Last Name": "Om", "Owner": "nobody@nu.example"}
        project = self.migrate({"contacts.csv": [*CONTACTS, held]})
        self.assertEqual(self.staged(project, "contact", "held").state, "held")
        run, steps = project._start("forecast"), 1
        while run._take_step() and "begun" not in run.cursor:
            self.assertEqual(self.staged(project, "contact", "held").state, "held")
            steps += 1
        self.work(run)
        self.assertEqual((steps, run.total, run.processed), (4, 1, 1))
        self.assertEqual(self.staged(project, "contact", "held").state, "held")
