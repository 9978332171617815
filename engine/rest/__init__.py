"""Records of a source over its REST interface: what is asked, and how, is declared as data."""

from .client import Client, Page
from .rate import Rate
from .settings import AUTH_KINDS, PAGING_KINDS, Api, Endpoint, build
from .shaping import Shaper
from .walk import Walk

__all__ = [
    "AUTH_KINDS", "PAGING_KINDS", "Api", "Client", "Endpoint", "Page", "Rate", "Shaper", "Walk",
    "build",
]  # fmt: skip
