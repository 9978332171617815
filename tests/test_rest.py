"""Extraction over REST into Odoo, against a server on loopback that behaves like the source."""

import contextlib
import io
import json
import logging
from unittest.mock import patch

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import tagged

from ..engine.exceptions import SourceError
from ..engine.tests.http_server import serving
from ..engine.tests.rest_server import FAULTS, Faults, Karma, Ledger, Orbit
from ..models import crm_migration_rest, web
from .common import MigrationCase

TOKEN = "tok-123456"
STAGES = [{"id": str(n), "name": name, "position": n}
          for n, name in enumerate(("New", "Proposal", "Won", "Lost"), 10)]  # fmt: skip
FIELDS = [{"id": 700, "name": "Tier", "field_type": "text"}]


def karma_data():
    """Return the records of a small karmaCRM account: both kinds of IDs, tags and custom fields."""
    stamp = {"created_at": "2024-01-05T10:00:00Z", "updated_at": "2024-06-05T10:00:00Z"}
    company = {
        "emails": [{"email": "info@acme.example", "email_type_id": 1}],
        "websites": [{"url": "acme.example", "website_type_id": 1}],
        "phone_numbers": [], "addresses": [{"street": "1 Road", "city": "Lyon", "country": "FR",
                                            "postal_code": "69001", "address_type": 1}],
        "field_values": [{"id": 1, "field_id": 700, "field_parent_id": None, "value": "Gold"}],
    }  # fmt: skip
    contact = {
        "position": "CFO", "tag_list": "VIP, Fair", "user_id": 1,
        "phone_numbers": [{"number": "+33 1 23 45 67 89", "phone_number_type_id": 1}],
    }  # fmt: skip
    return {
        "custom_fields": FIELDS,
        "users": [{"id": 1, "first_name": "Sel", "last_name": "Ler", "email": "sel@ler.example",
                   "api_token": "another-secret"}],
        "companies": [{"id": 10, "name": "Acme", "user_id": 1, "tags": ["VIP"]} | company | stamp],
        "contacts": [
            contact | stamp | {
                "id": str(20 + n), "first_name": f"Ann{n}", "last_name": "Ode",
                "company": {"id": "10", "name": "Acme"}, "company_id": 10,
                "secondary_emails": [{"email": f"ann{n}@ode.example"}],
                "custom_field_700": {"id": 5, "value": "Silver", "field_id": 700},
            } for n in range(5)
        ],
        "deals": [
            stamp | {"id": 50 + n, "name": f"Deal {n}", "price": 100.5 + n, "deal_stage_id": 10 + n,
                     "stages": STAGES, "user_id": 1, "contact_id": 20 + n, "company_id": 10,
                     "tag_list": "Fair", "due_on": "2026-05-01", "field_values": []}
            for n in range(3)
        ],
        "activities": [
            {"id": 80, "body": "Call her", "activity_type": "Todo", "user_id": "1",
             "todo_category_id": 4,
             "due_at": "2026-07-01T10:00:00Z", "complete": False, "recurrence": [],
             "participants": [{"participater_id": 20, "participater_type": "Contact"}]},
        ],
        "histories": [
            {"id": 90, "name": "Note", "user_id": 1, "occurred_at": "2024-02-01T09:00:00Z",
             "record": {"type": "Contact", "id": 21},
             "external": {"type": "Note", "note_type": None, "label": "<p>Hi</p>"}},
        ],
        "calendars": [{"id": 1, "title": "Mine"}],
    }  # fmt: skip


class RestCase(MigrationCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.make_user("Sel Ler", "sel@ler.example", "sales_team.group_sale_salesman")

    def setUp(self):
        super().setUp()
        for target, name, value in (
            (crm_migration_rest, "FIRST_WAIT", 0.001), (crm_migration_rest.time, "sleep", None),
        ):  # fmt: skip
            patcher = patch.object(target, name, value or (lambda seconds: None))
            patcher.start()
            self.addCleanup(patcher.stop)

    def connect(self, server, token=TOKEN, profile="karmacrm", name="Rest", **values):
        connection = self.env["crm.migration.connection"].create(
            {"name": name, "profile": profile, "base_url": server.url, "is_allowed": True,
             "rate": 1000, "token": token, **values}
        )  # fmt: skip
        return self.env["crm.migration.project"].create(
            {"name": name, "profile": profile, "connection_id": connection.id}
        )

    def extract(self, project):
        run = project.action_extract()
        self.work(run)
        project.invalidate_recordset()
        return run

    def issues(self, project, code="rest_"):
        self.env.flush_all()
        issues = self.env["crm.migration.issue"].search([("project_id", "=", project.id)])
        return issues.filtered(lambda one: one.code.startswith(code))

    def move(self, project):
        self.run_step(project, "propose")
        self.confirm(project)
        self.run_step(project, "schema")
        return self.load(project)


@tagged("post_install", "-at_install", "crm_migration")
class TestRest(RestCase):
    makes_fields = True

    def test_karma_from_end_to_end(self):
        """Users to histories: extracted, proposed, loaded, with links, stages and custom fields."""
        with serving(Karma(karma_data())) as server:
            project = self.connect(server)
            run = self.extract(project)
            self.assertEqual({one.method for one in server.requests}, {"GET"})
        self.assertEqual(run.state, "done")
        outcomes = project._get_outcomes()
        self.assertEqual(
            {entity: counts["read"] for entity, counts in outcomes.items()},
            {"owner": 1, "company": 1, "contact": 5, "deal": 3, "activity": 1, "history": 1},
        )
        self.move(project)
        self.assertAddsUp(project)
        states = project._get_outcomes()
        for entity in ("company", "contact", "deal", "activity", "history"):
            held = self.env["crm.migration.record"].search(
                [("project_id", "=", project.id), ("state", "in", ("held", "failed"))]
            )
            self.assertFalse(held, (entity, held.issue_ids.mapped("message"), states))
        contact = self.find(project, "contact", "21")
        self.assertEqual(contact.parent_id, self.find(project, "company", "10"))
        self.assertEqual(contact.email, "ann1@ode.example")
        self.assertEqual(set(contact.category_id.mapped("name")), {"VIP", "Fair"})
        self.assertIn("Hi", self.history(contact).filtered("body")[-1:].body)
        deal = self.find(project, "deal", "52")
        self.assertEqual((deal.stage_id.name, deal.won_status), ("Won", "won"))
        self.assertEqual((deal.expected_revenue, deal.user_id.login), (102.5, "sel@ler.example"))
        self.assertEqual(deal.partner_id, self.find(project, "contact", "22"))
        tier = project.line_ids.filtered(lambda line: line.column == "Tier")
        self.assertEqual(set(tier.mapped("entity")), {"company", "contact"})
        self.assertEqual(self.activities(self.find(project, "contact", "20")).summary, "Call her")
        self.assertFalse(self.issues(project).mapped("message"))

    def test_delta_is_three_way(self):
        """A newer extraction brings what changed, by ``since`` and by comparison; edits stay."""
        api = Karma(karma_data())
        with serving(api) as server:
            project = self.connect(server)
            self.extract(project)
            self.move(project)
            project.rest_extracted_at = "2026-01-01 00:00:00"
            edited = self.find(project, "contact", "21")
            edited.function = "CEO"
            api.data["contacts"][0]["position"] = "COO"
            api.data["deals"][0] |= {"price": 900, "updated_at": "2026-02-01T00:00:00Z"}
            api.data["contacts"].append({"id": 99, "first_name": "New", "last_name": "One"})
            del api.data["contacts"][4]
            asked = len(server.requests)
            self.extract(project)
            details = [one for one in server.requests[asked:] if "/deals/" in one.path]
            self.assertEqual(len(details), 2, "one to try, one that changed")
            self.run_step(project, "propose")
            self.confirm(project)
            self.run_step(project, "schema")
            if not project._is_approved("sample"):
                project._approve_again()
            self.run_step(project, "load")
        outcomes = self.assertAddsUp(project)
        self.assertEqual((outcomes["contact"]["created"], outcomes["contact"]["updated"]), (1, 1))
        self.assertEqual((outcomes["deal"]["updated"], outcomes["deal"]["unchanged"]), (1, 2))
        self.assertEqual(self.find(project, "deal", "50").expected_revenue, 900)
        self.assertEqual(self.find(project, "contact", "20").function, "COO")
        self.assertEqual(edited.function, "CEO")
        gone = self.issues(project, "gone_in_source")
        self.assertEqual(gone.mapped("source_key"), ["24"])
        self.assertTrue(self.find(project, "contact", "24").exists())

    def test_deleted_deal_shows_in_a_delta_by_since(self):
        """The list of changes does not tell what went: the count does, and the whole list then."""
        api = Karma(karma_data())
        with serving(api) as server:
            project = self.connect(server)
            self.extract(project)
            self.move(project)
            del api.data["deals"][1]
            self.extract(project)
        self.assertEqual(project._get_outcomes()["deal"]["read"], 2)
        gone = self.issues(project, "gone_in_source")
        self.assertEqual(gone.mapped("source_key"), ["51"])

    def test_other_interfaces_by_settings(self):
        """Cursors with a bearer token, links with an API key: filled in as on the screen."""
        people = [{"ref": f"p{n}", "full_name": f"Pat {n}", "email": f"p{n}@x.example"}
                  for n in range(5)]  # fmt: skip
        line = {"name": "people", "entity": "contact", "path": "/crm/people", "id_path": "ref"}
        with serving(Orbit({"people": people})) as server:
            project = self.connect(
                server, "orbit-secret", "other", "Orbit", auth_kind="bearer",
                paging_kind="cursor", size_parameter="limit", page_size=2,
                cursor_parameter="after", cursor_path="next", records_path="payload.rows",
                endpoint_ids=[(0, 0, line)],
            )  # fmt: skip
            self.extract(project)
        self.assertEqual(project._get_outcomes()["contact"]["read"], 5)
        people = [{"id": n, "name": f"Pat {n}", "email": f"p{n}@x.example"} for n in range(5)]
        line |= {"path": "/people", "id_path": "id"}
        with serving(Ledger({"people": people})) as server:
            project = self.connect(
                server, "ledger-secret", "other", "Ledger", auth_kind="api_key",
                auth_name="X-Api-Key", paging_kind="link", endpoint_ids=[(0, 0, line)],
            )  # fmt: skip
            project.connection_id.action_try()
            self.assertIn("Pat 1", project.connection_id.trial_html)
            self.extract(project)
        self.move(project)
        self.assertEqual(self.find(project, "contact", "3").email, "p3@x.example")

    def test_filled_in_step_by_step(self):
        """A connection is saved without lists; what is wrong is told by the screen's names."""
        with serving(Ledger({"people": [{"id": 1, "name": "Pat"}]})) as server:
            connection = self.connect(
                server, "wrong-secret", "other", "Ledger", auth_kind="api_key",
                auth_name="X-Api-Key", paging_kind="link",
            ).connection_id  # fmt: skip
            with self.assertRaisesRegex(ValidationError, "Add the lists"):
                connection.action_try()
            line = {"name": "people", "entity": "contact", "path": "/people", "details": "yes"}
            with self.assertRaisesRegex(ValidationError, "Single Record of people: .*{id}"):
                connection.endpoint_ids = [(0, 0, line)]
            line["details"] = "no"
            connection.endpoint_ids = [(0, 0, line)]
            with self.assertRaisesRegex(ValidationError, "^Cursor Path: is missing"):
                connection.paging_kind = "cursor"
            connection.paging_kind = "link"
            action = connection.action_try()
            self.assertEqual((action["target"], action["res_id"]), ("new", connection.id))
            self.assertFalse(connection.is_tried)
            self.assertIn("401", connection.trial_html)
            self.assertIn("Enter a valid token", connection.trial_html)
            connection.token = "ledger-secret"
            connection.action_try()
            self.assertTrue(connection.is_tried)
            self.assertIn("Pat", connection.trial_html)
        connection.rate = 3
        self.assertFalse(connection.is_tried, "the trial was of other settings")


@tagged("post_install", "-at_install", "crm_migration")
class TestRestTrouble(RestCase):
    def payloads(self, project):
        self.env.flush_all()
        self.cr.execute(
            """SELECT entity, source_key, payload FROM crm_migration_record
                WHERE project_id = %s""",
            [project.id],
        )
        return {(entity, key): payload for entity, key, payload in self.cr.fetchall()}

    def test_faults_change_nothing(self):
        """With every kind of trouble the same rows are staged as without."""
        with serving(Karma(karma_data())) as server:
            calm = self.connect(server, name="Calm")
            self.extract(calm)
        kinds = [one for one in FAULTS if one != "slow"]
        api = Karma(karma_data(), faults=Faults(kinds, 0.2, seed=5))
        with serving(api) as server:
            rough = self.connect(server, name="Rough")
            with contextlib.suppress(SourceError):
                self.extract(rough)
            run = rough.run_ids[:1]
            while run.state == "running":  # a refusal that lasted: resumed as a person would
                with contextlib.suppress(SourceError):
                    self.work(run)
        self.assertEqual(self.payloads(rough), self.payloads(calm))
        self.assertAddsUp(rough)

    def test_answers_of_other_requests(self):
        """An empty list is believed only once the source is known to give each its own answer."""
        data = karma_data()
        note = data["histories"][0]
        data["histories"] = [
            note | {"id": 900 + n, "record": {"type": "Contact", "id": 20 + n}} for n in range(5)
        ]
        api, wrong = Karma(data), {"21": "10", "23": "22"}  # contact -> who is answered for it

        def answer(request):
            asked = request.get("record_id")
            if request.get("record_type") == "Contact" and asked in wrong:
                request.query["record_id"] = [wrong.pop(asked)]
            return api(request)

        with (
            serving(answer) as server,
            patch.object(crm_migration_rest, "FEW_PARENTS", 1),
            patch.object(crm_migration_rest, "PARENTS", 2),
        ):
            project = self.connect(server)
            self.extract(project)
        self.assertFalse(wrong)
        found = {key for entity, key in self.payloads(project) if entity == "history"}
        self.assertEqual(found, {"900", "901", "902", "903", "904"})
        self.assertAddsUp(project)

    def test_stops_and_goes_on_at_the_page(self):
        """An expired token stops it with an issue; with a new one no page is read again."""
        data = karma_data()
        data["contacts"] = [{"id": n, "first_name": f"P{n}"} for n in range(25)]
        api = Karma(data)
        with serving(api) as server:
            project = self.connect(server, page_size=5)
            run = project.action_extract()
            with patch.object(type(run), "_commit"):
                while not self.payloads(project).get(("contact", "7")):
                    run._take_step()
            api.token = "renewed-token"
            before = self.payloads(project)
            with self.assertRaises(SourceError) as caught:
                self.work(run)
            self.assertEqual(caught.exception.code, "rest_token")
            run._tell(caught.exception)
            issue = self.issues(project, "rest_token")
            self.assertIn("401", issue.message)
            asked = len(server.requests)
            project.connection_id.token = "renewed-token"
            self.work(run)
            pages = [one.get("page") for one in server.requests[asked:]
                     if one.path == "/api/v3/contacts"]  # fmt: skip
        self.assertEqual(pages[0], "3")
        self.assertEqual(len([k for k in self.payloads(project) if k[0] == "contact"]), 25)
        self.assertTrue(before.items() <= self.payloads(project).items())
        self.assertFalse(self.issues(project, "rest_token"))

    def test_the_role_is_tried_first(self):
        """A role without the permission to export shows before anything is staged (KC-27)."""
        api = Karma(karma_data())
        api.forbidden = {"deals"}
        with serving(api) as server:
            project = self.connect(server)
            with self.assertRaises(SourceError) as caught:
                self.extract(project)
        self.assertEqual(caught.exception.code, "rest_permission")
        self.assertFalse(self.payloads(project))
        self.assertIn("role", self.env["crm.migration.run"]._describe(caught.exception))
        # What is not needed may be forbidden.
        api.forbidden = {"calendars", "users", "histories"}
        with serving(api) as server:
            project = self.connect(server, name="Other")
            self.extract(project)
        self.assertEqual(len(self.issues(project, "rest_permission")), 3)

    def test_no_histories(self):
        """Lists of parents that are nowhere are told, and not taken for empty."""
        data = karma_data()
        del data["histories"]
        with serving(Karma(data)) as server:
            project = self.connect(server)
            self.extract(project)
        told = self.issues(project, "rest_not_offered")
        self.assertEqual(told.mapped("entity"), ["history"])

    def test_throttled_for_long(self):
        """A long wait is noted and does not hold the worker; then it goes on."""
        wait = (429, {"Retry-After": "600"}, b"")
        api = Karma(karma_data(), faults=Faults(once={9: lambda request: wait}))
        with serving(api) as server:
            project = self.connect(server)
            run = project.action_extract()
            with patch.object(type(run), "_commit"):
                while "wait_until" not in (run.cursor or {}):
                    run._take_step()
                asked = len(server.requests)
                run._take_step()
                self.assertEqual(len(server.requests), asked, "it waits")
            run.cursor = run.cursor | {"wait_until": 0}
            self.work(run)
        self.assertEqual(run.state, "done")

    def test_extracts_are_kept(self):
        """Each page as it came, with its time; without the secrets of the account (KC-32)."""
        with serving(Karma(karma_data())) as server:
            project = self.connect(server)
            self.extract(project)
        extracts = self.env["crm.migration.extract"].search([("project_id", "=", project.id)])
        self.assertLessEqual({"contacts", "deals", "histories", "users"},
                             set(extracts.mapped("endpoint")))  # fmt: skip
        deals = extracts.filtered(lambda one: one.endpoint == "deals")
        content = json.loads(deals.attachment_id.raw)
        self.assertEqual([one["price"] for one in content["records"]], [100.5, 101.5, 102.5])
        self.assertRegex(content["received_at"], r"^\d{4}-\d\d-\d\dT.*Z$")
        for extract in extracts:
            self.assertNotIn(b"another-secret", extract.attachment_id.raw)


@tagged("post_install", "-at_install", "crm_migration")
class TestRestSecrets(RestCase):
    def test_token_is_nowhere(self):
        """Not in any table, log or message, whatever fails on the way."""
        secret = "sup3r-s3cret-value"
        log = io.StringIO()
        handler = logging.StreamHandler(log)
        for name in ("", "urllib3"):
            logger = logging.getLogger(name)
            self.addCleanup(logger.setLevel, logger.level)
            self.addCleanup(logger.removeHandler, handler)
            logger.addHandler(handler)
        logging.getLogger("urllib3").setLevel(logging.DEBUG)
        data = karma_data()
        data["contacts"][0]["background"] = f"see /x?api_token={secret}"
        api = Karma(data, token=secret, faults=Faults(FAULTS, 0.1, seed=2))
        texts = []
        with serving(api) as server:
            project = self.connect(server, token=secret)
            run = project.action_extract()
            for __ in range(5):
                try:
                    self.work(run)
                    break
                except SourceError as error:
                    texts.append(run._describe(error))
                    run._tell(error)
            api.token = "other"
            project.connection_id.action_try()
        self.assertIn("GET /api", log.getvalue())
        self.assertNotIn(secret, log.getvalue() + "".join(texts))
        self.env.flush_all()
        self.cr.execute("SELECT relname FROM pg_class WHERE relname LIKE 'crm_migration%%'"
                        " AND relkind = 'r'")  # fmt: skip
        for (table,) in [*self.cr.fetchall(), ("ir_attachment",), ("ir_config_parameter",)]:
            self.cr.execute(
                f"SELECT count(*) FROM {table} t WHERE t::text LIKE %s", [f"%{secret}%"]
            )
            self.assertEqual(self.cr.fetchone()[0], 0, table)
        attachments = self.env["ir.attachment"].search([("res_id", "=", project.id),
            ("res_model", "=", "crm.migration.project")])  # fmt: skip
        self.assertTrue(attachments)
        for attachment in attachments:
            self.assertNotIn(secret.encode(), attachment.raw)

    def test_who_may_set_and_nobody_reads(self):
        with serving(Karma(karma_data())) as server:
            connection = self.connect(server).connection_id
        self.assertTrue(connection.has_token)
        self.assertFalse(connection.read(["token"])[0]["token"])
        manager = self.make_user(
            "Mana", "mana@x.example", "crm_migration.crm_migration_group_manager"
        )
        user = self.make_user("Use", "use@x.example", "crm_migration.crm_migration_group_user")
        self.assertFalse(connection.with_user(manager).read(["token"])[0]["token"])
        connection.with_user(manager).token = "another-token"
        for who in (manager, user, self.admin):
            with self.assertRaises(AccessError):
                connection.with_user(who).read(["token_stored"])
        with self.assertRaises(AccessError):
            connection.with_user(user).read(["token"])
        with self.assertRaises(AccessError):
            connection.with_user(user).read(["auth_user"])
        menu = self.env.ref("crm_migration.crm_migration_connection_menu")
        self.assertNotIn(menu.id, self.env["ir.ui.menu"].with_user(user)._visible_menu_ids())
        self.assertIn(menu.id, self.env["ir.ui.menu"].with_user(manager)._visible_menu_ids())
        with self.assertRaises(AccessError):
            connection.with_user(user).write({"rate": 1})
        self.assertEqual(connection._get_token(), "another-token")
        with self.assertRaises(UserError):
            self.env["crm.migration.project"].search([], limit=1).with_user(user).action_extract()

    def test_a_token_belongs_to_one_host(self):
        """Who changes the address does not take the token along, nor the permission."""
        with serving(Karma(karma_data())) as server:
            connection = self.connect(server).connection_id
            connection.base_url = server.url + "/sub"
            self.assertTrue(connection.has_token)
        connection.base_url = "https://elsewhere.example"
        self.assertFalse(connection.has_token)
        self.assertFalse(connection.is_allowed)

    def test_hosts_inside_the_network(self):
        """Refused, unless an administrator allows them, for the connection or for all."""
        manager = self.make_user(
            "Mana", "mana@x.example", "crm_migration.crm_migration_group_manager"
        )
        with serving(Karma(karma_data())) as server:
            with self.assertRaises(AccessError):
                self.connect(server, name="A").connection_id.with_user(manager).is_allowed = True
            project = self.connect(server, is_allowed=False)
            with self.assertRaises(SourceError) as caught:
                self.extract(project)
            self.assertEqual(caught.exception.code, "rest_refused")
            self.assertEqual(server.requests, [])
            self.env["ir.config_parameter"].set_param(web.ALLOWED_HOSTS, "x.example 127.0.0.1")
            self.extract(project)

    def test_files_get_the_token_from_their_own_host_only(self):
        def answer(request):
            return 200, {}, b"file"

        with serving(answer) as other, serving(answer) as server:
            project = self.connect(server)
            self.env["ir.config_parameter"].set_param(web.ALLOWED_HOSTS, "127.0.0.1")
            session = web.open_session(project)
            for host in (server, other):
                session.download(f"{host.url}/a.pdf", io.BytesIO())
        self.assertEqual(server.requests[0].get("api_token"), TOKEN)
        self.assertEqual(other.requests[0].query, {})

    def test_a_step_reads_the_keys_of_new_pages_only(self):
        """What a step knows of the pages before it is what is stored, read once; a process that
        comes later, as after a kill, reads all of it."""
        keys = crm_migration_rest._KEYS
        with serving(Karma(karma_data())) as server:
            project = self.connect(server, page_size=2)
            run = project.action_extract()
            endpoint = project.connection_id._get_api().endpoint("contacts")
            for number in range(12):
                if number == 8:
                    keys.clear()
                run.sudo()._take_step()
                found = self.env["crm.migration.rest"]._get_keys(run, endpoint, 1)
                pages = self.env["crm.migration.extract"].search(
                    [
                        ("run_id", "=", run.id),
                        ("endpoint", "=", "contacts"),
                        ("pass_number", "=", 1),
                    ]
                )
                self.assertEqual(found, {key for page in pages for key in page.keys})
                newest, known = next(keys[mark] for mark in keys if mark[3] == (1,))
                self.assertEqual((newest, known), (max(pages.ids, default=0), found))
                self.assertIsNot(known, found, "what a step adds may be undone")
            self.assertEqual(len(found), 5)

    def test_a_run_that_fails_again(self):
        """The command line works off a run that it found: what stops it is kept on the run."""
        with serving(lambda request: (401, {}, b"")) as server:
            project = self.connect(server)
            project.action_extract()
            run = self.env["crm.migration.run"].search([("project_id", "=", project.id)])
            self.assertFalse(run.env.su)
            logger = "odoo.addons.crm_migration.models.crm_migration_run"
            with patch.object(self.cr, "rollback"), self.assertLogs(logger, "ERROR"):
                run._work()
            self.assertEqual(run.state, "failed")
            self.assertIn("401", run.error)

    def test_at_the_cap_of_the_plan(self):
        """KC-28: ten deals are the cap of a plan, but the source says that it has ten."""
        data = karma_data()
        data["deals"] = [data["deals"][0] | {"id": 50 + n} for n in range(10)]
        with serving(Karma(data)) as server:
            project = self.connect(server)
            self.extract(project)
            self.assertFalse(self.issues(project, "plan_cap"))
            deals = project.file_ids.filtered(lambda file: file.entity == "deal")
            self.assertEqual((deals.rows, deals.expected_rows), (10, 10))


@tagged("post_install", "-at_install", "crm_migration")
class TestSchedule(RestCase):
    def test_off_by_default(self):
        self.assertFalse(self.env.ref("crm_migration.ir_cron_extract").active)
        with serving(Karma(karma_data())) as server:
            self.assertFalse(self.connect(server).rest_schedule)

    def take_triggers(self, job):
        """Return how often the job was called for at once, and forget it."""
        triggers = self.env["ir.cron.trigger"].search([("cron_id", "=", job.id)])
        count = len(triggers)
        triggers.unlink()
        return count

    def test_what_broke_off_is_not_loaded(self):
        """An extraction that failed on its way goes on at its page, before anything is loaded."""
        with serving(Karma(karma_data())) as server:
            project = self.connect(server)
            self.extract(project)
            self.move(project)
            project.rest_schedule, project.rest_hours = True, 0
            project._catch_up()
            broken = project.active_run_id.sudo()
            for __ in range(4):  # companies, some contacts
                broken._take_step()
            broken.write({"state": "failed", "error": "The token is not accepted."})
            page = broken.cursor
            self.assertTrue(project._has_staged() or page["files"], "something came")
            project.invalidate_recordset()
            project._catch_up()
            self.assertEqual(project.active_run_id, broken)
            self.assertEqual(broken.cursor, page, "it goes on at its page")
            self.work(broken)
            project.invalidate_recordset()
            project._catch_up()
            self.assertEqual(project.active_run_id.kind, "propose")

    def test_a_refused_token_is_not_tried_again(self):
        """The schedule leaves the source alone until somebody enters another token."""
        api = Karma(karma_data())
        with serving(api) as server:
            project = self.connect(server)
            self.extract(project)
            self.move(project)
            project.rest_schedule, project.rest_hours = True, 0
            api.token = "renewed-token"
            project._catch_up()
            broken = project.active_run_id.sudo()
            with self.assertRaises(SourceError) as caught:
                self.work(broken)
            with (
                self.assertLogs("odoo.addons.crm_migration", "ERROR") as logged,
                patch.object(type(broken), "_commit"),
            ):
                broken._fail(caught.exception)
            self.assertIn("401", logged.output[0])
            self.assertNotIn("Traceback", logged.output[0])
            asked = len(server.requests)
            project.invalidate_recordset()
            project._catch_up()
            self.assertFalse(project.active_run_id)
            self.assertEqual(len(server.requests), asked)
            project.connection_id.token = "renewed-token"
            project.invalidate_recordset()
            project._catch_up()
            self.assertEqual(project.active_run_id, broken)
            self.work(broken)
            self.assertGreater(len(server.requests), asked)

    def test_catches_up_by_itself(self):
        """Extracts when it is due, loads what changed, waits where a person has to decide."""
        api = Karma(karma_data())
        api.data["custom_fields"] = []
        for records in api.data.values():
            for record in records:
                record.pop("custom_field_700", None)
                record.pop("field_values", None)
        with serving(api) as server:
            project = self.connect(server)
            self.extract(project)
            self.move(project)
            job = self.env.ref("crm_migration.ir_cron_extract")
            project.rest_schedule = True
            self.assertTrue(job.active, "who asks for it needs no other screen")
            project._catch_up()
            self.assertFalse(project.active_run_id, "not due yet")
            api.data["contacts"][0]["position"] = "COO"
            project.rest_hours = 0
            kinds = []
            for __ in range(10):
                self.assertTrue(self.take_triggers(job), f"the end of {kinds[-1:]} calls for more")
                project._catch_up()
                if not project.active_run_id:
                    break
                kinds.append(project.active_run_id.kind)
                project.rest_hours = 4
                self.work(project.active_run_id)
                project.invalidate_recordset()
        self.assertEqual(kinds[0], "extract")
        self.assertEqual(kinds[-1], "load", (kinds, project.delta_step))
        self.assertEqual(self.find(project, "contact", "20").function, "COO")
