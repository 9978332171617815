"""When a deal stood in which stage, from the columns that tell it."""

from datetime import timedelta

from .headers import normalise

# Words around the name of a stage in the header of a column with the time it was entered.
AROUND = frozenset(
    """entered entry entering enter reached moved since date datetime time timestamp at on in into
    to the became stage status phase step seit eintritt eingetreten erreicht wechsel am datum zeit
    entrada entree entré entrée depuis desde fecha etape étape etapa fase hora ingresso data dal
    """.split()
)
# Times nearer to each other than this are one: exports cut seconds off.
SAME = timedelta(minutes=1)


def stage_of_header(header, stages):
    """Return the stage that a column tells the time of, or None.

    :param stages: names of stages; of several that fit the longest is meant

    >>> stage_of_header("Date entered: Closed Won", ["Won", "Closed Won"])
    'Closed Won'
    >>> stage_of_header("Won by", ["Won"]) is None
    True
    """
    words = normalise(header).split()
    for stage in sorted(stages, key=len, reverse=True):
        name = normalise(stage).split()
        rest = _without(words, name)
        if rest and set(rest) <= AROUND:
            return stage
    return None


def _without(words, name):
    """Return the words without the name, or an empty list if it is not among them in one piece."""
    for start in range(len(words) - len(name) + 1):
        if name and words[start : start + len(name)] == name:
            return words[:start] + words[start + len(name) :]
    return []


def transitions(created, entered, current):
    """Return [(time, stage before or None, stage after)] of a deal, the oldest first.

    What is not known is not guessed: without the stage it began in, the first change comes from
    None; without the time the current stage was entered, nothing is said of how it was reached.

    :param created: when the deal was made
    :param entered: {stage: when it was entered}
    :param current: the stage it is in

    >>> from datetime import datetime as d
    >>> transitions(d(2024, 1, 1), {"a": d(2024, 1, 1), "b": d(2024, 1, 5)}, "b")
    [(datetime.datetime(2024, 1, 5, 0, 0), 'a', 'b')]
    """
    steps = sorted((when, stage) for stage, when in entered.items() if when >= created - SAME)
    if not steps or steps[-1][1] != current:
        return []
    before, result = None, []
    for when, stage in steps:
        if before is not None or when > created + SAME:
            result.append((when, before, stage))
        before = stage
    return result
