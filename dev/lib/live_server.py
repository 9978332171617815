"""A real Odoo server on a database of the usual PostgreSQL, for tests that work beside it."""

import http.client
import json
import os
import signal
import socket
import subprocess
import time
import urllib.request
from contextlib import suppress
from pathlib import Path

DEV = Path(__file__).resolve().parents[1]
PATIENCE = 120


class Refused(Exception):
    """The server answered with an error; its own words."""


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def wait_until(condition, what, patience=PATIENCE):
    started = time.monotonic()
    while not condition():
        if time.monotonic() - started > patience:
            raise SystemExit(f"waited {patience} s for {what}")
        time.sleep(0.1)


class LiveServer:
    def __init__(self, database, log, *options, environ=()):
        self.database, self.log = database, log
        self.port = free_port()
        # None of the limits is near: a worker that ends does so because the test killed it.
        self.command = [
            DEV / "odoo", "-d", database, f"--db-filter=^{database}$",
            f"--http-port={self.port}", f"--gevent-port={free_port()}", f"--logfile={log}",
            "--limit-time-real=600", "--limit-time-cpu=3600",
            # It warns of each call over JSON-RPC that Odoo 20 will not have it.
            "--log-handler=odoo.addons.rpc:ERROR", *options,
        ]  # fmt: skip
        self.environ = os.environ | dict(environ)
        self.process = None

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *error):
        self.stop()

    def start(self):
        self.process = subprocess.Popen(
            list(map(str, self.command)), start_new_session=True, env=self.environ,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        wait_until(self._answers, "the server to answer")

    def _answers(self):
        if self.process.poll() is not None:
            raise SystemExit(f"the server ended by itself, see {self.log}")
        with suppress(OSError, http.client.HTTPException):
            url = f"http://127.0.0.1:{self.port}/web/health"
            return urllib.request.urlopen(url, timeout=5).status == 200
        return False

    def stop(self):
        """Stop it as a service manager does; kill what stays."""
        self.process.terminate()
        with suppress(subprocess.TimeoutExpired):
            self.process.wait(timeout=20)
        self.kill()

    def kill(self):
        """Kill all of its processes at once: nothing is told, nothing is tidied up."""
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def call(self, model, method, *arguments, **options):
        """Call a method as the administrator; raises ``Refused`` with Odoo's own words."""
        body = {
            "jsonrpc": "2.0", "method": "call", "params": {
                "service": "object", "method": "execute_kw",
                "args": [self.database, 2, "admin", model, method, list(arguments), options],
            },
        }  # fmt: skip
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}/jsonrpc", json.dumps(body).encode(),
            {"Content-Type": "application/json"},
        )  # fmt: skip
        with urllib.request.urlopen(request, timeout=600) as answer:
            result = json.load(answer)
        if "error" in result:
            data = result["error"]["data"]
            raise Refused(f"{data['name']}: {data['message']}")
        return result.get("result")
