import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";

/** What a run is called while it works, and when it is over. */
export function describeRun(kind) {
    return {
        extract: { running: _t("Reading the files"), done: _t("The files are read.") },
        propose: { running: _t("Proposing the map"), done: _t("The map is proposed.") },
        schema: { running: _t("Preparing the database"), done: _t("The database is prepared.") },
        forecast: { running: _t("Working out the forecast"), done: _t("The forecast is ready.") },
        sample: { running: _t("Loading a sample"), done: _t("The sample is ready.") },
        load: { running: _t("Loading"), done: _t("The load is done.") },
        verify: { running: _t("Comparing with the source"), done: _t("The proof is ready.") },
        rollback: { running: _t("Rolling back"), done: _t("The migration is rolled back.") },
    }[kind] || { running: kind, done: kind };
}

/** A toast when a run of the user ends, whatever screen is open. */
export const crmMigrationProgressService = {
    dependencies: ["action", "bus_service", "notification"],
    start(env, { action, bus_service: bus, notification }) {
        bus.subscribe("crm_migration/progress", ({ project_id, name, kind, state }) => {
            if (!["done", "failed"].includes(state)) {
                return;
            }
            const failed = state === "failed";
            const close = notification.add(
                failed ? _t("%s: stopped by an error.", describeRun(kind).running) : describeRun(kind).done,
                {
                    title: name || _t("CRM Migration"),
                    type: failed ? "danger" : "success",
                    sticky: failed,
                    buttons: [
                        {
                            name: _t("Open It"),
                            onClick: () => {
                                close();
                                action.doAction({
                                    type: "ir.actions.act_window",
                                    res_model: "crm.migration.project",
                                    res_id: project_id,
                                    views: [[false, "form"]],
                                });
                            },
                        },
                    ],
                }
            );
        });
    },
};

registry.category("services").add("crm_migration_progress", crmMigrationProgressService);
