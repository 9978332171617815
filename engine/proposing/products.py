"""Which of several products of one name an export is of, from the words of its headers."""

from ..headers import normalise


def recognise_product(headers, profile):
    """Return the code of the product whose words most headers have, or None if that is not clear.

    :param headers: headers of all tables of the export
    """
    texts = {normalise(header) for header in headers}
    hits = {
        product["code"]: sum(_has(text, product["words"]) for text in texts)
        for product in profile.products
    }
    best = sorted(hits.values(), reverse=True)[:2]
    if not best or not best[0] or len(best) > 1 and best[0] == best[1]:
        return None
    return max(hits, key=hits.get)


def _has(text, words):
    padded = f" {text} "
    return any(f" {normalise(word)} " in padded for word in words)
