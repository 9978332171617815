"""Address columns that are named alike: "Facturatie plaats", "Facturatie postcode" …"""

from ..headers import Match, fit

PARTS = ("street", "street2", "city", "zip", "state", "country")
#: Score of a part that the other columns of its address tell: the qualifier is not understood.
SCORE = 0.86
SURE = 0.8  # a match that good was understood by its own name
WEAKER = 0.5  # a match of the same part that good needs no help
LONGEST_STEM = 5  # letters of a qualifier that are compared: the rest is inflection


def complete_addresses(ranked, columns, index):
    """Find the parts of the main address whose qualifier no vocabulary knows.

    Columns that begin or end with a part of an address and share the rest of their name are one
    block. The main block is the one that is known to be, or has no qualifier; else the first that
    is not known to be another address. A block has two parts at least.

    :param ranked: for each column its matches, best first; changed
    """
    blocks = {}
    for place, column in enumerate(columns):
        name, rest = index.part_of(column.name, PARTS)
        if name:
            key = (
                frozenset(word[:LONGEST_STEM] for word in index.bag(rest)) if rest else frozenset()
            )
            blocks.setdefault(key, {}).setdefault(name, (place, rest))
    main = _main(blocks, ranked, index)
    for name, (place, __) in (main or {}).items():
        slot = index.slots[name]
        best = ranked[place][0] if ranked[place] else None
        if best and best.score >= (WEAKER if best.slot is slot else SURE):
            continue
        score = SCORE * min(1.0, fit(slot, columns[place], index.known))
        found = [one for one in ranked[place] if one.slot is not slot]
        found.append(Match(slot, round(score, 3), "neighbour", ""))
        ranked[place] = sorted(found, key=lambda one: -one.score)


def _main(blocks, ranked, index):
    """Return the block of the main address: {part: (place of its column, words left)} or None."""
    known = {
        key: sum(_is_known(ranked[place], name) for name, (place, __) in parts.items())
        for key, parts in blocks.items()
    }
    if known and max(known.values()) > 0:
        best = max(known, key=known.get)
        return blocks[best] if len(blocks[best]) > 1 else None
    for parts in blocks.values():
        rests = [rest for __, rest in parts.values()]
        if len(parts) > 1 and not any(index.qualifies(rest, "other") for rest in rests):
            return parts
    return None


def _is_known(matches, name):
    return bool(matches) and matches[0].slot.name == name and matches[0].score >= SURE
