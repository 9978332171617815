"""Products that are variants of one another: their attributes, and what each value costs more."""

from dataclasses import dataclass, field
from typing import NamedTuple

from .mapping import fold

CENT = 0.005


class Product(NamedTuple):
    """A row of a list of products.

    :param parent: ID or name of the product it is a variant of, if the row names one
    :param attributes: {attribute: value}, filled ones only
    :param price: None where the source tells none
    :param same: what all variants of a product have in common in Odoo: kind, description …
    """

    key: str
    name: str
    parent: str
    attributes: dict
    price: float | None
    same: tuple = ()


@dataclass
class Family:
    """Variants of one product.

    :param price: of the variants without anything on top
    :param attributes: {attribute: {value: price on top}}
    :param members: {source key: {attribute: value}}
    """

    name: str
    price: float
    same: tuple = ()
    attributes: dict = field(default_factory=dict)
    members: dict = field(default_factory=dict)


def group(products):
    """Return ``({name of family: Family}, {source key: reason})``: variants, and those that stay
    products of their own: ``attributes`` differ or repeat, ``prices`` follow no attribute, or
    other ``values`` differ that Odoo has once for all variants.

    >>> shirts = [Product("1", "Shirt", "", {"size": "M"}, 10.0),
    ...           Product("2", "Shirt", "", {"size": "L"}, 12.0)]
    >>> families, apart = group(shirts)
    >>> families["shirt"].price, families["shirt"].attributes
    (10.0, {'size': {'M': 0.0, 'L': 2.0}})
    >>> group([*shirts, Product("3", "Shirt", "", {"size": "M"}, 10.0)])[1]["3"]
    'attributes'
    """
    names = {product.key: product.name for product in products}
    groups = {}
    for product in products:
        if product.attributes:
            name = names.get(product.parent, product.parent) or product.name
            groups.setdefault(fold(name), []).append(product)
    families, apart = {}, {}
    for name, members in groups.items():
        reason = _find_reason(members)
        if reason:
            apart |= {member.key: reason for member in members}
        else:
            families[name] = _build(members, names)
    return families, apart


def _find_reason(members):
    """Return why products cannot be variants of one, or None."""
    kinds = {tuple(sorted(member.attributes)) for member in members}
    values = {tuple(sorted((a, fold(v)) for a, v in m.attributes.items())) for m in members}
    if len(kinds) > 1 or len(values) < len(members):
        return "attributes"
    if len({member.same for member in members}) > 1:
        return "values"
    return None if _find_prices(members) else "prices"


def _find_prices(members):
    """Return ``(price, {attribute: {folded value: price on top}})``, or None.

    At most one attribute may change the price: what two do together cannot be told apart.
    """
    told = [member.price for member in members if member.price is not None]
    price = min(told, default=0.0)
    if not told or (len(told) == len(members) and max(told) - price < CENT):
        return price, {}
    if len(told) < len(members):
        return None
    for attribute in members[0].attributes:
        extras = {}
        for member in members:
            extras.setdefault(fold(member.attributes[attribute]), set()).add(
                round(member.price - price, 2)
            )
        if all(len(one) == 1 for one in extras.values()):
            return price, {attribute: {value: one.pop() for value, one in extras.items()}}
    return None


def _build(members, names):
    price, extras = _find_prices(members)
    first = members[0]
    shared = len({fold(member.name) for member in members}) == 1
    name = names.get(first.parent) or (first.name if shared else first.parent) or first.name
    family = Family(name, price, first.same)
    for member in members:
        family.members[member.key] = member.attributes
        for attribute, value in member.attributes.items():
            known = family.attributes.setdefault(attribute, {})
            if fold(value) not in map(fold, known):
                known[value] = extras.get(attribute, {}).get(fold(value), 0.0)
    return family
