import { registry } from "@web/core/registry";

import { agree, isAt, openStat, press, upload } from "./crm_migration_steps";

/** Look at the questions, open one, and settle all of a kind. */
registry.category("web_tour.tours").add("crm_migration_doubts_queue", {
    steps: () => [
        openStat("Questions"),
        { trigger: ".o_crm_migration_doubts article:contains(Owner without a user) button:contains(Look at Each)", run: "click" },
        { trigger: ".o_list_view .o_data_row:contains(left@gone.example)" },
        { trigger: ".breadcrumb-item a:contains(Open Questions), .o_back_button", run: "click" },
        { trigger: ".o_crm_migration_doubts article:contains(Owner without a user) button:contains(Decide by Value)", run: "click" },
        { trigger: ".o_list_view .o_data_row:contains(left@gone.example)" },
        { trigger: ".breadcrumb-item a:contains(Open Questions), .o_back_button", run: "click" },
        { trigger: ".o_crm_migration_doubts article:contains(Owner without a user) button:contains(Settle All)", run: "click" },
        agree("Settle All"),
        { trigger: ".o_crm_migration_doubts:not(:has(article:contains(Owner without a user)))" },
    ],
});

/** A newer export in which a contact changed that somebody has edited here. */
registry.category("web_tour.tours").add("crm_migration_delta_conflict", {
    steps: () => [
        upload([
            {
                name: "contacts.csv",
                text: `Contact ID,First Name,Last Name,Email,Phone,Created
1,Ada,Nu,ada@nu.example,+49 30 111111,2020-01-02T03:04:05Z
2,Bob,Xi,bob@xi.example,+49 30 999999,2020-01-03T03:04:05Z
3,Eve,Pi,eve@pi.example,+49 30 333333,2020-01-04T03:04:05Z
`,
            },
        ]),
        press("Read Files"),
        press("Prepare Database"),
        press("Load Changes"),
        agree("Load"),
        press("Verify"),
        isAt("Proved"),
        openStat("Questions"),
        { trigger: ".o_crm_migration_doubts article:contains(Changed on both sides) button:contains(Look at Each)", run: "click" },
        { trigger: ".o_list_view .o_data_row:contains(+49 30 999999)" },
    ],
});

/** Cancel a run that waits: the window closes, and the next step is there again. */
registry.category("web_tour.tours").add("crm_migration_cancel", {
    steps: () => [
        { trigger: ".o_crm_migration_run button:contains(/^Cancel$/)", run: "click" },
        agree("Cancel the run"),
        { trigger: "body:not(:has(.modal)):not(:has(.o_crm_migration_run)) .o_form_view" },
        press("Read Files"),
    ],
});

/** Undo everything; what somebody has edited is listed, and stays. */
registry.category("web_tour.tours").add("crm_migration_rollback_spared", {
    steps: () => [
        { trigger: ".o_cp_action_menus button", run: "click" },
        { trigger: ".o-dropdown--menu .o-dropdown-item:contains(/^Roll Back$/)", run: "click" },
        { trigger: ".modal .o_field_widget[name=spared_ids] .o_data_row:contains(Bob Xi)" },
        { trigger: ".modal-footer button.btn-danger:disabled" },
        { trigger: ".modal .o_field_widget[name=typed_name] input", run: "edit Tour" },
        { trigger: ".modal-footer button.btn-danger:enabled", run: "click" },
        { trigger: "body:not(:has(.modal)) .o_form_view .alert:contains(undone)", timeout: 40000 },
    ],
});
