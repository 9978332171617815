"""An administrator walks the paths on screen, in a browser; an error on its console fails them."""

import io
from unittest.mock import patch

from openpyxl import Workbook

from odoo.tests import HttpCase, tagged

from .common import edit_later, to_csv

CONTACTS = [
    {"Contact ID": "1", "First Name": "Ada", "Last Name": "Nu", "Email": "ada@nu.example",
     "Phone": "+49 30 111111", "Created": "2020-01-02T03:04:05Z"},
    {"Contact ID": "2", "First Name": "Bob", "Last Name": "Xi", "Email": "bob@xi.example",
     "Phone": "+49 30 222222", "Created": "2020-01-03T03:04:05Z"},
]  # fmt: skip
DEALS = [
    {"Deal ID": "d1", "Deal Name": "Ovens", "Amount": "100", "Stage": "Proposal",
     "Contact ID": "1", "Owner": "left@gone.example", "Created": "2021-01-02T03:04:05Z"},
]  # fmt: skip


def to_xlsx(rows):
    """Return rows, given as dicts, as the bytes of a workbook."""
    book, stream = Workbook(), io.BytesIO()
    book.active.append(list(rows[0]))
    for row in rows:
        book.active.append(list(row.values()))
    book.save(stream)
    return stream.getvalue()


@tagged("post_install", "-at_install", "crm_migration")
class TestTour(HttpCase):
    browser_size = "1600x900"
    # A step of a tour works in its request, the first one builds the assets: on a busy machine the
    # requests beside it wait longer than Odoo's 20 s, and got a page of HTML instead of JSON.
    test_cursor_lock_timeout = 180

    def setUp(self):
        super().setUp()
        project_class = type(self.env["crm.migration.project"])
        origin = project_class._start

        def _start(project, kind, **parameters):
            # The work of the background worker, which does not run beside a test, in the request.
            run = origin(project, kind, **parameters)
            run.with_context(crm_migration_no_commit=True)._work()
            return run

        self.startPatcher(patch.object(project_class, "_start", _start))
        # Nobody works on a forecast here; it stands in nobody's way.
        self.startPatcher(patch.object(project_class, "_start_forecast", lambda project: None))
        self.projects = self.env["crm.migration.project"].with_user(self.env.ref("base.user_admin"))

    def walk(self, tour, project=None):
        """Walk a tour, from the home of the app or from a project."""
        home = "/odoo/action-crm_migration.crm_migration_project_action"
        self.start_tour(f"{home}/{project.id}" if project else home, tour, login="admin")
        self.env.invalidate_all()

    def migrate(self, tables):
        """Return a project that is loaded, and ready for what comes after."""
        project = self.projects.create({"name": "Tour", "profile": "karmacrm"})
        attachments = project.env["ir.attachment"].create(
            [
                {
                    "name": name,
                    "raw": to_csv(rows),
                    "res_model": project._name,
                    "res_id": project.id,
                }
                for name, rows in tables.items()
            ]
        )
        project._add_files(attachments)
        project.action_stage()
        project.action_confirm_all()
        project.action_confirm_map()
        project.action_prepare()
        project.action_sample()
        project.action_approve_sample()
        project.action_load()
        self.assertEqual(project.state, "loaded", project.run_ids.mapped("error"))
        return project

    def test_journey(self):
        """Every step has its button, and the records are in Odoo at the end, proved."""
        self.walk("crm_migration_journey")
        project = self.env["crm.migration.project"].search([("name", "=", "Tour")])
        self.assertEqual(project.state, "verified")
        self.assertEqual(project.run_ids.mapped("state"), ["done"] * 6)
        self.assertEqual(set(project.approval_ids.mapped("kind")), {"map", "sample"})
        self.assertEqual(project.approval_ids.user_id, self.env.ref("base.user_admin"))
        contact = self.env.ref("__crmmig_karmacrm__.contact.1")
        lead = self.env.ref("__crmmig_karmacrm__.deal.d2")
        self.assertEqual((contact.name, lead.won_status), ("Ada Nu", "won"))
        totals = project._get_check_totals()
        self.assertEqual((totals["different"], totals["missing"]), (0, 0))

    def test_journey_with_workbooks(self):
        """The same with XLSX, through the drop zone, the owners' board, the sample's screen."""
        user = self.env["res.users"].create({"name": "Mitchell Tour", "login": "mitchell_tour"})
        contacts = [
            {"ID": "1", "First Name": "Ada", "Last Name": "Nu", "Email": "ada@nu.example"},
            {"ID": "2", "First Name": "Bob", "Last Name": "Xi", "Email": "bob@xi.example"},
        ]
        deals = [
            {
                "ID": "7",
                "Deal Name": "Ovens",
                "Amount": 100,
                "Stage": "Proposal",
                "Owner": "Ada Who",
            }
        ]
        for name, rows in {"contacts": contacts, "deals": deals}.items():
            url = f"/crm_migration_tour/{name}.xlsx"
            self.env["ir.attachment"].create(
                {"name": f"{name}.xlsx", "raw": to_xlsx(rows), "url": url, "public": True}
            )
        self.walk("crm_migration_xlsx")
        project = self.projects.search([("name", "=", "Tour XLSX")])
        self.assertEqual(project.state, "verified")
        self.assertEqual(project.file_ids.mapped("file_format"), ["xlsx"] * 2)
        lead = self.env.ref("__crmmig_smart_crm_online__.deal.7")
        self.assertEqual((lead.user_id, lead.expected_revenue), (user, 100))

    def test_cancel(self):
        """A run is cancelled on screen, and the page goes on from there."""
        project = self.projects.create({"name": "Tour", "profile": "karmacrm"})
        content = {"name": "contacts.csv", "raw": to_csv(CONTACTS)}
        place = {"res_model": project._name, "res_id": project.id}
        project._add_files(project.env["ir.attachment"].create(content | place))
        waiting = {"project_id": project.id, "kind": "extract", "user_id": self.env.uid}
        run = self.env["crm.migration.run"].create(waiting)
        self.walk("crm_migration_cancel", project)
        self.assertEqual(run.state, "cancelled")
        self.assertEqual(project.state, "proposed")

    def test_questions(self):
        """The queue leads to the rows and to the map, and one decision settles all alike."""
        project = self.migrate({"contacts.csv": CONTACTS, "deals.csv": DEALS})
        self.walk("crm_migration_doubts_queue", project)
        issues = project.issue_ids.filtered(lambda issue: issue.code == "unmatched_owner")
        self.assertEqual(set(issues.mapped("state")), {"settled"})

    def test_newer_export_with_a_conflict(self):
        """What both sides changed is a question; Odoo's value stays, the rest lands."""
        project = self.migrate({"contacts.csv": CONTACTS})
        bob = self.env.ref("__crmmig_karmacrm__.contact.2")
        edit_later(bob, phone="+49 30 555555")
        self.walk("crm_migration_delta_conflict", project)
        self.assertEqual(bob.phone, "+49 30 555555")
        self.assertTrue(self.env.ref("__crmmig_karmacrm__.contact.3"))
        asked = project.issue_ids.filtered(lambda issue: issue.code == "both_changed")
        self.assertEqual(asked.value, "+49 30 999999")

    def test_rollback_with_a_spared_record(self):
        """Who was edited is listed before, and stays; the other one goes."""
        project = self.migrate({"contacts.csv": CONTACTS})
        ada = self.env.ref("__crmmig_karmacrm__.contact.1")
        bob = self.env.ref("__crmmig_karmacrm__.contact.2")
        edit_later(bob, phone="+49 30 555555")
        self.walk("crm_migration_rollback_spared", project)
        self.assertEqual(project.state, "rolled_back")
        self.assertFalse(ada.exists())
        self.assertEqual(bob.exists().phone, "+49 30 555555")
