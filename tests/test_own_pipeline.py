"""A source with one pipeline, and Odoo's own: offered, chosen, renamed, restored (CC-07)."""

from odoo.tests import tagged

from .common import MigrationCase

STAGES = ("Inquiry", "Discovery Call", "Qualified", "Contract Out", "Booked")


def opportunities(pipeline="Main"):
    return [
        {
            "Opportunity ID": f"o{n}", "Opportunity Name": f"Deal {n}", "Lead Value": "10",
            "pipeline": pipeline, "stage": stage, "status": "won" if stage == "Booked" else "open",
            "Probability": str(20 * (n + 1)),
        }
        for n, stage in enumerate(STAGES)
    ]  # fmt: skip


@tagged("post_install", "-at_install", "crm_migration")
class TestOwnPipeline(MigrationCase):
    profile = "crmconnect"

    def setUp(self):
        super().setUp()
        self.env["res.lang"]._activate_lang("fr_FR")
        stages = self.env["crm.stage"].search([])
        (stages - stages.filtered("is_won")[:1])[3:].unlink()
        self.stages = self.env["crm.stage"].search([])
        self.names = ["New", "Qualified", "Proposition", "Won"]
        for stage, name in zip(self.stages, self.names, strict=True):
            stage.update_field_translations("name", {"en_US": name, "fr_FR": f"{name} (fr)"})
        self.team = self.env["crm.team"].search(
            [("company_id", "in", [False, self.env.company.id])], limit=1
        )

    def french(self):
        return self.stages.with_context(lang="fr_FR").mapped("name")

    def issue(self, project, code):
        project.invalidate_recordset()
        return project.issue_ids.filtered(lambda issue: issue.code == code)

    def go_on(self, project):
        self.confirm(project)
        self.run_step(project, "schema")
        self.load(project)

    def test_offered_and_not_done_unasked(self):
        """A team of its own is made; the other way is offered, with what it would rename."""
        project = self.migrate({"opportunities.csv": opportunities()})
        self.assertEqual(self.stages.mapped("name"), self.names)
        self.assertEqual(self.find(project, "deal", "o0").team_id.name, "Main")
        self.assertIn("New → Inquiry", self.issue(project, "one_pipeline").message)

    def test_chosen_it_renames_and_a_rollback_restores(self):
        """Equal names first, then in order, won with won; what is missing is made; all undone."""
        project = self.make_project({"opportunities.csv": opportunities()})
        before = self.dump()
        self.propose(project)
        project.pipeline_policy = "default"
        self.assertFalse(self.issue(project, "one_pipeline"))
        self.assertIn("Won → Booked", self.issue(project, "pipeline_taken").message)
        self.go_on(project)
        self.assertEqual(
            self.stages.mapped("name"), ["Inquiry", "Qualified", "Discovery Call", "Booked"]
        )
        self.assertEqual(self.french(), self.stages.mapped("name"))
        deals = [self.find(project, "deal", f"o{n}") for n in range(5)]
        self.assertEqual([deal.stage_id.name for deal in deals], list(STAGES))
        self.assertEqual({deal.team_id for deal in deals}, {self.team})
        self.assertEqual(deals[4].won_status, "won")
        made = deals[3].stage_id
        self.assertNotIn(made, self.stages)
        self.assertEqual(made.team_ids, self.team)
        in_order = (self.stages | made).sorted("sequence")
        self.assertEqual(in_order.mapped("name"), list(STAGES))
        self.run_step(project, "verify")
        self.assertFalse(project._get_check_totals()["different"])
        self.run_step(project, "rollback")
        self.assertSameDump(before, self.dump())
        self.assertEqual(self.stages.mapped("name"), self.names)
        self.assertEqual(self.french(), [f"{name} (fr)" for name in self.names])

    def test_a_newer_export_renames_nothing_twice(self):
        """Names of people since then stay, by a newer export and by a rollback."""
        project = self.migrate({"opportunities.csv": opportunities()}, pipeline_policy="default")
        self.stages[0].name = "Fresh"
        self.load_again(project, {"opportunities.csv": opportunities()}, delta=True)
        self.assertEqual(self.stages[0].name, "Fresh")
        self.run_step(project, "rollback")
        self.assertEqual(self.stages.mapped("name"), ["Fresh", *self.names[1:]])

    def test_a_stage_chosen_by_hand_keeps_its_name(self):
        project = self.propose(
            self.make_project({"opportunities.csv": opportunities()}, pipeline_policy="default")
        )
        value = project.value_ids.filtered(lambda v: v.source_value == "Inquiry")
        value.stage_id = self.stages[0]
        self.go_on(project)
        self.assertEqual(
            self.stages.mapped("name"), ["New", "Qualified", "Discovery Call", "Booked"]
        )
        self.assertEqual(self.find(project, "deal", "o0").stage_id, self.stages[0])

    def test_several_pipelines_are_teams_either_way(self):
        project = self.migrate(
            {"opportunities.csv": opportunities() + [
                {**row, "Opportunity ID": f"p{row['Opportunity ID']}"}
                for row in opportunities("Second")
            ]}, pipeline_policy="default",
        )  # fmt: skip
        self.assertEqual(self.stages.mapped("name"), self.names)
        self.assertEqual(self.find(project, "deal", "po1").team_id.name, "Second")
        self.assertIn("Main, Second", self.issue(project, "several_pipelines").message)
