"""The entry point for those who have headers and values only: no database, no profile."""

from dataclasses import dataclass

from .. import profiles
from ..exceptions import ConfigurationError
from ..inference import ColumnStatistics
from ..types import ColumnProfile
from ..vocabulary import load as load_vocabulary
from .columns import propose_map
from .customs import KEPT
from .tables import recognise

# Names of the map -> of the field it ends in.
LANDS_IN = {
    "x_source_created_at": "create_date",
    "x_source_modified_at": "write_date",
    "kind": "activity_type_id",
    "body": "note",
    "done": "state",
    "team_ids": "team_id",
    "path": "datas",
}
REST = ("custom", "ignore")
TEXTS = ("notes", "body", "description")  # where any text may go
MOMENTS = frozenset(("date", "stop"))
# No fields of an activity, a tag or a stage: told in their text or kept.
PROPERTIES = frozenset(
    ("allday", "color", "duration", "outcome", "priority", "recurrence", "rotting_threshold_days")
)


@dataclass(frozen=True)
class Suggestion:
    """What a column is proposed to become.

    :param target: Odoo field, ``id`` (the source's key), ``custom`` or ``ignore``
    :param score: how probable it is that the target is right, 0..1
    :param certain: whether nobody needs to look at it
    :param reason: code, see ``vocabulary.reasons``
    :param alternatives: the next best targets, best first
    :param explanation: the reason in words
    """

    target: str
    score: float
    certain: bool
    reason: str
    alternatives: tuple = ()
    explanation: str = ""


def propose(columns, samples=None, entity=None, profile=None):
    """Propose a target for every column of a table.

    :param columns: list of headers
    :param samples: {header: list of values}, or a list of rows (lists or dicts)
    :param entity: ``contact``, ``company``, ``deal``, ``lead``, ``activity`` …; None to find out
    :param profile: code of a source product or its :class:`profiles.Profile`; None for another CRM
    :return: {header: :class:`Suggestion`}

    >>> found = propose(["Vorname", "E-Mail"], {"E-Mail": ["a@example.com"]}, "contact")
    >>> [one.target for one in found.values()]
    ['name', 'email']
    """
    if not isinstance(profile, profiles.Profile):
        profile = profiles.load(profile) if profile else profiles.generic()
    described = [_describe(name, values) for name, values in _values(columns, samples).items()]
    entity = _entity(entity, described, profile)
    return suggestions(propose_map(entity, described), entity)


def suggestions(proposals, entity):
    """Return {header: :class:`Suggestion`} for the proposals of a table's map."""
    slots = {slot.name: slot for slot in load_vocabulary().slots_of(entity)}
    fields = {proposal.rule.field for proposal in proposals}
    text = next((target_of(slots[name].field, entity) for name in TEXTS if name in slots), "name")
    # A list of things to do has one date that counts: when each is due.
    extra = MOMENTS if "date_deadline" in fields and "kind" not in fields else ()
    found = {}
    for one in proposals:
        field, reason = one.rule.field, one.reason
        target = "custom" if field in extra else target_of(field, entity, reason)
        others = [target_of(slots[name].field, entity) for name in one.alternatives]
        others = dict.fromkeys(other for other in (*others, *REST, text) if other != target)
        found[one.rule.column] = Suggestion(
            target, one.score, one.certain, reason, tuple(others)[:2], one.explanation
        )
    return found


def target_of(field, entity, reason=""):
    """Return the name of the target for a field of the map."""
    if field == KEPT:
        return "ignore" if reason in ("technical", "derived") else "custom"
    if not field:
        # A sample without values does not prove that the column is empty.
        return "custom" if reason == "empty" else "ignore"
    if field in LANDS_IN:
        return LANDS_IN[field]
    if field.startswith("x_") or (entity.target != "lead" and field in PROPERTIES):
        return "custom"
    return field


def _values(columns, samples):
    if isinstance(samples, dict):
        return {name: list(samples.get(name) or ()) for name in columns}
    rows = [
        row if isinstance(row, dict) else dict(zip(columns, row, strict=False))
        for row in samples or ()
    ]
    return {name: [row.get(name) for row in rows] for name in columns}


def _describe(name, values):
    """Return what the values say; without any, only the header counts."""
    statistics = ColumnStatistics(name)
    for value in values:
        statistics.add(None if value is None else str(value))
    if not statistics.filled:
        return ColumnProfile(name, kind="", filled=1, rows=1)
    return statistics.profile()


def _entity(code, columns, source):
    """Return the entity of a code; of None the one that headers and values tell."""
    if code is None:
        code = recognise("", [column.name for column in columns], source, columns)[0] or "contact"
    for profile in (source, profiles.generic()):
        if profile.entity(code):
            return profile.entity(code)
    known = ", ".join(one.code for one in source.entities)
    raise ConfigurationError("configuration", file="", place="entity", detail=f"{code!r}: {known}")
