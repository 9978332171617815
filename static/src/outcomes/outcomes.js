import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { formatInteger } from "@web/views/fields/formatters";
import { standardFieldProps } from "@web/views/fields/standard_field_props";
import { Component } from "@odoo/owl";

const COLORS = { held: "text-warning-emphasis", failed: "text-danger" };

/** What became of the rows of each entity. Every figure leads to its records; each line adds up. */
export class OutcomeTable extends Component {
    static template = "crm_migration.OutcomeTable";
    static props = { projectId: Number, outcomes: Object };

    setup() {
        this.action = useService("action");
    }

    format(count) {
        return count ? formatInteger(count) : "–";
    }

    getColor(state, count) {
        return count ? COLORS[state] || "" : "text-muted";
    }

    getTotal(state) {
        return this.props.outcomes.lines.reduce((sum, { counts }) => sum + (counts[state] || 0), 0);
    }

    open(line, state) {
        const domain = [
            ["project_id", "=", this.props.projectId],
            ["entity", "=", line.entity],
        ];
        if (state) {
            domain.push(["state", "=", state.name]);
        }
        this.action.doAction({
            type: "ir.actions.act_window",
            name: state ? `${line.label}: ${state.label}` : line.label,
            res_model: "crm.migration.record",
            views: [
                [false, "list"],
                [false, "form"],
            ],
            domain,
        });
    }
}

export class OutcomesField extends Component {
    static template = "crm_migration.OutcomesField";
    static components = { OutcomeTable };
    static props = { ...standardFieldProps };
}

registry.category("fields").add("crm_migration_outcomes", {
    component: OutcomesField,
    displayName: _t("Outcomes"),
    supportedTypes: ["json"],
});
