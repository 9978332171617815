"""Tables whose rows nobody changes, not even by SQL in a server action.

The ORM's doors are closed by the models themselves; a trigger closes those of SQL. Who owns the
database can drop a trigger: against that the fingerprints of the dossier stand.
"""

from contextlib import contextmanager

from odoo.tools import SQL

FUNCTION = "crm_migration_append_only"
# Set while the program itself takes rows out: with their project, or at the closing.
SETTING = "crm_migration.opened"

GUARD = """
    CREATE OR REPLACE FUNCTION %s() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF current_setting(%s, true) = 'on' THEN
            IF TG_OP = 'UPDATE' THEN RETURN NEW; ELSE RETURN OLD; END IF;
        END IF;
        IF TG_OP = 'UPDATE' THEN
            IF to_jsonb(NEW) - TG_ARGV = to_jsonb(OLD) - TG_ARGV THEN RETURN NEW; END IF;
        END IF;
        RAISE EXCEPTION '%% is append-only', TG_TABLE_NAME;
    END $$
"""


def protect(cr, table, may_change=()):
    """Refuse UPDATE, DELETE and TRUNCATE of a table.

    :param may_change: columns that may be changed nevertheless
    """
    cr.execute(SQL(GUARD, SQL(FUNCTION), SETTING))
    columns = SQL(", ").join(may_change)
    for name, events, level, arguments in (
        ("rows", "UPDATE OR DELETE", "ROW", columns),
        ("all", "TRUNCATE", "STATEMENT", SQL()),
    ):
        trigger, of_table = SQL.identifier(f"{table}_{name}"), SQL.identifier(table)
        cr.execute(SQL("DROP TRIGGER IF EXISTS %s ON %s", trigger, of_table))
        cr.execute(
            SQL(
                "CREATE TRIGGER %s BEFORE %s ON %s FOR EACH %s EXECUTE FUNCTION %s(%s)",
                trigger, SQL(events), of_table, SQL(level), SQL(FUNCTION), arguments,
            )
        )  # fmt: skip


def unprotect(cr):
    """Take the triggers away: the addon goes."""
    cr.execute(SQL("DROP FUNCTION IF EXISTS %s() CASCADE", SQL(FUNCTION)))


@contextmanager
def opened(cr):
    """Let the program take rows out, within this transaction."""
    cr.execute("SELECT set_config(%s, 'on', true)", [SETTING])
    yield
    # After an error the transaction, or its savepoint, is undone, and the setting with it.
    cr.execute("SELECT set_config(%s, 'off', true)", [SETTING])
