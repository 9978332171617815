from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from . import words
from .inserting import as_array

DECISIONS = ("keep", "merge", "link")


class CrmMigrationDuplicate(models.Model):
    """A row that may be somebody who is there already: earlier in the export, or in Odoo.

    A question with three answers. An answer stays with the row: the next load and every newer
    export follow it.
    """

    _name = "crm.migration.duplicate"
    _description = "Possible Duplicate"
    _order = "project_id, decision desc, rule, value, id"
    _log_access = False
    _rec_name = "value"

    project_id = fields.Many2one(
        "crm.migration.project", required=True, index=True, ondelete="cascade"
    )
    record_id = fields.Many2one(
        "crm.migration.record", required=True, ondelete="cascade", string="Row"
    )
    entity = fields.Selection(words.select_entity, string="File Kind")
    source_key = fields.Char(string="ID in the Source")
    name = fields.Char(help="Name in the row.")
    rule = fields.Selection(
        [("email", "Same email"), ("name_phone", "Same name and phone")], required=True
    )
    value = fields.Char(string="In Common")
    hint = fields.Selection(
        [
            ("same", "Same name too"),
            ("open", "Other name"),
            ("shared", "Shared by several"),
        ],
        required=True,
        help="A mailbox such as info@, or an address that several names share, is no person's.",
    )
    other_id = fields.Many2one(
        "crm.migration.record", ondelete="set null", index="btree_not_null", string="Earlier Row"
    )
    other_name = fields.Char(string="May Be")
    partner_id = fields.Many2one(
        "res.partner",
        ondelete="set null",
        index="btree_not_null",
        string="Existing Contact",
        context={"active_test": False},
    )
    partner_count = fields.Integer(
        string="Existing Contacts", aggregator=None, help="How many of Odoo's contacts fit."
    )
    state = fields.Selection(related="record_id.state", string="Outcome")
    decision = fields.Selection(
        [("keep", "Keep both"), ("merge", "Merge into one"), ("link", "Link to the existing one")]
    )
    user_id = fields.Many2one("res.users", ondelete="set null", string="Decided By")
    decided_at = fields.Datetime(string="Decided On")

    _unique_record = models.UniqueIndex("(record_id)")

    # ------------------------------------------------------------- answers

    def action_open_record(self):
        """Open the contact that the row became: after the load Odoo itself merges two."""
        self.ensure_one()
        return self.record_id.action_open_record()

    def action_keep(self):
        """Both stay: the row becomes a contact of its own."""
        self._decide("keep")

    def action_merge(self):
        """One contact for both: the row fills what is empty in the other."""
        self._decide("merge")

    def action_link(self):
        """The row is the other one, and changes nothing of it."""
        self._decide("link")

    def action_decide_later(self):
        """Take the answer back."""
        self._decide(False)

    def action_keep_alike(self):
        """Keep both wherever the reason and the hint are the same and nobody answered yet."""
        self._find_alike()._decide("keep")

    def action_merge_alike(self):
        """Merge wherever the reason and the hint are the same and nobody answered yet."""
        self._find_alike()._decide("merge")

    def _find_alike(self):
        self.ensure_one()
        same = [(name, "=", self[name]) for name in ("rule", "hint", "entity")]
        places = [("partner_count", "=" if self.partner_count < 2 else ">", 1)]
        if self.partner_count < 2:
            places = [("partner_count", "<", 2)]
        alike = self.search(
            [("project_id", "=", self.project_id.id), ("decision", "=", False), *same, *places]
        )
        # What is in Odoo as two already is no question to a load any more.
        return alike.filtered(lambda case: not case.record_id.res_id) | self

    def _decide(self, decision):
        """Keep an answer, with who gave it.

        :raises UserError: when the row is a contact already, or it is open with whom to merge it
        """
        self.check_access("read")
        self.project_id._check_manager()
        if landed := self.filtered(lambda case: case.record_id.res_id):
            raise UserError(
                self.env._(
                    "%(count)s of these rows are in Odoo already, %(name)s for one. Merge them "
                    "there, or roll back, decide and load again.",
                    count=len(landed),
                    name=landed[0].name or landed[0].value,
                )
            )
        open_ones = self.filtered(lambda case: not (case.other_id or case.partner_id))
        if decision in ("merge", "link") and open_ones:
            raise UserError(
                self.env._(
                    "Several contacts fit %(value)s: choose which one first.",
                    value=open_ones[0].value,
                )
            )
        self.sudo().write(
            {
                "decision": decision,
                "user_id": self.env.uid if decision else False,
                "decided_at": fields.Datetime.now() if decision else False,
            }
        )

    def write(self, vals):
        """People say which contact is meant, and answer by the buttons; the rest is found."""
        if not self.env.su:
            self.project_id._check_manager()
            if vals.keys() - {"partner_id"}:
                raise UserError(self.env._("Answer with the buttons."))
        return super().write(vals)

    def action_open_partner(self):
        """Open the existing contact."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "res_model": "res.partner",
            "res_id": self.partner_id.id or self.other_id.res_id,
            "views": [(False, "form")],
        }

    # ------------------------------------------------------------- for the load

    @api.model
    def _read_cases(self, record_ids):
        """Return {record ID: case as a dict, with what the earlier row became}."""
        if not record_ids:
            return {}
        self.env.flush_all()
        self.env.cr.execute(
            SQL(
                """SELECT d.record_id, d.rule, d.value, d.hint, d.other_name, d.decision,
                          d.partner_id, d.partner_count, d.other_id, o.entity AS other_entity,
                          o.source_key AS other_key, o.res_id AS other_res_id,
                          p.active AS partner_active
                     FROM crm_migration_duplicate d
                     LEFT JOIN crm_migration_record o ON o.id = d.other_id
                     LEFT JOIN res_partner p ON p.id = d.partner_id
                    WHERE d.record_id = ANY(%s)""",
                as_array("int", record_ids),
            )
        )
        return {row["record_id"]: row for row in self.env.cr.dictfetchall()}
