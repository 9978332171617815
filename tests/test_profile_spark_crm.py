"""Spark CRM, ``data/spark_crm``: pipelines, leads, tags, company trees, documents."""

import io
import zipfile

from odoo.tests import tagged

from .common import DATA, MigrationCase

FOLDER = DATA / "spark_crm"


def read_tree():
    """Return {path: bytes} of the fixture, as ``--files FOLDER`` hands it over."""
    paths = sorted(path for path in FOLDER.rglob("*") if path.is_file())
    return {path.relative_to(FOLDER).as_posix(): path.read_bytes() for path in paths}


@tagged("post_install", "-at_install", "crm_migration")
class TestProfileSparkCrm(MigrationCase):
    profile = "spark_crm"

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.seller = cls.make_user("Sel Ler", "sel@ler.example", "sales_team.group_sale_salesman")
        cls.before = cls.env["ir.attachment"].search_count([])
        cls.project = cls.migrate(read_tree())

    def one(self, entity, key):
        return self.find(self.project, entity, key)

    def team(self, name):
        return self.env["crm.team"].search([("name", "=", name), ("x_source_system", "!=", False)])

    # ------------------------------------------------------------------ pipelines, stages, leads

    def test_equal_stage_names_stay_two(self):
        """One team per pipeline; its stages are its own, with order and probability (SP-17)."""
        stages = {
            name: [
                (stage.name, stage.x_source_probability, stage.is_won)
                for stage in self.env["crm.stage"].search([("team_ids", "in", self.team(name).ids)])
            ]
            for name in ("New Business", "Renewals")
        }
        self.assertEqual(
            stages,
            {
                "New Business": [
                    ("New", 10, False), ("Contacted", 20, False), ("Offer sent", 60, False),
                    ("Won", 100, True), ("Lost", 0, False),
                ],
                "Renewals": [("New", 70, False), ("Won", 100, True)],
            },
        )  # fmt: skip
        for stage in self.env["crm.stage"].search([("x_source_system", "!=", False)]):
            self.assertEqual(len(stage.team_ids), 1, stage.name)

    def test_deals_name_their_stage_by_id(self):
        first, second, third = (self.one("deal", key) for key in ("d1", "d2", "d3"))
        self.assertEqual((first.team_id.name, first.stage_id.name), ("New Business", "New"))
        self.assertEqual((second.team_id.name, second.stage_id.name), ("Renewals", "New"))
        self.assertNotEqual(first.stage_id, second.stage_id)
        self.assertEqual((third.won_status, third.team_id.name), ("won", "Renewals"))
        self.assertEqual((first.probability, second.probability), (15, 70))
        self.assertFalse(self.codes(self.project, "deal", "d1") & {"unknown_stage"})

    def test_leads_stay_leads(self):
        """A lead is no opportunity; its status is a stage of the first pipeline (SP-16, SP-39)."""
        lead, other = self.one("lead", "l1"), self.one("lead", "l2")
        self.assertEqual((lead.type, lead.contact_name, lead.partner_name),
                         ("lead", "Jim Knopf", "Lummerland"))  # fmt: skip
        self.assertEqual((lead.stage_id.name, lead.team_id.name), ("New", "New Business"))
        self.assertEqual((other.stage_id.name, other.team_id.name), ("Contacted", "New Business"))
        self.assertFalse(lead.partner_id)
        self.assertEqual(lead.source_id.name, "Website")
        self.assertEqual(lead.tag_ids.name.casefold(), "vip")

    # ------------------------------------------------------------------ companies and contacts

    def test_trees_and_circles(self):
        """A parent loads before its children whatever the order; circles are told (SS-07)."""
        parents = {
            company.x_source_id: company.parent_id.x_source_id
            for company in (self.one("company", f"c{n}") for n in range(1, 9))
        }
        self.assertEqual(
            parents,
            {"c1": "c2", "c2": "c3", "c3": False, "c4": False, "c5": False, "c6": "c4",
             "c7": False, "c8": False},
        )  # fmt: skip
        codes = {key: self.codes(self.project, "company", key) for key in parents}
        for key in ("c4", "c5", "c8"):
            self.assertEqual(codes[key], {"parent_cycle"}, key)
        self.assertEqual(codes["c7"], {"missing_parent"})
        self.assertFalse(codes["c1"] | codes["c2"] | codes["c6"])
        self.assertEqual(self.one("company", "c7").x_source_data["Parent Company ID"], "c99")

    def test_contact_of_several_companies(self):
        """The primary one is the parent; all are kept; the choice is for review (SP-13)."""
        contact = self.one("contact", "k1")
        self.assertEqual(contact.parent_id, self.one("company", "c3"))
        ids = contact.x_source_company_ids.mapped("x_source_id")
        self.assertEqual(sorted(ids), ["c1", "c2", "c3"])
        self.assertEqual(contact.x_source_data["Other Companies"], "c1 | c2")
        self.assertIn("multi_company", self.codes(self.project, "contact", "k1"))
        self.assertNotIn("multi_company", self.codes(self.project, "contact", "k2"))

    # ------------------------------------------------------------------ tags

    def test_tags_keep_colour_and_description(self):
        tag = self.one("deal", "d1").tag_ids
        self.assertEqual((tag.color, tag.x_description), (10, "Handle with care"))
        category = self.one("company", "c2").category_id
        self.assertEqual((category.name, category.color), ("Partner only", 1))
        odd = self.env["crm.tag"].search([("name", "=", "Odd")])
        self.assertTrue(odd)
        self.assertIn("unknown_color", self.project.issue_ids.mapped("code"))
        nobody = self.env["crm.tag"].search([("name", "=", "Nobody's")])
        self.assertEqual((nobody.color, nobody.x_description), (8, "Used by none"))

    # ------------------------------------------------------------------ files

    def test_files_are_attached(self):
        """Bytes, name and type as in the source, on the right record, never public (SP-29)."""
        for key, place, model, of in (
            ("a1", "a1.txt", "crm.lead", self.one("deal", "d1")),
            ("a2", "a2.csv", "res.partner", self.one("contact", "k1")),
            ("a3", "a3.png", "res.partner", self.one("company", "c3")),
            ("a7", "a7.html", "crm.lead", self.one("lead", "l1")),
        ):
            attachment = self.one("attachment", key)
            self.assertEqual(attachment.raw, (FOLDER / "attachments" / place).read_bytes(), key)
            self.assertEqual((attachment.res_model, attachment.res_id), (model, of.id))
            self.assertFalse(attachment.public or attachment.access_token)
        offer = self.one("attachment", "a1")
        self.assertEqual((offer.name, offer.mimetype), ("offer.txt", "text/plain"))
        self.assertEqual(str(offer.x_source_created_at), "2023-02-01 00:00:00")

    def test_files_that_cannot_be_attached_are_held(self):
        for key, code in (
            ("a4", "attachment_file_missing"),
            ("a5", "attachment_orphan"),
            ("a6", "attachment_checksum"),
        ):
            self.assertEqual(self.staged(self.project, "attachment", key).state, "held", key)
            self.assertEqual(self.codes(self.project, "attachment", key), {code}, key)

    def test_documents_are_no_tables(self):
        """A CSV that hangs on a contact is not loaded as companies."""
        payload = self.project.file_ids.filtered(lambda file: file.state == "payload")
        self.assertEqual(
            sorted(payload.mapped("name")),
            [f"attachments/{name}" for name in
             ("a1.txt", "a2.csv", "a3.png", "a5.txt", "a6.txt", "a7.html")],
        )  # fmt: skip
        self.assertFalse(self.staged(self.project, "company", "c50"))
        codes = set(self.project.issue_ids.mapped("code"))
        self.assertFalse(codes & {"file_unknown", "file_unreadable"})

    def test_late_file_is_attached(self):
        """The missing file is uploaded, the load pressed again."""
        self.upload(self.project, {"attachments/a4.pdf": b"%PDF-1.4 late"})
        self.run_step(self.project, "load")
        self.assertEqual(self.one("attachment", "a4").raw, b"%PDF-1.4 late")

    # ------------------------------------------------------------------ again and back

    def test_proof_twice_and_back(self):
        """All equal; the same files again change nothing; the rollback leaves the uploads only."""
        self.run_step(self.project, "verify")
        totals = self.project._get_check_totals()
        self.assertFalse(totals["different"] + totals["missing"], totals)
        self.load_again(self.project, read_tree())
        for entity, counts in self.project._get_outcomes().items():
            self.assertFalse(counts["created"] + counts["updated"] + counts["failed"], entity)
        self.run_step(self.project, "rollback")
        self.assertFalse(self.env["crm.stage"].search([("x_source_system", "!=", False)]))
        left = self.env["ir.attachment"].search([("res_model", "!=", self.project._name)])
        self.assertFalse(left.filtered("x_source_id"))


@tagged("post_install", "-at_install", "crm_migration")
class TestFilesInZip(MigrationCase):
    profile = "spark_crm"

    def test_tables_and_documents_in_one_zip(self):
        self.make_user("Sel Ler", "sel@ler.example", "sales_team.group_sale_salesman")
        content = io.BytesIO()
        with zipfile.ZipFile(content, "w") as archive:
            for name, data in read_tree().items():
                archive.writestr(f"export/{name}", data)
        project = self.migrate({"export.zip": content.getvalue()})
        for key, name in (("a1", "a1.txt"), ("a2", "a2.csv"), ("a3", "a3.png")):
            attachment = self.find(project, "attachment", key)
            self.assertEqual(attachment.raw, (FOLDER / "attachments" / name).read_bytes())
        self.assertFalse(self.staged(project, "company", "c50"))
