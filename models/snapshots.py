"""What the migration made beside the records, as it was when it was made.

Kept in the log, so that a later proof can tell what changed, and a rollback what people edited.
"""

import hashlib

# Fields that say what such a record is; what Odoo works out by itself is not among them.
SNAPSHOTS = {
    "calendar.event": ("name", "start", "stop", "active"),
    "crm.lost.reason": ("name", "active"),
    "crm.stage": ("name", "sequence", "is_won", "fold", "team_ids"),
    "crm.tag": ("name",),
    "crm.team": ("name", "active", "company_id", "user_id"),
    "crm.team.member": ("crm_team_id", "user_id", "active"),
    "ir.attachment": ("name", "checksum", "public", "res_model", "res_id"),
    "ir.model.fields": ("name", "model", "ttype"),
    "ir.model.fields.selection": ("field_id", "value"),
    "mail.activity": ("res_model", "res_id", "summary", "user_id", "active", "date_done"),
    "mail.blacklist": ("email",),
    "mail.message": ("model", "res_id", "date", "subject", "body", "author_id", "message_type"),
    "res.partner": ("name", "email", "active"),
    "res.partner.category": ("name", "active", "parent_id"),
    "res.partner.industry": ("name", "active"),
    "res.users": ("login", "active"),
    "utm.campaign": ("title",),
    "utm.medium": ("name",),
    "utm.source": ("name",),
}


def take(env, keys):
    """Return {(model, ID): {field: value}} of these records; empty for models not listed.

    :param keys: ``(model, ID)`` pairs; one read per model
    """
    groups = {}
    for model, res_id in keys:
        groups.setdefault(model, set()).add(res_id)
    target, found = env["crm.migration.target"], {}
    for model, ids in groups.items():
        names = SNAPSHOTS.get(model)
        landed = target._read_landed_of(model, sorted(ids), names) if names else {}
        found |= {
            (model, res_id): {name: row[name] for name in names} for res_id, row in landed.items()
        }
    return found


def read_checksums(attachments):
    """Return {ID: SHA-1 of the bytes that are really there}; None where there are none."""
    return {
        attachment.id: hashlib.sha1(attachment.raw, usedforsecurity=False).hexdigest()
        if attachment.raw
        else None
        for attachment in attachments
    }
