"""Words for the codes of the engine, in the user's language.

Plain functions around an environment: what a screen shows instead of ``deal`` or ``won_status``.
"""

from functools import lru_cache

from ..engine import profiles
from ..engine.issues import CATALOGUE
from ..engine.vocabulary import load as load_vocabulary


class _Lenient(dict):
    """A template without its parameter still makes a sentence."""

    def __missing__(self, key):
        return "?"


def translate(env, text):
    """Return a text of the engine or of a profile in the user's language.

    ``dev/pot`` puts these texts into the template of the translations.
    """
    return env._(text) if text else ""


def describe_problem(env, code, parameters):
    """Return what was found, as a sentence.

    :param code: of the catalogue of issues
    :param parameters: dict, what the sentence is filled with
    """
    told = _Lenient(parameters)
    if isinstance(told.get("detail"), str):
        told["detail"] = translate(env, told["detail"])
    return translate(env, CATALOGUE[code].template) % told


def get_title(env, code):
    """Return the name of a kind of issues."""
    return translate(env, CATALOGUE[code].title)


def get_advice(env, code):
    """Return what to do about a kind of issues."""
    return translate(env, CATALOGUE[code].advice)


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
    known = {
        "owner": env._("Users"),
        "company": env._("Companies"),
        "contact": env._("Contacts"),
        "lead": env._("Leads"),
        "deal": env._("Deals"),
        "activity": env._("Activities"),
        "history": env._("History"),
        "call": env._("Calls"),
        "email": env._("Emails"),
        "meeting": env._("Meetings"),
        "note": env._("Notes"),
        "task": env._("Tasks"),
        "stage": env._("Stages"),
        "pipeline": env._("Pipelines"),
        "tag": env._("Tags"),
        "attachment": env._("Attachments"),
        "custom_value": env._("Values of custom fields"),
        "product": env._("Products"),
        "order": env._("Orders"),
        "order_line": env._("Lines of orders"),
        "invoice": env._("Invoices"),
        "invoice_line": env._("Lines of invoices"),
        "course": env._("Portals and courses"),
        "enrolment": env._("Memberships and enrolments"),
        "segment": env._("Segments"),
        "payment_link": env._("Text-to-pay links"),
    }
    beside = {
        "mail.activity": env._("Done activities of calls and tasks"),
        "mail.blacklist": env._("Blacklisted email addresses"),
        "mail.message": env._("Messages of done tasks"),
        "ir.attachment": env._("Images of texts"),
        "ir.model.fields": env._("Custom fields"),
        "ir.model.fields.selection": env._("Choices of custom fields"),
        "crm.team": env._("Sales teams"),
        "crm.team.member": env._("Members of sales teams"),
        "crm.stage": env._("Stages of sales teams"),
        "crm.tag": env._("Tags of opportunities"),
        "res.partner.category": env._("Tags of contacts"),
        "res.partner.industry": env._("Industries"),
        "res.users": env._("Stub users"),
        "res.partner": env._("Contacts of stub users"),
        "calendar.event.type": env._("Tags of meetings"),
        "crm.lost.reason": env._("Lost reasons"),
        "utm.source": env._("Sources"),
        "utm.medium": env._("Mediums"),
        "utm.campaign": env._("Campaigns"),
        "mail.alias": env._("Addresses of sales teams"),
        "ir.model": env._("Custom models"),
        "ir.model.access": env._("Rights on custom models"),
        "ir.actions.act_window": env._("Screens of custom models"),
        "ir.ui.menu": env._("Menus of custom models"),
        "ir.ui.view": env._("Views of custom models"),
        "project.project": env._("Projects"),
        "project.task.type": env._("Stages of tasks"),
        "product.product": env._("Products of lines"),
        "sale.order.line": env._("Lines of orders: tax, shipping, differences"),
        "account.move.line": env._("Lines of invoices: tax, shipping, differences"),
        "account.journal": env._("Journals"),
        "account.account": env._("Accounts of journals"),
        "account.payment": env._("Payments of invoices"),
        "slide.channel": env._("Courses"),
        "mailing.list": env._("Mailing lists"),
        "mailing.contact": env._("Contacts of mailing lists"),
        "mailing.subscription": env._("Subscriptions to mailing lists"),
    }
    own = {code: translate(env, label) for code, label in _read_profile_labels().items()}
    return own | known | beside


def select_entity(model):
    """Selection of entities; profiles bring their own beside the usual ones."""
    return list(get_entities(model.env).items())


def get_value_kinds(env):
    """Return {kind of a value map: its name}; ``choice`` stands for the pick-lists."""
    return {
        "stage": env._("Stages"),
        "owner": env._("Owners"),
        "activity_kind": env._("Kinds of activities"),
        "won_status": env._("Won, lost or open"),
        "done": env._("Done or not"),
        "related_type": env._("Kinds of linked records"),
        "priority": env._("Priorities"),
        "lead_priority": env._("Priorities of deals"),
        "direction": env._("Directions"),
        "salutation": env._("Salutations"),
        "order_status": env._("States of orders"),
        "invoice_status": env._("States of invoices"),
        "invoice_kind": env._("Kinds of invoices"),
        "enrolment_status": env._("States of enrolments"),
        "segment_kind": env._("Kinds of segments"),
        "product_kind": env._("Kinds of products"),
        "timezone": env._("Time zones"),
        "country": env._("Countries"),
        "choice": env._("Pick-lists"),
        "other": env._("Other values"),
    }


def select_value_kind(model):
    """Selection of the kinds of value maps."""
    return list(get_value_kinds(model.env).items())


def get_counterparts(env, kind):
    """Return {value: word} of the values a map may lead to; empty where any text will do."""
    entities = get_entities(env)
    if kind == "country":
        return {country.code: country.name for country in env["res.country"].search([])}
    if kind == "timezone":
        return {zone: zone for zone in load_vocabulary().domains()["timezone"]}
    return {
        "activity_kind": {
            "call": env._("Call"),
            "email": env._("Email"),
            "meeting": env._("Meeting"),
            "note": env._("Note"),
            "task": env._("Task"),
        },
        "won_status": {"won": env._("Won"), "lost": env._("Lost"), "open": env._("Open")},
        "done": {"true": env._("Done"), "false": env._("To do")},
        "related_type": {code: entities[code] for code in ("contact", "company", "deal", "lead")},
        "priority": {
            "low": env._("Low"),
            "normal": env._("Normal"),
            "high": env._("High"),
            "urgent": env._("Urgent"),
        },
        "order_status": {
            "draft": env._("Quotation"),
            "sent": env._("Quotation sent"),
            "sale": env._("Sales order"),
            "cancel": env._("Cancelled"),
        },
        "invoice_status": {
            "draft": env._("Draft"),
            "open": env._("Open"),
            "partial": env._("Partially paid"),
            "paid": env._("Paid"),
            "cancel": env._("Cancelled"),
        },
        "invoice_kind": {
            "out_invoice": env._("Invoice"),
            "out_refund": env._("Credit note"),
        },
        "enrolment_status": {
            "invited": env._("Invited"),
            "joined": env._("Joined"),
            "ongoing": env._("Under way"),
            "completed": env._("Finished"),
            "ended": env._("Ended"),
        },
        "segment_kind": {"static": env._("List"), "dynamic": env._("Rule")},
        "product_kind": {"service": env._("Service"), "consu": env._("Goods")},
        "lead_priority": {
            "0": env._("Low"),
            "1": env._("Medium"),
            "2": env._("High"),
            "3": env._("Very High"),
        },
    }.get(kind, {})


def get_slots(env):
    """Return {mapped field without an Odoo field of its name: its name}."""
    return {
        "kind": env._("Kind of activity"),
        "summary": env._("Subject"),
        "body": env._("Text"),
        "date": env._("Date and time"),
        "stop": env._("End"),
        "date_deadline": env._("Due date"),
        "duration": env._("Duration"),
        "location": env._("Location"),
        "categ_ids": env._("Calendar"),
        "allday": env._("All day"),
        "recording": env._("Recording"),
        "partner_ids": env._("Attendees"),
        "email_from": env._("From"),
        "res_model": env._("Kind of the linked record"),
        "res_id": env._("Linked record"),
        "user_id": env._("Owner"),
        "author_id": env._("Author"),
        "done": env._("Done"),
        "date_done": env._("Done on"),
        "priority": env._("Priority"),
        "recurrence": env._("Recurrence"),
        "outcome": env._("Outcome"),
        "x_source_created_at": env._("Created in the source"),
        "x_salutation": env._("Salutation"),
        "x_email_2": env._("Email 2"),
        "x_mobile": env._("Mobile"),
        "x_fax": env._("Fax"),
        "x_department": env._("Department"),
        "x_birthday": env._("Birthday"),
        "x_employees": env._("Employees"),
        "x_deal_type": env._("Deal Type"),
        "x_next_step": env._("Next Step"),
        "x_description": env._("Description"),
        "x_source_probability": env._("Probability in the source"),
        "path": env._("Path"),
        "partner_id": env._("Contact"),
        "lead_id": env._("Opportunity"),
        "document": env._("Document of the line"),
        "product_id": env._("Product"),
        "sku": env._("Product code"),
        "quantity": env._("Quantity"),
        "price_unit": env._("Unit price"),
        "discount": env._("Discount of the line"),
        "line_total": env._("Total of the line"),
        "line_note": env._("Text of the line"),
        "status": env._("State"),
        "currency": env._("Currency"),
        "subtotal": env._("Total before tax"),
        "tax": env._("Tax"),
        "discount_total": env._("Discount"),
        "shipping": env._("Shipping"),
        "total": env._("Total"),
        "due": env._("Due date"),
        "paid": env._("Paid amount"),
        "balance": env._("Open amount"),
        "paid_on": env._("Paid on"),
        "note": env._("Note"),
        "payment_url": env._("Payment link"),
        "invoice_kind": env._("Kind of invoice"),
        "course": env._("Course"),
        "portal": env._("Portal"),
        "module": env._("Module"),
        "lesson": env._("Lesson"),
        "enrolled_at": env._("Enrolled on"),
        "ended_at": env._("Ended on"),
        "completion": env._("Progress"),
        "segment_kind": env._("Kind of segment"),
        "rule": env._("Rule"),
        "opt_out": env._("Opted out"),
        "email_opt_out": env._("Opted out of emails (blacklist)"),
        "is_blacklisted": env._("On the blacklist"),
        "product_kind": env._("Kind of product"),
        "categ": env._("Category"),
        "template": env._("Variant of"),
        "variant": env._("Variant"),
        "variant_size": env._("Size"),
        "variant_color": env._("Colour"),
        "stock": env._("Stock"),
        "stock_location": env._("Place of the stock"),
        "id": env._("ID in the source"),
        "x_source_data": env._("Keep with the source data"),
    }


def describe_reference(env, reference):
    """Return what a value names, in words: ``company.id`` is the ID of a company."""
    entity, __, by = (reference or "").partition(".")
    thing = {
        "company": env._("company"),
        "contact": env._("contact"),
        "deal": env._("deal"),
        "lead": env._("lead"),
        "related": env._("record"),
        "user": env._("user"),
    }.get(entity)
    way = {"id": env._("ID"), "name": env._("name"), "email": env._("email")}.get(by)
    if thing and way:
        return env._("%(thing)s by %(way)s", thing=thing, way=way)
    return env._("by ID") if by == "id" else ""


def describe_part(env, part):
    """Return the name of a part of a person's name."""
    return {
        "first": env._("first name"),
        "middle": env._("middle name"),
        "last": env._("last name"),
    }.get(part, "")


def get_kinds(env):
    """Return {kind of values the engine tells: its name}."""
    return {
        "text": env._("text"),
        "longtext": env._("long text"),
        "html": env._("formatted text"),
        "json": env._("structured data"),
        "integer": env._("whole numbers"),
        "float": env._("numbers"),
        "money": env._("amounts of money"),
        "percent": env._("percentages"),
        "boolean": env._("yes or no"),
        "date": env._("dates"),
        "datetime": env._("dates and times"),
        "email": env._("email addresses"),
        "phone": env._("phone numbers"),
        "url": env._("web addresses"),
        "country": env._("countries"),
        "state": env._("states or provinces"),
        "language": env._("languages"),
        "currency": env._("currencies"),
        "choice": env._("a pick-list"),
        "multiselect": env._("several choices"),
        "identifier": env._("identifiers"),
        "reference": env._("references to other records"),
    }


def get_reasons(env):
    """Return {reason of a proposed target: why, in words}; they are filled by the map's line."""
    return {
        "profile": env._("%(source)s names this column so"),
        "chosen": env._("Chosen by hand"),
        "saved": env._("From a saved map"),
        "alias": env._("Usual name of %(target)s"),
        "moment": env._("Its words name the time of %(target)s"),
        "words": env._("Its words mean %(target)s"),
        "similar": env._("Resembles “%(alias)s”"),
        "contains": env._("Contains a name of %(target)s; the rest is not understood"),
        "values": env._("The values look like %(target)s"),
        "relation": env._("Its values stand in another file: %(target)s"),
        "linked": env._("Name and values agree: they stand in another file (%(target)s)"),
        "neighbour": env._("Beside the other columns it can only be %(target)s"),
        "remembered": env._("Confirmed so before, for the same columns of this source"),
        "remembered_near": env._("Confirmed so before, for nearly the same columns of this source"),
        "known": env._("Known to have no field in Odoo; kept in a field of its own"),
        "custom": env._("No usual field fits; kept in a field of its own"),
        "kept": env._("No usual field fits; kept with the source data"),
        "technical": env._("Technical column of the source; kept with the source data"),
        "derived": env._("Worked out by the source from other data"),
        "role": env._("Roles of the source give no rights in Odoo"),
        "secret": env._("Secrets are never moved"),
        "empty": env._("No row has a value"),
        "nothing": env._("Nothing fits"),
    }


def get_questions(env):
    """Return {doubt about how a column is read: the question}."""
    return {
        "ambiguous_date": env._("Does the day or the month come first?"),
        "ambiguous_number": env._("Does the comma or the point mark the decimals?"),
        "mixed_column": env._("The values are of several kinds: is it text?"),
    }


def get_reading_questions(env):
    """Return {what of a reading cannot be decided: the question}."""
    return {
        "encoding": env._("Are all letters right?"),
        "delimiter": env._("Are these the columns?"),
        "header_row": env._("No header was found: is that so?"),
        "date_order": env._("Dates have the day first and the month first: which is it?"),
    }


def explain(env, line, target):
    """Return why a column is proposed to go where it goes, in the user's language.

    :param line: ``crm.migration.mapping.line``
    :param target: name of where it goes
    """
    evidence = line.evidence or {}
    kind = get_kinds(env).get(line.kind, line.kind)
    facts = {
        "target": target,
        "alias": evidence.get("alias", ""),
        "source": line.project_id._get_profile().name or env._("The source"),
        "kind": kind,
    }
    parts = [get_reasons(env).get(line.reason, line.reason or "") % facts]
    if evidence.get("fits"):
        parts.append(env._("its values fit (%(kind)s)", kind=kind))
    elif evidence.get("fits") is False:
        parts.append(env._("its values are of another kind (%(kind)s)", kind=kind))
    parts += [words for code, words in get_questions(env).items() if code in (line.doubts or ())]
    return "; ".join(filter(None, parts))
