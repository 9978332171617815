"""Reading from the web: whom it asks, what it survives, and that a token stays with its owner."""

import gzip
import io
import socket
import time
import traceback
import unittest
from email.utils import formatdate
from unittest.mock import patch
from urllib.parse import quote

from ..exceptions import SourceError
from ..web import (
    Credentials,
    Fetcher,
    Guard,
    Passing,
    Refused,
    addresses,
    is_public,
    mask_all_living,
)
from .http_server import serving

TOKEN = "s3cret-t0ken/with+signs="
LOOPBACK = Guard(["127.0.0.1", "localhost"])


def ok(body=b"{}", **headers):
    return 200, headers, body


def fetcher(credentials=None, guard=LOOPBACK, **options):
    return Fetcher(guard, credentials, **{"tries": 3, **options})


class GuardTest(unittest.TestCase):
    def test_addresses_that_are_not_public(self):
        for address in (
            "127.0.0.1", "127.9.9.9", "0.0.0.0", "10.1.2.3", "172.16.0.1", "192.168.1.1",
            "100.64.0.1", "169.254.169.254", "224.0.0.1", "239.1.1.1", "255.255.255.255",
            "240.0.0.1", "::", "::1", "fe80::1", "fc00::1", "fd12::1", "fec0::1", "ff02::1",
            "::ffff:127.0.0.1", "::ffff:10.0.0.1", "64:ff9b::a9fe:a9fe", "2002:7f00:1::",
            "2001:0:4136:e378:8000:63bf:3fff:fdd2", "::127.0.0.1",
        ):  # fmt: skip
            self.assertFalse(is_public(address), address)
        for address in ("1.1.1.1", "2606:4700::1111", "::ffff:1.1.1.1", "64:ff9b::101:101"):
            self.assertTrue(is_public(address), address)

    def test_loopback_in_every_spelling(self):
        with serving(lambda request: ok()) as server:
            port = server.server_address[1]
            for host in ("127.0.0.1", "localhost", "127.1", "2130706433", "0x7f000001", "0",
                         "[::ffff:127.0.0.1]", "[::1]"):  # fmt: skip
                with self.subTest(host=host), self.assertRaises(SourceError) as caught:
                    fetcher(guard=Guard(plain=True), tries=1).get(f"http://{host}:{port}/")
                self.assertEqual(caught.exception.code, "rest_refused")
            self.assertEqual(server.requests, [])

    def test_a_name_that_leads_inside(self):
        """What counts is where the name leads, and the connection goes to what was checked."""
        resolve, asked = socket.getaddrinfo, []

        def rebinding(host, *args, **kwargs):
            if host != "files.example":
                return resolve(host, *args, **kwargs)
            asked.append(host)
            ip = "1.1.1.1" if len(asked) == 1 else "127.0.0.1"
            return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (ip, args[0]))]

        went = []

        def create(address, *args, **kwargs):
            went.append(address)
            raise ConnectionRefusedError("nobody there")

        with (
            serving(lambda request: ok()) as server,
            patch("socket.getaddrinfo", rebinding),
            patch.object(addresses, "create_connection", create),
        ):
            url = f"http://files.example:{server.server_address[1]}/"
            with self.assertRaises(Passing):
                fetcher(guard=Guard(plain=True), tries=1).get(url)
            self.assertEqual([address for address, __ in went], ["1.1.1.1"])
            with self.assertRaises(Refused):
                fetcher(guard=Guard(plain=True), tries=1).get(url)
            self.assertEqual(len(went), 1)

    def test_a_redirect_that_leads_inside(self):
        def answer(request):
            return 302, {"Location": f"http://127.0.0.2:{port}/inside"}, b""

        with serving(answer) as server:
            port = server.server_address[1]
            with self.assertRaises(Refused) as caught:
                fetcher(guard=Guard(["127.0.0.1"], plain=True)).get(server.url)
            self.assertEqual(caught.exception.parameters["host"], "127.0.0.2")
            self.assertEqual([request.path for request in server.requests], ["/"])

    def test_what_is_no_address_of_a_web_server(self):
        for url in (
            "file:///etc/passwd", "ftp://a.example/x", "gopher://a.example", "//a.example",
            "http://user:pw@a.example/", "http://[::1", "https:///x", "http://a.example",
        ):  # fmt: skip
            with self.subTest(url=url), self.assertRaises(Refused):
                fetcher(guard=Guard()).get(url)

    def test_endless_redirects(self):
        with serving(lambda request: (302, {"Location": "/again"}, b"")) as server:
            with self.assertRaises(Refused):
                fetcher().get(server.url)
            self.assertLess(len(server.requests), 10)


class TokenTest(unittest.TestCase):
    def answers_to(self, answer, **credentials):
        """Return what the server saw of a request that was signed like this."""
        with serving(answer) as server:
            fetcher(Credentials(server.url, token=TOKEN, **credentials)).get(server.url + "/x?a=1")
            return server.requests

    def test_kinds(self):
        (request,) = self.answers_to(lambda r: ok(), kind="query_token", name="api_token")
        self.assertEqual(request.query, {"a": ["1"], "api_token": [TOKEN]})
        (request,) = self.answers_to(lambda r: ok(), kind="bearer")
        self.assertEqual(request.headers["Authorization"], f"Bearer {TOKEN}")
        (request,) = self.answers_to(lambda r: ok(), kind="api_key", name="X-Api-Key")
        self.assertEqual(request.headers["X-Api-Key"], TOKEN)
        (request,) = self.answers_to(
            lambda r: ok(), kind="header_token", name="Authorization", prefix="Token token="
        )
        self.assertEqual(request.headers["Authorization"], f"Token token={TOKEN}")
        (request,) = self.answers_to(lambda r: ok(), kind="basic", user="me")
        self.assertRegex(request.headers["Authorization"], "^Basic [A-Za-z0-9+/=]+$")

    def test_other_hosts_never_see_it(self):
        """Neither a redirect nor a file's address takes the token along."""
        for credentials in (
            {"kind": "query_token", "name": "api_token"}, {"kind": "bearer"}, {"kind": "basic"},
            {"kind": "api_key", "name": "X-Api-Key"},
        ):  # fmt: skip
            with serving(lambda request: ok(b"file")) as other:
                target = {"Location": other.url + "/file"}
                with serving(lambda request: (302, target, b"")) as server:  # noqa: B023
                    mine = fetcher(Credentials(server.url, token=TOKEN, **credentials))
                    mine.get(server.url)
                    mine.download(other.url + "/direct", io.BytesIO())
                seen = str([(r.query, r.headers) for r in other.requests])
                self.assertEqual(len(other.requests), 2)
                self.assertNotIn("s3cret", seen)
                self.assertNotIn("Basic", seen)

    def test_a_redirect_that_repeats_it(self):
        """The source may put the token into the address it leads to: other hosts do not see it."""
        with serving(lambda request: ok()) as other, serving(None) as server:
            secret = {"kind": "query_token", "name": "api_token", "token": TOKEN}

            def lead(request):
                home = server.url if request.path == "/home" else other.url
                target = f"{home}/end?a=1&api_token={quote(TOKEN)}"
                return ok() if request.path == "/end" else (302, {"Location": target}, b"")

            server.answer = lead
            mine = fetcher(Credentials(server.url, **secret))
            mine.get(server.url + "/away")
            mine.get(server.url + "/home")
        self.assertEqual([one.query for one in other.requests], [{"a": ["1"]}])
        self.assertEqual(server.requests[-1].query, {"a": ["1"], "api_token": [TOKEN]})

    def test_no_trace_of_it(self):
        """In answers, errors and their tracebacks; of the log: ``tests/test_rest.py``."""
        texts = []
        with serving(lambda request: ok()) as server:
            gone = server.url
            credentials = Credentials(gone, kind="query_token", name="api_token", token=TOKEN)
            answer = fetcher(credentials).get(gone + "/page?x=1")
            texts.append(repr(answer) + repr(credentials))
        for url in (gone + "/gone", gone.replace("http:", "https:") + "/tls"):
            try:
                fetcher(credentials, tries=1).get(url)
            except SourceError:
                texts.append(traceback.format_exc())
        self.assertEqual(len(texts), 3)
        for text in texts:
            for secret in (TOKEN, "s3cret", "t0ken"):
                self.assertNotIn(secret, text)
        self.assertEqual(mask_all_living(f"GET /?t={TOKEN}"), "GET /?t=***")

    def test_mask(self):
        credentials = Credentials("https://a.example", kind="basic", token=TOKEN, user="me")
        value = {"t": [f"x {TOKEN} y", 5], credentials.mask(TOKEN): None}
        self.assertEqual(credentials.mask_all(value), {"t": ["x *** y", 5], "***": None})


class TroubleTest(unittest.TestCase):
    def setUp(self):
        sleep = patch(f"{Fetcher.__module__}.time.sleep")
        self.sleep = sleep.start()
        self.addCleanup(sleep.stop)

    def first(self, *troubles, then=None):
        """Answer with the troubles, one a request, then well."""
        left = list(troubles)
        return lambda request: left.pop(0) if left else (then or ok(b'{"ok": 1}'))

    def test_survived(self):
        def drop(handler):
            handler.connection.close()

        def short(handler):
            handler.wfile.write(b'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"half":')

        def chunk(handler):
            handler.wfile.write(
                b'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{"a":\r\n'
            )

        for trouble in (
            drop, short, chunk, (500, {}, b"oops"), (502, {}, b""),
            (503, {"Retry-After": "2"}, b""),
            (429, {}, b""), (429, {"Retry-After": "3"}, b""), (429, {"Retry-After": "soon"}, b""),
            (429, {"Retry-After": formatdate(time.time() + 4, usegmt=True)}, b""),
        ):  # fmt: skip
            with self.subTest(trouble=trouble), serving(self.first(trouble, trouble)) as server:
                self.assertEqual(fetcher().get(server.url).body, b'{"ok": 1}')
                self.assertEqual(len(server.requests), 3)

    def test_waits_as_told(self):
        date = formatdate(time.time() + 20, usegmt=True)
        for told, low, high in (("7", 7, 7), (date, 15, 21), ("-5", 0, 1), ("0", 0, 0)):
            self.sleep.reset_mock()
            with serving(self.first((429, {"Retry-After": told}, b""))) as server:
                fetcher().get(server.url)
            (wait,) = self.sleep.call_args.args
            self.assertTrue(low <= wait <= high, (told, wait))

    def test_does_not_wait_for_an_hour(self):
        with serving(self.first((429, {"Retry-After": "3600"}, b""))) as server:
            with self.assertRaises(Passing) as caught:
                fetcher().get(server.url)
        self.assertEqual((caught.exception.code, caught.exception.wait), ("rest_throttled", 3600))

    def test_gives_up(self):
        with serving(lambda request: (500, {}, b"")) as server:
            with self.assertRaises(Passing) as caught:
                fetcher().get(server.url)
            self.assertEqual(caught.exception.code, "rest_server")
            self.assertEqual(len(server.requests), 3)

    def test_other_statuses_are_the_callers(self):
        for status in (204, 400, 401, 403, 404):
            with serving(lambda request: (status, {}, b"")) as server:  # noqa: B023
                self.assertEqual(fetcher().get(server.url).status, status)

    def test_reuses_its_connection(self):
        ports = []

        def answer(request):
            ports.append(request.headers.get("Connection"))
            return ok(b"x" * 200_000)

        with serving(answer) as server:
            mine = fetcher()
            for __ in range(3):
                mine.get(server.url)
            (pool,) = mine.session.get_adapter("http://").poolmanager.pools._container.values()
            self.assertEqual(pool.num_connections, 1)


class LimitTest(unittest.TestCase):
    def trickle(self, head):
        """Answer a byte at a time, for ever: no read ever times out."""

        def answer(handler):
            handler.wfile.write(head)
            for __ in range(200):
                handler.wfile.write(b" ")
                handler.wfile.flush()
                time.sleep(0.05)

        return lambda request: answer

    def test_slow_bodies_and_headers(self):
        for head in (
            b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n",
            b"HTTP/1.1 200 OK\r\n\r\n",
            b"HTTP/1.1 200 OK\r\nX-Slow: ",
        ):
            started = time.monotonic()
            with self.subTest(head=head), serving(self.trickle(head)) as server:
                with self.assertRaises(Passing) as caught:
                    fetcher(tries=1).get(server.url, seconds=0.3)
                self.assertEqual(caught.exception.code, "rest_too_slow")
                self.assertLess(time.monotonic() - started, 2)

    def test_big_bodies(self):
        bomb = gzip.compress(b"0" * 5_000_000)
        for headers, body in (
            ({}, b"0" * 2_000_000), ({"Content-Encoding": "gzip"}, bomb),
        ):  # fmt: skip
            with serving(lambda request: (200, headers, body)) as server:  # noqa: B023
                with self.assertRaises(SourceError) as caught:
                    fetcher().get(server.url, limit=1 << 20)
                self.assertEqual(caught.exception.code, "rest_too_big")
                self.assertEqual(len(server.requests), 1)

    def test_compressed_in_an_unusual_way(self):
        """Compressions on top of each other multiply; others may grow without measure."""
        twice = gzip.compress(gzip.compress(b"0" * 5_000_000))
        for encoding, body in (("gzip, gzip", twice), ("br", b"x"), ("zstd", b"x")):
            with serving(lambda request: (200, {"Content-Encoding": encoding}, body)) as server:  # noqa: B023
                with self.subTest(encoding), self.assertRaises(Refused):
                    fetcher(tries=1).get(server.url)
                self.assertEqual(server.requests[0].headers["Accept-Encoding"], "gzip, deflate")

    def test_download(self):
        content = bytes(range(256)) * 1000
        with serving(lambda request: ok(content, **{"Content-Type": "image/png"})) as server:
            stream = io.BytesIO()
            done = fetcher().download(server.url + "/a.png", stream)
            self.assertEqual((done.size, done.kind), (len(content), "image/png"))
            self.assertEqual(stream.getvalue(), content)
            self.assertEqual(len(done.sha256), 64)
        with serving(lambda request: (404, {}, b"no")) as server:
            with self.assertRaises(SourceError) as caught:
                fetcher().download(server.url + "/a.png", io.BytesIO())
            self.assertEqual(caught.exception.code, "rest_status")

    def test_a_download_begins_anew(self):
        """Half a file of the first try does not stay in front of the second."""
        left = [True]

        def answer(request):
            if left.pop() if left else False:
                return lambda handler: handler.wfile.write(
                    b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf"
                )
            return ok(b"whole")

        with serving(answer) as server, patch(f"{Fetcher.__module__}.time.sleep"):
            stream = io.BytesIO()
            fetcher().download(server.url, stream)
            self.assertEqual(stream.getvalue(), b"whole")


if __name__ == "__main__":
    unittest.main()
