"""Why a column is proposed to mean something, in words: templates of the vocabulary."""

from .vocabulary import load as load_vocabulary


def explain(reason, column, found=None):
    """Return the reason of a proposal as a sentence or two.

    :param reason: key of ``vocabulary.reasons``
    :param found: :class:`headers.Match`, where a slot was found
    """
    texts = load_vocabulary().reasons
    facts = {
        "column": f"\u201c{column.name}\u201d",
        "slot": found.slot.name.replace("_", " ") if found else "",
        "alias": found.alias if found else "",
        "source": "The source",
        "kind": column.kind,
    }
    parts = [texts[reason] % facts]
    if found and column.filled and column.kind:
        if found.slot.kinds and column.kind in found.slot.kinds:
            parts.append(texts["kind_fits"] % facts)
        elif found.slot.kinds:
            parts.append(texts["kind_differs"] % facts)
    return "; ".join(parts)


def facts_of(column, found):
    """Return what speaks for a proposal, as data, for those who say it in another language.

    :return: ``slot``; ``alias``, the known name it resembles; ``fits``, whether the values are of
        a kind that the slot holds (missing where that says nothing)
    """
    facts = {"slot": found.slot.name}
    if found.alias:
        facts["alias"] = found.alias
    if found.slot.kinds and column.filled and column.kind:
        facts["fits"] = column.kind in found.slot.kinds
    return facts
