"""Facts of each source product, read from ``data/profiles/<code>.json`` and checked."""

import json
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from functools import lru_cache

from . import rest
from .exceptions import ConfigurationError
from .vocabulary import DATA
from .vocabulary import load as load_vocabulary

FOLDER = DATA / "profiles"
KINDS = ("1:1", "1:many", "lossy", "none")
# Policies of a project that a source can suggest, and their values.
POLICIES = {
    "owner_policy": ("hold", "fallback", "stub"),
    "lead_policy": ("source", "revenue"),
    "pipeline_policy": ("own", "default"),
    "placeholder_parent": ("off", "contacts", "companies", "both"),
}
ENTITY_KEYS = {
    "code", "target", "constants", "files", "keys", "columns", "load_order", "label", "endpoint",
    "repeats", "shared", "evidence", "assumed",
}  # fmt: skip


@dataclass(frozen=True)
class Entity:
    """A kind of record of the source.

    :param target: family of the vocabulary its columns are matched with
    :param constants: field -> value, the same for all records
    :param files: file name patterns (fnmatch, compared in small letters)
    :param keys: slots that identify a record, best first
    :param columns: header as the product names it -> slot
    :param repeats: rows with one ID belong together: an order has one row for each of its lines
    :param shared: of the generic profile: in every other one too, for files whose name says so
    """

    code: str
    target: str
    constants: dict = field(default_factory=dict)
    files: tuple = ()
    keys: tuple = ()
    columns: dict = field(default_factory=dict)
    load_order: int = 0
    label: str = ""
    endpoint: str = ""
    repeats: bool = False
    shared: bool = False
    evidence: str = ""
    assumed: bool = False

    def names_file(self, name):
        """Return how much of a file name is known as this entity's, 0 if it is not."""
        return known_part(name, self.files)


@dataclass(frozen=True)
class Profile:
    """A source product. Every fact has its ``evidence`` or is marked ``assumed``.

    :param products: the unrelated products of that name, as ``code``, ``name`` and the ``words``
        that headers of their exports have, if there are several
    :param uses: kinds of activity that an optional app of Odoo takes, where it is installed:
        ``{"kind": "task", "app": "project"}``
    :param usual: {kind of list that does not move: usual names of its files}
    :param generic: no product, but what is usual in all of them: for a CRM without a profile
    """

    code: str
    name: str
    variants: tuple
    entities: tuple
    policies: dict
    caps: tuple = ()
    gotchas: tuple = ()
    inventory: tuple = ()
    usual: dict = field(default_factory=dict)
    objects: tuple = ()
    products: tuple = ()
    uses: tuple = ()
    rest: dict = field(default_factory=dict)
    values: dict = field(default_factory=dict)
    evidence: dict = field(default_factory=dict)
    generic: bool = False

    def entity(self, code):
        """Return the entity of a code, or None."""
        return next((entity for entity in self.entities if entity.code == code), None)


def known_part(name, patterns):
    """Return the length of the longest pattern that fits a name: the longer, the surer.

    >>> known_part("email_campaigns", ["email*", "*campaign*"])
    8
    """
    return max((len(one.strip("*")) for one in patterns if fnmatchcase(name, one)), default=0)


def codes():
    """Return the codes of the products there is a profile for."""
    return sorted(path.stem for path in FOLDER.glob("*.json"))


@lru_cache(maxsize=1)
def generic():
    """Return the profile of a CRM that has none."""
    for code in codes():
        content = json.loads((FOLDER / f"{code}.json").read_text(encoding="utf-8"))
        if content.get("generic"):
            return build(content, f"{code}.json")
    raise wrong("profiles", "generic", "no profile is generic")


def load(code):
    """Return the checked :class:`Profile` of a product."""
    path = FOLDER / f"{code}.json"
    if code not in codes():
        raise wrong(path.name, "code", f"no profile {code!r}; there are {', '.join(codes())}")
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise wrong(path.name, "file", f"is no JSON: {error}") from error
    profile = build(content, path.name)
    return profile if profile.generic else _with_shared(profile)


def _with_shared(profile):
    """Return a profile with what the generic one knows beside it.

    Entities that are shared, and the usual names of files in all languages.
    """
    own = {entity.code for entity in profile.entities}
    shared = [one for one in generic().entities if one.shared and one.code not in own]
    usual = generic().usual | {entity.code: entity.files for entity in generic().entities}
    taken = {name for entity in profile.entities for name in entity.files}
    taken |= {name for kind in profile.inventory for name in kind.get("files", ())}

    def files(code, own_files):
        return (*own_files, *(name for name in usual.get(code, ()) if name not in taken))

    entities = [replace(one, files=files(one.code, one.files)) for one in profile.entities]
    inventory = [
        kind | {"files": files(kind["code"], kind.get("files", ()))} for kind in profile.inventory
    ]
    return replace(
        profile,
        entities=tuple(sorted([*entities, *shared], key=lambda entity: entity.load_order)),
        inventory=tuple(inventory),
    )


def build(content, file="profile"):
    """Check the content of a profile file and return the :class:`Profile`."""
    for key in ("code", "name", "entities", "policies"):
        if not content.get(key):
            raise wrong(file, key, "is missing")
    if file.endswith(".json") and content["code"] != file.removesuffix(".json"):
        raise wrong(file, "code", f"is {content['code']!r}, unlike the file name")
    entities = tuple(_entity(file, entry) for entry in content["entities"])
    _check_entities(file, entities)
    _check_rest(file, content, entities)
    lists = ("variants", "caps", "gotchas", "inventory", "objects", "products", "uses")
    known = {key: tuple(content.get(key, ())) for key in lists}
    return Profile(
        code=content["code"],
        name=content["name"],
        entities=tuple(sorted(entities, key=lambda entity: entity.load_order)),
        policies=content["policies"],
        rest=content.get("rest", {}),
        values=content.get("values", {}),
        evidence=content.get("sources", {}),
        generic=content.get("generic", False),
        usual=content.get("usual", {}),
        **known,
    )


def _entity(file, entry):
    place = f"entities.{entry.get('code', '?')}"
    unknown = set(entry) - ENTITY_KEYS
    if unknown:
        raise wrong(file, place, f"has unknown keys {sorted(unknown)}")
    for key in ("code", "target", "files", "keys", "load_order"):
        if not entry.get(key):
            raise wrong(file, f"{place}.{key}", "is missing")
    if not entry.get("evidence") and not entry.get("assumed"):
        raise wrong(file, place, "has neither evidence nor assumed")
    lists = {key: tuple(entry[key]) for key in ("files", "keys")}
    columns = {header: slot for header, slot in entry.get("columns", {}).items()}
    return Entity(**(entry | lists | {"columns": columns}))


def _check_entities(file, entities):
    vocabulary = load_vocabulary()
    seen = set()
    for entity in entities:
        place = f"entities.{entity.code}"
        if entity.code in seen:
            raise wrong(file, place, "stands there twice")
        seen.add(entity.code)
        if entity.target not in vocabulary.targets:
            raise wrong(file, f"{place}.target", f"{entity.target!r} is no target")
        slots = {slot.name for slot in vocabulary.slots_of(entity)}
        for name in (*entity.keys, *entity.columns.values()):
            if name not in slots:
                raise wrong(file, place, f"{name!r} is no slot of {entity.target}")


def _check_policies(file, policies):
    if not policies.get("owner_policy"):
        raise wrong(file, "policies.owner_policy", "is missing")
    for key, value in policies.items():
        if value not in POLICIES.get(key, ()):
            known = ", ".join(POLICIES.get(key, POLICIES))
            raise wrong(file, f"policies.{key}", f"{value!r} is none of {known}")


def _check_rest(file, content, entities):
    vocabulary = load_vocabulary()
    _check_policies(file, content["policies"])
    if content.get("rest"):
        rest.build(content["rest"], None, {entity.code for entity in entities}, f"{file}: rest")
    for key in ("caps", "gotchas", "inventory", "objects", "products", "uses"):
        for number, fact in enumerate(content.get(key, ()), start=1):
            if not fact.get("evidence") and not fact.get("assumed"):
                raise wrong(file, f"{key} {number}", "has neither evidence nor assumed")
    for number, use in enumerate(content.get("uses", ()), start=1):
        if use.get("kind") not in vocabulary.domains()["activity_kind"]:
            raise wrong(file, f"uses {number}", f"{use.get('kind')!r} is no kind of activity")
    for number, row in enumerate(content.get("objects", ()), start=1):
        if row.get("kind") not in KINDS:
            raise wrong(file, f"objects {number}", f"kind is none of {', '.join(KINDS)}")
    codes_ = {entity.code for entity in entities}
    for cap in content.get("caps", ()):
        if cap.get("entity") not in codes_:
            raise wrong(file, "caps", f"{cap.get('entity')!r} is no entity")
    for domain, values in content.get("values", {}).items():
        strange = set(values.values()) - set(vocabulary.domains().get(domain, ()))
        if strange:
            raise wrong(file, f"values.{domain}", f"{sorted(strange)} are no values of it")


def wrong(file, place, detail):
    """Return the error that says what is wrong with a profile, and where."""
    return ConfigurationError("configuration", file=file, place=place, detail=detail)
