"""Files that an export names by their address: fetched with care, see :mod:`web`."""

from contextlib import suppress
from dataclasses import dataclass
from email.message import Message
from urllib.parse import unquote, urlsplit

from .exceptions import SourceError
from .issues import CATALOGUE
from .web import Fetcher, Guard

SCHEMES = ("http", "https")
#: Seconds for one file, and its greatest size in bytes.
LONGEST = 300
LARGEST = 100 << 20
#: How often a file is asked for before it is given up.
TRIES = 3


@dataclass(frozen=True)
class Fetched:
    """What was fetched.

    :param name: file name that the server or the address tells, or empty
    :param size: bytes that were written
    :param sha256: fingerprint of them, in hexadecimal
    """

    name: str
    content_type: str
    size: int
    sha256: str


def is_url(text):
    """Tell whether a text is an address of the web.

    >>> is_url("https://crm.example/f/1.pdf"), is_url("C:\\\\files\\\\1.pdf")
    (True, False)
    """
    scheme, separator, rest = str(text or "").strip().partition("://")
    return bool(separator and rest) and scheme.lower() in SCHEMES


def open_fetcher(allowed=()):
    """Return a :class:`web.Fetcher` of files: open internet and allowed hosts, plain HTTP too.

    :param allowed: host names, or ``host:port``
    """
    return Fetcher(Guard(allowed, plain=True), tries=TRIES)


def fetch(url, stream, fetcher=None, allowed=(), largest=LARGEST, longest=LONGEST):
    """Write what an address holds to a stream, and return the :class:`Fetched`.

    :param stream: open for writing bytes; it is written anew when a try breaks off
    :param fetcher: what :func:`open_fetcher` returned, for many files; with a source's credentials
        its token goes along to the source's own host
    :param largest: bytes at most
    :param longest: seconds at most, for all of it
    :raise SourceError: ``fetch_failed`` with the address and what went wrong; what the stream then
        holds is no file
    """
    url = url.strip()
    try:
        done = (fetcher or open_fetcher(allowed)).download(
            url, stream, limit=largest, seconds=longest
        )
    except SourceError as error:
        detail = CATALOGUE[error.code].template % {"url": mask(url), **error.parameters}
        raise failed(url, detail) from None
    return Fetched(_get_name(done.disposition, url), done.kind, done.size, done.sha256)


def _get_name(disposition, url):
    """Return the file name that the answer tells, else the end of the address that was asked."""
    message = Message()
    message["Content-Disposition"] = disposition
    told = None
    with suppress(ValueError, LookupError):
        told = message.get_filename()
    name = told or unquote(urlsplit(url).path)
    return name.replace("\\", "/").rpartition("/")[2].strip()


def failed(url, detail):
    """Return the error of an address that could not be fetched, without what is secret in it."""
    return SourceError("fetch_failed", value=mask(url), detail=str(detail)[:300])


def mask(url):
    """Return an address without its query and password: signed links are keys.

    >>> mask("https://u:p@crm.example/f/1.pdf?token=abc")
    'https://crm.example/f/1.pdf?…'
    """
    parts = urlsplit(str(url).strip())
    host = parts.netloc.rpartition("@")[2]
    return f"{parts.scheme}://{host}{parts.path}" + ("?…" if parts.query else "")
