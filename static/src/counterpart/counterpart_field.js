import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { standardFieldProps } from "@web/views/fields/standard_field_props";
import { Component } from "@odoo/owl";

/** What a value of the source becomes: one of a few words, or any text for a pick-list. */
export class CounterpartField extends Component {
    static template = "crm_migration.CounterpartField";
    static props = { ...standardFieldProps, placeholder: { type: String, optional: true } };

    get value() {
        return this.props.record.data[this.props.name] || "";
    }

    get choices() {
        return this.props.record.data.counterparts || [];
    }

    get label() {
        const choice = this.choices.find(([value]) => value === this.value);
        return choice ? choice[1] : this.value;
    }

    onChange(ev) {
        this.props.record.update({ [this.props.name]: ev.target.value || false });
    }
}

registry.category("fields").add("crm_migration_counterpart", {
    component: CounterpartField,
    displayName: _t("Counterpart of a Value"),
    supportedTypes: ["char"],
    extractProps: ({ placeholder }) => ({ placeholder }),
    fieldDependencies: [{ name: "counterparts", type: "json", readonly: true }],
});
