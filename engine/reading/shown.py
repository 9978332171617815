"""How the cells of a preview are understood: beside ``03/04/2024``, which day that is.

Only what the order of dates or the decimal mark decides is shown; other cells speak for themselves.
"""

from .. import dates, numbers
from ..exceptions import ValueProblem

DATES = frozenset(("date", "datetime"))
FIGURES = frozenset(("integer", "float", "money", "percent"))
#: A cell that can be read in two ways, or in none under the order that was chosen.
OPEN = "?"


def find_looks(profiles):
    """``{column: [kind, order or decimal mark, or ""]}`` of the columns of dates and figures."""
    looks = {}
    for profile in profiles:
        option = "date_order" if profile.kind in DATES else "decimal"
        if profile.kind in DATES | FIGURES:
            looks[profile.name] = [profile.kind, profile.options.get(option, "")]
    return looks


def understand(text, look, date_order="", decimal=""):
    """What a cell means, where its text leaves that open; ``""`` if there is nothing to say.

    >>> understand("03/04/2024", ["date", ""]), understand("03/04/2024", ["date", ""], "dmy")
    ('?', '2024-04-03')
    >>> understand("1.234", ["float", ","]), understand("25/12/2024", ["date", "dmy"], "mdy")
    ('1234', '?')

    :param look: of the column, see :func:`find_looks`
    :param date_order: order that a person chose for the file; goes before that of the column
    """
    kind, found = look
    try:
        if kind in DATES:
            return _understand_date(text.strip(), date_order or found)
        readings = numbers.readings(text.strip())
        if set(readings) <= {""} or readings == {".": text.strip()}:
            return ""
        return numbers.parse(text, decimal or found)
    except ValueProblem:
        return OPEN


def _understand_date(text, order):
    parsed = dates.parse(text)
    if not parsed or "" in parsed.readings:
        return ""
    return dates.read_date(text, order)[0].isoformat()
