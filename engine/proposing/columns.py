"""What the columns of a table mean: a proposed map, with score and reason."""

import re
from itertools import takewhile

from ..explaining import explain, facts_of
from ..headers import ENOUGH, Match, fit, match, normalise, squash
from ..relations import SHARE
from ..types import Proposal, Rule
from ..vocabulary import NARROWER
from ..vocabulary import load as load_vocabulary
from .assignment import assign
from .blocks import complete_addresses
from .calibration import calibrated
from .customs import KEPT, Customs

LEAST = 0.5  # a slot that fits worse is an alternative, not a proposal
LINKED = 0.95  # score of a slot that the values of another table prove
NAMED = 0.75  # a name that fits so well says the same as the values do
NEARLY = 0.95  # of the best score: two columns that may be the same slot
PREFIXED = 4  # so many columns that all begin alike have a prefix that says nothing
UNKNOWN = {True: 0.85, False: 0.75}  # custom, as no slot fits: with values seen, and without
STRAY = 0.65  # factor for a reference to a table that holds none of the values
ADDRESS = frozenset(("street", "city", "zip", "country"))
UNIQUE = frozenset(("id", "ref", "vat", "company_registry", "email", "email_from", "phone"))
MOSTLY = 0.9  # of the rows: values that differ in fewer tell no record from another
NO_NAMES = frozenset(("boolean", "date", "datetime", "float", "money", "percent"))
OPEN = 0.8  # factor of the values' fit from which a slot could hold them
STATUSES = frozenset(("stage", "lead_status", "lead_outcome", "status"))
CURRENCY = re.compile(r"[(\[]\s*([A-Z]{3})\s*[)\]]|_([A-Z]{3})$")
UNIT = re.compile(r"[(\[_ ](m|h|s)(?:in|r|td|ec|ek)?\w*\.?[)\]]?$", re.IGNORECASE)
UNITS = {"m": "minutes", "h": "hours", "s": "seconds"}
FRACTION = re.compile(r"0?[.,]\d+|[01](?:[.,]0+)?")


def propose_map(entity, columns, vocabulary=None, taken=None, links=None):
    """Propose a rule for every column.

    Steps: rank the slots for each column; give each slot to one column, best overall; settle what
    neighbours decide; the rest becomes custom fields, is kept, or is ignored.

    :param entity: :class:`profiles.Entity`
    :param columns: list of :class:`ColumnProfile`
    :param taken: {custom field: (label, type)} of other tables of the same destination model
    :param links: {column: list of :class:`relations.Link`} found between the tables, if looked for
    :return: list of :class:`Proposal`, in the order of the columns
    """
    vocabulary = vocabulary or load_vocabulary()
    index = vocabulary.index(entity)
    prefix = _common_prefix(columns, index)
    ranked = [
        _weigh_links(_match(column, prefix, index), index, (links or {}).get(column.name))
        for column in columns
    ]
    complete_addresses(ranked, columns, index)
    chosen = assign(
        [
            {found.slot.name: _worth(found, column) for found in matches}
            for column, matches in zip(columns, ranked, strict=True)
        ]
    )
    usual = list(chosen)
    _settle_neighbours(chosen, columns, links or {}, index)
    _settle_states(chosen, ranked)
    _settle_substitutes(chosen, index)
    _settle_doubles(chosen, index)
    _settle_key(chosen, columns, ranked)
    customs = Customs(taken, [index.slots[name].field for name in chosen if name])
    proposals = []
    contested = _contested(ranked)
    holders = dict(zip(chosen, columns, strict=True))
    for column, matches, name, before in zip(columns, ranked, chosen, usual, strict=True):
        if name:
            found = _found(index.slots[name], matches, settled=name != before)
            rule = rule_for(index.slots[name], column, vocabulary)
            score = calibrated(found, matches, column, name in contested, holders, index.known)
            proposals.append(_of_slot(rule, found, column, score, matches))
        else:
            taken_up = not matches and _is_taken_up(column, chosen, index)
            proposals.append(
                _of_rest(entity, column, matches, vocabulary, customs, index, taken_up)
            )
    return proposals


def _common_prefix(columns, index):
    """Return how many words all names of the table begin with: "Deal.Name", "Deal.Amount" …

    None that tells another address or number: all columns of a delivery address are one.
    """
    names = [normalise(column.name).split() for column in columns]
    if len(names) < PREFIXED:
        return 0
    shortest = min(map(len, names)) - 1
    alike = (len({name[place] for name in names}) == 1 for place in range(shortest))
    size = sum(takewhile(bool, alike))
    return 0 if index.qualifies(names[0][:size], "other") else size


def _match(column, prefix, index):
    """Rank the slots for a column by its name, and by what is left of it without the prefix."""
    found = match(column.name, index, column)
    if not prefix:
        return found
    rest = " ".join(normalise(column.name).split()[prefix:])
    best = {}
    for one in (*match(rest, index, column), *found):
        if one.slot.name not in best or one.score > best[one.slot.name].score:
            best[one.slot.name] = one
    return sorted(best.values(), key=lambda one: -one.score)


def _weigh_links(matches, index, links):
    """Let the values of other tables decide between references, and find those without a name."""
    if not links:
        return matches
    best = {found.slot.name: found for found in matches}
    named = any(found.slot.reference for found in matches)
    for slot in index.slots.values():
        share = _share(slot.reference, links)
        found = best.get(slot.name)
        vague = slot.reference.endswith(".any")  # says too little where the header says nothing
        if share >= SHARE and (found or not (named or vague)):
            score = max(LINKED * share, found.score if found else 0)
            reason = "linked" if found and found.score >= NAMED else "relation"
            best[slot.name] = Match(slot, round(min(score, 1.0), 3), reason, "")
        elif found and slot.reference and share == 0 and links[0].share >= SHARE:
            best[slot.name] = found._replace(score=round(found.score * STRAY, 3))
    return sorted(best.values(), key=lambda one: -one.score)


def _share(reference, links):
    """Return the share of the values that a reference explains.

    ``related`` is any table, ``any`` whatever names its records.
    """
    entity, __, by = reference.partition(".")
    shares = [
        link.share
        for link in links
        if by in (link.by, "any") and entity in (link.entity, "related")
    ]
    return min(1.0, sum(shares)) if entity == "related" else max(shares, default=0.0)


def _found(slot, matches, settled):
    found = next((one for one in matches if one.slot is slot), None)
    if settled:
        return Match(slot, min(found.score, 0.92) if found else 0.92, "neighbour", "")
    return found


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


def _settle_neighbours(chosen, columns, links, index):
    """Read an ambiguous column by its neighbours: "Name" beside "First name" is the last name."""
    for slot in index.slots.values():
        for usual, neighbours in slot.instead_of.items():
            if slot.name in chosen or usual not in chosen or chosen.count(None) == len(chosen):
                continue
            place = chosen.index(usual)
            column = columns[place]
            reference = index.slots[usual].reference
            if reference and _share(reference, links.get(column.name) or ()):
                continue  # another table has these values
            full = slot.transform == "name_part" and _are_full_names(column.samples)
            if not full and any(one in chosen for one in neighbours):
                if slot.name in index.find(column.name):
                    chosen[place] = slot.name


def _settle_states(chosen, ranked):
    """Read a word for state (Estado, Stato, État) as the status where there is no address."""
    if "state" not in chosen or not ADDRESS.isdisjoint(name for name in chosen if name):
        return
    place = chosen.index("state")
    for found in ranked[place]:
        if found.slot.name in STATUSES and found.slot.name not in chosen and found.score >= LEAST:
            chosen[place] = found.slot.name
            return


def _are_full_names(samples):
    samples = [value for value in samples if value]
    return sum(" " in value.strip() for value in samples) > len(samples) / 2


def _settle_substitutes(chosen, index):
    """Let the only number or address a table has be the main one, whatever it is called.

    So is the only name, unless a neighbour tells that it is a part of one.
    """
    for place, name in enumerate(chosen):
        usual = name and index.slots[name].stands_for
        parts = index.slots[name].instead_of.get(usual, ()) if usual else ()
        if usual and usual not in chosen and not any(one in chosen for one in parts):
            chosen[place] = usual


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


def _contested(ranked):
    """Return the slots that two columns fit about equally well: one of them is wrong."""
    scores = {}
    for matches in ranked:
        for found in matches:
            scores.setdefault(found.slot.name, []).append(found.score)
    return {
        name
        for name, found in scores.items()
        if len(found) > 1 and sorted(found)[-2] >= NEARLY * max(found)
    }


def _of_slot(rule, found, column, score, matches):
    slot = found.slot
    return Proposal(
        rule=rule,
        score=score,
        reason=slot.reason or found.reason,
        label=slot.label,
        field_type=slot.field_type,
        alternatives=_others(matches, slot),
        explanation=explain(slot.reason or found.reason, column, found),
        facts=facts_of(column, found),
    )


def _others(matches, slot=None):
    return tuple(found.slot.name for found in matches if found.slot is not slot)[:3]


def _is_taken_up(column, chosen, index):
    """Tell whether no slot without a column could hold the values: what is left is custom."""
    if column.distinct < ENOUGH:
        return False
    repeated = column.distinct < MOSTLY * column.filled
    return not any(
        name not in chosen
        and not slot.field.startswith("x_")
        and not slot.named
        and not (repeated and slot.field in UNIQUE)
        and not (slot.reference and column.kind in NO_NAMES)
        and fit(slot, column, index.known) >= OPEN
        for name, slot in index.slots.items()
    )


def _of_rest(entity, column, matches, vocabulary, customs, index, taken_up=False):
    """Propose for a column that no slot fits: nothing that is filled is left behind."""
    known = index.is_custom(column.name)

    def kept(reason, score, rule, **more):
        words = explain(reason, column)
        return Proposal(
            rule, score, reason, alternatives=_others(matches), explanation=words, **more
        )

    if not column.filled:
        return kept("empty", 1.0, Rule(column.name, ""))
    if squash(column.name) in vocabulary.technical:
        return kept("technical", 0.99, Rule(column.name, KEPT))
    score = 0.99 if known or taken_up else 0.6 if matches else UNKNOWN[bool(column.kind)]
    if vocabulary.targets[entity.target]["unmatched"] == "kept":
        return kept("kept", score, Rule(column.name, KEPT))
    listed = column.kind in NARROWER and "choice" in NARROWER[column.kind] and column.choices
    kind = vocabulary.kinds.get("choice" if listed else column.kind, vocabulary.kinds["text"])
    options = dict(column.options)
    if kind["field_type"] == "selection":
        options["choices"] = list(column.choices)
    label = " ".join(str(column.name).split()) or "Column"
    name = customs.name(label, kind["field_type"])
    rule = Rule(column.name, name, kind["transform"], options=options)
    reason = "known" if known else "custom"
    return kept(reason, score, rule, label=label, field_type=kind["field_type"])
