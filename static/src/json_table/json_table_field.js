import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { standardFieldProps } from "@web/views/fields/standard_field_props";
import { Component } from "@odoo/owl";

/** A JSON object as a small table: name and value. Read-only. */
export class JsonTableField extends Component {
    static template = "crm_migration.JsonTableField";
    static props = { ...standardFieldProps };

    get rows() {
        const value = this.props.record.data[this.props.name];
        if (value === null || value === undefined || value === false) {
            return [];
        }
        if (typeof value !== "object") {
            return [["", String(value)]];
        }
        return Object.entries(value).map(([name, content]) => [name, this.format(content)]);
    }

    format(content) {
        if (content === null || content === undefined) {
            return "";
        }
        if (Array.isArray(content)) {
            return content.map((item) => this.format(item)).join(", ");
        }
        if (typeof content === "object") {
            return Object.entries(content)
                .filter(([, item]) => item !== 0 && item !== null)
                .map(([name, item]) => `${name}: ${this.format(item)}`)
                .join(", ");
        }
        return String(content);
    }
}

export const jsonTableField = {
    component: JsonTableField,
    displayName: _t("Table of Values"),
    supportedTypes: ["json"],
};

registry.category("fields").add("crm_migration_json_table", jsonTableField);
