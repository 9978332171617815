"""What goes wrong on the web, told without the addresses that libraries quote."""

from ..exceptions import SourceError


class Passing(SourceError):
    """Trouble that may pass: the same request is worth another try.

    :ivar wait: seconds the server asks to wait, or None
    """

    def __init__(self, code, /, wait=None, **parameters):
        super().__init__(code, **parameters)
        self.wait = wait


def describe(error):
    """Return what happened, without the addresses that the libraries quote."""
    root = _find_root(error)
    text = str(root).partition("(url:")[0].partition("with url")[0]
    return f"{type(root).__name__}: {text}"[:200]


def _find_root(error):
    for __ in range(10):
        reason = getattr(error, "reason", None)
        inner = [one for one in error.args if isinstance(one, BaseException)]
        following = reason if isinstance(reason, BaseException) else next(iter(inner), None)
        if following is None:
            return error
        error = following
    return error
