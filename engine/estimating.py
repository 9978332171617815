"""How much of a source moves, how hard that is and how long it takes: by rules, not typed in."""

from typing import NamedTuple

#: Grades of a part, and of the whole.
GRADES = ("simple", "moderate", "complex")
PARTS = ("objects", "fields", "time", "api", "volume")
#: Normal up to here; above, "scope first" (GN-13).
NORMAL_ROWS = 100_000
MANY_ROWS = 2_000_000
SURE = 0.9  # score of a proposal that a person only has to look at
#: Rows per second where nothing was measured yet: of one worker on a small machine.
USUAL_RATES = {"extract": 4000.0, "sample": 100.0, "load": 150.0, "verify": 400.0}


class Compatibility(NamedTuple):
    """:param lossy: also objects whose app is not there: they go to a fallback"""

    total: int
    full: int
    lossy: int
    none: int


def compatibility(objects, is_there):
    """Return how many of a source's objects move in full, with losses, or not at all (X-01).

    :param objects: rows of the profile: ``kind`` and ``model`` (several names, comma separated)
    :param is_there: ``is_there(model)``: whether the database has it; of several one is enough

    >>> rows = [{"kind": "1:1", "model": "crm.lead"}, {"kind": "none", "model": "base.automation"}]
    >>> compatibility(rows, lambda model: True)
    Compatibility(total=2, full=1, lossy=0, none=1)
    """
    full = lossy = none = 0
    for row in objects:
        models = [name.strip() for name in row.get("model", "").split(",") if name.strip()]
        if row["kind"] == "none":
            none += 1
        elif row["kind"] == "lossy" or (models and not is_there(models[0])):
            lossy += 1
        else:
            full += 1
    return Compatibility(len(objects), full, lossy, none)


def seconds(rows, rates):
    """Return how long a migration works: reading, sample, load, proof.

    :param rates: {kind of run: rows per second}; what is missing is as usual

    >>> round(seconds(8000, {"load": 1000, "verify": 1000, "extract": 8000, "sample": 100}))
    19
    """
    known = USUAL_RATES | {kind: rate for kind, rate in rates.items() if rate}
    spans = {"extract": rows, "load": rows, "verify": rows, "sample": min(rows, 200)}
    return sum(count / known[kind] for kind, count in spans.items())


def grade(counted, scores, duration, rest, rows):
    """Return {part: grade}: simple, moderate or complex, each by its own rule (GN-10).

    :param counted: :class:`Compatibility`
    :param scores: of the proposed columns; none if there is no map yet
    :param duration: seconds
    :param rest: the profile's REST settings, empty where files are all there is
    :param rows: to be loaded

    >>> grade(Compatibility(10, 10, 0, 0), [0.99] * 20, 60, {}, 500)["volume"]
    'simple'
    >>> sorted(set(grade(Compatibility(4, 1, 1, 2), [0.5], 90_000, {}, 3_000_000).values()))
    ['complex', 'simple']
    """
    lost = 1 - counted.full / counted.total if counted.total else 1.0
    unsure = 1 - sum(score >= SURE for score in scores) / len(scores) if scores else 0.1
    return {
        "objects": _grade(lost, 0.1, 0.4),
        "fields": _grade(unsure, 0.05, 0.2),
        "time": _grade(duration / 3600, 1, 8),
        "api": _grade_api(rest, rows),
        "volume": _grade(rows, NORMAL_ROWS, MANY_ROWS),
    }


def _grade(figure, simple, moderate):
    return GRADES[0 if figure <= simple else 1 if figure <= moderate else 2]


def _grade_api(rest, rows):
    """Files have no limits; an API's rate decides, and one that is not published is a doubt."""
    rate = (rest or {}).get("rate", {})
    per_second = rate.get("requests_per_second")
    if not per_second:
        return GRADES[0]
    size = rest.get("paging", {}).get("size") or 1
    # A thin list needs one request for each record.
    thin = any(one.get("thin_list") for one in rest.get("endpoints", {}).values())
    hours = rows / (1 if thin else size) / per_second / 3600
    return GRADES[max(1 if rate.get("assumed") else 0, GRADES.index(_grade(hours, 1, 8)))]


def overall(parts):
    """Return the grade of the whole: complex with two complex parts, moderate with one, or two
    moderate ones.

    >>> overall({"objects": "simple", "time": "complex", "api": "simple"})
    'moderate'
    """
    points = sum(GRADES.index(one) for one in parts.values())
    return GRADES[0 if points < 2 else 1 if points < 4 else 2]
