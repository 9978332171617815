"""Other requests of the process wait while custom fields are made or removed."""

import contextlib
import threading
import time

from odoo.modules.registry import Registry

# Seconds that requests under way get to end before the models change under them; a page takes less.
GRACE = 1.0
# What a waiting request holds may be what we wait for: then the step is taken again.
LOCK_TIMEOUT = "10s"
REQUEST = "odoo.service.http.request"  # how odoo/service/server.py names the threads of requests


@contextlib.contextmanager
def setting_up_models(cr):
    """Keep the requests of this process away from models that are being set up.

    Odoo sets models up in place (``Registry._setup_models__``): with threads for workers, the page
    that the user sees while the background job makes fields would meet half of them (``KeyError``
    in ``field_computed``, a page of an error instead of JSON). New requests ask for the registry
    first, so they wait for its lock; those under way get a moment to end.
    """
    with Registry._lock:
        deadline = time.monotonic() + GRACE
        for thread in threading.enumerate():
            if thread.name.startswith(REQUEST) and thread is not threading.current_thread():
                thread.join(max(0, deadline - time.monotonic()))
        cr.execute("SELECT set_config('lock_timeout', %s, true)", [LOCK_TIMEOUT])
        yield
        cr.execute("SELECT set_config('lock_timeout', '0', true)")
