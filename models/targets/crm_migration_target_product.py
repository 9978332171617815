from odoo import api, models

from ...engine.mapping import fold


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
        "product_kind", "active", "x_source_created_at", "template", "variant", "variant_size",
        "variant_color",
    )  # fmt: skip

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
        if "is_storable" in self.env[self._model]._fields and mapped.get("stock") is not None:
            # Counted in the source: Inventory keeps its stock; the count itself is not booked.
            values |= {"is_storable": True, "type": "consu"}
            item.tell("stock_not_booked", "", mapped["stock"], "stock")
        return values

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
        if known and known != item.record.get("res_id"):
            item.tell("product_code_taken", "", code, "default_code")

    @api.model
    def _get_technical(self, item, resolver):
        """Taxes of the source are not known: none is given, rather than those of a new product."""
        fields = self.env[self._model]._fields
        taxes = [name for name in ("taxes_id", "supplier_taxes_id") if name in fields]
        return dict.fromkeys(taxes, [])
