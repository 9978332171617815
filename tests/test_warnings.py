"""Whatever a file lost before it came here is an issue, with its place and what to do."""

import json
import tempfile
from pathlib import Path
from unittest.mock import patch

from ..cli.crm_migrate import CrmMigrate, Journey
from .common import MigrationCase

LONG = "x" * 255
DAMAGED = (
    "Contact ID,Full Name,Email,Phone,Postal Code,Created At,Note\n"
    f"1,Ann,ann@x.example,4.91512E+11,01067,25/01/2024,{LONG}\n"
    "2,Bob,bob@x.example,49151,1067,01/26/2024,#N/A\n"
    "3,M\ufffdller,eve@x.example,,80331,02/03/2024,\n"
    "4,Sue,sue@x.example\n"
)
# Code -> line and column of the first case.
EXPECTED = {
    "exponent_numbers": (2, "Phone"),
    "lost_zeros": (3, "Postal Code"),
    "mixed_dates": (3, "Created At"),
    "cells_cut": (2, "Note"),
    "error_cells": (3, "Note"),
    "replacement_characters": (4, False),
}


class TestWarnings(MigrationCase):
    def stage(self, name="contacts.csv", content=DAMAGED):
        project = self.make_project({name: content.encode()})
        self.run_step(project, "extract")
        return project

    def issues(self, project, codes=tuple(EXPECTED)):
        return self.env["crm.migration.issue"].search(
            [("project_id", "=", project.id), ("code", "in", codes)]
        )

    def test_each_has_its_place_and_an_advice(self):
        issues = self.issues(self.stage())
        found = {issue.code: (issue.line, issue.column) for issue in issues}
        self.assertEqual(found, EXPECTED)
        self.assertEqual(len(issues), len(EXPECTED))
        self.assertFalse(self.issues(issues.project_id, ["round_count"]))
        for issue in issues:
            self.assertTrue(issue.file_id and issue.message and issue.advice, issue.code)
            self.assertNotIn("%(", issue.message)

    def test_row_of_other_length_has_its_line(self):
        issue = self.issues(self.stage(), ["ragged_row"])
        self.assertEqual((issue.line, issue.record_id.source_key), (5, "4"))

    def test_reading_again_tells_once(self):
        project = self.stage()
        project.file_ids.state = "new"
        self.run_step(project, "extract")
        self.assertEqual(len(self.issues(project)), len(EXPECTED))

    def test_a_newer_export_tells_once(self):
        """What is wrong with the file of before is not told beside that of the newer one.

        What was settled is not asked again.
        """
        project = self.stage()
        settled = self.issues(project)[:1]
        before = sorted((self.issues(project) - settled).mapped("code"))
        settled.state = "settled"
        self.upload(project, {"contacts.csv": DAMAGED.encode()}, delta=True)
        self.run_step(project, "extract")
        after = self.issues(project).filtered(lambda one: one.state == "open")
        self.assertEqual(sorted(after.mapped("code")), before)
        self.assertTrue(settled.exists())

    def test_file_that_ends_at_a_round_count(self):
        rows = "".join(f"{n},Name {n}\n" for n in range(1_000))
        project = self.stage(content="Contact ID,Full Name\n" + rows)
        self.assertTrue(self.issues(project, ["round_count"]))

    def test_command_line_tells_them(self):
        with tempfile.TemporaryDirectory() as folder:
            path, report = Path(folder) / "contacts.csv", Path(folder) / "report.json"
            path.write_text(DAMAGED, encoding="utf-8")
            arguments = ["--project", "Damaged", "--profile", "karmacrm", "--files", str(path)]
            arguments += ["--until", "staged", "--json", str(report)]
            with patch.object(self.cr, "commit", self.env.flush_all):
                Journey(self.env, CrmMigrate()._parse(arguments)).execute()
            issues = json.loads(report.read_text(encoding="utf-8"))["issues"]
        found = {one["code"]: (one["line"], one["field"]) for one in issues}
        self.assertLessEqual(
            {**EXPECTED, "replacement_characters": (4, None)}.items(), found.items()
        )
        self.assertTrue(all(one["file"] == "contacts.csv" for one in issues))
