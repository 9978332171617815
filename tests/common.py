"""What the tests share: a project from small tables, its steps one after the other, and counts.

Runs take no commits here (``crm_migration_no_commit``): a test case is one transaction.
"""

import csv
import io
from contextlib import contextmanager
from pathlib import Path
from unittest.mock import patch
from urllib.parse import urlsplit

from odoo.fields import Command
from odoo.tests import TransactionCase
from odoo.tests.common import _super_send

from odoo.addons.mail.models.mail_mail import MailMail

DATA = Path(__file__).parent / "data"
# What a migration may write, other than its own tables: compared before a load and after its undo.
BUSINESS_MODELS = (
    "res.partner", "res.partner.category", "res.partner.industry", "res.users", "crm.lead",
    "crm.stage", "crm.team", "crm.team.member", "crm.tag", "crm.lost.reason", "utm.source",
    "utm.medium", "mail.message", "mail.activity", "mail.followers", "mail.mail", "mail.alias",
    "mail.notification", "mail.tracking.value", "calendar.event", "calendar.attendee",
    "crm.lead.scoring.frequency",
    "ir.model.fields", "ir.model.fields.selection", "ir.model.data", "ir.attachment",
)  # fmt: skip
# Relations without a model of their own.
RELATIONS = (
    "res_partner_res_partner_category_rel", "crm_tag_rel", "crm_team_crm_stage_rel",
    "calendar_event_res_partner_rel", "message_attachment_rel", "res_groups_users_rel",
    "res_company_users_rel",
)  # fmt: skip
# Written by the reading of the project's own files and screens, not by a load.
OWN = {
    "ir_attachment": "res_model IS DISTINCT FROM 'crm.migration.project'",
}


def to_csv(rows, delimiter=","):
    """Return rows, given as dicts, as the bytes of a CSV file; a missing cell is empty."""
    header = list(dict.fromkeys(name for row in rows for name in row))
    text = io.StringIO()
    writer = csv.DictWriter(text, header, delimiter=delimiter, lineterminator="\r\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()


def read_folder(profile):
    """Return {file name: bytes} of a bundled export."""
    return {path.name: path.read_bytes() for path in sorted((DATA / profile).iterdir())}


def edit_later(record, **values):
    """Write as a person does an hour after the load: a test is one transaction."""
    record.write(values)
    record.env.flush_all()
    record.env.cr.execute(
        f"UPDATE {record._table} SET write_date = write_date + interval '1 hour' WHERE id = %s",
        [record.id],
    )
    record.env.invalidate_all()


class OwnServers:
    """Lets the requests of a test reach servers of the test itself, on loopback."""

    @classmethod
    def _request_handler(cls, s, r, /, **kw):
        if urlsplit(r.url).hostname in ("127.0.0.1", "localhost"):
            return _super_send(s, r, **kw)
        if isinstance(kw.get("timeout"), tuple):
            # Odoo compares it with one figure.
            kw["timeout"] = max(kw["timeout"])
        return super()._request_handler(s, r, **kw)


class MigrationCase(OwnServers, TransactionCase):
    """A database in which the administrator migrates."""

    profile = "karmacrm"
    # Custom fields of the database change the registry: only classes that need them pay for it.
    makes_fields = False

    @classmethod
    def setUpClass(cls):
        if cls.makes_fields:
            cls.addClassCleanup(cls._forget_fields)  # after all of Odoo's own cleanups
        super().setUpClass()
        if cls.makes_fields:
            # A reset of the registry reads the custom fields again: in this transaction, not in
            # one that knows nothing of it.
            cls.registry_enter_test_mode_cls()
        cls.admin = cls.env.ref("base.user_admin")
        cls.env = cls.env(
            user=cls.admin.id,
            context=dict(cls.env.context, crm_migration_no_commit=True),
        )
        cls.admin = cls.admin.with_env(cls.env)

    @classmethod
    def _forget_fields(cls):
        """Set the registry up anew, from the database without the fields of this class."""
        with cls.registry.cursor() as cr:
            cls.registry._setup_models__(cr)

    def setUp(self):
        if self.makes_fields:
            self.addCleanup(self.registry.reset_changes)
        super().setUp()

    # ------------------------------------------------------------------ projects

    @classmethod
    def make_user(cls, name, login, *groups):
        """Return an internal user; invitations are not what is tested."""
        return (
            cls.env["res.users"]
            .with_context(no_reset_password=True)
            .create(
                {
                    "name": name,
                    "login": login,
                    "email": login,
                    "group_ids": [
                        Command.set(
                            [cls.env.ref(xmlid).id for xmlid in ("base.group_user", *groups)]
                        )
                    ],
                }
            )
        )

    @classmethod
    def make_project(cls, tables, name="Move", profile=None, **policies):
        """Return a project with uploaded files, not yet staged.

        :param tables: {file name: rows as dicts, or the bytes of the file}
        """
        project = cls.env["crm.migration.project"].create(
            {"name": name, "profile": profile or cls.profile} | policies
        )
        cls.upload(project, tables)
        return project

    @classmethod
    def upload(cls, project, tables, delta=False):
        attachments = cls.env["ir.attachment"].create(
            [
                {
                    "name": name,
                    "raw": rows if isinstance(rows, bytes) else to_csv(rows),
                    "res_model": project._name,
                    "res_id": project.id,
                }
                for name, rows in tables.items()
            ]
        )
        return project._add_files(attachments, delta=delta)

    @classmethod
    def work(cls, run):
        """Work a run off, and fail the test with the run's own error."""
        with patch.object(type(run), "_fail", _fail), patch.object(cls.cr, "rollback"):
            run._work()
        run.invalidate_recordset()
        run._check_done()
        return run

    @classmethod
    def run_step(cls, project, kind, **parameters):
        """Start a run as its button does, and work it off."""
        return cls.work(project._start(kind, **parameters))

    @classmethod
    def propose(cls, project):
        cls.run_step(project, "extract")
        cls.run_step(project, "propose")
        return project

    @classmethod
    def confirm(cls, project):
        project.action_confirm_all()
        project.action_confirm_map()
        return project

    @classmethod
    def prepare(cls, project):
        """Stage, propose, confirm everything, and make what the map needs."""
        cls.propose(project)
        cls.confirm(project)
        cls.run_step(project, "schema")
        return project

    @classmethod
    def load(cls, project):
        """Load a prepared project, with an approved sample."""
        cls.run_step(project, "sample")
        project.action_approve_sample()
        cls.run_step(project, "load")
        return project

    @classmethod
    def migrate(cls, tables, name="Move", profile=None, **policies):
        """Return a project whose tables are loaded, all proposals confirmed."""
        return cls.load(cls.prepare(cls.make_project(tables, name, profile, **policies)))

    @classmethod
    def load_again(cls, project, tables, delta=False):
        """Give the project more files, as a person would: stage, propose, confirm, load."""
        cls.upload(project, tables, delta=delta)
        cls.propose(project)
        cls.confirm(project)
        cls.run_step(project, "schema")
        if not project._get_valid_approval("sample"):
            project._approve_again()
        cls.run_step(project, "load")
        return project

    # ------------------------------------------------------------------ finding

    @classmethod
    def staged(cls, project, entity, key):
        """Return the staged record of a source key."""
        return cls.env["crm.migration.record"].search(
            [
                ("project_id", "=", project.id),
                ("entity", "=", entity),
                ("source_key", "=", str(key)),
            ]
        )

    @classmethod
    def find(cls, project, entity, key):
        """Return the Odoo record that a source record became."""
        record = cls.staged(project, entity, key)
        assert record, f"{entity} {key} was not staged"
        assert record.res_id, (
            f"{entity} {key} is {record.state}: {record.issue_ids.mapped('message')}"
        )
        return cls.env[record.model].browse(record.res_id)

    @classmethod
    def codes(cls, project, entity, key):
        """Return the issue codes of a source record."""
        return set(cls.staged(project, entity, key).issue_ids.mapped("code"))

    @classmethod
    def history(cls, record):
        """Return the messages of a record as its chatter shows them: newest ID last."""
        return cls.env["mail.message"].search(
            [("model", "=", record._name), ("res_id", "=", record.id)], order="id"
        )

    @classmethod
    def activities(cls, record):
        return (
            cls.env["mail.activity"]
            .with_context(active_test=False)
            .search([("res_model", "=", record._name), ("res_id", "=", record.id)], order="id")
        )

    # ------------------------------------------------------------------ counting

    @classmethod
    def dump(cls):
        """Return {table: {id: row}} of everything a migration may touch."""
        cls.env.flush_all()
        result = {}
        for model in BUSINESS_MODELS:
            if model not in cls.env:
                continue
            table = cls.env[model]._table
            cls.cr.execute(f"SELECT * FROM {table} WHERE {OWN.get(table, 'TRUE')}")
            result[table] = {row["id"]: row for row in cls.cr.dictfetchall()}
        for table in RELATIONS:
            cls.cr.execute("SELECT to_regclass(%s)", [table])
            if cls.cr.fetchone()[0]:
                cls.cr.execute(f"SELECT * FROM {table}")
                result[table] = {row: row for row in cls.cr.fetchall()}
        return result

    def assertSameDump(self, before, after):
        """Fail with the rows that were added, removed or changed."""
        for table, rows in before.items():
            now = after[table]
            added = [now[i] for i in now.keys() - rows.keys()]
            gone = [rows[i] for i in rows.keys() - now.keys()]
            changed = [
                {name: (rows[i][name], now[i][name]) for name in rows[i]
                 if rows[i][name] != now[i].get(name)} | {"id": i}
                for i in rows.keys() & now.keys()
                if rows[i] != now[i]
            ]  # fmt: skip
            self.assertFalse(added, f"added to {table}")
            self.assertFalse(gone, f"gone from {table}")
            self.assertFalse(changed, f"changed in {table}")

    def assertAddsUp(self, project):
        """Per entity, what was read is the sum of the outcomes, and of the rows of its files."""
        outcomes = project._get_outcomes()
        self.assertTrue(outcomes)
        for entity, counts in outcomes.items():
            rest = {name: count for name, count in counts.items() if name != "read"}
            self.assertEqual(counts["read"], sum(rest.values()), entity)
        return outcomes

    @contextmanager
    def capture_mails(self):
        """Collect the values of every outgoing mail that is made."""
        mails, origin = [], MailMail.create

        def create(model, vals_list):
            mails.extend(vals_list if isinstance(vals_list, list) else [vals_list])
            return origin(model, vals_list)

        with patch.object(MailMail, "create", autospec=True, side_effect=create):
            yield mails


def _fail(run, error):
    """Stands for ``crm.migration.run._fail``: a transaction that is shared cannot be undone."""
    raise error
