"""References between the tables of an export are found from the values alone."""

import unittest

from .. import profiles
from ..inference import ColumnStatistics
from ..proposing import propose_map
from ..relations import contained, find_links


def table(**columns):
    profiles_ = []
    for name, values in columns.items():
        statistics = ColumnStatistics(name)
        for value in values:
            statistics.add(value)
        profiles_.append(statistics.profile())
    return profiles_


COMPANIES = table(
    number=[f"C-{n}" for n in range(40)],
    title=[f"Company {n}" for n in range(40)],
    staff=[str(n) for n in range(40)],
)
PEOPLE = table(
    key=[f"P-{n}" for n in range(40)],
    mail=[f"p{n}@example.com" for n in range(40)],
    who=[f"C-{n % 10}" for n in range(40)],
)
DEALS = table(
    what=[f"Deal {n}" for n in range(30)],
    customer=[f"Company {n % 20}" for n in range(30)],
    xyz=[f"p{n % 15}@example.com" for n in range(30)],
    points=[str(n % 12) for n in range(30)],
)
TABLES = {"company": COMPANIES, "contact": PEOPLE, "deal": DEALS}
KEYS = {
    "company": {"number": "id", "title": "name"},
    "contact": {"key": "id", "mail": "email"},
    "deal": {"what": "name"},
}


class LinksTest(unittest.TestCase):
    def setUp(self):
        self.links = find_links(TABLES, KEYS)

    def best(self, entity, column):
        return [link[:2] for link in self.links[entity][column]][:1]

    def test_by_id_name_and_email(self):
        self.assertEqual(self.best("contact", "who"), [("company", "id")])
        self.assertEqual(self.best("deal", "customer"), [("company", "name")])
        self.assertEqual(self.best("deal", "xyz"), [("contact", "email")])

    def test_nothing_in_common(self):
        self.assertEqual(self.links["deal"]["what"], [])
        self.assertEqual(self.links["deal"]["points"], [])

    def test_samples_of_large_columns(self):
        many = table(a=[f"k{n}" for n in range(60_000)], b=[f"k{n}" for n in range(0, 90_000, 3)])
        common, share = contained(many[1].values, many[0].values)
        self.assertGreater(common, 500)
        self.assertAlmostEqual(share, 2 / 3, delta=0.05)
        self.assertLess(len(many[0].values.seen), 9_000)


class EvidenceTest(unittest.TestCase):
    """Values decide between references where the header does not."""

    def rule(self, code, column):
        entity = profiles.generic().entity(code)
        links = find_links(TABLES, KEYS)[code]
        found = {p.rule.column: p for p in propose_map(entity, TABLES[code], links=links)}
        return found[column]

    def test_header_that_says_nothing(self):
        self.assertEqual(self.rule("contact", "who").rule.reference, "company.id")
        self.assertEqual(self.rule("contact", "who").reason, "relation")

    def test_customer_may_be_a_company_or_a_person(self):
        self.assertEqual(self.rule("deal", "customer").rule.reference, "company.name")

    def test_name_and_values_agree(self):
        people = table(
            **{"Owner": [f"u{n % 4}@example.com" for n in range(20)]},
            **{"Company ID": [f"C-{n}" for n in range(20)]},
        )
        owners = table(Email=[f"u{n}@example.com" for n in range(4)])
        tables = {"contact": people, "company": COMPANIES, "owner": owners}
        links = find_links(tables, KEYS | {"owner": {"Email": "email"}, "contact": {}})
        entity = profiles.generic().entity("contact")
        for found in propose_map(entity, people, links=links["contact"]):
            self.assertTrue(found.certain, found)
            self.assertEqual(found.reason, "linked")

    def test_email_of_a_person(self):
        self.assertEqual(self.rule("deal", "xyz").rule.reference, "contact.email")


if __name__ == "__main__":
    unittest.main()
