"""Fetching over real HTTP on 127.0.0.1: what must come whole, and what must never be reached."""

import io
import threading
import unittest
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from unittest.mock import patch

from .. import fetching
from ..exceptions import SourceError

CONTENT = b"%PDF-1.4 offer" * 1000


class _Handler(BaseHTTPRequestHandler):
    def log_message(self, *args):
        pass

    def do_GET(self):
        getattr(self, "_" + self.path.strip("/").partition("/")[0].partition("?")[0])()

    def _answer(self, content, length=None, **headers):
        self.send_response(200)
        self.send_header("Content-Length", str(length or len(content)))
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(content)

    def _whole(self):
        self._answer(CONTENT, Content_Type="application/pdf; x=y",
                     Content_Disposition="attachment; filename*=UTF-8''An%20Offer.pdf")  # fmt: skip

    def _cut(self):
        self._answer(CONTENT[:500], length=len(CONTENT))
        self.close_connection = True

    def _slow(self):
        threading.Event().wait(0.5)
        self._answer(CONTENT)

    def _missing(self):
        self.send_error(404)

    def _inside(self):
        self.send_response(302)
        self.send_header("Location", f"http://localhost:{self.server.server_port}/whole")
        self.end_headers()

    def _circle(self):
        self.send_response(302)
        self.send_header("Location", "/circle")
        self.end_headers()


class TestFetching(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
        threading.Thread(target=cls.server.serve_forever, daemon=True).start()
        cls.addClassCleanup(cls.server.server_close)
        cls.addClassCleanup(cls.server.shutdown)
        cls.host = f"127.0.0.1:{cls.server.server_port}"

    def fetch(self, path, **options):
        stream = io.BytesIO()
        options = {"allowed": [self.host]} | options
        return fetching.fetch(f"http://{self.host}/{path}", stream, **options), stream.getvalue()

    def refuse(self, path, **options):
        with self.assertRaises(SourceError) as caught:
            self.fetch(path, **options)
        self.assertEqual(caught.exception.code, "fetch_failed")
        return caught.exception.parameters["detail"]

    def test_a_file_comes_whole(self):
        """Bytes, type and name as the server tells them (SP-29)."""
        fetched, content = self.fetch("whole")
        self.assertEqual(content, CONTENT)
        self.assertEqual((fetched.name, fetched.content_type, fetched.size),
                         ("An Offer.pdf", "application/pdf", len(CONTENT)))  # fmt: skip

    def test_part_of_a_file_is_no_file(self):
        with patch("time.sleep"):
            self.assertTrue(self.refuse("cut"))
        self.assertIn("404", self.refuse("missing"))

    def test_too_much_and_too_slow(self):
        self.assertIn("more than", self.refuse("whole", largest=100))
        with patch("time.sleep"):
            self.assertIn("within", self.refuse("slow", longest=0.2))

    def test_addresses_inside_are_refused(self):
        """By number, by name and by trick; the addresses themselves: ``test_web``."""
        port = self.server.server_port
        for host in ("127.0.0.1", "localhost", "[::1]", "[::ffff:127.0.0.1]", "0", "2130706433"):
            with self.subTest(host), self.assertRaises(SourceError):
                fetching.fetch(f"http://{host}:{port}/whole", io.BytesIO())

    def test_redirects_are_checked(self):
        """The first host is allowed; the one it sends us to is not."""
        self.assertIn("inside", self.refuse("inside"))
        self.assertEqual(self.fetch("inside", allowed=[self.host, "localhost"])[1], CONTENT)
        self.assertTrue(self.refuse("circle"))

    def test_only_the_web(self):
        for url in ("file:///etc/passwd", "ftp://a.example/x", "http://u:p@a.example/x", "x.pdf"):
            with self.subTest(url), self.assertRaises(SourceError):
                fetching.fetch(url, io.BytesIO())


if __name__ == "__main__":
    unittest.main()
