"""A row and a confirmed map become typed values, references and problems."""

from dataclasses import dataclass, field, replace
from functools import lru_cache

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
# Values that need no second look.
SIMPLE = frozenset((str, float, int, bool))
# Transforms with a value map for what they do not understand.
DECIDED = ("country",)
# What a value that is not in the value map means: the record waits, or only the field is empty.
UNKNOWN = {"activity_kind": "unknown_kind"}


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
        self._steps = [self._compile(rule) for rule in self.rules if self._matters(rule)]

    def _matters(self, rule):
        return rule.field != "id" or "empty" in rule.options

    def _compile(self, rule):
        """Return ``(column, field, value of an empty cell or None, how to read, plain, rule)``.

        What is plain is the field's value as it is read: neither a link, nor a part of a name, nor
        translated.
        """
        empty = (rule.options["empty"],) if "empty" in rule.options else None
        read = None if rule.field in (KEPT, "id") else reader(rule.transform, rule.options)
        plain = not rule.reference and not {"domain", "part"} & rule.options.keys()
        plain = plain and rule.field != OPT_OUT
        return rule.column, rule.field, empty, read, plain, rule

    def columns_of(self, field_name):
        """Return the columns that go to a field, in order."""
        return [rule.column for rule in self.rules if rule.field == field_name]

    def map_row(self, payload):
        """Return the :class:`Mapped` of one row: always the same for the same row and map."""
        mapped = Mapped(values=dict(self.constants))
        values, sources, parts = mapped.values, mapped.sources, {}
        for column, name, empty, read, plain, rule in self._steps:
            raw = payload.get(column)
            if not raw or raw.isspace():
                if empty:
                    # A column of ticks: no tick says no (see inference).
                    values.setdefault(name, empty[0])
            elif read:
                if name in sources:
                    sources[name][column] = raw
                else:
                    sources[name] = {column: raw}
                value = read(raw)
                # Nearly all cells are this simple, and there are many.
                if plain and type(value) in SIMPLE and name not in values and value != "":
                    values[name] = value
                elif value is not None:
                    self._apply(mapped, parts, rule, value, raw)
            elif name == KEPT:
                mapped.kept[column] = raw
        if parts:
            self._join_parts(mapped, parts)
        if mapped.problems:
            self._forget_settled(mapped)
        return mapped

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

    def _apply(self, mapped, parts, rule, value, raw):
        if isinstance(value, Unread) and rule.transform in DECIDED:
            # What a person said a text means, once for all rows.
            value = self.values.get(rule.transform, {}).get(fold(raw), value)
        if isinstance(value, (Unread, Noted)):
            value = self._tell(mapped, rule, value, raw)
        if value is None or value == "" or value == []:
            return
        if rule.reference:
            self._refer(mapped, rule, value)
            return
        if "domain" in rule.options:
            value = self._translate(mapped, rule, value)
            if value is None:
                return
        if "part" in rule.options:
            parts.setdefault(rule.field, {}).setdefault(rule.options["part"], value)
        else:
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
        canonical = self.values.get(rule.options["domain"], {}).get(fold(value))
        if canonical is None:
            code = UNKNOWN.get(rule.options["domain"], "unknown_value")
            mapped.problems.append(Problem(code, rule.column, rule.field, value))
            mapped.kept[rule.column] = value
            mapped.rules[rule.field] = code
        return canonical

    def _refer(self, mapped, rule, value):
        entity, __, by = rule.reference.partition(".")
        links = mapped.references.setdefault(rule.field, [])
        for one in value if isinstance(value, list) else [value]:
            links.append(Reference(entity, by or "any", str(one), rule.column))
        if len(links) > 1:
            links.sort(key=lambda link: SUREST.get(link.by, len(SUREST)))

    def _put(self, mapped, rule, raw, value):
        known = mapped.values.get(rule.field)
        if rule.field == OPT_OUT:
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

    def _join_parts(self, mapped, parts):
        for name, found in parts.items():
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
