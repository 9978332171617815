import { _t } from "@web/core/l10n/translation";
import { AutoComplete } from "@web/core/autocomplete/autocomplete";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { fuzzyLookup } from "@web/core/utils/search";
import { standardFieldProps } from "@web/views/fields/standard_field_props";
import { Component, onWillUpdateProps } from "@odoo/owl";

/** Where a column goes: searched by label or technical name. The server says what is possible. */
export class TargetField extends Component {
    static template = "crm_migration.TargetField";
    static components = { AutoComplete };
    static props = { ...standardFieldProps, placeholder: { type: String, optional: true } };

    setup() {
        this.orm = useService("orm");
        onWillUpdateProps((nextProps) => {
            if (nextProps.record.resId !== this.props.record.resId) {
                this.choices = null;
            }
        });
    }

    get label() {
        const { target_label: label, state } = this.props.record.data;
        return this.name || state === "ignored" ? label || this.name : "";
    }

    get name() {
        return this.props.record.data.state === "ignored" ? "" : this.props.record.data[this.props.name] || "";
    }

    get sources() {
        return [{ placeholder: _t("Loading…"), options: (text) => this.search(text), optionSlot: "option" }];
    }

    async search(text) {
        this.choices ||= this.orm.call("crm.migration.mapping.line", "get_target_choices", [
            [this.props.record.resId],
        ]);
        const choices = await this.choices;
        if (text && text !== this.label) {
            // What is suggested stands among the fields too: found once.
            const unique = choices.filter(({ key }) => !key.startsWith("near."));
            return fuzzyLookup(text, unique, ({ label, name }) => `${label} ${name}`).map((c) => this.makeOption(c));
        }
        return this.withTitles(choices);
    }

    withTitles(choices) {
        const options = [];
        let group = null;
        for (const choice of choices) {
            if (choice.group !== group) {
                group = choice.group;
                options.push({ label: group, data: { title: true }, cssClass: "o_crm_migration_target_title" });
            }
            options.push(this.makeOption(choice));
        }
        return options;
    }

    makeOption(choice) {
        return { label: choice.label, data: { name: choice.name }, onSelect: () => this.pick(choice) };
    }

    pick({ values }) {
        this.choices = null;
        return this.props.record.update(values);
    }
}

export const targetField = {
    component: TargetField,
    displayName: _t("Target of a Column"),
    supportedTypes: ["char"],
    extractProps: ({ placeholder }) => ({ placeholder }),
    fieldDependencies: [
        { name: "target_label", type: "char", readonly: true },
        { name: "transform", type: "selection" },
        { name: "reference", type: "char" },
        { name: "options", type: "json" },
        { name: "new_label", type: "char" },
        { name: "new_type", type: "selection" },
        { name: "state", type: "selection", readonly: true },
    ],
};

registry.category("fields").add("crm_migration_target", targetField);
