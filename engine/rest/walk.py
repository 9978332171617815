"""Walks one list to its end, a page a step, and over again where pages moved meanwhile.

The state is plain data, so that a walk goes on where it stopped. The people of the source go on
working: a record that is deleted moves all later ones forward, and one slips from the page that is
still to be read to one that was. What tells it: an ID comes on two pages, or the total changes. The
list is then walked again, up to :data:`PASSES` times, until a walk is undisturbed. A source that
sorts anew at each request never gets there: what all the passes showed counts then.

One deleted and one added tell nothing: the total is the same. Where a request per record lies
between two pages, or the walk takes long (a pause, a slow source, many pages), there is time enough
for it: such a list is walked once more, without the requests per record.
"""

import hashlib
import json
import time

from ..exceptions import SourceError
from . import paging

PASSES = 3
#: Of a list without any order, as long as each pass shows records that none before did.
MOST_PASSES = 12
#: A page that came before, or an empty one in the middle, is asked for again this often.
AGAIN = 2
#: Details that each thread asks for before the time is looked at again.
TURNS = 12
#: Seconds after which a walk by page numbers is not believed to have been alone.
LONG = 60
#: Pages in a row without anything new, after which the pages go in a circle.
CIRCLE = 3


class Walk:
    """One endpoint's list.

    :param state: plain data of the last step, or empty
    :param seen: keys of the pass so far; kept by the caller, and updated here
    :param staged: keys that an earlier pass completed; of a thin list they are not asked again
    :param since: text for the endpoint's parameter, to get only what changed
    """

    def __init__(self, client, endpoint, state, seen, staged=frozenset(), since=None):
        self.client, self.endpoint = client, endpoint
        self.state, self.seen, self.staged = state, seen, staged
        self.parameters = {endpoint.since_parameter: since} if since else {}
        self.listed = []  # keys of the page that the last step read
        if "path" not in state:
            state |= {"path": None, "pass": 1, "thin": None, "problems": []}
            self._begin()

    def _begin(self):
        self.seen.clear()
        self.state |= {
            "position": paging.first(self.endpoint.paging),
            "page": 0, "count": 0, "total": None, "usual": None, "again": 0, "circle": 0,
            "moved": False, "repeated": [], "pending": [], "began": time.time(),
        }  # fmt: skip

    @property
    def done(self):
        """Whether the list is walked to its end."""
        return self.state["position"] is None and not self.state["pending"]

    def step(self, seconds=20):
        """Return ``{key: record}`` that are complete, and the :class:`client.Page` if one was read.

        :param seconds: after which no more details are asked for in this step
        :raise SourceError: the step can be taken again
        """
        state, page, self.listed = self.state, None, []
        if state["path"] is None and not self._find_path():
            return {}, None
        if not state["pending"]:
            page = self._read()
        records = self._take(seconds)
        if state["position"] is None and not state["pending"]:
            self._end_pass()
        return records, page

    def _find_path(self):
        self.state["path"] = self.client.find_path(self.endpoint)
        if self.state["path"] is None:
            if not self.endpoint.optional:
                url = self.client.api.url(self.endpoint.paths[0])
                raise SourceError("rest_status", url=url, status=404)
            self.tell("rest_not_offered", name=self.endpoint.name)
            self.state["position"] = None
        return self.state["path"] is not None

    # ------------------------------------------------------------------ pages

    def _read(self):
        """Read the page at the position; decide what follows."""
        state = self.state
        try:
            page = self.client.read_page(
                self.endpoint, state["path"], state["position"], self.parameters
            )
        except SourceError as error:
            if error.parameters.get("status") != 404:
                raise
            if state["page"]:  # some servers say so of a page behind the last one
                state["position"] = None
            elif state["again"] >= AGAIN:
                raise
            else:  # not there after all: the other addresses are tried again
                state["path"], state["again"] = None, state["again"] + 1
            return None
        records = self._by_key(page.records)
        if self._is_doubtful(page, records):
            state["again"] += 1
            return None
        self._note(page, records)
        state["pending"] = [[key, one] for key, one in records.items()]
        self.listed = list(records)
        state["position"] = self._follow(page)
        return page

    def _by_key(self, records):
        found = {}
        for record in records:
            key = self.client.key_of(self.endpoint, record)
            if not key:
                text = json.dumps(record, sort_keys=True, ensure_ascii=False)
                key = hashlib.blake2b(text.encode(), digest_size=16).hexdigest()
            elif key in found:
                self._note_repeated(key)
            found[key] = record
        return found

    def _is_doubtful(self, page, records):
        """Whether the page should be asked for again: it came before, or is empty too early."""
        if self.state["again"] >= AGAIN:
            return False
        if not records:
            return page.total is not None and self.state["count"] < page.total
        return self.state["page"] > 0 and records.keys() <= self.seen

    def _note(self, page, records):
        """Remember what tells that pages moved."""
        state = self.state
        known = records.keys() & self.seen
        if known:
            state["moved"] = True
            for key in sorted(known)[:5]:
                self._note_repeated(key)
        state["circle"] = state["circle"] + 1 if records and len(known) == len(records) else 0
        if state["total"] is not None and page.total not in (None, state["total"]):
            state["moved"] = True
        if page.total is not None:
            state["total"] = page.total
        if state["usual"] is None:
            state["usual"] = len(page.records)
        state["count"] += len(page.records)
        state["page"] += 1
        state["again"] = 0
        self._note_short(page)
        self.seen.update(records)  # in place: a set |= keys would be another set

    def _note_short(self, page):
        """Flag a page shorter than the first one, although more is to come (SS-27)."""
        state, length = self.state, len(page.records)
        by_number = self.endpoint.paging.kind in ("page", "offset")
        early = state["total"] is not None and state["count"] < state["total"]
        if by_number and early and length < state["usual"]:
            self.tell("rest_short_page", page=state["page"], found=length, usual=state["usual"])

    def _note_repeated(self, key):
        if len(self.state["repeated"]) < 20 and key not in self.state["repeated"]:
            self.state["repeated"].append(key)

    def _follow(self, page):
        """Return the next position; None when all is read, or the pages go in a circle."""
        state = self.state
        full = len(page.records) >= (state["usual"] or 1)
        by_number = self.endpoint.paging.kind in ("page", "offset")
        if by_number and state["total"] is not None and state["count"] >= state["total"]:
            if not full:
                return None  # behind a full last page may be more: the total may be wrong
        if state["circle"] >= CIRCLE or page.following == state["position"]:
            if state["total"] is None or len(self.seen) < state["total"]:
                self._check_circle(page)
            return None
        return page.following

    def _check_circle(self, page):
        """The last pass cannot end in a circle without saying so."""
        if self.state["total"] is None or self.state["pass"] >= PASSES:
            raise SourceError("rest_loop", url=page.url)
        self.state["moved"] = True

    # ------------------------------------------------------------------ records

    def _take(self, seconds):
        """Complete records of the page, as far as the time reaches."""
        state = self.state
        if state["thin"] is None and state["pending"]:
            records = [record for __, record in state["pending"]]
            state["thin"] = self.client.is_thin(self.endpoint, state["path"], records)
            if state["thin"] is None:  # the list is all there is
                state["thin"] = False
                self.tell("rest_not_offered", name=f"{self.endpoint.name}/{{id}}")
        if not state["thin"]:
            taken, state["pending"] = state["pending"], []
            return dict(taken)
        return self._complete(time.monotonic() + seconds)

    def _complete(self, until):
        """Ask for details, some at a time; what is left waits for the next step."""
        state, taken = self.state, {}
        state["pending"] = [one for one in state["pending"] if one[0] not in self.staged]
        while state["pending"] and time.monotonic() < until:
            size = self.client.api.parallel * TURNS
            batch = state["pending"][:size]
            whole = self.client.complete(
                self.endpoint, state["path"], [record for __, record in batch]
            )
            self._check_offered(whole)
            state["pending"] = state["pending"][size:]
            for (key, __), record in zip(batch, whole, strict=True):
                if record is None:  # deleted since the list was read
                    self.seen.discard(key)
                    state["moved"] = True
                else:
                    taken[key] = record
        return taken

    def _check_offered(self, whole):
        """Take no record for deleted before one was there: they may be at another address."""
        if any(whole):
            self.state["offered"] = True
        elif not self.state.get("offered"):
            url = self.client.api.url(self.endpoint.detail_paths[0])
            raise SourceError("rest_status", url=url, status=404)

    # ------------------------------------------------------------------ end

    def _end_pass(self):
        """Accept the walk, or begin it anew."""
        state = self.state
        if state["path"] is None:
            return
        odd = state["total"] is not None and len(self.seen) != state["total"]
        again = state["moved"] or odd or self._took_time()
        known, before = len(self.seen | self.staged), state.get("known", 0)
        state["known"] = known
        lacking = odd and before < known < state["total"]
        if again and state["pass"] < (MOST_PASSES if lacking else PASSES):
            state["pass"] += 1
            self._begin()
            return
        if odd and known != state["total"]:
            self.tell("rest_total", found=known, expected=state["total"])
        if state["repeated"]:
            shown = ", ".join(state["repeated"][:5])
            self.tell("rest_repeated", count=len(state["repeated"]), value=shown)

    def _took_time(self):
        """Whether a first pass had time between its pages: for requests per record, or a pause."""
        state = self.state
        by_number = self.endpoint.paging.kind in ("page", "offset")
        several = state["count"] > (state["usual"] or 0)
        long = state["thin"] or time.time() - state.get("began", 0) > LONG
        return by_number and several and bool(long) and state["pass"] == 1

    @property
    def settled(self):
        """Whether what the last pass did not show is gone in the source."""
        state = self.state
        same = state["total"] is None or len(self.seen) == state["total"]
        return state["path"] is not None and not self.parameters and same

    def tell(self, code, **parameters):
        """Note what a person should know about the list, once."""
        told = {"code": code, "parameters": parameters}
        if all(one["code"] != code for one in self.state["problems"]):
            self.state["problems"].append(told)
