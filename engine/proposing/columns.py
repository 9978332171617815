"""What the columns of a table mean: a proposed map, with score and reason."""

import re

from ..headers import match, squash
from ..types import Proposal, Rule
from ..vocabulary import load as load_vocabulary
from .assignment import assign
from .customs import KEPT, Customs

LEAST = 0.5  # a slot that fits worse is an alternative, not a proposal
CURRENCY = re.compile(r"[(\[]\s*([A-Z]{3})\s*[)\]]|_([A-Z]{3})$")
UNIT = re.compile(r"[(\[_ ](m|h|s)(?:in|r|td|ec|ek)?\w*\.?[)\]]?$", re.IGNORECASE)
UNITS = {"m": "minutes", "h": "hours", "s": "seconds"}
FRACTION = re.compile(r"0?[.,]\d+|[01](?:[.,]0+)?")


def propose_map(entity, columns, vocabulary=None, taken=None):
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
    customs = Customs(taken, [index.slots[name].field for name in chosen if name])
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
