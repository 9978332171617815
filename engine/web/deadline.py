"""Breaks connections that last too long: a timeout per read never ends a trickle."""

import socket
import threading
import time
from contextlib import contextmanager, suppress


class _Watch(threading.local):
    """The socket that the thread reads from: what a deadline cuts."""

    socket = None


WATCH = _Watch()


class Cut:
    """A deadline of one thread.

    :ivar done: whether its connection was broken
    """

    def __init__(self, due):
        self.due, self.done = due, False
        self._watch = WATCH.__dict__  # that of this thread

    def make(self):
        """Break the connection that the thread reads from."""
        self.done = True
        if self._watch.get("socket") is not None:
            with suppress(OSError):
                self._watch["socket"].shutdown(socket.SHUT_RDWR)


class Deadlines:
    """Watches the deadlines of many threads with one thread of its own, started when needed."""

    def __init__(self):
        self._cuts = set()
        self._changed = threading.Condition()
        self._thread, self._wakes = None, 0

    @contextmanager
    def within(self, seconds):
        """Yield the :class:`Cut` that is made after that time, unless the block ends before."""
        WATCH.socket = None
        cut = Cut(time.monotonic() + seconds)
        with self._changed:
            self._cuts.add(cut)
            if not (self._thread and self._thread.is_alive()):
                self._thread = threading.Thread(target=self._run, daemon=True)
                self._thread.start()
            elif cut.due < self._wakes:
                self._changed.notify()
        try:
            yield cut
        finally:
            with self._changed:
                self._cuts.discard(cut)

    def close(self):
        """Let the thread end."""
        with self._changed:
            self._cuts.clear()
            self._changed.notify()

    def _run(self):
        with self._changed:
            while self._cuts:
                now = time.monotonic()
                due = {cut for cut in self._cuts if cut.due <= now}
                self._cuts -= due
                for cut in due:
                    cut.make()
                self._wakes = min((cut.due for cut in self._cuts), default=now)
                if self._wakes > now:
                    self._changed.wait(self._wakes - now)
            self._thread = None
