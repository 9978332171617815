"""What the columns of a table mean: a proposed map, with score and reason."""

import re
from dataclasses import replace
from itertools import takewhile

from ..explaining import explain, facts_of
from ..headers import ENOUGH, MISFIT, VAGUE_LEAVES, Match, fit, match, normalise, squash
from ..relations import LONG, SHARE
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
SECOND = 0.9  # a name that fits so well is that of a second column of times
SURE = ("profile", "alias")
# What tells the kind of a number or an address in a list of them.
KIND_LEAVES = frozenset(("type", "kind", "label", "category"))
TITLES = frozenset(("title", "titel", "titre", "titulo", "titolo", "label", "caption"))
SUBJECTS = frozenset(("summary", "subject", "betreff", "objet", "asunto", "oggetto", "resumen"))
NUMBERS = frozenset(("integer", "float"))
WORDED = frozenset(("text", "choice"))
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
    kinds = _kinds_told(columns)
    ranked = [
        _weigh_links(_match(column, prefix, index, kinds), index, (links or {}).get(column.name))
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
    _settle_key(chosen, columns, ranked, index)
    _settle_titles(chosen, columns, index)
    _settle_several(chosen, columns, index)
    _settle_times(chosen, ranked, index)
    customs = Customs(taken, [index.slots[name].field for name in chosen if name])
    proposals = []
    contested = _contested(ranked)
    holders = dict(zip(chosen, columns, strict=True))
    for column, matches, name, before in zip(columns, ranked, chosen, usual, strict=True):
        if name:
            slot = _as_written(index.slots[name], column, vocabulary)
            found = _found(index.slots[name], matches, settled=name != before)
            rule = rule_for(slot, column, vocabulary)
            score = calibrated(found, matches, column, name in contested, holders, index.known)
            found = found._replace(slot=slot)
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


def _kinds_told(columns):
    """Return {number or address in a list: its kind}, where another column tells it of all rows.

    ``{"phones.2.number": "mobile"}``, if ``phones.2.type`` is always ``mobile``.
    """
    told = {}
    for column in columns:
        if _tells_kind(column) and column.distinct == 1:
            told[str(column.name).rpartition(".")[0]] = column.samples[0]
    return {
        column.name: told[holder]
        for column in columns
        for holder, __, leaf in [str(column.name).rpartition(".")]
        if holder in told and leaf.lower() in VAGUE_LEAVES
    }


def _tells_kind(column):
    """Tell whether a column says of what kind a number or an address in a list is."""
    holder, __, leaf = str(column.name).rpartition(".")
    return leaf.lower() in KIND_LEAVES and holder.rpartition(".")[2].isdecimal()


def _match(column, prefix, index, kinds):
    """Rank the slots for a column by its name, and by what is left of it without the prefix."""
    found = match(column.name, index, column)
    for name in index.inner_names(column.name, kinds[column.name]) if column.name in kinds else ():
        better = match(name, index, column)
        if better and better[0].score >= NAMED:
            return better
    found += _by_email(found, column, index)
    if not prefix:
        return found
    rest = " ".join(normalise(column.name).split()[prefix:])
    best = {}
    for one in (*match(rest, index, column), *found):
        if one.slot.name not in best or one.score > best[one.slot.name].score:
            best[one.slot.name] = one
    return sorted(best.values(), key=lambda one: -one.score)


def _by_email(matches, column, index):
    """Return the matches by address of what a column names, where its values are addresses."""
    if column.kind != "email":
        return []
    known = {found.slot.name for found in matches}
    return [
        found._replace(slot=slot, score=round(min(NEARLY, found.score / (1 - MISFIT)), 3))
        for found in matches
        for slot in index.slots.values()
        if found.slot.reference.endswith(".name")
        and slot.reference == found.slot.reference.removesuffix("name") + "email"
        and slot.field == found.slot.field
        and slot.name not in known
    ]


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
        if by in (link.by, "any")
        and (entity == link.entity or (entity == "related" and link.entity != "owner"))
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


def _settle_key(chosen, columns, ranked, index):
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
    if chosen and chosen[0] is None and "id" in index.slots and _is_key(columns[0]):
        chosen[0] = "id"


def _is_key(column):
    """Tell whether the first column of a table holds its keys: codes, another in each row."""
    long = all(len(value.strip()) >= LONG for value in column.samples if value)
    coded = column.kind == "identifier" or (column.kind == "integer" and long)
    return coded and column.distinct == column.filled == column.rows > ENOUGH


def _settle_titles(chosen, columns, index):
    """Let "Title" be the name of what has no other, or of a deal if each row has its own.

    Job titles repeat. The column that had a deal's name is then that of the person, where there is
    a place for one.
    """
    job = index.slots.get("function")
    if job and any(part in chosen for part in job.instead_of.get("name", ())):
        return  # the title of a person
    parts = {name for name, slot in index.slots.items() if slot.field == "name"}
    if parts.isdisjoint(name for name in chosen if name):
        for place, column in enumerate(columns):
            title = chosen[place] in (None, "function") and squash(column.name) in TITLES
            subject = chosen[place] in (None, "notes") and squash(column.name) in SUBJECTS
            if "name" in index.slots and (title or subject):
                if column.distinct >= MOSTLY * column.filled > 0:
                    chosen[place] = "name"
                    return
    if "function" not in chosen or "name" not in index.find(columns[chosen.index("function")].name):
        return
    place = chosen.index("function")
    column = columns[place]
    if not column.distinct >= MOSTLY * column.filled > ENOUGH:
        return
    if "name" in chosen:
        if "person_name" not in index.slots or "person_name" in chosen:
            return
        chosen[chosen.index("name")] = "person_name"
    chosen[place] = "name"


def _settle_several(chosen, columns, index):
    """Read a column of company IDs that has several in some rows as that of all companies."""
    if "parent_id" not in chosen or "other_companies" not in index.slots:
        return
    place = chosen.index("parent_id")
    if "other_companies" not in chosen and columns[place].listed:
        chosen[place] = "other_companies"


def _settle_times(chosen, ranked, index):
    """Take a second column of times too: in a list of all activities meetings have their own.

    The first one that a row has a value in is its time.
    """
    if not {"when", "kind"}.issubset(chosen) or "started" not in index.slots:
        return
    for place, matches in enumerate(ranked):
        found = matches[0] if matches and matches[0].slot.name == "when" else None
        alone = len(matches) < 2 or matches[1].score < SECOND
        sure = found and alone and found.score >= SECOND and found.reason in SURE
        if chosen[place] is None and sure:
            chosen[place] = "started"
            return


def _as_written(slot, column, vocabulary):
    """Return a slot; a new field for a number is one for text, where a size is "11-50"."""
    if slot.field_type in NUMBERS and column.kind in WORDED:
        return replace(slot, **vocabulary.kinds["text"])
    return slot


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
    return tuple(one.slot.name for one in matches if not slot or one.slot.name != slot.name)[:3]


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
    if squash(column.name) in vocabulary.technical or _tells_kind(column):
        return kept("technical", 0.99, Rule(column.name, KEPT))
    score = 0.99 if known or taken_up else 0.6 if matches else UNKNOWN[bool(column.kind)]
    if vocabulary.targets[entity.target]["unmatched"] == "kept":
        return kept("kept", score, Rule(column.name, KEPT))
    listed = column.kind in NARROWER and "choice" in NARROWER[column.kind] and column.choices
    kind = vocabulary.kinds.get("choice" if listed else column.kind, vocabulary.kinds["text"])
    options = dict(column.options)
    if kind["field_type"] == "selection":
        options["choices"] = list(column.choices)
    label = " ".join(index.leaf_of(column.name).split()) or "Column"
    name = customs.name(label, kind["field_type"])
    rule = Rule(column.name, name, kind["transform"], options=options)
    reason = "known" if known else "custom"
    return kept(reason, score, rule, label=label, field_type=kind["field_type"])
