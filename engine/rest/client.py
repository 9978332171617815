"""Asks an interface for its records: pages, what the pages lack, and why it may refuse."""

import json
import math
import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from urllib.parse import quote, urlsplit, urlunsplit

from ..exceptions import SourceError
from ..web import Credentials, Fetcher, Passing, Refused, origin, with_query
from . import paging
from .paths import find, holds, without
from .rate import Rate

#: Bytes and seconds of one answer.
LARGEST = 32 << 20
LONGEST = 60
TRIES = 4
#: Digits of a whole number; a longer one is kept as text.
LONGEST_NUMBER = 100
#: Records that are looked at to tell whether a list is as complete as the single records.
PROBED = 5
#: What is not at this address; the last where it has no JSON to give.
NOT_THERE = (404, 405, 410, 406)
_VERSION = re.compile(r"/v\d+/")


@dataclass(frozen=True)
class Page:
    """A page of a list.

    :ivar records: as they came, without secrets
    :ivar following: position of the next page, or None
    :ivar total: number of all records, if the source tells it
    :ivar url: where it came from, without the token
    """

    records: list
    following: dict | None
    total: int | None
    url: str


class Client:
    """Reads the lists of an :class:`settings.Api`. Use it in a ``with`` statement.

    :param guard: :class:`web.Guard`
    :param rate: :class:`rate.Rate`, shared by clients of one source
    """

    def __init__(self, api, token="", guard=None, rate=None, tries=TRIES):
        self.api = api
        self.credentials = Credentials(api.base_url, token=token, **api.auth)
        self.fetcher = Fetcher(
            guard, self.credentials, tries=tries, threads=api.parallel, stay=True
        )
        self.rate = rate or Rate(api.rate)
        self._pool = ThreadPoolExecutor(api.parallel)
        self._detail_paths = {}  # endpoint -> where its last single record was
        #: Whether an answer belonged to another request: then an empty one may do so too.
        self.confused = False

    def __enter__(self):
        return self

    def __exit__(self, *failure):
        self.close()

    def close(self):
        """Give threads and connections back."""
        self._pool.shutdown(wait=True, cancel_futures=True)
        self.fetcher.close()

    def is_like(self, other):
        """Whether the other asks the same interface, with the same token and within the same
        bounds: then this one, whose connections are open, can go on for it."""
        mine, its = self.fetcher, other.fetcher
        return (
            self.api == other.api
            and self.rate is other.rate
            and self.credentials.is_like(other.credentials)
            and (mine.guard.allowed, mine.guard.plain) == (its.guard.allowed, its.guard.plain)
        )

    # ------------------------------------------------------------------ lists

    def find_path(self, endpoint):
        """Return the first of the endpoint's addresses that is there, or None.

        :raise SourceError: ``rest_token``, ``rest_permission`` …; ``rest_web_page`` when pages for
            people are all there is
        """
        trouble = None
        for path in endpoint.paths:
            url = self._get_url(path, endpoint, paging.first(endpoint.paging), {}, size=1)
            for __ in range(TRIES):
                answer = self._get(url)
                if answer.status != 200 or "html" not in answer.kind:
                    break
            else:  # some servers answer so for any address that they do not know
                trouble = Passing("rest_web_page", url=answer.url)
                continue
            if answer.status in NOT_THERE:
                continue
            self._check(answer)
            return path
        if trouble:
            raise trouble
        return None

    def find_parent_path(self, endpoint, parents):
        """Return the first address of the lists of parents that is there, or None.

        :param parents: [(type as the source calls it, ID)], a few: one may be gone meanwhile
        :raise SourceError: ``rest_token``, ``rest_permission`` …
        """
        for path in endpoint.paths:
            if any(answer is not None for answer in self.read_each(endpoint, path, parents)):
                return path
        return None

    def read_page(self, endpoint, path, position, parameters=None, size=None):
        """Return the :class:`Page` at a position.

        :param path: what :meth:`find_path` found
        :param parameters: more query parameters: ``since``, or those of a parent
        :raise SourceError: when the answer is none, or not for us
        """
        url = self._get_url(path, endpoint, position, parameters or {}, size)
        content, answer = self._get_json(url)
        records = find(content, endpoint.paging.records_path)
        if isinstance(records, dict):
            records = [records]
        if records is None and isinstance(content, list):
            records = content
        if not isinstance(records, list) or any(not isinstance(one, dict) for one in records):
            place = endpoint.paging.records_path or "the answer"
            raise SourceError("rest_shape", url=answer.url, place=place)
        total = find(content, endpoint.paging.total_path) if endpoint.paging.total_path else None
        following = paging.following(endpoint.paging, position, len(records), answer, content)
        if following and "url" in following:  # is kept, and a source may repeat our token in it
            following = {"url": self.credentials.clean_url(stay(answer.url, following["url"]))}
        return Page(
            records=self._clean(records),
            following=following,
            total=int(total) if str(total).isdigit() else None,
            url=answer.url,
        )

    def read_all(self, endpoint, path, parameters=None):
        """Return ``(records, total)`` of a whole list: a short one, of one parent.

        :raise SourceError: as :meth:`read_page`; ``rest_loop`` when the pages do not end
        """
        records, position, seen, total = {}, paging.first(endpoint.paging), set(), None
        while position is not None:
            page = self.read_page(endpoint, path, position, parameters)
            total = page.total if page.total is not None else total
            new = {self.key_of(endpoint, one): one for one in page.records}
            known = not (new.keys() - records.keys())
            records |= new
            if known or (total is not None and len(records) >= total):
                break
            mark = json.dumps(page.following, sort_keys=True)
            if mark in seen:
                raise SourceError("rest_loop", url=page.url)
            seen.add(mark)
            position = page.following
        return list(records.values()), total

    def key_of(self, endpoint, record):
        """Return the ID of a record as text: the source writes it as a number or as a text."""
        value = find(record, endpoint.id_path)
        if value is None or isinstance(value, (dict, list, bool)):
            return ""
        if isinstance(value, float) and value.is_integer():
            value = int(value)
        return str(value).strip()

    def _get_url(self, path, endpoint, position, parameters, size=None):
        if "url" in position:
            return position["url"]
        asked = paging.parameters(endpoint.paging, position, size)
        return with_query(self.api.url(path), {**endpoint.parameters, **parameters, **asked})

    # ------------------------------------------------------------------ details

    def is_thin(self, endpoint, path, records):
        """Tell whether the list lacks what the single records have, from a few of them.

        :return: None where single records, which may be missing, are not offered
        """
        if endpoint.details != "probe":
            return bool(endpoint.details)
        step = max(1, len(records) // PROBED)
        probed = records[::step][:PROBED]
        whole = self.complete(endpoint, path, probed)
        if not any(whole):
            return None
        return not all(holds(record, one) for record, one in zip(probed, whole, strict=True) if one)

    def complete(self, endpoint, path, records):
        """Return the records with their details, in parallel; None for one that is gone meanwhile.

        :raise SourceError: of the first request that failed
        """
        return self._each(lambda record: self._complete(endpoint, path, record), records)

    def _complete(self, endpoint, path, record):
        """Return the whole record, from the first of the addresses that has it; the next record
        is asked for there first."""
        known = self._detail_paths.get(endpoint.name)
        paths = [one for one in self._beside(endpoint, path) if one != known]
        trouble = None
        for detail_path in [known, *paths] if known else paths:
            try:
                whole = self._complete_at(endpoint, detail_path, record)
            except Passing as error:
                if error.code != "rest_web_page":
                    raise
                trouble = error  # as of find_path: not an address that is known there
                continue
            if whole is not None:
                self._detail_paths[endpoint.name] = detail_path
                return whole
        if trouble:
            raise trouble
        return None

    def _complete_at(self, endpoint, detail_path, record):
        key = self.key_of(endpoint, record)
        url = detail_path.replace("{id}", quote(key, safe=""))
        for __ in range(2):  # an answer that belongs to another request is asked for again
            try:
                content, answer = self._get_json(self.api.url(url))
            except SourceError as error:
                if error.parameters.get("status") in NOT_THERE:
                    return None
                raise
            detail = find(content, endpoint.detail_records_path)
            if isinstance(detail, dict) and len(detail) == 1 and not find(detail, endpoint.id_path):
                detail = next(iter(detail.values()))  # {"contact": {…}}
            if isinstance(detail, dict) and self.key_of(endpoint, detail) == key:
                return record | self._clean(detail)
        place = endpoint.detail_records_path or f"record {key}"
        raise SourceError("rest_shape", url=answer.url, place=place)

    def _beside(self, endpoint, path):
        """Return the addresses of details that belong to the list's: of the same version."""
        version = _VERSION.search(path)
        if not version:
            return endpoint.detail_paths
        same = [_VERSION.sub(version[0], one, count=1) for one in endpoint.detail_paths]
        return tuple(dict.fromkeys(same))

    def read_each(self, endpoint, path, parents, twice=False):
        """Return the lists of many parents, in parallel.

        :param parents: [(type as the source calls it, ID)]
        :param twice: whether an empty list is believed only when it came twice
        :return: [(records, total)]; ``None`` for a parent that is gone
        """
        return self._each(lambda parent: self._read_parent(endpoint, path, *parent, twice), parents)

    def _read_parent(self, endpoint, path, kind, key, twice):
        parameters = {
            name: value.replace("{type}", kind).replace("{id}", key)
            for name, value in endpoint.parent_parameters.items()
        }
        path = path.replace("{type}", quote(kind, safe="")).replace("{id}", quote(key, safe=""))
        was_empty = not twice
        for __ in range(TRIES):
            try:
                records, total = self.read_all(endpoint, path, parameters)
            except SourceError as error:
                if error.parameters.get("status") in NOT_THERE:
                    return None
                raise
            place = endpoint.parent_path
            strange = place and any(str(find(one, place, key)) != key for one in records)
            self.confused = self.confused or bool(strange)
            if not strange and total in (None, len(records)):
                if records or was_empty:
                    return records, total
                was_empty = True
        if strange:  # answers that belong to another request
            raise SourceError("rest_shape", url=self.api.url(path), place=f"{kind} {key}")
        return records, total

    def _each(self, ask, values):
        futures = [self._pool.submit(ask, value) for value in values]
        try:
            return [future.result() for future in futures]
        finally:
            for future in futures:
                future.cancel()

    # ------------------------------------------------------------------ requests

    def _get_json(self, url):
        """Return ``(decoded body, answer)``; what is no JSON is asked for again."""
        for __ in range(TRIES):
            answer = self._get(url)
            self._check(answer)
            try:
                return _decode(answer.body), answer
            except (ValueError, RecursionError) as error:
                trouble = self._explain(answer, error)
        raise trouble

    def _get(self, url):
        answer = self.fetcher.get(
            url,
            headers=self.api.headers,
            limit=LARGEST,
            seconds=LONGEST,
            before=self.rate.wait,
            passing=self._slow_down,
        )
        self.rate.speed_up()
        return answer

    def _slow_down(self, trouble):
        if trouble.code == "rest_throttled":
            wait = trouble.wait or 0
            # A longer wait is the caller's: he notes it, and holds no worker.
            self.rate.slow_down(wait if wait <= self.fetcher.longest_wait else 0)

    def _check(self, answer):
        """Tell refusals apart: what a new token mends, what the role lacks, what is not there."""
        if answer.status in (200, 206):
            return
        if answer.status == 204:
            raise SourceError("rest_shape", url=answer.url, place="an empty answer")
        codes = {401: "rest_token", 403: "rest_permission"}
        code = codes.get(answer.status, "rest_status")
        raise SourceError(code, url=answer.url, status=answer.status)

    def _explain(self, answer, error):
        start = answer.body[:200].lstrip().lower()
        if start.startswith((b"<!doctype", b"<html", b"<head", b"<body")) or "html" in answer.kind:
            return Passing("rest_web_page", url=answer.url)
        detail = self.credentials.mask(f"{type(error).__name__}: {error}")[:150]
        return Passing("rest_not_json", url=answer.url, detail=detail)

    def _clean(self, value):
        """Leave out what is secret: names that are declared, and the token wherever it stands."""
        return self.credentials.mask_all(without(value, self.api.secrets))


def _decode(body):
    return json.loads(
        body.decode("utf-8-sig"),
        parse_int=_read_integer,
        parse_float=_read_float,
        parse_constant=_refuse_constant,
    )


def stay(url, following):
    """Return the address of the next page, which is where this one is.

    A server behind a proxy may not know that it is asked over https.

    :raise Refused: when another host is named: its records would pass for the source's
    """
    parts, target = urlsplit(url), urlsplit(following)
    if (parts.scheme, target.scheme) == ("https", "http") and parts.netloc == target.netloc:
        following = urlunsplit(target._replace(scheme="https"))
    if origin(following) != origin(url):
        raise Refused("rest_refused", host=target.hostname or "?",
                      detail="the next page is said to be at another host")  # fmt: skip
    return following


def _read_integer(text):
    """A number beyond all measure stays the text it is: one value must not stop a page."""
    return int(text) if len(text) <= LONGEST_NUMBER else text


def _read_float(text):
    number = float(text)
    return number if math.isfinite(number) else text


def _refuse_constant(name):
    raise ValueError(f"{name} is no JSON")
