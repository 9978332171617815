from odoo import api, models
from odoo.tools.translate import LazyTranslate

from ...engine.totals import paid_amount

_lt = LazyTranslate(__name__)

# Custom fields of the contact, by kind of document: name -> (type, label).
LEDGER_FIELDS = {
    "order": {
        "x_source_orders": ("json", _lt("Orders in Source (Data)")),
        "x_orders": ("text", _lt("Orders in Source")),
        "x_order_count": ("integer", _lt("Number of Orders in Source")),
        "x_order_total": ("float", _lt("Total of Orders in Source")),
        "x_order_last_date": ("date", _lt("Last Order in Source")),
    },
    "invoice": {
        "x_source_invoices": ("json", _lt("Invoices in Source (Data)")),
        "x_invoices": ("text", _lt("Invoices in Source")),
        "x_invoice_count": ("integer", _lt("Number of Invoices in Source")),
        "x_invoice_total": ("float", _lt("Total of Invoices in Source")),
        "x_invoice_open": ("float", _lt("Open Amount in Source")),
        "x_invoice_last_date": ("date", _lt("Last Invoice in Source")),
    },
}

# What is known of a document whose lines came first.
EMPTY = {"row": {}, "date": "", "total": 0.0, "open": 0.0, "currency": "", "status": ""}


class CrmMigrationTargetContactLedger(models.AbstractModel):
    """Orders or invoices without their app: custom fields on the contact, whole (CC-34).

    The JSON field has every row as it came, under its key; the others are worked out from it. What
    is expected of a contact is what it has, with this row's entry as the source has it: equal only
    if the entry is there, unchanged.
    """

    _name = "crm.migration.target.contact.ledger"
    _inherit = "crm.migration.target.app"
    _description = "Target: Documents on the Contact"
    _model = "res.partner"
    _kind = None

    @api.model
    def _get_json_field(self):
        return next(iter(LEDGER_FIELDS[self._kind]))

    @api.model
    def _split(self, items, resolver):
        return [(self, items)]

    @api.model
    def _prepare(self, items, resolver):
        numbers = self.env["crm.migration.target.document"]._get_numbers(items)
        for item in items:
            item.target = self
            item.model = self._model
            # A row that repeats the number of a document is a line of it.
            item.extra["document"] = numbers[item.key] if numbers[item.key] != item.key else None
            item.rules = {}
            item.problems = list(item.mapped.problems)
            item.values = {}
            item.extra["partner"] = self._find_partner(item, resolver)
            item.extra["entry"] = self._get_entry(item)
            self._tell_currency(item, resolver)
        known = self._read_entries([i.extra["partner"] for i in items if i.extra["partner"]])
        for item in items:
            entries = known.get(item.extra["partner"], {})
            entries = self._put(entries, item)
            item.values = self._sum_up(entries) if item.extra["partner"] else {}

    @api.model
    def _find_partner(self, item, resolver):
        partner = self._find_customer(item, resolver)
        if not partner:
            self._tell_no_contact(item)
        return partner

    @api.model
    def _get_entry(self, item):
        """Return the row as it is kept: every filled cell, and the figures that are summed."""
        mapped = item.mapped.values
        total = mapped.get("total")
        if total is None:
            parts = [mapped.get(name) or 0.0 for name in ("subtotal", "tax", "shipping")]
            total = round(sum(parts) - (mapped.get("discount_total") or 0.0), 2)
        paid = paid_amount(total, mapped.get("paid"), mapped.get("balance"), mapped.get("status"))
        return {
            "row": {name: text for name, text in item.record["payload"].items() if text.strip()},
            "date": (mapped.get("date") or mapped.get("x_source_created_at") or "")[:10],
            "total": total,
            "open": round(abs(total) - paid, 2) if mapped.get("status") != "cancel" else 0.0,
            "currency": mapped.get("currency") or "",
            "status": next(iter(item.mapped.source_of("status").values()), ""),
        }

    @api.model
    def _put(self, entries, item):
        """Return the entries of a contact with this row's; lines already there stay."""
        if item.extra["document"]:
            return self._put_line(entries, item)
        entry = dict(item.extra["entry"])
        lines = (entries.get(item.key) or {}).get("lines")
        if lines:
            entry["lines"] = lines
        return entries | {item.key: entry}

    @api.model
    def _put_line(self, entries, item):
        """Return the entries with this row as a line of its document."""
        document = item.extra["document"]
        entry = dict(entries.get(document) or EMPTY)
        entry["lines"] = (entry.get("lines") or {}) | {item.key: item.extra["entry"]["row"]}
        return entries | {document: entry}

    @api.model
    def _read_entries(self, ids):
        """Return {partner ID: entries} as they are now."""
        name = self._get_json_field()
        rows = self.env[self._model].browse(set(ids)).read([name], load=None)
        return {row["id"]: row[name] or {} for row in rows}

    @api.model
    def _get_counted(self, entries):
        """Return the entries that are summed: of one currency, the company's before any other.

        Figures of several currencies make no sum; the list has all of them.
        """
        own = self.env.company.currency_id.name
        currencies = {entry["currency"] or own for entry in entries.values()}
        if len(currencies) > 1:
            currencies &= {own}
        return [e for e in entries.values() if (e["currency"] or own) in currencies]

    @api.model
    def _tell_currency(self, item, resolver):
        """Tell an amount that is no part of the sums of its contact."""
        own = resolver.project.company_id.currency_id.name
        entry = item.extra["entry"]
        if entry["currency"] not in ("", own) and not item.extra["document"]:
            item.tell(
                "currency_not_summed", "", entry["total"],
                currency=entry["currency"], company_currency=own,
            )  # fmt: skip

    @api.model
    def _sum_up(self, entries):
        """Return the values of all custom fields of a contact."""
        counted = self._get_counted(entries)
        dates = [entry["date"] for entry in entries.values() if entry["date"]]
        documents = sorted(entries.items(), key=lambda pair: (pair[1]["date"], pair[0]))
        prefix = f"x_{self._kind}"
        values = {
            self._get_json_field(): entries,
            f"{prefix}s": "\n".join(self._describe(key, entry) for key, entry in documents),
            f"{prefix}_count": len(entries),
            f"{prefix}_total": round(sum(entry["total"] for entry in counted), 2),
            f"{prefix}_last_date": max(dates) if dates else False,
        }
        if f"{prefix}_open" in LEDGER_FIELDS[self._kind]:
            values[f"{prefix}_open"] = round(sum(entry["open"] for entry in counted), 2)
        return values

    @api.model
    def _describe(self, key, entry):
        total = f"{entry['total']:.2f} {entry['currency']}".strip()
        return " · ".join(part for part in (key, entry["date"], total, entry["status"]) if part)

    # ------------------------------------------------------------- write

    @api.model
    def _foresee(self, items, resolver):
        ids = [item.extra["partner"] for item in items if item.record.get("res_id")]
        known = self._read_entries(ids)
        for item in items:
            item.res_id = item.extra["partner"]
            entries = known.get(item.res_id, {})
            same = item.record.get("res_id") and self._put(entries, item) == entries
            item.outcome = "unchanged" if same else "merged"

    @api.model
    def _load(self, items, resolver):
        """Write the entries, contact by contact; each row logs what it changed."""
        names = list(LEDGER_FIELDS[self._kind])
        landed = self._read_landed([item.extra["partner"] for item in items], names)
        last = {}
        for item in items:
            partner = item.extra["partner"]
            before = dict(last.get(partner) or {name: landed[partner][name] for name in names})
            entries = before[self._get_json_field()] or {}
            after = self._sum_up(self._put(entries, item))
            known = entries == after[self._get_json_field()]
            item.res_id = partner
            item.outcome = "unchanged" if known and item.record.get("res_id") else "merged"
            item.extra |= {"before": before, "after": after} if not known else {}
            item.values = after
            last[partner] = after
        written = [item for item in items if item.extra.get("after")]
        self._note_stamps(written)
        for partner in {item.res_id for item in written}:
            self.env[self._model].browse(partner).write(last[partner])


class CrmMigrationTargetContactOrder(models.AbstractModel):
    """Orders without Sales."""

    _name = "crm.migration.target.contact.order"
    _inherit = "crm.migration.target.contact.ledger"
    _description = "Target: Orders on the Contact"
    _kind = "order"


class CrmMigrationTargetContactInvoice(models.AbstractModel):
    """Invoices without Accounting."""

    _name = "crm.migration.target.contact.invoice"
    _inherit = "crm.migration.target.contact.ledger"
    _description = "Target: Invoices on the Contact"
    _kind = "invoice"


class CrmMigrationTargetContactLedgerLine(models.AbstractModel):
    """Lines of documents without their app: kept with the document on its contact."""

    _name = "crm.migration.target.contact.ledger.line"
    _inherit = "crm.migration.target.contact.ledger"
    _description = "Target: Lines of Documents on the Contact"

    @api.model
    def _find_partner(self, item, resolver):
        """Return the contact that the document landed on; the line waits for its document."""
        references = item.mapped.references.get("document", [])
        for reference in references:
            found = resolver.find(reference, stuck=True)
            landed = [one for one in found if one.landed]
            if len(landed) == 1:
                item.extra["document"] = landed[0].source_key
                return landed[0].res_id
            if found:
                item.tell("waits_for", "document", reference.value, entity=reference.entity)
                return False
        item.tell("line_without_document", "document", references[0].value if references else "")
        return False


class CrmMigrationTargetContactOrderLine(models.AbstractModel):
    """Lines of orders without Sales."""

    _name = "crm.migration.target.contact.order.line"
    _inherit = "crm.migration.target.contact.ledger.line"
    _description = "Target: Lines of Orders on the Contact"
    _kind = "order"


class CrmMigrationTargetContactInvoiceLine(models.AbstractModel):
    """Lines of invoices without Accounting."""

    _name = "crm.migration.target.contact.invoice.line"
    _inherit = "crm.migration.target.contact.ledger.line"
    _description = "Target: Lines of Invoices on the Contact"
    _kind = "invoice"
