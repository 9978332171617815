import { _t } from "@web/core/l10n/translation";
import { ConfirmationDialog } from "@web/core/confirmation_dialog/confirmation_dialog";
import { registry } from "@web/core/registry";
import { delay } from "@web/core/utils/concurrency";
import { useService } from "@web/core/utils/hooks";
import { useRecordObserver } from "@web/model/relational_model/utils";
import { formatInteger } from "@web/views/fields/formatters";
import { standardWidgetProps } from "@web/views/widgets/standard_widget_props";
import { Component, onMounted, onWillUnmount, status, useState } from "@odoo/owl";

import { describeRun } from "../progress_service";

const FIELDS = ["kind", "state", "progress", "rate", "time_left", "processed", "total", "error"];
const UNFINISHED = ["queued", "running"];
const FINISHED = ["done", "failed", "cancelled"];
/** Where the bus does not reach the browser, the run is asked for. */
const POLL_MILLISECONDS = 4000;
/** How often the parts of a load are asked for, at most. */
const LIVE_MILLISECONDS = 2000;
const BUTTON_AT_WORK = ".o_statusbar_buttons button[disabled], .modal-footer button[disabled]";
const BUTTON_MILLISECONDS = 200;

/** The run of a project that is under way, or that failed last: live bar, pause, go on, cancel. */
export class RunBanner extends Component {
    static template = "crm_migration.RunBanner";
    static props = { ...standardWidgetProps };

    setup() {
        this.action = useService("action");
        this.bus = useService("bus_service");
        this.dialog = useService("dialog");
        this.orm = useService("orm");
        this.state = useState({ run: null, busy: false, parts: [], wished: false });
        useRecordObserver((record) => {
            // Named here to be observed: another step of the project means another run.
            const { active_run_id: activeRun, file_count, state } = record.data;
            void [file_count, state];
            return this.loadRun(record.resId).then(() => this.checkOverlap(activeRun));
        });
        const onProgress = (payload) => this.onProgress(payload);
        onMounted(() => {
            this.bus.subscribe("crm_migration/progress", onProgress);
            this.timer = setInterval(() => this.poll(), POLL_MILLISECONDS);
        });
        onWillUnmount(() => {
            this.bus.unsubscribe("crm_migration/progress", onProgress);
            clearInterval(this.timer);
        });
    }

    get isShown() {
        return this.state.run && !["done", "cancelled"].includes(this.state.run.state);
    }

    get isFailed() {
        return this.state.run.state === "failed";
    }

    get title() {
        return describeRun(this.state.run.kind).running;
    }

    get details() {
        const { kind, state, processed, total, rate, time_left: left } = this.state.run;
        if (state === "queued" && !processed) {
            return [_t("Waits for the background worker")];
        }
        const details = [];
        const counts = { done: formatInteger(processed), total: formatInteger(total) };
        if (!total) {
            details.push(_t("%s done", counts.done));
        } else if (kind === "extract") {
            details.push(_t("%(done)s of about %(total)s", counts));
        } else {
            details.push(_t("%(done)s of %(total)s", counts));
        }
        if (rate >= 1 && state === "running") {
            details.push(_t("%s per second", formatInteger(Math.round(rate))));
        }
        if (left && state === "running") {
            details.push(_t("%s left", left));
        }
        if (this.state.wished && state === "running") {
            details.push(_t("Stops after this batch"));
        }
        if (state === "paused") {
            details.push(_t("Paused"));
        }
        return details;
    }

    /** Null where nobody knows how much there is to do: rows of a packed file while it is read. */
    get percent() {
        return this.state.run.total ? Math.round(this.state.run.progress) : null;
    }

    async loadRun(projectId) {
        if (!projectId) {
            this.state.run = null;
            return;
        }
        const [run] = await this.orm.searchRead("crm.migration.run", [["project_id", "=", projectId]], FIELDS, {
            limit: 1,
            order: "id desc",
        });
        this.state.run = run || null;
        await this.loadParts();
    }

    /** How far each kind of record is; asked for now and then, as it is counted anew. */
    async loadParts() {
        const { run } = this.state;
        if (!run || run.kind !== "load" || FINISHED.includes(run.state)) {
            this.state.parts = [];
            return;
        }
        if (this.partsOf === run.id && Date.now() - this.askedAt < LIVE_MILLISECONDS) {
            return;
        }
        this.partsOf = run.id;
        this.askedAt = Date.now();
        this.state.parts = await this.orm.call("crm.migration.run", "get_live", [[run.id]]);
    }

    format(count) {
        return formatInteger(count);
    }

    getShare({ done, total }) {
        return Math.round((100 * done) / (total || 1));
    }

    /** A run may end between the reading of the project and its own: then the project is old news. */
    checkOverlap(activeRun) {
        const run = this.state.run;
        if (activeRun && run && activeRun.id === run.id && FINISHED.includes(run.state)) {
            setTimeout(() => this.reloadProject());
        }
    }

    async poll() {
        if (!this.state.run || !UNFINISHED.includes(this.state.run.state) || document.hidden) {
            return;
        }
        const { id, state } = this.state.run;
        await this.loadRun(this.props.record.resId);
        const run = this.state.run;
        if (run && (run.id !== id || (run.state !== state && !UNFINISHED.includes(run.state)))) {
            await this.reloadProject();
        }
    }

    async onProgress({ project_id: projectId, run_id: id, state, ...told }) {
        if (projectId !== this.props.record.resId) {
            return;
        }
        const isKnown = this.state.run && this.state.run.id === id;
        if (isKnown) {
            Object.assign(this.state.run, told);
        }
        if (!UNFINISHED.includes(state)) {
            this.state.wished = false;
        }
        if (!isKnown || !UNFINISHED.includes(state)) {
            await this.reloadProject();
        } else {
            this.state.run.state = state;
            await this.loadParts();
        }
    }

    /**
     * Show the project as it is now, unless that would throw away what the user is typing.
     *
     * A button at work reloads the form itself, and waits for that; of two reloads the model
     * forgets the first, so the button would wait for ever.
     */
    async reloadProject() {
        await this.loadRun(this.props.record.resId);
        while (status(this) !== "destroyed" && document.querySelector(BUTTON_AT_WORK)) {
            await delay(BUTTON_MILLISECONDS);
        }
        if (status(this) !== "destroyed" && !(await this.props.record.isDirty())) {
            await this.props.record.model.load();
        }
    }

    async call(method) {
        this.state.busy = true;
        try {
            this.state.wished = method !== "action_resume";
            await this.orm.call("crm.migration.run", method, [[this.state.run.id]]);
            await this.reloadProject();
        } finally {
            this.state.busy = false;
        }
    }

    cancel() {
        this.dialog.add(ConfirmationDialog, {
            title: _t("Cancel this run?"),
            body: _t("What is already written stays, until you roll the migration back."),
            confirmLabel: _t("Cancel the run"),
            cancelLabel: _t("Go on"),
            // Not waited for by the window, whose buttons the reload waits for.
            confirm: () => void this.call("action_cancel"),
            cancel: () => {},
        });
    }

    open() {
        this.action.doAction({
            type: "ir.actions.act_window",
            res_model: "crm.migration.run",
            res_id: this.state.run.id,
            views: [[false, "form"]],
        });
    }
}

registry.category("view_widgets").add("crm_migration_run_banner", { component: RunBanner });
