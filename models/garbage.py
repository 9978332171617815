"""Python's search for garbage, put off while a batch is under way."""

import gc
from contextlib import contextmanager


@contextmanager
def kept():
    """Look for no unreachable cycles meanwhile.

    A batch holds some hundred thousand objects that live as long as it does: each look goes
    through them, and finds nothing. What is left is looked at right after it. Odoo's own
    ``disabling_gc`` would leave the search off after an error.
    """
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()
