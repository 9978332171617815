"""What people did with created records, as far as a plan of a rollback looked it up."""


class Work:
    """Reasons by record, and which records were looked at.

    Plain Python. A plan asks for records of its scope, which may grow; each is looked at once.
    """

    def __init__(self, found=(), seen=None):
        """:param found: ``(model, ID, reason)``; :param seen: {model: [ID]}"""
        self.reasons = {(model, res_id): reason for model, res_id, reason in found}
        self.seen = {model: set(ids) for model, ids in (seen or {}).items()}

    def take_new(self, created):
        """Return {model: [ID]} of the records that were not looked at yet; they are from now on."""
        new = {}
        for model, ids in created.items():
            if others := set(ids) - self.seen.get(model, set()):
                new[model] = sorted(others)
                self.seen.setdefault(model, set()).update(others)
        return new

    def get(self, created):
        """Return {(model, ID): reason} of those of these records that people did something with.

        :param created: {model: {ID}}
        """
        return {
            (model, res_id): reason
            for (model, res_id), reason in self.reasons.items()
            if res_id in created.get(model, ())
        }
