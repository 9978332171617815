import base64

from odoo.exceptions import UserError
from odoo.http import Request
from odoo.tests import HttpCase, new_test_user, tagged

from odoo.addons.crm_migration.models.uploads import clean_name

CONTACTS = b"Contact ID,Full Name,Email\n1,Ann,ann@x.example\n"


@tagged("post_install", "-at_install")
class TestUpload(HttpCase):
    """Uploads come in by a route of our own: of any size, for those who may, under safe names."""

    def setUp(self):
        super().setUp()
        self.project = self.env["crm.migration.project"].create(
            {"name": "Uploads", "profile": "karmacrm"}
        )
        self.user = new_test_user(
            self.env, "uploader", "base.group_user,crm_migration.crm_migration_group_user"
        )
        self.outsider = new_test_user(self.env, "outsider", "base.group_user")

    def upload(self, name="contacts.csv", content=CONTACTS, token=True, project=None):
        data = {"csrf_token": Request.csrf_token(self)} if token else {}
        return self.url_open(
            f"/crm_migration/upload/{(project or self.project).id}",
            data=data | {"given": "1"},
            files={"file": (name, content, "text/html")},
        )

    def test_file_is_kept_and_read(self):
        self.authenticate("uploader", "uploader")
        answer = self.upload().json()
        attachment = self.env["ir.attachment"].browse(answer["id"])
        self.assertEqual(attachment.raw, CONTACTS)
        self.assertEqual(attachment.mimetype, "application/octet-stream")
        project = self.project.with_user(self.user)
        self.assertEqual(project.take_uploads([attachment.id])[0]["name"], "contacts.csv")
        self.assertEqual(project.file_ids.entity, "contact")

    def test_no_token_no_upload(self):
        self.authenticate("uploader", "uploader")
        self.assertEqual(self.upload(token=False).status_code, 400)

    def test_outsiders_are_refused(self):
        self.authenticate("outsider", "outsider")
        self.assertEqual(self.upload().status_code, 403)

    def test_projects_of_other_companies_are_refused(self):
        self.project.company_id = self.env["res.company"].create({"name": "Other"})
        self.authenticate("uploader", "uploader")
        self.assertEqual(self.upload().status_code, 403)

    def test_empty_file_is_told(self):
        self.authenticate("uploader", "uploader")
        answer = self.upload(content=b"")
        self.assertEqual(answer.status_code, 400)
        self.assertTrue(answer.json()["error"])

    def test_hostile_names(self):
        self.assertEqual(clean_name("../../etc/passwd"), "passwd")
        self.assertEqual(clean_name("C:\\temp\\deals.csv"), "deals.csv")
        self.assertEqual(clean_name("a\x00b\u202ecsv.exe"), "abcsv.exe")
        self.assertEqual(clean_name(".."), "export")
        self.assertEqual(clean_name(None), "export")
        self.assertLessEqual(len(clean_name("x" * 500 + ".csv")), 150)

    def test_only_own_uploads_of_this_project_are_taken(self):
        foreign = self.env["ir.attachment"].create({"name": "x.csv", "raw": CONTACTS})
        self.assertFalse(self.project.with_user(self.user).take_uploads([foreign.id]))
        self.assertFalse(self.project.file_ids)

    def test_a_newer_export_begins_a_generation(self):
        project = self.project.with_user(self.user)
        self.authenticate("uploader", "uploader")
        project.take_uploads([self.upload().json()["id"]], delta=True)
        self.assertEqual(project.generation, 1)
        newer = self.upload(content=CONTACTS + b"2,Bob,bob@x.example\n").json()["id"]
        project.take_uploads([newer], delta=True)
        self.assertEqual(project.generation, 2)

    def test_map_goes_out_and_comes_in(self):
        """The file of one project decides another as it was decided there."""
        self.authenticate("uploader", "uploader")
        answer = self.url_open(f"/crm_migration/map/{self.project.id}")
        self.assertEqual(answer.json()["profile"], "karmacrm")
        wizards = self.env["crm.migration.project.map"].with_user(self.user)
        vals = {"project_id": self.project.id, "content": base64.b64encode(answer.content)}
        wizards.create(vals).action_import()
        for wrong in (b"no map", b'{"profile": "another"}', b"[]"):
            with self.assertRaises(UserError):
                wizards.create(vals | {"content": base64.b64encode(wrong)}).action_import()
        self.authenticate("outsider", "outsider")
        self.assertEqual(self.url_open(f"/crm_migration/map/{self.project.id}").status_code, 403)
