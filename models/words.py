"""Words for the codes of the engine, in the user's language.

Plain functions around an environment: what a screen shows instead of ``deal`` or ``won_status``.
"""

from functools import lru_cache

from ..engine import profiles


@lru_cache(maxsize=1)
def _read_profile_labels():
    """Return {entity code: label} of all profiles, as their files have it (English)."""
    labels = {}
    for code in profiles.codes():
        for entity in profiles.load(code).entities:
            labels.setdefault(entity.code, entity.label or entity.code)
    return labels


def get_entities(env):
    """Return {entity code: its name}, also of what a load makes beside the records."""
    _ = env._
    known = {
        "owner": _("Users"),
        "company": _("Companies"),
        "contact": _("Contacts"),
        "lead": _("Leads"),
        "deal": _("Deals"),
        "activity": _("Activities"),
        "history": _("History"),
        "call": _("Calls"),
        "email": _("Emails"),
        "meeting": _("Meetings"),
        "note": _("Notes"),
        "task": _("Tasks"),
        "stage": _("Stages"),
        "pipeline": _("Pipelines"),
        "tag": _("Tags"),
        "attachment": _("Attachments"),
    }
    beside = {
        "mail.activity": _("Done activities of calls and tasks"),
        "mail.message": _("Messages of done tasks"),
        "ir.attachment": _("Images of texts"),
        "ir.model.fields": _("Custom fields"),
        "ir.model.fields.selection": _("Choices of custom fields"),
        "crm.team": _("Sales teams"),
        "crm.team.member": _("Members of sales teams"),
        "crm.stage": _("Stages of sales teams"),
        "crm.tag": _("Tags of opportunities"),
        "res.partner.category": _("Tags of contacts"),
        "res.partner.industry": _("Industries"),
        "res.users": _("Stub users"),
        "res.partner": _("Contacts of stub users"),
        "crm.lost.reason": _("Lost reasons"),
        "utm.source": _("Sources"),
        "utm.medium": _("Mediums"),
        "utm.campaign": _("Campaigns"),
        "mail.alias": _("Addresses of sales teams"),
    }
    return _read_profile_labels() | known | beside


def select_entity(model):
    """Selection of entities; profiles bring their own beside the usual ones."""
    return list(get_entities(model.env).items())


def get_value_kinds(env):
    """Return {kind of a value map: its name}; ``choice`` stands for the pick-lists."""
    _ = env._
    return {
        "stage": _("Stages"),
        "owner": _("Owners"),
        "activity_kind": _("Kinds of activities"),
        "won_status": _("Won, lost or open"),
        "done": _("Done or not"),
        "related_type": _("Kinds of linked records"),
        "priority": _("Priorities"),
        "lead_priority": _("Priorities of deals"),
        "direction": _("Directions"),
        "salutation": _("Salutations"),
        "timezone": _("Time zones"),
        "choice": _("Pick-lists"),
        "other": _("Other values"),
    }


def select_value_kind(model):
    """Selection of the kinds of value maps."""
    return list(get_value_kinds(model.env).items())


def get_counterparts(env, kind):
    """Return {value: word} of the values a map may lead to; empty where any text will do."""
    _ = env._
    entities = get_entities(env)
    return {
        "activity_kind": {
            "call": _("Call"),
            "email": _("Email"),
            "meeting": _("Meeting"),
            "note": _("Note"),
            "task": _("Task"),
        },
        "won_status": {"won": _("Won"), "lost": _("Lost"), "open": _("Open")},
        "done": {"true": _("Done"), "false": _("To do")},
        "related_type": {code: entities[code] for code in ("contact", "company", "deal", "lead")},
        "priority": {
            "low": _("Low"),
            "normal": _("Normal"),
            "high": _("High"),
            "urgent": _("Urgent"),
        },
        "lead_priority": {
            "0": _("Low"),
            "1": _("Medium"),
            "2": _("High"),
            "3": _("Very High"),
        },
    }.get(kind, {})


def get_slots(env):
    """Return {mapped field without an Odoo field of its name: its name}."""
    _ = env._
    return {
        "kind": _("Kind of activity"),
        "summary": _("Subject"),
        "body": _("Text"),
        "date": _("Date and time"),
        "stop": _("End"),
        "date_deadline": _("Due date"),
        "duration": _("Duration"),
        "location": _("Location"),
        "partner_ids": _("Attendees"),
        "email_from": _("From"),
        "res_model": _("Kind of the linked record"),
        "res_id": _("Linked record"),
        "user_id": _("Owner"),
        "author_id": _("Author"),
        "done": _("Done"),
        "date_done": _("Done on"),
        "priority": _("Priority"),
        "recurrence": _("Recurrence"),
        "outcome": _("Outcome"),
        "x_source_created_at": _("Created in the source"),
        "x_salutation": _("Salutation"),
        "x_email_2": _("Email 2"),
        "x_mobile": _("Mobile"),
        "x_fax": _("Fax"),
        "x_department": _("Department"),
        "x_birthday": _("Birthday"),
        "x_employees": _("Employees"),
        "x_deal_type": _("Deal Type"),
        "x_next_step": _("Next Step"),
        "x_description": _("Description"),
        "x_source_probability": _("Probability in the source"),
        "path": _("Path"),
        "id": _("ID in the source"),
        "x_source_data": _("Keep with the source data"),
    }


def describe_reference(env, reference):
    """Return what a value names, in words: ``company.id`` is the ID of a company."""
    _ = env._
    entity, __, by = (reference or "").partition(".")
    thing = {
        "company": _("company"),
        "contact": _("contact"),
        "deal": _("deal"),
        "lead": _("lead"),
        "related": _("record"),
    }.get(entity)
    way = {"id": _("ID"), "name": _("name"), "email": _("email")}.get(by)
    if thing and way:
        return _("%(thing)s by %(way)s", thing=thing, way=way)
    return _("by ID") if by == "id" else ""


def describe_part(env, part):
    """Return the name of a part of a person's name."""
    _ = env._
    return {"first": _("first name"), "middle": _("middle name"), "last": _("last name")}.get(
        part, ""
    )
