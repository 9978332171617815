from odoo import api, models
from odoo.tools import email_normalize

from ...engine.comparing import DIFFERENT, EQUAL, MISSING
from ...engine.mapping import OPT_OUT

BLACKLIST = "mail.blacklist"
# Fields that may hold an address of the record.
ADDRESSES = ("email", "email_from", "x_email_2")


class CrmMigrationTargetAddressee(models.AbstractModel):
    """Whoever may be written to: an opt-out of the source lands in Odoo's blacklist.

    The blacklist knows addresses, not records. An entry that the migration made is logged with the
    first record that asked for it, and goes with a rollback; one that was there stays as it is.
    """

    _name = "crm.migration.target.addressee"
    _inherit = "crm.migration.target"
    _description = "Target: Addressee"

    @api.model
    def _set_opt_outs(self, items):
        """Note which addresses may not be written to. The text stays with the source data."""
        for item in items:
            if OPT_OUT not in item.mapped.columns or not item.mapped.source_of(OPT_OUT):
                continue
            item.keep_sources([OPT_OUT])
            if item.mapped.values.get(OPT_OUT):
                addresses = [email_normalize(item.values.get(name) or "") for name in ADDRESSES]
                item.opt_outs = [*dict.fromkeys(filter(None, addresses))]
                if not item.opt_outs:
                    item.tell("opt_out_no_email", column=next(iter(item.mapped.source_of(OPT_OUT))))

    @api.model
    def _load(self, items, resolver):
        """Write the records, then see to those who opted out since the last load."""
        res = super()._load(items, resolver)
        self._blacklist([item for item in items if self._is_new_opt_out(item)])
        for item in items:
            before = item.loaded.opt_outs if item.loaded else []
            if before and item.mapped.source_of(OPT_OUT) and not item.opt_outs:
                item.tell("opt_out_withdrawn", value=", ".join(before))
        return res

    @api.model
    def _is_new_opt_out(self, item):
        """True if the source says so since this load: later changes in Odoo are people's."""
        return bool(item.opt_outs) and (not item.loaded or item.opt_outs != item.loaded.opt_outs)

    @api.model
    def _blacklist(self, items):
        """Put the addresses of these items on the blacklist: one query, one create, one write."""
        asking = {}
        for item in items:
            for email in item.opt_outs:
                asking.setdefault(email, item)
        known = self._read_blacklist(asking)
        new = [email for email in asking if email not in known]
        for entry in self.env[BLACKLIST].create([{"email": email} for email in new]):
            asking[entry.email].companions.append((BLACKLIST, entry.id))
        archived = {email: one for email, one in known.items() if not one["active"]}
        for email, one in archived.items():
            stamps = {name: one[name] for name in ("write_uid", "write_date")}
            asking[email].side_effects.append(
                (BLACKLIST, one["id"], {"active": False} | stamps, {"active": True})
            )
        entries = self.env[BLACKLIST].browse([one["id"] for one in archived.values()])
        if entries:
            entries.write({"active": True})

    @api.model
    def _read_blacklist(self, emails):
        """Return {address: {id, active, write_uid, write_date}} of those that are on it."""
        if not emails:
            return {}
        self.env.flush_all()
        self.env.cr.execute(
            """SELECT email, id, active, write_uid, write_date::text FROM mail_blacklist
                WHERE email = ANY(%s)""",
            [list(emails)],
        )
        return {row.pop("email"): row for row in self.env.cr.dictfetchall()}

    @api.model
    def _compare_besides(self, items):
        """Return a check per address that may not be written to: is it on the blacklist?"""
        asking = [(item, email) for item in items for email in item.opt_outs]
        known = self._read_blacklist({email for __, email in asking})
        return [self._check_opt_out(item, email, known.get(email)) for item, email in asking]

    @api.model
    def _check_opt_out(self, item, email, entry):
        """A missing or archived entry is told at the entry, so that its editor is named."""
        landed = bool(entry and entry["active"])
        verdict = EQUAL if landed else DIFFERENT if entry else MISSING
        check = self.env["crm.migration.verifier"]._prepare_check(
            item, "is_blacklisted", email, email if landed else None, "", "char", verdict
        )
        if entry and not landed:
            check |= {"model": BLACKLIST, "res_id": entry["id"]}
        sources = item.mapped.source_of(OPT_OUT).values()
        return check | {"source_value": " | ".join(sources)[:500]}
