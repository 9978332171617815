"""A source's token: sent to its own origin only, and taken out of everything that is kept."""

import base64
import weakref
from urllib.parse import parse_qsl, quote, quote_plus, urlencode, urlsplit, urlunsplit

from .addresses import origin

HIDDEN = "***"


class Credentials:
    """A secret of a source, and how it is shown to the source's own host.

    :param url: any address of the source: the token is sent to its origin only
    :param kind: ``query_token``, ``header_token``, ``api_key``, ``bearer``, ``basic`` or ``none``
    :param token: the secret; of ``basic`` the password
    :param name: name of the query parameter, or of the header
    :param user: of ``basic``
    :param prefix: what stands before the token in a header
    """

    def __init__(self, url, kind="none", token="", name="", user="", prefix=""):
        self.origin = origin(url)
        self.kind = kind if token else "none"
        self.name, self.user, self.prefix = name, user, prefix
        self._token = token or ""
        self._forms = self._get_forms()
        _LIVING.add(self)

    def __repr__(self):
        return f"<Credentials {self.kind} for {self.origin[1]}>"

    def belongs(self, url):
        """Whether an address is the source's own."""
        return origin(url) == self.origin

    def is_like(self, other):
        """Whether both show the same secret in the same way to the same origin."""
        return vars(self) == vars(other)

    def sign(self, url, headers):
        """Return ``(url, headers)`` with the token, if the address is the source's own."""
        if self.kind == "none" or not self.belongs(url):
            return url, headers
        if self.kind == "query_token":
            return with_query(url, {self.name: self._token}), headers
        return url, headers | self._get_header()

    def _get_header(self):
        if self.kind == "basic":
            pair = f"{self.user}:{self._token}".encode()
            return {"Authorization": f"Basic {base64.b64encode(pair).decode()}"}
        if self.kind == "bearer":
            return {self.name or "Authorization": f"{self.prefix or 'Bearer '}{self._token}"}
        return {self.name: f"{self.prefix}{self._token}"}

    def clean_url(self, url):
        """Return an address without the token, as it may be kept."""
        if self.kind != "query_token":
            return self.mask(url)
        parts = urlsplit(url)
        pairs = [
            (key, value)
            for key, value in parse_qsl(parts.query, keep_blank_values=True)
            if key != self.name
        ]
        return self.mask(urlunsplit(parts._replace(query=urlencode(pairs))))

    def mask(self, text):
        """Return a text without the secret, in any of the forms it travels in."""
        text = str(text)
        for secret in self._forms:
            text = text.replace(secret, HIDDEN)
        return text

    def mask_all(self, value):
        """Return decoded JSON without the secret."""
        if isinstance(value, str):
            return self.mask(value)
        if isinstance(value, dict):
            return {self.mask(key): self.mask_all(one) for key, one in value.items()}
        return [self.mask_all(one) for one in value] if isinstance(value, list) else value

    def _get_forms(self):
        # A token of a few letters would blank half of every text.
        if len(self._token) < 6:
            return []
        token = self._token
        pair = base64.b64encode(f"{self.user}:{token}".encode()).decode()
        forms = [token, quote(token, safe=""), quote(token), quote_plus(token), pair]
        return list(dict.fromkeys(forms))


#: Credentials in use.
_LIVING = weakref.WeakSet()


def mask_all_living(text):
    """Return a text without the secrets of any credentials in use."""
    for credentials in list(_LIVING):
        text = credentials.mask(text)
    return text


def with_query(url, parameters):
    """Return an address with more query parameters; a list repeats its name.

    >>> with_query("https://a.example/x?y=1", {"columns[]": ["id", "name"]})
    'https://a.example/x?y=1&columns%5B%5D=id&columns%5B%5D=name'
    """
    if not parameters:
        return url
    parts = urlsplit(url)
    query = "&".join(filter(None, (parts.query, urlencode(parameters, doseq=True))))
    return urlunsplit(parts._replace(query=query))
