"""The stages of a pipeline: order, probability, won or lost."""

import re
from collections import Counter, defaultdict

from ..vocabulary import form
from ..vocabulary import load as load_vocabulary

NUMBER = re.compile(r"^\W*\d+\s*[-–.:)|]*\s*")
NEGATIONS = frozenset("not no nicht kein non pas no não niet geen nie ikke inte ei не".split())

# Name of the stage for won deals where the source has none.
WON = "Won"


def propose_stages(values, vocabulary=None, order=None):
    """Propose the stages of one pipeline.

    :param values: list of (stage, status, probability or None, count of deals)
    :param order: {stage: (sequence, probability)} where the source tells it
    :return: list of dicts ``name, sequence, probability, is_won, is_lost, known, meant, code``, in
        order; ``meant`` but not ``known``: a word of the name says what it is
    """
    vocabulary = vocabulary or load_vocabulary()
    groups = defaultdict(list)
    for name, status, probability, count in values:
        groups[str(name).strip()].append((status, probability, count))
    for name in order or ():
        groups.setdefault(str(name).strip(), [])
    stages = [_stage(name, deals, vocabulary, order or {}) for name, deals in groups.items()]
    if not any(stage["is_won"] for stage in stages) and _has_won(values, vocabulary):
        stages.append(_stage(WON, [], vocabulary, {}))
    _place(stages, vocabulary)
    for sequence, stage in enumerate(stages, start=1):
        stage["sequence"] = sequence
        del stage["given"]
    return stages


def _has_won(values, vocabulary):
    """Tell whether deals were won that stand in no stage that says so: Odoo needs one (X-23)."""
    told = {status for __, status, __, __ in values if status}
    return any(vocabulary.canonical("won_status", status) == "won" for status in told)


def find_stage(name, vocabulary):
    """``(usual stage or None, whether the whole name says so)``; a number before it says nothing.

    One word of a longer name tells a won or lost stage only as a question.
    """
    stage = vocabulary.stage(name) or vocabulary.stage(NUMBER.sub("", name))
    if stage:
        return stage, True
    words = form(name).split()
    ends = {vocabulary.canonical("won_status", word) for word in words} & {"won", "lost"}
    if len(ends) == 1 and not NEGATIONS.intersection(words):
        return vocabulary.stage(ends.pop()), False
    return None, False


def _stage(name, deals, vocabulary, order):
    usual, sure = find_stage(name, vocabulary)
    ends = {
        vocabulary.canonical("won_status", status) if status else None
        for status, __, count in deals
        if status or count  # a stage that is only listed has no deal that is open
    }
    is_won, is_lost = bool(usual and usual.get("won")), bool(usual and usual.get("lost"))
    given, told = order.get(name, (None, None))
    if not sure and len(ends) == 1 and ends <= {"won", "lost"}:
        # What the deals say goes before a word of the name: all have ended alike.
        usual = None
    if not usual:  # an unknown name whose deals have all ended alike is that end
        is_won, is_lost = ends == {"won"}, ends == {"lost"}
    probability = 100.0 if is_won else 0.0 if is_lost else told
    if probability is None:
        probability = _usual_figure(deals, vocabulary)
    if probability is None:
        probability = float(usual["probability"]) if usual else None
    return {
        "name": name,
        "sequence": 0,
        "probability": probability,
        "is_won": is_won,
        "is_lost": is_lost,
        "known": sure or name in order,
        "meant": usual is not None,
        "code": usual["code"] if usual else "",
        "given": given,
    }


def _usual_figure(deals, vocabulary):
    """Return the probability most deals of a stage carry; that of ended deals tells nothing."""
    figures = Counter()
    for status, probability, count in deals:
        ended = vocabulary.canonical("won_status", status) if status else None
        if probability is not None and ended not in ("won", "lost"):
            figures[float(probability)] += count
    if not figures:
        return None
    return max(figures, key=lambda figure: (figures[figure], -figure))


def _place(stages, vocabulary):
    """Sort: as the source tells, else the usual order; unknown stages by their probability."""
    told = [stage for stage in stages if stage["given"] is not None]
    if told:
        told.sort(key=lambda stage: stage["given"])
        for stage in stages:
            if stage["given"] is None:
                ended = stage["is_won"] or stage["is_lost"]
                told.insert(len(told) if ended else _before(stage, told), stage)
        stages[:] = told
        return
    usual = {stage["code"]: number for number, stage in enumerate(vocabulary.stages)}
    ends = [stage for stage in stages if stage["is_won"] or stage["is_lost"]]
    placed = [stage for stage in stages if stage["known"] and stage not in ends]
    placed.sort(key=lambda stage: usual[stage["code"]])
    for stage in stages:
        if stage not in placed and stage not in ends:
            placed.insert(_before(stage, placed), stage)
    stages[:] = placed + sorted(ends, key=lambda stage: stage["is_lost"])


def _before(stage, placed):
    """Return the place before the first stage that is likelier to be won, else the last."""
    if stage["probability"] is None:
        ends = (n for n, other in enumerate(placed) if other["is_won"] or other["is_lost"])
        return next(ends, len(placed))
    figures = [other["probability"] for other in placed]
    likelier = (n for n, figure in enumerate(figures) if (figure or 0) > stage["probability"])
    return next(likelier, len(placed))
