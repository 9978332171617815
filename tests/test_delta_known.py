"""A newer export with the same bytes: nothing is read, and all is told as if it had been."""

from odoo.tests import tagged

from .common import MigrationCase


def contacts(*keys, **more):
    return [{"Contact ID": key, "First Name": "A", "Last Name": key} | more for key in keys]


@tagged("post_install", "-at_install", "crm_migration")
class TestKnownDelta(MigrationCase):
    makes_fields = True

    def places(self):
        """Where the database keeps the staged rows: another place for each that was written."""
        self.env.flush_all()
        self.env.cr.execute("SELECT ctid::text, id FROM crm_migration_record")
        return set(self.env.cr.fetchall())

    def outcomes(self, project):
        """What became of the rows, without what nothing became of."""
        return {
            entity: {name: count for name, count in counts.items() if count}
            for entity, counts in project._get_outcomes().items()
        }

    def gone(self, project):
        issues = project.issue_ids.filtered(lambda issue: issue.code == "gone_in_source")
        return set(issues.mapped("source_key"))

    def test_same_bytes_are_unchanged_and_not_written(self):
        tables = {"contacts.csv": contacts("k1", "k2"), "notes.csv": b"nothing\nof use\n"}
        project = self.migrate(tables)
        self.load_again(project, tables, delta=True)
        self.assertEqual(self.outcomes(project)["contact"], {"read": 2, "unchanged": 2})
        before = self.places()
        self.load_again(project, tables, delta=True)
        self.assertEqual(self.places(), before, "no row was touched")
        self.assertEqual(self.outcomes(project)["contact"], {"read": 2, "unchanged": 2})
        self.assertFalse(self.gone(project))
        newest = project.file_ids.filtered(lambda file: file.state == "staged")
        self.assertEqual((newest.generation, newest.rows), (3, 2))
        runs = project.run_ids.filtered(lambda run: run.kind == "extract")
        self.assertEqual(runs.mapped("processed"), [2, 2, 2])
        self.run_step(project, "verify")
        self.assertFalse(project._get_check_totals()["different"])

    def test_export_after_a_known_one_is_compared_as_ever(self):
        tables = {"contacts.csv": contacts("k1", "k2", "k3")}
        project = self.migrate(tables)
        self.load_again(project, tables, delta=True)
        newer = contacts("k1") + contacts("k2", **{"First Name": "B"}) + contacts("k4")
        self.load_again(project, {"contacts.csv": newer}, delta=True)
        self.assertEqual(self.find(project, "contact", "k2").name, "B k2")
        self.assertEqual(self.gone(project), {"k3"})
        self.assertEqual(
            self.outcomes(project)["contact"],
            {"read": 3, "unchanged": 1, "updated": 1, "created": 1},
        )
        # What was first comes once more: the last export was another one.
        self.load_again(project, tables, delta=True)
        self.assertEqual(self.find(project, "contact", "k2").name, "A k2")
        self.assertEqual(self.gone(project), {"k4"})

    def test_two_files_of_a_kind_end_in_totals_on_the_same_line(self):
        """Totals have no ID but their line: neither takes the other's place."""
        text = "Contact ID,First Name,Last Name,Email,Phone\n{},A,B,,\nTotal: 1,,,,\n"
        tables = {f"contacts-{n}.csv": text.format(f"k{n}").encode() for n in (1, 2)}
        project = self.make_project(tables)
        self.run_step(project, "extract")
        self.assertEqual(self.outcomes(project)["contact"], {"read": 4, "staged": 2, "skipped": 2})

    def test_one_of_two_files_of_a_kind_is_newer(self):
        first, second = contacts("a1", "a2"), contacts("b1", "b2")
        project = self.migrate({"contacts-1.csv": first, "contacts-2.csv": second})
        newer = contacts("b1", "b3")
        self.load_again(project, {"contacts-1.csv": first, "contacts-2.csv": newer}, delta=True)
        self.assertEqual(self.gone(project), {"b2"})
        self.assertEqual(
            self.outcomes(project)["contact"], {"read": 4, "unchanged": 3, "created": 1}
        )
        # One of the two alone: the other's rows are gone.
        self.load_again(project, {"contacts-1.csv": first}, delta=True)
        self.assertEqual(self.gone(project), {"b1", "b2", "b3"})

    def test_rows_that_came_in_between_are_not_taken_for_those_of_the_file(self):
        """An export that was left half-way wrote rows; then the one before comes once more."""
        tables = {"contacts.csv": contacts("k1", "k2")}
        project = self.migrate(tables)
        newer = contacts("k1", **{"First Name": "B"}) + contacts("k3")
        self.upload(project, {"contacts.csv": newer}, delta=True)
        self.run_step(project, "extract")
        project.file_ids.filtered(lambda file: file.state == "staged").state = "ignored"
        self.load_again(project, tables, delta=True)
        self.assertEqual(self.outcomes(project)["contact"]["read"], 2)
        self.assertEqual(self.find(project, "contact", "k1").name, "A k1")

    def test_file_that_is_read_in_another_way_is_read(self):
        """Told that another column has the ID, the same bytes have other rows."""
        rows = [{"Contact ID": f"k{n}", "Badge": f"b{n}", "Last Name": "X"} for n in range(3)]
        project = self.migrate({"contacts.csv": rows})
        (file,) = self.upload(project, {"contacts.csv": rows}, delta=True)
        file.key_column = "Badge"
        self.run_step(project, "extract")
        keys = self.env["crm.migration.record"].search(
            [("project_id", "=", project.id), ("generation", "=", 2)]
        )
        self.assertEqual(set(keys.mapped("source_key")), {"b0", "b1", "b2"})

    def test_what_was_told_of_the_file_is_still_told(self):
        """Its doubts go with the newest file; the answers that a person gave too."""
        tables = {"contacts.csv": "Contact ID,Last Name\nk1,Müller\n".encode("cp1252")}
        project = self.migrate(tables)
        codes = set(project.issue_ids.filtered(lambda one: not one.record_id).mapped("code"))
        self.assertIn("encoding_doubtful", codes)
        (file,) = self.upload(project, tables, delta=True)
        self.assertIn("encoding_doubtful", file.issue_ids.mapped("code"))
        self.assertFalse(file.is_doubtful, "it was confirmed")

    def test_cost_does_not_grow_with_the_columns(self):
        """The lines of the map are read together: one by one, each is a query."""
        more = "Email Phone Mobile Street City Zip Country Notes Birthday Created Owner".split()
        narrow = self.count_queries(contacts("k1"), "Narrow")
        wide = self.count_queries(contacts("k1", **dict.fromkeys(more, "")), "Wide")
        self.assertLess(wide, narrow + len(more))

    def count_queries(self, rows, name):
        """Queries of proposing for rows that came once more."""
        project = self.migrate({"contacts.csv": rows}, name=name, source_system=name.lower())
        self.upload(project, {"contacts.csv": rows}, delta=True)
        self.run_step(project, "extract")
        before = self.env.cr.sql_log_count
        self.run_step(project, "propose")
        return self.env.cr.sql_log_count - before
