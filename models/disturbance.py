"""Errors that are no fault of the data: what is around the migration fails, and it passes."""

import errno

import psycopg2
from psycopg2 import errorcodes

from odoo.exceptions import ConcurrencyError

# Classes of SQLSTATE: connection, transaction rolled back (conflict, deadlock), resources (disk,
# memory, connections), state of an object (lock not available), an operator's doing (shutdown,
# cancelled, time limit), the system (input and output).
PASSING_CLASSES = (
    errorcodes.CLASS_CONNECTION_EXCEPTION,
    errorcodes.CLASS_TRANSACTION_ROLLBACK,
    errorcodes.CLASS_INSUFFICIENT_RESOURCES,
    errorcodes.CLASS_OBJECT_NOT_IN_PREREQUISITE_STATE,
    errorcodes.CLASS_OPERATOR_INTERVENTION,
    errorcodes.CLASS_SYSTEM_ERROR,
)
# The filestore: no space or handle left, a network share that went away.
PASSING_ERRNOS = (errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.ESTALE, errno.EMFILE, errno.ENFILE)


def is_passing(error):
    """Return whether the same step can succeed a little later, with the same data.

    An index entry that is too long is an ``OperationalError`` as well, but the record's own
    fault; a connection that broke has no SQLSTATE at all.
    """
    if isinstance(error, (ConcurrencyError, psycopg2.InterfaceError)):
        return True
    if isinstance(error, psycopg2.Error):
        if error.pgcode is None:
            return type(error) in (psycopg2.OperationalError, psycopg2.DatabaseError)
        return error.pgcode[:2] in PASSING_CLASSES
    return isinstance(error, OSError) and error.errno in PASSING_ERRNOS


def is_conflict(error):
    """Return whether somebody else wrote the same rows meanwhile: tried again, it soon succeeds."""
    code = getattr(error, "pgcode", None) or ""
    return isinstance(error, ConcurrencyError) or code[:2] in (
        errorcodes.CLASS_TRANSACTION_ROLLBACK,
        errorcodes.CLASS_OBJECT_NOT_IN_PREREQUISITE_STATE,
    )
