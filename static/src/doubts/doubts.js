import { _t } from "@web/core/l10n/translation";
import { ConfirmationDialog } from "@web/core/confirmation_dialog/confirmation_dialog";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { Layout } from "@web/search/layout";
import { formatInteger } from "@web/views/fields/formatters";
import { standardActionServiceProps } from "@web/webclient/actions/action_service";
import { Component, onWillStart, useState } from "@odoo/owl";

const COLORS = {
    error: "text-bg-danger",
    hold: "text-bg-warning",
    warning: "text-bg-warning",
    info: "text-bg-info",
};

/** The open questions of a migration, one card per kind: look, answer once for all, or settle. */
export class Doubts extends Component {
    static template = "crm_migration.Doubts";
    static components = { Layout };
    static props = { ...standardActionServiceProps };

    setup() {
        this.action = useService("action");
        this.dialog = useService("dialog");
        this.orm = useService("orm");
        this.colors = COLORS;
        this.display = { controlPanel: {} };
        this.projectId = this.props.action.context.active_id;
        this.state = useState({ doubts: [], info: false });
        onWillStart(() => this.load());
    }

    get shown() {
        return this.state.doubts.filter(({ severity }) => this.state.info || severity !== "info");
    }

    get hidden() {
        return this.state.doubts.filter(({ severity }) => severity === "info").length;
    }

    async load() {
        if (this.projectId) {
            this.state.doubts = await this.orm.call("crm.migration.project", "get_doubts", [[this.projectId], this.state.info, false]);
            this.loadValues();
        }
    }

    /** The values come after the cards: of a million questions they take a while. */
    async loadValues() {
        const doubts = this.shown;
        const codes = doubts.map(({ code }) => code);
        const values = await this.orm.call("crm.migration.project", "get_doubt_values", [[this.projectId], codes]);
        for (const doubt of doubts) {
            doubt.values = values[doubt.code] || [];
        }
    }

    async showInfo(info) {
        this.state.info = info;
        await this.load();
    }

    format(count) {
        return formatInteger(count);
    }

    getAnswerLabel({ where }) {
        if (where === "case") {
            return _t("Decide Which Are One");
        }
        return where === "map" ? _t("Decide by Value") : _t("Correct the Column");
    }

    async answer({ code }) {
        this.action.doAction(
            await this.orm.call("crm.migration.project", "action_answer", [[this.projectId], code])
        );
    }

    look({ code, title }, value) {
        const domain = [
            ["project_id", "=", this.projectId],
            ["code", "=", code],
            ["state", "=", "open"],
        ];
        if (value) {
            domain.push(["value", "=like", `${value.value.replace(/[\\%_]/g, "\\$&")}%`], ["column", "=", value.column || false]);
        }
        this.action.doAction({
            type: "ir.actions.act_window",
            name: title,
            res_model: "crm.migration.issue",
            views: [
                [false, "list"],
                [false, "form"],
            ],
            domain,
        });
    }

    settle({ code, title, count }) {
        this.dialog.add(ConfirmationDialog, {
            title,
            body: _t("Settle all %s of this kind? Held records are tried again at the next load, whether settled or not.", formatInteger(count)),
            confirmLabel: _t("Settle All"),
            cancelLabel: _t("Cancel"),
            cancel: () => {},
            confirm: async () => {
                await this.orm.call("crm.migration.project", "settle_alike", [[this.projectId], code]);
                await this.load();
            },
        });
    }

    openAll() {
        this.action.doAction("crm_migration.crm_migration_issue_action", {
            additionalContext: { active_id: this.projectId, active_ids: [this.projectId] },
        });
    }
}

registry.category("actions").add("crm_migration_doubts", Doubts);
