import { registry } from "@web/core/registry";

import { agree, hasFile, isAt, press, upload } from "./crm_migration_steps";

/** From an empty screen to the proof with a workbook: board of owners, sample record by record. */
registry.category("web_tour.tours").add("crm_migration_xlsx", {
    steps: () => [
        { trigger: ".o-kanban-button-new", run: "click" },
        { trigger: ".o_field_widget[name=name] :is(input, textarea)", run: "edit Tour XLSX" },
        { trigger: ".o_field_widget[name=profile] input", run: "click" },
        { trigger: ".o_select_menu_item:contains(Smart CRM Online)", run: "click" },
        { trigger: ".o_field_widget[name=profile] input:value(Smart CRM Online)" },
        { trigger: ".o_form_button_save", run: "click" },
        upload([
            { name: "contacts.xlsx", url: "/crm_migration_tour/contacts.xlsx" },
            { name: "deals.xlsx", url: "/crm_migration_tour/deals.xlsx" },
        ]),
        hasFile("contacts.xlsx"),
        hasFile("deals.xlsx"),
        press("Read Files"),
        isAt("Map"),
        { content: "An owner has no user", trigger: ".alert:contains(no user here) button", run: "click" },
        {
            content: "Give the records to the administrator, with the keyboard's choice",
            trigger: ".o_crm_migration_card:contains(Who) select",
            run: "selectByLabel Mitchell Tour (mitchell_tour)",
        },
        { trigger: ".o_crm_migration_targets .o_crm_migration_card:contains(Who)" },
        { trigger: ".breadcrumb-item a:contains(Tour XLSX), .o_back_button", run: "click" },
        press("Confirm All Proposals"),
        agree("Confirm all"),
        press("Confirm Map"),
        press("Prepare Database"),
        press("Run Sample"),
        press("See Sample"),
        { trigger: ".o_crm_migration_sample select[aria-label='Kind of record']", run: "selectByLabel Contacts" },
        { trigger: ".o_crm_migration_sample nav button:contains(Nu)", run: "click" },
        { trigger: ".o_crm_migration_picture dd:contains(ada@nu.example)" },
        { trigger: ".o_crm_migration_sample button:contains(Approve Sample)", run: "click" },
        agree("Approve"),
        isAt("Approved"),
        press("Load"),
        agree("Load"),
        press("Verify"),
        isAt("Proved"),
        press("See Proof"),
        { trigger: ".o_crm_migration_proof canvas" },
    ],
});
