"""What a migration leaves in a database, for the tests that kill one on its way."""

# What a migration leaves, without IDs, times of writing and our own tables.
DIGESTS = {
    "partners": "SELECT x_source_id, is_company, name, email, phone, street, city, zip, type, "
    "comment, x_source_data::text, (SELECT x_source_id FROM res_partner p "
    "WHERE p.id = r.parent_id) FROM res_partner r WHERE x_source_id IS NOT NULL",
    "leads": "SELECT x_source_id, name, expected_revenue, probability, active, won_status, "
    "date_deadline, date_closed, date_open, date_last_stage_update, "
    "(SELECT name::text FROM crm_stage s WHERE s.id = r.stage_id), "
    "(SELECT x_source_id FROM res_partner p WHERE p.id = r.partner_id) "
    "FROM crm_lead r WHERE x_source_id IS NOT NULL",
    "messages": "SELECT x_source_id, model, date, subject, message_type, email_from "
    "FROM mail_message WHERE message_id LIKE '%@__crmmig_%'",
    "activities": "SELECT x_source_id, summary, date_deadline, active, date_done, res_model "
    "FROM mail_activity",
    "events": "SELECT x_source_id, name, start, stop, location, (SELECT count(*) FROM "
    "calendar_attendee a WHERE a.event_id = r.id) FROM calendar_event r",
    "tags": "SELECT name::text, '' FROM crm_tag UNION ALL "
    "SELECT name::text, 'c' FROM res_partner_category",
    "stages": "SELECT name::text, sequence, is_won, fold FROM crm_stage",
    "external IDs": "SELECT name, model FROM ir_model_data WHERE module LIKE '__crmmig_%'",
    # The command that is started again reads its files again: what landed before is unchanged.
    "states": "SELECT entity, source_key, "
    "CASE WHEN state IN ('created', 'unchanged') THEN 'landed' "
    "ELSE state END, res_id IS NULL FROM crm_migration_record",
    "log": "SELECT model, action, record_id IS NULL FROM crm_migration_log "
    "WHERE action IN ('create', 'update')",
    "issues": "SELECT code, entity, source_key, value FROM crm_migration_issue "
    "WHERE code != 'rollback_kept'",
}


def compare(calm, killed, what):
    wrong = [name for name in calm if calm[name] != killed[name]]
    for name in wrong:
        print(f"{what}: {name} differ: {calm[name]} undisturbed, {killed[name]} killed")
    return not wrong
