from odoo import fields
from odoo.tools import SQL

FUNCTION = "crm_migration_follow"
# What a foreign key does row by row. The names of table and column come with the trigger.
FOLLOW = """
    CREATE OR REPLACE FUNCTION %s() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE found bigint;
    BEGIN
        EXECUTE format(
            CASE TG_ARGV[2]
                WHEN 'cascade' THEN 'DELETE FROM %%1$I WHERE %%2$I IN (%%3$s)'
                WHEN 'restrict' THEN 'SELECT FROM %%1$I WHERE %%2$I IN (%%3$s) LIMIT 1'
                ELSE 'UPDATE %%1$I SET %%2$I = NULL WHERE %%2$I IN (%%3$s)' END,
            TG_ARGV[0], TG_ARGV[1], 'SELECT id FROM gone');
        GET DIAGNOSTICS found = ROW_COUNT;
        IF TG_ARGV[2] = 'restrict' AND found > 0 THEN
            RAISE foreign_key_violation USING TABLE = TG_ARGV[0], COLUMN = TG_ARGV[1],
                MESSAGE = format('%%s is still referenced from %%s', TG_TABLE_NAME, TG_ARGV[0]);
        END IF;
        RETURN NULL;
    END $$
"""


class BulkMany2one(fields.Many2one):
    """A link of rows that the program writes by the million, without a foreign key.

    PostgreSQL looks up each key of each new row: half of what a line of the log cost it. Those
    who write these rows have just read, and mostly locked, what they point at. What a foreign key
    does when that is deleted, a trigger does for all rows of the statement at once; ``ondelete``
    says what.
    """

    def update_db_foreign_key(self, model, column):
        """Have the trigger instead, also in a database that has the foreign key."""
        cr = model.env.cr
        table, comodel = model._table, model.env[self.comodel_name]._table
        name = f"{table}_{self.name}"
        cr.execute(
            SQL(
                "ALTER TABLE %s DROP CONSTRAINT IF EXISTS %s",
                SQL.identifier(table),
                SQL.identifier(f"{name}_fkey"),
            )
        )
        cr.execute(SQL(FOLLOW, SQL(FUNCTION)))
        trigger, on = SQL.identifier(name), SQL.identifier(comodel)
        cr.execute(SQL("DROP TRIGGER IF EXISTS %s ON %s", trigger, on))
        cr.execute(
            SQL(
                "CREATE TRIGGER %s AFTER DELETE ON %s REFERENCING OLD TABLE AS gone"
                " FOR EACH STATEMENT EXECUTE FUNCTION %s(%s, %s, %s)",
                trigger, on, SQL(FUNCTION), table, self.name, self.ondelete,
            )
        )  # fmt: skip


def remove_triggers(cr):
    """Take the triggers away: the addon goes."""
    cr.execute(SQL("DROP FUNCTION IF EXISTS %s() CASCADE", SQL(FUNCTION)))
