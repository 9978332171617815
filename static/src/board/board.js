import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { Layout } from "@web/search/layout";
import { formatInteger } from "@web/views/fields/formatters";
import { standardActionServiceProps } from "@web/webclient/actions/action_service";
import { Component, onPatched, onWillStart, useRef, useState } from "@odoo/owl";

const MODEL = "crm.migration.mapping.value";
/** From so many lanes on there is a search among them. */
const MANY = 9;

/** Owners or stages of the source as cards, users or stages of Odoo as lanes: by mouse or by keyboard. */
export class Board extends Component {
    static template = "crm_migration.Board";
    static components = { Layout };
    static props = { ...standardActionServiceProps };

    setup() {
        this.action = useService("action");
        this.orm = useService("orm");
        this.display = { controlPanel: {} };
        this.projectId = this.props.action.context.active_id;
        this.kind = this.props.action.params.kind;
        this.state = useState({ data: null, search: "", dragged: null, over: null });
        this.board = useRef("board");
        this.focused = this.toFocus = null;
        onWillStart(() => this.load());
        onPatched(() => this.focus());
    }

    async load() {
        if (this.projectId) {
            const data = await this.orm.call("crm.migration.project", "get_board", [[this.projectId], this.kind]);
            this.focused = this.toFocus;
            this.toFocus = null;
            this.state.data = data;
        }
    }

    get isOwner() {
        return this.kind === "owner";
    }

    get nowhere() {
        return this.isOwner ? _t("No user here") : _t("New stages");
    }

    get hasSearch() {
        return this.state.data.lanes.length >= MANY;
    }

    /** Lanes that are searched for, and those that hold a card. */
    get lanes() {
        const text = this.state.search.trim().toLowerCase();
        return this.state.data.lanes.filter(
            ({ id, name, detail }) => !text || `${name} ${detail}`.toLowerCase().includes(text) || this.getCards(id).length
        );
    }

    /** A card that was moved is another element: who works with the keyboard goes on where he was. */
    focus() {
        const card = this.focused && this.board.el?.querySelector(`[data-card="${this.focused}"] select`);
        this.focused = null;
        card?.focus();
    }

    getCards(lane) {
        return this.state.data.cards.filter((card) => card.lane === lane);
    }

    get open() {
        return this.state.data.cards.filter((card) => card.open);
    }

    format(card) {
        const count = formatInteger(card.count);
        if (card.count === 1) {
            return this.isOwner ? _t("%s record", count) : _t("%s deal", count);
        }
        return this.isOwner ? _t("%s records", count) : _t("%s deals", count);
    }

    getMoveLabel(card) {
        return this.isOwner ? _t("User for %s", card.name) : _t("Stage for %s", card.name);
    }

    getConfirmLabel({ name }) {
        return _t("Confirm %s", name);
    }

    getLaneLabel({ name, detail }) {
        return detail ? `${name} (${detail})` : name;
    }

    startDrag(ev, card) {
        this.state.dragged = card;
        ev.dataTransfer.effectAllowed = "move";
        ev.dataTransfer.setData("text/plain", card.name);
    }

    async drop(lane) {
        const card = this.state.dragged;
        this.state.dragged = this.state.over = null;
        if (card && card.lane !== lane) {
            await this.move(card, lane);
        }
    }

    onSelect(ev, card) {
        this.toFocus = card.id;
        return this.move(card, parseInt(ev.target.value) || false);
    }

    async move(card, lane) {
        await this.orm.write(MODEL, [card.id], { [this.state.data.field]: lane });
        await this.load();
    }

    async confirm(cards) {
        const ids = cards.map(({ id }) => id);
        await this.orm.call(MODEL, "action_confirm", [ids]);
        this.toFocus = (this.open.find(({ id }) => !ids.includes(id)) || cards[0])?.id;
        await this.load();
    }

    openList() {
        this.action.doAction(this.props.action.params.list, {
            additionalContext: { active_id: this.projectId, active_ids: [this.projectId] },
        });
    }
}

registry.category("actions").add("crm_migration_board", Board);
