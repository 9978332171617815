"""Names for the links and records of a comparison: one read per model and batch, never per row."""

from collections import defaultdict

LINKS = ("many2one", "many2many", "one2many", "many2one_reference")
LONGEST = 500


class LinkNames:
    """
    :param checks: prepared checks; those of a link carry ``links``: its model, and the expected
        and landed IDs
    """

    def __init__(self, env, checks):
        self.env = env
        self.checks = checks

    def set(self):
        """Write names over the IDs of links, and the name of the record beside its key."""
        names = self._read()
        for check in self.checks:
            if check.get("links"):
                model, expected, landed = check["links"]
                check["expected"] = self._join(names, model, expected)
                check["actual"] = self._join(names, model, landed)
            key = check.get("model"), check.get("res_id")
            check["record_name"] = names.get(key, "")[:LONGEST] or None

    def _read(self):
        """Return {(model, ID): name} of everything the checks mention and that is there."""
        wanted = defaultdict(set)
        for check in self.checks:
            if check.get("model") and check.get("res_id"):
                wanted[check["model"]].add(check["res_id"])
            if check.get("links"):
                model, *values = check["links"]
                wanted[model].update(one for ids in values for one in ids)
        names = {}
        for model, ids in wanted.items():
            if model in self.env:
                records = self.env[model].browse(sorted(ids)).exists()
                names |= {(model, record.id): record.display_name or "" for record in records}
        return names

    def _join(self, names, model, ids):
        found = [names.get((model, one)) or f"#{one}" for one in ids]
        return ", ".join(found)[:LONGEST] or None


def get_links(field, record_model, expected, landed):
    """Return ``(model, expected IDs, landed IDs)`` of a link, or None for any other field.

    :param record_model: model that a reference field of the record names, if it is one
    """
    if field.type not in LINKS:
        return None
    model = record_model if field.type == "many2one_reference" else field.comodel_name
    values = _to_ids(expected), _to_ids(landed)
    return (model, *values) if model and None not in values else None


def _to_ids(value):
    """Return the IDs of a link's value; None where it is not made of IDs."""
    ids = value if isinstance(value, (list, tuple, set)) else [value] if value else []
    return sorted(ids) if all(isinstance(one, int) for one in ids) else None
