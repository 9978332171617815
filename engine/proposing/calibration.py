"""How probable it is that a proposal is right: measured on headers that were not known before.

``dev/score`` prints, for each score given here, how often it was right.
"""

#: What a way of looking finds is right so often, where nothing speaks against it.
USUAL = {
    "profile": 0.99,
    "alias": 0.99,
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


def calibrated(found, matches, column, contested=False):
    """Return the probability that a column means the slot found for it.

    :param found: :class:`headers.Match` that was chosen
    :param matches: all of the column, best first
    :param column: :class:`types.ColumnProfile`
    :param contested: whether another column fits the slot as well
    """
    score = USUAL[found.reason]
    full = FULL.get(found.reason)
    if full and found.score < full:
        score *= found.score / full  # a name with other meanings, or values that do not fit
    rivals = [
        other
        for other in matches
        if other.slot.field != found.slot.field and other.score >= RIVAL * found.score
    ]
    if rivals or contested or found.slot.doubtful:
        score = min(score, DOUBTFUL)
    if not column.filled:
        score = min(score, DOUBTFUL)
    return round(score, 3)
