"""Lists over REST, against servers on loopback: every record once, whatever happens under way."""

import json
import random
import unittest
from unittest.mock import patch

from .. import profiles
from ..exceptions import ConfigurationError, SourceError
from ..rest import Client, Rate, Shaper, Walk, build
from ..rest.client import stay
from ..web import Guard
from .http_server import serving
from .rest_server import FAULTS, Faults, Karma, Ledger, Orbit, answer_json

GUARD = Guard(["127.0.0.1"])
ORBIT = {
    "auth": {"kind": "bearer"},
    "paging": {"kind": "cursor", "size_parameter": "limit", "size": 2, "cursor_parameter": "after",
               "cursor_path": "next", "records_path": "payload.rows"},
    "endpoints": {"people": {"path": "/crm/people", "entity": "contact", "id_path": "ref"}},
}  # fmt: skip
LEDGER = {
    "auth": {"kind": "api_key", "header": "X-Api-Key"},
    "paging": {"kind": "link"},
    "endpoints": {"people": {"path": "/people", "entity": "contact"}},
}


def contacts(count):
    return [
        {"id": n if n % 2 else str(n), "first_name": f"P{n}", "tag_list": "a,b"}
        for n in range(1, count + 1)
    ]


def karma_settings(**changes):
    content = dict(profiles.load("karmacrm").rest)
    content["paging"] = content["paging"] | {"size": 10}
    content["rate"] = {"requests_per_second": 1000, "parallel": 4}
    return content | changes


class RestCase(unittest.TestCase):
    def setUp(self):
        sleep = patch("time.sleep")
        sleep.start()
        self.addCleanup(sleep.stop)

    def client(self, server, content=None, token="tok-123456"):
        api = build(content or karma_settings(), server.url)
        return Client(api, token, GUARD, Rate(10_000, sleep=lambda seconds: None))

    def walk(self, client, name, state=None, seen=None, **options):
        """Return {key: record} of a walk, its last state, and how often each key came."""
        state, seen = ({} if state is None else state), (set() if seen is None else seen)
        walk = Walk(client, client.api.endpoint(name), state, seen, **options)
        found, steps = {}, 0
        while not walk.done:
            if state.get("pass", 1) > 1 and "staged" not in options:
                walk.staged = set(found)  # as an extraction knows them
            records, __ = walk.step()
            found |= records
            steps += 1
            self.assertLess(steps, 200, "it does not end")
        return found, state

    def codes(self, state):
        return {problem["code"] for problem in state["problems"]}


class KindsTest(RestCase):
    def test_karma(self):
        """Pages of a set size, both kinds of IDs, the token in each request, nothing written."""
        with serving(Karma({"contacts": contacts(25)})) as server, self.client(server) as client:
            found, state = self.walk(client, "contacts")
            self.assertEqual(set(found), {str(n) for n in range(1, 26)})
            self.assertEqual(state["problems"], [])
            lists = [one for one in server.requests if one.path == "/api/v3/contacts"]
            self.assertEqual({one.get("per_page") for one in lists} - {"1"}, {"10"})
            self.assertIn("secondary_emails", lists[-1].query["columns[]"])
            self.assertEqual({one.method for one in server.requests}, {"GET"})

    def test_orbit(self):
        """Cursor in the body, bearer token: declared only."""
        people = [{"ref": f"p-{n}"} for n in range(7)]
        with serving(Orbit({"people": people})) as server:
            with self.client(server, ORBIT, "orbit-secret") as client:
                self.assertEqual(len(self.walk(client, "people")[0]), 7)

    def test_ledger(self):
        """Links in the header, an API key: declared only."""
        with serving(Ledger({"people": contacts(5)})) as server:
            with self.client(server, LEDGER, "ledger-secret") as client:
                self.assertEqual(len(self.walk(client, "people")[0]), 5)

    def test_offset(self):
        def answer(request):
            start, size = int(request.get("skip")), int(request.get("take"))
            rows = contacts(23)
            return answer_json({"rows": rows[start : start + size], "meta": {"n": len(rows)}})

        content = {
            "paging": {"kind": "offset", "offset_parameter": "skip", "size_parameter": "take",
                       "size": 5, "records_path": "rows", "total_path": "meta.n"},
            "endpoints": {"people": {"path": "/people"}},
        }  # fmt: skip
        with serving(answer) as server, self.client(server, content) as client:
            self.assertEqual(len(self.walk(client, "people")[0]), 23)

    def test_older_version(self):
        """The list is under v2 only: its details too."""
        api = Karma({"deals": [{"id": 7, "name": "D", "price": 5}]})
        api.prefix = "/api/v2/"
        with serving(api) as server, self.client(server) as client:
            found, __ = self.walk(client, "deals")
        self.assertEqual(found["7"]["price"], 5)

    def test_what_is_not_offered(self):
        with serving(Karma({})) as server, self.client(server) as client:
            found, state = self.walk(client, "users")
            self.assertEqual((found, self.codes(state)), ({}, {"rest_not_offered"}))
            with self.assertRaises(SourceError) as caught:
                self.walk(client, "contacts")
            self.assertEqual(caught.exception.code, "rest_status")


class DetailsTest(RestCase):
    def test_thin_lists(self):
        deals = [{"id": n, "name": f"D{n}", "price": n, "deal_stage_id": 3} for n in range(25)]
        with serving(Karma({"deals": deals})) as server, self.client(server) as client:
            found, __ = self.walk(client, "deals")
        self.assertEqual([found[str(n)]["price"] for n in range(25)], list(range(25)))

    def test_a_few_tell_whether_the_list_is_enough(self):
        """Full lists take no request per record, thin ones do."""
        rows = [one | {"phone_numbers": [{"number": "1"}]} for one in contacts(30)]
        for thin, most in (((), 15), (("companies",), 50)):
            with serving(Karma({"companies": rows}, thin=thin)) as server:
                with self.client(server) as client:
                    found, __ = self.walk(client, "companies")
                self.assertEqual(found["30"]["phone_numbers"], [{"number": "1"}])
                self.assertLess(len(server.requests), most)

    def test_addresses_with_and_without_suffix(self):
        """Single records and lists of parents are looked for at their other addresses too."""
        notes = [{"id": n, "record": {"type": "Deal", "id": n}} for n in range(1, 4)]
        deals = [{"id": n, "name": "D", "price": n} for n in range(1, 4)]
        contact = contacts(3)
        for suffix, status in ((".json", 404), ("", 404), (".json", 406), ("", 406)):
            api = Karma({"deals": deals, "contacts": contact, "histories": notes})

            def only(request, api=api, suffix=suffix, status=status):
                if request.path.endswith(".json") != bool(suffix):
                    return answer_json({}, status)
                return Karma.__call__(api, request)

            with serving(only) as server, self.client(server) as client:
                found, __ = self.walk(client, "deals")
                people, __ = self.walk(client, "contacts")
                endpoint, parents = client.api.endpoint("histories"), [("Deal", "2")]
                path = client.find_parent_path(endpoint, parents)
                [(listed, __)] = client.read_each(endpoint, path, parents)
            with self.subTest(suffix=suffix, status=status):
                self.assertEqual([found[key]["price"] for key in "123"], [1, 2, 3])
                self.assertEqual(people["3"]["tag_list"], "a,b")
                self.assertEqual([one["id"] for one in listed], [2])

    def test_single_records_that_are_not_there(self):
        """Nothing is taken for deleted because its details are elsewhere."""
        rows = [{"id": n, "name": "D", "price": n} for n in range(1, 4)]
        api = Karma({"deals": rows, "companies": rows}, thin=())

        def listed(request):
            if request.path.count("/") > 3:
                return answer_json({"error": "no route"}, 404)
            return api(request)

        with serving(listed) as server, self.client(server) as client:
            with self.assertRaises(SourceError) as caught:
                self.walk(client, "deals")
            self.assertEqual(caught.exception.parameters["status"], 404)
            found, state = self.walk(client, "companies")
        self.assertEqual((len(found), self.codes(state)), (3, {"rest_not_offered"}))

    def test_pages_for_people_where_no_list_is(self):
        """A server that answers unknown addresses with a web page is asked at the next one."""
        api = Karma({"contacts": contacts(3)})

        def route(request):
            if request.path.startswith("/api/v3/contacts") and ".json" not in request.path:
                return 200, {"Content-Type": "text/html"}, b"<html>Welcome</html>"
            return api(request)

        with serving(route) as server, self.client(server) as client:
            found, __ = self.walk(client, "contacts")
        self.assertEqual(set(found), {"1", "2", "3"})

    def test_deleted_between_list_and_detail(self):
        deals = [{"id": n, "name": f"D{n}", "price": n} for n in range(1, 6)]
        api = Karma({"deals": deals})

        def delete(request):
            if request.path.endswith("/1.json"):
                api.data["deals"] = [one for one in api.data["deals"] if one["id"] != 3]

        api.before = delete
        with serving(api) as server, self.client(server) as client:
            found, state = self.walk(client, "deals")
        self.assertLessEqual({"1", "2", "4", "5"}, set(found))
        self.assertNotIn("rest_total", self.codes(state))

    def test_time_is_up(self):
        """What a step has no time for waits for the next, without being read again."""
        deals = [{"id": n, "name": "D", "price": n} for n in range(40)]
        with serving(Karma({"deals": deals})) as server, self.client(server) as client:
            state, seen = {}, set()
            walk = Walk(client, client.api.endpoint("deals"), state, seen)
            records, page = walk.step(seconds=-1)
            self.assertEqual((records, len(page.records), len(state["pending"])), ({}, 10, 10))
            found, __ = self.walk(client, "deals", state, seen)
        self.assertEqual(len(found), 40)

    def test_lists_of_parents(self):
        notes = [{"id": n, "record": {"type": "Contact", "id": n % 3}} for n in range(50)]
        with serving(Karma({"histories": notes})) as server, self.client(server) as client:
            endpoint = client.api.endpoint("histories")
            parents = [("Contact", "0"), ("Contact", "1"), ("Deal", "2")]
            path = client.find_parent_path(endpoint, parents)
            answers = client.read_each(endpoint, path, parents)
        self.assertEqual([len(records) for records, __ in answers], [17, 17, 0])

    def test_an_answer_that_belongs_to_another_parent(self):
        """The last answer comes again: the parent's own records do not get lost for it."""
        notes = [{"id": n, "record": {"type": "Contact", "id": n}} for n in range(8)]
        faults = Faults(once={3: "repeat", 6: "repeat", 7: "html", 8: "html"})
        api = Karma({"histories": notes}, faults=faults)
        with serving(api) as server, self.client(server) as client:
            endpoint = client.api.endpoint("histories")
            parents = [("Contact", str(n)) for n in range(8)]
            answers = client.read_each(endpoint, endpoint.paths[0], parents)
        self.assertEqual([[one["id"] for one in records] for records, __ in answers],
                         [[n] for n in range(8)])  # fmt: skip

    def test_since(self):
        deals = [
            {"id": n, "name": "D", "price": 1, "updated_at": f"2026-01-0{n}T10:00:00Z"}
            for n in range(1, 6)
        ]
        with serving(Karma({"deals": deals})) as server, self.client(server) as client:
            found, __ = self.walk(client, "deals", since="2026-01-04")
        self.assertEqual(set(found), {"4", "5"})


class TroubleTest(RestCase):
    def test_every_fault_is_survived(self):
        """One after the other, and all at random: each record once, as without them."""
        deals = [{"id": n, "name": "D", "price": n} for n in range(15)]
        for fault in FAULTS:
            for number in (1, 3, 9):
                once = {number: fault}
                with self.subTest(fault=fault, number=number):
                    self.survive({"contacts": contacts(25), "deals": deals}, Faults(once=once))
        for seed in range(3):
            faults = Faults([one for one in FAULTS if one != "slow"], 0.15, seed=seed)
            self.survive({"contacts": contacts(25), "deals": deals}, faults)

    def survive(self, data, faults):
        with (
            serving(Karma(data, faults=faults)) as server,
            patch(f"{Client.__module__}.LONGEST", 0.5),
            self.client(server) as client,
        ):
            for name, records in data.items():
                found, state = self.walk(client, name)
                self.assertEqual(set(found), {str(one["id"]) for one in records}, name)
                self.assertNotIn("rest_total", self.codes(state))
                if name == "deals":
                    self.assertEqual(sum(one["price"] for one in found.values()), sum(range(15)))

    def test_records_move_under_way(self):
        """A record deleted on a page that was read, another added in front, or at the end, so
        that the total is the same and no ID comes twice."""
        for change in ("delete", "add", "both", "replace"):
            api = Karma({"contacts": contacts(40)})
            gone = []

            def move(request, api=api, change=change, gone=gone):
                if request.get("page") == "3" and not gone:
                    gone.append(True)
                    rows = list(api.data["contacts"])
                    if change != "add":
                        del rows[2]
                    if change != "delete":
                        place = len(rows) if change == "replace" else 0
                        rows.insert(place, {"id": 900, "first_name": "New"})
                    api.data["contacts"] = rows

            api.before = move
            with self.subTest(change), serving(api) as server, self.client(server) as client:
                found, state = self.walk(client, "contacts")
                # What came after its page was read is the next delta's.
                now = {str(one["id"]) for one in api.data["contacts"]} - {"900"}
                self.assertLessEqual(now, set(found))
                self.assertNotIn("rest_total", self.codes(state))

    def test_a_walk_that_took_long(self):
        """A record slips between two pages of a list without requests per record, in a pause; at
        a walk without one there is no time for it, and each page is asked for once."""
        for pause in (0, 100):
            api, gone = Karma({"companies": contacts(40)}, thin=()), []

            def move(request, api=api, gone=gone):
                if request.get("page") == "3" and not gone:
                    gone.append(True)
                    rows = list(api.data["companies"])
                    del rows[2]
                    api.data["companies"] = [*rows, {"id": 900, "first_name": "New"}]

            api.before = move if pause else None
            with self.subTest(pause), serving(api) as server, self.client(server) as client:
                state, seen, found = {}, set(), {}
                walk = Walk(client, client.api.endpoint("companies"), state, seen)
                while not walk.done:
                    found |= walk.step()[0]
                    if state["page"] == 2 and state["pass"] == 1:
                        state["began"] -= pause
                self.assertLessEqual({str(one["id"]) for one in api.data["companies"]}, set(found))
                self.assertEqual(state["pass"], 2 if pause else 1)

    def test_records_come_from_the_source_itself(self):
        """Neither a redirect nor the address of a next page leads to another host, however public:
        what is there would pass for the source's records."""
        other = Karma({"companies": contacts(3)})
        with serving(other) as there:
            leads = (302, {"Location": there.url + "/api/v3/companies.json"}, b"")
            with serving(lambda request: leads) as server, self.client(server) as client:
                with self.assertRaises(SourceError) as caught:
                    self.walk(client, "companies")
            self.assertEqual(caught.exception.code, "rest_refused")
            body = json.dumps({"results": [{"id": 1}], "next": there.url + "/more"}).encode()
            content = karma_settings(paging={
                "kind": "cursor", "cursor_path": "next", "records_path": "results"})  # fmt: skip
            with (
                serving(
                    lambda request: (200, {"Content-Type": "application/json"}, body)
                ) as server,
                self.client(server, content) as client,
                self.assertRaises(SourceError) as caught,
            ):
                self.walk(client, "companies")
            self.assertEqual(caught.exception.code, "rest_refused")
            self.assertEqual(there.requests, [])

    def test_a_next_page_that_forgets_https(self):
        """A server behind a proxy names its pages by http: they are asked for as the first one."""
        url = "https://a.example/people?page=1"
        self.assertEqual(stay(url, "http://a.example/people?page=2"), url[:-1] + "2")
        for other in ("http://b.example/", "https://a.example:8443/", "http://a.example:80/"):
            with self.assertRaises(SourceError):
                stay(url, other)

    def test_a_list_without_an_order(self):
        """Sorted anew at each request: all that the passes showed is there in the end."""
        api, rng = Karma({"companies": contacts(45)}, thin=()), random.Random(3)
        api.before = lambda request: rng.shuffle(api.data["companies"])
        with serving(api) as server, self.client(server) as client:
            state, found, seen, walk = {}, {}, set(), None
            while walk is None or not walk.done:
                staged = found.keys() if state.get("pass", 1) > 1 else ()
                walk = Walk(client, client.api.endpoint("companies"), state, seen, set(staged))
                found |= walk.step()[0]
        self.assertEqual(len(found), 45)
        self.assertFalse(walk.settled, "nothing is gone because the last pass missed it")
        self.assertNotIn("rest_total", self.codes(state))

    def test_a_total_that_is_wrong(self):
        api = Karma({"contacts": contacts(25)})
        page = api.page

        def lie(request, records):
            status, headers, body = page(request, records)
            return status, headers, body.replace(b'"total_count": 25', b'"total_count": 31')

        api.page = lie
        with serving(api) as server, self.client(server) as client:
            found, state = self.walk(client, "contacts")
        self.assertEqual(len(found), 25)
        (problem,) = [one for one in state["problems"] if one["code"] == "rest_total"]
        self.assertEqual(problem["parameters"], {"found": 25, "expected": 31})

    def test_a_total_that_is_too_low(self):
        api = Karma({"contacts": contacts(45)})
        page = api.page

        def lie(request, records):
            status, headers, body = page(request, records)
            return status, headers, body.replace(b'"total_count": 45', b'"total_count": 20')

        api.page = lie
        with serving(api) as server, self.client(server) as client:
            found, state = self.walk(client, "contacts")
        self.assertEqual(len(found), 45)
        self.assertIn("rest_total", self.codes(state))

    def test_a_smaller_page_than_asked_for(self):
        """The server gives 7 at most: counting goes on by what came."""
        with serving(Karma({"contacts": contacts(40)}, limit=7)) as server:
            with self.client(server) as client:
                self.assertEqual(len(self.walk(client, "contacts")[0]), 40)

    def test_one_id_twice(self):
        rows = [*contacts(25), {"id": 3, "first_name": "Again"}]
        with serving(Karma({"contacts": rows})) as server, self.client(server) as client:
            found, state = self.walk(client, "contacts")
        self.assertEqual(len(found), 25)
        self.assertIn("rest_repeated", self.codes(state))

    def test_pages_in_a_circle(self):
        """A server that ignores the page: stopped where nothing tells the end, never endless."""
        for total in (None, 99):
            content = {"results": contacts(10), "total_count": total}
            with serving(lambda request: answer_json(content)) as server:  # noqa: B023
                with self.client(server) as client, self.assertRaises(SourceError) as caught:
                    self.walk(client, "users")
                self.assertEqual(caught.exception.code, "rest_loop")
        content = {"payload": {"rows": [{"ref": "1"}]}, "next": "same"}
        with serving(lambda request: answer_json(content)) as server:
            with self.client(server, ORBIT) as client, self.assertRaises(SourceError):
                self.walk(client, "people")

    def test_numbers_beyond_measure(self):
        """One such value stays the text it is, and does not stop its page."""
        body = b'{"results": [{"id": 1, "a": 1e999999, "b": ' + b"9" * 5000 + b', "c": 2.5}]}'
        with serving(lambda request: (200, {}, body)) as server, self.client(server) as client:
            page = client.read_page(client.api.endpoint("deals"), "/api/v3/deals", {"page": 1})
        self.assertEqual(page.records, [{"id": 1, "a": "1e999999", "b": "9" * 5000, "c": 2.5}])

    def test_refusals_are_told_apart(self):
        def codes_of(answer):
            with serving(answer) as server, self.client(server) as client:
                with self.assertRaises(SourceError) as caught:
                    self.walk(client, "contacts")
                return caught.exception.code

        html = (200, {"Content-Type": "text/html"}, b"<html><form>Sign in</form></html>")
        deep = b'{"results": ' + b"[" * 100_000
        for code, answer in (
            ("rest_token", (401, {}, b"")), ("rest_permission", (403, {}, b"")),
            ("rest_web_page", html), ("rest_not_json", (200, {}, b'{"results": [')),
            ("rest_not_json", (200, {}, deep)), ("rest_shape", answer_json({"data": []})),
            ("rest_shape", answer_json({"results": ["x"]})), ("rest_shape", (204, {}, b"")),
            ("rest_server", (500, {}, b"")), ("rest_throttled", (429, {}, b"")),
            ("rest_web_page", (302, {"Location": "/login"}, b"")),
        ):  # fmt: skip

            def refuse(request, answer=answer):
                return html if request.path == "/login" else answer

            with self.subTest(code=code, answer=answer[:2]):
                self.assertEqual(codes_of(refuse), code)

    def test_goes_on_at_the_page(self):
        """After a refusal the state and the keys are enough to go on: no page is read twice."""
        api = Karma({"contacts": contacts(50)})
        state, seen, found = {}, set(), {}
        with serving(api) as server:
            with self.client(server) as client:
                walk = Walk(client, client.api.endpoint("contacts"), state, seen)
                for __ in range(2):
                    found |= walk.step()[0]
                api.token = "renewed"
                with self.assertRaises(SourceError) as caught:
                    walk.step()
                self.assertEqual(caught.exception.code, "rest_token")
            asked = len(server.requests)
            with self.client(server, token="renewed") as client:
                found |= self.walk(client, "contacts", state, seen)[0]
            pages = [one.get("page") for one in server.requests[asked:]]
        self.assertEqual(len(found), 50)
        self.assertEqual(pages[0], "3")

    def test_secrets_stay_out(self):
        users = [{"id": 1, "api_token": "other", "name": "x tok-123456 y"}]
        with serving(Karma({"users": users})) as server, self.client(server) as client:
            found, __ = self.walk(client, "users")
        self.assertEqual(found, {"1": {"id": 1, "name": "x *** y"}})


class RateTest(unittest.TestCase):
    def test_pace(self):
        now, waited = [0.0], []

        def sleep(seconds):
            waited.append(seconds)
            now[0] += seconds

        rate = Rate(10, clock=lambda: now[0], sleep=sleep)
        for __ in range(11):
            rate.wait()
        self.assertAlmostEqual(now[0], 1.0)
        rate.slow_down(2)
        rate.wait()
        rate.wait()
        self.assertAlmostEqual(now[0], 3.0 + 0.2, places=3)
        for __ in range(100):
            rate.speed_up()
        self.assertEqual(rate.current, 10)


class ShapeTest(unittest.TestCase):
    def setUp(self):
        self.shapes = {
            one.name: one.shape for one in build(profiles.load("karmacrm").rest).endpoints
        }

    def test_custom_fields_in_both_notations(self):
        shaper = Shaper({"7": "Tier", "8": "Interests"}, {"81": "Ovens", "82": "Pumps"})
        one = {"custom_field_7": {"id": 1, "value": "Gold", "field_id": 7}}
        other = {"field_values": [{"field_id": 7, "value": "Gold"}]}
        self.assertEqual(shaper.row(one, self.shapes["contacts"]), {"Tier": "Gold"})
        self.assertEqual(shaper.row(other, self.shapes["companies"]), {"Tier": "Gold"})
        chosen = [{"field_id": n, "field_parent_id": 8, "value": True} for n in (81, 82)]
        self.assertEqual(
            shaper.row({"field_values": chosen}, self.shapes["deals"]),
            {"Interests": "Ovens|Pumps"},
        )
        self.assertEqual(Shaper().row(one, self.shapes["contacts"]), {"custom_field_7": "Gold"})

    def test_a_link_in_both_notations(self):
        """A company comes whole or as a number, in one list: one column links them all."""
        shape = dict(profiles.load("karmacrm").rest)["endpoints"]["contacts"]["shape"]
        for record in ({"company": {"id": 7}}, {"company_id": "7"},
                       {"company": None, "company_id": 7}):  # fmt: skip
            row = Shaper().row({"id": 1} | record, shape)
            self.assertEqual((row["company.id"], row.get("company_id")), ("7", None))

    def test_words_in_both_notations(self):
        """Tags come as a list or as a text, under either name, in one list: one column of words,
        in which a text with a comma is never taken for one tag."""
        for name, column in (("companies", "tags"), ("contacts", "tag_list"), ("deals", "tags")):
            for record in ({"tags": ["Hot", "Q3"]}, {"tag_list": "Hot, Q3"}, {"tags": "Hot,Q3,"},
                           {"tags": [], "tag_list": "Hot,Q3"},
                           {"tags": ["Hot"], "tag_list": ["Q3", "Hot"]}):  # fmt: skip
                row = Shaper().row({"id": 1} | record, self.shapes[name])
                words = sorted(row[column].split("|"))
                self.assertEqual((len(row), words), (2, ["Hot", "Q3"]), record)
            odd = {"id": 1, "tags": [{"name": "Hot"}], "tag_list": "Q3"}
            self.assertIn("Q3", Shaper().row(odd, self.shapes[name]).values())
        self.assertEqual(Shaper().row({"id": 1}, self.shapes["deals"]), {"id": "1"})

    def test_stage_by_its_name(self):
        record = {"deal_stage_id": 15, "stages": [{"id": "15", "name": "Lost", "position": 5}]}
        self.assertEqual(
            Shaper().row(record, self.shapes["deals"]),
            {"stage.name": "Lost"},
        )

    def test_participants(self):
        """Who takes part comes by ID, of contacts, companies and users each in their column."""
        record = {
            "participants": [
                {"participater_id": 9, "participater_type": "User", "label": "Me"},
                {"participater_id": "5", "participater_type": "Contact", "label": "Ann"},
                {"participater_id": 6, "participater_type": "Deal"},
                {"participater_id": 7, "participater_type": "Contact", "label": "Bo"},
                {"participater_id": 5, "participater_type": "Company"},
                {"participater_type": "Contact", "label": "Nobody known"},
            ]
        }
        self.assertEqual(
            Shaper().row(record, self.shapes["activities"]),
            {"related_type": "Deal", "related_id": "6", "related_name": None,
             "attendee_ids": "5|7", "attendee_user_ids": "9", "attendee_company_ids": "5",
             "participant_names": "Me|Ann|Bo|Nobody known"},
        )  # fmt: skip

    def test_phones_by_their_kind(self):
        """A mobile number alone, or before the other, is no landline; a fax is no telephone."""
        shape = self.shapes["contacts"]
        mobile = {"id": 1, "number": "2", "label": "Mobile", "phone_number_type_id": "2"}
        work = {"id": 2, "number": "1", "label": "work"}
        home = {"number": "3", "label": "home"}
        fax = {"number": "4", "label": "Fax"}
        first, second = "phone_numbers.1.number", "phone_numbers.mobile.number"
        for rows in ([mobile, work], [work, mobile]):
            self.assertEqual(
                Shaper().row({"phone_numbers": rows}, shape), {first: "1", second: "2"}
            )
        self.assertEqual(Shaper().row({"phone_numbers": [mobile]}, shape), {second: "2"})
        self.assertEqual(
            Shaper().row({"phone_numbers": [home, mobile, fax, fax, work]}, shape),
            {first: "1", second: "2", "phone_numbers.2.number": "3",
             "phone_numbers.2.label": "home", "phone_numbers.fax.number": "4",
             "phone_numbers.fax2.number": "4"},
        )  # fmt: skip
        for odd in ("a text", [1, "x"], None, {}):
            Shaper().row({"phone_numbers": odd}, shape)

    def test_a_value_that_only_repeats_another(self):
        shape = self.shapes["contacts"]
        self.assertNotIn("label", Shaper().row({"name": "Ann", "label": "Ann"}, shape))
        self.assertIn("label", Shaper().row({"name": "Ann", "label": "A. O."}, shape))


class SettingsTest(unittest.TestCase):
    def test_wrong_settings_say_where(self):
        good = {"path": "/x"}
        for place, content in (
            ("endpoints", {}),
            ("endpoints.a.path", {"endpoints": {"a": {}}}),
            ("auth.kind", {"auth": {"kind": "magic"}, "endpoints": {"a": good}}),
            ("auth", {"auth": {"kind": "api_key"}, "endpoints": {"a": good}}),
            ("paging.kind", {"paging": {"kind": "x"}, "endpoints": {"a": good}}),
            ("cursor_path", {"paging": {"kind": "cursor"}, "endpoints": {"a": good}}),
            ("order", {"order": ["b"], "endpoints": {"a": good}}),
            ("entity", {"endpoints": {"a": good | {"entity": "alien"}}}),
            ("detail_path", {"endpoints": {"a": good | {"details": True}}}),
            ("unknown keys", {"endpoints": {"a": good}, "tokn": 1}),
            ("rate", {"rate": {"requests_per_second": 0}, "endpoints": {"a": good}}),
        ):
            with self.subTest(place), self.assertRaises(ConfigurationError) as caught:
                build(content, "https://a.example", {"contact"})
            self.assertIn(place, str(caught.exception))


if __name__ == "__main__":
    unittest.main()
