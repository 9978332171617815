"""An uploaded file into the filestore, without ever holding all of it in memory."""

import filecmp
import hashlib
import os
import shutil
import tempfile
import unicodedata
from pathlib import Path

from odoo.exceptions import UserError

CHUNK = 1 << 20
LONGEST_NAME = 150
# The size of an attachment is a 4-byte number in Odoo.
MAX_BYTES = 2**31 - 1


def store_upload(project, name, stream):
    """Return the attachment of an upload, tied to its project.

    The caller has checked that the user may upload to this project.

    :param name: as the browser sent it: shown, and never used as a path
    :param stream: binary stream with the content
    :raises UserError: when the file is empty or too big, or the project takes no files any more
    """
    return store_file(project, clean_name(name), stream)


def store_file(project, name, stream, takes_empty=False):
    """Return the attachment of a file, as ``store_upload``, under the name that is given."""
    project._check_not_purged("extract")
    with tempfile.NamedTemporaryFile(dir=_get_folder(project.env)) as copy:
        digest, size = _copy(stream, copy)
        if not (size or takes_empty):
            raise UserError(project.env._("The file is empty."))
        if size > MAX_BYTES:
            raise UserError(project.env._("The file is bigger than 2 GB: upload it in parts."))
        return _make_attachment(project, name, Path(copy.name), digest, size)


def clean_name(name):
    """Return a file name fit to be shown: its last part, without control characters.

    >>> clean_name("..\\\\..\\\\etc/pass\\nwd.csv")
    'passwd.csv'
    >>> clean_name("../..")
    'export'
    """
    name = (name or "").replace("\\", "/").rsplit("/", 1)[-1]
    name = "".join(c for c in name if unicodedata.category(c)[0] != "C").strip(" .")
    if len(name) <= LONGEST_NAME:
        return name or "export"
    stem, dot, suffix = name.rpartition(".")
    keeps = bool(dot) and len(suffix) < 10
    return f"{stem[: LONGEST_NAME - 10]}.{suffix}" if keeps else name[:LONGEST_NAME]


def _get_folder(env):
    """Return where the copy is made: on the disk of the filestore, so that a move is a rename."""
    attachments = env["ir.attachment"].sudo()
    if attachments._storage() == "db":
        return None
    folder = attachments._full_path("tmp")
    os.makedirs(folder, exist_ok=True)
    return folder


def _copy(stream, copy):
    digest, size = hashlib.sha1(usedforsecurity=False), 0
    while size <= MAX_BYTES and (chunk := stream.read(CHUNK)):
        digest.update(chunk)
        copy.write(chunk)
        size += len(chunk)
    copy.flush()
    return digest.hexdigest(), size


def _make_attachment(project, name, path, digest, size):
    attachments = project.env["ir.attachment"].sudo()
    values = {
        "name": name,
        "res_model": project._name,
        "res_id": project.id,
        # Never to be shown by a browser, whatever is in it.
        "mimetype": "application/octet-stream",
    }
    if attachments._storage() == "db":
        return attachments.create(values | {"raw": path.read_bytes()})
    fname = f"{digest[:2]}/{digest}"
    _move(attachments, path, fname)
    attachment = attachments.create(values)
    attachment.flush_recordset()
    # ``create`` leaves these out: they say where the content is, which is known here.
    project.env.cr.execute(
        "UPDATE ir_attachment SET store_fname = %s, checksum = %s, file_size = %s WHERE id = %s",
        [fname, digest, size, attachment.id],
    )
    attachment.invalidate_recordset()
    return attachment


def _move(attachments, path, fname):
    target = Path(attachments._full_path(fname))
    target.parent.mkdir(exist_ok=True)
    if not target.exists():
        shutil.copyfile(path, f"{target}.part")
        os.replace(f"{target}.part", target)
    elif not filecmp.cmp(path, target, shallow=False):
        raise UserError(attachments.env._("The attachment collides with an existing file."))
    # Odoo's cleaning of the filestore removes it if the transaction is undone.
    attachments._mark_for_gc(fname)
