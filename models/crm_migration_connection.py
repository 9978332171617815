import copy
from urllib.parse import urlsplit

from odoo import Command, api, fields, models
from odoo.exceptions import AccessError, UserError, ValidationError

from ..engine import profiles, rest
from ..engine.exceptions import ConfigurationError, SourceError
from ..engine.rest import paging
from ..engine.web import origin
from . import vault, words
from .web import get_guard

TRIED_RECORDS = 3
# Setting of the interface -> field that holds it.
AUTH = {"kind": "auth_kind", "prefix": "auth_prefix", "user": "auth_user"}
PAGING = {
    "kind": "paging_kind",
    "page_parameter": "page_parameter",
    "first_page": "first_page",
    "offset_parameter": "offset_parameter",
    "size_parameter": "size_parameter",
    "size": "page_size",
    "cursor_parameter": "cursor_parameter",
    "cursor_path": "cursor_path",
    "records_path": "records_path",
    "total_path": "total_path",
}
# Setting that is wrong -> field of the screen; of a list its own.
SHOWN = PAGING | {
    "base_url": "base_url", "rate": "rate", "parallel": "parallel", "auth": "auth_name",
}  # fmt: skip
SHOWN_LIST = ("path", "detail_path", "entity")


class CrmMigrationConnection(models.Model):
    """How a source is asked over REST: what its profile declares, or what a person filled in."""

    _name = "crm.migration.connection"
    _description = "Connection to a Source"
    _order = "id desc"

    name = fields.Char(required=True)
    profile = fields.Selection(
        selection=lambda self: self.env["crm.migration.project"]._selection_profile(),
        required=True,
        string="Source",
    )
    company_id = fields.Many2one(
        "res.company", required=True, default=lambda self: self.env.company
    )
    base_url = fields.Char(string="Address", required=True)
    is_allowed = fields.Boolean(
        string="Inside the Network",
        copy=False,
        help="The host may be asked although it is private or not encrypted. For system "
        "administrators.",
    )
    auth_kind = fields.Selection(
        [
            ("none", "None"),
            ("query_token", "Token in the address"),
            ("header_token", "Token in a header"),
            ("api_key", "API key in a header"),
            ("bearer", "Bearer token"),
            ("basic", "User and password"),
        ],
        default="bearer",
        required=True,
        string="Authentication",
    )
    auth_name = fields.Char(string="Parameter or Header")
    auth_prefix = fields.Char(string="Before the Token")
    auth_user = fields.Char(string="User", groups="crm_migration.crm_migration_group_manager")
    token = fields.Char(
        compute="_compute_token",
        inverse="_inverse_token",
        groups="crm_migration.crm_migration_group_manager",
        string="Token or Password",
        help="Can be set, never read.",
    )
    token_stored = fields.Char(groups=fields.NO_ACCESS, copy=False)
    has_token = fields.Boolean(compute="_compute_has_token", compute_sudo=True)
    paging_kind = fields.Selection(
        [
            ("none", "One page"),
            ("page", "Page number"),
            ("offset", "Offset"),
            ("cursor", "Cursor in the answer"),
            ("link", "Link header"),
        ],
        default="page",
        required=True,
        string="Paging",
    )
    page_parameter = fields.Char(default="page")
    first_page = fields.Integer(default=1)
    offset_parameter = fields.Char(default="offset")
    size_parameter = fields.Char(default="per_page")
    page_size = fields.Integer(default=100)
    cursor_parameter = fields.Char(help="Empty: the answer holds the next page's address.")
    cursor_path = fields.Char(help="Where the cursor stands in the answer, as meta.next.")
    records_path = fields.Char(help="Where the records stand in the answer, as data.items.")
    total_path = fields.Char(help="Where the number of all records stands, as meta.total.")
    rate = fields.Float(
        default=5,
        string="Requests per Second",
        help="At most. It slows down by itself when the source throttles.",
    )
    parallel = fields.Integer(default=4, string="Requests at Once")
    endpoint_ids = fields.One2many("crm.migration.connection.endpoint", "connection_id", copy=True)
    project_ids = fields.One2many("crm.migration.project", "connection_id")
    trial_html = fields.Html(string="Trial", readonly=True, copy=False)
    is_tried = fields.Boolean(
        readonly=True, copy=False, help="The last trial could read every list that must be there."
    )

    def _compute_token(self):
        """Nobody reads it."""
        self.token = False

    def _inverse_token(self):
        for connection in self.filtered("token"):
            stored = vault.encrypt(connection.token.strip())
            connection.sudo().token_stored = stored
            for project in connection.sudo().project_ids:
                # What broke off for the old one goes on by its schedule.
                project.env["crm.migration.issue"]._clear(project, ["rest_token"])
        self.invalidate_recordset(["token", "has_token"], flush=False)

    @api.depends("token_stored")
    def _compute_has_token(self):
        for connection in self:
            connection.has_token = bool(connection.token_stored)

    @api.constrains("base_url", "rate", "parallel", "page_size", "auth_kind", "auth_name",
                    "paging_kind", "cursor_path", "endpoint_ids")  # fmt: skip
    def _check_settings(self):
        for connection in self.filtered("endpoint_ids"):  # without lists it is only begun
            connection._get_api()

    @api.model_create_multi
    def create(self, vals_list):
        """Fill in what the profile declares."""
        prepared = []
        for vals in vals_list:
            self._check_may_allow(vals)
            prepared.append(self._prepare_from_profile(vals.get("profile")) | vals)
        connections = super().create(prepared)
        project = self.env["crm.migration.project"].browse(
            self.env.context.get("crm_migration_project_id") or ()
        )
        if project and not project.connection_id:
            project.connection_id = connections[:1]
        return connections

    def write(self, vals):
        """A token belongs to one host: another address needs it anew. Settings need a trial."""
        self._check_may_allow(vals)
        if vals.keys() - {"name", "trial_html", "is_tried", "project_ids"}:
            vals = {"is_tried": False} | vals
        if "base_url" in vals:
            moved = self.filtered(
                lambda one: origin(one.base_url) != origin(vals["base_url"] or "")
            )
            if moved:
                moved.sudo().write({"token_stored": False})
                if "is_allowed" not in vals:
                    super(CrmMigrationConnection, moved).write({"is_allowed": False})
        return super().write(vals)

    def _check_may_allow(self, vals):
        if vals.get("is_allowed") and not self.env.su and not self.env.user._is_system():
            raise AccessError(
                self.env._("Only a system administrator may allow a host inside the network.")
            )

    # ------------------------------------------------------------------ settings

    @api.onchange("profile")
    def _onchange_profile(self):
        """Show what is known of the source's interface."""
        values = self._prepare_from_profile(self.profile)
        if values:
            self.endpoint_ids = [Command.clear()]
            self.update(values)

    @api.model
    def _prepare_from_profile(self, code):
        """Return the values of a connection that the profile declares."""
        declared = profiles.load(code).rest if code in profiles.codes() else {}
        if not declared:
            return {}
        auth, paged, rate = (declared.get(key) or {} for key in ("auth", "paging", "rate"))
        values = {"base_url": declared.get("base_url") or False}
        values |= {field: auth[key] for key, field in AUTH.items() if key in auth}
        values["auth_name"] = auth.get("parameter") or auth.get("header") or False
        values |= {field: paged[key] for key, field in PAGING.items() if key in paged}
        values["rate"] = rate.get("requests_per_second", 5)
        values["parallel"] = rate.get("parallel", 4)
        order = declared.get("order") or list(declared["endpoints"])
        endpoints = self.env["crm.migration.connection.endpoint"]
        values["endpoint_ids"] = [
            Command.create(endpoints._prepare(name, declared["endpoints"][name], number))
            for number, name in enumerate(order, 1)
        ]
        return values

    def _get_settings(self):
        """Return the interface as it is declared: the profile's facts, and what is set here."""
        self.ensure_one()
        self = self.sudo()  # the user's name is for managers; a run goes on for others too
        content = copy.deepcopy(profiles.load(self.profile).rest) or {}
        known = content.get("endpoints") or {}
        where = "parameter" if self.auth_kind == "query_token" else "header"
        content["auth"] = {key: self[field] or "" for key, field in AUTH.items()}
        content["auth"][where] = self.auth_name or ""
        content["paging"] = {
            key: self[field] for key, field in PAGING.items() if self[field] not in (False, "")
        }
        content["rate"] = {"requests_per_second": self.rate, "parallel": self.parallel}
        lines = self.endpoint_ids.sorted("sequence")
        content["endpoints"] = {line.name: line._get_settings(known) for line in lines}
        content["order"] = [line.name for line in lines]
        if (content.get("definitions") or {}).get("endpoint") not in content["endpoints"]:
            content.pop("definitions", None)
        return content

    def _get_api(self):
        """Return the checked interface.

        :raise ValidationError: says which setting is wrong
        """
        self.ensure_one()
        if not self.endpoint_ids:
            raise ValidationError(self.env._("Add the lists of records that the source offers."))
        codes = {entity.code for entity in profiles.load(self.profile).entities}
        try:
            return rest.build(self._get_settings(), self.base_url, codes)
        except ConfigurationError as error:
            raise ValidationError(self._describe_setting(**error.parameters)) from error

    def _describe_setting(self, place, detail, **__):
        """Return what is wrong by the names of the screen.

        :param place: of the setting, as ``rest.endpoints.people.detail_path``
        """
        parts = place.split(".")
        model, name = self, SHOWN.get(parts[-1])
        if parts[1:2] == ["endpoints"] and parts[-1] in SHOWN_LIST:
            model, name = self.endpoint_ids, parts[-1]
        label = model.fields_get([name])[name]["string"] if name else parts[-1]
        if model != self:
            label = self.env._("%(setting)s of %(list)s", setting=label, list=parts[2])
        return f"{label}: {words.translate(self.env, detail)}"

    def _describe_error(self, error):
        return words.describe_problem(self.env, error.code, error.parameters)

    def _get_guard(self, plain=False):
        """Return the guard of what this source names: its own host too, where it is allowed."""
        self.ensure_one()
        guard = get_guard(self.env, plain)
        if self.is_allowed:
            __, host, port = origin(self.base_url)
            guard.allowed.add(f"{host}:{port}")
        return guard

    def _get_token(self):
        self.ensure_one()
        stored = self.sudo().token_stored
        if not stored and self.auth_kind != "none":
            raise UserError(self.env._("Enter the token of %(name)s first.", name=self.name))
        return vault.decrypt(self.env, stored) if stored else ""

    def _open(self, **options):
        """Return the :class:`rest.Client` of this source, to be used in a ``with`` statement."""
        return rest.Client(self._get_api(), self._get_token(), self._get_guard(), **options)

    # ------------------------------------------------------------------ buttons

    def action_try(self):
        """Ask each list for three records, and show what came."""
        self.ensure_one()
        self.env["crm.migration.project"]._check_manager()
        self.check_access("write")
        with self._open(tries=2) as client:
            rows = [self._try_endpoint(client, endpoint) for endpoint in client.api.endpoints]
        self.trial_html = self.env["ir.qweb"]._render(
            "crm_migration.connection_trial", {"rows": rows}
        )
        self.is_tried = not any(row.get("bad") for row in rows)
        view = self.env.ref("crm_migration.crm_migration_connection_view_trial")
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Trial on Three Records"),
            "res_model": self._name,
            "res_id": self.id,
            "views": [(view.id, "form")],
            "target": "new",
        }

    def _try_endpoint(self, client, endpoint):
        """Return what the trial shows of a list."""
        row = {"name": endpoint.name, "count": 0, "total": None, "header": [], "records": []}
        if endpoint.per_record_of:
            return row | {"text": self.env._("One list per record: tried with the extraction.")}
        try:
            path = client.find_path(endpoint)
            if path is None:
                return row | {"text": self.env._("Not offered by the source.")}
            position = paging.first(endpoint.paging)
            page = client.read_page(endpoint, path, position, size=TRIED_RECORDS)
            records = page.records[:TRIED_RECORDS]
            if endpoint.details:
                records = [one for one in client.complete(endpoint, path, records) if one]
        except SourceError as error:
            advice = words.get_advice(self.env, error.code)
            return row | {"text": self._describe_error(error), "advice": advice, "bad": True}
        shaper = rest.Shaper()
        cells = [shaper.row(one, endpoint.shape) for one in records]
        header = list(dict.fromkeys(name for one in cells for name in one))
        return row | {
            "count": len(records),
            "total": page.total,
            "header": header,
            "records": [[one.get(name) for name in header] for one in cells],
        }

    def action_extract(self):
        """Extract for the migration that uses the connection, and show it."""
        self.ensure_one()
        asked = self.env.context.get("crm_migration_project_id")
        project = self.project_ids.filtered(lambda one: not asked or one.id == asked)[:1]
        if not project:
            raise UserError(self.env._("No migration uses this connection yet: choose it there."))
        project.action_extract()
        return {
            "type": "ir.actions.act_window",
            "res_model": project._name,
            "res_id": project.id,
            "views": [(False, "form")],
        }

    @api.depends("name", "base_url")
    def _compute_display_name(self):
        for connection in self:
            host = urlsplit(connection.base_url or "").netloc
            connection.display_name = f"{connection.name} ({host})" if host else connection.name


class CrmMigrationConnectionEndpoint(models.Model):
    """One list of records of a connection."""

    _name = "crm.migration.connection.endpoint"
    _description = "List of a Connection"
    _order = "connection_id, sequence, id"

    connection_id = fields.Many2one("crm.migration.connection", required=True, ondelete="cascade")
    sequence = fields.Integer(default=10)
    name = fields.Char(required=True)
    entity = fields.Selection(words.select_entity, string="Holds")
    path = fields.Char(
        required=True, help="Below the address; several, with spaces: the first that is there."
    )
    detail_path = fields.Char(
        string="Single Record", help="With {id}: where a record is complete, if the list is not."
    )
    details = fields.Selection(
        [("no", "The list is complete"), ("probe", "Find out"), ("yes", "One request each")],
        default="no",
        required=True,
    )
    id_path = fields.Char(default="id", required=True, string="ID Is At")
    records_path = fields.Char(string="Records", help="Where they stand, unless as elsewhere.")
    since_parameter = fields.Char(string="Changed Since", help="Parameter, if there is one.")
    since_format = fields.Char(default="%Y-%m-%dT%H:%M:%SZ")
    optional = fields.Boolean(help="Left out with a remark if the source does not offer it.")

    @api.model
    def _prepare(self, name, entry, number):
        """Return the values of a list that a profile declares."""
        paths, singles = entry["path"], entry.get("detail_path") or ""
        details = entry.get("details", bool(entry.get("detail_path")))
        return {
            "sequence": number * 10,
            "name": name,
            "entity": entry.get("entity") or False,
            "path": paths if isinstance(paths, str) else " ".join(paths),
            "detail_path": singles if isinstance(singles, str) else " ".join(singles),
            "details": {True: "yes", False: "no"}.get(details, details),
            "id_path": entry.get("id_path", "id"),
            "records_path": entry.get("records_path") or False,
            "since_parameter": entry.get("since_parameter") or False,
            "since_format": entry.get("since_format") or "%Y-%m-%dT%H:%M:%SZ",
            "optional": bool(entry.get("optional")),
        }

    def _get_settings(self, known):
        """Return the list as it is declared; what is not on screen stays as the profile has it."""
        entry = dict(known.get(self.name) or {})
        entry |= {
            "path": self.path.split(),
            "entity": self.entity or "",
            "detail_path": (self.detail_path or "").split(),
            "details": {"yes": True, "no": False}.get(self.details, self.details),
            "id_path": self.id_path,
            "since_parameter": self.since_parameter or "",
            "since_format": self.since_format or "",
            "optional": self.optional,
        }
        if self.records_path:
            entry["records_path"] = self.records_path
        return entry
