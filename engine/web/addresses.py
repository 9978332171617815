"""Which hosts may be asked: a customer's data names addresses, and a name may lead inside.

A host is resolved once, all its addresses are checked, and the connection goes to a checked one:
there is no second look at DNS that could answer otherwise.
"""

import ipaddress
import socket
from urllib.parse import urlsplit

from requests.adapters import HTTPAdapter
from urllib3 import connection, connectionpool
from urllib3.util.connection import create_connection

from ..exceptions import SourceError
from .deadline import WATCH

#: IPv6 addresses that stand for an IPv4 one (RFC 6052).
_NAT64 = ipaddress.ip_network("64:ff9b::/96")


class Refused(SourceError):
    """An address that must not be asked."""


def is_public(address):
    """Whether an IP address is one of the open internet.

    >>> [is_public(a) for a in ("93.184.215.14", "10.0.0.1", "127.0.0.1", "169.254.169.254")]
    [True, False, False, False]
    >>> [is_public(a) for a in ("::ffff:127.0.0.1", "fe80::1%2", "64:ff9b::7f00:1", "224.0.0.1")]
    [False, False, False, False]
    """
    address = ipaddress.ip_address(address)
    if address.version == 6:
        inner = address.ipv4_mapped or address.sixtofour
        if not inner and address in _NAT64:
            inner = ipaddress.ip_address(int(address) & 0xFFFFFFFF)
        if inner:
            return is_public(str(inner))
        if address.teredo or address.is_site_local:
            return False
    return address.is_global and not (
        address.is_multicast or address.is_reserved or address.is_unspecified
    )


class Guard:
    """Says which hosts may be asked.

    :param allowed: hosts (``name`` or ``name:port``) that an administrator has allowed although
        they are private, and over plain HTTP too
    :param plain: whether public hosts may be asked over plain HTTP (files without a token)
    """

    def __init__(self, allowed=(), plain=False):
        self.allowed = {one.strip().lower().rstrip(".") for one in allowed if one.strip()}
        self.plain = plain

    def allows(self, host, port):
        """Whether an administrator has allowed the host by name."""
        host = host.strip("[]").lower().rstrip(".")
        return bool({host, f"{host}:{port}", f"[{host}]:{port}", f"[{host}]"} & self.allowed)

    def check(self, url):
        """Refuse what is no address of a web server, before anything is asked.

        :raise Refused: ``rest_refused``
        """
        try:
            parts = urlsplit(url)
            host, port = parts.hostname, parts.port or default_port(parts.scheme)
        except ValueError as error:
            raise Refused("rest_refused", host="?", detail="no web address") from error
        if parts.scheme not in ("http", "https") or not host:
            raise Refused("rest_refused", host=host or "?", detail="no web address")
        if parts.username or parts.password:
            raise Refused("rest_refused", host=host, detail="a password stands in the address")
        if parts.scheme == "http" and not self.plain and not self.allows(host, port):
            raise Refused("rest_refused", host=host, detail="not encrypted: https is needed")

    def resolve(self, host, port):
        """Return the addresses a connection may go to.

        :raise Refused: when one of the host's addresses is not public: an honest host has none
        :raise OSError: when there is no such host
        """
        found = socket.getaddrinfo(host.strip("[]"), port, type=socket.SOCK_STREAM)
        addresses = list(dict.fromkeys(entry[4][0] for entry in found))
        if self.allows(host, port):
            return addresses
        closed = [address for address in addresses if not is_public(address)]
        if closed or not addresses:
            detail = f"{', '.join(closed)} is an address inside the network"
            raise Refused("rest_refused", host=host, detail=detail)
        return addresses


def is_open(url):
    """Whether an address is on the open internet and encrypted: needs nobody's permission."""
    guard = Guard()
    try:
        guard.check(url)
        guard.resolve(*origin(url)[1:])
    except (Refused, OSError):
        return False
    return True


def default_port(scheme):
    """Return the port of a scheme where an address names none."""
    return 443 if scheme == "https" else 80


def origin(url):
    """Return (scheme, host, port): what a token belongs to.

    >>> origin("https://Api.Example/x") == origin("https://api.example:443/y?z=1")
    True
    """
    parts = urlsplit(url)
    host = (parts.hostname or "").rstrip(".")
    return parts.scheme, host, parts.port or default_port(parts.scheme)


class _Pinned:
    """A connection to an address that was checked, and no other."""

    guard = None

    def connect(self):
        super().connect()
        WATCH.socket = self.sock

    def _new_conn(self):
        host = getattr(self, "_dns_host", self.host)
        error = None
        for address in self.guard.resolve(host, self.port):
            try:
                return create_connection(
                    (address, self.port),
                    self.timeout,
                    source_address=self.source_address,
                    socket_options=self.socket_options,
                )
            except OSError as failure:
                error = failure
        raise error

    def putrequest(self, *args, **kwargs):
        WATCH.socket = self.sock
        return super().putrequest(*args, **kwargs)


class GuardedAdapter(HTTPAdapter):
    """Gives a session connections that are pinned to checked addresses."""

    def __init__(self, guard, **kwargs):
        self.guard = guard
        super().__init__(**kwargs)

    def init_poolmanager(self, *args, **kwargs):
        super().init_poolmanager(*args, **kwargs)
        attributes = {"guard": self.guard}
        pools = {}
        for scheme, pool, base in (
            ("http", connectionpool.HTTPConnectionPool, connection.HTTPConnection),
            ("https", connectionpool.HTTPSConnectionPool, connection.HTTPSConnection),
        ):
            pinned = type(f"Pinned{base.__name__}", (_Pinned, base), attributes)
            pools[scheme] = type(f"Pinned{pool.__name__}", (pool,), {"ConnectionCls": pinned})
        self.poolmanager.pool_classes_by_scheme = pools
