"""The forecast: what a load will do, told before it writes anything, and kept to afterwards."""

from unittest.mock import patch

from odoo.tests import tagged

from ..models.silence import silent
from .common import DATA, MigrationCase


@tagged("post_install", "-at_install", "crm_migration")
class TestForecast(MigrationCase):
    makes_fields = True

    def setUp(self):
        super().setUp()
        self.fallback = {"owner_policy": "fallback", "fallback_user_id": self.admin.id}

    def foresee(self, project):
        """Foresee the load; nothing of Odoo may change. Returns {entity: {outcome: count}}."""
        before = self.dump()
        states = self.read_states(project)
        run = self.run_step(project, "forecast")
        self.assertSameDump(before, self.dump())
        self.assertEqual(self.read_states(project), states)
        self.env.invalidate_all()
        failed = project.issue_ids.filtered(lambda issue: issue.code == "record_failed")
        self.assertFalse(failed.mapped("message"))
        return run.counters["entities"]

    def read_states(self, project):
        self.env.flush_all()
        self.env.cr.execute(
            "SELECT id, state, res_id FROM crm_migration_record WHERE project_id = %s ORDER BY id",
            [project.id],
        )
        return self.env.cr.fetchall()

    def load_foreseen(self, project):
        """Load after the forecast; return what was not as foreseen."""
        if not project._is_approved("sample"):
            project.env["crm.migration.approval"]._append(
                project, "sample", project._get_map_hash()
            )
        project.state = "approved" if project.state == "prepared" else project.state
        run = self.run_step(project, "load")
        self.env.invalidate_all()
        return run.counters["forecast"]["differences"]

    def check_journey(self, profile, **policies):
        """Every record of a bundled export becomes what was foreseen; again with its delta."""
        tables = {
            path.relative_to(DATA / profile).as_posix(): path.read_bytes()
            for path in sorted((DATA / profile).rglob("*"))
            if path.is_file()
        }
        project = self.prepare(self.make_project(tables, name=profile, profile=profile, **policies))
        foreseen = self.foresee(project)
        self.assertTrue(sum(line["created"] for line in foreseen.values()), foreseen)
        self.assertEqual(self.load_foreseen(project), [])
        told = project._get_report()["forecast"]
        self.assertEqual((told["kept"], told["loaded"]), (told["rows"], True))

    def test_the_forecast_of_an_undone_load_is_no_longer_shown(self):
        """After a rollback the way begins anew: what the load kept to says nothing of the next."""
        rows = [{"Contact ID": "1", "First Name": "Ada", "Email": "ada@nu.example"}]
        project = self.prepare(self.make_project({"contacts.csv": rows}))
        self.foresee(project)
        self.assertFalse(project.forecast["loaded"])
        self.load_foreseen(project)
        self.assertTrue(project.forecast["loaded"])
        self.run_step(project, "rollback")
        self.env.invalidate_all()
        self.assertFalse(project.forecast)

    def test_a_load_does_not_repeat_what_the_forecast_did(self):
        """Comparing contacts and sorting history take a second for 40,000 rows, each."""
        project = self.prepare_twins()
        self.foresee(project)
        self.assertEqual(self.count_looks(project), 0)

    def test_a_load_looks_again_where_something_changed(self):
        """A contact of Odoo, a row, the map, a question that is gone: each may ask another."""
        project = self.prepare_twins()
        contact = self.staged(project, "contact", "2")
        line = project.line_ids.filtered(lambda one: one.target_field == "email")
        changes = [
            lambda: self.env["res.partner"].create({"name": "Ada", "email": "ada@nu.example"}),
            lambda: self.env["res.partner"].search([], limit=1).write({"color": 7}),
            lambda: contact.sudo().write({"payload": dict(contact.payload, Email="b@nu.example")}),
            lambda: self.env["crm.migration.duplicate"].sudo().search([]).unlink(),
            lambda: line.write({"state": "ignored"}),
        ]
        for change in changes:
            with self.subTest(change=changes.index(change)):
                self.foresee(project)
                change()
                self.assertTrue(self.count_looks(project))

    def prepare_twins(self):
        rows = [
            {"Contact ID": n, "First Name": "Ada", "Email": "ada@nu.example"} for n in ("1", "2")
        ]
        activities = [
            {"Activity ID": "a1", "Type": "Call", "Subject": "S", "Date": "2024-03-01 10:00:00",
             "Related To Type": "Contact", "Related To ID": "1"}
        ]  # fmt: skip
        return self.prepare(self.make_project({"contacts.csv": rows, "activities.csv": activities}))

    def count_looks(self, project):
        """Return how often all rows of a kind are read where a load begins."""
        loader = type(self.env["crm.migration.loader"])
        read, calls = loader._read_mapped, []

        def count(*args, **kwargs):
            calls.append(1)
            return read(*args, **kwargs)

        with patch.object(loader, "_read_mapped", count), self.cr.savepoint() as savepoint:
            service = silent(project).env["crm.migration.loader"]
            service._set_sort_keys(silent(project))
            service.env["crm.migration.matcher"]._find(silent(project))
            savepoint.close(rollback=True)
        self.env.invalidate_all()
        return len(calls)

    def test_karmacrm(self):
        self.check_journey("karmacrm", **self.fallback)

    def test_karmacrm_holds(self):
        self.make_user("Carol", "carol@old.example")
        self.check_journey("karmacrm")

    def test_smart_crm_online(self):
        self.check_journey("smart_crm_online", **self.fallback)

    def test_spark_crm(self):
        self.check_journey("spark_crm", **self.fallback)

    def test_crmconnect(self):
        self.check_journey("crmconnect", **self.fallback)

    def test_streetsmart(self):
        self.check_journey("streetsmart", **self.fallback)

    # ------------------------------------------------------------------ reasons

    companies = [{"Company ID": f"c{n}", "Company Name": f"Firm {n}"} for n in range(3)]
    contacts = [
        {"Contact ID": f"p{n}", "First Name": "P", "Last Name": str(n), "Company": f"Firm {n % 3}",
         "Email": f"p{n}@x.example", "Assigned To": ("ann", "bob", "")[n % 3]}
        for n in range(9)
    ]  # fmt: skip
    deals = [
        {"Deal ID": f"d{n}", "Deal Name": f"Deal {n}", "Contact": f"P {n}", "Stage": "New"}
        for n in range(9)
    ]

    def make(self, **policies):
        tables = {
            "companies.csv": self.companies,
            "contacts.csv": self.contacts,
            "deals.csv": self.deals,
        }
        return self.prepare(self.make_project(tables, **policies))

    def test_reasons_are_told_before_the_load(self):
        """How many are held and why; the questions stand in the queue, and can be answered."""
        ann = self.make_user("Ann", "ann")
        project = self.make()
        foreseen = self.foresee(project)
        self.assertEqual((foreseen["contact"]["created"], foreseen["contact"]["held"]), (6, 3))
        # Deals of held contacts wait for them.
        self.assertEqual((foreseen["deal"]["created"], foreseen["deal"]["held"]), (6, 3))
        shown = project.forecast
        self.assertIn("6 of 21", shown["sentence"])
        reasons = {(one["entity"], one["code"]): one["count"] for one in shown["reasons"]}
        self.assertEqual(reasons, {("contact", "unmatched_owner"): 3, ("deal", "waits_for"): 3})
        doubts = {one["code"]: one for one in project.get_doubts()}
        self.assertEqual(doubts["unmatched_owner"]["count"], 3)
        self.assertEqual(doubts["unmatched_owner"]["values"][0]["value"], "bob")
        value = project.value_ids.filtered(lambda one: one.source_value == "bob")
        value.user_id = ann
        project.action_confirm_map()
        self.env.invalidate_all()
        self.assertTrue(project.forecast["is_old"])
        self.run_step(project, "schema")
        foreseen = self.foresee(project)
        self.assertEqual(foreseen["contact"]["held"] + foreseen["deal"]["held"], 0)
        self.assertNotIn("unmatched_owner", {one["code"] for one in project.get_doubts()})
        self.assertEqual(self.load_foreseen(project), [])

    def test_questions_of_a_forecast_are_asked_once(self):
        """Forecast and load ask the same question of a row once."""
        project = self.make()
        self.foresee(project)
        self.foresee(project)
        asked = project.issue_ids.filtered(lambda one: one.code == "unmatched_owner")
        self.assertEqual(len(asked), 6)
        self.assertEqual(self.load_foreseen(project), [])
        asked = project.issue_ids.filtered(lambda one: one.code == "unmatched_owner")
        self.assertEqual(len(asked), 6)

    def test_what_changed_since_explains_the_difference(self):
        """A user made after the forecast lets its records land, and what waited for them."""
        self.make_user("Ann", "ann")
        project = self.make()
        self.foresee(project)
        self.make_user("Bob", "bob")
        told = {(one["entity"], one["why"]): one["count"] for one in self.load_foreseen(project)}
        self.assertEqual(told, {("contact", "owner"): 3, ("deal", "waited"): 3})
        self.assertNotIn("forecast_missed", project.issue_ids.mapped("code"))
        self.assertEqual(len(project.forecast["differences"]), 2)

    def test_a_refused_record_is_a_difference(self):
        """What Odoo refuses as it is written cannot be foreseen: it is told, with its number."""
        project = self.make(**self.fallback)
        self.foresee(project)
        self.env.cr.execute(
            "ALTER TABLE res_partner ADD CONSTRAINT hostile CHECK (name != 'P 4') NOT VALID"
        )
        told = {(one["entity"], one["became"], one["why"]) for one in self.load_foreseen(project)}
        self.assertEqual(told, {("contact", "failed", "refused")})

    def test_what_nothing_explains_is_an_issue(self):
        project = self.make(**self.fallback)
        self.foresee(project)
        self.env.cr.execute(
            """UPDATE crm_migration_forecast SET outcome = 'merged' WHERE record_id IN (
                   SELECT id FROM crm_migration_record WHERE source_key = 'p1'
                      AND project_id = %s)""",
            [project.id],
        )
        (difference,) = self.load_foreseen(project)
        self.assertEqual((difference["why"], difference["count"]), ("unexplained", 1))
        self.assertIn("forecast_missed", project.issue_ids.mapped("code"))

    def test_newer_export(self):
        """Of a newer export only what is new or changed is foreseen; edits are compared too."""
        project = self.make(**self.fallback)
        self.foresee(project)
        self.assertEqual(self.load_foreseen(project), [])
        newer = [dict(row) for row in self.contacts]
        newer[1]["Email"], newer[2]["Email"] = "new1@x.example", "new2@x.example"
        newer[3]["Last Name"] = "Three"
        newer.append(newer[0] | {"Contact ID": "p9", "Last Name": "9", "Email": "p9@x.example"})
        person = self.find(project, "contact", "p2").with_context(tracking_disable=True)
        person.email = "mine@x.example"
        self.cr.flush()
        self.upload(project, {"contacts.csv": newer}, delta=True)
        self.propose(project)
        self.confirm(project)
        self.run_step(project, "schema")
        project._approve_again()
        foreseen = self.foresee(project)["contact"]
        self.assertEqual(
            {name: count for name, count in foreseen.items() if count},
            {"rows": 4, "created": 1, "updated": 2, "unchanged": 1},
        )
        self.assertEqual(self.load_foreseen(project), [])

    def test_newer_export_with_the_company_that_was_missing(self):
        """A contact of before that gets its link by the newer export is foreseen too."""
        contacts = [
            {"Contact ID": "p1", "Last Name": "One", "Email": "p1@x.example", "Company ID": "c1"},
            {"Contact ID": "p2", "Last Name": "Two", "Email": "p2@x.example", "Company ID": "c9"},
        ]
        companies = [{"Company ID": f"c{n}", "Company Name": f"Firm {n}"} for n in (1, 2)]
        tables = {"contacts.csv": contacts, "companies.csv": companies}
        project = self.migrate(tables, profile="spark_crm", **self.fallback)
        self.assertIn("missing_company", self.codes(project, "contact", "p2"))
        companies.append({"Company ID": "c9", "Company Name": "Firm 9"})
        self.upload(project, {"companies.csv": companies}, delta=True)
        self.propose(project)
        self.confirm(project)
        self.run_step(project, "schema")
        project._approve_again()
        foreseen = self.foresee(project)
        self.assertEqual((foreseen["company"]["created"], foreseen["contact"]["updated"]), (1, 1))
        self.assertEqual(self.load_foreseen(project), [])
        company = self.find(project, "company", "c9")
        self.assertEqual(self.find(project, "contact", "p2").parent_id, company)

    def test_duplicates(self):
        """Merged with Odoo's contacts, with an earlier row, or asked."""
        rows = [*self.contacts, self.contacts[2] | {"Contact ID": "p20"}]
        for policy in ("keep", "merge", "ask"):
            with self.subTest(policy):
                told = [row | {"Email": f"{policy}.{row['Email']}"} for row in rows]
                self.env["res.partner"].create({"name": "P 1", "email": told[1]["Email"]})
                project = self.prepare(
                    self.make_project(
                        {"companies.csv": self.companies, "contacts.csv": told},
                        name=policy, source_system=policy, duplicate_policy=policy, **self.fallback,
                    )
                )  # fmt: skip
                foreseen = self.foresee(project)["contact"]
                if policy == "merge":
                    self.assertEqual(foreseen["merged"], 1)
                    project.env["crm.migration.duplicate"].search(
                        [("project_id", "=", project.id), ("source_key", "=", "p20")]
                    )._decide("merge")
                    self.assertEqual(self.foresee(project)["contact"]["merged"], 2)
                if policy == "ask":
                    self.assertEqual(foreseen["held"], 2)
                self.assertEqual(self.load_foreseen(project), [])

    def test_gives_way(self):
        """A forecast under way stands in nobody's way."""
        project = self.make(**self.fallback)
        project.action_sample()
        self.work(project.active_run_id)
        forecast = project.run_ids[:1]
        self.assertFalse(project.active_run_id, "the next step stays on screen")
        self.assertEqual(forecast.kind, "forecast")
        project.action_approve_sample()
        project.action_load()
        self.assertEqual(forecast.state, "cancelled")
        self.assertEqual(project.active_run_id.kind, "load")

    def test_gives_way_while_its_worker_is_busy(self):
        """The load is queued without touching the forecast's row, and comes after its batch."""
        project = self.make(**self.fallback)
        project.action_sample()
        self.work(project.active_run_id)
        forecast = project.run_ids[:1]
        project.action_approve_sample()
        runs = type(forecast)
        with patch.object(runs, "try_lock_for_update", lambda self, **kwargs: self.browse()):
            project.action_load()
        self.assertEqual(forecast.state, "queued", "its worker has it")
        load = project.active_run_id
        self.assertEqual(load.kind, "load")
        self.assertFalse(forecast._take_step())
        self.assertEqual(forecast.state, "cancelled")
        self.work(load)
        self.assertEqual(project.state, "loaded")
