"""Creating many records at once: as ``create()`` would, without what it spends on each of them."""

from .roads import create_many, forget, get_roads

__all__ = ["create_many", "forget", "get_roads"]
