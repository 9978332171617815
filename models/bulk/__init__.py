"""Creating many records at once: as ``create()`` would, without what it spends on each of them."""

from .below import BY_COLUMN
from .roads import (
    add_roads,
    create_below,
    create_many,
    forget,
    get_below,
    get_roads,
    subtract_roads,
)

__all__ = [
    "BY_COLUMN",
    "add_roads",
    "create_below",
    "create_many",
    "forget",
    "get_below",
    "get_roads",
    "subtract_roads",
]
