import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { standardFieldProps } from "@web/views/fields/standard_field_props";
import { Component } from "@odoo/owl";

/** Encodings that exports come in, with where they are met. */
const ENCODINGS = () => [
    ["utf-8", _t("UTF-8 (usual)")],
    ["cp1252", _t("Windows, Western Europe (cp1252)")],
    ["cp1250", _t("Windows, Central Europe (cp1250)")],
    ["cp1251", _t("Windows, Cyrillic (cp1251)")],
    ["cp1253", _t("Windows, Greek (cp1253)")],
    ["cp1254", _t("Windows, Turkish (cp1254)")],
    ["iso8859-1", _t("Latin 1")],
    ["iso8859-2", _t("Latin 2")],
    ["iso8859-15", _t("Latin 9 (with €)")],
    ["mac_roman", _t("Old Mac")],
    ["cp850", _t("DOS (cp850)")],
    ["utf-16", _t("UTF-16 (Excel's Unicode text)")],
    ["cp932", _t("Japanese (Shift JIS)")],
    ["gb18030", _t("Chinese (GB 18030)")],
    ["koi8_r", _t("Russian (KOI8-R)")],
];
const DELIMITERS = () => [
    [",", _t("Comma")],
    [";", _t("Semicolon")],
    ["\t", _t("Tab")],
    ["|", _t("Bar")],
];

/** How a text file is written: chosen by name; what was found stands among the choices. */
export class ReadingField extends Component {
    static template = "crm_migration.ReadingField";
    static props = { ...standardFieldProps };

    get value() {
        return this.props.record.data[this.props.name] || "";
    }

    get choices() {
        const choices = this.props.name === "delimiter" ? DELIMITERS() : ENCODINGS();
        const known = choices.some(([value]) => value === this.value);
        return known || !this.value ? choices : [[this.value, this.value], ...choices];
    }

    get label() {
        const choice = this.choices.find(([value]) => value === this.value);
        return choice ? choice[1] : "";
    }

    onChange(ev) {
        this.props.record.update({ [this.props.name]: ev.target.value });
    }
}

registry.category("fields").add("crm_migration_reading", {
    component: ReadingField,
    displayName: _t("How a File Is Written"),
    supportedTypes: ["char"],
});
