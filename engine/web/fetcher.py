"""Reading over HTTP: only GET, TLS verified, redirects checked, time and size limited."""

import hashlib
import os
import random
import time
from dataclasses import dataclass
from urllib.parse import urljoin, urlsplit

import requests
from urllib3.exceptions import HTTPError, InvalidHeader
from urllib3.util.retry import Retry

from ..exceptions import SourceError
from .addresses import Guard, GuardedAdapter, Refused, origin
from .credentials import Credentials
from .deadline import Deadlines
from .troubles import Passing, describe

AGENT = "crm_migration"
REDIRECTS = 5
REDIRECTED = (301, 302, 303, 307, 308)
#: Worth another try: throttled, or the server's own trouble.
PASSING = (408, 425, 429, 500, 502, 503, 504)
CONNECT_SECONDS = 10
READ_SECONDS = 60
CHUNK = 1 << 16
#: Of a compressed answer: a byte may stand for a thousand.
COMPRESSED_CHUNK = 1 << 12
#: Compressions whose answers grow by a known measure at most.
ENCODINGS = ("", "identity", "gzip", "x-gzip", "deflate")
_BROKEN = (requests.RequestException, HTTPError, OSError, ValueError)


@dataclass(frozen=True)
class Answer:
    """What a server answered, read to its end.

    :ivar url: where it came from after redirects, without the token
    :ivar links: of the ``Link`` header: relation -> address
    """

    url: str
    status: int
    headers: dict
    body: bytes = b""
    links: dict = None

    @property
    def kind(self):
        """Content type without its parameters, in small letters."""
        return self.headers.get("Content-Type", "").partition(";")[0].strip().lower()


@dataclass(frozen=True)
class Download:
    """A file that was written to a stream."""

    size: int
    sha256: str
    sha1: str
    kind: str
    disposition: str = ""


class Fetcher:
    """Reads from the web within limits. Safe to be used by several threads.

    :param guard: which hosts may be asked
    :param credentials: the source's token, if it has one
    :param tries: how often a request is made before it is given up
    :param longest_wait: seconds; a server that asks for more is told to the caller (`Passing`)
    :param stay: whether a redirect may only lead to where the request went: records are those of
        the source, while files often lie with somebody else
    """

    def __init__(
        self, guard=None, credentials=None, *, tries=5, longest_wait=30, threads=8, stay=False
    ):
        self.guard = guard or Guard()
        self.credentials = credentials or Credentials("https://none.invalid")
        self.tries = tries
        self.longest_wait = longest_wait
        self.stay = stay
        self._deadlines = Deadlines()
        self.session = requests.Session()
        # No proxy and no .netrc of the server's environment: the connection goes where it was
        # checked to go, with the token that was given. Own certificates are still respected.
        self.session.trust_env = False
        self.session.verify = os.environ.get("REQUESTS_CA_BUNDLE") or True
        self.session.headers["User-Agent"] = AGENT
        self.session.headers["Accept-Encoding"] = "gzip, deflate"
        adapter = GuardedAdapter(self.guard, pool_maxsize=threads, max_retries=0)
        self.session.mount("https://", adapter)
        self.session.mount("http://", adapter)

    def close(self):
        """Give the connections back."""
        self._deadlines.close()
        self.session.close()

    def get(self, url, *, headers=None, limit=32 << 20, seconds=120, before=None, passing=None):
        """Return the :class:`Answer` to GET, whatever its status.

        Tried again: broken connections, short and slow bodies, throttling and a server's trouble.

        :param limit: bytes of a body that are taken at most
        :param seconds: for the whole answer, redirects included
        :param before: called before each request, as a rate limiter
        :param passing: called with each trouble that is tried again
        :raise Passing: ``rest_unreachable``, ``rest_throttled`` …, when it did not pass
        :raise SourceError: ``rest_refused``, ``rest_too_big`` …
        """

        def read(response):
            body = b"".join(self._chunks(response, limit))
            return Answer(
                url=self.credentials.clean_url(response.url),
                status=response.status_code,
                headers=dict(response.headers),
                body=body,
                links={name: link.get("url") for name, link in response.links.items()},
            )

        return self._persist(url, headers, read, seconds, before, passing)

    def download(self, url, stream, *, limit=256 << 20, seconds=600, headers=None, before=None):
        """Write a file to a seekable stream; return its :class:`Download`.

        The source's token goes along only if the address is the source's own.

        :raise SourceError: ``rest_status`` when there is no such file, and as :meth:`get`
        """

        def read(response):
            if response.status_code != 200:
                raise SourceError("rest_status", url=self._show(url), status=response.status_code)
            stream.seek(0)
            stream.truncate()
            sha256, sha1 = hashlib.sha256(), hashlib.sha1(usedforsecurity=False)
            size = 0
            for chunk in self._chunks(response, limit):
                stream.write(chunk)
                sha256.update(chunk)
                sha1.update(chunk)
                size += len(chunk)
            kind = response.headers.get("Content-Type", "").partition(";")[0].strip().lower()
            disposition = response.headers.get("Content-Disposition", "")
            return Download(size, sha256.hexdigest(), sha1.hexdigest(), kind, disposition)

        return self._persist(url, headers, read, seconds, before, None)

    def _persist(self, url, headers, read, seconds, before, passing):
        """Ask until it is answered, as long as the trouble may pass."""
        policy = Retry(total=None, backoff_factor=0.5, backoff_max=self.longest_wait)
        for attempt in range(1, self.tries + 1):
            try:
                if before:
                    before()
                return self._ask(url, headers or {}, read, seconds, policy)
            except Passing as trouble:
                if passing:
                    passing(trouble)
                wait = trouble.wait
                if wait is None:
                    wait = min(0.5 * 2 ** (attempt - 1), self.longest_wait)
                    wait *= random.uniform(0.5, 1.5)
                if attempt == self.tries or wait > self.longest_wait:
                    raise
                time.sleep(wait)
        raise AssertionError("no try at all")

    def _ask(self, url, headers, read, seconds, policy):
        """One request with its redirects, told in our own errors: none holds the token."""
        shown = self._show(url)
        with self._deadlines.within(seconds) as cut:
            try:
                with self._follow(url, headers) as response:
                    self._check_status(response, shown, policy)
                    answer = read(response)
            except SourceError:
                raise
            except Exception as error:
                # Not chained, and not quoted as it is: its text holds the address, and so the
                # token. What the cut breaks ends in any kind of error.
                if not cut.done and not isinstance(error, _BROKEN):
                    raise
                detail = self.credentials.mask(describe(error))
                trouble = Passing("rest_unreachable", url=shown, detail=detail)
            else:
                trouble = None
            if cut.done:  # an answer without a length looks complete when it is cut
                trouble = Passing("rest_too_slow", url=shown, seconds=seconds)
        if trouble:
            raise trouble
        return answer

    def _follow(self, url, headers):
        for __ in range(REDIRECTS + 1):
            self.guard.check(url)
            signed, extra = self.credentials.sign(url, headers)
            response = self.session.get(
                signed,
                headers=extra,
                stream=True,
                allow_redirects=False,
                timeout=(CONNECT_SECONDS, READ_SECONDS),
            )
            target = response.headers.get("Location")
            if response.status_code not in REDIRECTED or not target:
                return response
            response.close()
            following = urljoin(url, target)
            if urlsplit(url).scheme == "https" and urlsplit(following).scheme == "http":
                raise Refused("rest_refused", host=urlsplit(following).hostname or "?",
                              detail="a redirect leads from https to http")  # fmt: skip
            if self.stay and origin(following) != origin(url):
                raise Refused("rest_refused", host=urlsplit(following).hostname or "?",
                              detail="a redirect leads away from the source's address")  # fmt: skip
            # A source may repeat the token in the address that it leads to, and that may be
            # another's; to its own host it goes along once, as ever.
            masked = self.credentials.mask(following) != following
            url = self.credentials.clean_url(following) if masked else following
        raise Refused("rest_refused", host=urlsplit(url).hostname, detail="redirects in a circle")

    def _check_status(self, response, shown, policy):
        if response.status_code not in PASSING:
            return
        seconds = None
        if response.headers.get("Retry-After"):
            try:
                seconds = policy.parse_retry_after(response.headers["Retry-After"])
            except (InvalidHeader, ValueError, OverflowError):
                seconds = None
        code = "rest_throttled" if response.status_code == 429 else "rest_server"
        raise Passing(code, url=shown, status=response.status_code, wait=seconds)

    def _chunks(self, response, limit):
        """Yield the decoded body, as long as it is within the limit and complete."""
        size, encoding = 0, response.headers.get("Content-Encoding", "").strip().lower()
        if encoding not in ENCODINGS:  # several at once multiply
            raise Refused("rest_refused", host=urlsplit(response.url).hostname or "?",
                          detail="the answer is compressed in an unusual way")  # fmt: skip
        for chunk in response.iter_content(COMPRESSED_CHUNK if encoding else CHUNK):
            size += len(chunk)
            if size > limit:
                raise SourceError("rest_too_big", url=self._show(response.url), limit=limit)
            yield chunk
        told = response.headers.get("Content-Length", "")
        if told.isdigit() and response.raw.tell() < int(told):
            raise OSError(f"the answer ends after {response.raw.tell()} of {told} bytes")

    def _show(self, url):
        return self.credentials.clean_url(url)
