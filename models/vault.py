"""Tokens at rest: encrypted with a key that is not in the database, so that no dump holds them."""

import base64
import hashlib
import os
from contextlib import suppress
from pathlib import Path

from cryptography.fernet import Fernet, InvalidToken

from odoo.exceptions import UserError
from odoo.tools import config

#: Of odoo.conf, and of the server's environment.
OPTION = "crm_migration_key"
VARIABLE = "CRM_MIGRATION_KEY"
KEY_FILE = "crm_migration.key"


def encrypt(text):
    """Return a text as it may be stored."""
    return _get_fernet().encrypt(text.encode()).decode()


def decrypt(env, stored):
    """Return what was stored.

    :raise UserError: when the key is another one: the database was moved, or the key lost
    """
    try:
        return _get_fernet().decrypt(stored.encode()).decode()
    except InvalidToken as error:
        raise UserError(
            env._("The token cannot be read with this server's key: enter it again.")
        ) from error


def _get_fernet():
    """Return the cipher, of the key that is configured, else of one this server keeps beside it."""
    told = config.get(OPTION) or os.environ.get(VARIABLE)
    if told:
        digest = hashlib.sha256(str(told).encode()).digest()
        return Fernet(base64.urlsafe_b64encode(digest))
    path = Path(config["data_dir"]) / KEY_FILE
    if not path.exists():
        _make_key(path)
    return Fernet(path.read_bytes().strip())


def _make_key(path):
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f"{KEY_FILE}.{os.getpid()}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as stream:
        stream.write(Fernet.generate_key())
    with suppress(FileExistsError):
        os.link(draft, path)  # of two workers the first one's stays
    draft.unlink()
