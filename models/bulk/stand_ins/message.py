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
        for values in rows.vals_list:
            visible = values.get("message_type") != "user_notification"
            if visible and values.get("model") and values.get("res_id"):
                documents[values["model"]].add(values["res_id"])
        thread = records.pool["mail.thread"]
        for name, ids in documents.items():
            if name in records.pool and issubclass(records.pool[name], thread):
                records.env[name].browse(ids).invalidate_recordset(THREAD_FIELDS)
