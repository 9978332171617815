import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { standardFieldProps } from "@web/views/fields/standard_field_props";
import { Component, xml } from "@odoo/owl";

/** A text that counts while it is typed, so that its dangerous button wakes up at the right word. */
export class ConfirmNameField extends Component {
    static template = xml`
        <input
            class="o_input"
            type="text"
            autocomplete="off"
            t-att-id="props.id"
            t-att-value="props.record.data[props.name] || ''"
            t-on-input="(ev) => props.record.update({ [props.name]: ev.target.value })"
        />`;
    static props = { ...standardFieldProps };
}

registry.category("fields").add("crm_migration_confirm_name", {
    component: ConfirmNameField,
    displayName: _t("Name to Confirm"),
    supportedTypes: ["char"],
});
