"""What all sources share: names of columns and values (``data/vocabulary.json``, and
``data/vocabulary_apps.json`` for what optional apps of Odoo hold), and further names of the same
things in one file per language (``data/words``).

The words are data; this module only reads them and looks things up.
"""

import json
import re
from dataclasses import dataclass, field, replace
from functools import lru_cache
from itertools import product
from pathlib import Path
from zoneinfo import available_timezones

from rapidfuzz import fuzz, process

from .exceptions import ConfigurationError
from .headers import Index, fold, normalise, squash

DATA = Path(__file__).resolve().parent.parent / "data"
#: What the values prove to be is also what it is a kind of: a column of countries is a pick-list.
NARROWER = {
    "country": {"choice", "text"}, "state": {"choice", "text"}, "language": {"choice", "text"},
    "currency": {"choice", "text"}, "html": {"longtext"}, "json": {"longtext"},
}  # fmt: skip
PLACEHOLDER = re.compile(r"\{(\w+)\}")
PAIR = re.compile(r"\{(\w+)\} \{(\w+)\}")
NAMES = ("aliases", "likely", "weak")
SLOT_KEYS = {
    "field", "transform", "reference", "domain", "open", "aliases", "likely", "weak", "kinds",
    "entities", "options", "label", "field_type", "by_values", "value_map", "reason", "strict",
    "unless", "instead_of", "stands_for", "doubtful", "settled_by", "named",
}  # fmt: skip


@dataclass(frozen=True)
class Slot:
    """A meaning a column can have: where it goes, and by which names it is known.

    :param domain: value map that says what its values mean
    :param open: values outside the domain are usual (stages)
    :param by_values: may be found by its values where the header says nothing
    :param value_map: whether the domain also translates the value (else it is only evidence)
    :param strict: share of the different values that the domain must know, 1 (or true) for all
    :param likely: names that usually mean the slot, ``weak`` ones that may mean it
    :param instead_of: {slot: [neighbours]}: where a neighbour is in the table, a column that may be
        this slot is no longer the other ("Name" beside "First name" is the last name)
    :param stands_for: slot it takes the place of where no other column is that
    :param doubtful: its names mean other things in other products: never certain
    :param settled_by: slots that take the doubt away where the table has one of them
    :param spellings: names that a misspelt header is compared with: no combinations of words
    :param pairs: word groups that together mean the slot (``("owner", "email")``), by kind of name
    :param named: only its name tells it: yes and no alone are no evidence that it may be meant
    :param unless: slots that say the same better: with one of them, this one is not proposed
    """

    name: str
    field: str
    transform: str = "text"
    reference: str = ""
    domain: str = ""
    open: bool = False
    aliases: tuple = ()
    likely: tuple = ()
    weak: tuple = ()
    kinds: tuple = ()
    entities: tuple = ()
    options: dict = field(default_factory=dict)
    label: str = ""
    field_type: str = ""
    by_values: bool = False
    value_map: bool = True
    reason: str = ""
    strict: float = 0
    unless: tuple = ()
    instead_of: dict = field(default_factory=dict)
    stands_for: str = ""
    doubtful: bool = False
    named: bool = False
    settled_by: tuple = ()
    spellings: tuple = ()
    pairs: dict = field(default_factory=dict)


class Vocabulary:
    """The read vocabulary. Built once by :func:`load`."""

    def __init__(self, content, languages=()):
        self.content = content
        self._languages = list(languages)
        self.targets = {
            target: {
                "unmatched": entry["unmatched"],
                "slots": [self._slot(target, name, slot) for name, slot in entry["slots"].items()],
            }
            for target, entry in content["targets"].items()
        }
        self.kinds = content["kinds"]
        self.reasons = content["reasons"]
        self.stages = content["stages"]
        self.technical = {squash(header) for header in content["technical"]}
        self.customs = {squash(name) for one in self._languages for name in one["custom"]}
        self._qualifiers = {
            kind: {word for entry in self._qualifying(kind) for word in normalise(entry).split()}
            for kind in content["qualifiers"]
        }
        self._abbreviations = {
            normalise(short): normalise(word) for short, word in content["abbreviations"].items()
        }
        self._synonyms = {
            domain: {value: self._names(names) for value, names in values.items()}
            for domain, values in content["values"].items()
        }
        self._values = {
            domain: {form(name): value for value, names in values.items() for name in names}
            | {form(value): value for value in values}
            for domain, values in self._synonyms.items()
        }
        self._values["stage"] = {
            form(synonym): stage["code"] for stage in self.stages for synonym in stage["synonyms"]
        }
        self._values["timezone"] = self._read_zones()
        self._phrases = self._read_phrases()
        self._indexes = {}

    def _read_zones(self):
        """Return {zone as written, or its form: zone}; ``Etc/GMT+2`` and ``-2`` have one form."""
        forms = {}
        for zone in available_timezones():
            forms.setdefault(form(zone), []).append(zone)
        plain = {text: zones[0] for text, zones in forms.items() if len(zones) == 1}
        return plain | {zone: zone for zones in forms.values() for zone in zones}

    def _qualifying(self, kind):
        """Yield the words of a kind of qualifier, in all languages."""
        yield from self.content["qualifiers"][kind]
        for language in self._languages:
            yield from language.get("qualifiers", {}).get(kind, ())

    def _names(self, names):
        """Return the synonyms of a value; ``@domain.value`` stands for those of another."""
        if isinstance(names, str):
            domain, __, value = names[1:].partition(".")
            return self.content["values"][domain][value]
        return names

    def synonyms(self, domain, value):
        """Return the words for a value."""
        return list(self._synonyms[domain][value])

    def _slot(self, target, name, entry):
        unknown = set(entry) - SLOT_KEYS
        if unknown or "field" not in entry:
            detail = f"slot {target}.{name}: {sorted(unknown) or 'no field'}"
            raise ConfigurationError("configuration", file="vocabulary.json", detail=detail)
        names = {key: tuple(self._borrow(entry.get(key, ()))) for key in NAMES}
        names["aliases"] += tuple(self._names_of(f"{target}.{name}"))
        names["likely"] += tuple(self._names_of(f"{target}.{name}?"))
        lists = {
            key: tuple(entry.get(key, ())) for key in ("kinds", "entities", "unless", "settled_by")
        }
        lists["kinds"] += tuple(
            narrow for narrow, wide in NARROWER.items() if wide.intersection(lists["kinds"])
        )
        return Slot(name=name, **(entry | names | lists))

    def _borrow(self, aliases):
        """Yield the aliases; ``@target.slot`` stands for those of another slot."""
        for alias in aliases:
            if alias.startswith("@"):
                target, __, name = alias[1:].partition(".")
                yield from self.content["targets"][target]["slots"][name]["aliases"]
            else:
                yield alias

    def _names_of(self, place):
        """Yield the names that the languages have for a slot."""
        for concept, places in self.content["concepts"].items():
            if place in places:
                for language in self._languages:
                    yield from language["names"].get(concept, ())

    def self_words(self, code, target=""):
        """Return the word groups that name an entity (the first of its target's, if unknown)."""
        entities = self.content["entities"]
        entry = entities.get(code) or next(
            (one for one in entities.values() if one["target"] == target), {"self": []}
        )
        return [entry["self"]] if isinstance(entry["self"], str) else list(entry["self"])

    def slots_of(self, entity):
        """Return the slots an entity has; a field with a constant value has none."""
        return [
            slot
            for slot in self.targets[entity.target]["slots"]
            if (not slot.entities or entity.code in slot.entities or self._unlisted(entity))
            and slot.field not in entity.constants
        ]

    def _unlisted(self, entity):
        return entity.code not in self.content["entities"]

    def _spelled(self, slot, groups):
        """Return a slot with its templates filled in, each from the words of one language.

        Templates of two groups are not: their words are too many, and found in the header instead.
        """
        vocabularies = [self.content["words"], *(one["words"] for one in self._languages)]

        def fill(aliases):
            return tuple(
                dict.fromkeys(
                    name
                    for alias in aliases
                    if not PAIR.fullmatch(alias)
                    for words in vocabularies[: None if PLACEHOLDER.search(alias) else 1]
                    for name in self._expand(alias, groups, words)
                )
            )

        pairs = {
            key: tuple(
                pair
                for alias in getattr(slot, key)
                if PAIR.fullmatch(alias) and not self._names_self(alias, groups)
                for pair in self._pairs(*PAIR.fullmatch(alias).groups(), groups)
            )
            for key in NAMES
        }
        simple = [alias for alias in slot.aliases if len(PLACEHOLDER.findall(alias)) < 2]
        names = {key: fill(getattr(slot, key)) for key in NAMES}
        return replace(slot, **names, spellings=fill(simple), pairs=pairs)

    def _pairs(self, first, second, groups):
        for one in groups if first == "self" else (first,):
            for other in groups if second == "self" else (second,):
                yield one, other

    def _names_self(self, alias, groups):
        """Tell whether a template names the entity's own kind: a company's company is another."""
        return any(word in groups[:1] for word in PLACEHOLDER.findall(alias) if word != "self")

    def _expand(self, alias, groups, words):
        """Yield the names a template stands for: none where it names the entity's own kind."""
        if self._names_self(alias, groups):
            return
        asked = PLACEHOLDER.findall(alias)
        # Alone, only the entity's own name means the record: a deal's "Lead" is another record.
        kin = groups[:1] if alias == "{self}" else groups
        own = [name for group in kin for name in words.get(group, ())]
        for chosen in product(*(own if word == "self" else words.get(word, ()) for word in asked)):
            yield PLACEHOLDER.sub("{}", alias).format(*chosen)

    def _read_phrases(self):
        """Return {squashed phrase: {word group: languages it is of}}; 0 stands for any."""
        phrases = {}
        for language, words in enumerate([self.content["words"], *self._languages]):
            for group, names in (words if not language else words["words"]).items():
                for name in names:
                    phrases.setdefault(squash(name), {}).setdefault(group, set()).add(language)
        return phrases

    def index(self, entity):
        """Return the :class:`headers.Index` of an entity."""
        key = (entity.code, entity.target, repr(entity.columns), repr(entity.constants))
        if key not in self._indexes:
            groups = self.self_words(entity.code, entity.target)
            neutral = self._qualifiers["neutral"] | self._own_words(groups)
            qualifiers = self._qualifiers | {"neutral": neutral, "self": self._own_phrases(groups)}
            slots = [self._spelled(slot, groups) for slot in self.slots_of(entity)]
            self._indexes[key] = Index(
                slots,
                qualifiers,
                entity.columns,
                self.canonical,
                self._abbreviations,
                self.customs,
                self._phrases,
            )
        return self._indexes[key]

    def _own_words(self, groups):
        """Return the words that name the record itself: they tell nothing about a column."""
        own = {
            word
            for group in groups
            for name in self.content["words"].get(group, ())
            for word in normalise(name).split()
        }
        further = {
            normalise(name)
            for language in self._languages
            for group in groups
            for name in language["words"].get(group, ())
        }
        return own | {name for name in further if " " not in name}

    def _own_phrases(self, groups):
        """Return the names of the record itself that are several words, each without blanks."""
        vocabularies = [self.content["words"], *(one["words"] for one in self._languages)]
        names = (
            name for words in vocabularies for group in groups for name in words.get(group, ())
        )
        return {squash(name) for name in names if " " in normalise(name)}

    def canonical(self, domain, raw):
        """Return the value a raw text means, or None: case, accents and blanks do not count."""
        known = self._values.get(domain, {})
        return known.get(form(raw)) or known.get(str(raw).strip())

    def similar(self, domain, raw, cutoff=85):
        """Return (canonical value, likeness 0..1) of the nearest known spelling, or None."""
        text = form(raw)
        if len(text) < 4:
            return None
        names = self._values.get(domain, {})
        hit = process.extractOne(text, names.keys(), scorer=fuzz.ratio, score_cutoff=cutoff)
        # Another figure is another value, however alike: "GMT 10" and "GMT 0".
        alike = hit and re.findall(r"\d+", hit[0]) == re.findall(r"\d+", text)
        return (names[hit[0]], hit[1] / 100) if alike else None

    def stage(self, name):
        """Return the usual stage of that name, or None."""
        code = self.canonical("stage", name)
        return next((stage for stage in self.stages if stage["code"] == code), None)

    def domains(self):
        """Return {domain: canonical values}."""
        values = {domain: list(names) for domain, names in self.content["values"].items()}
        zones = sorted(set(self._values["timezone"].values()))
        return values | {"stage": [stage["code"] for stage in self.stages], "timezone": zones}


def form(raw):
    """Return a value for comparing.

    >>> form("  Closed - Won! ")
    'closed won'
    """
    return " ".join(re.findall(r"[^\W_]+", fold(str(raw))))


@lru_cache(maxsize=1)
def load():
    """Return the vocabulary of the addon."""
    names = ["vocabulary.json", "vocabulary_apps.json"]
    paths = [*(DATA / name for name in names), *sorted((DATA / "words").glob("*.json"))]
    content, apps, *languages = (json.loads(path.read_text(encoding="utf-8")) for path in paths)
    for key in ("words", "entities", "targets", "values"):
        content[key] |= apps[key]
    return Vocabulary(content, languages)


def canonical(domain, raw):
    """See :meth:`Vocabulary.canonical`.

    >>> canonical("won_status", " GANADO ")
    'won'
    """
    return load().canonical(domain, raw)
