"""Places in decoded JSON, written with dots."""

MISSING = object()


def find(value, path, default=None):
    """Return what stands at a dotted path.

    >>> find({"meta": {"total": 7}, "rows": [{"id": 1}]}, "meta.total")
    7
    >>> find({"rows": [{"id": 1}]}, "rows.0.id"), find({}, "a.b", "none"), find([1], "")
    (1, 'none', [1])
    """
    for key in filter(None, path.split(".")):
        if isinstance(value, dict):
            value = value.get(key, MISSING)
        elif isinstance(value, list) and key.isdigit() and int(key) < len(value):
            value = value[int(key)]
        else:
            value = MISSING
        if value is MISSING:
            return default
    return value


def without(value, names):
    """Return decoded JSON without the values of these names, at any depth.

    >>> without({"id": 1, "api_token": "x", "user": [{"api_token": "y"}]}, {"api_token"})
    {'id': 1, 'user': [{}]}
    """
    if isinstance(value, dict):
        return {key: without(one, names) for key, one in value.items() if key not in names}
    if isinstance(value, list):
        return [without(one, names) for one in value]
    return value


def holds(whole, part):
    """Whether all that is filled in ``part`` stands the same in ``whole``.

    >>> holds({"id": "1", "tags": []}, {"id": 1, "note": None})
    True
    >>> holds({"id": 1}, {"id": 1, "price": 5})
    False
    """
    if isinstance(part, dict):
        if not any(value not in (None, "", [], {}) for value in part.values()):
            return True
        return isinstance(whole, dict) and all(
            holds(whole.get(key), one) for key, one in part.items()
        )
    if isinstance(part, list):
        if not part:
            return True
        same = isinstance(whole, list) and len(whole) == len(part)
        return same and all(map(holds, whole, part))
    return part in (None, "") or str(whole) == str(part)
