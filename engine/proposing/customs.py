"""Custom fields for columns that no usual field fits: their technical names."""

import re
import zlib

from ..headers import fold, normalise
from ..vocabulary import form

KEPT = "x_source_data"
RESERVED = {
    KEPT, "x_source_id", "x_source_system", "x_source_company_ids", "x_source_created_at",
    "x_source_modified_at", "x_source_currency", "x_source_stage_entered_at",
    "x_source_probability", "x_spark_owner_id", "x_spark_user_id",
}  # fmt: skip
LONGEST_NAME = 63  # of a PostgreSQL column


class Customs:
    """Names of custom fields: one column, one name; the same label and type may be shared.

    :param taken: {name: (label, field type)} of the fields there are already
    :param given: names that other columns of the table go to
    """

    def __init__(self, taken=None, given=()):
        self._taken = dict(taken or {})
        self._given = set(given)

    def name(self, label, field_type):
        base = custom_name(label)
        name, number = base, 1
        while not self._free(name, label, field_type):
            number += 1
            name = f"{base[: LONGEST_NAME - len(str(number)) - 1]}_{number}"
        self._given.add(name)
        self._taken[name] = (label, field_type)
        return name

    def _free(self, name, label, field_type):
        if name in RESERVED or name in self._given:
            return False
        known = self._taken.get(name)
        return known is None or (form(known[0]), known[1]) == (form(label), field_type)


def custom_name(label):
    """Return the technical name of a custom field.

    >>> custom_name("Vertragsverlängerung"), custom_name("Segment__c")
    ('x_vertragsverlangerung', 'x_segment')
    """
    slug = re.sub(r"[^a-z0-9]+", "_", fold(normalise(label))).strip("_")
    if not slug:  # no Latin letter: a name that is the same in each export
        slug = f"field_{zlib.crc32(str(label).encode()):08x}"
    return f"x_{slug}"[:LONGEST_NAME].rstrip("_")
