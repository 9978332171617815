import { _t } from "@web/core/l10n/translation";
import { deserializeDateTime, formatDateTime } from "@web/core/l10n/dates";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { Layout } from "@web/search/layout";
import { formatFloat, formatInteger } from "@web/views/fields/formatters";
import { standardActionServiceProps } from "@web/webclient/actions/action_service";
import { Component, onWillStart, useState } from "@odoo/owl";

import { OutcomeTable } from "../outcomes/outcomes";
import { Verdicts } from "../verdicts/verdicts";
import { Chart, seriesColor } from "./chart";

const LANDED = ["created", "updated", "unchanged", "merged"];
/** Fields that are shown one by one: those with the lowest share in Odoo. */
const SHOWN_FIELDS = 15;

/** The proof of a migration: what landed, what is equal, what the sums say. Each figure opens. */
export class Proof extends Component {
    static template = "crm_migration.Proof";
    static components = { Chart, Layout, OutcomeTable, Verdicts };
    static props = { ...standardActionServiceProps };

    setup() {
        this.action = useService("action");
        this.orm = useService("orm");
        this.state = useState({ data: null, sums: true });
        this.display = { controlPanel: {} };
        this.projectId = this.props.action.context.active_id;
        onWillStart(() => this.load());
    }

    async load() {
        if (this.projectId) {
            this.state.data = await this.orm.call("crm.migration.project", "get_proof", [[this.projectId]]);
        }
    }

    get verifiedAt() {
        const { verified_at: moment } = this.state.data;
        return moment ? formatDateTime(deserializeDateTime(moment)) : "";
    }

    formatCount(value) {
        return formatInteger(value);
    }

    formatSum(value) {
        return `${formatFloat(value, { digits: [16, 0] })} ${this.state.data.currency}`.trim();
    }

    // ------------------------------------------------------------- outcomes

    get outcomeChart() {
        const { states, lines } = this.state.data.outcomes;
        const colors = {
            updated: "#4EA7F2",
            unchanged: "#8FA8C8",
            held: "#F4A261",
            failed: "#CE4257",
            skipped: "#A4A8B6",
            staged: "#D3D3D3",
        };
        return {
            labels: lines.map(({ label }) => label),
            series: states
                .map(({ name, label }, index) => ({
                    name,
                    label,
                    color: colors[name] || (name === "created" ? "#43C5B1" : seriesColor(index)),
                    data: lines.map(({ counts }) => counts[name] || 0),
                }))
                .filter(({ data }) => data.some(Boolean)),
        };
    }

    openOutcome(index, seriesIndex) {
        const { label, name } = this.outcomeChart.series[seriesIndex];
        const line = this.state.data.outcomes.lines[index];
        this.openList("crm.migration.record", `${line.label}: ${label}`, [
            ["project_id", "=", this.projectId],
            ["entity", "=", line.entity],
            ["state", "=", name],
        ]);
    }

    // ------------------------------------------------------------- fill rates

    get fillChart() {
        const { fills } = this.state.data;
        return {
            labels: fills.map(({ label }) => label),
            series: [
                { label: _t("Filled in the source"), data: fills.map(({ source }) => source) },
                { label: _t("Filled in Odoo"), data: fills.map(({ landed }) => landed), color: "#43C5B1" },
            ],
        };
    }

    /** Fields of which Odoo holds less than the source. */
    get lessFilled() {
        return this.state.data.fills
            .flatMap(({ entity, label, fields }) => fields.map((field) => ({ ...field, entity, entityLabel: label })))
            .filter(({ source, landed }) => landed < source)
            .sort((one, other) => one.landed / one.source - other.landed / other.source)
            .slice(0, SHOWN_FIELDS);
    }

    getRate({ source, landed }) {
        return `${formatFloat((100 * landed) / source, { digits: [16, 1] })} %`;
    }

    openFill(index) {
        this.openChecks([["entity", "=", this.state.data.fills[index].entity]]);
    }

    openField({ entity, name }) {
        this.openChecks([
            ["entity", "=", entity],
            ["field_name", "=", name],
        ]);
    }

    openVerdict({ name }) {
        this.openChecks([["verdict", "=", name]]);
    }

    openChecks(domain) {
        this.openList("crm.migration.check", _t("Comparison"), [
            ["run_id", "=", this.state.data.run_id],
            ["kind", "in", ["value", "link"]],
            ...domain,
        ]);
    }

    // ------------------------------------------------------------- stages

    get stageChart() {
        const { stages } = this.state.data;
        const of = (side) => stages.map((stage) => stage[`${side}_${this.state.sums ? "sum" : "count"}`]);
        return {
            labels: stages.map(({ pipeline, stage }) => [pipeline, stage || _t("No stage")].filter(Boolean).join(" / ")),
            series: [
                { label: this.state.data.source, data: of("source") },
                { label: _t("Odoo"), data: of("odoo"), color: "#43C5B1" },
            ],
        };
    }

    openStage(index) {
        const { stage, stage_id: stageId } = this.state.data.stages[index];
        this.openList(
            "crm.lead",
            stage,
            [
                ["x_source_system", "=", this.state.data.source_system],
                ["stage_id", "=", stageId],
            ],
            { active_test: false }
        );
    }

    // ------------------------------------------------------------- runs

    get runChart() {
        const { runs } = this.state.data;
        const color = { failed: "#CE4257", cancelled: "#A4A8B6", done: "#43C5B1" };
        return {
            labels: runs.map((run) => `${formatDateTime(deserializeDateTime(run.started_at))}  ${run.label}`),
            series: [
                {
                    label: _t("Seconds at work"),
                    data: runs.map(({ seconds }) => Math.round(seconds * 10) / 10),
                    color: runs.map(({ state }) => color[state] || "#4EA7F2"),
                },
            ],
        };
    }

    openRun(index) {
        this.action.doAction({
            type: "ir.actions.act_window",
            res_model: "crm.migration.run",
            res_id: this.state.data.runs[index].id,
            views: [[false, "form"]],
        });
    }

    // ------------------------------------------------------------- elsewhere

    async openTotals() {
        this.action.doAction(await this.orm.call("crm.migration.project", "action_open_totals", [[this.projectId]]));
    }

    openReport() {
        this.action.doAction("crm_migration.crm_migration_report_html_action", {
            additionalContext: { active_id: this.projectId, active_ids: [this.projectId], active_model: "crm.migration.project" },
        });
    }

    openList(model, name, domain, context = {}) {
        this.action.doAction({
            type: "ir.actions.act_window",
            name,
            res_model: model,
            views: [
                [false, "list"],
                [false, "form"],
            ],
            domain,
            context,
        });
    }

    get landedShare() {
        const { lines } = this.state.data.outcomes;
        const read = lines.reduce((sum, { counts }) => sum + counts.read, 0);
        const landed = lines.reduce((sum, { counts }) => sum + LANDED.reduce((n, name) => n + counts[name], 0), 0);
        return _t("%(landed)s of %(read)s rows are in Odoo", {
            landed: formatInteger(landed),
            read: formatInteger(read),
        });
    }
}

registry.category("actions").add("crm_migration_proof", Proof);
