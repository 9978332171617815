import { _t } from "@web/core/l10n/translation";
import { ConfirmationDialog } from "@web/core/confirmation_dialog/confirmation_dialog";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { Layout } from "@web/search/layout";
import { formatInteger } from "@web/views/fields/formatters";
import { standardActionServiceProps } from "@web/webclient/actions/action_service";
import { Component, onWillStart, useState } from "@odoo/owl";

import { Verdicts } from "../verdicts/verdicts";

const MODEL = "crm.migration.project";
const PAGE = 50;
const COLORS = {
    equal: "text-bg-success",
    explained: "text-bg-info",
    different: "text-bg-danger",
    missing: "text-bg-danger",
};

/** The sample, one record beside the other: the source, why it differs, Odoo. Differences first. */
export class Sample extends Component {
    static template = "crm_migration.Sample";
    static components = { Layout, Verdicts };
    static props = { ...standardActionServiceProps };

    setup() {
        this.action = useService("action");
        this.dialog = useService("dialog");
        this.orm = useService("orm");
        this.colors = COLORS;
        this.display = { controlPanel: {} };
        this.projectId = this.props.action.context.active_id;
        this.state = useState({
            data: null,
            narrowed: { entity: "", verdict: "", field: "", text: "", offset: 0 },
            current: null,
            record: null,
            onlyDifferences: false,
        });
        onWillStart(() => this.load());
    }

    async load() {
        if (!this.projectId) {
            return;
        }
        const narrowed = Object.fromEntries(Object.entries(this.state.narrowed).filter(([, value]) => value));
        this.state.data = await this.orm.call(MODEL, "get_sample", [[this.projectId]], narrowed);
        await this.show(this.state.data.records[0]);
    }

    async show(record) {
        this.state.record = record
            ? await this.orm.call(MODEL, "get_sample_record", [[this.projectId], record.id])
            : null;
        this.state.current = record || null;
    }

    narrow(name, value) {
        this.state.narrowed.offset = 0;
        this.state.narrowed[name] = value;
        if (name === "entity") {
            this.state.narrowed.field = "";
        }
        return this.load();
    }

    turn(pages) {
        this.state.narrowed.offset += pages * PAGE;
        return this.load();
    }

    get range() {
        const { offset } = this.state.narrowed;
        const { count, records } = this.state.data;
        return count ? `${offset + 1}-${offset + records.length} / ${formatInteger(count)}` : "0";
    }

    get hasNext() {
        return this.state.narrowed.offset + PAGE < this.state.data.count;
    }

    get landed() {
        const { landed, total } = this.state.data;
        return _t("%(landed)s of %(total)s sample records would be in Odoo", {
            landed: formatInteger(landed),
            total: formatInteger(total),
        });
    }

    get isIncomplete() {
        return this.state.data.landed < this.state.data.total;
    }

    get rows() {
        return this.state.record.rows.filter(({ verdict }) => !this.state.onlyDifferences || verdict !== "equal");
    }

    /** What the record's form would show: the fields that have a value, the name as its title. */
    get picture() {
        return this.state.record.rows.filter(({ shown }) => shown);
    }

    describe({ wrong, explained }) {
        if (wrong) {
            return _t("%s differ", wrong);
        }
        return explained ? _t("%s explained", explained) : _t("equal");
    }

    getColor({ wrong, explained }) {
        return wrong ? "text-bg-danger" : explained ? "text-bg-info" : "text-bg-success";
    }

    approve() {
        this.dialog.add(ConfirmationDialog, {
            title: _t("Approve the sample?"),
            body: _t("The sample is as it should be, and everything may be loaded?"),
            confirmLabel: _t("Approve"),
            cancelLabel: _t("Cancel"),
            cancel: () => {},
            confirm: async () => {
                await this.orm.call(MODEL, "action_approve_sample", [[this.projectId]]);
                this.openProject();
            },
        });
    }

    openProject() {
        this.action.doAction(
            {
                type: "ir.actions.act_window",
                res_model: MODEL,
                res_id: this.projectId,
                views: [[false, "form"]],
            },
            { clearBreadcrumbs: true }
        );
    }

    /** What holds rows stands in the queue of doubts, once the forecast is worked out. */
    openDoubts() {
        this.action.doAction("crm_migration.crm_migration_doubts_action", {
            additionalContext: { active_id: this.projectId },
        });
    }

    openMap() {
        this.action.doAction("crm_migration.crm_migration_mapping_line_project_action", {
            additionalContext: { active_id: this.projectId, active_ids: [this.projectId] },
        });
    }

    async openList() {
        this.action.doAction(await this.orm.call(MODEL, "action_open_sample", [[this.projectId]]));
    }
}

registry.category("actions").add("crm_migration_sample", Sample);
