from markupsafe import Markup

from odoo import api, models
from odoo.tools import SQL

from ...engine import line_items
from ...engine.comparing import same
from ...engine.mapping import fold
from ...engine.totals import balance
from ...engine.types import Mapped, Reference
from .. import staged_rows

# Mapped fields that a row of a document says of one of its lines.
LINE_FIELDS = ("product_id", "sku", "quantity", "price_unit", "discount", "line_total")


class CrmMigrationTargetDocument(models.AbstractModel):
    """Orders and invoices: a head and its lines, written together.

    The lines stand in rows of their own, in the rows of the document itself (one row per line,
    the number repeated), or nowhere: then the document has one line with its total. What the lines
    do not explain of the source's total becomes a line of its own, so that the totals are equal.
    """

    _name = "crm.migration.target.document"
    _inherit = "crm.migration.target.app"
    _description = "Target: Document with Lines"

    # Entity of the document and family of the lines; model and fields of a line.
    _entity = None
    _line_family = None
    _line_model = None
    _line_field = None

    # ------------------------------------------------------------- rows

    @api.model
    def _split(self, items, resolver):
        """The first row of a number is the document, the others are lines of it."""
        if not resolver.uses(self._use):
            return [(self.env[self._fallback], items)]
        numbers = self._get_numbers(items)
        first = self._find_first(items, numbers, resolver)
        heads, lines = [], []
        for item in items:
            item.extra["number"] = numbers[item.key]
            (heads if first[numbers[item.key]] == item.record["id"] else lines).append(item)
        line_target = self.env[f"{self._name}_line"]
        return [pair for pair in ((self, heads), (line_target, lines)) if pair[1]]

    @api.model
    def _get_numbers(self, items):
        """Return {source key: number of its document}: repeated rows have a key of their own."""
        files = self.env["crm.migration.file"].browse({i.record["file_id"] for i in items})
        columns = {file.id: file.key_column for file in files.exists()}
        numbers = {}
        for item in items:
            column = columns.get(item.record["file_id"])
            number = (item.record["payload"].get(column) or "").strip() if column else ""
            numbers[item.key] = number or item.key
        return numbers

    @api.model
    def _find_first(self, items, numbers, resolver):
        """Return {number: ID of the staged record that is the document}: its first row."""
        self.env.cr.execute(
            """SELECT source_key, id FROM crm_migration_record
                WHERE project_id = %s AND entity = %s AND source_key = ANY(%s)""",
            [resolver.project.id, items[0].entity, list(set(numbers.values()))],
        )
        return dict(self.env.cr.fetchall())

    @api.model
    def _read_lines(self, items, resolver):
        """Return {number: [(entity, source key, mapped row)]} of the lines of documents.

        One query for the further rows of the documents, one per table of lines.
        """
        loader = self.env["crm.migration.loader"]
        project, numbers = resolver.project, [item.extra["number"] for item in items]
        lines = {item.extra["number"]: [] for item in items}
        files = project.file_ids.filtered(lambda file: file.entity == items[0].entity)
        sources = [(items[0].entity, column) for column in {f.key_column for f in files} if column]
        for mapping in project.mapping_ids.filtered(lambda m: m.target == self._line_family):
            links = mapping.line_ids.filtered(
                lambda line: line.target_field == "document" and line.state != "ignored"
            )
            sources += [(mapping.entity, line.column) for line in links]
        heads = {item.record["id"] for item in items}
        for entity, column in sources:
            entity_map = loader._get_entity_map(project, entity)
            self.env.cr.execute(
                """SELECT id, source_key, COALESCE(loaded_payload, payload),
                          trim(payload ->> %s) FROM crm_migration_record
                    WHERE project_id = %s AND entity = %s AND trim(payload ->> %s) = ANY(%s)
                      AND (state != 'skipped' OR load_run_id IS NOT NULL)
                    ORDER BY id""",
                [column, project.id, entity, column, numbers],
            )
            for record_id, key, payload, number in self.env.cr.fetchall():
                if record_id not in heads:
                    lines[number].append((entity, key, entity_map.map_row(payload)))
        return lines

    # ------------------------------------------------------------- prepare

    @api.model
    def _prepare(self, items, resolver):
        result = super()._prepare(items, resolver)
        rows = self._read_lines(items, resolver)
        for item in items:
            if self._has_line(item.mapped):
                own = self._read_cell(item.mapped) or [item.mapped]
                rows[item.extra["number"]][:0] = [(item.entity, None, one) for one in own]
        resolver.prefetch([mapped for lines in rows.values() for __, __, mapped in lines])
        for item in items:
            lines = rows[item.extra["number"]]
            item.extra["lines"] = [
                (entity, key, self._get_line_values(mapped, resolver))
                for entity, key, mapped in lines
            ]
            item.extra["added"] = self._get_added_lines(item, resolver)
        return result

    @api.model
    def _has_line(self, mapped):
        known = {*mapped.values, *mapped.references}
        return bool(known & {"product_id", "sku", "price_unit", "line_total"})

    @api.model
    def _read_cell(self, mapped):
        """Return mapped rows of the lines that stand in the one cell of the products, if any.

        A row with a quantity or price of its own is one line, whatever its product is called.
        """
        if mapped.values.keys() & {"quantity", "price_unit"}:
            return []
        names = [r for r in mapped.references.get("product_id", []) if r.by == "name"]
        lines = line_items.read(names[0].value) if names else []
        return [
            Mapped(
                {name: line[name] for name in (*line_items.NUMBERS, "sku") if name in line},
                references={
                    "product_id": [
                        Reference("product", by, line[name])
                        for by, name in (("id", "product_id"), ("name", "name"))
                        if line.get(name)
                    ]
                },
            )
            for line in lines
        ]

    @api.model
    def _get_added_lines(self, item, resolver):
        """Return values of the lines beside those of the source: tax, shipping, differences."""
        mapped, lines = item.mapped.values, item.extra["lines"]
        total = mapped.get("total")
        if not lines and total is None and mapped.get("subtotal") is None:
            return []
        added = []
        figure = sum(self._get_sum(values) for __, __, values in lines)
        if not lines:
            subtotal = mapped.get("subtotal")
            figure = total if subtotal is None else subtotal
            added.append(self._get_added_line(self._get_title(item), figure, resolver))
        parts = {
            "tax": mapped.get("tax"),
            "shipping": mapped.get("shipping"),
            "discount": mapped.get("discount_total"),
        }
        for part, amount in balance(total, figure, parts):
            if part == "difference":
                item.tell("total_differs", "", total, "total", lines=f"{figure:.2f}")
            added.append(self._get_added_line(self._get_part_names()[part], amount, resolver))
        return added

    @api.model
    def _get_sum(self, values):
        full = values["price_unit"] * values[self._quantity]
        return round(full * (1 - (values.get("discount") or 0.0) / 100), 2)

    @api.model
    def _get_part_names(self):
        return {
            "tax": self.env._("Tax, as in the source"),
            "shipping": self.env._("Shipping, as in the source"),
            "discount": self.env._("Discount, as in the source"),
            "difference": self.env._("Difference to the total of the source"),
        }

    @api.model
    def _get_title(self, item):
        return self.env._("%(number)s, as in the source", number=item.extra["number"])

    @api.model
    def _get_total(self, item):
        """Return the total that must be landed: the source's, else that of its lines."""
        total = item.mapped.values.get("total")
        if total is not None:
            return total
        lines = [values for __, __, values in item.extra["lines"]] + item.extra["added"]
        return round(sum(self._get_sum(values) for values in lines), 2)

    # ------------------------------------------------------------- lines

    @api.model
    def _get_line_values(self, mapped, resolver):
        """Return the values of a line: product, text, quantity and price as the source has them."""
        values = mapped.values
        product = self._find_product(mapped, resolver)
        quantity = values.get("quantity")
        quantity = 1.0 if quantity is None else quantity
        price = values.get("price_unit")
        if price is None:
            whole = values.get("line_total", values.get("total") if not product else None)
            price = (whole or 0.0) / quantity if quantity else 0.0
        return {
            "product_id": product or resolver.xmlid("app", "product") or False,
            "name": self._get_line_name(mapped, product),
            self._quantity: quantity,
            "price_unit": price,
            "discount": values.get("discount") or 0.0,
            "tax_ids": [],
            "sequence": values.get("sequence") or 10,
        }

    @api.model
    def _get_line_name(self, mapped, product):
        told = [r.value for r in mapped.references.get("product_id", []) if r.by == "name"]
        told += [mapped.values[name] for name in ("line_note", "sku") if mapped.values.get(name)]
        if product and product > 0 and not told:
            return self.env["product.product"].browse(product).display_name
        return "\n".join(dict.fromkeys(told)) or "-"

    @api.model
    def _get_added_line(self, name, amount, resolver):
        return {
            "product_id": resolver.xmlid("app", "product") or False,
            "name": name,
            self._quantity: 1.0,
            "price_unit": amount,
            "discount": 0.0,
            "tax_ids": [],
            "sequence": 1000,
        }

    @api.model
    def _find_product(self, mapped, resolver):
        """Return the ID of the product a line names by its ID, code or name in the source."""
        code = mapped.values.get("sku")
        known = code and resolver.by_name("product.product", "default_code").get(fold(code))
        if known:
            return known
        for reference in mapped.references.get("product_id", []):
            found = [one for one in resolver.find(reference) if one.landed]
            if len(found) == 1 and found[0].model == "product.product":
                return found[0].res_id
        return None

    # ------------------------------------------------------------- write

    @api.model
    def _create(self, items, resolver):
        """Create heads with all their lines in one call; each line gets the name of its row."""
        records = super()._create(items, resolver)
        for item, record in zip(items, records, strict=True):
            self._name_lines(item, record, resolver)
        return records

    @api.model
    def _get_technical(self, item, resolver):
        lines = [values for __, __, values in item.extra["lines"]] + item.extra["added"]
        return {self._line_field: [(0, 0, dict(values)) for values in lines]}

    @api.model
    def _name_lines(self, item, record, resolver):
        """Give the lines external IDs by their rows, and log those that no row stands for."""
        keys = [(entity, key) for entity, key, __ in item.extra["lines"]]
        keys += [None] * len(item.extra["added"])
        lines = self._get_lines(record).sorted("id")
        named = []
        for key, line in zip(keys, lines, strict=True):
            if key and key[1]:
                named.append((key, line))
            else:
                item.companions.append((line._name, line.id))
        module = resolver.project._get_xmlid_module()
        self.env["ir.model.data"]._update_xmlids(
            [
                {
                    "xml_id": f"{module}.{self.env[f'{self._name}_line']._get_line_xmlid(*key)}",
                    "record": line,
                    "noupdate": True,
                }
                for key, line in named
            ]
        )

    @api.model
    def _get_lines(self, record):
        return record[self._line_field]

    # ------------------------------------------------------------- balance

    @api.model
    def _update(self, items, resolver):  # pylint: disable=missing-return
        prepared = [dict(item.extra) for item in items]
        totals = {
            record.id: record.amount_total
            for record in self.env[self._model].browse([item.res_id for item in items])
        }
        super()._update(items, resolver)
        for item, extra in zip(items, prepared, strict=True):
            item.extra = extra | item.extra
        # A total that people changed is theirs.
        ours = [
            item
            for item in items
            if same(item.record["loaded_values"].get("amount_total"), totals[item.res_id], "float")
        ]
        self._rebalance(ours, resolver)
        for item in ours:
            if item.side_effects and item.outcome == "unchanged":
                item.outcome = "updated"

    @api.model
    def _rebalance(self, items, resolver, teller=None):
        """Make the lines that no row stands for say again what the others do not explain.

        What is posted or locked stays as it is; the next proof tells.

        :param teller: item of the row whose change made it necessary, if it is not the document's
        """
        records = self.env[self._model].browse([item.res_id for item in items])
        named = self._get_named_lines(records, resolver)
        for item, record in zip(items, records, strict=True):
            if not self._is_open(record):
                continue
            lines = self._get_lines(record).sorted("id")
            rows = lines.filtered(lambda line: line.id in named)
            own = [values for __, key, values in item.extra["lines"] if not key]
            landed = [
                {n: line[n] for n in ("price_unit", "discount", self._quantity)} for line in rows
            ]
            item.extra["lines"] = [(None, "landed", values) for values in landed]
            item.extra["lines"] += [(item.entity, None, values) for values in own]
            wanted = own + self._get_added_lines(item, resolver)
            if item.values.get("move_type") == "out_refund":
                wanted = [v | {"price_unit": abs(v["price_unit"])} for v in wanted]
            self._write_rowless(record, lines - rows, wanted, teller or item)

    @api.model
    def _is_open(self, record):
        return True

    @api.model
    def _get_named_lines(self, records, resolver):
        """Return the IDs of the lines that are rows of the source."""
        ids = [line.id for record in records for line in self._get_lines(record)]
        self.env.cr.execute(
            """SELECT res_id FROM ir_model_data
                WHERE module = %s AND model = %s AND res_id = ANY(%s)""",
            [resolver.project._get_xmlid_module(), self._line_model, ids],
        )
        return {res_id for (res_id,) in self.env.cr.fetchall()}

    @api.model
    def _write_rowless(self, record, lines, wanted, item):
        """Write the lines that no row stands for in their order; one too many counts nothing."""
        names = ("name", "price_unit", self._quantity, "discount", "product_id")
        pairs = list(zip(lines, wanted, strict=False))
        surplus = [(line, {"price_unit": 0.0}) for line in lines[len(wanted) :]]
        for line, values in pairs + surplus:
            now = self._read_landed_of(line._name, line.ids, names)[line.id]
            changes = {n: values[n] for n in names if n in values and values[n] != now[n]}
            if changes:
                line.write(changes)
                before = {name: now[name] for name in changes}
                item.side_effects.append((line._name, line.id, before, changes))
        missing = [(0, 0, dict(values)) for values in wanted[len(lines) :]]
        if missing:
            known = self._get_lines(record)
            record.write({self._line_field: missing})
            made = self._get_lines(record) - known
            item.companions += [(line._name, line.id) for line in made]

    @api.model
    def _get_note(self, item):
        """Return what the source says of the document that Odoo has no field for, as a note."""
        mapped = item.mapped.values
        parts = [Markup(mapped["note"])] if mapped.get("note") else []
        if mapped.get("payment_url"):
            link = Markup('<p>%s <a href="%s">%s</a></p>')
            url = mapped["payment_url"]
            parts.append(link % (self.env._("Payment link of the source:"), url, url))
        return Markup("").join(parts)

    @api.model
    def _queue_note(self, item, record, text, resolver):
        """Queue a note on a record, written with the other messages of the batch."""
        if not text:
            return
        when = item.values.get("date_order") or item.values.get("invoice_date")
        when = str(when or item.values.get("x_source_created_at") or "")
        message = self.env["crm.migration.target.message"]
        values = {
            "model": record._name,
            "res_id": record.id,
            "date": when if len(when) > 10 else f"{when} 12:00:00" if when else False,
            "body": text,
            "message_type": "comment",
            "subtype_id": self._get_id("mail.mt_note"),
            "is_internal": True,
            "author_id": False,
        } | message._get_technical(item, resolver)
        resolver.messages.append(({k: v for k, v in values.items() if v != ""}, item))


class CrmMigrationTargetDocumentLine(models.AbstractModel):
    """A row that is a line of a document: made with it, and proved here row by row."""

    _name = "crm.migration.target.document.line"
    _inherit = "crm.migration.target.app"
    _description = "Target: Line of a Document"

    # Target of the document, and the link to it.
    _document = None
    _document_field = None
    _used = ("document", "product_id", "sku", "line_note", "x_source_created_at", "sequence")

    @api.model
    def _get_line_xmlid(self, entity, key):
        return self.env["crm.migration.target"]._get_row_xmlid(entity, key)

    @api.model
    def _split(self, items, resolver):
        if not resolver.uses(self._use):
            return [(self.env[self._fallback], items)]
        return [(self, items)]

    @api.model
    def _get_values(self, item, resolver):
        document = self.env[self._document]
        values = document._get_line_values(item.mapped, resolver)
        values[self._document_field] = self._find_document(item, resolver)
        return {name: value for name, value in values.items() if name != "tax_ids"}

    @api.model
    def _get_identity(self, item, resolver):
        known = self.env[self._model]._fields
        identity = super()._get_identity(item, resolver)
        return {name: value for name, value in identity.items() if name in known}

    @api.model
    def _find_document(self, item, resolver):
        """Return the ID of the landed document; a line waits for its document, or is an orphan."""
        number = item.extra.get("number")
        if number:
            return self._find_by_number(item, number, resolver)
        references = item.mapped.references.get("document", [])
        for reference in references:
            # A line of a held document waits for whatever mends that.
            found = resolver.find(reference, stuck=True)
            if len(found) == 1 and found[0].landed:
                return found[0].res_id
            if found:
                item.tell("waits_for", "document", reference.value, entity=reference.entity)
                return False
        item.tell("line_without_document", "document", references[0].value if references else "")
        return False

    @api.model
    def _find_by_number(self, item, number, resolver):
        found = resolver.landed_id(item.entity, number, self.env[self._document]._model)
        if not found:
            item.tell("waits_for", "document", number, entity=item.entity)
        return found or False

    # ------------------------------------------------------------- write

    @api.model
    def _load(self, items, resolver):
        """The lines were made with their documents: find them. A line that came later is added."""
        self._find_existing(items, resolver)
        for item in items:
            if item.res_id and not item.record.get("res_id"):
                item.outcome = "created"
        self._set_identity([item for item in items if item.outcome == "created"])
        self._add([item for item in items if not item.res_id], resolver)
        self._update([item for item in items if item.res_id and not item.outcome], resolver)
        self._balance_documents(
            [item for item in items if item.extra.get("after") or item.extra.get("is_new")],
            resolver,
        )

    @api.model
    def _balance_documents(self, items, resolver):
        """A line that changed changes what it leaves of its document's total."""
        tellers = {item.values[self._document_field]: item for item in items}
        document = self.env[self._document]
        if not tellers:
            return
        loader, project = self.env["crm.migration.loader"], resolver.project
        self.env.cr.execute(
            SQL(
                """SELECT %s FROM crm_migration_record
                    WHERE project_id = %s AND model = %s AND res_id = ANY(%s)""",
                staged_rows.get_columns(),
                project.id,
                document._model,
                list(tellers),
            )
        )
        heads = loader._prepare_items(project, staged_rows.fetch(self.env.cr), resolver)
        for head in heads:
            head.res_id = head.record["res_id"]
            document._rebalance([head], resolver, teller=tellers[head.res_id])

    @api.model
    def _set_identity(self, items):
        """Tell the lines, made with their documents, which rows they are. For each to say."""

    @api.model
    def _add(self, items, resolver):
        """Add lines that a newer export brought to their documents."""
        self._create(items, resolver)
        for item in items:
            item.extra["is_new"] = True
