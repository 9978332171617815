"""Reading over HTTP from addresses that a customer's data names, without trusting them."""

from .addresses import Guard, Refused, is_open, is_public, origin
from .credentials import Credentials, mask_all_living, with_query
from .fetcher import Answer, Fetcher
from .troubles import Passing

__all__ = [
    "Answer", "Credentials", "Fetcher", "Guard", "Passing", "Refused", "is_open", "is_public",
    "mask_all_living", "origin",
    "with_query",
]  # fmt: skip
