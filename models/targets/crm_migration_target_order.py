import json

from odoo import api, models

from ...engine.mapping import KEPT
from .crm_migration_target_document import LINE_FIELDS

# Orders of the old CRM are delivered and invoiced there.
HISTORY = ("sale",)


class CrmMigrationTargetOrder(models.AbstractModel):
    """Orders with their lines (CC-30): history, that nobody delivers or invoices a second time."""

    _name = "crm.migration.target.order"
    _inherit = "crm.migration.target.document"
    _description = "Target: Sales Order"
    _model = "sale.order"
    _use = "order"
    _fallback = "crm.migration.target.contact.order"
    _entity = "order"
    _line_family = "order_line"
    _line_model = "sale.order.line"
    _line_field = "order_line"
    _quantity = "product_uom_qty"
    _computed = ("amount_total",)
    _used = (
        *LINE_FIELDS, "partner_id", "date", "status", "subtotal", "tax", "shipping", "total",
        "discount_total", "user_id", "note", "payment_url", "lead_id", "x_source_created_at",
        "currency",
    )  # fmt: skip

    @api.model
    def _get_values(self, item, resolver):
        mapped = item.mapped.values
        partner = self._find_customer(item, resolver)
        if not partner:
            self._tell_no_contact(item)
        date = mapped.get("date") or mapped.get("x_source_created_at")
        if not date:
            item.tell("missing_date", "date_order")
        owner = self._get_owner_id(item, resolver)
        values = {
            "name": item.extra["number"],
            "partner_id": partner,
            "date_order": date,
            "validity_date": False,
            "state": self._get_state(item),
            "user_id": owner,
            "company_id": resolver.project.company_id.id,
            "x_source_status": next(iter(item.mapped.source_of("status").values()), False),
            "x_spark_owner_id": item.values.get("x_spark_owner_id") or False,
        }
        if "opportunity_id" in self.env[self._model]._fields:
            values["opportunity_id"] = self._find_link(
                item, resolver, "lead_id", code="missing_contact"
            )
        values["pricelist_id"] = self._get_price_list_id(item, resolver)
        return values

    @api.model
    def _get_state(self, item):
        """Return the state; an order that tells none is one, one that tells nonsense a draft."""
        status = item.mapped.values.get("status")
        if status:
            return status
        told = "status" in item.mapped.rules
        item.rules["state"] = item.mapped.rules.get("status", "status_missing")
        return "draft" if told else "sale"

    @api.model
    def _get_price_list_id(self, item, resolver):
        """Return the price list that gives the order its currency; none in that of the company.

        A currency that Odoo does not know leaves the figure as it is, and is told.
        """
        currency = item.mapped.values.get("currency")
        own = resolver.project.company_id.currency_id.name
        if not currency or currency == own:
            return False
        known = resolver.xmlid("app", "pricelist", currency)
        if not known:
            item.keep_sources(["currency"])
            item.tell(
                "foreign_currency", "", item.mapped.values.get("total"), "currency",
                currency=currency, company_currency=own,
            )  # fmt: skip
        return known or False

    @api.model
    def _prepare(self, items, resolver):
        result = super()._prepare(items, resolver)
        for item in items:
            item.values["amount_total"] = self._get_total(item)
        return result

    @api.model
    def _after_create(self, records, items, resolver):
        """Nothing is left to invoice, and what the source says besides stands in the chatter."""
        self.env.flush_all()
        history = records.filtered(lambda order: order.state in HISTORY)
        self._set_invoiced(history)
        for record, item in zip(records, items, strict=True):
            self._queue_note(item, record, self._get_note(item), resolver)

    @api.model
    def _set_invoiced(self, orders):
        """Take migrated orders off the list of what is to invoice: three columns Odoo works out.

        A person who changes such an order makes Odoo work them out anew.
        """
        if not orders:
            return
        self.env.cr.execute(
            """UPDATE sale_order_line SET invoice_status = 'invoiced', qty_to_invoice = 0
                WHERE order_id = ANY(%s)""",
            [orders.ids],
        )
        self.env.cr.execute(
            "UPDATE sale_order SET invoice_status = 'invoiced' WHERE id = ANY(%s)", [orders.ids]
        )
        orders.invalidate_recordset()
        orders.order_line.invalidate_recordset()

    @api.model
    def _release(self, records):
        """Make confirmed orders deletable: they are history, and nothing hangs on them."""
        records.filtered(lambda order: order.state != "draft").write({"state": "draft"})
        return records


class CrmMigrationTargetOrderLine(models.AbstractModel):
    """Rows that are lines of orders."""

    _name = "crm.migration.target.order_line"
    _inherit = "crm.migration.target.document.line"
    _description = "Target: Line of a Sales Order"
    _model = "sale.order.line"
    _use = "order"
    _fallback = "crm.migration.target.contact.order.line"
    _document = "crm.migration.target.order"
    _document_field = "order_id"
    _used = (
        *LINE_FIELDS, "document", "line_note", "sequence", "x_source_created_at", "tax",
        "partner_id", "date", "status", "total", "subtotal",
    )  # fmt: skip

    @api.model
    def _release(self, records):
        self.env["crm.migration.target.order"]._release(records.order_id)
        return records

    @api.model
    def _set_identity(self, items):
        """Tell the lines, made with their documents, which rows they are: one statement."""
        if not items:
            return
        self.env.flush_all()
        self.env.cr.execute_values(
            """UPDATE sale_order_line AS line
                  SET x_source_id = v.key, x_source_system = v.system,
                      x_source_created_at = v.created::timestamp, x_source_data = v.data::jsonb
                 FROM (VALUES %s) AS v(id, key, system, created, data)
                WHERE line.id = v.id""",
            [
                (
                    item.res_id,
                    item.values["x_source_id"],
                    item.values["x_source_system"],
                    item.values["x_source_created_at"] or None,
                    json.dumps(item.values[KEPT]) if item.values[KEPT] else None,
                )
                for item in items
            ],
        )
        self.env[self._model].browse([item.res_id for item in items]).invalidate_recordset()
