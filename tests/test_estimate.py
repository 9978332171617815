"""What is said of a pair before the load is worked out, and each known trap is checked."""

from odoo.tests import tagged

from ..engine import profiles
from .common import MigrationCase

CONTACTS = [{"id": str(n), "name": f"Person {n}", "email": f"p{n}@example.com"} for n in range(100)]


@tagged("post_install", "-at_install", "crm_migration")
class TestEstimate(MigrationCase):
    profile = "karmacrm"

    def test_the_count_tells_what_does_not_move(self):
        """GN-09, X-01: n of m, from the rows of the map; what cannot move is not counted."""
        missing = []
        for code in profiles.codes():
            profile = profiles.load(code)
            if profile.generic:
                continue
            found = self.env["crm.migration.project"].estimate(code, {"contact": 10})
            counted = found["compatibility"]
            self.assertEqual(counted.total, len(profile.objects), code)
            self.assertEqual(counted.total, counted.full + counted.lossy + counted.none)
            none = [row for row in profile.objects if row["kind"] == "none"]
            self.assertEqual(counted.none, len(none))
            missing.append(counted.none)
        self.assertGreater(sum(missing), 5)

    def test_an_estimate_follows_the_volume(self):
        """GN-10, GN-13, GN-15, X-02: five parts; more rows take longer; above the limit is said."""
        project = self.env["crm.migration.project"]
        small = project.estimate("karmacrm", {"contact": 1_000, "deal": 500})
        large = project.estimate("karmacrm", {"contact": 3_000_000})
        self.assertEqual(set(small["parts"]), {"objects", "fields", "time", "api", "volume"})
        self.assertEqual((small["rows"], small["parts"]["volume"]), (1500, "simple"))
        self.assertFalse(small["scope_first"])
        self.assertTrue(large["scope_first"])
        self.assertGreater(large["seconds"], 100 * small["seconds"])

    def test_time_comes_from_measured_throughput(self):
        """GN-09, X-02: runs of this database decide, once there are some."""
        before = self.env["crm.migration.project"].estimate("karmacrm", {"contact": 100_000})
        project = self.make_project({"contacts.csv": CONTACTS})
        self.env["crm.migration.run"].sudo().create(
            {
                "project_id": project.id, "kind": "load", "state": "done",
                "processed": 1000, "seconds": 1000,
            }
        )  # fmt: skip
        after = self.env["crm.migration.project"].estimate("karmacrm", {"contact": 100_000})
        self.assertGreater(after["seconds"], before["seconds"])

    def test_gotchas_are_checks(self):
        """GN-11, KC-28, KC-45, KC-46, KC-47, CC-57: found, checked and clear, or to know."""
        project = self.propose(self.make_project({"contacts.csv": CONTACTS}))
        known = {one.code: one for one in project.gotcha_ids if one.about == "source"}
        self.assertEqual(set(known), {one["code"] for one in project._get_profile().gotchas})
        self.assertEqual(known["free_tier_caps"].state, "found", "exactly 100 contacts")
        self.assertEqual(known["won_lost_by_stage"].state, "clear")
        self.assertEqual(known["trial_billing"].state, "info")
        self.assertEqual(known["rate_limit"].state, "info")

    def test_gotchas_of_odoo(self):
        """GN-12: Enterprise apps, changed views, Studio fields, hosted limits are said."""
        project = self.propose(self.make_project({"contacts.csv": CONTACTS}))
        known = {one.code: one for one in project.gotcha_ids if one.about == "odoo"}
        self.assertLessEqual({"apps_missing", "enterprise_modules", "changed_views"}, set(known))
        self.assertEqual(known["changed_views"].state, "clear")
        view = self.env.ref("base.view_partner_form")
        view.arch_updated = True
        project.action_check_gotchas()
        known = {one.code: one for one in project.gotcha_ids}
        self.assertEqual(known["changed_views"].state, "found")

    def test_the_project_shows_its_own(self):
        """GN-09, GN-10: count, time and grade stand on the project."""
        project = self.propose(self.make_project({"contacts.csv": CONTACTS}))
        self.assertIn("of 15 move in full", project.compatibility)
        self.assertTrue(project.grade and project.grade_objects and project.grade_api)
        self.assertRegex(project.estimated_time, r"\d+:\d\d:\d\d")

    def test_products_at_their_cap_are_flagged(self):
        """CC-29, CC-56: exactly six products may be a cut export."""
        products = [{"Product ID": str(n), "Name": f"P{n}", "Price": "5"} for n in range(6)]
        project = self.propose(self.make_project({"products.csv": products}, profile="crmconnect"))
        project.invalidate_recordset()
        self.assertIn("plan_cap", project.issue_ids.mapped("code"))
        trap = project.gotcha_ids.filtered(lambda one: one.code == "standard_caps")
        self.assertEqual(trap.state, "found")

    def test_at_the_cap_but_whole(self):
        """As many as the source's screen says: nothing was cut, whatever the plan's cap is."""
        products = [{"Product ID": str(n), "Name": f"P{n}", "Price": "5"} for n in range(6)]
        project = self.make_project({"products.csv": products}, profile="crmconnect")
        project.file_ids.expected_rows = 6
        self.propose(project)
        project.invalidate_recordset()
        self.assertNotIn("plan_cap", project.issue_ids.mapped("code"))
