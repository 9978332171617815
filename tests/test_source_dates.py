"""The source's dates as Odoo's own: reports by month and by time in stage (X-19, X-20, SP-20)."""

from datetime import datetime

from odoo.tests import tagged

from .common import MigrationCase


def tables():
    return {
        "contacts.csv": [
            {"Contact ID": "k1", "Name": "Ann", "Email": "a@a.example",
             "Created": "2021-03-04T05:06:07Z"},
        ],
        "deals.csv": [
            {"Deal ID": "1", "Deal Name": "Full", "Amount": "100", "Stage": "Proposal",
             "Status": "open", "Created": "2021-01-01T00:00:00Z", "Entered New": "2021-01-01",
             "Entered Qualified": "2021-01-11", "Stage Entered": "2021-01-31T00:00:00Z",
             "Contact ID": "k1", "Closed At": ""},
            {"Deal ID": "2", "Deal Name": "Half", "Amount": "100", "Stage": "Qualified",
             "Status": "open", "Created": "2021-02-01T00:00:00Z", "Entered New": "",
             "Entered Qualified": "", "Stage Entered": "2021-02-06T00:00:00Z",
             "Contact ID": "k1", "Closed At": ""},
            {"Deal ID": "3", "Deal Name": "Done", "Amount": "100", "Stage": "Won",
             "Status": "won", "Created": "2021-02-03T00:00:00Z", "Entered New": "2021-02-03",
             "Entered Qualified": "", "Stage Entered": "2021-02-13T00:00:00Z",
             "Contact ID": "k1", "Closed At": "2021-02-13T00:00:00Z"},
            {"Deal ID": "4", "Deal Name": "First", "Amount": "100", "Stage": "New",
             "Status": "open", "Created": "2021-02-03T00:00:00Z", "Entered New": "2021-02-03",
             "Entered Qualified": "", "Stage Entered": "2021-02-03",
             "Contact ID": "k1", "Closed At": ""},
        ],
    }  # fmt: skip


@tagged("post_install", "-at_install", "crm_migration")
class TestSourceDates(MigrationCase):
    profile = "spark_crm"
    makes_fields = True

    def stage(self, name):
        return self.env["crm.stage"].search(
            [("name", "=", name), ("x_source_system", "=", "spark_crm")]
        )

    def days(self, lead):
        """Return {stage name: days in it}, as Odoo's status bar has them; -1: until now."""
        lead.invalidate_recordset()
        now = self.env.cr.now()
        today = (now - lead.x_source_stage_entered_at).total_seconds() / 86400
        return {
            self.env["crm.stage"].browse(int(key)).name or "": -1
            if abs(value / 86400 - today) < 0.1
            else value / 86400
            for key, value in lead.duration_tracking.items()
            if value
        }

    def months(self):
        groups = self.env["crm.lead"].formatted_read_group(
            [("x_source_system", "=", "spark_crm"), ("active", "in", (True, False))],
            ["create_date:month"], ["__count"],
        )  # fmt: skip
        return {group["create_date:month"][0][:7]: group["__count"] for group in groups}

    def test_dates_stay_in_fields_of_their_own(self):
        """Nothing is dated back unasked; each time of entry has a field on the lead (SP-20)."""
        project = self.migrate(tables())
        lead = self.find(project, "deal", "1")
        self.assertEqual(lead.create_date.date(), self.env.cr.now().date())
        self.assertEqual(lead.x_source_created_at, datetime(2021, 1, 1))
        self.assertEqual(lead.x_source_stage_entered_at, datetime(2021, 1, 31))
        names = {line.column: line.target_field for line in project.line_ids}
        self.assertEqual(str(lead[names["Entered Qualified"]])[:10], "2021-01-11")
        self.assertFalse(self.history(lead).filtered("tracking_value_ids"))

    def test_reports_equal_the_source(self):
        """By month of creation, days to close, and time in stage, to the second (X-19, X-20)."""
        before = self.dump()
        project = self.migrate(tables(), date_policy="history")
        self.assertEqual(self.months(), {"2021-01": 1, "2021-02": 3})
        contact = self.find(project, "contact", "k1")
        self.assertEqual(contact.create_date, datetime(2021, 3, 4, 5, 6, 7))
        full, half, done, first = (self.find(project, "deal", str(n)) for n in range(1, 5))
        self.assertEqual((done.day_close, done.date_closed), (10, datetime(2021, 2, 13)))
        self.assertEqual(self.days(full), {"New": 10, "Qualified": 20, "Proposal": -1})
        self.assertEqual(self.days(half), {"": 5, "Qualified": -1})
        self.assertEqual(self.days(done), {"New": 10, "Won": -1})
        self.assertEqual(self.days(first), {"New": -1})
        dated = self.env["crm.migration.log"].search(
            [("project_id", "=", project.id), ("action", "=", "date")]
        )
        self.assertEqual(len(dated), 5)
        self.assertTrue(all(line.before["create_date"] for line in dated))
        self.run_step(project, "verify")
        totals = project._get_check_totals()
        self.assertFalse(totals["different"] + totals["missing"])
        self.run_step(project, "load")
        self.assertEqual(len(self.history(full).filtered("tracking_value_ids")), 2)
        self.run_step(project, "rollback")
        self.assertSameDump(before, self.dump())

    def test_the_choice_can_be_taken_back(self):
        """Without a rollback of everything: the dates as they were, no history of stages."""
        project = self.migrate(tables(), date_policy="history")
        full = self.find(project, "deal", "1")
        was = self.env["crm.migration.log"].search(
            [("project_id", "=", project.id), ("action", "=", "date"), ("model", "=", "crm.lead"),
             ("res_id", "=", full.id)]
        ).before["create_date"]  # fmt: skip
        project.date_policy = "keep"
        self.confirm(project)
        project._approve_again()
        self.run_step(project, "load")
        full.invalidate_recordset()
        self.assertEqual(full.create_date, datetime.fromisoformat(was))
        self.assertFalse(self.history(full).filtered("tracking_value_ids"))
        self.run_step(project, "verify")
        self.assertFalse(project._get_check_totals()["missing"])
        self.run_step(project, "load")
        self.assertEqual(full.create_date, datetime.fromisoformat(was))

    def test_a_newer_export_adds_the_step(self):
        project = self.migrate(tables(), date_policy="history")
        newer = tables()
        newer["deals.csv"][3] |= {"Stage": "Qualified", "Stage Entered": "2021-02-20T00:00:00Z"}
        self.load_again(project, newer, delta=True)
        first = self.find(project, "deal", "4")
        self.assertEqual(self.days(first), {"New": 17, "Qualified": -1})
