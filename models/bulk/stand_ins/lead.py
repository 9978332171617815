from odoo import fields

from ..creation import PlainRoad
from .phones import PHONE_METHODS, get_phones_sanitized, rate_phone
from .thread import Thread
from .values import (
    EMAIL_METHODS,
    clean_website,
    get_email_domain,
    get_emails_normalized,
    rate_email,
    to_datetime,
)

ADDRESS = ("street", "street2", "city", "zip", "state_id", "country_id")
ADDRESS_METHODS = ("_compute_partner_address_values", "_prepare_address_values_from_partner")
EMAIL_UPDATE = "_get_partner_email_update"
PHONE_UPDATE = "_get_partner_phone_update"
PARTNER = (
    *ADDRESS, "name", "is_company", "company_name", "parent_id", "function", "website", "lang",
    "email", "phone",
)  # fmt: skip
RECURRING = (
    "recurring_revenue_monthly", "recurring_revenue_monthly_prorated", "recurring_revenue_prorated",
)  # fmt: skip


class Lead(Thread):
    """``crm.lead``: what it takes from its contact, its stage and its dates.

    Stage, team, owner and probability are given by the target; without them Odoo works them out.
    """

    model = "crm.lead"
    presupposes = ("probability", "stage_id", "team_id", "user_id", "type")
    counted_from = {"day_close": "date_closed", "day_open": "date_open"}
    supplies = {
        # The order counts: later ones read what earlier ones supplied.
        **{name: (ADDRESS_METHODS, f"_get_{name}") for name in ADDRESS},
        "contact_name": (
            ("_compute_contact_name", "_prepare_contact_name_from_partner"), "_get_contact_names"
        ),
        "partner_name": (
            ("_compute_partner_name", "_prepare_partner_name_from_partner"), "_get_partner_names"
        ),
        "function": (("_compute_function",), "_get_functions"),
        "website": (("_compute_website",), "_get_websites"),
        "lang_id": (("_compute_lang_id",), "_get_languages"),
        "email_from": (("_compute_email_from", EMAIL_UPDATE), "_get_emails"),
        "phone": (("_compute_phone", PHONE_UPDATE), "_get_phones"),
        "email_normalized": (EMAIL_METHODS, "_get_normal_emails"),
        "email_domain_criterion": (("_compute_email_domain_criterion",), "_get_domains"),
        "email_state": (("_compute_email_state",), "_get_email_states"),
        "phone_sanitized": (PHONE_METHODS, "_get_sanitized_phones"),
        "phone_state": (("_compute_phone_state",), "_get_phone_states"),
        "date_open": (("_compute_date_open",), "_get_open_dates"),
        "day_open": (("_compute_day_open",), "_get_open_days"),
        "day_close": (("_compute_day_close",), "_get_close_days"),
        "date_last_stage_update": (("_compute_date_last_stage_update",), "_get_stage_dates"),
        "prorated_revenue": (("_compute_prorated_revenue",), "_get_prorated_revenues"),
        **{name: ((f"_compute_{name}",), "_get_no_revenues") for name in RECURRING},
        "won_status": (("_compute_won_status",), "_get_won_states"),
    }  # fmt: skip
    inverses = {
        "_inverse_email_from": (("_inverse_email_from", EMAIL_UPDATE), "_has_partner"),
        "_inverse_phone": (("_inverse_phone", PHONE_UPDATE), "_has_partner"),
    }
    constraints = {"_check_won_validity": "_is_won_fully"}

    def prepare(self, model, vals_list):
        self.require_silence(model)
        stages = {vals.get("stage_id") for vals in vals_list} - {None, False}
        stages = model.env["crm.stage"].sudo().browse(stages)
        won = {stage.id for stage in stages if stage.is_won}
        partners = model.env["res.partner"]
        for vals in vals_list:
            if not vals.keys() >= {*self.presupposes}:
                raise PlainRoad("stage, team, owner or probability are to be found")
            if vals.get("commercial_partner_id"):
                raise PlainRoad("commercial_partner_id is given")
            if vals.get("website"):
                vals["website"] = clean_website(partners, vals["website"])
            if not vals.get("date_closed") and vals["stage_id"] in won:
                vals["date_closed"] = fields.Datetime.now()

    def finish(self, records, rows):
        records._track_discard()
        if "iap_enrich_done" in records._fields:
            get_param = records.env["ir.config_parameter"].sudo().get_param
            if get_param("crm.iap.lead.enrich.setting", "auto") == "auto":
                cron = records.env.ref(
                    "crm_iap_enrich.ir_cron_lead_enrichment", raise_if_not_found=False
                )
                if cron:
                    cron._trigger()

    # ------------------------------------------------------------- from the contact

    def _read_partners(self, rows):
        return rows.read_linked("partner_id", PARTNER)

    def _get_address(self, rows, name):
        """All of the contact's address, or nothing of it."""
        return [
            partner[name] if any(partner[other] for other in ADDRESS) else None
            for partner in self._read_partners(rows)
        ]

    def _get_street(self, rows):
        return self._get_address(rows, "street")

    def _get_street2(self, rows):
        return self._get_address(rows, "street2")

    def _get_city(self, rows):
        return self._get_address(rows, "city")

    def _get_zip(self, rows):
        return self._get_address(rows, "zip")

    def _get_state_id(self, rows):
        return self._get_address(rows, "state_id")

    def _get_country_id(self, rows):
        return self._get_address(rows, "country_id")

    def _get_contact_names(self, rows):
        return [not one["is_company"] and one["name"] for one in self._read_partners(rows)]

    def _get_partner_names(self, rows):
        partners = self._read_partners(rows)
        parents = rows.read_records(
            rows.env["res.partner"].sudo(), [one["parent_id"] for one in partners], ["name"]
        )
        return [
            parent["name"] or (one["is_company"] and one["name"]) or one["company_name"]
            for one, parent in zip(partners, parents, strict=True)
        ]

    def _get_functions(self, rows):
        return [one["function"] for one in self._read_partners(rows)]

    def _get_websites(self, rows):
        return [one["website"] for one in self._read_partners(rows)]

    def _get_languages(self, rows):
        languages = rows.env["res.lang"]
        codes = {one["lang"] for one in self._read_partners(rows)} - {False}
        ids = {code: languages._get_data(code=code).id for code in codes}
        return [ids.get(one["lang"], False) for one in self._read_partners(rows)]

    def _get_emails(self, rows):
        return [one["email"] or None for one in self._read_partners(rows)]

    def _get_phones(self, rows):
        return [one["phone"] or None for one in self._read_partners(rows)]

    # ------------------------------------------------------------- from texts

    def _get_normal_emails(self, rows):
        return get_emails_normalized(rows)

    def _get_domains(self, rows):
        emails = rows.get("email_normalized")
        return [get_email_domain(email) if email else False for email in emails]

    def _get_email_states(self, rows):
        return [rate_email(text) if text else False for text in rows.get("email_from")]

    def _get_sanitized_phones(self, rows):
        countries = [
            own or partner["country_id"]
            for own, partner in zip(rows.get("country_id"), self._read_partners(rows), strict=True)
        ]
        return get_phones_sanitized(rows, countries)

    def _get_phone_states(self, rows):
        countries = rows.read_linked("country_id", ["code"])
        return [
            rate_phone(number, country["code"] or None) if number else False
            for number, country in zip(rows.get("phone"), countries, strict=True)
        ]

    # ------------------------------------------------------------- dates, figures

    def _get_open_dates(self, rows):
        now = rows.env.cr.now()
        return [
            given or (now if user_id else None)
            for given, user_id in zip(rows.get("date_open"), rows.get("user_id"), strict=True)
        ]

    def _get_stage_dates(self, rows):
        now = rows.env.cr.now()
        return [given or now for given in rows.get("date_last_stage_update")]

    def _get_open_days(self, rows):
        created = rows.env.cr.now().replace(microsecond=0)
        return [self._count_days(created, date) for date in rows.get("date_open")]

    def _get_close_days(self, rows):
        created = rows.env.cr.now()
        return [self._count_days(created, date) for date in rows.get("date_closed")]

    def _count_days(self, created, date):
        return abs((to_datetime(date) - created).days) if date else 0.0

    def _get_prorated_revenues(self, rows):
        """Of the amount as Odoo has it in mind: rounded by the company's currency."""
        companies = rows.env["res.company"].browse
        usual = rows.env.company
        result = []
        currencies = {
            id_: (companies(id_) if id_ else usual).sudo().currency_id
            for id_ in {*rows.get("company_id")}
        }
        for company_id, revenue, probability in rows.take(
            "company_id", "expected_revenue", "probability"
        ):
            currency = currencies[company_id]
            amount = currency.round(float(revenue or 0.0))
            figure = round(amount * (probability or 0) / 100.0, 2)
            result.append(currency.round(figure))
        return result

    def _get_no_revenues(self, rows):
        return None if any(rows.get("recurring_revenue")) else [0.0] * len(rows)

    def _get_won_states(self, rows):
        stages = rows.read_linked("stage_id", ["is_won"])
        return [
            self._get_won_state(probability, active, stage["is_won"])
            for (probability, active), stage in zip(
                rows.take("probability", "active"), stages, strict=True
            )
        ]

    def _get_won_state(self, probability, active, is_won):
        if probability == 100 and is_won:
            return "won"
        return "pending" if active or probability else "lost"

    # ------------------------------------------------------------- inverses, constraints

    def _has_partner(self, rows):
        """Without a contact there is nobody to take the deal's address over."""
        return [bool(id_) for id_ in rows.get("partner_id")]

    def _is_won_fully(self, rows):
        stages = rows.read_linked("stage_id", ["is_won"])
        return all(
            figure == 100 or not stage["is_won"]
            for figure, stage in zip(rows.get("probability"), stages, strict=True)
        )
