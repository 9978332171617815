"""What all fetching shares: the hosts that may be asked, and a log without tokens."""

import logging

from ..engine.web import Credentials, Fetcher, Guard, mask_all_living

#: How often a file is asked for before it is given up.
FILE_TRIES = 3
#: Hosts (``name`` or ``name:port``, separated by spaces or commas) that may be asked although they
#: are private or not encrypted. Only administrators can set system parameters.
ALLOWED_HOSTS = "crm_migration.allowed_hosts"


def get_guard(env, plain=False):
    """Return the guard of everything this database fetches.

    :param plain: whether public hosts may be asked over plain HTTP: files, without a token
    """
    told = env["ir.config_parameter"].sudo().get_param(ALLOWED_HOSTS) or ""
    return Guard(told.replace(",", " ").split(), plain=plain)


def open_session(project):
    """Return the :class:`Fetcher` of files that a project's rows name.

    The token of its connection goes along to the source's own host, and to no other.
    """
    connection = project.connection_id.sudo()
    if not connection or not connection.has_token:
        return Fetcher(get_guard(project.env, plain=True), tries=FILE_TRIES)
    credentials = Credentials(
        connection.base_url, token=connection._get_token(), **connection._get_api().auth
    )
    return Fetcher(connection._get_guard(plain=True), credentials, tries=FILE_TRIES)


class _Masking(logging.Filter):
    """urllib3 writes whole addresses to its log: without the tokens in them."""

    def filter(self, record):
        text = record.getMessage()
        masked = mask_all_living(text)
        if masked != text:
            record.msg, record.args = masked, ()
        return True


for _name in ("urllib3.connectionpool", "urllib3.connection", "urllib3.util.retry"):
    logging.getLogger(_name).addFilter(_Masking())
