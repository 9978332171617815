"""How well a column header fits the slots of an entity, and why."""

import re
import unicodedata
from functools import lru_cache
from typing import NamedTuple

from rapidfuzz import fuzz, process

# Letters that Unicode does not take apart.
LETTERS = str.maketrans({"ß": "ss", "ø": "o", "ł": "l", "đ": "d", "æ": "ae", "œ": "oe", "&": " "})
SIGNS = str.maketrans({"#": " no ", "%": " percent ", "№": " no ", "°": "o "})
CURRENCY = re.compile(r"[(\[]\s*(?:[A-Z]{3}|[€$£¥])\s*[)\]]")
PARTS = re.compile(r"[/&|,+]|\s(?:and|or|und|oder|et|ou|y|o|e)\s", re.IGNORECASE)
SUFFIX = re.compile(r"__(?:c|r)$", re.IGNORECASE)
PREFIX = re.compile(r"^(?:cf|custom|udf)_(?=\w)", re.IGNORECASE)
# A unit in brackets ("Duration (sec)"), and the path of a value in nested data.
UNIT = re.compile(
    r"\s*[(\[]\s*(?:s|sec|h|hrs?|std|uur|min|[smh]\w{4,7})\.?\s*[)\]]$", re.IGNORECASE
)
PATH = re.compile(r"[^\s.]+(?:\.[^\s.]+)+")
# Last parts of a path that say less than what is before them: "phones.1.number".
VAGUE_LEAVES = frozenset(("value", "number", "address", "url", "text", "content", "formatted"))
CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])|(?<=[a-z]{2})(?=\d)")
PLURAL = re.compile(r"(?<=[A-Z]{2})['’]s\b")  # "ID's"
UMLAUTS = re.compile(r"([aou])e")
WORDS = re.compile(r"[^\W_]+")

EXACT, BAG, STRIPPED, FUZZY, CONTAINS = 0.97, 0.92, 0.87, 0.75, 0.4
LIKELY, WEAK = 0.9, 0.8  # of an alias that has other meanings too
MOMENTS = frozenset(("date", "datetime"))
FIGURES = frozenset(("phone", "money", "datetime", "date"))
LINES = frozenset(("line", "name_part", "tags"))
NO_LINES = frozenset(("email", "url", "date", "datetime", "money", "percent", "boolean"))
SIMILAR = 88  # rapidfuzz ratio from which two spellings are taken for one word
SHORTEST = 3  # letters: the rest of a compound has more, unless its script is not Latin
LEAST_QUALIFIER = 2
JOINTS = ("s", "es", "n", "en", "e")  # what joins the parts of a compound
ENOUGH = 2  # different values without which only their form tells something, not what they are
TELLING = frozenset(("email", "phone"))
CONTRADICTED = 0.4  # factor where no value has the sign without which it cannot be read
MISFIT = 0.35  # share taken off when the values are of another kind than the slot holds
STRANGE = 0.25  # share taken off when the slot knows none of the values, put on when it knows all


class Match(NamedTuple):
    slot: object
    score: float
    reason: str
    alias: str = ""


def fold(text):
    """Return text without case and accents.

    >>> fold("Prénom")
    'prenom'
    """
    taken_apart = unicodedata.normalize("NFKD", text.casefold().translate(LETTERS))
    return "".join(letter for letter in taken_apart if not unicodedata.combining(letter))


@lru_cache(maxsize=50_000)
def normalise(header):
    """Return the words of a header: case, accents, notation, units and custom marks removed.

    >>> [normalise(h) for h in ("E-Mail", "leadSource", "Segment__c", "Amount (EUR)", "cf_spend")]
    ['e mail', 'lead source', 'segment', 'amount', 'spend']
    """
    text = PREFIX.sub("", SUFFIX.sub("", PLURAL.sub("", str(header).strip())))
    text = (CURRENCY.sub(" ", text) or text).translate(SIGNS)
    words = WORDS.findall(fold(CAMEL.sub(" ", text)))
    return " ".join(words)


class Index:
    """The slots of one entity, ready to be looked up by header.

    :param slots: the slots, in order
    :param qualifiers: words that change nothing (``neutral``), that tell another address or number
        (``other``), or that only join (``stop``), or only say that it is a time (``moment``)
    :param specific: header -> slot name, as the source product names its columns
    :param known: function (domain, value) -> canonical value or None
    :param abbreviations: short word -> word
    :param customs: squashed names of columns that are known to have no field
    :param phrases: squashed phrase -> {word group: languages it is of}, 0 for any
    """

    def __init__(
        self,
        slots,
        qualifiers,
        specific=None,
        known=None,
        abbreviations=None,
        customs=(),
        phrases=None,
    ):
        self._phrases = phrases or {}
        self._abbreviations = abbreviations or {}
        self._customs = customs
        self.slots = {slot.name: slot for slot in slots}
        self.known = known or (lambda domain, value: None)
        self._qualifiers = {kind: frozenset(words) for kind, words in qualifiers.items()}
        self._qualifying = {
            word
            for kind in ("neutral", "other")
            for word in self._qualifiers.get(kind, ())
            if len(word) >= (LEAST_QUALIFIER if not word.isascii() else 4)
        }
        self._specific = {squash(header): name for header, name in (specific or {}).items()}
        self._exact, self._bags, self._moments = {}, {}, {}
        self._pairs = {}
        for slot in slots:
            for key, weight in (("weak", WEAK), ("likely", LIKELY), ("aliases", 1)):
                self._add(slot, getattr(slot, key), weight)
                for pair in slot.pairs.get(key, ()):
                    self._pairs.setdefault(pair, {})[slot.name] = weight
        for names in (self._exact, self._bags, self._moments):
            _share(names)
        spellings = {squash(name) for slot in slots for name in slot.spellings}
        self._spellings = sorted(name for name in spellings if len(name) > 4)

    def _add(self, slot, aliases, weight):
        for alias in aliases:
            words = normalise(alias)
            self._exact.setdefault(squash(alias), {})[slot.name] = weight
            self._bags.setdefault(self.bag(words.split()), {})[slot.name] = weight
            if "percent" in slot.kinds:  # "Probability (%)"
                self._bags.setdefault(self.bag([*words.split(), "percent"]), {})[slot.name] = weight
            if MOMENTS.intersection(slot.kinds):
                self._moments.setdefault(self._event(words.split()), {})[slot.name] = weight

    def bag(self, words):
        """Return the words without order and joining words (all of them if no other is left)."""
        kept = [word for word in words if word not in self._qualifiers["stop"]]
        return tuple(sorted(kept or words))

    def _event(self, words):
        """Return what happened at a moment: "Closed on" and "Date closed" are one."""
        return tuple(word for word in self.bag(words) if word not in self._qualifiers["moment"])

    def find(self, header):
        """Return {slot name: (score, reason, alias)} by the header alone."""
        specific = self._specific.get(squash(header))
        # What the name usually means counts as well: "body" is the title in one export of a
        # product and the text in another, as the other columns show.
        found = {specific: (1.0, "profile", header)} if specific else {}
        for score, reason, names in self._steps(header):
            for name, weight in names.items():
                if name not in found or found[name][0] < score * weight:
                    found[name] = (round(score * weight, 3), reason, header)
            if found or self.is_custom(header):
                return found
        return found

    def is_custom(self, header):
        """Tell whether a column of that name is known, and known to have no field."""
        words = normalise(header).split()
        plain = [word for word in words if word not in self._qualifiers["neutral"]]
        return "".join(words) in self._customs or "".join(plain) in self._customs

    def _steps(self, header):
        """Yield what matches, from the surest way of looking to the vaguest."""
        words = normalise(header).split()
        yield from self._plain_steps(words)
        whole = [self._abbreviations.get(word, word) for word in words]
        if whole != words:
            for score, reason, names in self._plain_steps(whole):
                yield score - 0.03, "moment" if reason == "moment" else "words", names
        written = [UMLAUTS.sub(r"\1", word) for word in whole]
        if written != whole:  # "zustaendig", where a program knows no umlauts
            for score, reason, names in self._plain_steps(written):
                yield score - 0.03, "moment" if reason == "moment" else "words", names
        if len(words) == 1:
            yield BAG - 0.02, "words", self._compounded(words[0])
        apart = [part for word in whole for part in self.take_apart(word)]
        if apart != whole:
            for score, __, names in self._plain_steps(apart):
                yield score - 0.04, "words", names
        plain = UNIT.sub("", str(header))
        if plain != str(header):
            for score, reason, names in self._plain_steps(normalise(plain).split()):
                yield score - 0.02, "words" if reason == "alias" else reason, names
        for name in self.inner_names(header):
            for score, reason, names in self._plain_steps(normalise(name).split()):
                yield score - 0.02, "words" if reason == "alias" else reason, names
        yield BAG, "words", self._of_parts(header)
        if not self._qualifiers["other"].intersection(words):
            yield FUZZY, "similar", self._similar("".join(words))
        yield CONTAINS, "contains", self._contained(words)

    def inner_names(self, header, kind=""):
        """Return what a value of nested data is called without what only holds it.

        ``contact_info.website`` is a website, ``phones.2.number`` the second phone; nothing is
        left of a path through another record (``manager.email``).

        :param kind: what the record says of the number: ``mobile``
        """
        parts = str(header).split(".")
        if not PATH.fullmatch(str(header)) or not self._only_holds(parts[:-1]):
            return []
        number = next((part for part in parts[1:-1] if part.isdecimal() and part != "1"), "")
        holder = next(part for part in reversed(parts[:-1]) if not part.isdecimal())
        holder = holder[:-1] if holder.endswith("s") and len(holder) > 4 else holder
        leaf = parts[-1]
        if kind:
            return [f"{kind} {holder}", f"{kind} {leaf}"]
        names = (holder, leaf) if leaf.lower() in VAGUE_LEAVES else (leaf,)
        return [f"{name} {number}".strip() for name in names]

    def leaf_of(self, header):
        """Return what people call a column of nested data: "Belt" of ``custom_fields.Belt``."""
        holder, dot, leaf = str(header).rpartition(".")
        told = dot and leaf.lower() not in VAGUE_LEAVES and self._only_holds(holder.split("."))
        return leaf if told else str(header)

    def _only_holds(self, parts):
        holders = self._qualifiers.get("holder", ())
        return all(part.isdecimal() or squash(part) in holders for part in parts)

    def _plain_steps(self, words):
        same, mixed = self._paired(words)
        yield EXACT, "alias", self._exact.get("".join(words)) or same
        yield BAG, "words", self._bags.get(self.bag(words), {})
        yield BAG, "words", mixed
        event = self._event(words)
        if event and len(event) < len(words):
            yield BAG - 0.03, "moment", self._moments.get(event, {})
            same, mixed = self._paired(event)
            yield BAG - 0.03, "moment", self._of_moments(same) or self._of_moments(mixed)
        plain = [word for word in self._without_self(words) if not self._is_neutral(word)]
        if self._qualifiers["other"].intersection(words):
            # A second address or number: only where a slot is named so ("Billing street 2").
            if plain and len(plain) < len(words):
                yield STRIPPED - 0.02, "words", self._exact.get("".join(plain), {})
            return
        if plain and len(plain) < len(words):
            yield STRIPPED, "words", self._exact.get("".join(plain), {})
            yield STRIPPED - 0.02, "words", self._bags.get(self.bag(plain), {})
            same, mixed = self._paired(plain)
            yield STRIPPED - 0.02, "words", same or mixed
        elif words and not plain:
            last = self._exact.get(words[-1], {})
            sure = {name: 1 for name, weight in last.items() if weight == 1}
            yield STRIPPED - 0.02, "words", sure

    def _without_self(self, words):
        """Return the words without a name of the record itself ("Estado de posible cliente")."""
        own = self._qualifiers.get("self", ())
        for size in range(min(3, len(words) - 1), 1, -1):
            for start in range(len(words) - size + 1):
                if "".join(words[start : start + size]) in own:
                    return words[:start] + words[start + size :]
        return words

    def _paired(self, words):
        """Return the slots that two phrases mean together, in one language and across languages.

        In either order, with or without joining words: "Company ID", "Motif de la perte".
        """
        same, mixed = {}, {}
        for cut in range(1, len(words)):
            one, other = self._groups_of(words[:cut]), self._groups_of(words[cut:])
            for first, its in one.items():
                for second, others in other.items():
                    one_language = 0 in its or 0 in others or not its.isdisjoint(others)
                    found = same if one_language else mixed
                    for pair in ((first, second), (second, first)):
                        found.update(self._pairs.get(pair, {}))
        return same, mixed

    def _compounded(self, word):
        """Return the slots that the two phrases of a compound mean together: "Notiznummer"."""
        for cut in range(len(word) - SHORTEST, SHORTEST, -1):
            for first in (word[:cut], *(word[:cut].removesuffix(joint) for joint in JOINTS)):
                same, __ = self._paired([first, word[cut:]])
                if same:
                    return same
        return {}

    def _groups_of(self, words):
        """Return {word group: languages} of a phrase, joining words around it left out."""
        found = self._phrases.get("".join(words))
        if found is None:
            stop = self._qualifiers["stop"]
            kept = [word for word in words if word not in stop]
            found = self._phrases.get("".join(kept)) if kept and len(kept) < len(words) else None
        return found or {}

    def _of_moments(self, names):
        return {
            name: weight
            for name, weight in names.items()
            if MOMENTS.intersection(self.slots[name].kinds)
        }

    def _is_neutral(self, word):
        """Tell whether a word, or what it is the plural or genitive of, changes nothing."""
        neutral = self._qualifiers["neutral"]
        return word in neutral or (len(word) > 4 and word.removesuffix("s") in neutral)

    def take_apart(self, word):
        """Return the parts of a compound of a qualifier and a name ("Rechnungsort").

        The language does not matter: what is left must be a name as a whole.
        """
        if not self._exact.get(word) and word not in self._qualifying:
            for cut in range(len(word) - SHORTEST, LEAST_QUALIFIER - 1, -1):
                for qualifier in (word[:cut], *(word[:cut].removesuffix(j) for j in JOINTS)):
                    rest = word[cut:]
                    known = qualifier in self._qualifying and rest in self._exact
                    if known and (len(rest) > SHORTEST or not rest.isascii()):
                        return [qualifier, rest]
        return [word]

    def part_of(self, header, among):
        """Return (slot name, words left over) where a header begins or ends with a name.

        :param among: the slots that count
        """
        words = normalise(header).split()
        number = words.pop() if len(words) > 1 and words[-1].isdecimal() else ""
        vague = []  # "address" is a street, or says whose city it is
        for size in range(len(words), 0, -1):
            for part, rest in (
                (words[-size:], words[:-size]),
                (words[:size], words[size:]),
            ):
                name = self._one_of("".join(part) + number, among)
                if not name and number in ("", "1"):
                    name = self._one_of("".join(part), among)
                if name and self._qualifying.isdisjoint(part):
                    return name, rest
                if name:
                    vague.append((name, rest))
        if vague:
            return min(vague, key=lambda found: found[0] == among[0])
        if len(words) != 1:
            return "", words
        word = words[0]
        for cut in range(1, len(word) - 1):
            rest = word[cut:]
            if len(rest) > SHORTEST or (len(rest) > 1 and not rest.isascii()):
                name = self._one_of(rest + number, among)
                if name:
                    return name, [word[:cut]]
        return "", words

    def _one_of(self, key, among):
        names = self._exact.get(key, {})
        return next((name for name, weight in names.items() if name in among and weight == 1), "")

    def qualifies(self, words, kind):
        """Tell whether one of the words is a qualifier of that kind."""
        return not self._qualifiers[kind].isdisjoint(words)

    def _of_parts(self, header):
        """Return the slots that all parts of a header such as "City/Town" mean."""
        parts = [normalise(part).split() for part in PARTS.split(str(header))]
        if len(parts) < 2 or not all(parts):
            return {}
        common = [
            next((names for __, __, names in self._plain_steps(part) if names), {})
            for part in parts
        ]
        return {name: 1 for name in common[0] if all(name in names for names in common)}

    def _similar(self, whole):
        """Return the slots of like spellings; another beginning ("Co-owner") is another."""
        if len(whole) < 5:
            return {}
        hits = process.extract(
            whole, self._spellings, scorer=fuzz.ratio, score_cutoff=SIMILAR, limit=3
        )
        digits = re.sub(r"\D", "", whole)
        return {
            name: weight * score / 100
            for key, score, __ in hits
            if re.sub(r"\D", "", key) == digits and key[0] == whole[0]
            for name, weight in self._exact[key].items()
        }

    def _contained(self, words):
        """Return the slots of which an alias is the last, else the first words of the header."""
        for size in range(len(words) - 1, 0, -1):
            for part in (words[-size:], words[:size]):
                names = self._exact.get("".join(part))
                if names:
                    return names
        return {}


def _share(names):
    """Let equal values of a table be one object: most of the many spellings mean the same slot."""
    shared = {}
    for key, value in names.items():
        names[key] = shared.setdefault(tuple(value.items()), value)


def squash(header):
    """Return the normal form without blanks: ``Web Site`` and ``website`` are one."""
    return normalise(header).replace(" ", "")


def match(header, slots, column_profile=None):
    """Rank the slots for a column.

    :param slots: the entity's :class:`Index`
    :param column_profile: what the values say; None where only the header is known
    :return: list of :class:`Match`, best first
    """
    found = slots.find(header)
    if column_profile is not None and column_profile.filled and not found:
        found = by_values(slots, column_profile)
    ranked = []
    for name, (score, reason, alias) in found.items():
        slot = slots.slots[name]
        if reason not in ("profile", "alias") and _is_no_moment(slot, column_profile):
            score = min(score, CONTAINS)
        fitting = score if reason == "profile" else score * fit(slot, column_profile, slots.known)
        ranked.append(Match(slot, round(min(fitting, 1.0), 3), reason, alias))
    return sorted(ranked, key=lambda one: -one.score)


def _is_no_moment(slot, column_profile):
    """Tell whether a slot for times meets a column that holds none."""
    if column_profile is None or not column_profile.kind or not column_profile.filled:
        return False
    return MOMENTS.issuperset(slot.kinds or ("",)) and column_profile.kind not in MOMENTS


def by_values(slots, column_profile):
    """Find a slot for a header that says nothing: by kind (email, phone) or by known values."""
    return {
        slot.name: (0.55, "values", "")
        for slot in slots.slots.values()
        if slot.by_values and _tell(slot, column_profile, slots.known)
    }


def _tell(slot, column_profile, known):
    """Tell whether the values alone say that a column is the slot."""
    by_chance = column_profile.distinct < ENOUGH and column_profile.kind not in TELLING
    if by_chance:
        return False
    if slot.domain:
        return share_known(slot.domain, column_profile, known) >= 0.75
    if column_profile.kind != slot.kinds[0] or column_profile.confidence < 0.8:
        return False
    if slot.field == "id":
        return column_profile.distinct == column_profile.rows
    return not column_profile.choices  # few and repeated addresses are those of colleagues


def fit(slot, column_profile, known):
    """Return the factor by which the values make the slot more or less likely."""
    if column_profile is None or not column_profile.filled or not column_profile.kind:
        return 1.0
    factor = 1.0
    line = not slot.kinds and slot.transform in LINES and column_profile.kind in NO_LINES
    if line or (slot.kinds and column_profile.kind not in slot.kinds):
        factor -= MISFIT * column_profile.confidence
    if slot.domain:
        share = share_known(slot.domain, column_profile, known)
        if share < slot.strict:
            return 0.0
        factor += 0.03 * share if slot.open else STRANGE * (2 * share - 1)
    if not _can_be_read(slot, column_profile.choices or column_profile.samples):
        factor *= CONTRADICTED
    return factor - MISFIT * _misnamed(slot, column_profile)


def _can_be_read(slot, values):
    """Tell whether some value can be what the slot holds: a time or a number has a digit."""
    text = " ".join(str(value) for value in values if value)
    if not text:
        return True
    if slot.transform == "email" and slot.kinds == ("email",):
        return "@" in text
    if slot.transform == "url":
        return "." in text or "://" in text
    digit = slot.transform in FIGURES or MOMENTS.issuperset(slot.kinds or ("",))
    return not digit or any(letter.isdigit() for letter in text)


def _misnamed(slot, column_profile):
    """Tell whether names stand where the slot wants IDs, or IDs where it wants names."""
    by = slot.reference.rpartition(".")[2]
    values = [value for value in column_profile.choices or column_profile.samples if value]
    if by not in ("id", "name") or not values:
        return False
    codes = sum(" " not in value and any(map(str.isdigit, value)) for value in values)
    return codes < 0.3 * len(values) if by == "id" else codes > 0.7 * len(values)


def share_known(domain, column_profile, known):
    """Return the share of the different values that the domain knows."""
    values = [value for value in column_profile.choices or column_profile.samples if value]
    if not values:
        return 0.5  # nothing seen: neither for nor against
    return sum(known(domain, value) is not None for value in values) / len(values)
