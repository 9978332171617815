import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { formatInteger } from "@web/views/fields/formatters";
import { standardFieldProps } from "@web/views/fields/standard_field_props";
import { Component, useState } from "@odoo/owl";

/** What the load will do, told before it: a sentence, what stops rows and why, the figures. */
export class ForecastField extends Component {
    static template = "crm_migration.ForecastField";
    static props = { ...standardFieldProps };

    setup() {
        this.action = useService("action");
        this.state = useState({ open: false });
    }

    get forecast() {
        return this.props.record.data[this.props.name];
    }

    format(count) {
        return count ? formatInteger(count) : "–";
    }

    toggle() {
        this.state.open = !this.state.open;
    }

    /** The queue of doubts, where most of it can be decided for all rows at once. */
    openDoubts() {
        this.action.doAction("crm_migration.crm_migration_doubts_action", {
            additionalContext: { active_id: this.props.record.resId },
        });
    }
}

registry.category("fields").add("crm_migration_forecast", {
    component: ForecastField,
    displayName: _t("Forecast"),
    supportedTypes: ["json"],
});
