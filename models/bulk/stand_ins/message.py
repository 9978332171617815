from collections import defaultdict

from ..creation import PlainRoad
from .stand_in import StandIn

# What ``_invalidate_documents`` forgets of the records that messages stand on.
THREAD_FIELDS = ["message_ids", "message_needaction", "message_needaction_counter"]


class Message(StandIn):
    """``mail.message``: sender, answer address and message ID are given, by the targets."""

    model = "mail.message"

    def is_plain(self, values):
        """Inline images become attachments, tracking values records of their own."""
        return bool(
            "data:image" in (values.get("body") or "").lower()
            or values.get("attachment_ids")
            or values.get("tracking_value_ids")
        )

    def prepare(self, model, vals_list):
        for values in vals_list:
            if "email_from" not in values or "reply_to" not in values:
                raise PlainRoad("senders are to be found")
            if not values.get("message_id"):
                raise PlainRoad("message IDs are to be made")
            values.pop("attachment_ids", None)
            values.pop("tracking_value_ids", None)
            if "body" in values:
                values["body"] = values["body"] or ""

    def finish(self, records, rows):
        """The records that messages stand on read their messages anew."""
        documents = defaultdict(set)
        for kind, model, res_id in rows.take("message_type", "model", "res_id"):
            if kind != "user_notification" and model and res_id:
                documents[model].add(res_id)
        thread = records.pool["mail.thread"]
        for name, ids in documents.items():
            if name in records.pool and issubclass(records.pool[name], thread):
                records.env[name].browse(ids).invalidate_recordset(THREAD_FIELDS)
