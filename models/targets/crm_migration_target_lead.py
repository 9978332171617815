from odoo import api, models
from odoo.tools import SQL

from ...engine.mapping import fold
from ..bulk.stand_ins.values import clean_website
from ..emails import normalize
from ..inserting import as_array

# An open deal whose probability is 0 would look automatic to Odoo if its own figure were 0 too.
LEAST_AUTOMATED = 0.01
# Where a deal came from: field -> (model, field with its name).
ORIGINS = {
    "source_id": ("utm.source", "name"),
    "medium_id": ("utm.medium", "name"),
    "campaign_id": ("utm.campaign", "title"),
}
# Dates that Odoo sets to now where none is given, and the days it counts to them.
DATES = {"date_closed": "day_close", "date_open": "day_open", "date_last_stage_update": None}


class CrmMigrationTargetLead(models.AbstractModel):
    """Deals and leads, with their stage, outcome, owner and dates written once and in full."""

    _name = "crm.migration.target.lead"
    _inherit = "crm.migration.target.addressee"
    _description = "Target: Opportunity"
    _model = "crm.lead"
    _watched = ("active", "company_id", "type", "priority")
    _pseudo = (
        "won_status", "stage_id", "team_id", "source_id", "medium_id", "campaign_id",
        "lost_reason_id", "tag_ids", "partner_id", "user_id", "pipeline",
        "email_opt_out",
    )  # fmt: skip
    _share_fields = ("partner_id",)

    @api.model
    def _prepare_links(self, items, resolver):
        for item in items:
            self._set_partner(item, resolver)
            self._set_name(item)
            self._set_website(item)
            self._set_owner(item, resolver)
            pipeline = fold(self._get_pipeline(item, resolver))
            self._set_team(item, pipeline, resolver)
            self._set_outcome(item, pipeline, resolver)
            self._set_amount(item, resolver)
            self._set_type(item, resolver)
            self._set_labels(item, resolver)
        self._set_partner_details(items)
        self._set_opt_outs(items)

    # ------------------------------------------------------------- links

    @api.model
    def _set_partner(self, item, resolver):
        """Link the person, else the company; a name that fits two is narrowed by the company."""
        references = resolver.believed(item.mapped.references.get("partner_id", []))
        company = self._find_company(item, references, resolver)
        persons = [reference for reference in references if reference.entity != "company"]
        for reference in persons:
            found = self._narrow(resolver.find(reference), company)
            landed = [candidate for candidate in found if candidate.landed]
            if len(found) == 1 and landed:
                item.values["partner_id"] = landed[0].res_id
                break
            if len(found) == 1:
                item.tell("waits_for", "partner_id", reference.value, entity=reference.entity)
                break
            code = "ambiguous_reference" if found else "missing_contact"
            item.tell(code, "partner_id", reference.value, reference.column, count=len(found))
            item.keep(reference.column, reference.value)
        if not item.values.get("partner_id") and company:
            item.values["partner_id"] = company.res_id
        if not company:
            self._keep_company_name(item, references)
        item.values.setdefault("partner_id", False)
        if not references and item.values.get("type") != "lead":
            item.tell("deal_without_contact")

    @api.model
    def _keep_company_name(self, item, believed):
        """The name beside an ID that is not in the export stays with the deal, as text."""
        for reference in item.mapped.references.get("partner_id", []):
            if (reference.entity, reference.by) == ("company", "name") and (
                reference not in believed
            ):
                item.values["partner_name"] = reference.value
                item.keep(reference.column, reference.value)

    @api.model
    def _find_company(self, item, references, resolver):
        """Return the landed company of the deal, if the source names one."""
        for reference in references:
            if reference.entity != "company":
                continue
            found = resolver.find(reference)
            if len(found) == 1 and found[0].landed:
                item.extra["company_id_of_customer"] = found[0].res_id
                return found[0]
            if len(found) == 1:
                item.tell("waits_for", "partner_id", reference.value, entity="company")
                return None
            code = "ambiguous_reference" if found else "missing_company"
            item.tell(code, "partner_id", reference.value, reference.column, count=len(found))
            item.keep(reference.column, reference.value)
            if reference.by == "name":
                item.values["partner_name"] = reference.value
        return None

    @api.model
    def _narrow(self, found, company):
        """Of several persons with one name, keep the one of the deal's company, if it is one."""
        if len(found) < 2 or not company:
            return found
        ids = [candidate.res_id for candidate in found if candidate.res_id]
        inside = self.env["res.partner"].search(
            [("id", "in", ids), ("commercial_partner_id", "=", company.res_id)]
        )
        kept = [candidate for candidate in found if candidate.res_id in inside.ids]
        return kept if len(kept) == 1 else found

    @api.model
    def _set_partner_details(self, items):
        """Never let a deal change its contact.

        An email or phone given with the deal is written to the linked partner by Odoo (X-27):
        where they differ the contact's holds, and the deal's text is kept with the source data.
        """
        ids = {item.values["partner_id"] for item in items if item.values.get("partner_id")}
        landed = self._read_partners(list(ids))
        for item in items:
            company_id = item.extra.pop("company_id_of_customer", None)
            partner = landed.get(item.values.get("partner_id"))
            if not partner:
                continue
            for name, partner_name in (("email_from", "email"), ("phone", "phone")):
                text = item.values.pop(name, None)
                if text and not self._is_same_address(text, partner[partner_name]):
                    item.tell("lead_address", "", text, name)
                    item.keep(name, text)
            if company_id and partner["commercial_partner_id"] != company_id:
                item.values.setdefault("partner_name", self._get_name(company_id))

    @api.model
    def _read_partners(self, ids):
        """Return {ID: email, phone, company} of contacts that are there; foreseen ones are not.

        The ORM would look for each of those by itself, one after the other.
        """
        names = ["email", "phone", "commercial_partner_id"]
        return self._read_landed_of("res.partner", ids, names) if ids else {}

    @api.model
    def _is_same_address(self, one, other):
        return fold(one) == fold(other or "") or (
            bool(normalize(one)) and normalize(one) == normalize(other or "")
        )

    @api.model
    def _get_name(self, partner_id):
        """Return the name of a partner; of one that is only foreseen there is none yet."""
        return self.env["res.partner"].browse(partner_id).name if partner_id > 0 else False

    @api.model
    def _set_name(self, item):
        if not item.values.get("name"):
            item.values["name"] = item.key
            item.tell("no_name", "name", by="ID")

    @api.model
    def _set_website(self, item):
        """Put the scheme in front, as Odoo does when it stores."""
        if item.values.get("website"):
            website = clean_website(self.env["res.partner"], item.values["website"])
            item.values["website"] = website

    # ------------------------------------------------------------- pipeline, stage, outcome

    @api.model
    def _set_team(self, item, pipeline, resolver):
        """Set the team: its pipeline's, else the one for deals without a pipeline."""
        team = resolver.team_id if not pipeline else None
        item.values["team_id"] = team or resolver.xmlid("team", pipeline) or False
        item.values["company_id"] = resolver.company_id

    @api.model
    def _get_pipeline(self, item, resolver):
        """Return the name of the pipeline: the row's, its stage's, or that of rows without one."""
        for reference in item.mapped.references.get("team_id", []):
            return resolver.pipelines().name(reference.value, reference.by)
        for reference in item.mapped.references.get("stage_id", [])[:1]:
            pipeline = resolver.pipelines().stage(reference.value, reference.by)[0]
            if pipeline:
                return pipeline
        return item.mapped.values.get("pipeline") or ""

    @api.model
    def _get_stage(self, item, resolver):
        """Return the name of the stage, as the row or the export's list of stages has it."""
        for reference in item.mapped.references.get("stage_id", []):
            return resolver.pipelines().stage(reference.value, reference.by)[1]
        return ""

    @api.model
    def _set_outcome(self, item, pipeline, resolver):
        """Set stage, probability and active together: won, lost or open as in Odoo (X-23)."""
        raw = self._get_stage(item, resolver)
        stages = resolver.mapped_values("stage")
        stage = stages.get((pipeline, fold(raw))) or stages.get(("", fold(raw)))
        status = self._get_status(item, stage, raw)
        if status == "won" and not (stage and stage.is_won):
            stage = self._get_won_stage(stages, pipeline) or stage
        item.values["x_source_stage"] = raw or False
        item.values["stage_id"] = self._get_stage_id(item, stage, pipeline, raw, resolver)
        if stage and not stage.known and raw:
            item.tell("unknown_stage", "", raw, "stage_id")
        self._set_probability(item, status, stage)
        self._set_dates(item, status)
        self._set_lost_reason(item, status, resolver)

    @api.model
    def _get_status(self, item, stage, raw):
        """Return won, lost or pending; a closed one of stage and status wins, and it is told."""
        told = item.mapped.values.get("won_status")
        by_stage = "pending"
        if stage:
            by_stage = "won" if stage.is_won else "lost" if stage.is_lost else "pending"
        status = {"open": "pending"}.get(told, told) or by_stage
        if status == "pending" and by_stage != "pending":
            status = by_stage
        if told and by_stage != "pending" and {"open": "pending"}.get(told, told) != by_stage:
            item.tell("status_conflict", "", raw, "won_status", status=told, stage=raw)
        return status

    @api.model
    def _get_won_stage(self, stages, pipeline):
        for (group, __), stage in stages.items():
            if stage.is_won and group == pipeline:
                return stage
        return None

    @api.model
    def _get_stage_id(self, item, stage, pipeline, raw, resolver):
        if stage and stage.stage_id:
            return stage.stage_id.id
        if stage:
            return resolver.xmlid("stage", pipeline, fold(stage.source_value)) or False
        item.tell("unknown_stage", "stage_id", raw)
        return False

    @api.model
    def _set_probability(self, item, status, stage):
        given = item.values.get("probability")
        item.values["active"] = status != "lost"
        if status != "pending":
            closed = 100.0 if status == "won" else 0.0
            if given is not None and given != closed:
                item.tell(
                    "probability_conflict", "probability", given, status=status, probability=closed
                )
            item.values["probability"] = closed
        elif given is None:
            item.values["probability"] = stage.probability if stage else 0.0
            item.tell("probability_missing", "probability", probability=item.values["probability"])

    # ------------------------------------------------------------- dates, amounts, labels

    @api.model
    def _set_dates(self, item, status):
        """Give every date that Odoo would otherwise set to now (X-20)."""
        values = item.values
        created = values.get("x_source_created_at")
        entered = values.get("x_source_stage_entered_at")
        values["date_last_stage_update"] = entered or created or False
        values["date_open"] = (created or False) if values.get("user_id") else False
        if status == "pending":
            if values.get("date_closed"):
                item.keep_sources(["date_closed"])
            values["date_closed"] = False
        elif not values.get("date_closed"):
            values["date_closed"] = entered or False
            item.rules["date_closed"] = "closed_date_missing"
            if not entered:
                item.tell("closed_date_missing", "date_closed")

    @api.model
    def _set_amount(self, item, resolver):
        """Keep the figure; in another currency it is listed, or converted by the policy (X-06)."""
        values = item.values
        amount, currency = values.get("expected_revenue"), values.get("x_source_currency")
        if amount is None or not currency:
            return
        values["x_source_amount"] = amount
        if currency == resolver.currency:
            return
        item.tell(
            "foreign_currency", "", amount, "expected_revenue",
            currency=currency, company_currency=resolver.currency,
        )  # fmt: skip
        if resolver.project.currency_policy == "convert":
            self._convert(item, resolver, amount, currency)

    @api.model
    def _set_type(self, item, resolver):
        """Make a lead of an open deal that has no amount yet, if the project says so (SS-09).

        An amount that cannot be read is not taken for none.
        """
        values = item.values
        unread = "expected_revenue" in item.mapped.rules
        none_yet = not values.get("expected_revenue") and not unread
        if resolver.project.lead_policy != "revenue" or not none_yet:
            return
        if values.get("type") == "opportunity" and not values["date_closed"] and values["active"]:
            if values["probability"] < 100:
                values["type"] = "lead"
                item.tell("pre_revenue", "type")

    @api.model
    def _convert(self, item, resolver, amount, currency):
        """Convert by Odoo's rate of the deal's day; without the day or a rate the figure stays.

        Odoo itself would take today for a missing day, and 1 for a missing rate.
        """
        company = resolver.project.company_id
        day = (item.values.get("x_source_created_at") or "")[:10]
        rate = resolver.rate(currency, day)
        if rate:
            item.values["expected_revenue"] = company.currency_id.round(amount * rate)
            item.rules["expected_revenue"] = "foreign_currency"

    @api.model
    def _set_labels(self, item, resolver):
        item.values["tag_ids"] = self._get_tag_ids(item, "tag_ids", "crm.tag", resolver)
        for field, (model, name) in ORIGINS.items():
            for reference in item.mapped.references.get(field, [])[:1]:
                found = resolver.by_name(model, name).get(fold(reference.value))
                item.values[field] = found or False
                if not found:
                    item.tell("unknown_value", field, reference.value, reference.column)
                    item.keep(reference.column, reference.value)

    @api.model
    def _set_lost_reason(self, item, status, resolver):
        """Give lost deals their reason; Odoo clears that of a deal which is not lost."""
        for reference in item.mapped.references.get("lost_reason_id", [])[:1]:
            found = resolver.by_name("crm.lost.reason").get(fold(reference.value))
            if status == "lost" and found:
                item.values["lost_reason_id"] = found
            else:
                item.keep(reference.column, reference.value)

    # ------------------------------------------------------------- write

    @api.model
    def _get_technical(self, item, resolver):
        """No enrichment of leads that are years old."""
        enrich = "iap_enrich_done" in self.env["crm.lead"]._fields
        return {"iap_enrich_done": True} if enrich else {}

    @api.model
    def _after_create(self, records, items, resolver):
        """Take back what ``create`` sets by itself: closing dates of today, predictions over 0.

        Columns the ORM does not let through are set in one statement each.
        """
        self.env.flush_all()
        by_record = list(zip(records, items, strict=True))
        for name, days in DATES.items():
            undated = [record.id for record, item in by_record if not item.values[name]]
            if undated:
                # Most have none: writing such a row again would cost as much as creating it.
                self.env.cr.execute(
                    SQL(
                        "UPDATE crm_lead SET %(name)s = NULL %(days)s"
                        " WHERE id = ANY(%(ids)s) AND %(name)s IS NOT NULL",
                        name=SQL.identifier(name),
                        days=SQL(", %s = NULL", SQL.identifier(days)) if days else SQL(),
                        ids=as_array("int", undated),
                    )
                )
        zero = [item for item in items if item.values["active"] and not item.values["probability"]]
        self._protect_zero(records.browse([item.res_id for item in zero]))
        records.invalidate_recordset()

    @api.model
    def _protect_zero(self, leads):
        """Make a given 0 % look given: Odoo takes it for its own figure if both are 0 (X-18)."""
        if not leads:
            return
        predicted = leads._pls_get_naive_bayes_probabilities()[0]
        self.env.cr.execute_values(
            """UPDATE crm_lead SET automated_probability = v.figure
                 FROM (VALUES %s) AS v(id, figure) WHERE crm_lead.id = v.id""",
            [(lead.id, predicted.get(lead.id) or LEAST_AUTOMATED) for lead in leads],
        )

    @api.model
    def _write(self, records, values):
        """Write stage, owner and team together (X-28), then put the dates back (X-20).

        Changing only the owner can move a deal to another team and its first stage; any write of
        stage, owner or probability sets dates to now.
        """
        if values.keys() & {"user_id", "team_id", "stage_id"}:
            for group in records.grouped(lambda lead: (lead.user_id, lead.team_id, lead.stage_id)):
                together = dict(
                    zip(("user_id", "team_id", "stage_id"), (r.id for r in group), strict=True)
                )
                leads = records.filtered(
                    lambda lead, group=group: (lead.user_id, lead.team_id, lead.stage_id) == group
                )
                self._write_with_dates(leads, together | values)
        else:
            self._write_with_dates(records, values)

    @api.model
    def _write_with_dates(self, records, values):
        self.env.flush_all()
        self.env.cr.execute(
            SQL(
                "SELECT id, date_closed, date_open, date_last_stage_update FROM crm_lead"
                " WHERE id IN %s",
                tuple(records.ids),
            )
        )
        dates = {
            row["id"]: {name: values.get(name, row[name]) or None for name in DATES}
            for row in self.env.cr.dictfetchall()
        }
        records.write(self._to_orm(values))
        self.env.flush_all()
        self.env.cr.execute_values(
            """UPDATE crm_lead SET date_closed = v.closed::timestamp, date_open = v.open::timestamp,
                      date_last_stage_update = v.stage::timestamp
                 FROM (VALUES %s) AS v(id, closed, open, stage) WHERE crm_lead.id = v.id""",
            [(res_id, *(row[name] for name in DATES)) for res_id, row in dates.items()],
        )
        records.invalidate_recordset()
