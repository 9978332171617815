"""Sums of documents: what must stand beside the lines so that a total equals the source's."""

from itertools import combinations

CENT = 0.01
#: Parts of a document that are no lines, and their sign.
PARTS = {"tax": 1, "shipping": 1, "discount": -1}


def balance(total, lines, parts):
    """Return [(part, amount)] to add to the lines so that the sum is the total.

    The parts that the source tells are tried together first, then fewer: lines may or may not
    include tax or discount. What no combination explains is a ``difference``.

    :param total: the source's total, or None where it tells none: then all its parts count
    :param lines: sum of the lines
    :param parts: {part of :data:`PARTS`: amount}

    >>> balance(121.0, 100.0, {"tax": 21.0, "discount": 0})
    [('tax', 21.0)]
    >>> balance(100.0, 100.0, {"tax": 17.35})
    []
    >>> balance(90.0, 100.0, {"tax": 5.0})
    [('difference', -10.0)]
    >>> balance(None, 100.0, {"tax": 5.0, "discount": 10.0})
    [('tax', 5.0), ('discount', -10.0)]
    """
    told = [
        (name, round(sign * abs(parts[name]), 2)) for name, sign in PARTS.items() if parts.get(name)
    ]
    if total is None:
        return told
    missing = round(total - lines, 2)
    if abs(missing) < CENT / 2:
        return []
    for size in range(len(told), 0, -1):
        for chosen in combinations(told, size):
            if abs(sum(amount for __, amount in chosen) - missing) < CENT:
                return list(chosen)
    return [("difference", missing)]


def paid_amount(total, paid, balance_due, status):
    """Return how much of a total was paid, by what the source tells best.

    >>> paid_amount(100.0, None, 40.0, "partial")
    60.0
    >>> paid_amount(100.0, None, None, "paid")
    100.0
    """
    if paid is not None:
        return round(min(abs(paid), abs(total)), 2)
    if balance_due is not None:
        return round(abs(total) - min(abs(balance_due), abs(total)), 2)
    return abs(total) if status == "paid" else 0.0
