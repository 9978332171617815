import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { formatFloat } from "@web/views/fields/formatters";
import { standardWidgetProps } from "@web/views/widgets/standard_widget_props";
import { Component, onWillUnmount, useRef, useState } from "@odoo/owl";

const ACCEPTED = ".csv,.tsv,.tab,.txt,.xlsx,.xlsm,.xls,.ods,.json,.jsonl,.ndjson,.zip";

/** Files are dropped or chosen here, sent one after the other, and read together at the end. */
export class Upload extends Component {
    static template = "crm_migration.Upload";
    static props = { ...standardWidgetProps };

    setup() {
        this.accepted = ACCEPTED;
        this.orm = useService("orm");
        this.notification = useService("notification");
        this.input = useRef("input");
        this.state = useState({ dragging: false, busy: false, delta: null, uploads: [] });
        const warn = (ev) => this.state.busy && ev.preventDefault();
        window.addEventListener("beforeunload", warn);
        onWillUnmount(() => {
            window.removeEventListener("beforeunload", warn);
            this.request?.abort();
        });
    }

    get hasFiles() {
        return this.props.record.data.file_count > 0;
    }

    get isLoaded() {
        return ["loaded", "verified"].includes(this.props.record.data.state);
    }

    /** After a load, more of the same export is rare: a newer one is what usually comes. */
    get delta() {
        return this.hasFiles && (this.state.delta ?? this.isLoaded);
    }

    onDrop(ev) {
        this.state.dragging = false;
        this.send([...ev.dataTransfer.files]);
    }

    onChoose(ev) {
        this.send([...ev.target.files]);
        ev.target.value = "";
    }

    async send(files) {
        if (this.state.busy || !files.length || !(await this.props.record.save())) {
            return;
        }
        this.state.busy = true;
        this.state.uploads = files.map(({ name, size }) => ({ name, size, percent: 0, error: "" }));
        try {
            const ids = await this.sendAll(files);
            if (ids.length) {
                await this.orm.call("crm.migration.project", "take_uploads", [[this.props.record.resId], ids], {
                    delta: this.delta,
                });
            }
        } finally {
            this.state.busy = false;
            this.state.uploads = this.state.uploads.filter(({ error }) => error);
            await this.props.record.model.load();
        }
    }

    async sendAll(files) {
        const ids = [];
        for (const [index, file] of files.entries()) {
            const upload = this.state.uploads[index];
            const answer = await this.sendOne(file, (percent) => (upload.percent = percent));
            if (answer.id) {
                ids.push(answer.id);
            } else {
                upload.error = answer.error || _t("The upload failed. Try again.");
            }
        }
        return ids;
    }

    sendOne(file, onProgress) {
        const form = new FormData();
        form.append("csrf_token", odoo.csrf_token);
        form.append("file", file, file.name);
        return new Promise((resolve) => {
            const request = (this.request = new XMLHttpRequest());
            request.open("POST", `/crm_migration/upload/${this.props.record.resId}`);
            request.responseType = "json";
            request.upload.onprogress = (ev) => onProgress(Math.round((100 * ev.loaded) / (ev.total || 1)));
            request.onload = () => resolve(request.response || {});
            request.onerror = request.onabort = () => resolve({});
            request.send(form);
        });
    }

    describe({ size, percent }) {
        const megabytes = formatFloat(size / 1024 / 1024, { digits: [16, 1] });
        return percent === 100 ? _t("%s MB, being read", megabytes) : `${percent} % · ${_t("%s MB", megabytes)}`;
    }
}

registry.category("view_widgets").add("crm_migration_upload", {
    component: Upload,
    fieldDependencies: [
        { name: "file_count", type: "integer" },
        { name: "state", type: "selection" },
    ],
});
