"""The guide of each source is one press away from its migration."""

from odoo.tests import HttpCase, new_test_user, tagged

from ..controllers.crm_migration_guide import to_html
from ..engine import profiles


@tagged("post_install", "-at_install", "crm_migration")
class TestGuides(HttpCase):
    def test_every_source_has_its_guide(self):
        """The button of a draft opens a page that names the source, and leaves no mark-up over."""
        self.authenticate("admin", "admin")
        projects = self.env["crm.migration.project"]
        for code in (*profiles.codes(), False):
            url = projects.new({"name": "Guide", "profile": code}).action_open_guide()["url"]
            page = self.url_open(url).text
            name = profiles.load(code).name if code else "Another CRM"
            self.assertIn(f"<h1>From {name} to Odoo</h1>", page)
            self.assertNotRegex(page.partition("<body>")[2], r"\*|##|\]\(")

    def test_nobody_else_reads_them(self):
        new_test_user(self.env, "no_migration", groups="base.group_user")
        self.authenticate("no_migration", "no_migration")
        self.assertEqual(self.url_open("/crm_migration/guide/karmacrm").status_code, 403)

    def test_no_path_leads_out_of_the_guides(self):
        """What is no name of a profile shows the guide of another CRM."""
        self.authenticate("admin", "admin")
        for code in ("..", "%2e%2e%2fdecisions", "nothing"):
            self.assertNotIn("decisions", self.url_open(f"/crm_migration/guide/{code}").text)

    def test_html(self):
        """Titles, lists and paragraphs are told apart, and nothing of a text is mark-up."""
        text = "# A & B\n\nSee [it](x.md), *now*, **here**.\n- one\n  line\n- <two>\n\n## End\nlast"
        self.assertEqual(
            str(to_html(text)).replace("\n", ""),
            "<h1>A &amp; B</h1><p>See it, <em>now</em>, <strong>here</strong>.</p>"
            "<ul><li>one line</li><li>&lt;two&gt;</li></ul>"
            "<h2>End</h2><p>last</p>",
        )
