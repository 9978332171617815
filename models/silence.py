"""What keeps a load silent: no mail, invitation, follower, activity mail, enrichment or automation.

Each key was checked against the Odoo 19.0 source (``odoo19.md``, section 2). The last two are
ours: see ``mail_thread.py``, ``crm_lead.py`` and ``crm_migration_loader.py``.
"""

from contextlib import contextmanager
from weakref import WeakSet

# Cursors on which a migration is at work. Odoo computes some fields in an empty context (a
# contact's ``complete_name``): what these compute in turn would wake the automation rules.
_QUIET = WeakSet()

BULK_CONTEXT = {
    "tracking_disable": True,
    "mail_create_nolog": True,
    "mail_create_nosubscribe": True,
    "mail_notrack": True,
    "mail_auto_subscribe_no_notify": True,
    "mail_activity_quick_update": True,
    "mail_activity_automation_skip": True,
    "no_mail_to_attendees": True,
    "dont_notify": True,
    "skip_attendee_notification": True,
    "skip_contact_description": True,
    "no_calendar_sync": True,
    "no_reset_password": True,
    "no_vat_validation": True,
    "_partners_skip_fields_sync": True,
    "skip_procurement": True,
    "sale_no_log_for_new_lines": True,
    "website_slides_skip_fetch_metadata": True,
    "active_test": False,
    "crm_migration_silent": True,
}


def silent(records):
    """Return the records as superuser in an environment that tells nobody.

    They are read together with each other, not with the records they were reached by: those may
    leave the cache, and then the lines of a project would be fetched one by one.
    """
    context = {k: v for k, v in records.env.context.items() if not k.startswith("default_")}
    silenced = records.sudo().with_env(records.sudo().env(context=context | BULK_CONTEXT))
    return silenced.with_prefetch()


@contextmanager
def quiet(cr):
    """Keep automation rules asleep on a cursor, whatever context Odoo computes in."""
    _QUIET.add(cr)
    try:
        yield
    finally:
        _QUIET.discard(cr)


def is_silent(env):
    """Return whether a migration is at work in an environment."""
    return bool(env.context.get("crm_migration_silent")) or env.cr in _QUIET
