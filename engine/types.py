"""The few shapes that travel between the steps."""

from dataclasses import dataclass, field
from typing import Any, NamedTuple

CERTAIN = 0.99


@dataclass(frozen=True)
class Problem:
    """Something a person should know: becomes a ``crm.migration.issue``.

    :param code: key of :data:`issues.CATALOGUE`
    :param column: column header it was found in, if any
    :param target: target field it concerns, if any
    :param value: the raw text, unchanged
    """

    code: str
    column: str = ""
    target: str = ""
    value: str = ""
    parameters: dict = field(default_factory=dict)


class Noted(NamedTuple):
    """A value that was read, together with what a person should know about it."""

    value: Any
    problem: Problem


class Unread(NamedTuple):
    """A text that could not be read, and why."""

    problem: Problem
    value: None = None


class Row(NamedTuple):
    """One row of a table: every cell is text or ``None`` (empty), unchanged but for its decoding.

    :param line: 1-based line of the file (CSV) or row of the sheet (XLSX) where it begins
    :param problems: what is odd about the row as such (:class:`Problem`), e.g. its length
    :param footer: not a record: a total, a closing remark or a header repeated; to be skipped
    """

    line: int
    values: dict
    problems: tuple = ()
    footer: bool = False


class Block(NamedTuple):
    """Rows that are nothing but records of the table's columns, given by column.

    :param lines: of the rows, as of :class:`Row`
    :param columns: {name: their texts}, an empty cell being ``""``
    """

    lines: tuple
    columns: dict

    def after(self, count):
        """Return the rows but for the first ones."""
        columns = {name: cells[count:] for name, cells in self.columns.items()}
        return Block(self.lines[count:], columns)

    def rows(self):
        """Return the same as a list of :class:`Row`."""
        rows = zip(*self.columns.values(), strict=True)
        return [
            Row(line, dict(zip(self.columns, [cell or None for cell in cells], strict=True)))
            for line, cells in zip(self.lines, rows, strict=True)
        ]


@dataclass
class ColumnProfile:
    """What all rows of a column say about it.

    :param kind: one of ``inference.KINDS``
    :param confidence: share of filled cells that read as ``kind`` (0..1)
    :param options: how to read the cells: ``date_order`` (``dmy``, ``mdy``, ``ymd``), ``decimal``
        (``.`` or ``,``), ``separator`` of a multi-select, ``count`` of figures that are dates (see
        :data:`dates.COUNTS`), ``language`` of its months
    :param choices: the distinct values where they are few (pick-list, multi-select), as written
    :param values: :class:`distinct.DistinctSample`, to be compared with other columns
    :param listed: some cell has several codes: ``B-7;B-12``
    """

    name: str
    kind: str = "text"
    confidence: float = 1.0
    filled: int = 0
    rows: int = 0
    distinct: int = 0
    samples: list = field(default_factory=list)
    options: dict = field(default_factory=dict)
    choices: list = field(default_factory=list)
    problems: list = field(default_factory=list)
    values: Any = field(default=None, repr=False, compare=False)
    listed: bool = False


@dataclass(frozen=True)
class Rule:
    """One line of a map: what becomes of a column.

    :param column: header in the source
    :param field: field of the destination, ``id`` (the source key), ``x_source_data`` (kept as it
        is) or empty (ignored)
    :param transform: name in :data:`transforms.TRANSFORMS`
    :param reference: ``entity.by`` where the value names another record: ``company.id``,
        ``contact.name``, ``owner.any``; empty otherwise
    :param options: see :class:`ColumnProfile`; also ``domain``, the name of the value map to apply
    """

    column: str
    field: str
    transform: str = "text"
    reference: str = ""
    options: dict = field(default_factory=dict)


@dataclass(frozen=True)
class Proposal:
    """A proposed :class:`Rule`, and why.

    :param score: how probable it is that the proposal is right, 0..1
    :param reason: code of the reason: ``profile``, ``alias``, ``values``, ``custom``, ``nothing``
    :param explanation: the reason in words
    :param facts: what the words are about, see :func:`explaining.facts_of`
    :param label: label of the custom field to make, when ``field`` starts with ``x_`` and is new
    :param field_type: Odoo type of that field (char, text, html, integer, float, date, datetime,
        boolean, selection)
    """

    rule: Rule
    score: float
    reason: str
    label: str = ""
    field_type: str = ""
    alternatives: tuple = ()
    explanation: str = ""
    facts: dict = field(default_factory=dict)

    @property
    def certain(self):
        """Whether it is right 99 times in 100: nobody needs to look at it."""
        return self.score >= CERTAIN


class Reference(NamedTuple):
    """A link by what the source has: resolved to an Odoo ID before writing.

    :param entity: entity of the project, or ``owner``, ``stage``, ``country`` …
    :param by: ``id``, ``name``, ``email`` or ``any``
    """

    entity: str
    by: str
    value: str
    column: str = ""


@dataclass(slots=True)
class Mapped:
    """A row after the map: values are typed, references are not yet resolved.

    :param values: field -> text, float, int, bool, ISO date, ``YYYY-MM-DD HH:MM:SS`` in UTC, or a
        list of texts (tags, multi-select)
    :param cells: column -> raw text, all of the row
    :param columns: field -> columns that its value is made from
    :param references: field -> list of :class:`Reference`, best first
    :param kept: column -> raw text of what found no field (goes to ``x_source_data``)
    :param rules: field -> name of the rule that explains a value differing from the source
    :param parts: field -> {part: text} of what is joined to its value
    """

    values: dict = field(default_factory=dict)
    cells: dict = field(default_factory=dict)
    columns: dict = field(default_factory=dict)
    references: dict = field(default_factory=dict)
    kept: dict = field(default_factory=dict)
    problems: list = field(default_factory=list)
    rules: dict = field(default_factory=dict)
    parts: dict = field(default_factory=dict)

    def source_of(self, name):
        """Return {column: raw text} of the cells that a field's value was made from."""
        return dict(self.sources_of([name]))

    def sources_of(self, names):
        """Yield column and raw text of the filled cells that the values of fields come from."""
        for name in names:
            for column in self.columns.get(name, ()):
                raw = self.cells.get(column)
                if raw and not raw.isspace():
                    yield column, raw
