"""A load on screen: how far each kind of record is; pause and cancel beside a busy worker."""

import io
import zipfile
from unittest.mock import patch

from ..models import crm_migration_extractor, crm_migration_loader
from .common import MigrationCase, to_csv

CONTACTS = [
    {"Contact ID": str(n), "First Name": "A", "Last Name": f"L{n}", "Email": f"a{n}@nu.example"}
    for n in range(6)
]
DEALS = [{"Deal ID": "d1", "Deal Name": "One", "Stage": "New", "Owner": "left@gone.example"}]


class TestLive(MigrationCase):
    def setUp(self):
        super().setUp()
        self.startPatcher(patch.object(crm_migration_loader, "STEP_BATCHES", 1))
        tables = {"contacts.csv": CONTACTS, "deals.csv": DEALS}
        self.project = self.prepare(self.make_project(tables, batch_size=2))
        self.run_step(self.project, "sample")
        self.project.action_approve_sample()
        self.run = self.project._start("load")
        self.Run = type(self.run)

    def test_parts_of_a_load(self):
        """Each kind of record with what is done of it, and what it waits for."""
        self.assertEqual(self.run.get_live(), [])
        self.run._take_step()
        parts = {part["entity"]: part for part in self.run.get_live()}
        self.assertEqual((parts["contact"]["done"], parts["contact"]["total"]), (2, 6))
        self.assertEqual((parts["deal"]["done"], parts["deal"]["total"]), (0, 1))
        while self.run.state == "running" and self.run.processed < 7:
            self.run._take_step()
        parts = {part["entity"]: part for part in self.run.get_live()}
        self.assertEqual((parts["deal"]["done"], parts["deal"]["held"]), (1, 1))

    def test_share_of_a_file_that_is_read(self):
        """By its size, before all of it is read; of a packed one nobody knows, and none is told."""
        rows = [CONTACTS[0] | {"Contact ID": str(n), "Note": "x" * (n % 60)} for n in range(6000)]
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w") as archive:
            archive.writestr("contacts.csv", to_csv(rows))
        for name, files in (
            ("Read", {"contacts.csv": rows}),
            ("Packed", {"contacts.zip": packed.getvalue()}),
        ):
            run = self.make_project(files, name=name)._start("extract")
            with patch.object(crm_migration_extractor, "COPIED_ROWS", 5000):
                run._take_step()
            # Whole blocks of rows are read.
            self.assertAlmostEqual(run.processed, 5000, delta=250)
            if name == "Read":
                self.assertAlmostEqual(run.total, 6000, delta=600)
                self.assertAlmostEqual(run.progress, 83, delta=8)
            else:
                self.assertEqual((run.total, run.progress, run.time_left), (0, 0, False))
            self.work(run)
            self.assertEqual((run.total, run.progress), (6000, 100))

    def press(self, button):
        """Press a button while another transaction holds the run, as a busy worker does."""
        with patch.object(self.Run, "try_lock_for_update", lambda self, **kwargs: self.browse()):
            getattr(self.run, button)()

    def test_pause_beside_a_busy_worker(self):
        """The wish does not touch the run's row; the worker rests before its next batch."""
        self.run._take_step()
        self.press("action_pause")
        self.assertEqual(self.run.state, "running")
        self.assertFalse(self.run._take_step())
        self.assertEqual((self.run.state, self.run.processed), ("paused", 2))
        self.run.action_resume()
        self.work(self.run)
        self.assertEqual(self.run.state, "done")
        self.assertAddsUp(self.project)

    def test_cancel_beside_a_busy_worker(self):
        self.run._take_step()
        self.press("action_cancel")
        self.assertFalse(self.run._take_step())
        self.assertEqual((self.run.state, self.run.processed), ("cancelled", 2))
        self.assertTrue(self.run.ended_at)

    def test_a_wish_that_came_too_late_stops_no_other_run(self):
        self.press("action_pause")
        self.project.run_wish = dict(self.project.run_wish, run=self.run.id - 1)
        self.work(self.run)
        self.assertEqual(self.run.state, "done")
