import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { standardFieldProps } from "@web/views/fields/standard_field_props";
import { Component } from "@odoo/owl";

/** The two next best places of a column: one click sends it there. */
export class AlternativesField extends Component {
    static template = "crm_migration.AlternativesField";
    static props = { ...standardFieldProps };

    setup() {
        this.orm = useService("orm");
    }

    get choices() {
        return this.props.record.data[this.props.name] || [];
    }

    async choose(choice) {
        const { record } = this.props;
        if ((await record.isDirty()) && !(await record.save())) {
            return;
        }
        await this.orm.call(record.resModel, "choose_alternative", [[record.resId], choice.key]);
        await record.load();
        record.model.notify();
    }
}

registry.category("fields").add("crm_migration_alternatives", {
    component: AlternativesField,
    displayName: _t("Next Best"),
    supportedTypes: ["json"],
});
