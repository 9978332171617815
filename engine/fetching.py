"""Addresses that come with an export are fetched with care: only the open internet, unless allowed.

A list of files may name any address; followed blindly, it would let whoever wrote the export read
what only this server can reach (other machines of the house, cloud metadata). So each connection is
checked where it is made, after the name was resolved and again at every redirect: a name that
points inside, or that changes between check and connection, does not get through.
"""

import hashlib
import ipaddress
import socket
import time
from contextlib import suppress
from dataclasses import dataclass
from email.message import Message
from urllib.parse import unquote, urlsplit

import requests
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.poolmanager import PoolManager

from .exceptions import SourceError

SCHEMES = ("http", "https")
CHUNK = 1 << 16
#: Redirects that are followed, each checked like the first address.
REDIRECTS = 5
#: Seconds to connect, and seconds of silence, after which a request is given up.
TIMEOUT = (10, 30)
#: Seconds for one file, and its greatest size in bytes.
LONGEST = 300
LARGEST = 100 << 20
# What an older Python takes for global, and is not: shared space of providers, IPv4 inside IPv6.
_INSIDE = tuple(
    ipaddress.ip_network(net) for net in ("100.64.0.0/10", "64:ff9b::/96", "2002::/16", "fec0::/10")
)


class Refused(OSError):
    """An address that must not be connected to."""


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


def is_inside(address):
    """Tell whether an IP address is not of the open internet: private, loopback, link-local …

    >>> [is_inside(one) for one in ("127.0.0.1", "169.254.169.254", "::ffff:10.0.0.1", "1.1.1.1")]
    [True, True, True, False]
    """
    ip = ipaddress.ip_address(str(address).partition("%")[0])
    ip = getattr(ip, "ipv4_mapped", None) or ip
    if not ip.is_global or ip.is_multicast or ip.is_reserved:
        return True
    return any(ip.version == net.version and ip in net for net in _INSIDE)


def is_allowed(host, port, allowed):
    """Tell whether an administrator allowed a host, with any port or with this one.

    >>> is_allowed("Files.local", 80, ["files.local"]), is_allowed("a", 80, ["a:8080"])
    (True, False)
    """
    names = {one.strip().lower() for one in allowed}
    return bool({host.lower(), f"{host.lower()}:{port}"} & names)


def resolve(host, port, allowed=()):
    """Return the socket addresses of a host, in the order to try them.

    :raise Refused: if any of them is inside, and no administrator allowed the host
    """
    try:
        found = [info[4] for info in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]
    except (socket.gaierror, UnicodeError) as error:
        raise Refused(f"{host}: {error}") from error
    inside = [] if is_allowed(host, port, allowed) else [a[0] for a in found if is_inside(a[0])]
    if inside:
        raise Refused(f"{host} is {inside[0]}, an address inside the network")
    return found


def open_session(allowed=()):
    """Return a ``requests.Session`` whose connections go to the open internet and allowed hosts.

    It takes no proxy and no password from the environment: both would go round the check.

    :param allowed: host names, or ``host:port``
    """
    session = requests.Session()
    session.trust_env = False
    session.max_redirects = REDIRECTS
    for scheme in SCHEMES:
        session.mount(f"{scheme}://", _Adapter(tuple(allowed)))
    return session


class _Adapter(HTTPAdapter):
    def __init__(self, allowed):
        self.allowed = allowed
        super().__init__()

    def init_poolmanager(self, connections, maxsize, block=False, **options):
        self.poolmanager = PoolManager(
            num_pools=connections, maxsize=maxsize, block=block, **options
        )
        self.poolmanager.pool_classes_by_scheme = {
            "http": _guard(HTTPConnectionPool, HTTPConnection, self.allowed),
            "https": _guard(HTTPSConnectionPool, HTTPSConnection, self.allowed),
        }


def _guard(pool, connection, allowed):
    """Return a pool whose connections check the address that they connect to."""

    class Guarded(connection):
        def _new_conn(self):
            resolve(self._dns_host, self.port, allowed)
            made = super()._new_conn()
            # The name may have been resolved to something else meanwhile.
            peer = made.getpeername()[0]
            if not is_allowed(self._dns_host, self.port, allowed) and is_inside(peer):
                made.close()
                raise Refused(f"{self._dns_host} is {peer}, an address inside the network")
            return made

    return type("Guarded", (pool,), {"ConnectionCls": Guarded})


def fetch(url, stream, session=None, allowed=(), largest=LARGEST, longest=LONGEST):
    """Write what an address holds to a stream, and return the :class:`Fetched`.

    :param stream: open for writing bytes
    :param largest: bytes at most
    :param longest: seconds at most, for all of it
    :raise SourceError: ``fetch_failed`` with the address and what went wrong; what the stream then
        holds is no file
    """
    session = session or open_session(allowed)
    try:
        return _fetch(url.strip(), stream, session, largest, time.monotonic() + longest)
    except (requests.RequestException, OSError, ValueError) as error:
        raise failed(url, _explain(error)) from error


def _fetch(url, stream, session, largest, until):
    if not is_url(url) or urlsplit(url).username is not None:
        raise ValueError("not an address of the web, or one with a password in it")
    # Compressed on the way, the length could not be compared with what was announced.
    headers = {"Accept-Encoding": "identity"}
    with session.get(url, stream=True, timeout=TIMEOUT, headers=headers) as answer:
        if answer.status_code != 200:
            raise ValueError(f"the server answers {answer.status_code} {answer.reason}")
        told = answer.headers.get("Content-Length", "")
        told = int(told) if told.isdigit() else None
        if told is not None and told > largest:
            raise ValueError(f"{told} bytes, more than the {largest} allowed")
        digest, size = hashlib.sha256(), 0
        for chunk in answer.iter_content(CHUNK):
            size += len(chunk)
            if size > largest:
                raise ValueError(f"more than the {largest} bytes allowed")
            if time.monotonic() > until:
                raise ValueError(f"too slow: {size} bytes so far")
            digest.update(chunk)
            stream.write(chunk)
        if told is not None and size != told:
            raise ValueError(f"{size} of {told} bytes came")
        kind = answer.headers.get("Content-Type", "").partition(";")[0].strip().lower()
        return Fetched(_get_name(answer, url), kind, size, digest.hexdigest())


def _get_name(answer, url):
    """Return the file name that the answer tells, else the end of the address that was asked."""
    message = Message()
    message["Content-Disposition"] = answer.headers.get("Content-Disposition", "")
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


def _explain(error):
    """Return the reason in words: the innermost one, without the address that requests repeats."""
    seen = error
    while seen is not None:
        if isinstance(seen, Refused):
            return str(seen)
        seen = seen.__cause__ or seen.__context__
    if isinstance(error, requests.exceptions.RequestException):
        reason = error.args[0] if error.args else error
        reason = getattr(reason, "reason", reason)
        return f"{type(error).__name__}: {type(reason).__name__}"
    return str(error)
