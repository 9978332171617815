"""What people edit between two loads is theirs: the newer export's writing hides only when."""

import time

from odoo.tests import tagged

from .common import MigrationCase, edit_later


@tagged("post_install", "-at_install", "crm_migration")
class TestEditsBetween(MigrationCase):
    """A contact of a company, and of both a newer export in which their values changed."""

    def setUp(self):
        super().setUp()
        self.company = {"Company ID": "c1", "Company Name": "Nu AG", "City": "Bonn"}
        self.contacts = [
            {"Contact ID": key, "First Name": name, "Last Name": "Nu", "Phone": "+49 1",
             "Email": f"{name}@nu.example", "Company ID": "c1"}
            for key, name in (("1", "Ada"), ("2", "Bo"))
        ]  # fmt: skip
        self.empty = self.dump()
        self.project = self.migrate(
            {"companies.csv": [self.company], "contacts.csv": self.contacts}
        )
        self.ada, self.bo = (self.find(self.project, "contact", key) for key in ("1", "2"))

    def load_delta(self, project=None):
        """Load new phones, and another city of the company, which its contacts share."""
        newer = [row | {"Phone": "+49 2"} for row in self.contacts]
        self.load_again(
            project or self.project,
            {"companies.csv": [self.company | {"City": "Ulm"}], "contacts.csv": newer},
            delta=True,
        )

    def edit_now(self, record, **values):
        """Write as a person does between two lines of the log, which have whole seconds."""
        time.sleep(1)
        record.write(values)
        self.env.flush_all()
        self.cr.execute(
            "UPDATE res_partner SET write_date = clock_timestamp() AT TIME ZONE 'UTC'"
            " WHERE id = %s",
            [record.id],
        )
        self.env.invalidate_all()
        time.sleep(1)

    def undo(self, **parameters):
        self.env.invalidate_all()
        self.run_step(self.project, "rollback", **parameters)
        self.env.invalidate_all()

    def undo_last_load(self):
        load = self.project.run_ids.filtered(lambda run: run.kind == "load")[:1]
        self.undo(runs=self.project._get_runs_of_load(load))

    def get_spared(self):
        preview = self.env["crm.migration.rollback"]._preview(self.project)
        return {(one["model"], one["res_id"]): one["reason"] for one in preview["spared"]}

    def assertSpared(self, record):
        """The preview says so, the other contact goes, and the rollback keeps to it."""
        self.assertEqual(self.get_spared().get((record._name, record.id)), "edited")
        self.assertNotIn((self.bo._name, self.bo.id), self.get_spared())
        self.undo()
        self.assertTrue(record.exists())
        self.assertFalse(self.bo.exists())

    def test_filled_in_before_a_newer_export(self):
        """What was typed where the source has nothing spares the contact, whoever wrote last."""
        edit_later(self.ada, function="Boss")
        self.load_delta()
        self.assertEqual((self.ada.phone, self.ada.function), ("+49 2", "Boss"))
        self.assertSpared(self.ada)
        self.assertEqual(self.ada.function, "Boss")

    def test_filled_in_before_an_export_that_only_its_company_is_in(self):
        """A contact that follows its company's city was written by the migration too."""
        edit_later(self.ada, function="Boss")
        self.load_again(
            self.project, {"companies.csv": [self.company | {"City": "Ulm"}]}, delta=True
        )
        self.assertEqual(self.get_spared()[self.ada._name, self.ada.id], "edited")

    def test_written_but_not_changed(self):
        """A contact that was only saved between two loads goes, and nothing is left."""
        edit_later(self.ada)
        edit_later(self.find(self.project, "company", "c1"))
        self.load_delta()
        self.assertEqual(self.get_spared(), {})
        self.undo()
        self.assertSameDump(self.empty, self.dump())

    def test_filled_in_before_the_newer_export_is_taken_back(self):
        """Undoing the newer export puts back when the contact was written; the edit is seen."""
        self.load_delta()
        edit_later(self.ada, function="Boss")
        self.undo_last_load()
        self.assertEqual((self.ada.phone, self.ada.function), ("+49 1", "Boss"))
        self.assertSpared(self.ada)

    def test_filled_in_between_and_the_newer_export_taken_back(self):
        """Neither does the load after the edit hide it, nor that it was undone."""
        self.edit_now(self.ada, function="Boss")
        loaded = self.dump()
        self.load_delta()
        self.undo_last_load()
        self.assertSameDump(loaded, self.dump())
        self.assertSpared(self.ada)

    def test_filled_in_before_the_dates_are_set(self):
        """A load sets creation dates at its end: people may be at work with its records by then."""
        self.edit_now(self.ada, function="Boss", x_source_created_at="2020-01-01 00:00:00")
        run = self.project.run_ids.filtered(lambda run: run.kind == "load")[:1]
        record = self.staged(self.project, "contact", "1")
        self.env["crm.migration.history"]._set_dates(run, "res.partner", {self.ada.id: record.id})
        self.assertEqual(str(self.ada.create_date), "2020-01-01 00:00:00")
        self.assertSpared(self.ada)

    def test_labelled_from_the_label(self):
        """A label that is given on its own page leaves no trace in the contact but itself."""
        label = self.env["res.partner.category"].create({"name": "Mine"})
        label.partner_ids = [(4, self.ada.id)]
        self.assertSpared(self.ada)

    def test_proof_knows_the_edit(self):
        """What people typed before the newer export is no damage of the migration."""
        edit_later(self.ada, function="Boss")
        self.load_delta()
        self.run_step(self.project, "verify")
        totals = self.project._get_check_totals()
        self.assertEqual((totals["different"], totals["missing"]), (0, 0))
        # Without the edit it would be one: the proof looks there.
        self.cr.execute("UPDATE res_partner SET function = 'X' WHERE id = %s", [self.bo.id])
        self.env.invalidate_all()
        self.run_step(self.project, "verify")
        self.assertEqual(self.project._get_check_totals()["different"], 1)

    def test_merged_contact_edited_between(self):
        """A contact of people's own keeps what they typed between two loads, and only that."""
        mine = self.env["res.partner"].create({"name": "Cy", "email": "cy@nu.example"})
        rows = [{"Contact ID": "1", "First Name": "Cy", "Last Name": "Nu", "City": "Bonn",
                 "Email": "cy@nu.example", "Phone": "+49 1"}]  # fmt: skip
        project = self.migrate({"contacts.csv": rows}, name="Two", duplicate_policy="merge")
        self.assertEqual(self.find(project, "contact", "1"), mine)
        edit_later(mine, function="Boss", city="Ulm")
        self.load_again(project, {"contacts.csv": [rows[0] | {"Phone": "+49 2"}]}, delta=True)
        self.assertEqual((mine.phone, mine.city), ("+49 2", "Ulm"))
        self.run_step(project, "rollback")
        self.env.invalidate_all()
        self.assertEqual((mine.function, mine.city, mine.phone), ("Boss", "Ulm", False))
