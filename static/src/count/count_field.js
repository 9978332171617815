import { registry } from "@web/core/registry";
import { IntegerField, integerField } from "@web/views/fields/integer/integer_field";

/** A count that is not known is no zero: it stays blank. */
export class CountField extends IntegerField {
    get formattedValue() {
        return this.value ? super.formattedValue : "";
    }
}

registry.category("fields").add("crm_migration_count", {
    ...integerField,
    component: CountField,
});
