"""Servers that behave like the interfaces a migration reads, with faults on demand.

``karma`` answers as karmaCRM's documentation says: token in the query, ``page`` and ``per_page``,
``results`` and ``total_count``, thin lists. As a program it serves a folder of such answers:

    python -m engine.tests.rest_server FOLDER --token T [--port N] [--faults drop,429,…]
"""

import argparse
import json
import random
import time
from pathlib import Path

from .http_server import serving

#: What a list of karmaCRM shows of a deal; the rest takes a request per deal.
THIN = ("id", "name", "created_at", "updated_at", "due_on", "field_values")
FAULTS = ("drop", "short", "429", "500", "slow", "html", "broken", "repeat")


def answer_json(content, status=200, **headers):
    """Return an answer of JSON."""
    body = json.dumps(content, ensure_ascii=False).encode()
    return status, {"Content-Type": "application/json; charset=utf-8", **headers}, body


def drop(handler):
    """Hang up in the middle of the answer."""
    handler.wfile.write(b'HTTP/1.1 200 OK\r\nContent-Length: 9000\r\n\r\n{"results": [')


class Faults:
    """Trouble at random, or at a given request.

    :param share: of the requests that meet with trouble
    :param once: {number of the request: fault}, counted from 1
    """

    def __init__(self, kinds=(), share=0.0, once=None, seed=1):
        self.kinds, self.share, self.once = tuple(kinds), share, dict(once or {})
        self.rng, self.count = random.Random(seed), 0

    def next(self):
        """Return the fault of this request, or None."""
        self.count += 1
        if self.count in self.once:
            return self.once.pop(self.count)
        if self.kinds and self.rng.random() < self.share:
            return self.rng.choice(self.kinds)
        return None


class Karma:
    """karmaCRM with these records.

    :param data: {"contacts": [record …], …}
    :param thin: names of lists that show little of a record
    """

    prefix = "/api/v3/"

    def __init__(self, data, token="tok-123456", faults=None, thin=("deals",), limit=1000):
        self.data, self.token, self.thin, self.limit = data, token, thin, limit
        self.faults = faults or Faults()
        self.forbidden = set()
        self.indexes = {}
        self.last = {}  # path -> its last answer
        self.before = None  # called with each request: changes the data under way

    def __call__(self, request):
        if request.method not in ("GET", "HEAD"):
            return answer_json({"error": "read only"}, 405)
        if request.get("api_token") != self.token:
            return answer_json({"error": "invalid token"}, 401)
        if self.before:
            self.before(request)
        return self.spoil(request, self.faults.next()) or self.answer(request)

    def spoil(self, request, fault):
        """Return the trouble instead of the answer."""
        if callable(fault):
            return fault(request)
        return {
            "drop": drop,
            "short": drop,
            "429": (429, {"Retry-After": "0"}, b""),
            "500": (500, {}, b"oops"),
            "slow": self.make_slow,
            "html": (200, {"Content-Type": "text/html"}, b"<!DOCTYPE html><form>Sign in</form>"),
            "broken": (200, {"Content-Type": "application/json"}, b'{"results": [{"id": 1'),
            "repeat": self.last.get(request.path),
        }.get(fault)

    def make_slow(self, handler):
        """Trickle."""
        handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 9000\r\n\r\n")
        for __ in range(20):
            time.sleep(0.1)
            handler.wfile.write(b" ")
            handler.wfile.flush()

    def answer(self, request):
        """Return the answer of a server in good health."""
        if not request.path.startswith(self.prefix):
            return answer_json({"error": "not found"}, 404)
        path = request.path.removeprefix(self.prefix).removesuffix(".json")
        name, __, rest = path.partition("/")
        if name in self.forbidden:
            return answer_json({"error": "your role may not export"}, 403)
        if name not in self.data:
            return answer_json({"error": "not found"}, 404)
        if rest == "related":
            return self.page(request, self.get_related(request, name))
        if rest:
            found = self.index(name, lambda one: str(one["id"])).get(rest)
            return answer_json(found[0]) if found else answer_json({"error": "gone"}, 404)
        if name == "histories":
            return answer_json({"error": "not found"}, 404)
        records = self.data[name]
        if request.get("since"):
            records = [one for one in records if one["updated_at"][:10] >= request.get("since")]
        if name in self.thin:
            records = [{key: one[key] for key in THIN if key in one} for one in records]
        return self.page(request, records)

    def get_related(self, request, name):
        """Return the records of one parent."""
        parents = self.index(name, lambda one: (one["record"]["type"], str(one["record"]["id"])))
        return parents.get((request.get("record_type"), request.get("record_id")), [])

    def index(self, name, key_of):
        """Return {key: records} of a list as it is now."""
        records = self.data[name]
        known = self.indexes.get(name)
        mark = (id(records), len(records), *map(id, records[-1:]))
        if not known or known[0] != mark:
            found = {}
            for one in records:
                found.setdefault(key_of(one), []).append(one)
            known = self.indexes[name] = (mark, found)
        return known[1]

    def page(self, request, records):
        """Return a page in its envelope."""
        size = min(int(request.get("per_page", "10")), self.limit)
        start = (int(request.get("page", "1")) - 1) * size
        content = {"results": records[start : start + size], "total_count": len(records)}
        self.last[request.path] = answer_json(content)
        return self.last[request.path]


class Orbit:
    """An invented CRM: cursors in the body, a bearer token, IDs as text, no totals."""

    def __init__(self, data, token="orbit-secret"):
        self.data, self.token = data, token

    def __call__(self, request):
        if request.headers.get("Authorization") != f"Bearer {self.token}":
            return answer_json({"message": "unauthorised"}, 401)
        records = self.data.get(request.path.removeprefix("/crm/"))
        if records is None:
            return answer_json({"message": "no such thing"}, 404)
        start = int(request.get("after", "0"))
        size = int(request.get("limit", "2"))
        left = start + size < len(records)
        cursor = str(start + size) if left else None
        return answer_json({"payload": {"rows": records[start : start + size]}, "next": cursor})


class Ledger:
    """Another one: links in the header, an API key in a header, bare lists."""

    def __init__(self, data, token="ledger-secret"):
        self.data, self.token = data, token

    def __call__(self, request):
        if request.headers.get("X-Api-Key") != self.token:
            return answer_json({"message": "forbidden"}, 401)
        records = self.data.get(request.path.strip("/"))
        if records is None:
            return answer_json({}, 404)
        start, size = int(request.get("start", "0")), 2
        headers = {}
        if start + size < len(records):
            headers["Link"] = f'<{request.path}?start={start + size}>; rel="next", </>; rel="up"'
        return answer_json(records[start : start + size], **headers)


def read_folder(folder):
    """Return {name: records} of a folder with answers of the interface."""
    data = {}
    for path in sorted(Path(folder).glob("*.json")):
        content = json.loads(path.read_text(encoding="utf-8"))
        data[path.stem] = content["results"] if isinstance(content, dict) else content
    return data


def main():
    """Serve a folder until it is interrupted."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n\n")[0])
    parser.add_argument("folder")
    parser.add_argument("--token", default="tok-123456")
    parser.add_argument("--faults", default="", help=f"of {', '.join(FAULTS)}")
    parser.add_argument("--share", type=float, default=0.02)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--thin", default="deals")
    options = parser.parse_args()
    kinds = [one for one in options.faults.split(",") if one]
    faults = Faults(kinds, options.share if kinds else 0)
    api = Karma(read_folder(options.folder), options.token, faults, options.thin.split(","))
    with serving(api, options.port) as server:
        print(server.url, flush=True)
        while True:
            time.sleep(3600)


if __name__ == "__main__":
    main()
