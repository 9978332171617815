import re
from collections import defaultdict

from odoo import api, models
from odoo.tools import SQL

from odoo.addons.phone_validation.tools.phone_validation import phone_format

from ..engine.mailboxes import is_shared_mailbox
from ..engine.mapping import EntityMap, fold
from .emails import normalize
from .inserting import unnest

# What two rows are compared by, and what reads it rightly.
COMPARED = ("name", "email", "phone", "x_mobile", "country_id", "is_company")
# Of the columns of what is compared.
TYPES = (
    "int", "varchar", "boolean", "boolean", "text", "text", "text", "text", "text", "text",
)  # fmt: skip
# Shorter ones are extensions.
MIN_DIGITS = 6


class CrmMigrationMatcher(models.AbstractModel):
    """Finds rows that may be one and the same: by email, then by name and phone.

    Companies are compared with companies, persons with persons. Everything is a question
    (``crm.migration.duplicate``): emails are shared, and names are common.
    """

    _name = "crm.migration.matcher"
    _description = "Matcher"

    @api.model
    def _find(self, project):
        """Ask about each row that is not in Odoo yet; answers stay.

        Steps: put what is compared into a table of this transaction, compare there by email,
        compare equal names by phone.
        """
        mappings = project.mapping_ids.filtered(lambda one: one.target == "partner")
        if not mappings or not self._has_news(project, mappings):
            return
        compared = self._get_compared(project, mappings)
        looks = self.env["crm.migration.look"].sudo()
        if looks._is_known(project, "match", *compared):
            return
        self._fill(project, mappings)
        self.env.cr.execute(
            """DELETE FROM crm_migration_duplicate d USING crm_migration_record r
                WHERE r.id = d.record_id AND d.project_id = %s AND d.decision IS NULL
                  AND r.res_id IS NULL""",
            [project.id],
        )
        self._ask_by_email(project)
        self._ask_by_phone(project)
        self.env.cr.execute("DROP TABLE crm_migration_match")
        self.env["crm.migration.duplicate"].invalidate_model()
        looks._note(project, "match", *compared)

    @api.model
    def _get_compared(self, project, mappings):
        """Return what the questions depend on: see ``crm.migration.look``."""
        rows = SQL("project_id = %s AND entity = ANY(%s)", project.id, mappings.mapped("entity"))
        every = SQL("TRUE")
        tables = {"crm_migration_record": rows, "res_partner": every, "res_users": every}
        # A question that is gone is asked again; an answer changes no other.
        asked = SQL(
            "SELECT sum(hashint4extended(record_id, 0)) FROM crm_migration_duplicate"
            " WHERE project_id = %s",
            project.id,
        )
        company = project.company_id
        chosen = f"{project.source_system} {company.id} {company.country_id.code}"
        return tables, [asked, SQL("SELECT %s", chosen)]

    @api.model
    def _has_news(self, project, mappings):
        self.env.flush_all()
        self.env.cr.execute(
            """SELECT 1 FROM crm_migration_record WHERE project_id = %s AND entity = ANY(%s)
                  AND res_id IS NULL AND state IN ('staged', 'held', 'failed') LIMIT 1""",
            [project.id, mappings.mapped("entity")],
        )
        return bool(self.env.cr.fetchone())

    # ------------------------------------------------------------- what is compared

    @api.model
    def _fill(self, project, mappings):
        """Put name, email and phones of all rows into a table that ends with the transaction."""
        self.env.cr.execute(
            """CREATE TEMPORARY TABLE crm_migration_match (
                   id integer, entity text, key text, fresh boolean, company boolean,
                   label text, name text, email text, phones text[], country text)
               ON COMMIT DROP"""
        )
        loader = self.env["crm.migration.loader"]
        for mapping in mappings:
            entity_map = self._narrow(loader._get_entity_map(project, mapping.entity))
            for rows in loader._read_mapped(
                project,
                entity_map,
                SQL("AND state NOT IN ('skipped', 'gone')"),
                SQL("source_key, res_id IS NULL"),
            ):
                self.env.cr.execute(
                    SQL(
                        """INSERT INTO crm_migration_match
                           SELECT id, %s, key, fresh, company, label, name, email,
                                  array_remove(ARRAY[phone, mobile], NULL), country
                             FROM %s AS v(id, key, fresh, company, label, name, email, phone,
                                          mobile, country)""",
                        mapping.entity,
                        unnest(TYPES, [self._prepare(*row) for row in rows]),
                    )
                )
        # Hashed, for a cell may hold a text that is longer than what another index takes.
        self.env.cr.execute(
            """CREATE INDEX ON crm_migration_match USING hash (email);
               CREATE INDEX ON crm_migration_match USING hash (name);
               ANALYZE crm_migration_match"""
        )

    @api.model
    def _narrow(self, entity_map):
        """Return the map with only what is compared: it runs over all rows."""
        rules = [rule for rule in entity_map.rules if rule.field in COMPARED]
        constants = {n: v for n, v in entity_map.constants.items() if n in COMPARED}
        return EntityMap(
            entity_map.entity, entity_map.target, constants, rules,
            entity_map.values, entity_map.defaults,
        )  # fmt: skip

    @api.model
    def _prepare(self, record_id, key, fresh, mapped):
        values = mapped.values
        country = values.get("country_id")
        for reference in mapped.references.get("country_id", [])[:1]:
            country = reference.value
        return (
            record_id, key, fresh, bool(values.get("is_company")),
            values.get("name") or None, fold(values.get("name") or "") or None,
            normalize(values.get("email") or "") or None,
            values.get("phone") or None, values.get("x_mobile") or None,
            country if isinstance(country, str) else None,
        )  # fmt: skip

    # ------------------------------------------------------------- by email

    @api.model
    def _ask_by_email(self, project):
        """Compare emails with earlier rows and with Odoo's contacts, archived ones too."""
        self.env.cr.execute(
            """WITH existing AS (
                   SELECT p.email_normalized AS email, p.is_company AS company, min(p.id) AS id,
                          count(*) AS count, min(p.name) AS name
                     FROM res_partner p
                    WHERE p.email_normalized IN (SELECT email FROM crm_migration_match WHERE fresh)
                      AND (p.company_id IS NULL OR p.company_id = %(company)s)
                      AND p.x_source_system IS DISTINCT FROM %(system)s
                      AND NOT EXISTS (SELECT 1 FROM res_users u WHERE u.partner_id = p.id)
                      AND NOT EXISTS (SELECT 1 FROM crm_migration_record r
                           WHERE r.model = 'res.partner' AND r.res_id = p.id
                             AND r.project_id = %(project)s)
                    GROUP BY p.email_normalized, p.is_company),
               groups AS (
                   SELECT email, company, min(id) AS id, count(*) AS count,
                          count(DISTINCT name) AS names
                     FROM crm_migration_match WHERE email IS NOT NULL GROUP BY email, company)
               SELECT m.id, m.entity, m.key, m.label, m.name, m.email, g.names,
                      CASE WHEN g.id < m.id THEN g.id END, o.label,
                      CASE WHEN e.count = 1 THEN e.id END, COALESCE(e.count, 0), e.name
                 FROM crm_migration_match m
                 JOIN groups g ON g.email = m.email AND g.company = m.company
                 JOIN crm_migration_match o ON o.id = g.id
                 LEFT JOIN existing e ON e.email = m.email AND e.company = m.company
                WHERE m.fresh AND (g.id < m.id OR e.id IS NOT NULL)
                ORDER BY m.id""",
            {
                "company": project.company_id.id,
                "system": project.source_system,
                "project": project.id,
            },
        )
        cases = []
        for row in self.env.cr.fetchall():
            (record_id, entity, key, label, name, email, names, other, other_label,
             partner, count, partner_name) = row  # fmt: skip
            shown = other_label if other else partner_name
            cases.append(
                (
                    project.id, record_id, entity, key, label, "email", email,
                    self._get_hint(email, name, fold(shown or ""), names),
                    other, shown, partner, count,
                )
            )  # fmt: skip
        self._append(cases)

    @api.model
    def _get_hint(self, email, name, other, names):
        """Say whether two of one email have one name, share a mailbox, or neither is clear."""
        if name and name == other:
            return "same"
        return "shared" if names > 1 or is_shared_mailbox(email) else "open"

    # ------------------------------------------------------------- by name and phone

    @api.model
    def _ask_by_phone(self, project):
        """Compare the phones of those that have one name; a phone is compared by its digits."""
        self.env.cr.execute(
            """SELECT p.id, lower(regexp_replace(trim(p.name), '\\s+', ' ', 'g')), p.is_company,
                      p.name, array_remove(ARRAY[p.phone_sanitized, p.phone], NULL), c.code
                 FROM res_partner p LEFT JOIN res_country c ON c.id = p.country_id
                WHERE lower(regexp_replace(trim(p.name), '\\s+', ' ', 'g')) IN (
                      SELECT name FROM crm_migration_match WHERE fresh AND phones != '{}')
                  AND p.phone IS NOT NULL
                  AND (p.company_id IS NULL OR p.company_id = %(company)s)
                  AND p.x_source_system IS DISTINCT FROM %(system)s
                  AND NOT EXISTS (SELECT 1 FROM res_users u WHERE u.partner_id = p.id)
                  AND NOT EXISTS (SELECT 1 FROM crm_migration_record r
                       WHERE r.model = 'res.partner' AND r.res_id = p.id
                         AND r.project_id = %(project)s)
                ORDER BY p.id""",
            {
                "company": project.company_id.id,
                "system": project.source_system,
                "project": project.id,
            },
        )
        existing = self.env.cr.fetchall()
        self.env.cr.execute(
            """SELECT m.id, m.entity, m.key, m.fresh, m.company, m.label, m.name, m.phones,
                      m.country
                 FROM crm_migration_match m
                WHERE m.name IS NOT NULL AND m.phones != '{}' AND (m.name = ANY(%s) OR EXISTS (
                      SELECT 1 FROM crm_migration_match o WHERE o.name = m.name
                         AND o.company = m.company AND o.id != m.id AND o.phones != '{}'))
                ORDER BY m.id""",
            [[name for __, name, *__ in existing]],
        )
        rows = self.env.cr.fetchall()
        self._append(self._compare_phones(project, rows, existing))

    @api.model
    def _compare_phones(self, project, rows, existing):
        home = project.company_id.country_id
        partners, partner_names = defaultdict(set), {}
        for partner_id, name, company, label, phones, country in existing:
            partner_names[partner_id] = label
            for phone in self._get_keys(phones, country, home):
                partners[name, bool(company), phone].add(partner_id)
        first, cases = {}, []
        for record_id, entity, key, fresh, company, label, name, phones, country in rows:
            keys = self._get_keys(phones, country, home)
            earlier = [first[name, company, k] for k in keys if (name, company, k) in first]
            fits = set().union(*(partners[name, company, k] for k in keys))
            for phone in keys:
                first.setdefault((name, company, phone), (record_id, label))
            if fresh and (earlier or fits):
                other, shown = min(earlier) if earlier else (None, partner_names[min(fits)])
                partner = fits.copy().pop() if len(fits) == 1 else None
                cases.append(
                    (
                        project.id, record_id, entity, key, label, "name_phone",
                        f"{label}, {phones[0]}", "same", other, shown, partner, len(fits),
                    )
                )  # fmt: skip
        return cases

    @api.model
    def _get_keys(self, phones, country, home):
        """Return what phones are compared by: as Odoo sanitises them, and their bare digits."""
        keys = set()
        for phone in phones:
            full = phone_format(
                phone, country or home.code, None, force_format="E164", raise_exception=False
            )
            keys |= {re.sub(r"\D", "", text) for text in (full, phone)}
        return sorted(key for key in keys if len(key) >= MIN_DIGITS)

    @api.model
    def _append(self, cases):
        """Store questions; a row that has one already, or its answer, keeps that."""
        if cases:
            self.env.cr.execute_values(
                """INSERT INTO crm_migration_duplicate (project_id, record_id, entity, source_key,
                       name, rule, value, hint, other_id, other_name, partner_id, partner_count)
                   VALUES %s ON CONFLICT (record_id) DO NOTHING""",
                cases,
                page_size=1000,
            )
