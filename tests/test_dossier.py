"""Promise: one ZIP proves what was read, approved and written, and a script without Odoo tells
each manipulation of it."""

import hashlib
import io
import json
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

from odoo.tests import HttpCase, new_test_user, tagged
from odoo.tools import mute_logger

from ..models.append_only import opened
from ..models.dossier import MANIFEST, Dossier
from ..models.log_export import LogExport
from .common import MigrationCase, to_csv
from .test_purge import PLANTED, TABLES

SCRIPT = Path(__file__).resolve().parent.parent / "dev" / "verify_dossier.py"


@tagged("post_install", "-at_install", "crm_migration")
class TestDossier(MigrationCase):
    makes_fields = True

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.project = cls.migrate(TABLES, owner_policy="fallback", fallback_user_id=cls.admin.id)
        cls.run_step(cls.project, "verify")
        cls.project.action_sign_off()

    def setUp(self):
        super().setUp()
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)

    def make(self):
        stream = io.BytesIO()
        self.fingerprint = Dossier(self.project).save(stream)
        return stream.getvalue()

    def verify(self, content, *arguments):
        """Return (exit code, what was printed) of the script, run alone and isolated."""
        path = self.folder / "dossier.zip"
        path.write_bytes(content)
        done = subprocess.run(
            [sys.executable, "-I", "-S", str(SCRIPT), str(path), *map(str, arguments)],
            capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip
        self.assertFalse(done.stderr.strip() and done.returncode != 2, done.stderr)
        return done.returncode, done.stdout

    def assertGenuine(self, content, *arguments):
        code, text = self.verify(content, *arguments)
        self.assertEqual(code, 0, text)
        return text

    def assertTold(self, content, said, *arguments):
        code, text = self.verify(content, *arguments)
        self.assertEqual(code, 1, text)
        self.assertIn("NOT GENUINE", text)
        self.assertRegex(text, said)

    def unpack(self, content):
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            return {name: archive.read(name) for name in archive.namelist()}

    def pack(self, members, manifest=True):
        """Return a ZIP of the members; with a manifest that was made to fit, as a forger would."""
        if manifest:
            told = json.loads(members[MANIFEST])
            told["members"] = [
                {"name": n, "sha256": hashlib.sha256(c).hexdigest(), "size": len(c)}
                for n, c in members.items()
                if n != MANIFEST
            ]
            members = members | {MANIFEST: json.dumps(told).encode()}
        stream = io.BytesIO()
        with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, content in members.items():
                archive.writestr(name, content)
        return stream.getvalue()

    # ------------------------------------------------------------- what it is

    def test_genuine(self):
        """Untouched it verifies, alone, with the export files and with the exported log."""
        content = self.make()
        files = []
        for name, rows in TABLES.items():
            files.append(self.folder / name)
            files[-1].write_bytes(to_csv(rows))
        with (self.folder / "log.csv").open("wb") as stream:
            LogExport(self.project).write_csv(stream)
        text = self.assertGenuine(
            content, *files, "--log", self.folder / "log.csv", "--fingerprint", self.fingerprint
        )
        self.assertIn(self.fingerprint, text)
        self.assertEqual(text.count("is what was uploaded"), len(files))

    def test_same_database_same_bytes(self):
        """Whoever makes it, whenever: the same bytes, until something happens."""
        user = new_test_user(
            self.env, "dossier_user", "base.group_user,crm_migration.crm_migration_group_user",
            tz="Asia/Tokyo",
        )  # fmt: skip
        first = self.make()
        self.assertEqual(first, self.make())
        stream = io.BytesIO()
        Dossier(self.project.with_user(user)).save(stream)
        self.assertEqual(first, stream.getvalue())
        self.assertEqual(
            self.project.receipt_ids.mapped("digest"), [self.fingerprint] * 3, "who got it is noted"
        )

    def test_nobody_from_the_old_crm_is_in_it(self):
        """No name, address, text or key of a person; before and after the purge."""
        for content in (self.make(), self.purged()):
            for name, member in self.unpack(content).items():
                for word in PLANTED:
                    self.assertNotIn(word, member.decode().lower(), name)

    def purged(self):
        self.project.action_purge("copies")
        self.work(self.project.active_run_id)
        return self.make()

    def test_what_who_and_when(self):
        """Inputs, map, approvals, decisions, proof, inventory, log: each says what it must."""
        parts = {
            name: json.loads(content)
            for name, content in self.unpack(self.make()).items()
            if name.endswith(".json")
        }
        self.assertEqual(
            {one["kind"]: one["by"] for one in parts["approvals.json"]},
            dict.fromkeys(("map", "sample", "cutover"), self.admin.login),
        )
        sums = {hashlib.sha256(to_csv(rows)).hexdigest() for rows in TABLES.values()}
        self.assertEqual({one["sha256"] for one in parts["inputs.json"]["files"]}, sums)
        columns = {(one["entity"], one["column"]) for one in parts["map.json"]["columns"]}
        self.assertIn(("contact", "Email"), columns)
        self.assertTrue(all(one["by"] for one in parts["map.json"]["columns"]))
        self.assertEqual(parts["checks.json"]["verdicts"], self.project._get_check_totals())
        log = self.env["crm.migration.log"].search_count([("project_id", "=", self.project.id)])
        self.assertEqual(parts["log.json"]["lines"], log)
        self.assertTrue(parts["records.json"]["entities"]["contact"]["digest"])

    def test_after_purge_and_closing(self):
        """It verifies at every stage, and says what was purged; the log without values too."""
        before = json.loads(self.unpack(self.make())["map.json"])
        self.assertGenuine(self.purged())
        self.assertEqual(json.loads(self.unpack(self.make())["map.json"]), before)
        self.project.action_purge("log")
        self.work(self.project.active_run_id)
        content = self.make()
        with (self.folder / "log.csv").open("wb") as stream:
            LogExport(self.project).write_csv(stream)
        self.assertGenuine(content, "--log", self.folder / "log.csv")
        receipts = json.loads(self.unpack(content)["receipts.json"])
        self.assertEqual([one["kind"] for one in receipts], ["copies", "log"])

    # ------------------------------------------------------------- manipulations

    def test_member_changed_missing_added(self):
        members = self.unpack(self.make())
        changed = members | {"approvals.json": members["approvals.json"].replace(b"map", b"mop")}
        self.assertTold(self.pack(changed, manifest=False), "approvals.json: changed")
        missing = {name: c for name, c in members.items() if name != "log.json"}
        self.assertTold(self.pack(missing, manifest=False), "log.json: missing")
        added = members | {"note.txt": b"x"}
        self.assertTold(self.pack(added, manifest=False), "note.txt: not in the manifest")
        self.assertTold(self.pack(missing), "log.json: the manifest does not list it")

    def test_forged_with_a_new_manifest(self):
        """Who makes the manifest anew too is found by the noted fingerprint, or by the rest."""
        members = self.unpack(self.make())
        members["inventory.json"] = b"[]"
        forged = self.pack(members)
        self.assertTold(forged, "not the one that was noted", "--fingerprint", self.fingerprint)
        columns = json.loads(members["map.json"]) | {"hash": "0" * 64}
        self.assertTold(
            self.pack(members | {"map.json": json.dumps(columns).encode()}),
            "approvals: what admin approved .* is not the map",
        )
        records = json.loads(members["records.json"])
        records["entities"]["contact"]["outcomes"]["read"] += 1
        self.assertTold(
            self.pack(members | {"records.json": json.dumps(records).encode()}), "do not add up"
        )

    def test_log_changed_in_the_database(self):
        """A line changed, removed or added by SQL after its run is told by the next dossier."""
        (line,) = self.env["crm.migration.log"].search(
            [("project_id", "=", self.project.id), ("model", "=", "crm.lead")], limit=1
        )
        for statement, said in (
            ("UPDATE crm_migration_log SET after = '{}' WHERE id = %s", "were changed after"),
            ("UPDATE crm_migration_log SET user_id = 1 WHERE id = %s", "were changed after"),
            ("DELETE FROM crm_migration_log WHERE id = %s", "lines were added or removed"),
            (
                "INSERT INTO crm_migration_log (project_id, run_id, model, action, logged_at)"
                " SELECT project_id, run_id, model, action, logged_at FROM crm_migration_log"
                " WHERE id = %s",
                "lines were added or removed",
            ),
        ):
            with self.env.cr.savepoint() as savepoint, opened(self.env.cr):
                self.env.cr.execute(statement, [line.id])
                self.assertTold(self.make(), said)
                savepoint.rollback()
            self.env.invalidate_all()
        self.assertGenuine(self.make())

    def test_log_changed_in_its_export(self):
        content = self.make()
        with (self.folder / "log.csv").open("wb") as stream:
            LogExport(self.project).write_csv(stream)
        text = (self.folder / "log.csv").read_text(encoding="utf-8-sig")
        rows = text.splitlines(keepends=True)
        for changed, said in (
            ([*rows[:-1], rows[-1].replace("res.partner", "res.users").replace("crm.lead", "x")
              .replace("mail", "male").replace("create", "update")], "were changed"),
            (rows[:-1], "instead of|has no line"),
            (["a,b\n", "1,2\n"], "no log exported"),
        ):  # fmt: skip
            path = self.folder / "changed.csv"
            path.write_text("".join(changed), encoding="utf-8-sig")
            self.assertTold(content, said, "--log", path)

    def test_other_export_files(self):
        path = self.folder / "contacts.csv"
        path.write_bytes(to_csv(TABLES["contacts.csv"][:1]))
        self.assertTold(self.make(), "is not what was uploaded", path)

    def test_approval_changed_in_the_database(self):
        with opened(self.env.cr):
            self.env.cr.execute("UPDATE crm_migration_approval SET approved_hash = 'x'")
        self.env.invalidate_all()
        self.assertTold(self.make(), "approvals: what admin approved")

    def test_cut_off_and_damaged(self):
        content = self.make()
        for part in (0, 100, len(content) // 2, len(content) - 10):
            self.assertTold(content[:part], "no ZIP, or was cut off")
        damaged = bytearray(content)
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            info = archive.getinfo("report.html")
        damaged[info.header_offset + 200] ^= 255
        self.assertTold(bytes(damaged), "report.html: (damaged|changed)")

    def test_hostile(self):
        """Bombs, names that lead elsewhere, doubles, no JSON: refused, nothing is unpacked."""
        members = self.unpack(self.make())
        for name in ("../evil", "/etc/passwd", "a/b", "C:\\x", "a\x1b[31m", "x" * 200):
            self.assertTold(self.pack(members | {name: b"x"}), "is not one of a dossier")
        bomb = self.pack(members | {"bomb.json": b"[" + b" " * 4_000_000 + b"]"})
        self.assertTold(bomb, "bomb.json says that it unpacks to")
        many = members | {f"m{i}": b"" for i in range(300)}
        self.assertTold(self.pack(many), "has 3.. members")
        deep = members | {"runs.json": b"[" * 100_000}
        self.assertTold(self.pack(deep), "no JSON|not made as")
        for wrong in (b"[]", b"{}", b"null", b'"x"', b"\xff"):
            self.assertTold(self.pack(members | {"project.json": wrong}), "NOT GENUINE")
            self.assertTold(self.pack(members | {MANIFEST: wrong}, manifest=False), "MANIFEST.json")
        stream = io.BytesIO(self.pack(members))
        with zipfile.ZipFile(stream, "a") as archive, self.assertWarns(UserWarning):
            archive.writestr("log.json", b"{}")
        self.assertTold(stream.getvalue(), "log.json is in it twice")

    def test_wrong_use(self):
        done = subprocess.run(
            [sys.executable, str(SCRIPT), "nowhere.zip"], capture_output=True, check=False
        )
        self.assertEqual(done.returncode, 2)


@tagged("post_install", "-at_install", "crm_migration")
class TestDossierDownload(HttpCase):
    def test_download(self):
        """Over HTTP, for users of the migration."""
        env = self.env(
            user=self.env.ref("base.user_admin").id,
            context=dict(self.env.context, crm_migration_no_commit=True),
        )
        case = type("Case", (MigrationCase,), {"env": env, "cr": self.cr, "admin": env.user})
        project = case.migrate({"companies.csv": TABLES["companies.csv"]})
        new_test_user(self.env, "dossier_stranger", "base.group_user", password="dossier_stranger")
        self.authenticate("admin", "admin")
        url = f"/crm_migration/dossier/{project.id}"
        answer = self.url_open(url)
        self.assertEqual(answer.headers["Content-Type"], "application/zip")
        with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
            self.assertIn(MANIFEST, archive.namelist())
        self.authenticate("dossier_stranger", "dossier_stranger")
        with mute_logger("odoo.http"):
            self.assertEqual(self.url_open(url).status_code, 403)
