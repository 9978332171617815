from ... import plain_values
from .phones import PHONE_METHODS, get_phones_sanitized
from .thread import Thread
from .values import EMAIL_METHODS, WEBSITE_METHODS, clean_website, get_emails_normalized

# What a person takes from its company, read at once.
PARENT = ("user_id", "commercial_partner_id", "name", "lang")
IMAGES = ("image_1024", "image_512", "image_256", "image_128")


class Partner(Thread):
    """``res.partner``: what it takes from its company, and what follows from its own texts."""

    model = "res.partner"
    needs = (*Thread.needs, "_partners_skip_fields_sync")
    supplies = {
        **{name: (("image_1920",), "_get_images") for name in IMAGES},
        "user_id": (("_compute_user_id",), "_get_users"),
        "lang": (("_compute_lang",), "_get_languages"),
        "partner_share": (("_compute_partner_share",), "_get_shares"),
        "commercial_partner_id": (("_compute_commercial_partner",), "_get_commercial_partners"),
        "commercial_company_name": (("_compute_commercial_company_name",), "_get_company_names"),
        "complete_name": (("_compute_complete_name", "_get_complete_name"), "_get_complete_names"),
        "email_normalized": (EMAIL_METHODS, "_get_emails"),
        "phone_sanitized": (PHONE_METHODS, "_get_phones"),
        "is_seo_optimized": (("_compute_is_seo_optimized",), "_get_seo"),
    }
    shortcuts = WEBSITE_METHODS
    constraints = {
        "_check_barcode_unicity": "_has_no_barcode",
        "_check_parent_id": "_is_new",
        "_check_partner_company": "_has_no_company",
        "_ensure_same_company_than_projects": "_has_no_company",
        "_ensure_same_company_than_tasks": "_has_no_company",
    }

    def prepare(self, model, vals_list):
        self.require_silence(model)
        definition = model.env["properties.base.definition"]._get_definition_id_for_property_field(
            model._name, "properties"
        )
        parents = model.browse({vals["parent_id"] for vals in vals_list if vals.get("parent_id")})
        languages = plain_values.read(parents, ["lang"])
        usual = self._get_usual_language(model)
        for vals in vals_list:
            vals["properties_base_definition_id"] = definition
            if vals.get("website"):
                vals["website"] = clean_website(model, vals["website"])
            if vals.get("parent_id"):
                vals["company_name"] = False
                vals.setdefault("lang", languages[vals["parent_id"]]["lang"] or usual)

    def finish(self, records, rows):
        records._track_discard()
        published = [
            id_ for id_, flag in zip(rows.ids, rows.get("is_published"), strict=True) if flag
        ]
        for record in records.browse(published):
            if not record.can_publish:
                record.is_published = True  # asks for the right, and says why it is refused

    # ------------------------------------------------------------- computes

    def _get_images(self, rows):
        return None if any(rows.get("image_1920")) else [None] * len(rows)

    def _get_users(self, rows):
        """A person has the salesperson of its company."""
        parents = rows.read_linked("parent_id", PARENT)
        return [
            not is_company and parent["user_id"]
            for is_company, parent in zip(rows.get("is_company"), parents, strict=True)
        ]

    def _get_languages(self, rows):
        """Of those without one: a person has its company's; others have none."""
        usual = self._get_usual_language(rows.model)
        parents = rows.read_linked("parent_id", PARENT)
        return [
            (parent["lang"] or usual) if parent_id else None
            for parent_id, parent in zip(rows.get("parent_id"), parents, strict=True)
        ]

    def _get_usual_language(self, model):
        return model.default_get(["lang"]).get("lang") or model.env.lang

    def _get_shares(self, rows):
        """Nobody is the user of a new contact."""
        return [True] * len(rows)

    def _get_commercial_partners(self, rows):
        parents = rows.read_linked("parent_id", PARENT)
        return [
            id_ if is_company or not parent_id else parent["commercial_partner_id"]
            for id_, is_company, parent_id, parent in zip(
                rows.ids, rows.get("is_company"), rows.get("parent_id"), parents, strict=True
            )
        ]

    def _get_company_names(self, rows):
        own = set(rows.ids)
        ids = rows.get("commercial_partner_id")
        others = rows.read_records(
            rows.model.sudo(), [id_ not in own and id_ for id_ in ids], ["is_company", "name"]
        )
        result = []
        for id_, other, (is_company, name, told) in zip(
            ids, others, rows.take("is_company", "name", "company_name"), strict=True
        ):
            if id_ not in own:
                is_company, name = other["is_company"], other["name"]
            result.append(is_company and name or told)
        return result

    def _get_complete_names(self, rows):
        """The name, behind that of the company; an address without a name is told by its type."""
        parents = rows.read_linked("parent_id", PARENT)
        model = rows.model.with_env(rows.env(context={}))
        types = dict(model._fields["type"]._description_selection(model.env))
        result = []
        columns = ("name", "company_name", "parent_id", "type", "is_company",
                   "commercial_company_name")  # fmt: skip
        for (name, own, parent_id, kind, is_company, company), parent in zip(
            rows.take(*columns), parents, strict=True
        ):
            name = name or ""
            if own or parent_id:
                if not name and kind in model._complete_name_displayed_types:
                    name = types[kind]
                if not is_company:
                    name = f"{company or parent['name']}, {name}"
            result.append(name.strip())
        return result

    def _get_emails(self, rows):
        return get_emails_normalized(rows)

    def _get_phones(self, rows):
        return get_phones_sanitized(rows, rows.get("country_id"))

    def _get_seo(self, rows):
        names = ("website_meta_title", "website_meta_description", "website_meta_keywords")
        return None if any(any(rows.get(name)) for name in names) else [False] * len(rows)

    # ------------------------------------------------------------- constraints

    def _has_no_barcode(self, rows):
        return not any(rows.get("barcode"))

    def _is_new(self, rows):
        """A new contact has nobody below it: no circle."""
        return True

    def _has_no_company(self, rows):
        return not any(rows.get("company_id"))
