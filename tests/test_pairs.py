"""Custom fields that come as name and value beside their records: KC-15, KC-16."""

import json

from odoo.tests import tagged

from .common import MigrationCase

# Fields of persons: Belt (a pick-list), Weight, Joined, and Topics with several values.
BELTS = ("Black", "White", "Red")


def people(count=12, **more):
    return [
        {"id": f"k{n}", "name": f"Person {n}", "email": f"p{n}@a.example"} | more
        for n in range(count)
    ]


def deals():
    return [{"id": f"k{n}", "name": f"Deal {n}", "stage": "New"} for n in range(3)]


def pair(kind, key, name, value):
    return {"Tipo de registro": kind, "ID registro": key, "Campo": name, "Valor": value}


def all_pairs():
    rows = [pair("Contacto", f"k{n}", "Belt", BELTS[n % 3]) for n in range(12)]
    rows += [pair("Contacto", f"k{n}", "Weight", f"{60 + n}.5") for n in range(11)]
    rows += [pair("Contacto", f"k{n}", "Joined", f"2018-02-{n + 1:02}") for n in range(12)]
    rows += [pair("Contacto", "k0", "Topics", topic) for topic in ("Mats", "Bells")]
    rows += [pair("Negocio", "k1", "Material", "Cork"), pair("Contacto", "k99", "Belt", "Red")]
    return rows


@tagged("post_install", "-at_install", "crm_migration")
class TestTableOfPairs(MigrationCase):
    """A table of record, field and value is part of the records it names."""

    makes_fields = True

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.before = cls.dump()
        cls.tables = {
            "contactos.csv": people(),
            "negocios.csv": deals(),
            "campos_personalizados.csv": all_pairs(),
        }
        cls.project = cls.migrate(cls.tables)

    def field(self, label, model="res.partner"):
        return self.env["ir.model.fields"].search(
            [("model", "=", model), ("state", "=", "manual"), ("field_description", "=", label)]
        )

    def value(self, key, label, entity="contact"):
        record = self.find(self.project, entity, key)
        return record[self.field(label, record._name).name]

    def test_they_are_fields_of_their_record(self):
        """Typed by their values, on the contact or the deal that the row names, and proved."""
        types = {name: self.field(name).ttype for name in ("Belt", "Weight", "Joined")}
        self.assertEqual(types, {"Belt": "selection", "Weight": "float", "Joined": "date"})
        self.assertEqual(self.value("k3", "Weight"), 63.5)
        self.assertEqual(str(self.value("k3", "Joined")), "2018-02-04")
        self.assertEqual(self.value("k11", "Weight"), 0)
        self.assertEqual(self.value("k1", "Material", "deal"), "Cork")
        self.assertFalse(self.value("k0", "Material", "deal"))
        self.assertIn("Bells", self.value("k0", "Topics"))
        run = self.run_step(self.project, "verify")
        self.assertEqual(run.counters["checks"]["different"], 0)

    def test_each_row_is_accounted_for(self):
        """A pair is part of its record; the one whose record is not there is held and told."""
        counts = self.assertAddsUp(self.project)["custom_value"]
        self.assertEqual((counts["read"], counts["merged"], counts["held"]), (39, 38, 1))
        told = self.project.issue_ids.filtered(lambda issue: issue.code == "orphan_value")
        self.assertEqual((told.value, told.line), ("k99", 40))

    def test_a_newer_export_changes_them_field_by_field(self):
        """Nothing changed: nothing is loaded. Changed, new and emptied values land alone."""
        project = self.load_again(self.project, self.tables, delta=True)
        self.assertEqual(project._get_outcomes()["contact"]["unchanged"], 12)
        rows = [
            row for row in all_pairs() if (row["ID registro"], row["Campo"]) != ("k4", "Joined")
        ]
        rows[0]["Valor"] = "Red"
        rows.append(pair("Contacto", "k11", "Weight", "99.5"))
        weight = self.field("Weight").name
        self.find(project, "contact", "k2")[weight] = 1
        tables = self.tables | {"campos_personalizados.csv": rows}
        self.load_again(project, tables, delta=True)
        counts = project._get_outcomes()["contact"]
        self.assertEqual((counts["updated"], counts["unchanged"]), (3, 9))
        self.assertEqual(self.value("k11", "Weight"), 99.5)
        self.assertFalse(self.value("k4", "Joined"))
        self.assertEqual(self.value("k2", "Weight"), 1)
        self.assertEqual(self.value("k3", "Weight"), 63.5)

    def test_an_export_without_the_table_says_nothing_of_them(self):
        """Contacts alone keep their custom fields; pairs alone change their contact."""
        self.load_again(self.project, {"contactos.csv": people(phone="+1 5")}, delta=True)
        self.assertEqual(self.value("k3", "Weight"), 63.5)
        self.assertEqual(self.find(self.project, "contact", "k3").phone, "+1 5")
        rows = all_pairs()
        rows[15]["Valor"] = "70.25"
        self.load_again(self.project, {"campos_personalizados.csv": rows}, delta=True)
        self.assertEqual(self.value("k3", "Weight"), 70.25)
        self.assertEqual(self.find(self.project, "contact", "k3").phone, "+1 5")

    def test_a_rollback_takes_them_along(self):
        self.run_step(self.project, "rollback")
        self.assertSameDump(self.before, self.dump())
        self.assertEqual(self.project._get_outcomes()["custom_value"]["merged"], 38)


@tagged("post_install", "-at_install", "crm_migration")
class TestOwnersOfPairs(MigrationCase):
    """Whose value it is, where no column says it."""

    def stage(self, name, rows):
        tables = {"contacts.csv": people(3), "deals.csv": deals(), name: rows}
        project = self.make_project(tables)
        self.run_step(project, "extract")
        return project

    def belts(self, project, entity="contact"):
        rows = project.env["crm.migration.record"].search(
            [("project_id", "=", project.id), ("entity", "=", entity)], order="id"
        )
        return [row.payload.get("custom_fields.Belt") for row in rows]

    def test_a_column_is_called_after_them(self):
        rows = [{"Contact ID": f"k{n}", "Field": "Belt", "Value": BELTS[n]} for n in range(3)]
        self.assertEqual(self.belts(self.stage("values.csv", rows)), list(BELTS))

    def test_the_file_is_called_after_them(self):
        rows = [{"Record ID": f"k{n}", "Field": "Belt", "Value": BELTS[n]} for n in range(3)]
        project = self.stage("deals_custom_fields.csv", rows)
        self.assertEqual(self.belts(project, "deal"), list(BELTS))
        self.assertEqual(self.belts(project), [None] * 3)

    def test_ids_that_fit_two_kinds_are_asked(self):
        """A contact and a deal have that ID: nothing is guessed."""
        rows = [{"Record ID": f"k{n}", "Field": "Belt", "Value": BELTS[n]} for n in range(3)]
        project = self.stage("custom_values.csv", rows)
        self.assertEqual(self.belts(project) + self.belts(project, "deal"), [None] * 6)
        self.assertEqual(project._get_outcomes()["custom_value"]["held"], 3)

    def test_ids_of_one_kind_say_it(self):
        rows = [{"Record ID": f"k{n}", "name": "Belt", "value": BELTS[n % 3]} for n in range(3, 6)]
        tables = {"contacts.csv": people(6), "deals.csv": deals(), "custom_fields.csv": rows}
        project = self.make_project(tables)
        self.run_step(project, "extract")
        self.assertEqual(self.belts(project), [None] * 3 + list(BELTS))

    def test_a_second_form_is_of_the_same_kind(self):
        """JSON of tasks beside a table of meetings is no second form of it; of contacts it is."""
        tables = {
            "contacts.csv": people(3),
            "contacts.json": json.dumps(people(3)).encode(),
            "events.csv": [{"id": "v1", "title": "Visit", "start": "2021-09-10T08:00:00Z"}],
            "tasks.json": json.dumps(
                [{"id": "t1", "title": "Call", "due_date": "2031-05-01"}]
            ).encode(),
        }
        files = self.make_project(tables).file_ids
        left = files.filtered(lambda file: file.state == "ignored")
        self.assertEqual(left.mapped("name"), ["contacts.json"])

    def test_a_list_of_the_fields_is_still_no_table_of_values(self):
        project = self.stage("custom_fields.csv", [{"name": "Belt", "type": "text", "options": ""}])
        self.assertFalse(project.file_ids.filtered(lambda file: file.entity == "custom_value"))


@tagged("post_install", "-at_install", "crm_migration")
class TestPairsInCells(MigrationCase):
    """A cell with several pairs is taken apart where the whole column has that shape."""

    makes_fields = True

    def columns(self, cells):
        rows = [row | {"Extra": cell} for row, cell in zip(people(len(cells)), cells, strict=True)]
        project = self.propose(self.make_project({"contacts.csv": rows}, name=cells[0][:20]))
        return project, {line.column for line in project.line_ids} - {"id", "name", "email"}

    def test_all_cells_are_pairs(self):
        project, columns = self.columns(
            [f"Belt: {BELTS[n % 3]}; Weight: {60 + n}" for n in range(12)]
        )
        self.assertEqual(columns, {"Extra.Belt", "Extra.Weight"})
        self.confirm(project)
        self.run_step(project, "schema")
        self.load(project)
        field = project.line_ids.filtered(lambda line: line.column == "Extra.Weight").target_field
        self.assertEqual(self.find(project, "contact", "k5")[field], 65)
        rows = [row | {"Extra": "Belt: Red; Weight: 99"} for row in people(12)]
        rows[3]["Extra"] = "Rang twice"
        self.load_again(project, {"contacts.csv": rows}, delta=True)
        self.assertEqual(self.find(project, "contact", "k5")[field], 99)
        self.assertIn("Rang twice", json.dumps(self.staged(project, "contact", "k3").payload))

    def test_objects_in_a_cell(self):
        cells = [json.dumps({"Belt": BELTS[n % 3], "Weight": 60 + n}) for n in range(5)]
        self.assertEqual(self.columns(cells)[1], {"Extra.Belt", "Extra.Weight"})

    def test_one_cell_is_something_else(self):
        """One sentence among the pairs, beyond the first rows: the column stays whole."""
        cells = [f"Belt: {BELTS[n % 3]}; Weight: {60 + n}" for n in range(20)]
        self.assertEqual(self.columns([*cells, "Call him; he waits"])[1], {"Extra"})

    def test_single_pairs_and_other_colons_stay(self):
        for cells in (
            [f"Note: {n}" for n in range(12)],
            [f"{n}:30; {n}:45" for n in range(12)],
            [f"Word{n}: a; Other{n}: b" for n in range(12)],
            [f"https://a.example/{n}; https://b.example" for n in range(12)],
        ):
            with self.subTest(cells[0]), self.env.cr.savepoint():
                self.assertEqual(self.columns(cells)[1], {"Extra"})
