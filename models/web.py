"""Which hosts may be asked, as the administrators of this database have set it."""

from ..engine.web import Guard

#: Hosts (``name`` or ``name:port``, separated by spaces or commas) that may be asked although they
#: are private or not encrypted. Only administrators can set system parameters.
ALLOWED_HOSTS = "crm_migration.allowed_hosts"


def get_guard(env, plain=False):
    """Return the guard of everything this database fetches.

    :param plain: whether public hosts may be asked over plain HTTP: files, without a token
    """
    told = env["ir.config_parameter"].sudo().get_param(ALLOWED_HOSTS) or ""
    return Guard(told.replace(",", " ").split(), plain=plain)
