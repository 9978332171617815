"""Reading over HTTP from addresses that a customer's data names, without trusting them."""

from .addresses import Guard, Refused, is_public, origin
from .credentials import Credentials, with_query
from .fetcher import Answer, Fetcher, Passing

__all__ = [
    "Answer", "Credentials", "Fetcher", "Guard", "Passing", "Refused", "is_public", "origin",
    "with_query",
]  # fmt: skip
