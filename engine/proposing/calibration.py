"""How probable it is that a proposal is right: measured on headers that were not known before.

``dev/score`` prints, for each score given here, how often it was right.
"""

from ..headers import ENOUGH, share_known

#: What a way of looking finds is right so often, where nothing speaks against it.
USUAL = {
    "profile": 0.99,
    "alias": 0.99,
    "linked": 0.99,
    "words": 0.95,
    "moment": 0.94,
    "relation": 0.95,
    "neighbour": 0.93,
    "similar": 0.85,
    "values": 0.8,
    "contains": 0.4,
}
FULL = {"profile": 1.0, "alias": 0.97}  # raw score of a match that nothing weakens
RIVAL = 0.8  # another meaning whose raw score comes so near makes the best one doubtful
DOUBTFUL = 0.9
KNOWN = (
    0.75  # share of the values that a domain knows, from which they prove what a name leaves open
)


def calibrated(found, matches, column, contested=False, chosen=None, known=None):
    """Return the probability that a column means the slot found for it.

    :param found: :class:`headers.Match` that was chosen
    :param matches: all of the column, best first
    :param column: :class:`types.ColumnProfile`
    :param contested: whether another column fits the slot as well
    :param chosen: {slot: its column} of the whole table
    :param known: function (domain, value) -> canonical value or None
    """
    chosen = chosen or {}
    score = USUAL[found.reason]
    full = FULL.get(found.reason)
    if full and found.score < full:
        score *= found.score / full  # a name with other meanings, or values that do not fit
    rivals = [
        other
        for other in matches
        if other.slot.field != found.slot.field
        and other.slot.name not in chosen
        and other.score > RIVAL * found.score
    ]
    doubtful = rivals or found.slot.doubtful
    if contested or (doubtful and not _is_proved(found, column, chosen, known)):
        score = min(score, DOUBTFUL)
    if not column.filled:
        score = min(score, DOUBTFUL)
    return round(score, 3)


def _is_proved(found, column, chosen, known):
    """Tell whether values, or another column, say that a name is meant as it usually is."""
    slot = found.slot
    others = [chosen[name] for name in slot.settled_by if name in chosen]
    if found.reason in ("linked", "relation") or any(one.distinct >= ENOUGH for one in others):
        return True
    telling = bool(slot.domain and known and column.distinct >= ENOUGH)
    return telling and share_known(slot.domain, column, known) >= KNOWN
