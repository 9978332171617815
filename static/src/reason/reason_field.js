import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { standardFieldProps } from "@web/views/fields/standard_field_props";
import { Component, xml } from "@odoo/owl";

/** Why something was proposed, in words; the engine speaks in codes (engine/headers.py, engine/proposing.py). */
function describeReason(code) {
    return {
        alias: _t("Known name"),
        choice: _t("A value of the list"),
        columns: _t("Its columns"),
        contains: _t("Part of the name"),
        custom: _t("New field for it"),
        derived: _t("Odoo works it out"),
        empty: _t("Empty column"),
        kept: _t("Kept as text"),
        matched: _t("Same email or name"),
        moment: _t("Known date"),
        name: _t("Its name only"),
        name_columns: _t("Its name and columns"),
        nothing: _t("Nothing fits"),
        profile: _t("Known of this CRM"),
        role: _t("Rights are not moved"),
        secret: _t("Secrets are not moved"),
        similar: _t("Similar name"),
        similar_login: _t("Login begins alike"),
        values: _t("Its values"),
        words: _t("Same words"),
    }[code];
}

export class ReasonField extends Component {
    static template = xml`<span class="d-block text-truncate" t-out="text" t-att-data-tooltip="text" />`;
    static props = { ...standardFieldProps };

    get text() {
        const code = this.props.record.data[this.props.name] || "";
        const [kind, detail] = code.split(":");
        if (kind === "inventory") {
            return _t("Does not move: %s", detail);
        }
        return describeReason(code) || code;
    }
}

registry.category("fields").add("crm_migration_reason", {
    component: ReasonField,
    displayName: _t("Reason"),
    supportedTypes: ["char"],
});
