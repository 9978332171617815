import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { formatInteger } from "@web/views/fields/formatters";
import { standardFieldProps } from "@web/views/fields/standard_field_props";
import { Component } from "@odoo/owl";

const COLORS = {
    equal: "text-bg-success",
    explained: "text-bg-info",
    different: "text-bg-danger",
    missing: "text-bg-danger",
};

/** How many values are equal, explained, different, missing. */
export class Verdicts extends Component {
    static template = "crm_migration.Verdicts";
    static props = { verdicts: Array, onOpen: { type: Function, optional: true } };

    format(count) {
        return formatInteger(count);
    }

    getColor({ name, count }) {
        return count ? COLORS[name] : "text-bg-light";
    }
}

export class VerdictsField extends Component {
    static template = "crm_migration.VerdictsField";
    static components = { Verdicts };
    static props = { ...standardFieldProps };
}

registry.category("fields").add("crm_migration_verdicts", {
    component: VerdictsField,
    displayName: _t("Verdicts"),
    supportedTypes: ["json"],
});
