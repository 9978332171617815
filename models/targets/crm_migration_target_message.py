from markupsafe import Markup, escape

from odoo import api, models

from ...engine import inline_images
from ...engine.reading import payload
from ...engine.types import Reference
from .. import plain_values
from ..bulk import create_many
from ..xmlid import xmlid_name
from .crm_migration_target_history import COMMON

MESSAGE_TYPES = {"email": "email", "call": "comment", "note": "comment", "task": "notification"}
ACTIVITY_TYPES = {
    "call": "mail.mail_activity_data_call",
    "email": "mail.mail_activity_data_email",
    "task": "mail.mail_activity_data_todo",
}


class CrmMigrationTargetMessage(models.AbstractModel):
    """Calls, emails and notes: messages in the chatter, with original author and time.

    A call is also a done activity (X-07), so that it counts in Odoo's activity analysis.
    """

    _name = "crm.migration.target.message"
    _inherit = "crm.migration.target.history"
    _description = "Target: Message"
    _model = "mail.message"
    _watched = ("parent_id", "is_internal", "message_type")
    _used = (*COMMON, "email_from", "duration", "outcome", "recording", "partner_ids")

    @api.model
    def _prepare(self, items, resolver):
        """Find the pictures that lie beside the texts, for all of a batch at once (SP-30)."""
        shown = [(item, inline_images.names(item.mapped.values.get("body"))) for item in items]
        shown = [(item, names) for item, names in shown if names]
        paths = {inline_images.file_of(name) for __, names in shown for name in names}
        spots = {payload.place(path)[-1:] for path in paths} - {()}
        service = self.env["crm.migration.payload"]
        found = service._find(resolver.project, [spot for (spot,) in spots]) if spots else {}
        for item, names in shown:
            item.extra["pictures"] = {name: self._choose_picture(name, found) for name in names}
        return super()._prepare(items, resolver)

    @api.model
    def _choose_picture(self, name, found):
        """Return the one document that a picture's name means, or nothing."""
        service = self.env["crm.migration.payload"]
        spot = payload.place(inline_images.file_of(name))
        files = found.get(spot[-1]) if spot else None
        picture = service._choose(files, inline_images.file_of(name)) if files else ()
        return picture if len(picture) == 1 else ()

    @api.model
    def _get_values(self, item, resolver):
        mapped = item.mapped.values
        kind = mapped["kind"]
        parent = self._find_parent(item, resolver)
        self._tell_owner(item, resolver)
        when = self._get_when(item)
        if not when:
            item.tell("missing_date", "date")
        author, sender = self._get_author(item, resolver)
        return {
            "model": parent.model if parent else False,
            "res_id": parent.res_id if parent else False,
            "date": when,
            "subject": mapped.get("summary") or False,
            "body": self._get_body(item),
            "message_type": MESSAGE_TYPES[kind],
            "subtype_id": resolver.odoo_id("mail.mt_note"),
            "is_internal": True,
            "author_id": author,
            "email_from": self._get_from(item) or sender,
            "partner_ids": self._get_recipients(item, resolver),
            "mail_activity_type_id": self._get_activity_type(kind, resolver),
            "x_source_recording": mapped.get("recording") or False,
        }

    @api.model
    def _get_author(self, item, resolver):
        """Return author and sender; of an email who its address belongs to, in either direction.

        Contacts that share an address cannot be told apart.
        """
        sender = item.mapped.values.get("email_from")
        if item.mapped.values["kind"] == "email" and sender:
            users = resolver.match_users(sender, {})
            reference = Reference("contact", "email", sender)
            found = [one.res_id for one in resolver.find(reference, stuck=True) if one.landed]
            if len(users) == 1:
                return resolver.partner_of_user(users.pop()), sender
            if len(found) == 1:
                return found[0], sender
            if not found:
                item.tell("sender_unknown", "", sender, "email_from")
        return super()._get_author(item, resolver)

    @api.model
    def _get_from(self, item):
        return item.mapped.values.get("email_from") or False

    @api.model
    def _get_recipients(self, item, resolver):
        """Return the partners an email went to, by address; texts of the others stay (SC-19).

        Contacts that share an address cannot be told apart: all of them got it. Of other kinds
        the column is no address list of Odoo's, and stays with the source data.
        """
        references = item.mapped.references.get("partner_ids", [])
        if item.mapped.values["kind"] != "email":
            item.keep_sources(["partner_ids"])
            return []
        ids = set()
        for reference in references:
            found = [one.res_id for one in resolver.find(reference, stuck=True) if one.landed]
            users = resolver.match_users(reference.value, {})
            ids |= set(found) | {resolver.partner_of_user(user_id) for user_id in users}
            if not found and not users:
                item.tell("recipient_unknown", "", reference.value, reference.column)
                item.keep_sources(["partner_ids"])
        return sorted(ids)

    @api.model
    def _get_activity_type(self, kind, resolver):
        return resolver.odoo_id(ACTIVITY_TYPES[kind]) if kind == "call" else False

    @api.model
    def _tell_owner(self, item, resolver):
        """Hold a row whose owner waits for a user; keep the owner's ID of the source."""
        for reference in item.mapped.references.get("user_id", [])[:1]:
            __, problem = resolver.owner(reference.value)
            known = resolver.owner_details(reference.value)
            item.mapped.values["x_spark_owner_id"] = known.get("id") or reference.value
            if problem:
                item.problems.append(problem)

    @api.model
    def _get_body(self, item):
        """Return the body; of a call also how long it took and how it ended."""
        mapped = item.mapped.values
        body = mapped.get("body") or ""
        for name, picture in item.extra.get("pictures", {}).items():
            if not picture:
                item.tell("inline_image_missing", "", name, "body")
        if mapped["kind"] == "call":
            body += self._get_call(mapped)
        elif mapped["kind"] == "email" and not body:
            item.tell("missing_body")
        return body

    @api.model
    def _get_call(self, mapped):
        """Return how long a call took, how it ended, and where it can be heard."""
        text, facts = Markup(), []
        if mapped.get("duration"):
            facts.append(f"⏱ {mapped['duration']:g} min")
        if mapped.get("outcome"):
            facts.append(mapped["outcome"])
        if facts:
            text += Markup("<p>%s</p>") % escape(" · ".join(facts))
        if mapped.get("recording"):
            text += Markup('<p><a href="%(url)s">%(url)s</a></p>') % {"url": mapped["recording"]}
        return str(text)

    @api.model
    def _get_identity(self, item, resolver):
        identity = super()._get_identity(item, resolver)
        owner = item.mapped.values.get("x_spark_owner_id")
        return identity | ({"x_spark_owner_id": owner} if owner else {})

    # ------------------------------------------------------------- write

    @api.model
    def _get_technical(self, item, resolver):
        """Supply what ``mail.message.create`` would look up for each message."""
        return {
            "reply_to": False,
            "message_id": f"<{xmlid_name(item.entity, item.key)}@{resolver.xmlid_module}>",
        }

    @api.model
    def _create(self, items, resolver):
        """Queue the messages: those of a batch are written together, whatever they come from."""
        queued = []
        for item in items:
            pictures = {n: found for n, found in item.extra.pop("pictures", {}).items() if found}
            values = {**item.values, **self._get_technical(item, resolver), **item.extra}
            if pictures:
                values["body"] = self._embed(item.values["body"], pictures)
            queued.append(values)
        resolver.messages += zip(self._to_orm_each(queued), items, strict=True)

    @api.model
    def _embed(self, body, pictures):
        """Put the pictures into the text: Odoo makes attachments of them that the text shows."""
        service = self.env["crm.migration.payload"]
        return inline_images.embed(body, {n: service._read(file) for n, file in pictures.items()})

    @api.model
    def _create_queued(self, resolver):
        """Create the messages of a batch, done tasks among them, oldest first.

        The chatter sorts by ID, not by date (odoo19.md, rule 7). Inline images became attachments,
        which are logged; calls are done activities too.
        """
        queued = sorted(resolver.messages, key=lambda pair: pair[0]["date"])
        messages = create_many(self.env[self._model], [values for values, __ in queued])
        pictures = {message_id: {} for message_id in messages._ids}
        plain_values.add_links(messages, messages._fields["attachment_ids"], pictures)
        for message_id, (__, item) in zip(messages._ids, queued, strict=True):
            attachments = pictures[message_id]["attachment_ids"]
            item.companions += [("ir.attachment", res_id) for res_id in attachments]
            if item.target._name == self._name:
                item.res_id, item.outcome = message_id, "created"
            else:
                item.companions.append((self._model, message_id))
        calls = [item for __, item in queued if item.mapped.values.get("kind") == "call"]
        self.env["crm.migration.target.activity"]._add_done_activities(calls, resolver)
