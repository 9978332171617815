"""Records of one kind under each other: who comes first, and who goes round in a circle."""


def depths(parents):
    """Return ``({key: depth}, keys in a circle)`` of records that name their parent.

    A parent that is not among the records counts as none. Members of a circle have depth 0, as
    they land without their parent; what hangs below a circle has its depth from there.

    :param parents: {key: key of the parent, or None}

    >>> found, circle = depths({"a": None, "b": "a", "c": "b", "x": "y", "y": "x", "z": "x"})
    >>> found, sorted(circle)
    ({'a': 0, 'b': 1, 'c': 2, 'x': 0, 'y': 0, 'z': 1}, ['x', 'y'])
    """
    circle = _find_circles(parents)
    found = {}
    for key in parents:
        path = []
        while key not in found:
            parent = parents[key]
            if key in circle or parent not in parents:
                found[key] = 0
                break
            path.append(key)
            key = parent
        for below in reversed(path):
            found[below] = found[parents[below]] + 1
    return {key: found[key] for key in parents}, circle


def _find_circles(parents):
    """Walk up from each record once; a walk that meets itself has found a circle."""
    circle, done = set(), set()
    for key in parents:
        path, places = [], {}
        while key in parents and key not in done and key not in places:
            places[key] = len(path)
            path.append(key)
            key = parents[key]
        if key in places:
            circle.update(path[places[key] :])
        done.update(path)
    return circle
