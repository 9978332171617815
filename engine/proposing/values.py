"""What the values of a column mean."""

from ..vocabulary import form
from ..vocabulary import load as load_vocabulary


def propose_values(domain, values_with_counts, vocabulary=None, specific=None):
    """Propose a counterpart for each raw value of a column.

    :param values_with_counts: {raw: count} or list of (raw, count)
    :param specific: {raw: canonical} as the source product names them
    :return: list of (raw, canonical or None, score, reason), most frequent first
    """
    vocabulary = vocabulary or load_vocabulary()
    specific = {form(raw): value for raw, value in (specific or {}).items()}
    counts = sorted(dict(values_with_counts).items(), key=lambda one: -one[1])
    return [(raw, *_value(domain, raw, vocabulary, specific)) for raw, __ in counts]


def _value(domain, raw, vocabulary, specific):
    if form(raw) in specific:
        return specific[form(raw)], 1.0, "profile"
    known = vocabulary.canonical(domain, raw)
    if known:
        return known, 0.97, "alias"
    near = vocabulary.similar(domain, raw)
    if near:
        return near[0], round(near[1] * 0.8, 3), "similar"
    return None, 0.0, "nothing"
