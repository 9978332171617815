"""What needs an optional app of Odoo, and what is done without it.

Facts only: which model must be there, which target writes it, and which one where it is missing.
The addon depends on none of these apps: a model that is not installed is never touched.
"""

from typing import NamedTuple

from odoo.tools.translate import LazyTranslate

_lt = LazyTranslate(__name__)


class Use(NamedTuple):
    """
    :param module: app whose installation brings the model
    :param model: model that must be there
    :param targets: families of the map whose rows need it
    """

    module: str
    model: str
    targets: tuple


USES = {
    "task": Use("project", "project.task", ()),
    "course": Use("website_slides", "slide.channel", ("course",)),
    "enrolment": Use("website_slides", "slide.channel.partner", ("enrolment",)),
    "product": Use("sale_management", "product.product", ("product",)),
    "order": Use("sale_management", "sale.order", ("order", "order_line")),
    "invoice": Use("account", "account.move", ("invoice", "invoice_line")),
    "segment": Use("mass_mailing", "mailing.list", ("segment",)),
}
# Custom fields by which a migrated record of an optional app is known; ours are declared in Python
# on the models that are always there, which cannot be done for one that may be missing.
IDENTITY_FIELDS = {
    "x_source_id": ("char", _lt("Source ID")),
    "x_source_system": ("char", _lt("Source System")),
    "x_source_created_at": ("datetime", _lt("Created in Source")),
    "x_source_data": ("json", _lt("Source Data")),
}
# Model -> custom fields beside those: name -> (type, label, comodel).
MORE_FIELDS = {
    "project.task": {
        "x_crm_lead_id": ("many2one", _lt("Opportunity"), "crm.lead"),
        "x_source_recurrence": ("char", _lt("Recurrence in Source"), None),
        "x_spark_owner_id": ("char", _lt("Source Owner ID"), None),
    },
    "sale.order": {
        "x_source_status": ("char", _lt("Status in Source"), None),
        "x_spark_owner_id": ("char", _lt("Source Owner ID"), None),
    },
    "account.move": {
        "x_source_status": ("char", _lt("Status in Source"), None),
        "x_source_paid": ("float", _lt("Paid in Source"), None),
        "x_spark_owner_id": ("char", _lt("Source Owner ID"), None),
    },
    "slide.channel.partner": {
        "x_source_status": ("char", _lt("Status in Source"), None),
        "x_source_enrolled_at": ("datetime", _lt("Enrolled in Source"), None),
        "x_source_ended_at": ("datetime", _lt("Ended in Source"), None),
    },
}
# Models of a use beside its own that carry the identity.
MORE_MODELS = {"order": ("sale.order.line",), "segment": ("mailing.contact",)}


def is_there(env, use):
    """Return whether the app of a use is installed."""
    return USES[use].model in env


def get_use(target):
    """Return the use of a family of the map, or None."""
    return next((code for code, use in USES.items() if target in use.targets), None)


def get_models(use):
    """Return the models that records of a use become, where the app is used."""
    return (USES[use].model, *MORE_MODELS.get(use, ()))
