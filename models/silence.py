"""What keeps a load silent: no mail, invitation, follower, activity mail, enrichment or automation.

Each key was checked against the Odoo 19.0 source (``odoo19.md``, section 2). The last two are
ours: see ``mail_thread.py``, ``crm_lead.py`` and ``crm_migration_loader.py``.
"""

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
    """Return the records as superuser in an environment that tells nobody."""
    context = {k: v for k, v in records.env.context.items() if not k.startswith("default_")}
    return records.sudo().with_env(records.sudo().env(context=context | BULK_CONTEXT))
