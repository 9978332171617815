import { registry } from "@web/core/registry";
import { inputFiles } from "@web/../tests/utils";

import { agree, isAt, press } from "./crm_migration_steps";

const CONTACTS = `Contact ID,First Name,Last Name,Email,Created
1,Ada,Nu,ada@nu.example,2020-01-02T03:04:05Z
2,Bob,Xi,bob@xi.example,2020-01-03T03:04:05Z
`;
const DEALS = `Deal ID,Deal Name,Amount,Stage,Probability,Status,Contact ID,Created
d1,Ovens,100,Proposal,50,open,1,2021-01-02T03:04:05Z
d2,Old ovens,200,Won,100,won,2,2021-01-03T03:04:05Z
`;

registry.category("web_tour.tours").add("crm_migration_journey", {
    steps: () => [
        { trigger: ".o-kanban-button-new", run: "click" },
        { trigger: ".o_field_widget[name=name] :is(input, textarea)", run: "edit Tour" },
        { trigger: ".o_field_widget[name=profile] input", run: "click" },
        { trigger: ".o_select_menu_item:contains(karmaCRM)", run: "click" },
        { trigger: ".o_field_widget[name=profile] input:value(karmaCRM)" },
        { trigger: ".o_form_button_save", run: "click" },
        press("Upload Files"),
        {
            content: "Choose two files at once",
            trigger: ".modal .o_field_widget[name=attachment_ids]",
            async run() {
                await inputFiles(".modal .o_field_widget[name=attachment_ids] input[type=file]", [
                    new File([CONTACTS], "contacts.csv", { type: "text/csv" }),
                    new File([DEALS], "deals.csv", { type: "text/csv" }),
                ]);
            },
        },
        { trigger: ".modal .o_attachment:contains(contacts)" },
        { trigger: ".modal .o_attachment:contains(deals)" },
        agree("Upload"),
        press("Read Files"),
        isAt("Map"),
        press("Confirm All Proposals"),
        agree("Confirm all"),
        press("Confirm Map"),
        isAt("Map confirmed"),
        press("Prepare Database"),
        press("Run Sample"),
        { trigger: ".o_statusbar_buttons button:contains(See Sample)" },
        press("Approve Sample"),
        agree("Approve"),
        isAt("Approved"),
        press("Load"),
        agree("Load"),
        press("Verify"),
        isAt("Proved"),
        { trigger: ".o_statusbar_buttons button:contains(See Proof)" },
    ],
});
