"""Which column gets which slot, where several want the same."""


def assign(scores):
    """Give each column at most one slot and each slot at most one column, best overall.

    The Hungarian method on columns x (slots + nothing), with potentials; its time grows with
    columns squared times slots, a few milliseconds for a wide table.

    :param scores: for each column {slot: score}
    :return: for each column the slot, or None

    >>> assign([{"email": 0.9, "email2": 0.8}, {"email": 0.85}])
    ['email2', 'email']
    """
    slots = sorted({name for found in scores for name in found})
    width = len(slots) + len(scores)  # each column may also stay without a slot
    costs = [[-found.get(name, 0.0) for name in slots] + [0.0] * len(scores) for found in scores]
    places = _hungarian(costs, width)
    return [
        slots[place] if place < len(slots) and found.get(slots[place], 0) > 0 else None
        for place, found in zip(places, scores, strict=True)
    ]


def _hungarian(costs, width):
    """Return the column of the matrix for each row, so that the sum of the costs is least."""
    row_potential, potential = [0.0] * (len(costs) + 1), [0.0] * (width + 1)
    row_of = [0] * (width + 1)  # 1-based; place 0 holds the row being placed
    for row in range(1, len(costs) + 1):
        row_of[0], place = row, 0
        least, before, seen = [float("inf")] * (width + 1), [0] * (width + 1), [False] * (width + 1)
        while row_of[place]:
            seen[place] = True
            here, step, following = row_of[place], float("inf"), 0
            for other in range(1, width + 1):
                if seen[other]:
                    continue
                cost = costs[here - 1][other - 1] - row_potential[here] - potential[other]
                if cost < least[other]:
                    least[other], before[other] = cost, place
                if least[other] < step:
                    step, following = least[other], other
            for other in range(width + 1):
                if seen[other]:
                    row_potential[row_of[other]] += step
                    potential[other] -= step
                else:
                    least[other] -= step
            place = following
        while place:
            row_of[place] = row_of[before[place]]
            place = before[place]
    found = {row: place for place, row in enumerate(row_of) if place}
    return [found[row] - 1 for row in range(1, len(costs) + 1)]
