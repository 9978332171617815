from odoo import api, models

from ...engine.mapping import KEPT, fold
from ..damage import Damage
from ..product_variants import ATTRIBUTES, get_stock


class CrmMigrationTargetProduct(models.AbstractModel):
    """Products: name, price, code, description (CC-29); variants of one template (CC-31)."""

    _name = "crm.migration.target.product"
    _inherit = "crm.migration.target.app"
    _description = "Target: Product"
    _model = "product.product"
    _use = "product"
    _fallback = "crm.migration.target.unmoved"
    _used = (
        "name", "default_code", "barcode", "list_price", "standard_price", "description_sale",
        "product_kind", "active", "x_source_created_at",
    )  # fmt: skip
    # The price of a variant is that of its product, and what its attributes cost more.
    _computed = ("lst_price",)

    @api.model
    def _get_values(self, item, resolver):
        mapped = item.mapped.values
        if not mapped.get("name"):
            item.tell("no_name", "name", by="ID")
        self._tell_currency(item, resolver)
        self._tell_category(item, resolver)
        values = {
            "name": mapped.get("name") or item.key,
            "default_code": mapped.get("default_code") or False,
            "barcode": mapped.get("barcode") or False,
            "list_price": mapped.get("list_price") or 0.0,
            "standard_price": mapped.get("standard_price") or 0.0,
            "description_sale": mapped.get("description_sale") or False,
            "active": mapped.get("active", True),
            "company_id": False,
        }
        if mapped.get("list_price") is None:
            item.rules["list_price"] = "price_missing"
            item.tell("price_missing", "list_price")
        if mapped.get("product_kind"):
            values["type"] = mapped["product_kind"]
        if mapped.get("stock") is not None:
            self._set_stock(item, values, resolver)
        return self._as_variant(item, values, resolver)

    @api.model
    def _set_stock(self, item, values, resolver):
        """Inventory gets the count, to be applied by a person: that books its value."""
        stock = item.mapped.values["stock"]
        if "is_storable" in self.env[self._model]._fields:
            values |= {"is_storable": True, "type": "consu"}
            place = item.mapped.values.get("stock_location")
            place = place and resolver.xmlid("app", "place", fold(place))
            place = place or resolver._once("stock", lambda: get_stock(self.env, resolver.project))
            item.extra["count"] = (place, stock) if place and stock > 0 else None
        item.tell("stock_not_booked", "", stock, "stock")

    # ------------------------------------------------------------- variants

    @api.model
    def _as_variant(self, item, values, resolver):
        """Return the values of a variant: what it has in common is its product's (CC-31)."""
        template = resolver.xmlid("app", "variant", item.key)
        if not template:
            if any(item.mapped.values.get(name) for name in ATTRIBUTES):
                item.tell("variants_apart")
            return values
        known = resolver._once("combinations", lambda: self._read_combinations(resolver))
        texts = {name: item.mapped.values.get(name) for name in ATTRIBUTES}
        wanted = {
            resolver.xmlid("app", "value", name, fold(text)) for name, text in texts.items() if text
        }
        name, storable, combination = known[template]
        if fold(name) != fold(values["name"]):
            item.keep_sources(["name"])
        values |= {
            "name": name,
            "product_tmpl_id": template,
            "lst_price": values.pop("list_price"),
            "product_template_attribute_value_ids": [
                mine for value, mine in combination if value in wanted
            ],
        }
        if storable:
            values |= {"is_storable": True, "type": "consu"}
        if item.rules.pop("list_price", None):
            item.rules["lst_price"] = "price_missing"
        item.extra["variant"] = True
        return values

    @api.model
    def _read_combinations(self, resolver):
        """Return {template ID: (name, storable, [(value ID, ID)])} of those of the source."""
        module = resolver.project._get_xmlid_module()
        self.env.cr.execute(
            """SELECT DISTINCT res_id FROM ir_model_data
                WHERE module = %s AND model = 'product.template'""",
            [module],
        )
        templates = self.env["product.template"].browse(i for (i,) in self.env.cr.fetchall())
        return {
            template.id: (
                template.name,
                "is_storable" in template._fields and template.is_storable,
                [
                    (value.product_attribute_value_id.id, value.id)
                    for value in template.attribute_line_ids.product_template_value_ids
                ],
            )
            for template in templates.exists()
        }

    @api.model
    def _release(self, records):
        """Take the history of prices away, which Odoo begins with a product and leaves behind."""
        if "product.value" in self.env:
            field = "product_id.product_tmpl_id" if records._name != self._model else "product_id"
            self.env["product.value"].sudo().search([(field, "in", records.ids)]).unlink()
        return records

    @api.model
    def _prepare(self, items, resolver):
        """What a variant has no place for is kept, and so is what makes a product no variant."""
        result = super()._prepare(items, resolver)
        for item in items:
            if item.extra.get("variant"):
                for name in ATTRIBUTES:
                    for column in item.mapped.source_of(name):
                        item.mapped.kept.pop(column, None)
                item.values[KEPT] = item.mapped.kept or False
        return result

    # ------------------------------------------------------------- stock

    @api.model
    def _after_create(self, records, items, resolver):
        """Write down the counts of the source, in one call; applying them is for a person."""
        counted = [
            (record, item)
            for record, item in zip(records, items, strict=True)
            if item.extra.get("count")
        ]
        quants = self.env["stock.quant"] if counted else None
        if not counted:
            return
        values = [
            {
                "product_id": record.id,
                "location_id": item.extra["count"][0],
                "inventory_quantity": item.extra["count"][1],
                "inventory_quantity_set": True,
            }
            for record, item in counted
        ]
        made = quants.sudo().create(values)
        for (__, item), quant in zip(counted, made, strict=True):
            item.companions.append((quant._name, quant.id))

    @api.model
    def _find_damage(self, items):
        """Compare the counts, until a person applied or changed them."""
        counted = [item for item in items if item.extra.get("count")]
        if not counted:
            return []
        quants = (
            self.env["stock.quant"]
            .sudo()
            .search_fetch(
                [("product_id", "in", [item.record["res_id"] for item in counted])],
                ["product_id", "inventory_quantity", "quantity"],
            )
        )
        landed = {
            quant.product_id.id: quant.inventory_quantity or quant.quantity for quant in quants
        }
        damage = Damage(self.env["crm.migration.project"])
        return [
            damage._tell(item, "stock", item.extra["count"][1], landed.get(item.record["res_id"]))
            for item in counted
            if landed.get(item.record["res_id"]) != item.extra["count"][1]
        ]

    # ------------------------------------------------------------- told

    @api.model
    def _tell_currency(self, item, resolver):
        """A price in another currency stays as the figure it is, and is listed."""
        currency = item.mapped.values.get("currency")
        own = resolver.project.company_id.currency_id.name
        if currency and currency != own:
            item.tell(
                "foreign_currency", "list_price", item.mapped.values.get("list_price"), "currency",
                currency=currency, company_currency=own,
            )  # fmt: skip

    @api.model
    def _tell_category(self, item, resolver):
        """Two products of one code are listed; none is merged unasked."""
        code = item.mapped.values.get("default_code")
        known = code and resolver.by_name(self._model, "default_code").get(fold(code))
        batch = resolver._once("product_codes", dict)
        first = batch.setdefault(fold(code), item.key) if code else item.key
        if (known and known != item.record.get("res_id")) or first != item.key:
            item.tell("product_code_taken", "", code, "default_code")

    @api.model
    def _get_technical(self, item, resolver):
        """Taxes of the source are not known: none is given, rather than those of a new product."""
        fields = self.env[self._model]._fields
        taxes = [name for name in ("taxes_id", "supplier_taxes_id") if name in fields]
        return dict.fromkeys(taxes, [])
