from contextlib import contextmanager

from odoo import api, models

from ...engine.totals import paid_amount
from .crm_migration_target_document import LINE_FIELDS

# Invoices posted in one batch: 0.03 s of CPU each with their payments, 0.1 s where a batch is
# retried one by one; a worker has 60 s by default.
POSTED_BATCH = 100
OWED = ("open", "partial", "paid")
# Figures of a posted invoice that follow its payments.
FOLLOWING = {"amount_residual", "payment_state"}
# What Odoo counts of a contact as it posts.
RANKS = ("customer_rank", "supplier_rank")


class CrmMigrationTargetInvoice(models.AbstractModel):
    """Invoices with their lines (CC-32), in a journal of their own.

    As the accountant chose (X-36): drafts with a note on what was paid, which book nothing; or
    posted, with a payment of what was paid. Either way their total is the source's.
    """

    _name = "crm.migration.target.invoice"
    _inherit = "crm.migration.target.document"
    _description = "Target: Invoice"
    _model = "account.move"
    _use = "invoice"
    _fallback = "crm.migration.target.contact.invoice"
    _entity = "invoice"
    _line_family = "invoice_line"
    _line_model = "account.move.line"
    _line_field = "invoice_line_ids"
    _quantity = "quantity"
    _computed = ("amount_total", "amount_residual", "payment_state", "state")
    _used = (
        *LINE_FIELDS, "partner_id", "date", "due", "status", "subtotal", "tax", "shipping",
        "total", "discount_total", "user_id", "note", "payment_url", "paid", "balance", "paid_on",
        "invoice_kind", "x_source_created_at",
    )  # fmt: skip

    @api.model
    def _get_most(self, project):
        """Posting and paying are dear: a batch must end before its worker's time does."""
        return POSTED_BATCH if project.invoice_policy == "posted" else None

    @api.model
    def _get_values(self, item, resolver):
        mapped = item.mapped.values
        partner = self._find_customer(item, resolver)
        if not partner:
            self._tell_no_contact(item)
        date = (mapped.get("date") or mapped.get("x_source_created_at") or "")[:10]
        if not date:
            item.tell("missing_date", "invoice_date")
        owner = self._get_owner_id(item, resolver)
        return {
            "name": item.extra["number"],
            "partner_id": partner,
            "move_type": self._get_type(mapped),
            "invoice_date": date or False,
            "invoice_date_due": mapped.get("due") or date or False,
            "date": date or False,
            "journal_id": resolver.xmlid("app", "journal"),
            "currency_id": self._get_currency_id(item, resolver),
            "invoice_user_id": owner,
            "company_id": resolver.project.company_id.id,
            "invoice_payment_term_id": False,
            "fiscal_position_id": False,
            "x_source_status": next(iter(item.mapped.source_of("status").values()), False),
            "x_spark_owner_id": item.values.get("x_spark_owner_id") or False,
        }

    @api.model
    def _get_type(self, mapped):
        """Return invoice or credit note: as told, else by the sign of the total."""
        negative = (mapped.get("total") or 0.0) < 0
        return mapped.get("invoice_kind") or ("out_refund" if negative else "out_invoice")

    @api.model
    def _get_currency_id(self, item, resolver):
        own = resolver.project.company_id.currency_id
        currency = item.mapped.values.get("currency") or own.name
        found = resolver.by_name("res.currency").get(currency.casefold())
        if not found:
            item.tell(
                "foreign_currency", "currency_id", item.mapped.values.get("total"), "currency",
                currency=currency, company_currency=own.name,
            )  # fmt: skip
        return found or own.id

    @api.model
    def _prepare(self, items, resolver):
        result = super()._prepare(items, resolver)
        for item in items:
            self._set_sums(item, resolver)
        return result

    @api.model
    def _set_sums(self, item, resolver):
        """Set what must be landed: the total, what is open of it, and the state that follows."""
        mapped, values = item.mapped.values, item.values
        total = abs(self._get_total(item))
        status = mapped.get("status")
        paid = paid_amount(total, mapped.get("paid"), mapped.get("balance"), status)
        item.extra["paid"] = paid
        values |= {"amount_total": total, "x_source_paid": paid, "state": "draft"}
        if self._is_posted(item, resolver, paid):
            open_amount = round(total - paid, 2)
            state = "paid" if not open_amount else "partial" if paid else "not_paid"
            values |= {"state": "posted", "amount_residual": open_amount, "payment_state": state}
        elif status == "cancel":
            values["state"] = "cancel"

    @api.model
    def _is_posted(self, item, resolver, paid):
        """Return whether an invoice is posted: chosen so, owed, and booked at a known rate."""
        project, mapped = resolver.project, item.mapped.values
        if project.invoice_policy != "posted":
            return False
        if mapped.get("status") not in OWED and not (paid and not mapped.get("status")):
            if not mapped.get("status"):
                item.tell("status_missing", "state")
            return False
        currency = mapped.get("currency")
        if not currency or currency == project.company_id.currency_id.name:
            return True
        known = resolver.rate(currency, item.values["invoice_date"])
        active = self.env["res.currency"].browse(item.values["currency_id"]).active
        if known and active:
            return True
        item.tell(
            "foreign_currency", "state", mapped.get("total"), "currency",
            currency=currency, company_currency=project.company_id.currency_id.name,
        )  # fmt: skip
        return False

    @api.model
    def _get_lines(self, record):
        return record.line_ids.filtered(lambda line: line.display_type == "product")

    @api.model
    def _is_open(self, record):
        return record.state == "draft"

    # ------------------------------------------------------------- write

    @api.model
    def _create(self, items, resolver):
        """Create drafts; credit notes of the source have negative figures, Odoo's positive ones."""
        for item in items:
            if item.values["move_type"] == "out_refund":
                self._turn_signs(item)
        return super()._create(items, resolver)

    @api.model
    def _turn_signs(self, item):
        lines = [values for __, __, values in item.extra["lines"]] + item.extra["added"]
        if sum(self._get_sum(values) for values in lines) < 0:
            for values in lines:
                values["price_unit"] = -values["price_unit"]

    @api.model
    def _after_create(self, records, items, resolver):
        """Post what is to be posted, pay what was paid, and write down what was not booked."""
        pairs = list(zip(records, items, strict=True))
        for record, item in pairs:
            self._queue_note(item, record, self._get_note(item), resolver)
        of_state = {}
        for record, item in pairs:
            of_state.setdefault(item.values["state"], []).append((record, item))
        if "cancel" in of_state:
            records.browse([record.id for record, __ in of_state["cancel"]]).button_cancel()
        self._book(of_state.get("posted", []), resolver)
        self._close_gaps(records)

    @api.model
    def _book(self, pairs, resolver):
        """Post the drafts among these invoices, and register what is paid of them beyond that.

        :param pairs: [(invoice, item)]
        """
        drafts = [pair for pair in pairs if pair[0].state == "draft"]
        with self._count_customers(pairs):
            self.env[self._model].browse([move.id for move, __ in drafts])._post(soft=False)
            self._pay([pair for pair in pairs if self._get_unpaid(*pair) > 0], resolver)

    @api.model
    def _get_unpaid(self, move, item):
        """Return how much more the source has as paid."""
        return move.currency_id.round(move.amount_residual - item.values["amount_residual"])

    @api.model
    @contextmanager
    def _count_customers(self, pairs):
        """Count what is posted herein as its customers' (``customer_rank``), as Odoo does.

        Odoo counts each invoice and each payment (its entry names the customer too), the first one
        at once and the others after the commit: a sample is undone by then, and its partners are
        gone; nor could a rollback lower what nobody logged.

        :param pairs: [(invoice, item)]
        """
        firsts = {}
        for move, item in pairs:
            for partner in move.partner_id | move.commercial_partner_id:
                firsts.setdefault(partner, item)
        before = {partner: partner.customer_rank for partner in firsts}
        partners = self.env["res.partner"].union(*firsts)
        stamps = self.env["crm.migration.schema"]._read_stamps("res_partner", partners.ids)
        waiting = {name: dict(self._get_put_off(name)) for name in RANKS}
        yield
        late = dict(self._get_put_off("customer_rank"))
        for name in RANKS:
            put_off = self._get_put_off(name)
            put_off.clear()
            put_off.update(waiting[name])
        for partner in partners:
            more = late.get(partner.id, 0) - waiting["customer_rank"].get(partner.id, 0)
            if more:
                partner.customer_rank += more
            if partner.customer_rank != before[partner]:
                uid, date = stamps[partner.id]
                old = {"customer_rank": before[partner], "write_uid": uid, "write_date": date}
                new = {"customer_rank": partner.customer_rank}
                firsts[partner].side_effects.append((partner._name, partner.id, old, new))

    @api.model
    def _get_put_off(self, name):
        """Return {partner ID: count} of what Odoo counts after the commit."""
        return self.env.cr.postcommit.data.get(f"account.res.partner.increase_rank.{name}", {})

    @api.model
    def _close_gaps(self, records):
        """Numbers of the source have gaps that are none of this company's sequence."""
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE account_move SET made_sequence_gap = FALSE WHERE id = ANY(%s)", [records.ids]
        )
        records.invalidate_recordset(["made_sequence_gap"])

    @api.model
    def _pay(self, pairs, resolver):
        """Register what was paid, and match each payment with its invoice: all in three calls.

        :param pairs: [(invoice, item)]
        """
        journal = self.env["account.journal"].browse(resolver.xmlid("app", "bank"))
        values = [self._prepare_payment(move, item, journal) for move, item in pairs]
        payments = self.env["account.payment"].create(values)
        payments.action_post()
        owed = []
        for (move, item), payment in zip(pairs, payments, strict=True):
            lines = move.line_ids + payment.move_id.line_ids
            owed.append(
                lines.filtered(
                    lambda line: (
                        line.account_id.account_type == "asset_receivable" and not line.reconciled
                    )
                )
            )
            item.companions.append((payment._name, payment.id))
        if owed:
            self.env["account.move.line"]._reconcile_plan(owed)

    @api.model
    def _prepare_payment(self, move, item, journal):
        inbound = move.move_type == "out_invoice"
        lines = journal.inbound_payment_method_line_ids
        lines = lines if inbound else journal.outbound_payment_method_line_ids
        return {
            "payment_type": "inbound" if inbound else "outbound",
            "partner_type": "customer",
            "partner_id": move.commercial_partner_id.id,
            "amount": self._get_unpaid(move, item),
            "currency_id": move.currency_id.id,
            "date": item.mapped.values.get("paid_on") or item.values["invoice_date"],
            "journal_id": journal.id,
            "payment_method_line_id": lines[:1].id,
            "memo": move.name,
        }

    @api.model
    def _get_note(self, item):
        """Say on a draft what the source says of its payment: nothing of it is booked."""
        note = super()._get_note(item)
        if item.values["state"] == "posted" or not item.mapped.values.get("status"):
            return note
        text = self.env._(
            "In the old CRM: %(status)s, paid %(paid).2f of %(total).2f. Nothing is booked.",
            status=item.values["x_source_status"] or item.mapped.values["status"],
            paid=item.extra["paid"],
            total=item.values["amount_total"],
        )
        return note + text

    @api.model
    def _update(self, items, resolver):  # pylint: disable=missing-return
        """Post and pay what was posted and paid since; anything else of a posted one is told."""
        states = {m.id: m.state for m in self.env[self._model].browse([i.res_id for i in items])}
        super()._update(items, resolver)
        due = []
        for item in items:
            changed = item.extra.get("after", {}).keys()
            move = self.env[self._model].browse(item.res_id)
            if item.values["state"] == "posted" and "cancel" not in (states[move.id], move.state):
                if changed & {"state", "amount_residual"}:
                    due.append((move, item))
            if states[move.id] == "posted":
                self._tell_history(move, item, changed - FOLLOWING)
        if due:
            self._book(due, resolver)
            self._close_gaps(self.env[self._model].browse([move.id for move, __ in due]))

    @api.model
    def _tell_history(self, move, item, changed):
        """Tell what a newer export changes of a posted invoice, which stays as it is."""
        told = {name for name in changed if not name.startswith("x_")}
        for name in told:
            for values in (item.extra["before"], item.extra["after"]):
                values.pop(name, None)
        if item.values["state"] == "posted" and self._get_unpaid(move, item) < 0:
            told.add("amount_residual")
        if told:
            item.tell("posted_changed", "", ", ".join(sorted(told)))

    @api.model
    def _write(self, records, values):
        """A posted invoice is history: of it only what the source calls its status is written."""
        drafts = records.filtered(lambda move: move.state == "draft")
        ours = {name: value for name, value in values.items() if name.startswith("x_")}
        super()._write(records - drafts, ours)
        return super()._write(drafts, values)

    @api.model
    def _release(self, records):
        """Make posted invoices deletable: nobody but the migration numbers in their journal."""
        records = records.with_context(force_delete=True)
        records.filtered(lambda move: move.state != "draft").button_draft()
        return records


class CrmMigrationTargetInvoiceLine(models.AbstractModel):
    """Rows that are lines of invoices."""

    _name = "crm.migration.target.invoice_line"
    _inherit = "crm.migration.target.document.line"
    _description = "Target: Line of an Invoice"
    _model = "account.move.line"
    _use = "invoice"
    _fallback = "crm.migration.target.contact.invoice.line"
    _document = "crm.migration.target.invoice"
    _document_field = "move_id"
    _used = (
        *LINE_FIELDS, "document", "line_note", "sequence", "x_source_created_at", "tax",
        "partner_id", "date", "status", "total", "subtotal", "due", "paid", "balance",
    )  # fmt: skip

    @api.model
    def _get_values(self, item, resolver):
        values = super()._get_values(item, resolver)
        # In a forecast the invoice has no ID of Odoo's yet.
        move = self.env["account.move"].browse(max(values["move_id"], 0) or [])
        if move.move_type == "out_refund" and values["price_unit"] < 0:
            values["price_unit"] = -values["price_unit"]
        return values

    @api.model
    def _release(self, records):
        self.env["crm.migration.target.invoice"]._release(records.move_id)
        return records.with_context(force_delete=True, dynamic_unlink=True)


class CrmMigrationTargetPayment(models.AbstractModel):
    """Payments that invoices brought along: only for taking them back."""

    _name = "crm.migration.target.payment"
    _inherit = "crm.migration.target.app"
    _description = "Target: Payment"
    _model = "account.payment"

    @api.model
    def _release(self, records):
        records.action_draft()
        return records.with_context(force_delete=True)
