from odoo import api, models

from ..engine.mapping import fold
from .product_variants import ProductVariants
from .resolver import Resolver
from .targets.crm_migration_target_contact_ledger import LEDGER_FIELDS

ENROLMENT = "x_crm_enrolment"
# Fields of the custom model of enrolments: name -> (type, label, comodel).
ENROLMENT_FIELDS = {
    "x_name": ("char", "Name", None),
    "x_partner_id": ("many2one", "Student", "res.partner"),
    "x_course": ("char", "Course", None),
    "x_status": ("char", "Status", None),
    "x_enrolled_at": ("datetime", "Enrolled", None),
    "x_ended_at": ("datetime", "Ended", None),
    "x_completion": ("float", "Progress (%)", None),
    "x_source_id": ("char", "Source ID", None),
    "x_source_system": ("char", "Source System", None),
    "x_source_created_at": ("datetime", "Created in Source", None),
    "x_source_data": ("json", "Source Data", None),
}


class CrmMigrationAppSchema(models.AbstractModel):
    """What optional apps, or doing without them, need before the records: fields and holders."""

    _name = "crm.migration.app.schema"
    _description = "Schema of Optional Apps"

    # ------------------------------------------------------------- fields

    @api.model
    def _get_fields(self, project):
        """Return ``{"missing": [values of custom fields], "known": fields another project made}``.

        Custom fields, for a field in Python would need the app.
        """
        wanted = self._get_wanted(project)
        missing, known = [], self.env["ir.model.fields"]
        for (model, name), field in wanted.items():
            found = self.env["ir.model.fields"]._get(model, name)
            if found:
                known += found.filtered(lambda one: one.state == "manual")
            else:
                missing.append(self._prepare_field(name, field) | {
                    "model_id": self.env["ir.model"]._get_id(model)
                })  # fmt: skip
        return {"missing": missing, "known": known}

    @api.model
    def _get_wanted(self, project):
        """Return {(model, field): (type, label, comodel)}."""
        wanted = self.env["crm.migration.readiness"]._get_fields(project)
        for use, fields in LEDGER_FIELDS.items():
            if self._is_without(project, use):
                wanted |= {
                    ("res.partner", name): (ttype, label, None)
                    for name, (ttype, label) in fields.items()
                }
        return wanted

    @api.model
    def _name_fields(self, project, created):
        """Give custom fields that were made for the apps their labels in the other languages."""
        wanted = self._get_wanted(project)
        for field in created.filtered(lambda one: (one.model, one.name) in wanted):
            label = wanted[field.model, field.name][1]
            field.update_field_translations(
                "field_description",
                {
                    lang: self.with_context(lang=lang).env._(label)
                    for lang, __ in self.env["res.lang"].get_installed()
                },
            )

    @api.model
    def _is_without(self, project, use):
        """Return whether the export has records of a use, and their app is not used."""
        known = project.readiness_ids.filtered(lambda line: line.use == use)
        return bool(known) and not self.env["crm.migration.readiness"]._is_used(project, use)

    @api.model
    def _prepare_field(self, name, field):
        ttype, label, comodel = field
        values = {
            "name": name,
            "field_description": self.with_context(lang="en_US").env._(label),
            "ttype": ttype,
            "state": "manual",
            "copied": False,
            "index": name == "x_source_id",
        }
        if comodel:
            values |= {"relation": comodel, "on_delete": "set null"}
        return values

    # ------------------------------------------------------------- holders

    @api.model
    def _make(self, run, project):
        """Make what records of the used apps hang on; running it again makes nothing twice."""
        uses = {line.use for line in project.readiness_ids if self._is_with(project, line.use)}
        if "task" in uses:
            self._make_project(run, project)
        if "product" in uses:
            ProductVariants(run, project).make()
        if uses & {"order", "invoice"}:
            self._make_product(run, project)
        if "order" in uses:
            self._make_price_lists(run, project)
        if "invoice" in uses:
            self._make_journals(run, project)
        if "enrolment" in uses:
            self._make_courses(run, project)
        if self._is_without(project, "enrolment"):
            self._make_enrolment_model(run, project)
        if project.readiness_ids.filtered(lambda line: line.use == "segment"):
            self._make_lists(run, project, "segment" in uses)

    @api.model
    def _is_with(self, project, use):
        return self.env["crm.migration.readiness"]._is_used(project, use)

    @api.model
    def _make_once(self, run, project, name, model, values, beside=()):
        """Return what the migration made under that name, made now if it was not."""
        known = Resolver(project).xmlid("app", *name)
        record = self.env[model].browse(known or []).exists()
        schema = self.env["crm.migration.schema"]
        if record:
            schema._share(run, project, model, record.ids)
            return record
        record = self.env[model].create(values)
        # What Odoo makes together with it goes after it in a rollback: it is logged first.
        for field in beside:
            if field in record._fields and record[field]:
                schema._log_created(run, project, record[field])
        schema._log_created(run, project, record, [("app", *name)])
        return record

    @api.model
    def _make_project(self, run, project):
        """One project for the tasks of the source, with a stage for open and one for done ones."""
        stages = [
            self._make_once(
                run,
                project,
                ("stage", code),
                "project.task.type",
                {"name": name, "fold": code == "done", "sequence": sequence, "user_id": False},
            )
            for sequence, (code, name) in enumerate(
                [("open", self.env._("Open")), ("done", self.env._("Done"))], start=1
            )
        ]
        self._make_once(
            run,
            project,
            ("project",),
            "project.project",
            {
                "name": self.env._("Tasks of %(crm)s", crm=project._get_profile().name),
                "company_id": project.company_id.id,
                "privacy_visibility": "employees",
                "type_ids": [(6, 0, [stage.id for stage in stages])],
                "allow_billable": False,
                "user_id": False,
            },
            beside=("alias_id", "account_id"),
        )

    @api.model
    def _make_product(self, run, project):
        """A product for lines that name none of the export: Odoo asks every line for one."""
        values = {
            "name": self.env._("Line of %(crm)s", crm=project._get_profile().name),
            "type": "service",
            "sale_ok": False,
            "list_price": 0.0,
            "company_id": False,
        }
        fields = self.env["product.product"]._fields
        values |= {name: [] for name in ("taxes_id", "supplier_taxes_id") if name in fields}
        self._make_once(run, project, ("product",), "product.product", values)

    @api.model
    def _make_price_lists(self, run, project):
        """An order has the currency of its price list: an empty one for each foreign currency."""
        loader, proposer = self.env["crm.migration.loader"], self.env["crm.migration.proposer"]
        codes = set()
        for mapping in project.mapping_ids.filtered(lambda m: m.target == "order"):
            entity_map = loader._get_entity_map(project, mapping.entity)
            columns = entity_map.columns_of("currency")
            if not columns:
                continue
            for *cells, __ in proposer._group_rows(project, mapping.entity, columns):
                row = entity_map.map_row(dict(zip(columns, cells, strict=True))).values
                codes.add(row.get("currency"))
        known = Resolver(project).by_name("res.currency")
        for code in sorted(codes - {None, "", project.company_id.currency_id.name}):
            if known.get(fold(code)):
                self._make_once(
                    run,
                    project,
                    ("pricelist", code),
                    "product.pricelist",
                    {
                        "name": f"{project._get_profile().name} {code}",
                        "currency_id": known[fold(code)],
                        "company_id": project.company_id.id,
                        # Else it could become the one that new orders take.
                        "active": False,
                    },
                )

    @api.model
    def _make_journals(self, run, project):
        """A sales journal of their own for the invoices, and one for what was paid of them.

        So their numbers mix with no sequence of this company, and are told apart in every report.
        """
        journals = self.env["account.journal"]
        own = journals.search(
            [("type", "=", "sale"), ("company_id", "=", project.company_id.id)], limit=1
        )
        name = project._get_profile().name
        self._make_once(
            run,
            project,
            ("journal",),
            "account.journal",
            {
                "name": self.env._("Invoices of %(crm)s", crm=name),
                "type": "sale",
                "code": self._get_free_code("MIG", project),
                "company_id": project.company_id.id,
                "default_account_id": own.default_account_id.id,
                "alias_name": False,
            },
            beside=("alias_id",),
        )
        if project.invoice_policy == "posted":
            bank = self._make_once(
                run,
                project,
                ("bank",),
                "account.journal",
                {
                    "name": self.env._("Payments of %(crm)s", crm=name),
                    "type": "cash",
                    "code": self._get_free_code("MIP", project),
                    "company_id": project.company_id.id,
                },
                beside=("default_account_id", "alias_id"),
            )
            lines = bank.inbound_payment_method_line_ids + bank.outbound_payment_method_line_ids
            lines.filtered(lambda line: not line.payment_account_id).write(
                {"payment_account_id": bank.default_account_id.id}
            )

    @api.model
    def _get_free_code(self, prefix, project):
        taken = self.env["account.journal"].search([("company_id", "=", project.company_id.id)])
        taken = set(taken.mapped("code"))
        return next(f"{prefix}{n or ''}" for n in range(100) if f"{prefix}{n or ''}" not in taken)

    # ------------------------------------------------------------- by name

    @api.model
    def _get_values_of(self, project, target, field):
        """Return {folded text: text} of a mapped field over all rows of a family."""
        values = {}
        schema = self.env["crm.migration.schema"]
        for line in schema._get_lines(project):
            if line.mapping_id.target == target and line.target_field == field:
                for raw in schema._get_choices(line):
                    values.setdefault(fold(raw), " ".join(raw.split()))
        return values

    @api.model
    def _make_courses(self, run, project):
        """Make the courses that enrolments name and no list of courses has."""
        listed = set()
        for field in ("name", "id"):
            listed |= set(self._get_values_of(project, "course", field))
        if "course" in {line.use for line in project.readiness_ids}:
            if not self._is_with(project, "course"):
                listed = set()
        for key, name in self._get_values_of(project, "enrolment", "course").items():
            if key not in listed:
                self._make_once(
                    run,
                    project,
                    ("course", key),
                    "slide.channel",
                    {
                        "name": name,
                        "channel_type": "training",
                        "enroll": "invite",
                        "visibility": "members",
                        "is_published": False,
                        "user_id": False,
                    },
                )

    @api.model
    def _make_lists(self, run, project, with_app):
        """Make a mailing list for each static segment; without the app a tag of contacts."""
        model = "mailing.list" if with_app else "res.partner.category"
        kind = "list" if with_app else "segment"
        known = Resolver(project).by_name(model)
        for key, name in self._get_static(project).items():
            if key in known:
                # People's own list of that name may be used in a mailing: it stays as it is.
                name = f"{name} ({project._get_profile().name})"
            self._make_once(run, project, (kind, key), model, {"name": name})

    @api.model
    def _get_static(self, project):
        """Return {folded name: name} of the segments that are lists, not rules."""
        names, loader = {}, self.env["crm.migration.loader"]
        for mapping in project.mapping_ids.filtered(lambda m: m.target == "segment"):
            entity_map = loader._get_entity_map(project, mapping.entity)
            columns = entity_map.columns_of("name") + entity_map.columns_of("segment_kind")
            if not columns:
                continue
            proposer = self.env["crm.migration.proposer"]
            for *cells, __ in proposer._group_rows(project, mapping.entity, columns):
                row = entity_map.map_row(dict(zip(columns, cells, strict=True))).values
                if row.get("name") and row.get("segment_kind") != "dynamic":
                    names.setdefault(fold(row["name"]), " ".join(row["name"].split()))
        return names

    # ------------------------------------------------------------- custom model

    @api.model
    def _make_enrolment_model(self, run, project):
        """A custom model for enrolments, with its rights, screen and menu (CC-27)."""
        made = self._make_once(
            run,
            project,
            ("model", ENROLMENT),
            "ir.model",
            {
                "name": self.env._("Enrolment"),
                "model": ENROLMENT,
                "state": "manual",
                "field_id": [
                    (0, 0, self._prepare_field(name, field))
                    for name, field in ENROLMENT_FIELDS.items()
                ],
            },
        )
        self._make_once(
            run,
            project,
            ("access", ENROLMENT),
            "ir.model.access",
            {
                "name": ENROLMENT,
                "model_id": made.id,
                "group_id": self.env.ref("sales_team.group_sale_salesman").id,
                "perm_read": True,
                "perm_write": True,
                "perm_create": True,
                "perm_unlink": True,
            },
        )
        columns = [name for name in ENROLMENT_FIELDS if not name.startswith("x_source")]
        arch = "".join(f'<field name="{name}"/>' for name in columns if name != "x_name")
        self._make_once(
            run,
            project,
            ("view", ENROLMENT),
            "ir.ui.view",
            {"name": ENROLMENT, "model": ENROLMENT, "type": "list", "arch": f"<list>{arch}</list>"},
        )
        action = self._make_once(
            run,
            project,
            ("action", ENROLMENT),
            "ir.actions.act_window",
            {"name": self.env._("Enrolments"), "res_model": ENROLMENT, "view_mode": "list,form"},
        )
        self._make_once(
            run,
            project,
            ("menu", ENROLMENT),
            "ir.ui.menu",
            {
                "name": self.env._("Enrolments"),
                "parent_id": self.env.ref("contacts.menu_contacts").id,
                "action": f"ir.actions.act_window,{action.id}",
                "sequence": 90,
            },
        )
