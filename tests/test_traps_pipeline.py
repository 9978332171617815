"""Odoo's traps around pipelines and probabilities: X-17 and X-18.

Each trap is shown first as plain Odoo has it, then as a migration leaves it.
"""

from odoo.tests import tagged

from .common import MigrationCase

CONTACTS = [{"Contact ID": "1", "First Name": "Ada", "Last Name": "Nu", "Email": "ada@nu.example"}]


def deal(key, **values):
    return {
        "Deal ID": key,
        "Deal Name": f"Deal {key}",
        "Amount": "100",
        "Stage": "Proposal",
        "Probability": "",
        "Status": "open",
        "Contact ID": "1",
        "Created": "2023-03-01T08:00:00Z",
    } | {name.replace("_", " "): value for name, value in values.items()}


@tagged("post_install", "-at_install", "crm_migration")
class TestEqualStageNames(MigrationCase):
    """X-17: a stage belongs to the pipelines of ``team_ids``; two pipelines may use one name."""

    def test_plain_odoo_moves_the_deal(self):
        """A lead with the other pipeline's stage is accepted, and its next team throws it out."""
        teams = self.env["crm.team"].create([{"name": "New Business"}, {"name": "Renewals"}])
        stages = self.env["crm.stage"].create(
            [{"name": "Proposal", "sequence": 50, "team_ids": team.ids} for team in teams]
        )
        lead = self.env["crm.lead"].create(
            {"name": "Plain", "team_id": teams[0].id, "stage_id": stages[1].id}
        )
        self.assertEqual(lead.stage_id, stages[1], "Odoo accepts a stage of another team")
        lead.team_id = self.env["crm.team"].create({"name": "Third"})
        self.assertNotEqual(lead.stage_id.name, "Proposal", "and then loses the stage")

    def test_each_pipeline_has_its_own_stage(self):
        """Two pipelines with equal stage names become two teams with a stage of that name each."""
        project = self.migrate(
            {
                "contacts.csv": CONTACTS,
                "deals.csv": [
                    deal("d1", Pipeline="New Business", Stage="Proposal"),
                    deal("d2", Pipeline="Renewals", Stage="Proposal"),
                    deal("d3", Pipeline="Renewals", Stage="Won", Status="won"),
                    deal("d4", Pipeline="New Business", Stage="Won", Status="won"),
                ],
            }
        )
        leads = [self.find(project, "deal", key) for key in ("d1", "d2", "d3", "d4")]
        for lead in leads:
            self.assertEqual(lead.stage_id.team_ids, lead.team_id, "the stage is its team's own")
        first, second, third, fourth = leads
        self.assertEqual(first.team_id.name, "New Business")
        self.assertEqual(second.team_id.name, "Renewals")
        self.assertEqual(first.stage_id.name, second.stage_id.name)
        self.assertNotEqual(first.stage_id, second.stage_id)
        self.assertNotEqual(third.stage_id, fourth.stage_id)
        self.assertTrue(third.stage_id.is_won and fourth.stage_id.is_won)
        # A later edit of a person leaves the deal where it is.
        second.write({"expected_revenue": 5, "team_id": second.team_id.id})
        self.assertEqual(second.stage_id.team_ids, second.team_id)

    def test_stage_keeps_its_figure_and_order(self):
        """Odoo's stages have no probability: the source's is kept, in the source's order."""
        project = self.migrate(
            {
                "contacts.csv": CONTACTS,
                "deals.csv": [
                    deal("d1", Stage="Negotiation", Probability="75"),
                    deal("d2", Stage="New", Probability="10"),
                    deal("d3", Stage="Proposal", Probability="45"),
                ],
            }
        )
        stages = self.find(project, "deal", "d1").team_id
        stages = self.env["crm.stage"].search([("team_ids", "in", stages.ids)], order="sequence")
        self.assertEqual(stages.mapped("name"), ["New", "Proposal", "Negotiation"])
        self.assertEqual(stages.mapped("x_source_probability"), [10, 45, 75])


@tagged("post_install", "-at_install", "crm_migration")
class TestProbability(MigrationCase):
    """X-18: Odoo scores deals by itself; 0 and empty are what it takes for its own figure."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        # A history from which the scoring predicts something: most deals were won.
        cls.won = cls.env["crm.stage"].search([("is_won", "=", True)], limit=1)
        cls.first = cls.env["crm.stage"].search([("is_won", "=", False)], order="sequence", limit=1)
        cls.env["ir.config_parameter"].sudo().set_param("crm.pls_start_date", "2000-01-01")
        leads = cls.env["crm.lead"].create(
            [{"name": f"History {n}", "stage_id": cls.first.id} for n in range(12)]
        )
        leads[:10].action_set_won()
        leads[10:].action_set_lost()
        cls.env["crm.lead"]._rebuild_pls_frequency_table()
        cls.env["crm.lead"]._cron_update_automated_probabilities()

    def test_plain_odoo_predicts(self):
        """Without a figure a lead takes the prediction; a given 0 does at its next edit."""
        plain = self.env["crm.lead"].create({"name": "No figure", "stage_id": self.first.id})
        self.assertGreater(plain.probability, 0)
        zero = self.env["crm.lead"].create(
            {"name": "Zero", "stage_id": self.first.id, "probability": 0}
        )
        self.assertEqual(zero.probability, 0)
        zero.email_from = "later@edit.example"
        self.env.flush_all()
        self.assertGreater(zero.probability, 0, "the edit of an email gave it a prediction")

    def test_zero_and_empty_hold(self):
        """0 stays 0, 35 stays 35, empty takes its stage's figure and says so; edits change none."""
        project = self.migrate(
            {
                "contacts.csv": CONTACTS,
                "deals.csv": [
                    deal("zero", Stage="New", Probability="0"),
                    deal("some", Stage="New", Probability="35"),
                    deal("none", Stage="New", Probability=""),
                    deal("none2", Stage="New", Probability="35"),
                ],
            }
        )
        expected = {"zero": 0.0, "some": 35.0, "none": 35.0}
        leads = {key: self.find(project, "deal", key) for key in expected}
        self.assertEqual({key: lead.probability for key, lead in leads.items()}, expected)
        self.assertIn("probability_missing", self.codes(project, "deal", "none"))
        for key, lead in leads.items():
            self.assertFalse(lead.is_automated_probability, key)
        for key, lead in leads.items():
            lead.write({"email_from": "later@edit.example", "phone": "+1 555 0100"})
            self.env.flush_all()
            self.assertEqual(lead.probability, expected[key], "after a later edit")
        # Nor does Odoo's nightly scoring touch them.
        self.env["crm.lead"]._cron_update_automated_probabilities()
        self.env.invalidate_all()
        self.assertEqual({key: lead.probability for key, lead in leads.items()}, expected)

    def test_scoring_learns_nothing_from_the_load(self):
        """Won and lost deals of the source do not change Odoo's frequencies, nor does the undo."""
        before = self._read_frequencies()
        project = self.migrate(
            {
                "contacts.csv": CONTACTS,
                "deals.csv": [
                    deal("w", Stage="Won", Status="won"),
                    deal("l", Stage="Lost", Status="lost"),
                ],
            }
        )
        self.assertEqual(self._read_frequencies(), before)
        self.run_step(project, "rollback")
        self.assertEqual(self._read_frequencies(), before)

    def _read_frequencies(self):
        self.env.flush_all()
        self.env.cr.execute(
            "SELECT id, variable, value, won_count, lost_count FROM crm_lead_scoring_frequency"
            " ORDER BY id"
        )
        return self.env.cr.fetchall()
