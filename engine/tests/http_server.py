"""A web server on loopback for tests: a function answers, bytes go over a real socket."""

import socketserver
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from urllib.parse import parse_qs, urlsplit


class Request:
    """What was asked."""

    def __init__(self, handler):
        parts = urlsplit(handler.path)
        self.method = handler.command
        self.path = parts.path
        self.query = parse_qs(parts.query, keep_blank_values=True)
        self.headers = dict(handler.headers)

    def get(self, name, default=""):
        """Return the first value of a query parameter."""
        return self.query.get(name, [default])[0]


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # else 40 ms for each answer of two parts

    def do_GET(self):
        request = Request(self)
        self.server.requests.append(request)
        answer = self.server.answer(request)
        if callable(answer):  # misbehaves on the open socket
            answer(self)
            self.close_connection = True
            return
        status, headers, body = answer
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        if "Content-Length" not in headers and "Transfer-Encoding" not in headers:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_HEAD = do_POST = do_PUT = do_DELETE = do_PATCH = do_GET

    def log_message(self, *args):
        pass


class _Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 100

    def handle_error(self, request, client_address):
        pass  # a client that hangs up is what some tests want


@contextmanager
def serving(answer, port=0):
    """Yield a server that answers with ``answer(request) -> (status, headers, body)``.

    It has ``url`` and ``requests``, all that were made.
    """
    server = _Server(("127.0.0.1", port), _Handler)
    server.answer, server.requests = answer, []
    server.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
