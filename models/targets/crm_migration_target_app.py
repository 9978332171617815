from odoo import api, models


class CrmMigrationTargetApp(models.AbstractModel):
    """What an optional app holds: written there if it is installed and chosen, else by another.

    The model may not be installed: nothing touches it before the rows were split.
    """

    _name = "crm.migration.target.app"
    _inherit = "crm.migration.target.history"
    _description = "Target: Record of an Optional App"

    # Key of ``apps.USES``, and the target that takes the rows where it is not used.
    _use = None
    _fallback = None
    # Values that are compared but worked out by Odoo.
    _computed = ()

    @api.model
    def _get_model(self):
        if self._model in self.env:
            return self._model
        return self.env[self._fallback]._get_model()

    @api.model
    def _split(self, items, resolver):
        return [(self if resolver.uses(self._use) else self.env[self._fallback], items)]

    @api.model
    def _get_identity(self, item, resolver):
        """The fields of the identity are custom fields here: made by the schema step."""
        identity = super()._get_identity(item, resolver)
        identity["x_source_created_at"] = item.mapped.values.get("x_source_created_at") or False
        owner = item.values.get("x_spark_owner_id")
        return identity | ({"x_spark_owner_id": owner} if owner else {})

    @api.model
    def _prepare(self, items, resolver):
        result = super()._prepare(items, resolver)
        known = self.env[self._model]._fields
        for item in items:
            item.values = {name: value for name, value in item.values.items() if name in known}
        return result

    @api.model
    def _to_orm_each(self, values_list):
        """What Odoo works out is compared, never written."""
        fields = self.env[self._model]._fields
        return super()._to_orm_each(
            [
                {n: v for n, v in values.items() if n in fields and n not in self._computed}
                for values in values_list
            ]
        )

    @api.model
    def _get_owner_id(self, item, resolver):
        """Return the responsible user's ID; tells what the policy says of one without."""
        self._set_owner(item, resolver)
        return item.values.pop("user_id") or False

    # ------------------------------------------------------------- links

    @api.model
    def _find_link(self, item, resolver, field, entities=(), code="missing_contact"):
        """Return the ID of the landed record that the row names, or False after telling why not.

        What the row knows best comes first; an address that two share is settled by the name.

        :param entities: kinds of record that count, all if empty
        :param code: issue of a record that is not in the export
        """
        references = [
            reference
            for reference in item.mapped.references.get(field, [])
            if not entities or reference.entity in entities
        ]
        several = None
        for reference in references:
            found = resolver.find(reference, stuck=True)
            if len(found) == 1 and found[0].landed:
                return found[0].res_id
            if len(found) == 1 and not found[0].stuck:
                item.tell("waits_for", field, reference.value, entity=reference.entity)
                return False
            several = several or (reference if len(found) > 1 else None)
        told = several or (references[0] if references else None)
        if told:
            item.tell(
                "ambiguous_reference" if several else code, field, told.value, told.column,
                count=len(resolver.find(told, stuck=True)),
            )  # fmt: skip
            item.keep(told.column, told.value)
        return False

    @api.model
    def _tell_no_contact(self, item, field="partner_id"):
        """Hold a row of nobody; one that waits for its contact has said so already."""
        if not any(problem.code == "waits_for" for problem in item.problems):
            item.tell("document_without_contact", field)

    @api.model
    def _find_customer(self, item, resolver, field="partner_id"):
        """Return the ID of the contact, else of the company, that the row is about, or False."""
        references = item.mapped.references.get(field, [])
        for entities in (("contact",), ("company",)):
            named = [reference for reference in references if reference.entity in entities]
            if named and (entities == ("contact",) or len(named) == len(references)):
                return self._find_link(item, resolver, field, entities)
        return False
