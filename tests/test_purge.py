"""Promise: after the sign-off the copies of personal data go with one button, and a receipt stays.

The whole database is searched for what was planted in the export: every text column of our tables,
and the uploads.
"""

from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from ..models.crm_migration_purger import COPIES, LOG
from .common import MigrationCase

# In a name, an address, a text, a pick-list, a link, an owner, a key, an unreadable value.
PLANTED = ("zzplanted", "qqsecret")
# Columns with text that stay: settings, codes, names of columns and of what has to be rebuilt,
# fingerprints. A new column is purged, or has its reason to be listed here.
KEPT = {
    "approval": {"approved_hash"},
    "check": {"model", "field_name", "rule"},
    "connection": {
        "name", "base_url", "auth_name", "auth_prefix", "auth_user", "token_stored",
        "page_parameter", "offset_parameter", "size_parameter", "cursor_parameter", "cursor_path",
        "records_path", "total_path", "trial_html",
    },
    "connection.endpoint": {
        "name", "path", "detail_path", "id_path", "records_path", "since_parameter", "since_format",
    },
    "extract": {"endpoint"},
    "file": {
        "table_name", "checksum", "checksum_sha1", "file_format", "encoding", "delimiter",
        "questions", "answered", "header", "entity_reason", "key_column", "natural_columns",
        "name_columns", "overrides", "pair_columns", "split_columns",
    },
    "forecast": {"row_hash", "reason", "model"},
    "gotcha": {"code", "name"},
    "inventory": {
        "kind", "kind_label", "name", "trigger", "conditions", "action", "detail", "counterpart",
        "origin",
    },
    "issue": {"column"},
    "log": {"model"},
    "mapping": {"target", "constants"},
    "mapping.line": {
        "column", "kind", "target_field", "reference", "options", "new_label", "reason",
        "alternatives", "doubts",
    },
    "mapping.value": {"domain", "field_label", "group", "target_value", "reason"},
    "memory": {"profile", "entity", "fingerprint", "lines"},
    "project": {"name", "source_system", "run_wish"},
    "receipt": {"digest", "detail"},
    "record": {"row_hash", "model"},
    "role": {"name"},
    "run": {"parameters", "counters", "log_digest", "log_digest_without_values"},
    # Times of rows, while a load goes on.
    "share": {"entities", "done", "roads", "last_key"},
    "share.row": {"sort_key"},
    # Fingerprints of lines, there while a run's own is worked out.
    "seal": {"hashes", "bare_hashes"},
    "look": {"name", "fingerprint"},
}  # fmt: skip
TABLES = {
    "contacts.csv": [
        {"Contact ID": str(i), "First Name": f"Zzplanted{i}", "Last Name": "Qqsecret",
         "Email": f"zzplanted{i}@qqsecret.example", "Phone": "+49 30 99", "Company": "Zzplanted AG",
         "Owner": "zzplanted.owner@qqsecret.example", "Notes": "about zzplanted",
         "Birthday": "31.31.qqsecret"}
        for i in (1, 2, 3)
    ],
    "companies.csv": [{"Company Name": "Zzplanted AG", "City": "Bonn"}],
    "deals.csv": [
        {"Deal ID": "d1", "Deal Name": "Zzplanted deal", "Stage": "Proposal", "Amount": "1 qqs",
         "Status": "open", "Contact ID": "1"},
        {"Deal ID": "d2", "Deal Name": "Zzplanted deal", "Stage": "Proposal", "Amount": "1",
         "Status": "open", "Contact ID": "zzplanted-nobody"},
    ],
}  # fmt: skip


@tagged("post_install", "-at_install", "crm_migration")
class TestPurge(MigrationCase):
    makes_fields = True

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["res.partner"].create(
            {"name": "Zzplanted1 Qqsecret", "email": "zzplanted1@qqsecret.example"}
        )
        cls.before = cls.dump()
        policies = {"owner_policy": "fallback", "fallback_user_id": cls.admin.id}
        cls.project = cls.prepare(cls.make_project(TABLES, duplicate_policy="merge", **policies))
        cls.run_step(cls.project, "forecast")
        cls.load(cls.project)
        cls.run_step(cls.project, "verify")

    def sign(self):
        self.project.action_sign_off()
        return self.project

    def purge(self, what="copies"):
        self.project.action_purge(what)
        return self.work(self.project.active_run_id)

    def find_planted(self, *spared):
        """Return {table: rows} of our tables that hold what was planted; uploads too."""
        self.env.flush_all()
        found = {}
        self.cr.execute(
            "SELECT relname FROM pg_class WHERE relkind = 'r'"
            " AND relname LIKE 'crm\\_migration\\_%'"
        )
        tables = {name for (name,) in self.cr.fetchall()} - set(spared)
        self.assertGreater(len(tables), 15)
        for table in tables:
            self.cr.execute(
                f"SELECT to_jsonb(t)::text FROM {table} t WHERE lower(to_jsonb(t)::text) ~ %s",
                ["|".join(PLANTED)],
            )
            rows = [text for (text,) in self.cr.fetchall()]
            if rows:
                found[table] = rows
        files = self.env["ir.attachment"].search([("res_model", "=like", "crm.migration.%")])
        if files:
            found["ir_attachment"] = files.mapped("name")
        return found

    def test_nothing_is_purged_before_the_signature(self):
        with self.assertRaisesRegex(UserError, "Sign off"):
            self.project.action_purge("copies")
        with self.assertRaisesRegex(UserError, "Sign off"):
            self.project.action_purge("log")
        with self.assertRaises(UserError):
            self.project.with_user(self.make_user("U", "purge_user",
                "crm_migration.crm_migration_group_user")).action_purge("copies")  # fmt: skip

    def test_name_is_asked_for(self):
        self.sign()
        wizard = self.env["crm.migration.project.purge"].create({"project_id": self.project.id})
        self.assertIn("Rows of the source", wizard.preview_html)
        wizard.typed_name = "Moove"
        with self.assertRaisesRegex(UserError, "Move"):
            wizard.action_purge()
        wizard.typed_name = "Move"
        wizard.action_purge()
        self.assertEqual(self.project.active_run_id.kind, "purge")

    def test_copies_are_gone_everywhere_but_in_the_log(self):
        """What was planted is found before, and after it only in the log; the records stay."""
        self.sign()
        self.assertGreater(len(self.find_planted()), 6)
        landed = self.find(self.project, "contact", "1")
        records = self.project.record_count
        self.purge()
        self.assertEqual(set(self.find_planted()), {"crm_migration_log"})
        issues = self.project.issue_ids
        self.assertTrue(issues)
        self.assertFalse([one for one in issues.mapped("message") if "? " in one or not one])
        self.assertEqual(landed.email, "zzplanted1@qqsecret.example")
        self.assertEqual(self.project.record_count, records, "what became of the rows stays")
        self.assertTrue(self.project.is_signed)
        self.assertEqual(self.find(self.project, "contact", "1"), landed, "IDs of the source stay")

    def test_every_column_with_text_is_purged_or_has_its_reason(self):
        """A table or column that comes later is not forgotten."""
        gone = {(table, name) for table, columns, __ in (COPIES | LOG).values() for name in columns}
        for name, model in self.env.items():
            if not name.startswith("crm.migration.") or model._abstract or model._transient:
                continue
            kept = KEPT.get(name.removeprefix("crm.migration."), set())
            for field in model._fields.values():
                text = field.type in ("char", "text", "html", "json", "binary")
                if field.store and field.column_type and text:
                    decided = (model._table, field.name) in gone or field.name in kept
                    self.assertTrue(decided, f"{name}.{field.name}: purge it, or say why it stays")

    def test_receipt_says_what_when_and_by_whom(self):
        self.sign()
        self.purge()
        receipt = self.project.receipt_ids
        self.assertEqual((receipt.kind, receipt.user_id), ("copies", self.admin))
        self.assertEqual(len(receipt.digest), 64)
        parts = receipt.detail["parts"]
        self.assertEqual(parts["rows"]["rows"], self.project.record_count)
        self.assertEqual(parts["uploads"]["rows"], 3)
        self.assertGreater(parts["uploads"]["bytes"], 100)
        self.assertEqual(receipt.rows, sum(part["rows"] for part in parts.values()))
        for values in ({"digest": "x"}, {"user_id": 1}):
            with self.assertRaises(AccessError):
                receipt.sudo().write(values)
        with self.assertRaises(AccessError):
            receipt.sudo().unlink()
        with self.assertRaises(AccessError):
            receipt.sudo().create({"project_id": self.project.id, "kind": "log"})

    def test_what_needs_the_copies_is_refused_in_plain_words(self):
        """Proof, load, newer export and changes of the map say why they cannot be, and what can."""
        self.sign()
        self.purge()
        with self.assertRaisesRegex(UserError, "nothing left to compare"):
            self.project.action_verify()
        for refused in (self.project.action_load, self.project.action_propose,
                        self.project.action_stage):  # fmt: skip
            with self.assertRaisesRegex(UserError, "newer export"):
                refused()
        with self.assertRaisesRegex(UserError, "newer export"):
            self.upload(self.project, TABLES, delta=True)
        with self.assertRaisesRegex(UserError, "as they were signed"):
            self.project.line_ids[:1].target_field = "comment"
        with self.assertRaisesRegex(UserError, "as they were signed"):
            self.project.value_ids[:1].state = "confirmed"
        with self.assertRaisesRegex(UserError, "as they were signed"):
            self.project.duplicate_policy = "keep"
        with self.assertRaises(UserError):
            self.project.action_download_held()
        self.assertTrue(self.project.is_signed, "nothing voided the signature")

    def test_rollback_after_the_purge_restores_everything(self):
        """The log alone is enough: the database is as it was before the migration."""
        self.sign()
        self.purge()
        preview = self.env["crm.migration.rollback"]._preview(self.project)
        self.assertTrue(preview["remove"] and preview["restore"])
        self.run_step(self.project, "rollback")
        self.assertEqual(self.project.state, "rolled_back")
        self.assertSameDump(self.before, self.dump())
        with self.assertRaises(UserError):
            self.project.action_load()
        self.purge("log")
        self.assertEqual(self.find_planted(), {})

    def test_one_kind_can_be_undone_after_the_purge(self):
        self.sign()
        self.purge()
        deal = self.find(self.project, "deal", "d1")
        self.run_step(self.project, "rollback", entity="deal", dependants="keep")
        self.assertFalse(deal.exists())
        self.assertTrue(self.find(self.project, "contact", "1").exists())

    def test_closing_purges_the_log_too(self):
        """After it nothing planted is in any table of ours; who did what is still told."""
        self.sign()
        self.purge("log")
        self.assertEqual(self.find_planted(), {})
        project = self.project
        self.assertEqual((project.state, project.closed_by_id), ("closed", self.admin))
        log = self.env["crm.migration.log"].search([("project_id", "=", project.id)])
        self.assertTrue(log)
        self.assertFalse(any(log.mapped("after")))
        self.assertEqual(log.user_id, self.admin)
        receipt = project.receipt_ids
        self.assertEqual(receipt.kind, "log")
        self.assertTrue(all(receipt.detail["seals"].values()), "the log was as it was sealed")
        digests = self.env["crm.migration.log"]._get_digests(project)
        for run in project.run_ids.filtered("log_lines"):
            self.assertEqual(
                digests[run.id]["digest_without_values"], run.log_digest_without_values
            )
        self.assertNotEqual(digests[log[0].run_id.id]["digest"], log[0].run_id.log_digest)

    def test_closed_is_closed(self):
        """No rollback, no preview of one, no run, no deletion; twice closed is refused by nothing
        left, and a record still says what it came from."""
        self.sign()
        self.purge("log")
        with self.assertRaisesRegex(UserError, "cannot be rolled back"):
            self.project.action_rollback()
        with self.assertRaisesRegex(UserError, "cannot be rolled back"):
            self.env["crm.migration.rollback"]._preview(self.project)
        with self.assertRaises(UserError):
            self.project.action_verify()
        with self.assertRaises(UserError), self.env.cr.savepoint():
            self.project.unlink()
        contact = self.find(self.project, "contact", "2")
        action = contact.action_open_migration_origin()
        page = self.env[action["res_model"]].browse(action["res_id"])
        self.assertIn("purged on", page.origin_html)
        self.assertIn("contacts.csv", page.origin_html)

    def test_purge_goes_on_after_a_stop(self):
        """In steps: stopped half way, nothing may load; going on ends with one receipt."""
        from ..models import crm_migration_purger

        self.patch(crm_migration_purger, "ROWS", 2)
        self.sign()
        self.project.action_purge("copies")
        run = self.project.active_run_id.sudo()
        run.state = "running"
        for __ in range(3):
            self.env["crm.migration.purger"]._step(run)
        run.action_cancel()
        with self.assertRaises(UserError):
            self.project.action_verify()
        self.purge()
        self.assertEqual(set(self.find_planted()), {"crm_migration_log"})
        self.assertEqual(len(self.project.receipt_ids), 1)
