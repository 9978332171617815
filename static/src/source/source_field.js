import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { standardFieldProps } from "@web/views/fields/standard_field_props";
import { Component, xml } from "@odoo/owl";

/** The old CRM by its name; another account of it has a code that begins with the same word. */
export class SourceField extends Component {
    static template = xml`<span t-out="name" />`;
    static props = { ...standardFieldProps, labels: { type: Object } };

    get name() {
        const value = this.props.record.data[this.props.name] || "";
        const code = Object.keys(this.props.labels).find((known) => value === known || value.startsWith(`${known}_`));
        if (!code) {
            return value;
        }
        const account = value.slice(code.length + 1).replaceAll("_", " ");
        return account ? `${this.props.labels[code]} (${account})` : this.props.labels[code];
    }
}

registry.category("fields").add("crm_migration_source", {
    component: SourceField,
    displayName: _t("Source"),
    supportedTypes: ["char"],
    extractProps: ({ options }) => ({ labels: options.labels || {} }),
});
