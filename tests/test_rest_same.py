"""The same customer by REST, in either version, and by exported tables: the same database."""

from odoo.tests import tagged

from ..engine.tests.http_server import serving
from ..engine.tests.rest_server import Karma
from . import rest_customer
from .test_rest import RestCase

#: What differs by its nature: numbers and times of this database, and what the source's raw
#: columns were called.
APART = {
    "id", "create_date", "write_date", "create_uid", "write_uid", "parent_path", "message_id",
    "reply_to", "access_token", "x_source_system", "x_source_data", "color", "sequence",
    "calendar_last_notif_ack", "invitation_token",
}  # fmt: skip


@tagged("post_install", "-at_install", "crm_migration")
class TestRestSame(RestCase):
    makes_fields = True

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.make_user("Bea Yer", "bea@yer.example", "sales_team.group_sale_salesman")

    def test_the_same_by_files(self):
        """Every stored column of every business record, links and attendees included."""
        files = self.migrate(rest_customer.tables(), name="Files", source_system="files")
        for version in (3, 2):
            api = Karma(rest_customer.answers(version), thin=("deals",))
            api.prefix = f"/api/v{version}/"
            with serving(api) as server:
                rest = self.connect(server, name=f"Rest {version}")
                rest.source_system = f"rest{version}"
                self.extract(rest)
            self.move(rest)
            self.assertAddsUp(rest)
            self.assertFalse(self.issues(rest, "invalid_email").mapped("message"))
            self.assertFalse(self.issues(rest, "attendee_unknown").mapped("message"))
            self.assert_same(files, rest)

    def assert_same(self, files, rest):
        by_files, by_rest = self.collect(files), self.collect(rest)
        self.assertEqual(len(by_files), 15)
        self.assertEqual(by_files.keys(), by_rest.keys())
        different = [
            (key, name, value, by_rest[key].get(name))
            for key, values in by_files.items()
            for name, value in values.items()
            if value != by_rest[key].get(name)
        ]
        self.assertFalse(different)

    def collect(self, project):
        """Return {(model, source ID): {column: value}} of what a project made."""
        self.env.flush_all()
        records = self.env["crm.migration.record"].search(
            [("project_id", "=", project.id), ("res_id", "!=", False), ("entity", "!=", "owner")]
        )
        return {
            (one.model, one.source_key): self.describe(self.env[one.model].browse(one.res_id))
            for one in records
        }

    def describe(self, record):
        values = {
            name: self.plain(record, field)
            for name, field in record._fields.items()
            if field.store and name not in APART and field.type != "one2many"
        }
        if record._name == "calendar.event":
            values["attending"] = sorted(map(self.name, record.attendee_ids.partner_id))
        return values

    def plain(self, record, field):
        value = record[field.name]
        if field.name == "res_id":
            model = record["model"] if record._name == "mail.message" else record.res_model
            return self.name(self.env[model].browse(value)) if value else False
        if field.type == "many2one":
            return self.name(value)
        return sorted(map(self.name, value)) if field.type == "many2many" else value

    def name(self, record):
        if "x_source_id" in record._fields and record.x_source_id:
            return f"{record._name} {record.x_source_id}"
        return record.display_name
