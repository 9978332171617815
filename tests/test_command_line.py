"""The contract of ``odoo crm_migrate``: exit codes, the report, and that it does what screens do.

Run in this process: the command's own connection would not see the test's transaction.
``dev/test-uninstall`` runs it as a process of its own, on a database of its own.
"""

import contextlib
import io
import json
import os
import shutil
import tempfile
from pathlib import Path
from unittest.mock import patch

from odoo.tests import tagged

from ..cli.crm_migrate import CrmMigrate, Journey
from ..engine.tests.http_server import serving
from ..engine.tests.rest_server import Karma
from .common import DATA, MigrationCase
from .test_rest import karma_data

OUTCOMES = {"created", "updated", "unchanged", "merged", "held", "failed", "skipped"}


@tagged("post_install", "-at_install", "crm_migration")
class TestCommandLine(MigrationCase):
    makes_fields = True

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.make_user("Sel Ler", "sel@ler.example", "sales_team.group_sale_salesman")
        cls.make_user("Mana Ger", "mana@ger.example", "sales_team.group_sale_salesman")
        cls.folder = Path(tempfile.mkdtemp())
        cls.addClassCleanup(shutil.rmtree, cls.folder)

    def call(self, *arguments, json_file=True):
        """Return (exit code, report, output) of one call."""
        path = self.folder / "report.json"
        path.unlink(missing_ok=True)
        arguments = [str(argument) for argument in ("--project", "Rehearsal", *arguments)]
        if json_file:
            arguments += ["--json", str(path)]
        output = io.StringIO()
        with (
            patch.object(self.cr, "commit", self.env.flush_all),
            patch.object(self.cr, "rollback"),
            contextlib.redirect_stdout(output),
            contextlib.redirect_stderr(output),
        ):
            try:
                code = Journey(self.env, CrmMigrate()._parse(arguments)).execute()
            except SystemExit as stop:  # argparse
                code = stop.code
        report = json.loads(path.read_text(encoding="utf-8")) if path.exists() else None
        return code, report, output.getvalue()

    def files(self, profile="karmacrm"):
        return ("--profile", profile, "--files", DATA / profile)

    def assertReport(self, report):
        """The keys of the contract; per entity, read is the sum of the outcomes."""
        self.assertEqual(
            set(report),
            {"project", "profile", "state", "runs", "entities", "issues", "checks", "forecast"},
        )
        for run in report["runs"]:
            self.assertEqual(set(run), {"kind", "state", "seconds", "records"})
        for entity, counts in report["entities"].items():
            self.assertEqual(set(counts), OUTCOMES | {"read", "staged"})
            self.assertEqual(
                counts["read"], counts["staged"] + sum(counts[name] for name in OUTCOMES), entity
            )
        for issue in report["issues"]:
            self.assertEqual(
                set(issue),
                {"code", "severity", "entity", "source_key", "field", "value", "message", "file",
                 "line"},
            )  # fmt: skip
        self.assertEqual(set(report["checks"]), {"equal", "explained", "different", "missing"})
        if report["state"] in ("loaded", "verified"):
            forecast = report["forecast"]
            self.assertEqual((forecast["loaded"], forecast["differences"]), (True, []))
            self.assertEqual(forecast["kept"], forecast["rows"])
        return report

    def test_default_ends_with_the_open_questions(self):
        """Without --yes the proposal waits for a person: exit 3, nothing made."""
        before = self.dump()
        code, report, output = self.call(*self.files())
        self.assertEqual(code, 3, output)
        self.assertReport(report)
        self.assertEqual((report["state"], report["profile"]), ("proposed", "karmacrm"))
        self.assertEqual(report["entities"]["contact"]["staged"], 7)
        self.assertIn("not confirmed", output)
        self.assertIn("firmen_semikolon.csv: company", output)
        self.assertSameDump(before, self.dump())
        # Pressing on without --yes does not help.
        code, report, output = self.call("--until", "loaded")
        self.assertEqual((code, report["state"]), (3, "proposed"), output)
        self.assertSameDump(before, self.dump())

    def test_until(self):
        """Each --until ends where it says; the next call goes on from there."""
        code, report, output = self.call(*self.files(), "--until", "staged")
        self.assertEqual((code, report["state"]), (0, "staged"), output)
        code, report, output = self.call("--until", "proposed", "--yes")
        self.assertEqual((code, report["state"]), (0, "confirmed"), output)
        code, report, output = self.call("--until", "sampled", "--yes")
        self.assertEqual((code, report["state"]), (0, "sampled"), output)
        self.assertEqual(report["entities"]["deal"]["created"], 0)
        self.assertGreater(report["checks"]["equal"], 0)
        code, report, output = self.call("--until", "loaded")
        self.assertEqual(code, 3, "the sample is not approved")
        code, report, output = self.call("--until", "loaded", "--yes")
        self.assertEqual((code, report["state"]), (4, "loaded"), output)
        code, report, output = self.call("--verify")
        self.assertEqual((code, report["state"]), (4, "verified"), output)

    def test_whole_journey_and_again(self):
        """Held records: exit 4; none held: 0; a second call of the same changes nothing."""
        arguments = (*self.files(), "--until", "verified", "--yes")
        code, report, output = self.call(*arguments)
        self.assertEqual(code, 4, output)
        self.assertReport(report)
        self.assertEqual(report["state"], "verified")
        self.assertEqual(report["entities"]["deal"] | {}, report["entities"]["deal"] | {
            "read": 6, "created": 5, "held": 1, "failed": 0})  # fmt: skip
        self.assertEqual((report["checks"]["different"], report["checks"]["missing"]), (0, 0))
        self.assertIn("unmatched_owner", {issue["code"] for issue in report["issues"]})
        before = self.dump()
        code, again, output = self.call(*arguments)
        self.assertEqual(code, 4, output)
        self.assertSameDump(before, self.dump())
        for entity, counts in self.assertReport(again)["entities"].items():
            self.assertEqual((counts["created"], counts["updated"]), (0, 0), entity)
            self.assertEqual(counts["read"], report["entities"][entity]["read"])

    def test_delta(self):
        """A newer export of the same project updates what changed, and only that."""
        self.call(*self.files("smart_crm_online"), "--until", "loaded", "--yes")
        newer = self.folder / "newer"
        shutil.copytree(DATA / "smart_crm_online", newer)
        deals = newer / "deals_name_that_fits_two.csv"
        deals.write_text(deals.read_text().replace("1,250.00", "1,300.00"))
        code, report, output = self.call("--delta", newer, "--until", "verified", "--yes")
        self.assertEqual(code, 0, output)
        entities = self.assertReport(report)["entities"]
        self.assertEqual((entities["deal"]["updated"], entities["deal"]["unchanged"]), (1, 3))
        self.assertEqual(entities["contact"]["unchanged"], 4)
        project = self.env["crm.migration.project"].search([("name", "=", "Rehearsal")])
        self.assertEqual(self.find(project, "deal", "701").expected_revenue, 1300)

    def test_rest(self):
        """Each documented call of ``--rest``: all, nothing new, a load left undone, a new token."""
        api = Karma(karma_data())
        arguments = ("--profile", "karmacrm", "--token-env", "CRM_TOKEN", "--yes", "--set",
                     "rate=1000", "parallel=2", "--until")  # fmt: skip
        with serving(api) as server, patch.dict(os.environ, CRM_TOKEN="tok-123456"):
            rest = ("--rest", server.url, *arguments)
            code, report, output = self.call(*rest, "sampled")
            self.assertEqual(code, 0, output)
            project = self.env["crm.migration.project"].search([("name", "=", "Rehearsal")])
            self.assertEqual(
                (project.connection_id.rate, project.connection_id.parallel), (1000, 2)
            )
            project.action_approve_sample()
            project._start("load")  # and killed before its first step
            project.invalidate_recordset()
            asked = len(server.requests)
            code, report, output = self.call(*rest, "verified")
            self.assertEqual(code, 0, output)
            self.assertEqual(len(server.requests), asked, "the load was finished, nothing fetched")
            self.assertEqual(self.assertReport(report)["entities"]["contact"]["created"], 5)
            code, report, output = self.call(*rest, "verified")
            self.assertGreater(len(server.requests), asked)
            self.assertEqual(code, 0, output)
            self.assertEqual(report["entities"]["contact"]["unchanged"], 5)
            self.assertEqual((report["checks"]["different"], report["checks"]["missing"]), (0, 0))
            api.token = "new-token-1"
            api.data["contacts"][0]["position"] = "COO"
            code, report, output = self.call(*rest, "staged")
            self.assertEqual(code, 1, output)
            self.assertIn("rest_token", {issue["code"] for issue in report["issues"]})
            self.assertNotIn("tok-123456", output)
            with patch.dict(os.environ, CRM_TOKEN="new-token-1"):
                code, report, output = self.call("--resume", "--token-env", "CRM_TOKEN")
            self.assertEqual(report["runs"][0]["state"], "done", output)
            self.assertEqual(report["entities"]["contact"]["updated"], 1, "loaded what was new")
            singles = []

            def expire(request):  # the first contact is asked for before the lists are
                singles.extend([1] * ("/contacts/" in request.path))
                api.token = "newer-token" if len(singles) > 1 else api.token

            api.before = expire
            with patch.dict(os.environ, CRM_TOKEN="new-token-1"):
                self.assertEqual(self.call(*rest, "staged")[0], 1, "the token expires under way")
            asked, api.before = len(server.requests), None
            with patch.dict(os.environ, CRM_TOKEN="newer-token"):
                self.assertEqual(self.call(*rest, "staged")[0], 0)
            paths = {request.path for request in server.requests[asked:]}
            self.assertIn("/api/v3/contacts", paths)
            self.assertNotIn("/api/v3/companies.json", paths, "it goes on at its page")
        code, report, output = self.call("--rest", "https://x.example", "--token-env", "NO_SUCH")
        self.assertEqual(code, 2, output)
        code, report, output = self.call("--rest", "no address")
        self.assertEqual(code, 2, output)

    def test_rollback(self):
        """--preview writes nothing; --rollback leaves the database as it was."""
        before = self.dump()
        self.call(*self.files("smart_crm_online"), "--until", "loaded", "--yes")
        loaded = self.dump()
        code, __, output = self.call("--rollback", "--preview")
        self.assertEqual(code, 0)
        self.assertRegex(output, r"crm\.lead +4\n")
        self.assertSameDump(loaded, self.dump())
        code, report, output = self.call("--rollback")
        self.assertEqual((code, report["state"]), (0, "rolled_back"), output)
        self.assertSameDump(before, self.dump())

    def test_rollback_of_a_part(self):
        """--record, --entity and --run undo a part; what is not there is refused."""
        self.call(*self.files("smart_crm_online"), "--until", "loaded", "--yes")
        project = self.env["crm.migration.project"].search([("name", "=", "Rehearsal")])
        deal = self.find(project, "deal", "701")
        self.assertEqual(self.call("--rollback", "--entity", "nonsense")[0], 2)
        self.assertEqual(self.call("--rollback", "--run", "999999999")[0], 2)
        self.assertEqual(self.call("--rollback", "--record", "deal:nobody")[0], 2)
        code, report, output = self.call("--rollback", "--record", "deal:701")
        self.assertEqual(code, 0, output)
        self.assertFalse(deal.exists())
        self.assertEqual(report["entities"]["deal"]["skipped"], 1)
        code, report, output = self.call("--rollback", "--entity", "deal")
        self.assertEqual((code, report["state"]), (0, "loaded"), output)
        self.assertFalse(deal.exists())
        self.assertEqual(report["entities"]["deal"]["skipped"], 4)
        load = project.run_ids.filtered(lambda run: run.kind == "load")[:1]
        code, report, output = self.call("--rollback", "--run", str(load.id))
        self.assertEqual(code, 0, output)
        self.assertFalse(
            self.env["crm.lead"].search([("x_source_system", "=", "smart_crm_online")])
        )

    def test_saved_map(self):
        """A map exported from a rehearsal decides the next one as it was decided there."""
        saved = self.folder / "map.json"
        self.call(*self.files(), "--yes")
        project = self.env["crm.migration.project"].search([("name", "=", "Rehearsal")])
        line = project.line_ids.filtered(lambda line: line.column == "Job Title")
        line.action_ignore()
        code, __, output = self.call("--yes", "--export-map", saved)
        self.assertEqual(code, 0, output)
        project.name = "First rehearsal"
        code, report, output = self.call(*self.files(), "--map", saved, "--until", "loaded")
        self.assertEqual(code, 3, "the sample is still to be approved: nothing else is open")
        self.assertEqual(report["state"], "sampled", output)
        project = self.env["crm.migration.project"].search([("name", "=", "Rehearsal")])
        line = project.line_ids.filtered(lambda line: line.column == "Job Title")
        self.assertEqual(line.state, "ignored")

    def test_policies(self):
        """--set takes policies; users by login; the fallback owns what nobody else does."""
        code, report, output = self.call(
            *self.files(), "--until", "loaded", "--yes",
            "--set", "owner_policy=fallback", "fallback_user=mana@ger.example",
        )  # fmt: skip
        self.assertEqual(report["entities"]["contact"]["held"], 0, output)
        project = self.env["crm.migration.project"].search([("name", "=", "Rehearsal")])
        self.assertEqual(self.find(project, "contact", "5").user_id.login, "mana@ger.example")
        self.assertEqual(self.codes(project, "contact", "5"), {"owner_fallback", "no_company"})

    def test_wrong_use(self):
        """Wrong use is exit 2, says what is wrong, and writes nothing."""
        before = self.dump()
        for arguments in (
            ("--profile", "nonsense", "--files", DATA / "karmacrm"),
            ("--profile", "karmacrm", "--files", "/no/such/file.csv"),
            ("--profile", "karmacrm"),
            ("--rollback",),
            ("--verify",),
            ("--delta", DATA / "karmacrm"),
            (*self.files(), "--set", "owner_policy=guess"),
            (*self.files(), "--set", "nonsense=1"),
            (*self.files(), "--set", "owner_policy=fallback", "fallback_user=nobody"),
            (*self.files(), "--set", "owner_policy=fallback"),
            (*self.files(), "--set", "sample_size=5"),
            (*self.files(), "--until", "nowhere"),
        ):
            with self.subTest(arguments=arguments[-2:]), contextlib.suppress(_Undo):
                with self.env.cr.savepoint():
                    code, __, output = self.call(*arguments, json_file=False)
                    self.assertEqual(code, 2, output)
                    self.assertTrue(output.strip())
                    raise _Undo
        self.assertSameDump(before, self.dump())

    def test_report_folder(self):
        """--report writes the proof as files."""
        self.call(*self.files("smart_crm_online"), "--until", "verified", "--yes")
        code, __, output = self.call("--report", self.folder / "proof", json_file=False)
        self.assertEqual(code, 0, output)
        names = {path.name for path in (self.folder / "proof").iterdir()}
        self.assertGreaterEqual(names, {"report.html", "issues.csv"})


class _Undo(Exception):
    """Leaves the savepoint of one call."""

    def test_company_is_named(self):
        """Where there are several companies, the records land in none that nobody named."""
        other = self.env["res.company"].create({"name": "Other House"})
        code, __, output = self.call(*self.files(), "--until", "staged")
        self.assertEqual(code, 2)
        self.assertIn("Other House", output)
        self.call("--set", "company=Other House", *self.files(), "--until", "staged")
        project = self.env["crm.migration.project"].search([("name", "=", "Rehearsal")])
        self.assertEqual(project.company_id, other)
        for companies, company in (
            (other | self.env.company, other.browse()),
            (other, other),
        ):
            self.admin.write({"company_ids": companies.ids, "company_id": other.id})
            form = self.env["crm.migration.project"].with_user(self.admin).new({})
            self.assertEqual(form.company_id._origin, company)
