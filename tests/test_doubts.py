from .common import MigrationCase

DEALS = [
    {"Deal ID": str(n), "Deal Name": f"Deal {n}", "Stage": "New", "Owner": owner}
    for n, owner in enumerate(["Ada Who", "Ada Who", "Bo Nobody"], start=1)
]


class TestDoubts(MigrationCase):
    """One decision for all that are alike."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.project = cls.migrate({"deals.csv": DEALS})

    def doubt(self, code):
        return next((one for one in self.project.get_doubts() if one["code"] == code), None)

    def test_alike_are_counted_together(self):
        doubt = self.doubt("unmatched_owner")
        self.assertEqual(doubt["count"], 3)
        self.assertEqual(doubt["values"][0]["value"], "Ada Who")
        self.assertEqual(doubt["values"][0]["count"], 2)

    def test_values_for_information_are_read_when_asked_for(self):
        """The screen hides them: reading a note on each of a million rows would take seconds."""
        self.env.flush_all()
        self.cr.execute(
            "UPDATE crm_migration_issue SET severity = 'info' WHERE project_id = %s",
            [self.project.id],
        )
        doubts = [
            {one["code"]: one for one in self.project.get_doubts(info)}["unmatched_owner"]
            for info in (True, False)
        ]
        self.assertEqual([one["count"] for one in doubts], [3, 3])
        self.assertEqual([len(one["values"]) for one in doubts], [2, 0])

    def test_values_come_after_the_questions(self):
        """The screen opens with what the index counts; the values are the same a moment later."""
        whole = self.doubt("unmatched_owner")
        (doubt,) = (
            one for one in self.project.get_doubts(True, False) if one["code"] == "unmatched_owner"
        )
        self.assertEqual(doubt, whole | {"values": []})
        values = self.project.get_doubt_values(["unmatched_owner"])
        self.assertEqual(values, {"unmatched_owner": whole["values"]})

    def test_settled_at_once(self):
        self.project.settle_alike("unmatched_owner")
        self.assertIsNone(self.doubt("unmatched_owner"))

    def test_the_map_opens_at_the_values_asked(self):
        action = self.project.action_answer("unmatched_owner")
        values = self.env["crm.migration.mapping.value"].search(action["domain"])
        self.assertEqual(set(values.mapped("source_value")), {"Ada Who", "Bo Nobody"})


class TestAskedOnce(MigrationCase):
    """What was decided is a rule of the project: no later load asks it again."""

    def person(self, key, **cells):
        return {
            "Contact ID": key, "First Name": "P", "Last Name": key, "Email": f"{key}@x.example",
            "Phone": "", "Company": "", "Country": "", "Owner": "", "Created": "",
        } | cells  # fmt: skip

    def deal(self, key, **cells):
        return {
            "Deal ID": key, "Deal Name": key, "Stage": "New", "Amount": "5", "Contact": "P a",
            "Owner": "",
        } | cells  # fmt: skip

    def make_tables(self, *more):
        """Return an export with one doubt of each kind; each of ``more`` has them once more."""
        people = [self.person(key, Created="2024-01-02") for key in ("a", "b", "c", "d")]
        deals = []
        for n in ("1", *more):
            people += [
                self.person(f"owner{n}", Owner="Nobody Known"),
                self.person(f"two{n}", Owner="Sam Same"),
                self.person(f"country{n}", Country="Atlantis"),
                self.person(f"date{n}", Created="sometime"),
                self.person(f"firm{n}", Company="Not There Ltd"),
                self.person(f"twin{n}", **{"Last Name": "Twin", "Email": f"twin{n}@x.example"}),
            ]
            deals += [
                self.deal(f"amount{n}", Amount="much!"),
                self.deal(f"name{n}", Contact="P Twin"),
                self.deal(f"stage{n}", Stage="Who knows"),
            ]
        people.append(self.person("twin0", **{"Last Name": "Twin"}))
        return {"contacts.csv": people, "deals.csv": deals}

    def open_codes(self, project):
        self.env.invalidate_all()
        return {one["code"] for one in project.get_doubts()} - {"source_deleted", "gone_in_source"}

    def test_nothing_is_asked_twice(self):
        for login in ("sam1", "sam2"):
            self.make_user("Sam Same", login)
        project = self.migrate(self.make_tables())
        asked = self.open_codes(project)
        self.assertNotIn("record_failed", asked, project.issue_ids.mapped("message"))
        for code in ("unmatched_owner", "ambiguous_owner", "unknown_country", "unreadable_date",
                     "missing_company", "unreadable_number", "ambiguous_reference"):  # fmt: skip
            self.assertIn(code, asked)
        # Decisions: owners by their user; the others as they are.
        owners = project.value_ids.filtered(lambda one: one.domain == "owner")
        owners.user_id = self.admin
        for code in asked - {"unmatched_owner", "ambiguous_owner"}:
            project.settle_alike(code)
        # The next load of the same rows, then a newer export with more of each kind.
        self.load_again(project, self.make_tables(), delta=True)
        self.assertEqual(self.open_codes(project), set())
        self.load_again(project, self.make_tables("2", "3"), delta=True)
        self.assertEqual(self.open_codes(project), set())
        self.assertEqual(self.find(project, "contact", "two3").user_id, self.admin)
        self.assertEqual(self.find(project, "contact", "owner2").user_id, self.admin)

    def test_something_else_is_asked(self):
        """Settled is what was seen: another value, another kind is a new question."""
        project = self.migrate(self.make_tables())
        for code in self.open_codes(project):
            project.settle_alike(code)
        tables = self.make_tables()
        tables["contacts.csv"].append(self.person("new", Country="Lemuria"))
        self.load_again(project, tables, delta=True)
        self.assertEqual(self.open_codes(project) - {"no_company"}, {"unknown_country"})
        (doubt,) = (one for one in project.get_doubts() if one["code"] == "unknown_country")
        self.assertEqual([one["value"] for one in doubt["values"]], ["Lemuria"])

    def test_one_record_is_settled_for_itself(self):
        project = self.migrate(self.make_tables())
        country = project.issue_ids.filtered(lambda one: one.code == "unknown_country")
        country.state = "settled"
        tables = self.make_tables("2")
        tables["contacts.csv"] = [row | {"Phone": "1"} for row in tables["contacts.csv"]]
        self.load_again(project, tables, delta=True)
        told = project.issue_ids.filtered(lambda one: one.code == "unknown_country")
        self.assertEqual(
            sorted((one.source_key, one.state) for one in told),
            [("country1", "settled"), ("country2", "open")],
        )
