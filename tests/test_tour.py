"""An administrator walks the whole path on screen: upload, map, sample, approve, load, verify."""

from unittest.mock import patch

from odoo.tests import HttpCase, tagged


@tagged("post_install", "-at_install", "crm_migration")
class TestTour(HttpCase):
    browser_size = "1600x900"

    def test_journey(self):
        """Every step has its button, and the records are in Odoo at the end, proved."""
        project_class = type(self.env["crm.migration.project"])
        origin = project_class._start

        def _start(project, kind, **parameters):
            # The work of the background worker, which does not run beside a test, in the request.
            run = origin(project, kind, **parameters)
            run.with_context(crm_migration_no_commit=True)._work()
            return run

        with patch.object(project_class, "_start", _start):
            self.start_tour(
                "/odoo/action-crm_migration.crm_migration_project_action",
                "crm_migration_journey",
                login="admin",
            )
        project = self.env["crm.migration.project"].search([("name", "=", "Tour")])
        self.assertEqual(project.state, "verified")
        self.assertEqual(project.run_ids.mapped("state"), ["done"] * 6)
        self.assertEqual(set(project.approval_ids.mapped("kind")), {"map", "sample"})
        self.assertEqual(project.approval_ids.user_id, self.env.ref("base.user_admin"))
        contact = self.env.ref("__crmmig_karmacrm__.contact.1")
        lead = self.env.ref("__crmmig_karmacrm__.deal.d2")
        self.assertEqual((contact.name, lead.won_status), ("Ada Nu", "won"))
        totals = project._get_check_totals()
        self.assertEqual((totals["different"], totals["missing"]), (0, 0))
