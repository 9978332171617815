"""What is declared of an interface: checked, with the defaults filled in."""

from dataclasses import dataclass, field
from urllib.parse import urljoin, urlsplit

from ..exceptions import ConfigurationError

AUTH_KINDS = ("none", "query_token", "header_token", "api_key", "bearer", "basic")
PAGING_KINDS = ("none", "page", "offset", "cursor", "link")
#: ``True``: always one more request per record; ``"probe"``: a few tell whether the list is enough.
DETAILS = (True, False, "probe")

_KEYS = {
    "rest": {
        "base_url", "auth", "headers", "paging", "rate", "order", "endpoints", "secrets",
        "definitions", "evidence", "assumed", "formats",
    },
    "auth": {"kind", "parameter", "header", "prefix", "user"},
    "paging": {
        "kind", "page_parameter", "first_page", "offset_parameter", "size_parameter", "size",
        "cursor_parameter", "cursor_path", "records_path", "total_path",
    },
    "rate": {"requests_per_second", "parallel", "assumed", "evidence"},
    "endpoint": {
        "path", "entity", "parameters", "paging", "records_path", "total_path", "id_path",
        "detail_path", "detail_records_path", "details", "since_parameter", "since_format",
        "per_record_of", "parent_parameters", "parent_path", "optional", "shape", "assumed",
        "evidence",
    },
    "shape": {"name_of", "custom", "participants", "rows", "repeated", "words", "drop", "copy"},
    "definitions": {"endpoint", "id", "name", "options", "option_id", "option_name"},
}  # fmt: skip


@dataclass(frozen=True)
class Paging:
    """How a list is walked.

    :param records_path: dotted path of the list in an answer; empty: the answer is the list
    :param total_path: dotted path of the number of all records, or empty
    :param cursor_path: dotted path of the next cursor, or of the next page's address
    """

    kind: str = "none"
    page_parameter: str = "page"
    first_page: int = 1
    offset_parameter: str = "offset"
    size_parameter: str = ""
    size: int = 100
    cursor_parameter: str = ""
    cursor_path: str = ""
    records_path: str = ""
    total_path: str = ""


@dataclass(frozen=True)
class Endpoint:
    """One list of records.

    :param paths: addresses that are tried in order until one is there
    :param detail_paths: addresses of a single record, with ``{id}``; tried in order too
    :param details: one of :data:`DETAILS`
    :param per_record_of: entities whose records each have a list of their own here
    :param parent_parameters: query parameters of such a list; ``{id}`` and ``{type}`` stand for the
        parent
    :param parent_path: where a record names its parent's ID, to be compared with what was asked
    :param optional: what is not offered is left out with a remark
    :param shape: what :class:`shaping.Shaper` does to a record
    """

    name: str
    paths: tuple
    entity: str = ""
    parameters: dict = field(default_factory=dict)
    paging: Paging = field(default_factory=Paging)
    id_path: str = "id"
    detail_paths: tuple = ()
    detail_records_path: str = ""
    details: object = False
    since_parameter: str = ""
    since_format: str = "%Y-%m-%dT%H:%M:%SZ"
    per_record_of: dict = field(default_factory=dict)
    parent_parameters: dict = field(default_factory=dict)
    parent_path: str = ""
    optional: bool = False
    shape: dict = field(default_factory=dict)


@dataclass(frozen=True)
class Api:
    """An interface.

    :param secrets: names of values that are neither kept nor staged, at any depth
    :param definitions: where the names of custom fields are told, see :class:`shaping.Shaper`
    """

    base_url: str
    auth: dict
    headers: dict
    rate: float
    parallel: int
    endpoints: tuple
    secrets: frozenset = frozenset()
    definitions: dict = field(default_factory=dict)

    def endpoint(self, name):
        """Return an endpoint by its name, or None."""
        return next((one for one in self.endpoints if one.name == name), None)

    def url(self, path):
        """Return the address of a path; of a whole address, itself."""
        return urljoin(self.base_url.rstrip("/") + "/", path.lstrip("/"))


def build(content, base_url=None, entities=None, place="rest"):
    """Check declared settings and return the :class:`Api`.

    :param base_url: instead of the declared one, where the account has its own
    :param entities: codes that endpoints may name; None: any
    :raise ConfigurationError: says which setting is wrong
    """
    _check_keys(content, "rest", place)
    base_url = base_url or content.get("base_url") or ""
    if base_url and urlsplit(base_url).scheme not in ("http", "https"):
        raise _wrong(f"{place}.base_url", f"{base_url!r} is no web address")
    endpoints = content.get("endpoints") or {}
    if not endpoints:
        raise _wrong(f"{place}.endpoints", "is missing")
    order = content.get("order") or list(endpoints)
    strange = set(order) - set(endpoints)
    if strange:
        raise _wrong(f"{place}.order", f"{sorted(strange)} are no endpoints")
    made = [_endpoint(name, endpoints[name], content, entities, place) for name in order]
    rate = content.get("rate") or {}
    _check_keys(rate, "rate", f"{place}.rate")
    _check_definitions(content.get("definitions") or {}, endpoints, place)
    return Api(
        base_url=base_url,
        auth=_auth(content.get("auth") or {}, place),
        headers=content.get("headers") or {"Accept": "application/json"},
        rate=_number(rate.get("requests_per_second", 5), 0.01, 1000, f"{place}.rate"),
        parallel=int(_number(rate.get("parallel", 4), 1, 32, f"{place}.rate.parallel")),
        endpoints=tuple(made),
        secrets=frozenset(content.get("secrets") or ()),
        definitions=content.get("definitions") or {},
    )


def _auth(auth, place):
    _check_keys(auth, "auth", f"{place}.auth")
    kind = auth.get("kind", "none")
    if kind not in AUTH_KINDS:
        raise _wrong(f"{place}.auth.kind", f"{kind!r} is none of {', '.join(AUTH_KINDS)}")
    name = auth.get("parameter" if kind == "query_token" else "header", "")
    if kind in ("query_token", "header_token", "api_key") and not name:
        raise _wrong(f"{place}.auth", "names neither a parameter nor a header for the token")
    prefix, user = auth.get("prefix", ""), auth.get("user", "")
    return {"kind": kind, "name": name, "prefix": prefix, "user": user}


def _endpoint(name, entry, content, entities, place):
    place = f"{place}.endpoints.{name}"
    _check_keys(entry, "endpoint", place)
    paths = entry.get("path") or ()
    paths = (paths,) if isinstance(paths, str) else tuple(paths)
    if not paths:
        raise _wrong(f"{place}.path", "is missing")
    entity = entry.get("entity", "")
    if entity and entities is not None and entity not in entities:
        raise _wrong(f"{place}.entity", f"{entity!r} is no entity")
    singles = entry.get("detail_path") or ()
    singles = (singles,) if isinstance(singles, str) else tuple(singles)
    details = entry.get("details", bool(singles))
    lacking = not singles or any("{id}" not in one for one in singles)
    if details not in DETAILS or (details and lacking):
        raise _wrong(f"{place}.detail_path", "an address with {id} is needed")
    _check_keys(entry.get("shape") or {}, "shape", f"{place}.shape")
    parents = entry.get("per_record_of") or {}
    if not isinstance(parents, dict):
        parents = {code: code.capitalize() for code in parents}
    return Endpoint(
        name=name,
        paths=paths,
        entity=entity,
        parameters=entry.get("parameters") or {},
        paging=_paging(entry, content.get("paging") or {}, place),
        id_path=entry.get("id_path", "id"),
        detail_paths=singles,
        detail_records_path=entry.get("detail_records_path", ""),
        details=details,
        since_parameter=entry.get("since_parameter", ""),
        since_format=entry.get("since_format", "%Y-%m-%dT%H:%M:%SZ"),
        per_record_of=parents,
        parent_parameters=entry.get("parent_parameters") or {},
        parent_path=entry.get("parent_path", ""),
        optional=bool(entry.get("optional")),
        shape=entry.get("shape") or {},
    )


def _paging(entry, common, place):
    own = dict(entry.get("paging") or {})
    own |= {key: entry[key] for key in ("records_path", "total_path") if key in entry}
    content = {**common, **own}
    _check_keys(content, "paging", f"{place}.paging")
    paging = Paging(**content)
    if paging.kind not in PAGING_KINDS:
        detail = f"{paging.kind!r} is none of {', '.join(PAGING_KINDS)}"
        raise _wrong(f"{place}.paging.kind", detail)
    if paging.kind == "cursor" and not paging.cursor_path:
        raise _wrong(f"{place}.paging.cursor_path", "is missing")
    _number(paging.size, 1, 10_000, f"{place}.paging.size")
    return paging


def _check_definitions(definitions, endpoints, place):
    _check_keys(definitions, "definitions", f"{place}.definitions")
    if definitions and definitions.get("endpoint") not in endpoints:
        raise _wrong(f"{place}.definitions.endpoint", "is no endpoint")


def _check_keys(content, kind, place):
    if not isinstance(content, dict):
        raise _wrong(place, "is no object")
    unknown = set(content) - _KEYS[kind]
    if unknown:
        raise _wrong(place, f"has unknown keys {sorted(unknown)}")


def _number(value, low, high, place):
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not low <= value <= high:
        raise _wrong(place, f"{value!r} is no number between {low} and {high}")
    return value


def _wrong(place, detail):
    return ConfigurationError("configuration", file="REST", place=place, detail=detail)
