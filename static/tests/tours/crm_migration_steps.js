import { inputFiles } from "@web/../tests/utils";

/** What a step waits for is work of the server: a busy machine takes its time. */
const TIMEOUT = 40000;

/** Press the button of the next step, which is there once the step before it has ended. */
export const press = (label) => ({
    content: `Press ${label}`,
    trigger: `.o_statusbar_buttons button:enabled:contains(/^${label}$/)`,
    run: "click",
    timeout: TIMEOUT,
});
export const agree = (label) => ({
    content: `Agree to ${label}`,
    trigger: `.modal-footer button:contains(/^${label}$/)`,
    run: "click",
});
export const isAt = (state) => ({
    content: `The project is at ${state}`,
    trigger: `.o_statusbar_status button.o_arrow_button_current:contains(/^${state}$/)`,
    timeout: TIMEOUT,
});
/** Open a statistic of the project, also one of those that stand under “More”. */
export const openStat = (label) => ({
    content: `Open ${label}`,
    trigger: `.oe_stat_button:contains(${label})`,
    run: "click",
});
/** Drop files on the project: made of a text, or fetched from an address. */
export const upload = (files) => ({
    content: "Drop the files",
    trigger: ".o_crm_migration_upload button:enabled",
    async run() {
        const made = await Promise.all(
            files.map(async ({ name, text, url }) => {
                const content = url ? await (await fetch(url)).blob() : text;
                return new File([content], name);
            })
        );
        await inputFiles(".o_crm_migration_upload input[type=file]", made);
    },
});
export const hasFile = (name) => ({
    content: `${name} is taken in`,
    trigger: `.o_field_widget[name=file_ids] .o_data_row:contains(${name})`,
    timeout: TIMEOUT,
});
