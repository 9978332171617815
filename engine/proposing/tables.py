"""What a table holds, from its name and its headers together."""

from itertools import repeat
from pathlib import PurePosixPath

from ..headers import CONTAINS, match, normalise
from ..inventory import LISTED
from ..pairs import TARGET as PAIRS
from ..pairs import find_columns
from ..profiles import known_part
from ..vocabulary import load as load_vocabulary

NAME_WEIGHT = 0.25  # of the file name against the headers, in recognising a table
STRANGER = 0.15  # weight of a column that fits no entity


def recognise(table_name, header, profile, columns=None):
    """Tell which entity a table is, from its name and its headers together.

    :param table_name: path of the file, with the sheet where there is one
    :param header: list of headers
    :param columns: list of :class:`types.ColumnProfile` of the headers, where values are at hand
    :return: (entity code or None, score 0..1, reason): ``name_columns``, ``columns``, ``name``,
        ``nothing``, or ``inventory:<code>`` for a kind of record that does not move
    """
    names = file_names(table_name)
    pairs = next((one for one in profile.entities if one.target == PAIRS), None)
    called = pairs and any(map(pairs.names_file, names))
    if pairs and find_columns(pairs, header, columns, loose=called):
        # Before what the name says: lists of the fields themselves are called so too.
        return pairs.code, 1.0, "columns"
    named = {
        entity.code: max(map(entity.names_file, names), default=0) for entity in profile.entities
    }
    own = max(named[entity.code] for entity in profile.entities if not entity.shared)
    for kind in profile.inventory:
        part = max((known_part(name, kind.get("files", ())) for name in names), default=0)
        # What the product itself is known to have comes before what any product may have.
        if part > own and part >= max(named.values()):
            return None, 0.0, LISTED + kind["code"]
    entities = [
        one
        for one in profile.entities
        if one.target != PAIRS and (not one.shared or named[one.code] > own)
    ]
    fits, known = _header_fits(header, entities, columns or [None] * len(header))
    scores = {
        code: NAME_WEIGHT * bool(named[code]) + (1 - NAME_WEIGHT) * fits[code] for code in fits
    }
    code = max(scores, key=scores.get)
    if fits[code] < (0.3 if named[code] else 0.5) or not (named[code] or known[code] > 1):
        return None, round(scores[code], 3), "name" if any(named.values()) else "nothing"
    return code, round(scores[code], 3), "name_columns" if named[code] else "columns"


def file_names(table_name):
    """Return the names a pattern is compared with: of the file, and of the sheet.

    >>> file_names("export/Kontakte 2024.xlsx#Sheet1")
    ['kontakte_2024', 'sheet_1']
    """
    path, __, sheet = str(table_name).partition("#")
    names = [PurePosixPath(path).stem, sheet]
    return [normalise(name).replace(" ", "_") for name in names if name]


def _header_fits(header, entities, columns):
    """Return {entity code: 0..1}, and how many columns it knows.

    Columns that fit all entities alike hardly count.
    """
    vocabulary = load_vocabulary()
    best = {}
    for entity in entities:
        index = vocabulary.index(entity)
        best[entity.code] = [
            matches[0].score if matches and matches[0].score > CONTAINS else 0.0
            for matches in (
                match(*one) for one in zip(header, repeat(index), columns, strict=False)
            )
        ]
    weights = [
        0.05 + max(column) - min(column) if any(column) else STRANGER
        for column in zip(*best.values(), strict=True)
    ]
    total = sum(weights) or 1
    fits = {
        code: sum(score * weight for score, weight in zip(scores, weights, strict=True)) / total
        for code, scores in best.items()
    }
    return fits, {code: sum(map(bool, scores)) for code, scores in best.items()}
