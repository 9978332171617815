import copy
import json
import time
from contextlib import contextmanager
from datetime import timedelta

from odoo import api, fields, models

from ..engine import reading
from ..engine.exceptions import SourceError
from ..engine.packing import fingerprint
from ..engine.rest import Rate, Shaper, Walk, paging
from ..engine.types import Problem
from ..engine.web import Passing

# Seconds of a step: it has to fit into a slice of a background worker.
STEP_SECONDS = 10
# Trouble in a row that is waited out before a run gives up, and the longest wait in seconds.
MAX_TROUBLES = 8
FIRST_TROUBLES = 2
LONGEST_WAIT = 3600
FIRST_WAIT = 2.0
# Parents whose lists are asked for in one step.
PARENTS = 200
# Parents that tell whether such lists are there at all: one may be gone meanwhile.
FEW_PARENTS = 5
# Why an extraction stopped, and what else is told of it.
STOPS = (
    "rest_refused", "rest_unreachable", "rest_too_slow", "rest_too_big", "rest_throttled",
    "rest_server", "rest_status", "rest_token", "rest_web_page", "rest_not_json", "rest_shape",
    "rest_loop",
)  # fmt: skip
CODES = (
    *STOPS, "rest_permission", "rest_not_offered", "rest_short_page", "rest_repeated",
    "rest_total",
)  # fmt: skip

# The pace of each source, kept between the steps of this process: (database, ID) -> Rate.
_RATES = {}
# The client of the last step of this process, with its open connections: the same key -> Client.
_CLIENTS = {}
# The keys that the pages of a list brought, as far as steps of this process have read them:
# (database, run, list, passes, anew) -> (ID of the newest page, keys).
_KEYS = {}


class CrmMigrationRest(models.AbstractModel):
    """Lists of a source's interface in, staged records out: a page a step.

    A page's records, its JSON extract and the place where the next step goes on are one
    transaction: killed anywhere, the extraction goes on at the page that was not committed.
    """

    _name = "crm.migration.rest"
    _description = "Extractor over REST"

    @api.model
    def _step(self, run):
        """Take the next step of the extraction; True while there is more.

        Steps: wait if the source asked for it, ask for the next page, stage it, note the place;
        trouble that may pass is noted and waited out without holding a worker.
        """
        cursor = copy.deepcopy(run.cursor or {})
        wait = cursor.get("wait_until", 0) - time.time()
        if wait > 0:
            time.sleep(min(wait, 2))
            return True
        before = copy.deepcopy(cursor)
        connection = run.project_id.connection_id.sudo()
        try:
            with self._use_client(connection) as client:
                more = self._advance(run, client, cursor)
        except Passing as trouble:
            run.cursor = self._note_trouble(before, trouble)
            return True
        cursor.pop("troubles", None)
        cursor.pop("wait_until", None)
        run.cursor = cursor
        return more

    @api.model
    def _get_rate(self, connection):
        key = (self.env.cr.dbname, connection.id)
        rate = _RATES.get(key)
        if not rate or rate.limit != connection.rate:
            rate = _RATES[key] = Rate(connection.rate)
        return rate

    @api.model
    @contextmanager
    def _use_client(self, connection):
        """Yield the client of the last step, if nothing was set otherwise since; else another.

        A page a step, and connections made anew for each: most of the time would go there.
        """
        client = connection._open(rate=self._get_rate(connection))
        known = _CLIENTS.pop((self.env.cr.dbname, connection.id), None)
        if known and known.is_like(client):
            client, known = known, client
        self._close_clients()
        if known:
            known.close()
        try:
            yield client
        except Exception:
            client.close()
            raise
        _CLIENTS[(self.env.cr.dbname, connection.id)] = client

    @api.model
    def _close_clients(self):
        while _CLIENTS:
            _CLIENTS.popitem()[1].close()

    @api.model
    def _note_trouble(self, cursor, trouble):
        """Return the cursor that tries the same page again, later."""
        troubles = cursor.get("troubles", 0) + 1
        wait = trouble.wait
        if wait is None:
            wait = min(FIRST_WAIT * 2 ** (troubles - 1), 60)
        # What is wrong at the very beginning is a wrong address or token, most likely.
        most = MAX_TROUBLES if "index" in cursor else FIRST_TROUBLES
        if troubles > most or wait > LONGEST_WAIT:
            raise trouble
        return cursor | {"troubles": troubles, "wait_until": time.time() + wait}

    @api.model
    def _advance(self, run, client, cursor):
        endpoints = client.api.endpoints
        if "index" not in cursor:
            self._begin(run, client, cursor)
            return True
        if cursor["index"] >= len(endpoints):
            self._finish(run, cursor)
            return False
        endpoint = endpoints[cursor["index"]]
        take = self._read_parents if endpoint.per_record_of else self._walk
        if endpoint.name in cursor["skipped"] or take(run, client, endpoint, cursor):
            cursor["index"] += 1
            cursor["list"] = {}
        return True

    # ------------------------------------------------------------- begin, finish

    @api.model
    def _begin(self, run, client, cursor):
        """Ask every list once: what the role may not read shows before anything is staged (KC-27).

        The totals make the progress. A newer extraction begins a new generation.
        """
        project, total, skipped, parents = run.project_id, 0, {}, {}
        self.env["crm.migration.issue"]._clear(project, list(CODES))
        # Lists of parents last: they are tried with the parents that the others show.
        for endpoint in sorted(client.api.endpoints, key=lambda one: bool(one.per_record_of)):
            try:
                total += self._try(client, endpoint, parents)
            except SourceError as error:
                if not endpoint.optional or error.parameters.get("status") not in (403, 404):
                    raise
                if error.code == "rest_permission":
                    skipped[endpoint.name] = error
        if (run.parameters or {}).get("delta"):
            project._take_files(self.env["ir.attachment"], delta=True)
        run.total = total
        problems = [Problem(one.code, parameters=one.parameters) for one in skipped.values()]
        self.env["crm.migration.issue"]._append(project, [(one, {}) for one in problems], run)
        cursor |= {"index": 0, "list": {}, "files": {}, "names": {},
                   "skipped": list(skipped),
                   "started": fields.Datetime.to_string(fields.Datetime.now())}  # fmt: skip

    @api.model
    def _try(self, client, endpoint, parents):
        """Return how many records the list has; 0 where nothing tells it.

        :param parents: {entity: ID of one record}, filled here
        :raise SourceError: when it must be there and cannot be read
        """
        if endpoint.per_record_of:
            kinds = endpoint.per_record_of
            tried = [(kinds[code], parents[code]) for code in kinds if code in parents]
            client.find_parent_path(endpoint, tried)
            return 0
        path = client.find_path(endpoint)
        if path is None:
            return 0  # told when its turn comes
        page = client.read_page(endpoint, path, paging.first(endpoint.paging))
        if page.records:
            parents[endpoint.entity] = client.key_of(endpoint, page.records[0])
        if endpoint.details and page.records:
            client.complete(endpoint, path, page.records[:1])
        return page.total or len(page.records)

    @api.model
    def _finish(self, run, cursor):
        """Note when the next extraction has to ask for changes from, and what looks cut."""
        run.project_id.rest_extracted_at = fields.Datetime.to_datetime(cursor["started"])
        self.env["crm.migration.issue"]._clear(run.project_id, list(STOPS))
        self.env["crm.migration.extractor"]._finish(run)
        self.env.cr.postcommit.add(self._close_clients)

    # ------------------------------------------------------------- lists

    @api.model
    def _walk(self, run, client, endpoint, cursor):
        """Take a step of a list; True when it is at its end."""
        state = cursor["list"]
        since = self._get_since(run, endpoint, cursor)
        number, place = state.get("pass", 1), state.get("page", 0)
        seen = self._get_keys(run, endpoint, number)
        staged = self._get_keys(run, endpoint, range(1, number)) if number > 1 else set()
        if cursor.get("full"):
            staged |= self._get_present(run, endpoint, cursor)
        walk = Walk(client, endpoint, state, seen, staged, since)
        records, page = walk.step(STEP_SECONDS)
        if walk.listed or records:
            told = {
                "page": place + bool(page),
                "pass": number,
                "total": page.total if page else None,
                "url": page.url if page else False,
            }
            self._keep(run, endpoint, records, told, walk.listed)
            self._take(run, endpoint, records, cursor)
            if number == 1:
                run.processed += len(records)
        return walk.done and self._close(run, client, endpoint, walk, cursor)

    @api.model
    def _get_keys(self, run, endpoint, numbers):
        """Return the keys that a pass, or several, of this run have brought.

        Pages are only added: each step reads the new ones, however long the list is.
        """
        numbers = (numbers,) if isinstance(numbers, int) else tuple(numbers)
        where = (self.env.cr.dbname, run.id, endpoint.name)
        for other in [mark for mark in _KEYS if mark[:3] != where]:
            del _KEYS[other]
        mark = (*where, numbers, bool((run.cursor or {}).get("full")))
        newest, keys = _KEYS.get(mark, (0, set()))
        self.env.cr.execute(
            """SELECT id, keys FROM crm_migration_extract
                WHERE run_id = %s AND endpoint = %s AND pass_number = ANY(%s) AND id > %s""",
            [run.id, endpoint.name, list(numbers), newest],
        )
        for page_id, found in self.env.cr.fetchall():
            newest = max(newest, page_id)
            keys.update(found or ())
        _KEYS[mark] = (newest, keys)
        return set(keys)  # the caller's own: what it adds may be undone

    @api.model
    def _keep(self, run, endpoint, records, told, keys):
        """Keep what came as a JSON file with its time, before anything was made of it.

        :param keys: of the records on the page; complete they may come in later steps
        """
        now = fields.Datetime.now()
        content = {
            "source": run.project_id.connection_id.base_url,
            "list": endpoint.name,
            "address": told["url"] or None,
            "received_at": f"{now.isoformat()}Z",
            "page": told["page"],
            "pass": told["pass"],
            "total": told["total"],
            "records": list(records.values()),
        }
        stamp = now.strftime("%Y%m%dT%H%M%SZ")
        attachment = self.env["ir.attachment"].create(
            {
                "name": f"{endpoint.name}-{told['page']:05}-{stamp}.json",
                "raw": json.dumps(content, ensure_ascii=False).encode(),
                "mimetype": "application/json",
                "res_model": "crm.migration.project",
                "res_id": run.project_id.id,
            }
        )
        self.env["crm.migration.extract"].create(
            {
                "project_id": run.project_id.id,
                "run_id": run.id,
                "endpoint": endpoint.name,
                "pass_number": told["pass"],
                "page": told["page"],
                "url": told["url"],
                "count": len(records),
                "total": told["total"] or 0,
                "keys": keys,
                "attachment_id": attachment.id,
                "received_at": now,
            }
        )

    @api.model
    def _take(self, run, endpoint, records, cursor):
        """Stage records, or learn the names of custom fields from them."""
        definitions = run.project_id.connection_id._get_api().definitions
        if definitions.get("endpoint") == endpoint.name:
            shaper = Shaper.from_definitions(definitions, records.values())
            names = cursor["names"]
            cursor["names"] = {
                "fields": names.get("fields", {}) | shaper.fields,
                "options": names.get("options", {}) | shaper.options,
            }
        if endpoint.entity and records:
            self._stage(run, endpoint, records, cursor)

    @api.model
    def _stage(self, run, endpoint, records, cursor):
        """Write the records as rows; what comes again replaces what came before."""
        extractor = self.env["crm.migration.extractor"]
        file = self._get_file(run, endpoint, cursor)
        shaper = Shaper(**cursor["names"])
        entries, columns = [], dict.fromkeys(file.header or ())
        for number, (key, record) in enumerate(records.items(), file.rows + 1):
            row = shaper.row(record, endpoint.shape)
            payload = {
                name: reading.storable(value) for name, value in row.items() if value is not None
            }
            columns |= dict.fromkeys(row)
            text = json.dumps(payload, ensure_ascii=False).encode()
            entries.append((key, number, fingerprint(payload), text, "staged"))
        extractor._upsert(run, file, entries)
        file.write({"header": list(columns), "rows": file.rows + len(entries)})

    @api.model
    def _get_file(self, run, endpoint, cursor):
        """Return what stands for the list among the files, made with its first records."""
        files = self.env["crm.migration.file"]
        known = cursor["files"].get(endpoint.name)
        if known:
            return files.browse(known)
        project = run.project_id
        entity = project._get_profile().entity(endpoint.entity)
        file = files.create(
            {
                "project_id": project.id,
                "name": f"{endpoint.name} ({project.connection_id.name})",
                "file_format": "rest",
                "entity": endpoint.entity,
                "entity_score": 1,
                "confidence": 1,
                "entity_reason": self.env._("the connection says so"),
                "key_column": endpoint.id_path,
                "generation": project.generation,
                "sequence": entity.load_order,
                "state": "ignored",
            }
        )
        cursor["files"][endpoint.name] = file.id
        return file

    @api.model
    def _close(self, run, client, endpoint, walk, cursor):
        """End a list: what is gone, what is odd; False if all of it has to be read after all."""
        file_id = cursor["files"].get(endpoint.name)
        file = self.env["crm.migration.file"].browse(file_id or ())
        partial, total = bool(walk.parameters), walk.state["total"]
        if partial:
            file = self._carry_over(run, endpoint, cursor)
            if self._is_incomplete(run, client, endpoint, walk):
                cursor["full"], cursor["list"] = True, {}
                # The keys of the short list are none of the long one.
                self.env.cr.execute(
                    """UPDATE crm_migration_extract SET pass_number = 0
                        WHERE run_id = %s AND endpoint = %s""",
                    [run.id, endpoint.name],
                )
                return False
            total = len(self._get_present(run, endpoint))  # as the source just said
        elif walk.settled and file:
            self._drop_gone(run, file, walk.seen)
        cursor.pop("full", None)
        self._settle(run, endpoint, file, walk.state["problems"], total)
        return True

    @api.model
    def _settle(self, run, endpoint, file, problems, total=None):
        """Give the list to the next steps of the migration, and tell what was odd.

        :param total: how many records the source says it has
        """
        if file:
            rows = self.env["crm.migration.record"].search_count(
                [("project_id", "=", run.project_id.id), ("entity", "=", endpoint.entity),
                 ("generation", "=", run.project_id.generation)]
            )  # fmt: skip
            file.write({"state": "staged", "rows": rows, "expected_rows": total or 0})
        where = {"file_id": file.id or None, "entity": endpoint.entity or None}
        self.env["crm.migration.issue"]._append(
            run.project_id,
            [(Problem(one["code"], parameters=one["parameters"]), where) for one in problems],
            run,
        )

    @api.model
    def _drop_gone(self, run, file, seen):
        """Take out what an earlier pass of this extraction brought and the source has no more.

        What is in Odoo already is told as gone; nothing is deleted there.
        """
        scope = [run.project_id.id, file.id, run.project_id.generation, list(seen)]
        self.env.cr.execute(
            """DELETE FROM crm_migration_record
                WHERE project_id = %s AND file_id = %s AND generation = %s
                  AND res_id IS NULL AND NOT source_key = ANY(%s)""",
            scope,
        )
        self.env.cr.execute(
            """UPDATE crm_migration_record SET generation = generation - 1
                WHERE project_id = %s AND file_id = %s AND generation = %s
                  AND NOT source_key = ANY(%s)""",
            scope,
        )

    # ------------------------------------------------------------- changes since

    @api.model
    def _get_since(self, run, endpoint, cursor):
        """Return the text that asks for changes since the last extraction, or None for all.

        A day earlier than it was: the source may know only days, in a zone of its own.
        """
        last = run.project_id.rest_extracted_at
        delta = (run.parameters or {}).get("delta")
        if not (endpoint.since_parameter and last and delta) or cursor.get("full"):
            return None
        if endpoint.entity and not self._get_last_generation(run, endpoint):
            return None
        return (last - timedelta(days=1)).strftime(endpoint.since_format)

    @api.model
    def _get_last_generation(self, run, endpoint):
        self.env.cr.execute(
            """SELECT max(generation) FROM crm_migration_record
                WHERE project_id = %s AND entity = %s AND generation < %s""",
            [run.project_id.id, endpoint.entity, run.project_id.generation],
        )
        return self.env.cr.fetchone()[0]

    @api.model
    def _carry_over(self, run, endpoint, cursor):
        """Take what did not change since the last extraction along; return its file record."""
        file = self._get_file(run, endpoint, cursor)
        known = self.env["crm.migration.file"].search(
            [("project_id", "=", run.project_id.id), ("entity", "=", endpoint.entity),
             ("file_format", "=", "rest")]
        )  # fmt: skip
        columns = [name for one in known.sorted("id") for name in one.header or ()]
        file.header = list(dict.fromkeys(columns))
        self.env.cr.execute(
            """UPDATE crm_migration_record
                  SET generation = %s, file_id = %s, state = CASE
                      WHEN state IN ('created', 'updated', 'merged') THEN 'unchanged'
                      ELSE state END
                WHERE project_id = %s AND entity = %s AND generation = %s""",
            [run.project_id.generation, file.id, run.project_id.id, endpoint.entity,
             self._get_last_generation(run, endpoint)],
        )  # fmt: skip
        return file

    @api.model
    def _is_incomplete(self, run, client, endpoint, walk):
        """Whether the source now has more or fewer records than are known: some came or went."""
        page = client.read_page(endpoint, walk.state["path"], paging.first(endpoint.paging))
        return page.total is None or page.total != len(self._get_present(run, endpoint))

    @api.model
    def _get_present(self, run, endpoint, cursor=None):
        """Return the keys of the newest generation."""
        self.env.cr.execute(
            """SELECT source_key FROM crm_migration_record
                WHERE project_id = %s AND entity = %s AND generation = %s""",
            [run.project_id.id, endpoint.entity, run.project_id.generation],
        )
        return {key for (key,) in self.env.cr.fetchall()}

    # ------------------------------------------------------------- lists of parents

    @api.model
    def _read_parents(self, run, client, endpoint, cursor):
        """Read the lists of some parents; True when all parents had theirs."""
        state = cursor["list"]
        state.setdefault("kind", 0)
        state.setdefault("after", 0)
        state.setdefault("page", 0)
        state.setdefault("odd", 0)
        kinds = list(endpoint.per_record_of.items())
        entity, name = kinds[state["kind"]]
        parents = self._get_parents(run, entity, state["after"], self._count_parents(client))
        if "processed" not in state:
            state["processed"] = run.processed
            run.total += self._count_all_parents(run, endpoint)
        if not parents:
            state["kind"], state["after"] = state["kind"] + 1, 0
            return state["kind"] == len(kinds) and self._close_parents(run, endpoint, cursor)
        parents_asked = [(name, key) for __, key in parents]
        path = state.get("path")
        if not path:
            path = client.find_parent_path(endpoint, parents_asked[:FEW_PARENTS])
            state["path"] = path
        if not path:
            return self._miss_parents(run, client, endpoint)
        answers = client.read_each(endpoint, path, parents_asked, twice=state.get("twice", False))
        if client.confused and not state.get("twice"):
            # The source gives answers of other requests: empty ones before were such, perhaps.
            run.total += run.processed - state["processed"]
            state["processed"] = run.processed
            state |= {"kind": 0, "after": 0, "odd": 0, "twice": True}
            return False
        records = {}
        for found, total in filter(None, answers):
            state["odd"] += total is not None and total != len(found)
            records |= {self._get_key(client, endpoint, one): one for one in found}
        state["page"] += 1
        state["after"] = parents[-1][0]
        if records:
            told = {"page": state["page"], "pass": 1, "total": None, "url": client.api.url(path)}
            self._keep(run, endpoint, records, told, list(records))
            self._take(run, endpoint, records, cursor)
        run.processed += len(parents)
        return False

    @api.model
    def _miss_parents(self, run, client, endpoint):
        """Tell that the source has no such lists; True, as nothing is to be read."""
        if not endpoint.optional:
            url = client.api.url(endpoint.paths[0])
            raise SourceError("rest_status", url=url, status=404)
        self._settle(run, endpoint, self.env["crm.migration.file"], [
            {"code": "rest_not_offered", "parameters": {"name": endpoint.name}}])  # fmt: skip
        return True

    @api.model
    def _get_key(self, client, endpoint, record):
        key = client.key_of(endpoint, record)
        return key or fingerprint({"": json.dumps(record, sort_keys=True, ensure_ascii=False)})

    @api.model
    def _count_parents(self, client):
        """Return how many parents fit into a step."""
        return max(1, min(PARENTS, int(client.rate.current * STEP_SECONDS)))

    @api.model
    def _get_parents(self, run, entity, after, limit):
        """Return [(record ID, key)] of the next parents."""
        self.env.cr.execute(
            """SELECT id, source_key FROM crm_migration_record
                WHERE project_id = %s AND entity = %s AND generation = %s AND id > %s
                  AND state != 'skipped'
                ORDER BY id LIMIT %s""",
            [run.project_id.id, entity, run.project_id.generation, after, limit],
        )
        return self.env.cr.fetchall()

    @api.model
    def _count_all_parents(self, run, endpoint):
        self.env.cr.execute(
            """SELECT count(*) FROM crm_migration_record
                WHERE project_id = %s AND entity = ANY(%s) AND generation = %s""",
            [run.project_id.id, list(endpoint.per_record_of), run.project_id.generation],
        )
        return self.env.cr.fetchone()[0]

    @api.model
    def _close_parents(self, run, endpoint, cursor):
        file = self.env["crm.migration.file"].browse(cursor["files"].get(endpoint.name) or ())
        problems, odd = [], cursor["list"]["odd"]
        if odd:
            problems = [{"code": "rest_total", "parameters": {
                "found": self.env._("%(count)s lists differ", count=odd),
                "expected": self.env._("otherwise")}}]  # fmt: skip
        if file:
            keys = self._get_keys(run, endpoint, 1)
            self._drop_gone(run, file, keys)
        self._settle(run, endpoint, file, problems)
        return True
