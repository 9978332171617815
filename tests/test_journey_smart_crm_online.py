"""The whole journey of a Smart CRM Online export, ``data/smart_crm_online``: names for links."""

import csv
import io
import zipfile

from openpyxl import Workbook

from odoo.tests import tagged

from .common import read_folder
from .test_journey_karmacrm import JourneyCase


def to_workbook(tables):
    """Return the tables as the sheets of one XLSX file."""
    book, content = Workbook(), io.BytesIO()
    book.remove(book.active)
    for name, data in tables.items():
        sheet = book.create_sheet(name.rpartition(".")[0][:31])
        for row in csv.reader(io.StringIO(data.decode())):
            sheet.append(row)
    book.save(content)
    return content.getvalue()


def to_zip(tables):
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for name, data in tables.items():
            archive.writestr(f"export/{name}", data)
    return content.getvalue()


@tagged("post_install", "-at_install", "crm_migration")
class TestJourneySmartCrmOnline(JourneyCase):
    folder = "smart_crm_online"
    # Batches of two: what hangs together is spread over many.
    policies = {"timezone": "Europe/London", "batch_size": 2}

    def test_outcomes_add_up(self):
        outcomes = self.assertAddsUp(self.project)
        self.assertEqual(
            {entity: counts["read"] for entity, counts in outcomes.items()},
            {"owner": 2, "company": 2, "contact": 4, "deal": 4, "call": 1, "email": 1,
             "meeting": 1, "note": 1, "task": 2},
        )  # fmt: skip
        for entity, counts in outcomes.items():
            self.assertFalse(counts["held"] or counts["failed"] or counts["skipped"], entity)

    def test_links_by_id_and_by_name(self):
        """A name that fits one contact, or one of the deal's company, is linked; else none."""
        beta, gamma = self.one("company", "501"), self.one("company", "502")
        ann, john_beta = self.one("contact", "601"), self.one("contact", "603")
        self.assertEqual(ann.parent_id, beta)
        self.assertEqual(self.one("contact", "604").parent_id, gamma)
        self.assertEqual(self.one("deal", "701").partner_id, ann)
        self.assertEqual(self.one("deal", "703").partner_id, john_beta, "the John of that company")
        which = self.one("deal", "704")
        self.assertFalse(which.partner_id, "two Johns: not guessed")
        self.assertIn("ambiguous_reference", self.codes(self.project, "deal", "704"))
        self.assertEqual(which.x_source_data["Contact"], "John Same")

    def test_pipelines(self):
        """X-17, X-23: one team per pipeline, equal names apart; the lost deal has its reason."""
        first, renewal, lost = (self.one("deal", key) for key in ("701", "703", "704"))
        self.assertEqual((first.team_id.name, renewal.team_id.name), ("New Business", "Renewals"))
        self.assertEqual((first.stage_id.name, renewal.stage_id.name), ("Proposal", "Proposal"))
        self.assertNotEqual(first.stage_id, renewal.stage_id)
        self.assertEqual((first.probability, renewal.probability), (50, 60))
        self.assertEqual((lost.won_status, lost.lost_reason_id.name), ("lost", "Too expensive"))
        self.assertEqual(first.expected_revenue, 1250)

    def test_times_are_of_the_source_s_zone(self):
        """Day before month, as all values say; London's summer times are an hour earlier in UTC."""
        self.assertEqual(str(self.one("deal", "701").x_source_created_at), "2022-05-17 08:30:00")
        self.assertEqual(str(self.one("deal", "702").date_closed), "2022-07-25 13:00:00")
        self.assertEqual(str(self.one("deal", "701").date_deadline), "2027-06-30")
        self.assertEqual(str(self.one("contact", "601").x_birthday), "1980-05-13")
        self.assertFalse(
            self.project.issue_ids.filtered(
                lambda i: i.code in ("ambiguous_date", "timezone_assumed")
            )
        )

    def test_history_of_five_files(self):
        """Calls, emails, meetings, notes and tasks stand on their records, oldest first."""
        lead, ann = self.one("deal", "701"), self.one("contact", "601")
        self.assertEqual(
            self.history(lead).mapped("subject"), ["Our offer", "Kick-off", "Send contract"]
        )
        note, call = self.history(ann)
        self.assertEqual((call.subject, call.author_id), ("Intro call", self.seller.partner_id))
        self.assertIn("Connected", call.body)
        self.assertIn("Likes tea", note.body)
        self.assertEqual(str(note.date), "2022-05-20 09:00:00")
        event = self.one("meeting", "803")
        self.assertEqual((event.user_id, event.opportunity_id), (self.manager, lead))
        self.assertEqual(event.partner_ids, ann)
        done, opened = self.one("task", "805"), self.one("task", "806")
        self.assertEqual((done.active, str(done.date_done)), (False, "2022-05-26"))
        self.assertEqual((opened.active, opened.user_id), (True, self.manager))
        self.assertEqual(str(opened.date_deadline), "2031-12-01")

    def test_nobody_is_the_importer(self):
        self.assertNoImporter()

    def test_proof(self):
        totals = self.project._get_check_totals()
        self.assertEqual((totals["different"], totals["missing"]), (0, 0))
        self.assertGreater(totals["equal"], 200)

    def test_same_files_twice_change_nothing(self):
        before = self.dump()
        self.load_again(self.project, read_folder(self.folder))
        self.assertSameDump(before, self.dump())
        self.run_step(self.project, "verify")
        totals = self.project._get_check_totals()
        self.assertEqual((totals["different"], totals["missing"]), (0, 0))

    def test_rollback(self):
        self.run_step(self.project, "rollback")
        self.assertSameDump(self.before, self.dump())

    def assertSameRows(self, upload):
        """The same tables in another wrapping are the same staged rows."""
        project = self.propose(self.make_project(upload, "Wrapped", self.folder, source_system="w"))
        rows = {
            (record.entity, record.source_key): record.payload
            for record in self.env["crm.migration.record"].search([("project_id", "=", project.id)])
        }
        expected = {
            (record.entity, record.source_key): record.payload
            for record in self.env["crm.migration.record"].search(
                [("project_id", "=", self.project.id)]
            )
        }
        self.assertEqual(rows, expected)

    def test_one_zip(self):
        self.assertSameRows({"export.zip": to_zip(read_folder(self.folder))})

    def test_one_workbook(self):
        self.assertSameRows({"export.xlsx": to_workbook(read_folder(self.folder))})
