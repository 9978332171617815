"""From headers and column profiles to a proposed map: what a table holds, what its columns mean.

Everything here is a proposal with a score and a reason; a person confirms it. :func:`propose` is
the entry point for those who have headers and values only; the addon calls :func:`propose_map`.
"""

from .assignment import assign
from .columns import propose_map, rule_for
from .customs import KEPT, RESERVED, custom_name
from .products import recognise_product
from .stages import propose_stages
from .suggesting import propose
from .tables import file_names, recognise
from .values import propose_values

__all__ = [
    "KEPT",
    "RESERVED",
    "assign",
    "custom_name",
    "file_names",
    "propose",
    "propose_map",
    "propose_stages",
    "propose_values",
    "recognise",
    "recognise_product",
    "rule_for",
]
