"""From headers and column profiles to a proposed map: what a table holds, what its columns mean.

Everything here is a proposal with a score and a reason; a person confirms it.
"""

import re
import zlib
from collections import Counter, defaultdict
from pathlib import PurePosixPath

from .headers import CONTAINS, fold, match, normalise, squash
from .profiles import known_part
from .types import Proposal, Rule
from .vocabulary import form
from .vocabulary import load as load_vocabulary

LEAST = 0.5  # a slot that fits worse is an alternative, not a proposal
NAME_WEIGHT = 0.25  # of the file name against the headers, in recognising a table
STRANGER = 0.15  # weight of a column that fits no entity
KEPT = "x_source_data"
RESERVED = {
    KEPT, "x_source_id", "x_source_system", "x_source_company_ids", "x_source_created_at", "x_source_modified_at",
    "x_source_currency", "x_source_stage_entered_at", "x_source_probability", "x_spark_owner_id",
    "x_spark_user_id",
}  # fmt: skip
LONGEST_NAME = 63  # of a PostgreSQL column
CURRENCY = re.compile(r"[(\[]\s*([A-Z]{3})\s*[)\]]|_([A-Z]{3})$")
UNIT = re.compile(r"[(\[_ ](m|h|s)(?:in|r|td|ec|ek)?\w*\.?[)\]]?$", re.IGNORECASE)
UNITS = {"m": "minutes", "h": "hours", "s": "seconds"}
FRACTION = re.compile(r"0?[.,]\d+|[01](?:[.,]0+)?")


# What a table holds


def recognise(table_name, header, profile):
    """Tell which entity a table is, from its name and its headers together.

    :param table_name: path of the file, with the sheet where there is one
    :param header: list of headers
    :return: (entity code or None, score 0..1, reason): ``name_columns``, ``columns``, ``name``,
        ``nothing``, or ``inventory:<code>`` for a kind of record that does not move
    """
    names = file_names(table_name)
    fits = _header_fits(header, profile)
    named = {
        entity.code: max(map(entity.names_file, names), default=0) for entity in profile.entities
    }
    for kind in profile.inventory:
        part = max((known_part(name, kind.get("files", ())) for name in names), default=0)
        if part > max(named.values()):
            return None, 0.0, f"inventory:{kind['code']}"
    scores = {
        code: NAME_WEIGHT * bool(named[code]) + (1 - NAME_WEIGHT) * fits[code] for code in fits
    }
    code = max(scores, key=scores.get)
    if fits[code] < (0.3 if named[code] else 0.5):
        return None, round(scores[code], 3), "name" if any(named.values()) else "nothing"
    return code, round(scores[code], 3), "name_columns" if named[code] else "columns"


def file_names(table_name):
    """Return the names a pattern is compared with: of the file, and of the sheet.

    >>> file_names("export/Kontakte 2024.xlsx#Sheet1")
    ['kontakte_2024', 'sheet_1']
    """
    path, __, sheet = str(table_name).partition("#")
    names = [PurePosixPath(path).stem, sheet]
    return [normalise(name).replace(" ", "_") for name in names if name]


def _header_fits(header, profile):
    """Return {entity code: 0..1}; columns that fit all entities alike hardly count."""
    vocabulary = load_vocabulary()
    best = {}
    for entity in profile.entities:
        index = vocabulary.index(entity)
        best[entity.code] = [
            matches[0].score if matches and matches[0].score > CONTAINS else 0.0
            for matches in (match(column, index) for column in header)
        ]
    weights = [
        0.05 + max(column) - min(column) if any(column) else STRANGER
        for column in zip(*best.values(), strict=True)
    ]
    total = sum(weights) or 1
    return {
        code: sum(score * weight for score, weight in zip(scores, weights, strict=True)) / total
        for code, scores in best.items()
    }


# What its columns mean


def propose(entity, columns, vocabulary=None, taken=None):
    """Propose a rule for every column.

    Steps: rank the slots for each column; give each slot to one column, best overall; settle bare
    names; the rest becomes custom fields, is kept, or is ignored.

    :param entity: :class:`profiles.Entity`
    :param columns: list of :class:`ColumnProfile`
    :param taken: {custom field: (label, type)} of other tables of the same destination model
    :return: list of :class:`Proposal`, in the order of the columns
    """
    vocabulary = vocabulary or load_vocabulary()
    index = vocabulary.index(entity)
    ranked = [match(column.name, index, column) for column in columns]
    chosen = assign(
        [
            {found.slot.name: _worth(found, column) for found in matches}
            for column, matches in zip(columns, ranked, strict=True)
        ]
    )
    _settle_names(chosen, columns, index)
    _settle_doubles(chosen, index)
    _settle_key(chosen, columns, ranked)
    customs = _Customs(taken, [index.slots[name].field for name in chosen if name])
    proposals = []
    for column, matches, name in zip(columns, ranked, chosen, strict=True):
        others = tuple(m.slot.name for m in matches if m.slot.name != name)[:3]
        found = next((m for m in matches if m.slot.name == name), None)
        if name:
            rule = rule_for(index.slots[name], column, vocabulary)
            proposals.append(_of_slot(rule, index.slots[name], found, others))
        else:
            proposals.append(_of_rest(entity, column, others, vocabulary, customs))
    return proposals


def _worth(found, column):
    """Return the weight in the assignment: nothing for what is too vague to be proposed.

    Squares, so that one sure match is worth more than two doubtful ones.
    """
    if found.score < LEAST:
        return 0.0
    if column.filled:
        return found.score**2
    # An empty column keeps its usual meaning (a later export may fill it), but yields to any other.
    return found.score / 2 if found.reason in ("profile", "alias") else 0.0


def _settle_names(chosen, columns, index):
    """Read "Name" beside "First name" as the last name, unless its values are full names."""
    if "first_name" not in chosen or "last_name" in chosen or "name" not in chosen:
        return
    place = chosen.index("name")
    column = columns[place]
    samples = [value for value in column.samples if value]
    full = sum(" " in value.strip() for value in samples) > len(samples) / 2
    if not full and "last_name" in index.find(column.name):
        chosen[place] = "last_name"


def _settle_doubles(chosen, index):
    """Give up slots that say what another column says better: the stage's ID beside its name."""
    for place, name in enumerate(chosen):
        if name and any(better in chosen for better in index.slots[name].unless):
            chosen[place] = None


def _settle_key(chosen, columns, ranked):
    """Without a column that is the ID, one like "Customer no." is it, if each row has its own.

    A few repeated rows do not count: exports have them.
    """
    if "id" in chosen:
        return
    for place, (column, matches) in enumerate(zip(columns, ranked, strict=True)):
        unique = column.filled == column.rows and column.distinct >= 0.95 * column.rows > 0
        free = chosen[place] in (None, "ref", "related_id")
        if free and unique and any(found.slot.name == "id" for found in matches):
            chosen[place] = "id"
            return


def rule_for(slot, column, vocabulary=None):
    """Return the :class:`Rule` that makes a column a slot."""
    vocabulary = vocabulary or load_vocabulary()
    options = dict(column.options) | dict(slot.options)
    if slot.domain and slot.transform == "boolean":
        for answer in ("true", "false"):
            options[f"{answer}_values"] = vocabulary.synonyms(slot.domain, answer)
    elif slot.domain and slot.value_map:
        options["domain"] = slot.domain
    if slot.transform == "money":
        currency = CURRENCY.search(column.name)
        if currency:
            options["currency"] = currency[1] or currency[2]
    if slot.transform == "duration_minutes":
        unit = UNIT.search(column.name)
        if unit:
            options["unit"] = UNITS[unit[1].lower()]
    if slot.transform == "probability" and _are_fractions(column.samples):
        options.setdefault("scale", "fraction")
    return Rule(column.name, slot.field, slot.transform, slot.reference, options)


def _are_fractions(samples):
    """Tell whether probabilities are written as 0.75 and not as 75."""
    values = [str(value).strip() for value in samples if value]
    written = [value for value in values if re.search(r"[.,]\d*[1-9]", value)]
    return bool(written) and all(FRACTION.fullmatch(value) for value in values)


def _of_slot(rule, slot, found, others):
    score, reason = (found.score, found.reason) if found else (0.6, "words")
    return Proposal(
        rule=rule,
        score=score,
        reason=slot.reason or reason,
        label=slot.label,
        field_type=slot.field_type,
        alternatives=others,
    )


def _of_rest(entity, column, others, vocabulary, customs):
    """Propose for a column that no slot fits: nothing that is filled is left behind."""
    if not column.filled:
        return Proposal(Rule(column.name, ""), 1.0, "empty", alternatives=others)
    if squash(column.name) in vocabulary.technical:
        return Proposal(Rule(column.name, KEPT), 0.7, "technical", alternatives=others)
    if vocabulary.targets[entity.target]["unmatched"] == "kept":
        return Proposal(Rule(column.name, KEPT), 0.6, "kept", alternatives=others)
    kind = vocabulary.kinds.get(column.kind, vocabulary.kinds["text"])
    options = dict(column.options)
    if kind["field_type"] == "selection":
        options["choices"] = list(column.choices)
    label = " ".join(str(column.name).split()) or "Column"
    name = customs.name(label, kind["field_type"])
    rule = Rule(column.name, name, kind["transform"], options=options)
    return Proposal(rule, 0.6, "custom", label, kind["field_type"], others)


class _Customs:
    """Names of custom fields: one column, one name; the same label and type may be shared.

    :param taken: {name: (label, field type)} of the fields there are already
    :param given: names that other columns of the table go to
    """

    def __init__(self, taken=None, given=()):
        self._taken = dict(taken or {})
        self._given = set(given)

    def name(self, label, field_type):
        base = custom_name(label)
        name, number = base, 1
        while not self._free(name, label, field_type):
            number += 1
            name = f"{base[: LONGEST_NAME - len(str(number)) - 1]}_{number}"
        self._given.add(name)
        self._taken[name] = (label, field_type)
        return name

    def _free(self, name, label, field_type):
        if name in RESERVED or name in self._given:
            return False
        known = self._taken.get(name)
        return known is None or (form(known[0]), known[1]) == (form(label), field_type)


def custom_name(label):
    """Return the technical name of a custom field.

    >>> custom_name("Vertragsverlängerung"), custom_name("Segment__c")
    ('x_vertragsverlangerung', 'x_segment')
    """
    slug = re.sub(r"[^a-z0-9]+", "_", fold(normalise(label))).strip("_")
    if not slug:  # no Latin letter: a name that is the same in each export
        slug = f"field_{zlib.crc32(str(label).encode()):08x}"
    return f"x_{slug}"[:LONGEST_NAME].rstrip("_")


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


# What their values mean


def propose_values(domain, values_with_counts, vocabulary=None, specific=None):
    """Propose a counterpart for each raw value of a column.

    :param values_with_counts: {raw: count} or list of (raw, count)
    :param specific: {raw: canonical} as the source product names them
    :return: list of (raw, canonical or None, score, reason), most frequent first
    """
    vocabulary = vocabulary or load_vocabulary()
    specific = {form(raw): value for raw, value in (specific or {}).items()}
    counts = sorted(dict(values_with_counts).items(), key=lambda one: -one[1])
    return [(raw, *_value(domain, raw, vocabulary, specific)) for raw, __ in counts]


def _value(domain, raw, vocabulary, specific):
    if form(raw) in specific:
        return specific[form(raw)], 1.0, "profile"
    known = vocabulary.canonical(domain, raw)
    if known:
        return known, 0.97, "alias"
    near = vocabulary.similar(domain, raw)
    if near:
        return near[0], round(near[1] * 0.8, 3), "similar"
    return None, 0.0, "nothing"


def propose_stages(values, vocabulary=None, order=None):
    """Propose the stages of one pipeline.

    :param values: list of (stage, status, probability or None, count of deals)
    :param order: {stage: (sequence, probability)} where the source tells it
    :return: list of dicts ``name, sequence, probability, is_won, is_lost, known, code``, in order
    """
    vocabulary = vocabulary or load_vocabulary()
    groups = defaultdict(list)
    for name, status, probability, count in values:
        groups[str(name).strip()].append((status, probability, count))
    for name in order or ():
        groups.setdefault(str(name).strip(), [])
    stages = [_stage(name, deals, vocabulary, order or {}) for name, deals in groups.items()]
    _place(stages, vocabulary)
    for sequence, stage in enumerate(stages, start=1):
        stage["sequence"] = sequence
        del stage["given"]
    return stages


def _stage(name, deals, vocabulary, order):
    usual = vocabulary.stage(name)
    ends = {vocabulary.canonical("won_status", status) if status else None for status, *__ in deals}
    is_won, is_lost = bool(usual and usual.get("won")), bool(usual and usual.get("lost"))
    given, told = order.get(name, (None, None))
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
        "known": usual is not None or name in order,
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
                told.insert(_before(stage, told), stage)
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
