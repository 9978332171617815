"""Variants and places of stock: what products need before they are made (CC-31).

Plain Python around an environment, for the schema step.
"""

from ..engine import variants
from ..engine.mapping import fold
from .resolver import Resolver
from .xmlid import xmlid_name

ATTRIBUTES = ("variant", "variant_size", "variant_color")
# What Odoo has once for all variants of a product.
COMMON = ("description_sale", "product_kind")


class ProductVariants:
    def __init__(self, run, project):
        self.run, self.project, self.env = run, project, project.env
        self.schema = self.env["crm.migration.schema"]
        self.resolver = Resolver(project)

    # ------------------------------------------------------------- rows

    def _read(self):
        """Yield (source key, mapped row) of all products."""
        loader = self.env["crm.migration.loader"]
        for mapping in self.project.mapping_ids.filtered(lambda m: m.target == "product"):
            entity_map = loader._get_entity_map(self.project, mapping.entity)
            self.env.cr.execute(
                """SELECT source_key, payload FROM crm_migration_record
                    WHERE project_id = %s AND entity = %s AND state != 'skipped' ORDER BY id""",
                [self.project.id, mapping.entity],
            )
            for key, payload in self.env.cr.fetchall():
                yield key, entity_map.map_row(payload)

    def make(self):
        """Make templates with their attributes, and the places that stock is in."""
        products, places, counted = [], {}, set()
        for key, mapped in self._read():
            products.append(self._prepare(key, mapped))
            if mapped.values.get("stock") is not None:
                counted.add(key)
                place = mapped.values.get("stock_location")
                if place:
                    places.setdefault(fold(place), " ".join(place.split()))
        families, __ = variants.group(products)
        self._make_templates(families, counted)
        self._make_places(places)

    def _prepare(self, key, mapped):
        values = mapped.values
        parents = mapped.references.get("template", [])
        return variants.Product(
            key,
            values.get("name") or key,
            parents[0].value if parents else "",
            {name: values[name] for name in ATTRIBUTES if values.get(name)},
            values.get("list_price"),
            tuple(values.get(name) or "" for name in COMMON),
        )

    # ------------------------------------------------------------- variants

    def _make_all(self, kind, model, wanted):
        """Return {key: ID}: what was made before under that name, the others made in one call.

        :param wanted: {key: values}
        """
        found = {key: self.resolver.xmlid("app", kind, *key) for key in wanted}
        alive = set(self.env[model].browse([i for i in found.values() if i]).exists().ids)
        missing = [key for key in wanted if found[key] not in alive]
        made = self.env[model].create([wanted[key] for key in missing])
        self.schema._log_created(
            self.run, self.project, made, [("app", kind, *key) for key in missing]
        )
        self.schema._share(self.run, self.project, model, sorted(alive))
        return found | dict(zip(missing, made.ids, strict=True))

    def _make_templates(self, families, counted):
        """Variants are made one by one by the load: none that the source does not have."""
        names = {name for family in families.values() for name in family.attributes}
        labels = self._get_labels()
        attributes = self._make_all(
            "attribute",
            "product.attribute",
            {(n,): {"name": labels[n], "create_variant": "dynamic"} for n in sorted(names)},
        )
        wanted = {}
        for family in families.values():
            for attribute, texts in family.attributes.items():
                for text in texts:
                    wanted.setdefault(
                        (attribute, fold(text)),
                        {"name": text, "attribute_id": attributes[attribute,]},
                    )
        values = self._make_all("value", "product.attribute.value", wanted)
        templates = self._make_all(
            "template",
            "product.template",
            {
                (name,): self._prepare_template(family, attributes, values, counted)
                for name, family in families.items()
            },
        )
        self._set_extras(families, templates, values)
        self._name_members(families, templates)

    def _get_labels(self):
        return {
            "variant": self.env._("Variant"),
            "variant_size": self.env._("Size"),
            "variant_color": self.env._("Colour"),
        }

    def _prepare_template(self, family, attributes, values, counted):
        fields = self.env["product.template"]._fields
        description, kind = family.same
        result = {
            "name": family.name,
            "list_price": family.price,
            "description_sale": description or False,
            "type": kind or "consu",
            "company_id": False,
            "attribute_line_ids": [
                (0, 0, {
                    "attribute_id": attributes[attribute,],
                    "value_ids": [(6, 0, [values[attribute, fold(text)] for text in texts])],
                })
                for attribute, texts in family.attributes.items()
            ],
        }  # fmt: skip
        if "is_storable" in fields and counted & family.members.keys():
            result |= {"is_storable": True, "type": "consu"}
        taxes = [name for name in ("taxes_id", "supplier_taxes_id") if name in fields]
        return result | dict.fromkeys(taxes, [])

    def _set_extras(self, families, templates, values):
        """Set what a value costs more: few values do."""
        for name, family in families.items():
            extras = {
                values[attribute, fold(text)]: extra
                for attribute, texts in family.attributes.items()
                for text, extra in texts.items()
                if extra
            }
            template = self.env["product.template"].browse(templates[name,] if extras else [])
            for line in template.attribute_line_ids.product_template_value_ids:
                extra = extras.get(line.product_attribute_value_id.id)
                if extra and line.price_extra != extra:
                    line.price_extra = extra

    def _name_members(self, families, templates):
        """Note under each row's name which template it is a variant of."""
        module = self.project._get_xmlid_module()
        self.env["ir.model.data"]._update_xmlids(
            [
                {
                    "xml_id": f"{module}.{xmlid_name('app', 'variant', key)}",
                    "record": self.env["product.template"].browse(templates[name,]),
                    "noupdate": True,
                }
                for name, family in families.items()
                for key in family.members
            ]
        )

    # ------------------------------------------------------------- stock

    def _make_places(self, places):
        """Places of the source stand in the stock of the company's first warehouse."""
        if not places or "stock.location" not in self.env:
            return
        home = get_stock(self.env, self.project)
        self._make_all(
            "place",
            "stock.location",
            {
                (key,): {
                    "name": name,
                    "location_id": home,
                    "usage": "internal",
                    "company_id": self.project.company_id.id,
                }
                for key, name in places.items()
            },
        )


def get_stock(env, project):
    """Return the ID of the place where a company's stock is, or None."""
    warehouses = env["stock.warehouse"].search(
        [("company_id", "=", project.company_id.id)], limit=1
    )
    return warehouses.lot_stock_id.id
