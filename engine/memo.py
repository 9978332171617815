"""Cells that repeat are read once: pick-lists, countries, tags, days, round amounts."""

import json
from functools import lru_cache

from .exceptions import ValueProblem
from .transforms import TRANSFORMS
from .types import Problem, Unread

#: Longer texts seldom repeat, and would fill the memory: 256 columns of 1,024 texts of 64 letters
#: are some 60 MB at worst.
SHORT = 64
REMEMBERED = 1024
COLUMNS = 256
#: Read faster than remembered; any text is one, so there is nothing to tell of what cannot be read.
QUICK = frozenset(("text", "line", "name_part", "raw", "phone", "url"))


def reader(transform, options):
    """Return a function of the raw texts of filled cells: it returns what each of them is.

    That is a value, a ``Noted`` or an ``Unread``.

    :param transform: key of :data:`transforms.TRANSFORMS`
    :param options: of the rule; columns with equal ones share what is remembered

    >>> yes, unread = reader("boolean", {})(["yes", "perhaps"])
    >>> yes, unread.problem.code
    (True, 'unreadable_boolean')
    """
    return _reader(transform, json.dumps(options, sort_keys=True))


@lru_cache(maxsize=COLUMNS)
def _reader(transform, options):
    function, options = TRANSFORMS[transform].function, json.loads(options)
    if transform in QUICK:
        return lambda texts: [function(raw, options) for raw in texts]

    def read(raw):
        try:
            return function(raw, options)
        except ValueProblem as error:
            parameters = {k: v for k, v in error.parameters.items() if k != "value"}
            return Unread(Problem(error.code, value=raw, parameters=parameters))

    remembered = lru_cache(maxsize=REMEMBERED)(read)
    return lambda texts: [remembered(raw) if len(raw) <= SHORT else read(raw) for raw in texts]
