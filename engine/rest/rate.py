"""No more requests a second than allowed, and fewer while the source throttles."""

import threading
import time

#: Of the rate that is left when the source throttles, and what comes back with each good answer.
SLOWED = 0.5
REGAINED = 0.02
SLOWEST = 0.2


class Rate:
    """A pace shared by threads.

    :param limit: requests per second at most
    """

    def __init__(self, limit, clock=time.monotonic, sleep=time.sleep):
        self.limit = self.current = float(limit)
        self._clock, self._sleep = clock, sleep
        self._lock = threading.Lock()
        self._next = clock()

    def wait(self):
        """Return when the next request is due."""
        with self._lock:
            now = self._clock()
            due = max(self._next, now)
            self._next = due + 1 / self.current
        if due > now:
            self._sleep(due - now)

    def slow_down(self, seconds=None):
        """The source throttles: go on at half the pace, after that many seconds."""
        with self._lock:
            self.current = max(self.current * SLOWED, min(SLOWEST, self.limit))
            self._next = max(self._next, self._clock() + (seconds or 0))

    def speed_up(self):
        """A good answer: come back to the allowed pace, little by little."""
        with self._lock:
            self.current = min(self.limit, self.current + self.limit * REGAINED)
