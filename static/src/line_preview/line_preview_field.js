import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { standardFieldProps } from "@web/views/fields/standard_field_props";
import { Component } from "@odoo/owl";

/** Some values of a column, before and after: what the line of the map makes of them. */
export class LinePreviewField extends Component {
    static template = "crm_migration.LinePreviewField";
    static props = { ...standardFieldProps };

    get rows() {
        return this.props.record.data[this.props.name] || [];
    }
}

registry.category("fields").add("crm_migration_line_preview", {
    component: LinePreviewField,
    displayName: _t("Before and After"),
    supportedTypes: ["json"],
});
