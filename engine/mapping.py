"""A row and a confirmed map become typed values, references and problems."""

from dataclasses import dataclass, field, replace
from functools import lru_cache
from itertools import repeat
from typing import Any, NamedTuple

from .memo import reader
from .transforms import join_name
from .types import Mapped, Noted, Problem, Reference, Unread

# Fields whose several columns are put one under the other, not chosen from.
JOINED = {"html": "<br/>", "text": "\n"}
KEPT = "x_source_data"
OPT_OUT = "email_opt_out"
NAME_PARTS = ("first", "middle", "last")
# How sure a link is, by what it names the record with.
SUREST = {"id": 0, "email": 1, "any": 2, "name": 3}
# Kinds of values that need no second look: nearly all are of these.
SIMPLE = frozenset((str, float, int, bool))
# Transforms with a value map for what they do not understand.
DECIDED = ("country",)
# What a value that is not in the value map means: the record waits, or only the field is empty.
UNKNOWN = {"activity_kind": "unknown_kind"}


class _Step(NamedTuple):
    """A rule, ready to run.

    :param read: function of the texts of filled cells, None if they do not matter
    :param alone: True if there is nothing else to look at: in rows that have a value it is this one
    :param plain: True if what is read is the value
    """

    rule: Any
    read: Any
    alone: bool
    plain: bool


class _Cell(NamedTuple):
    """What was read in a cell, where it is not all that there is to say."""

    read: Any


# Columns with nothing to decide row by row, where nothing else fills the field before.
ALL_SIMPLE = SIMPLE | {type(None)}
ALL_LISTS = frozenset((list, type(None)))


@dataclass
class EntityMap:
    """The confirmed map of one entity, ready to run over many rows.

    :param constants: values every record gets
    :param rules: list of :class:`Rule`
    :param values: {domain: {folded source value: canonical value}}
    :param defaults: options for every transform that does not set them (``timezone``)
    """

    entity: str
    target: str
    constants: dict
    rules: list
    values: dict = field(default_factory=dict)
    defaults: dict = field(default_factory=dict)

    def __post_init__(self):
        self.rules = [
            replace(rule, options=self.defaults | rule.options) for rule in self.rules if rule.field
        ]
        self._columns = {}
        for rule in self.rules:
            if rule.field not in (KEPT, "id"):
                columns = self._columns.setdefault(rule.field, [])
                columns += [rule.column] if rule.column not in columns else []
        self._steps, filled = [], set(self.constants)
        for rule in filter(self._matters, self.rules):
            alone = rule.field not in filled and self._is_alone(rule)
            plain = not (rule.reference or "domain" in rule.options)
            self._steps.append(_Step(rule, self._get_reader(rule), alone, plain))
            filled.add(rule.field)

    def _is_alone(self, rule):
        """Tell whether its first column fills a field, without a look at the row."""
        is_part = "part" in rule.options or rule.field == OPT_OUT
        return not is_part and rule.options.get("empty") is None

    def _matters(self, rule):
        return rule.field != "id" or "empty" in rule.options

    def _get_reader(self, rule):
        return None if rule.field in (KEPT, "id") else reader(rule.transform, rule.options)

    def columns_of(self, field_name):
        """Return the columns that go to a field, in order."""
        return [rule.column for rule in self.rules if rule.field == field_name]

    def map_row(self, payload):
        """Return the :class:`Mapped` of one row: always the same for the same row and map."""
        return self.map_rows([payload])[0]

    def map_rows(self, payloads):
        """Return the :class:`Mapped` of each row.

        A column at a time: what a text means is worked out once, and most columns repeat theirs.
        """
        rows = [Mapped(dict(self.constants), row, self._columns) for row in payloads]
        for step in self._steps:
            column = step.rule.column
            cells = list(map(dict.get, payloads, repeat(column)))
            if step.rule.field == KEPT:
                self._keep(column, cells, rows)
            else:
                self._map_column(step, cells, rows)
        for mapped in rows:
            if mapped.parts:
                self._join_parts(mapped)
            if mapped.problems:
                self._forget_settled(mapped)
        return rows

    def _keep(self, column, cells, rows):
        for raw, mapped in zip(cells, rows, strict=True):
            if raw and not raw.isspace():
                mapped.kept[column] = raw

    def _map_column(self, step, cells, rows):
        """Read the cells of a column into the rows."""
        name, meanings = step.rule.field, self._read(step, cells)
        if step.alone and not meanings:
            return
        kinds = set(map(type, meanings.values()))
        # Of an empty cell there is nothing.
        found = map(meanings.get, cells)
        if step.alone and kinds <= ALL_SIMPLE:
            for value, mapped in zip(found, rows, strict=True):
                if value is not None:
                    mapped.values[name] = value
        elif step.alone and kinds <= ALL_LISTS:
            for values, mapped in zip(found, rows, strict=True):
                if values is not None:
                    place = mapped.references if step.rule.reference else mapped.values
                    place[name] = list(values)
        else:
            empty = step.rule.options.get("empty")
            for raw, value, mapped in zip(cells, found, rows, strict=True):
                if value is not None:
                    self._take(mapped, step.rule, raw, value)
                elif empty is not None and raw not in meanings:
                    # A column of ticks: no tick says no (see inference).
                    mapped.values.setdefault(name, empty)

    def _read(self, step, cells):
        """Return {text: what it means to each row that has it} of the filled cells of a column.

        That is a value of the field, links, nothing, or what :meth:`_apply` is to look at.
        """
        texts = [raw for raw in dict.fromkeys(cells) if raw and not raw.isspace()]
        if step.read is None:
            return dict.fromkeys(texts)
        return {
            raw: value
            if step.plain and type(value) in SIMPLE and value != ""
            else self._get_meaning(step.rule, value)
            for raw, value in zip(texts, step.read(texts), strict=True)
        }

    def _get_meaning(self, rule, value):
        """Return what a value means that was read, as far as one rule tells."""
        if value is None or value == "" or value == []:
            return None
        if isinstance(value, (Unread, Noted)):
            return _Cell(value)
        if rule.reference:
            return self._make_links(rule, value)
        if "domain" not in rule.options:
            return value
        # Of a value map: what it makes of the text.
        canonical = self._get_canonical(rule, value)
        return canonical if type(canonical) in SIMPLE else _Cell(value)

    def _get_canonical(self, rule, value):
        return self.values.get(rule.options["domain"], {}).get(fold(value))

    def _take(self, mapped, rule, raw, value):
        """Add what a cell means to its row, where something else may be there already."""
        kind = type(value)
        if kind is _Cell:
            self._apply(mapped, rule, value.read, raw)
        elif rule.reference:
            self._refer(mapped, rule, value)
        else:
            self._put(mapped, rule, raw, value)

    def _make_links(self, rule, value):
        entity, __, by = rule.reference.partition(".")
        values = value if isinstance(value, list) else [value]
        return [Reference(entity, by or "any", str(one), rule.column) for one in values]

    def _forget_settled(self, mapped):
        """Hold no row for an unknown kind where another of its columns tells the kind.

        The text that is not known stays with the record (`kept`).
        """
        mapped.problems[:] = [
            replace(problem, code="unknown_value")
            if problem.code in UNKNOWN.values() and mapped.values.get(problem.target) is not None
            else problem
            for problem in mapped.problems
        ]

    def _apply(self, mapped, rule, value, raw):
        if isinstance(value, Unread) and rule.transform in DECIDED:
            # What a person said a text means, once for all rows.
            value = self.values.get(rule.transform, {}).get(fold(raw), value)
        if isinstance(value, (Unread, Noted)):
            value = self._tell(mapped, rule, value, raw)
        if value is None or value == "" or value == []:
            return
        if rule.reference:
            self._refer(mapped, rule, self._make_links(rule, value))
            return
        if "domain" in rule.options:
            value = self._translate(mapped, rule, value)
            if value is None:
                return
        self._put(mapped, rule, raw, value)

    def _tell(self, mapped, rule, read, raw):
        """Tell what is odd about a cell, keep its raw text, and return the value it still has."""
        code, parameters = read.problem.code, read.problem.parameters
        mapped.problems.append(Problem(code, rule.column, rule.field, raw, parameters))
        mapped.kept[rule.column] = raw
        mapped.rules[rule.field] = code
        return read.value

    def _translate(self, mapped, rule, value):
        """Replace a value by its counterpart; one without counterpart is a problem, not a guess."""
        canonical = self._get_canonical(rule, value)
        if canonical is None:
            code = UNKNOWN.get(rule.options["domain"], "unknown_value")
            mapped.problems.append(Problem(code, rule.column, rule.field, value))
            mapped.kept[rule.column] = value
            mapped.rules[rule.field] = code
        return canonical

    def _refer(self, mapped, rule, links):
        known = mapped.references.setdefault(rule.field, [])
        known += links
        if len(known) > 1:
            known.sort(key=lambda link: SUREST.get(link.by, len(SUREST)))

    def _put(self, mapped, rule, raw, value):
        known = mapped.values.get(rule.field)
        if "part" in rule.options:
            mapped.parts.setdefault(rule.field, {}).setdefault(rule.options["part"], value)
        elif rule.field == OPT_OUT:
            # Whoever opted out by any of several columns has opted out.
            mapped.values[rule.field] = bool(known or value)
        elif known is None or rule.field in self.constants:
            # What is remembered for the next cell of this text is nobody's to change.
            mapped.values[rule.field] = list(value) if isinstance(value, list) else value
        elif isinstance(known, list) and isinstance(value, list):
            mapped.values[rule.field] = known + [one for one in value if one not in known]
        elif rule.transform in JOINED and known != value:
            mapped.values[rule.field] = known + JOINED[rule.transform] + value
        elif known != value:
            # The first column of a field wins; nothing of the others is lost.
            mapped.kept[rule.column] = raw

    def _join_parts(self, mapped):
        for name, found in mapped.parts.items():
            if not mapped.values.get(name):
                mapped.values[name] = join_name([found.get(part) for part in NAME_PARTS])


def fold(value):
    """Return text for comparing: without outer blanks, inner ones joined, case folded.

    >>> fold("  Key   Account ")
    'key account'
    """
    return _fold(str(value))


@lru_cache(maxsize=8192)
def _fold(text):
    return " ".join(text.split()).casefold()
