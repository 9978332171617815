"""Records that need an optional app, in a database that has these apps."""

from odoo.fields import Command
from odoo.tests import tagged

from .apps_common import TABLES, AppsCase


class UsedCase(AppsCase):
    """A database with Project, Sales, Accounting, Inventory, eLearning and Email Marketing."""

    policies = {}
    # Partners that are there before the migration.
    known = ()

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        if "sale.order" not in cls.env:
            cls.skipTest(cls, "this database has no optional apps (dev/test --apps)")
        cls.env["res.partner"].create([dict(values) for values in cls.known])
        cls.before = cls.dump()
        with cls.capture_mails(cls) as cls.mails:
            cls.project = cls.migrate(TABLES, **cls.policies)


@tagged("post_install", "-at_install", "crm_migration")
class TestAppsUsed(UsedCase):
    def test_all_rows_land_and_equal_the_source(self):
        """CC-24, CC-27, CC-29, CC-30, CC-32, CC-36: every row lands; every field is compared."""
        self.assertAllLanded(
            self.project, "task", "enrolment", "product", "order", "order_line", "invoice"
        )
        outcomes = self.assertAddsUp(self.project)
        self.assertEqual(outcomes["order"]["created"], 3)
        self.assertEqual(outcomes["invoice"]["created"], 4)
        self.assertFalse(sum(counts["held"] + counts["failed"] for counts in outcomes.values()))

    def test_tasks_are_tasks_of_a_project(self):
        """CC-24, CC-25, CC-26, X-14: title, due date, state, priority; contact and opportunity."""
        ada, deal = self.find(self.project, "contact", "c1"), self.find(self.project, "deal", "o1")
        task = self.find(self.project, "task", "t1")
        self.assertEqual(task._name, "project.task")
        self.assertEqual(
            (task.name, task.state, task.priority), ("Call back", "01_in_progress", "2")
        )
        self.assertEqual(str(task.date_deadline.date()), "2024-03-05")
        self.assertEqual(task.partner_id, ada)
        self.assertIn("About the offer", task.description)
        self.assertEqual(task.x_source_recurrence, "every week")
        self.assertIn("recurring_task", self.codes(self.project, "task", "t1"))
        self.assertEqual(str(task.x_source_created_at), "2024-02-01 08:00:00")
        done = self.find(self.project, "task", "t2")
        self.assertEqual((done.state, str(done.date_end)), ("1_done", "2024-02-09 10:30:00"))
        self.assertEqual((done.x_crm_lead_id, done.partner_id), (deal, deal.partner_id))
        self.assertFalse(self.find(self.project, "task", "t3").partner_id)

    def test_products(self):
        """CC-29: name, price, code, description."""
        product = self.find(self.project, "product", "p1")
        self.assertEqual(product._name, "product.product")
        self.assertEqual((product.name, product.default_code), ("Workshop", "WS-1"))
        self.assertEqual((product.list_price, product.type), (100.0, "service"))
        self.assertEqual(product.description_sale, "A day")
        self.assertFalse(product.taxes_id, "taxes are not known")

    def test_orders_have_their_lines_and_totals(self):
        """CC-30: an order history becomes orders with lines; every total is the source's."""
        order = self.find(self.project, "order", "1001")
        self.assertEqual((order._name, order.name, order.state), ("sale.order", "1001", "sale"))
        self.assertEqual(str(order.date_order), "2024-02-02 10:00:00")
        self.assertEqual(order.partner_id, self.find(self.project, "contact", "c1"))
        self.assertEqual(order.amount_total, 238.0)
        line = self.find(self.project, "order_line", "l1")
        self.assertEqual(line.order_id, order)
        self.assertEqual(line.product_id, self.find(self.project, "product", "p1"))
        self.assertEqual((line.product_uom_qty, line.price_unit), (2, 100))
        self.assertEqual(
            (order.order_line - line).mapped(lambda one: (one.name, one.price_subtotal)),
            [("Tax, as in the source", 38.0)],
        )
        self.assertEqual(self.find(self.project, "order", "1002").state, "cancel")
        alone = self.find(self.project, "order", "1003")
        self.assertEqual((alone.amount_total, len(alone.order_line)), (80.0, 1))

    def test_orders_are_neither_delivered_nor_invoiced_again(self):
        """CC-30: history starts no delivery, and is not on the list of what is to invoice."""
        orders = self.env["sale.order"].search([("x_source_id", "!=", False)])
        self.assertEqual(len(orders), 3)
        self.assertFalse(orders.picking_ids)
        self.assertNotIn("to invoice", orders.mapped("invoice_status"))

    def test_invoices_are_drafts_that_book_nothing(self):
        """CC-32, X-36: number, dates, lines and amounts; the status in a note; nothing booked."""
        invoice = self.find(self.project, "invoice", "INV-7")
        self.assertEqual((invoice._name, invoice.name), ("account.move", "INV-7"))
        self.assertEqual((invoice.state, invoice.move_type), ("draft", "out_invoice"))
        self.assertEqual(str(invoice.invoice_date), "2024-02-10")
        self.assertEqual(str(invoice.invoice_date_due), "2024-02-24")
        self.assertEqual(invoice.amount_total, 125.5)
        names = invoice.invoice_line_ids.mapped("product_id.name")
        self.assertEqual(names, ["Workshop", "Handbook"])
        self.assertEqual(invoice.partner_id, self.find(self.project, "contact", "c1"))
        self.assertIn("paid 125.50 of 125.50", "".join(self.history(invoice).mapped("body")))
        self.assertFalse(self.env["account.payment"].search([("memo", "=", "INV-7")]))
        ours = self.env["account.move"].search([("x_source_id", "!=", False)])
        self.assertEqual(set(ours.mapped("state")), {"draft"})
        self.assertFalse(any(ours.mapped("made_sequence_gap")))

    def test_invoice_numbers_leave_the_company_s_sequence_alone(self):
        """X-36: the next invoice of the company has the number it would have had."""
        journal = self.find(self.project, "invoice", "INV-8").journal_id
        others = self.env["account.journal"].search([("type", "=", "sale")]) - journal
        move = self.env["account.move"].create(
            {"move_type": "out_invoice", "journal_id": others[:1].id, "invoice_date": "2024-05-01"}
        )
        self.assertEqual(move.name_placeholder, "INV/2024/00001")

    def test_text_to_pay_links_are_notes(self):
        """CC-33: the links stand in the chatter, of their contact or of their invoice."""
        note = self.find(self.project, "payment_link", "pl1")
        self.assertEqual(
            (note.model, note.subtype_id), ("res.partner", self.env.ref("mail.mt_note"))
        )
        self.assertIn("https://pay.example.com/abc", note.body)
        invoice = self.find(self.project, "invoice", "INV-7")
        self.assertIn("https://pay.example.com/7", "".join(self.history(invoice).mapped("body")))

    def test_memberships_are_attendees(self):
        """CC-27, X-41: student, course, status, date; a course that no list has is made."""
        ada = self.find(self.project, "enrolment", "m1")
        self.assertEqual(ada._name, "slide.channel.partner")
        self.assertEqual(ada.channel_id, self.find(self.project, "course", "k1"))
        self.assertEqual((ada.member_status, ada.completion), ("joined", 40))
        self.assertEqual(str(ada.x_source_enrolled_at), "2024-01-15 09:00:00")
        done = self.find(self.project, "enrolment", "m2")
        self.assertEqual((done.channel_id.name, done.member_status), ("Buying", "completed"))
        self.assertFalse(self.find(self.project, "enrolment", "m3").active)
        self.assertFalse((ada + done).channel_id.filtered("is_published"))

    def test_static_segments_are_mailing_lists(self):
        """CC-36: a static segment is a mailing list with its contacts; a rule is written down."""
        contact = self.find(self.project, "segment", "s1")
        self.assertEqual((contact._name, contact.email), ("mailing.contact", "ada@example.com"))
        self.assertEqual(contact.list_ids.mapped("name"), ["Newsletter (crmConnect)"])
        self.assertEqual(len(contact.list_ids.contact_ids), 2)
        self.assertEqual(self.staged(self.project, "segment", "s3").state, "skipped")
        self.assertIn("segment_dynamic", self.codes(self.project, "segment", "s3"))

    def test_nothing_leaves_the_house(self):
        """X-22: no mail, no follower, no message but those of the source."""
        self.assertFalse(self.mails)
        for model in ("project.task", "sale.order", "account.move", "slide.channel"):
            records = self.env[model].search([("x_source_id", "!=", False)])
            self.assertTrue(records, model)
            followers = self.env["mail.followers"].search(
                [("res_model", "=", model), ("res_id", "in", records.ids)]
            )
            self.assertFalse(followers, model)

    def test_loading_again_changes_nothing(self):
        """SP-03: the same export again leaves every record as it is."""
        before = self.dump()
        self.load_again(self.project, TABLES, delta=True)
        self.assertSameDump(before, self.dump())
        outcomes = self.assertAddsUp(self.project)
        self.assertEqual(outcomes["order_line"]["unchanged"], 2)
        self.assertEqual(outcomes["invoice"]["unchanged"], 4)

    def test_a_changed_row_changes_its_record_only(self):
        """CC-51: what changed in the source lands; an invoice line and a task, say."""
        tables = dict(TABLES)
        tables["tasks.csv"] = [dict(row) for row in TABLES["tasks.csv"]]
        tables["tasks.csv"][0]["Title"] = "Call back soon"
        tables["order_items.csv"] = [dict(row) for row in TABLES["order_items.csv"]]
        tables["order_items.csv"][1]["Unit Price"] = "20.00"
        self.load_again(self.project, tables, delta=True)
        self.assertEqual(self.find(self.project, "task", "t1").name, "Call back soon")
        self.assertEqual(self.find(self.project, "order_line", "l2").price_unit, 20.0)
        self.assertEqual(self.assertAddsUp(self.project)["task"]["updated"], 1)

    def test_rollback_leaves_the_database_as_it_was(self):
        """X-04: with the apps too, one click takes everything back."""
        self.run_step(self.project, "rollback")
        kept = self.project.issue_ids.filtered(lambda issue: issue.code == "rollback_kept")
        self.assertFalse(kept.mapped("message"))
        self.assertSameDump(self.before, self.dump())


@tagged("post_install", "-at_install", "crm_migration")
class TestAppsPosted(UsedCase):
    policies = {"invoice_policy": "posted", "duplicate_policy": "merge"}
    known = ({"name": "Ada Byron", "email": "ada@example.com", "customer_rank": 4},)

    def test_invoices_are_posted_with_their_payment(self):
        """CC-32, X-36: posted, paid as in the source; totals and open amounts are equal."""
        self.assertAllLanded(self.project, "invoice")
        for number, state, total, owed in (
            ("INV-7", "paid", 125.5, 0.0),
            ("INV-8", "partial", 300.0, 180.0),
            ("INV-9", "not_paid", 100.0, 100.0),
        ):
            invoice = self.find(self.project, "invoice", number)
            self.assertEqual((invoice.name, invoice.state), (number, "posted"))
            self.assertEqual((invoice.payment_state, invoice.amount_total), (state, total))
            self.assertEqual(invoice.amount_residual, owed)
            self.assertFalse(invoice.made_sequence_gap)
        self.assertFalse(self.mails)

    def test_rows_of_one_invoice_can_be_foreseen(self):
        """A further row of an invoice is a line of one that is not there yet."""
        project = self.prepare(self.make_project(TABLES, "Foreseen", source_system="two"))
        self.run_step(project, "sample")
        run = self.run_step(project, "forecast")
        self.assertFalse([o for o in run.counters["entities"].values() if o.get("failed")])

    def test_nothing_is_put_off_until_after_the_commit(self):
        """X-36: a sample is undone by then; counting its partners' invoices stopped the run."""
        put_off = self.cr.postcommit.data.get("account.res.partner.increase_rank.customer_rank")
        self.assertIsNotNone(put_off, "Odoo counts the invoices in another way by now")
        self.assertFalse(put_off)

    def count_by_hand(self, paid):
        """Return how often Odoo counts a new customer of an invoice that a person posts."""
        with self.cr.savepoint() as savepoint:
            partner = self.env["res.partner"].create({"name": "By Hand"})
            line = {"name": "Work", "quantity": 1, "price_unit": 300, "tax_ids": False}
            invoice = self.env["account.move"].create(
                {
                    "move_type": "out_invoice",
                    "partner_id": partner.id,
                    "invoice_line_ids": [Command.create(line)],
                }
            )
            invoice.action_post()
            if paid:
                payment = self.env["account.payment.register"].with_context(
                    active_model="account.move", active_ids=invoice.ids
                )
                payment.create({"amount": paid})._create_payments()
            put_off = self.cr.postcommit.data["account.res.partner.increase_rank.customer_rank"]
            count = partner.customer_rank + put_off.pop(partner.id, 0)
            savepoint.rollback()
        self.env.invalidate_all()
        return count

    def test_who_has_an_invoice_is_a_customer(self):
        """X-36: counted as Odoo counts what is posted by hand, also a customer of before."""
        counts = {}
        for number, paid in (("INV-7", 300), ("INV-8", 120), ("INV-9", 0)):
            partner = self.find(self.project, "invoice", number).partner_id
            counts[partner] = counts.get(partner, 0) + self.count_by_hand(paid)
        self.assertGreater(len(counts), 1)
        for partner, count in counts.items():
            earlier = 4 if partner.email == "ada@example.com" else 0
            self.assertEqual(partner.customer_rank, earlier + count)

    def test_what_is_paid_since_is_paid(self):
        """CC-51, X-36: a newer export's payment is registered; what it changes besides is told."""
        tables = dict(TABLES)
        tables["invoices.csv"] = [dict(row) for row in TABLES["invoices.csv"]]
        newer = {row["Invoice Number"]: row for row in tables["invoices.csv"]}
        newer["INV-8"] |= {"Amount Paid": "300.00", "Status": "Paid"}
        newer["INV-9"] |= {"Due Date": "2030-01-01"}
        partner = self.find(self.project, "invoice", "INV-8").partner_id
        rank = partner.customer_rank
        self.load_again(self.project, tables, delta=True)
        invoice = self.find(self.project, "invoice", "INV-8")
        self.assertEqual((invoice.payment_state, invoice.amount_residual), ("paid", 0))
        more = self.count_by_hand(120) - self.count_by_hand(0)
        self.assertEqual((invoice.x_source_status, partner.customer_rank), ("Paid", rank + more))
        payments = self.env["account.payment"].search([("memo", "=", "INV-8")], order="id")
        self.assertEqual(payments.mapped("amount"), [120.0, 180.0])
        self.assertIn("posted_changed", self.codes(self.project, "invoice", "INV-9"))
        run = self.run_step(self.project, "verify")
        # The due date that was told.
        self.assertEqual(run.counters["checks"]["different"], 1)
        self.test_rollback_takes_posted_invoices_back()

    def test_rollback_takes_posted_invoices_back(self):
        """X-04, X-36: payments and journals go too."""
        self.run_step(self.project, "rollback")
        kept = self.project.issue_ids.filtered(lambda issue: issue.code == "rollback_kept")
        self.assertFalse(kept.mapped("message"))
        self.assertSameDump(self.before, self.dump())


@tagged("post_install", "-at_install", "crm_migration")
class TestAppsDeclined(AppsCase):
    def test_a_person_may_do_without_an_app_that_is_there(self):
        """CC-41: the choice is per kind of record, part of the approved map, and holds."""
        if "sale.order" not in self.env:
            self.skipTest("this database has no optional apps (dev/test --apps)")
        project = self.prepare(self.make_project(TABLES))
        self.assertTrue(project._get_valid_approval("map"))
        lines = {line.use: line for line in project.readiness_ids}
        lines["order"].action_do_without()
        self.assertFalse(project._get_valid_approval("map"), "the approval was of another map")
        lines["task"].action_do_without()
        lines["enrolment"].action_do_without()
        self.confirm(project)
        self.run_step(project, "schema")
        self.load(project)
        ada = self.find(project, "contact", "c1")
        self.assertEqual(self.find(project, "task", "t1")._name, "mail.activity")
        self.assertEqual((ada.x_order_count, ada.x_order_total), (1, 238.0))
        self.assertFalse(self.env["sale.order"].search([("name", "=", "1001")]))
        self.assertEqual(self.find(project, "enrolment", "m1")._name, "x_crm_enrolment")
        self.assertEqual(self.find(project, "invoice", "INV-7")._name, "account.move")
