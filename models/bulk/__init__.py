"""Creating many records at once: as ``create()`` would, without what it spends on each of them."""

from .roads import add_roads, create_many, forget, get_roads, subtract_roads

__all__ = ["add_roads", "create_many", "forget", "get_roads", "subtract_roads"]
