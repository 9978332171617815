from odoo.tests import TransactionCase, tagged
from odoo.tools import SQL

from ..models import staged_rows

PAYLOADS = (
    {"Name": "Kim", "Notes": 'a\tb \\ "quoted" é 🙂 [1,2], {}'},
    {"Name": "Lee", "Tags": ["a", "b"], "Owner": {"id": 7, "rate": 1.5, "none": None}},
    {},
)


@tagged("post_install", "-at_install", "crm_migration")
class TestStagedRows(TransactionCase):
    def test_rows_are_read_as_one_by_one(self):
        """Each payload stays with its row, also where others have none."""
        field = self.env["crm.migration.record"]._fields["payload"]
        pairs = [(None, None), (PAYLOADS[0], None), (None, PAYLOADS[1]), (PAYLOADS[1], PAYLOADS[2])]
        expected = [
            {
                **dict.fromkeys(staged_rows.COLUMNS),
                "id": number,
                "payload": payload,
                "loaded_payload": loaded,
                "more": "x",
            }
            for number, (payload, loaded) in enumerate(pairs)
        ]
        rows = [
            SQL(
                "(%s)",
                SQL(", ").join(
                    SQL("%s::jsonb", field.convert_to_column(row[name], None, validate=False))
                    if name in staged_rows.PAYLOADS
                    else SQL("%s", row[name])
                    for name in staged_rows.COLUMNS
                ),
            )
            for row in expected
        ]
        self.env.cr.execute(
            SQL(
                "SELECT %s, 'x' AS more FROM (VALUES %s) AS r(%s) ORDER BY id",
                staged_rows.get_columns("r"),
                SQL(", ").join(rows),
                SQL(", ").join(map(SQL.identifier, staged_rows.COLUMNS)),
            )
        )
        self.assertEqual(staged_rows.fetch(self.env.cr), expected)

    def test_no_rows(self):
        self.env.cr.execute("SELECT NULL AS payload, NULL AS loaded_payload WHERE FALSE")
        self.assertEqual(staged_rows.fetch(self.env.cr), [])
