"""A crmConnect account with everything that needs an optional app of Odoo."""

from .common import MigrationCase

CONTACTS = [
    {"Contact Id": "c1", "First Name": "Ada", "Last Name": "Byron", "Email": "ada@example.com"},
    {"Contact Id": "c2", "First Name": "Max", "Last Name": "Muster", "Email": "max@example.com"},
]
OPPORTUNITIES = [
    {
        "Opportunity ID": "o1",
        "Opportunity Name": "Course for all",
        "Contact Id": "c1",
        "Lead Value": "500.00",
        "pipeline": "Sales",
        "stage": "New",
        "status": "open",
        "Created on": "2024-01-03T08:00:00Z",
    },
]
TASKS = [
    {
        "Task ID": "t1",
        "Title": "Call back",
        "Description": "About the offer",
        "Due Date": "2024-03-05",
        "Completed": "no",
        "Priority": "High",
        "Contact Id": "c1",
        "Created": "2024-02-01T08:00:00Z",
        "Repeat": "every week",
    },
    {
        "Task ID": "t2",
        "Title": "Send papers",
        "Description": "",
        "Due Date": "2024-02-10",
        "Completed": "yes",
        "Completed at": "2024-02-09T10:30:00Z",
        "Priority": "Low",
        "Opportunity ID": "o1",
        "Created": "2024-02-01T09:00:00Z",
    },
    {"Task ID": "t3", "Title": "Tidy up", "Due Date": "2024-04-01", "Completed": "no"},
]
PRODUCTS = [
    {
        "Product ID": "p1",
        "Name": "Workshop",
        "SKU": "WS-1",
        "Price": "100.00",
        "Description": "A day",
        "Type": "Service",
    },
    {
        "Product ID": "p2",
        "Name": "Handbook",
        "SKU": "HB-2",
        "Price": "25.50",
        "Description": "",
        "Type": "Physical",
    },
]
ORDERS = [
    {
        "Order ID": "1001",
        "Order Date": "2024-02-02 10:00:00",
        "Contact Id": "c1",
        "Status": "Completed",
        "Tax": "38.00",
        "Total": "238.00",
        "Currency": "USD",
    },
    {
        "Order ID": "1002",
        "Order Date": "2024-02-05 11:00:00",
        "Contact Id": "c2",
        "Status": "Cancelled",
        "Tax": "",
        "Total": "51.00",
        "Currency": "USD",
    },
    {
        "Order ID": "1003",
        "Order Date": "2024-02-06 11:00:00",
        "Contact Id": "c2",
        "Status": "Completed",
        "Tax": "",
        "Total": "80.00",
        "Currency": "USD",
    },
]
ORDER_LINES = [
    {
        "Line Item ID": "l1",
        "Order ID": "1001",
        "Product ID": "p1",
        "Quantity": "2",
        "Unit Price": "100.00",
    },
    {
        "Line Item ID": "l2",
        "Order ID": "1002",
        "Product ID": "p2",
        "Quantity": "2",
        "Unit Price": "25.50",
    },
]
# One row for each line, the number repeated.
INVOICES = [
    {
        "Invoice Number": "INV-7",
        "Invoice Date": "2024-02-10",
        "Due Date": "2024-02-24",
        "Customer Email": "ada@example.com",
        "Item": "Workshop",
        "Quantity": "1",
        "Unit Price": "100.00",
        "Total": "125.50",
        "Amount Paid": "125.50",
        "Status": "Paid",
        "Text to Pay URL": "https://pay.example.com/7",
    },
    {
        "Invoice Number": "INV-7",
        "Invoice Date": "2024-02-10",
        "Due Date": "2024-02-24",
        "Customer Email": "ada@example.com",
        "Item": "Handbook",
        "Quantity": "1",
        "Unit Price": "25.50",
        "Total": "125.50",
        "Amount Paid": "125.50",
        "Status": "Paid",
        "Text to Pay URL": "https://pay.example.com/7",
    },
    {
        "Invoice Number": "INV-8",
        "Invoice Date": "2024-03-10",
        "Due Date": "2024-03-24",
        "Customer Email": "max@example.com",
        "Item": "Workshop",
        "Quantity": "3",
        "Unit Price": "100.00",
        "Total": "300.00",
        "Amount Paid": "120.00",
        "Status": "Partially paid",
        "Text to Pay URL": "",
    },
    {
        "Invoice Number": "INV-9",
        "Invoice Date": "2024-03-11",
        "Due Date": "2024-03-25",
        "Customer Email": "max@example.com",
        "Item": "Workshop",
        "Quantity": "1",
        "Unit Price": "100.00",
        "Total": "100.00",
        "Amount Paid": "0.00",
        "Status": "Sent",
        "Text to Pay URL": "",
    },
]
COURSES = [
    {
        "Course ID": "k1",
        "Course Title": "Selling",
        "Portal Name": "Academy",
        "Module": "",
        "Lesson": "",
    },
    {
        "Course ID": "k2",
        "Course Title": "Selling",
        "Portal Name": "Academy",
        "Module": "Basics",
        "Lesson": "Hello",
    },
]
MEMBERSHIPS = [
    {
        "Membership ID": "m1",
        "Student Email": "ada@example.com",
        "Course Title": "Selling",
        "Status": "Active",
        "Enrolled at": "2024-01-15 09:00:00",
        "Progress %": "40",
    },
    {
        "Membership ID": "m2",
        "Student Email": "max@example.com",
        "Course Title": "Buying",
        "Status": "Completed",
        "Enrolled at": "2024-01-16 09:00:00",
        "Progress %": "100",
    },
    {
        "Membership ID": "m3",
        "Student Email": "max@example.com",
        "Course Title": "Selling",
        "Status": "Expired",
        "Enrolled at": "2023-01-16 09:00:00",
        "Progress %": "5",
    },
]
SEGMENTS = [
    {
        "Segment ID": "s1",
        "Segment Name": "Newsletter",
        "Type": "Static",
        "Contact Email": "ada@example.com",
        "Filter": "",
    },
    {
        "Segment ID": "s2",
        "Segment Name": "Newsletter",
        "Type": "Static",
        "Contact Email": "max@example.com",
        "Filter": "",
    },
    {
        "Segment ID": "s3",
        "Segment Name": "Hot leads",
        "Type": "Smart list",
        "Contact Email": "",
        "Filter": "score > 50",
    },
]
PAYMENT_LINKS = [
    {
        "ID": "pl1",
        "Title": "Deposit",
        "Payment URL": "https://pay.example.com/abc",
        "Contact Id": "c2",
        "Created": "2024-02-20T09:00:00Z",
    },
]
TABLES = {
    "contacts.csv": CONTACTS,
    "opportunities.csv": OPPORTUNITIES,
    "tasks.csv": TASKS,
    "products.csv": PRODUCTS,
    "orders.csv": ORDERS,
    "order_items.csv": ORDER_LINES,
    "invoices.csv": INVOICES,
    "courses.csv": COURSES,
    "memberships.csv": MEMBERSHIPS,
    "segments.csv": SEGMENTS,
    "text_to_pay.csv": PAYMENT_LINKS,
}
# What a migration with the apps may write beside what it writes without them.
APP_MODELS = (
    "project.project", "project.task", "project.task.type", "product.product", "product.template",
    "sale.order", "sale.order.line", "account.move", "account.move.line", "account.payment",
    "account.journal", "account.account", "account.partial.reconcile", "account.full.reconcile",
    "account.payment.method.line", "stock.picking", "stock.move", "stock.quant", "stock.location",
    "product.value",
    "product.attribute", "product.attribute.value", "product.template.attribute.line",
    "product.pricelist",
    "product.template.attribute.value", "slide.channel",
    "slide.channel.partner", "mailing.list", "mailing.contact", "mailing.subscription",
    "mailing.mailing", "sms.sms", "ir.model", "ir.ui.menu", "ir.model.access", "ir.ui.view",
    "ir.sequence",
)  # fmt: skip


class AppsCase(MigrationCase):
    profile = "crmconnect"
    makes_fields = True

    @classmethod
    def dump(cls):
        """As usual, with the tables of the apps."""
        result = super().dump()
        # Odoo's own mirror of Python classes: written anew whenever a custom field is made.
        names = result["ir_model_data"]
        result["ir_model_data"] = {
            res_id: row for res_id, row in names.items() if row["model"] != "ir.model.inherit"
        }
        for model in APP_MODELS:
            if model in cls.env:
                cls.cr.execute(f"SELECT * FROM {cls.env[model]._table}")
                result[cls.env[model]._table] = {row["id"]: row for row in cls.cr.dictfetchall()}
        return result

    def assertAllLanded(self, project, *entities):
        """Every row of these entities became a record, and equals the source in every field."""
        for entity in entities:
            rows = self.env["crm.migration.record"].search(
                [("project_id", "=", project.id), ("entity", "=", entity)]
            )
            self.assertTrue(rows, entity)
            for row in rows:
                self.assertTrue(
                    row.res_id, f"{entity} {row.source_key}: {row.issue_ids.mapped('message')}"
                )
        wrong = self.find_wrong(project)
        told = [(c.entity, c.source_key, c.field_name, c.expected, c.actual) for c in wrong]
        self.assertFalse(told)

    @classmethod
    def find_wrong(cls, project):
        """Verify, and return the checks that found a difference."""
        run = cls.run_step(project, "verify")
        return cls.env["crm.migration.check"].search(
            [
                ("run_id", "=", run.id),
                ("verdict", "in", ["different", "missing"]),
                ("kind", "in", ["value", "link"]),
            ]
        )
