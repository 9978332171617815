"""Documents by their web address, and pictures beside a text; real HTTP on 127.0.0.1."""

import hashlib
import shutil
from collections import namedtuple
from unittest.mock import patch

from odoo.tests import tagged

from ..engine.exceptions import ConfigurationError
from ..engine.tests.http_server import serving
from .common import MigrationCase

OFFER = b"%PDF-1.4 " + b"offer" * 500
PICTURE = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de0000000c4944415408d763f8"
    "cfc000000301010018dd8db00000000049454e44ae426082"
)


def answer(request):
    if request.path == "/offer.pdf":
        return 200, {"Content-Type": "application/pdf"}, OFFER
    if request.path == "/cut.pdf":

        def cut(handler):
            handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n" + OFFER[:100])

        return cut
    return 404, {}, b"no"


@tagged("post_install", "-at_install", "crm_migration")
class TestAttachmentUrls(MigrationCase):
    profile = "spark_crm"

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        opened = serving(answer)
        cls.server = cls.enterClassContext(opened)

    def tables(self):
        base = self.server.url.rstrip("/")
        paths = {
            "1": f"{base}/offer.pdf?token=s3cret",
            "2": f"{base}/cut.pdf",
            "3": "http://169.254.169.254/latest/meta-data",
            "4": f"{base}/gone.pdf",
        }
        return {
            "contacts.csv": [{"Contact ID": "k1", "Name": "Ann", "Email": "ann@a.example"}],
            "attachments.csv": [
                {"File ID": key, "File Name": f"file{key}.pdf", "URL": url,
                 "Related Type": "Contact", "Related ID": "k1"}
                for key, url in paths.items()
            ],
        }  # fmt: skip

    def allow(self):
        host = self.server.url.partition("://")[2].strip("/")
        self.env["ir.config_parameter"].sudo().set_param("crm_migration.allowed_hosts", host)

    def test_whole_files_only_and_never_from_inside(self):
        """Bytes by checksum, not public; part of a file and addresses inside are issues (SP-29)."""
        self.allow()
        project = self.migrate(self.tables())
        file = self.find(project, "attachment", "1")
        self.assertEqual(file.raw, OFFER)
        self.assertEqual(file.checksum, hashlib.sha1(OFFER).hexdigest())
        self.assertEqual((file.name, file.mimetype, file.public),
                         ("file1.pdf", "application/pdf", False))  # fmt: skip
        self.assertEqual(file.res_id, self.find(project, "contact", "k1").id)
        for key in ("2", "3", "4"):
            self.assertEqual(self.staged(project, "attachment", key).state, "held")
            self.assertEqual(self.codes(project, "attachment", key), {"fetch_failed"})
        told = " ".join(project.issue_ids.mapped("message"))
        self.assertNotIn("s3cret", told)
        self.run_step(project, "verify")
        self.assertFalse(project._get_check_totals()["different"])
        asked = len(self.server.requests)
        self.run_step(project, "load")
        self.assertEqual(len(self.server.requests), asked)

    def test_hosts_inside_need_an_administrator(self):
        """Without the setting nothing inside is asked at all."""
        asked = len(self.server.requests)
        project = self.migrate(self.tables())
        self.assertEqual(len(self.server.requests), asked)
        self.assertEqual(self.codes(project, "attachment", "1"), {"fetch_failed"})
        self.allow()
        self.run_step(project, "schema")
        self.run_step(project, "load")
        self.assertEqual(self.find(project, "attachment", "1").raw, OFFER)

    def test_room_is_checked_first(self):
        """Not enough room on the disk: the load does not start, and says so (SS-15)."""
        project = self.prepare(self.make_project(self.tables()))
        usage = namedtuple("usage", "total used free")
        self.env["crm.migration.fetching"]._check_room(project)
        project.file_ids.sudo().create(
            {"project_id": project.id, "name": "big.pdf", "member": "big.pdf", "size": 10 << 20,
             "checksum": "x", "checksum_sha1": "x", "state": "payload",
             "attachment_id": project.file_ids.attachment_id[:1].id}
        )  # fmt: skip
        with patch.object(shutil, "disk_usage", return_value=usage(1, 1, 5 << 20)):
            with self.assertRaises(ConfigurationError) as caught:
                self.env["crm.migration.fetching"]._check_room(project)
        self.assertEqual(caught.exception.parameters, {"needed": 10, "free": 5})

    def test_room_where_no_file_was_ever_kept(self):
        """A database without a folder for files yet is asked about the disk it will be on."""
        project = self.make_project(self.tables())
        attachments = self.env["ir.attachment"]
        folder = f"{attachments._filestore()}/not/yet"
        with patch.object(type(attachments), "_filestore", lambda self: folder):
            self.env["crm.migration.fetching"]._check_room(project)

    def test_pictures_beside_a_text(self):
        """By content ID or path: attachments of the note, and the note still shows them (SP-30)."""
        notes = [
            {"Note ID": "n1", "Body": '<p>See <img src="cid:logo.png@01D7"> and '
             '<img src="pics/logo.png"></p>', "Date": "2024-01-02T03:04:05Z",
             "Related Type": "Contact", "Related ID": "k1"},
            {"Note ID": "n2", "Body": '<p><img src="cid:none.png"></p>',
             "Date": "2024-01-02T03:04:06Z", "Related Type": "Contact", "Related ID": "k1"},
        ]  # fmt: skip
        tables = {"contacts.csv": self.tables()["contacts.csv"], "notes.csv": notes,
                  "pics/logo.png": PICTURE}  # fmt: skip
        project = self.migrate(tables)
        note = self.find(project, "note", "n1")
        self.assertTrue(note.attachment_ids)
        self.assertEqual(set(note.attachment_ids.mapped("raw")), {PICTURE})
        self.assertEqual(str(note.body).count("/web/image/"), 2)
        self.assertIn("inline_image_missing", self.codes(project, "note", "n2"))
        self.run_step(project, "verify")
        totals = project._get_check_totals()
        self.assertFalse(totals["different"] + totals["missing"])
