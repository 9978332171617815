"""Statements that PostgreSQL works on while Python goes on."""

import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from weakref import WeakKeyDictionary

import psycopg2

from odoo.tools import SQL

# {cursor: lock}: held while a statement runs beside it.
_locks = WeakKeyDictionary()


class Behind:
    """A cursor for what only writes: it does not wait for the end of a statement.

    They run one after the other, in the transaction of the cursor it is made of and between the
    statements of that: psycopg2 lets threads share a connection, a statement at a time, each with a
    cursor of its own. Only a COPY has to keep them off itself (:func:`undisturbed`). Whoever sets
    or ends a savepoint, or commits, leaves the ``with`` first.
    """

    def __init__(self, cr):
        self._cr = cr
        self._lock = threading.Lock()
        self._pending = []

    def __enter__(self):
        self._thread = ThreadPoolExecutor(1, "crm_migration_behind")
        _locks[self._cr] = self._lock
        return self

    def execute(self, query, params=None, then=None):
        """Have a statement executed.

        :param then: called with the rows that it returned, by whoever waits for its end
        """
        if isinstance(query, SQL):
            query, params = query.code, query.params
        self._pending.append((self._thread.submit(self._execute, query, params, then), then))

    def _execute(self, query, params, then):
        with self._lock, self._cr.connection.cursor() as cursor:
            cursor.execute(query, params)
            return cursor.fetchall() if then else None

    def get_place(self):
        """Return how many statements there were so far: see :meth:`wait`."""
        return len(self._pending)

    def wait(self, place=None):
        """Wait for the end of statements.

        :param place: of how many of them; of all, without one
        :raises psycopg2.Error: of the first that failed
        """
        for number, (done, then) in enumerate(self._pending[:place]):
            rows = done.result()
            if then:
                then(rows)
                self._pending[number] = (done, None)

    def __exit__(self, kind, error, trace):
        self._thread.shutdown()
        del _locks[self._cr]
        # Whatever failed first is told: PostgreSQL refuses all that comes after it.
        if not error or isinstance(error, psycopg2.errors.InFailedSqlTransaction):
            self.wait()


def undisturbed(cr):
    """Return a context in which no statement runs beside a cursor: for COPY, which takes several
    messages, another thread's statement would break it off."""
    return _locks.get(cr) or nullcontext()
