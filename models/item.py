"""One staged record on its way through a batch."""

from dataclasses import dataclass, field

from ..engine.issues import CATALOGUE
from ..engine.types import Mapped, Problem


@dataclass(slots=True)
class Item:
    """:param record: columns of the staged record
    :param mapped: the row after the map
    :param values: values for the Odoo record, references resolved; these are verified
    :param extra: values needed to write it that say nothing of the source
    :param companions: ``(model, ID)`` of what was created besides
    :param side_effects: ``(model, ID, before, after)`` of other records that followed
    :param merge_into: ID of the record that the row is merged into or linked to
    :param twin_id: staged record that it is one with, and whose record it takes
    :param linked: True if the row changes nothing of that record
    :param opt_outs: addresses that may not be written to
    :param loaded: the item of the row that was loaded last, if one was
    :param rules: field -> rule that explains a value that differs from the source
    """

    record: dict
    mapped: Mapped
    target: object = None
    values: dict = field(default_factory=dict)
    extra: dict = field(default_factory=dict)
    rules: dict = field(default_factory=dict)
    problems: list = field(default_factory=list)
    companions: list = field(default_factory=list)
    side_effects: list = field(default_factory=list)
    opt_outs: list = field(default_factory=list)
    loaded: object = None
    merge_into: int = 0
    twin_id: int = 0
    linked: bool = False
    outcome: str = ""
    model: str = ""
    res_id: int = 0

    @property
    def entity(self):
        return self.record["entity"]

    @property
    def key(self):
        return self.record["source_key"]

    @property
    def held(self):
        problems = self.problems
        return bool(problems) and any(CATALOGUE[one.code].severity == "hold" for one in problems)

    def tell(self, code, target="", value="", column="", **parameters):
        """Add a problem; a field it concerns is explained by it."""
        self.problems.append(Problem(code, column, target, str(value or ""), parameters))
        if target:
            self.rules[target] = code

    def keep_sources(self, fields):
        """Keep the raw texts of these mapped fields: what the record has no place for."""
        for column, raw in self.mapped.sources_of(fields):
            self.mapped.kept.setdefault(column, raw)

    def keep(self, column, text):
        """Keep a text that found no field with the source data."""
        if column and text:
            self.mapped.kept.setdefault(column, text)
