import { loadBundle } from "@web/core/assets";
import { cookie } from "@web/core/browser/cookie";
import { getColor, getCustomColor } from "@web/core/colors/colors";
import { Component, onWillStart, onWillUnmount, useEffect, useRef } from "@odoo/owl";

/** Colours of the series, in light and dark mode. */
export function seriesColor(index) {
    return getColor(index, cookie.get("color_scheme"), "sm");
}

/** One bar chart. A click on a bar hands over its place: index and series. */
export class Chart extends Component {
    static template = "crm_migration.Chart";
    static props = {
        title: String,
        labels: Array,
        series: Array,
        stacked: { type: Boolean, optional: true },
        horizontal: { type: Boolean, optional: true },
        format: { type: Function, optional: true },
        onClick: { type: Function, optional: true },
    };

    setup() {
        this.canvas = useRef("canvas");
        onWillStart(() => loadBundle("web.chartjs_lib"));
        useEffect(
            () => this.draw(),
            () => [JSON.stringify([this.props.labels, this.props.series])]
        );
        onWillUnmount(() => this.chart && this.chart.destroy());
    }

    /** Long lists get room: a bar stays readable. */
    get height() {
        return this.props.horizontal ? 60 + this.props.labels.length * 34 : 260;
    }

    draw() {
        if (this.chart) {
            this.chart.destroy();
        }
        this.chart = new window.Chart(this.canvas.el, {
            type: "bar",
            data: {
                labels: this.props.labels,
                datasets: this.props.series.map(({ label, data, color }, index) => ({
                    label,
                    data,
                    backgroundColor: color || seriesColor(index),
                    maxBarThickness: 36,
                })),
            },
            options: this.getOptions(),
        });
    }

    getOptions() {
        const { horizontal, stacked, series, onClick } = this.props;
        const format = this.props.format || ((value) => value);
        const text = getCustomColor(cookie.get("color_scheme"), "#374151", "#D1D5DB");
        const values = { stacked, beginAtZero: true, ticks: { color: text, callback: format } };
        const names = { stacked, ticks: { color: text, autoSkip: false }, grid: { display: false } };
        return {
            indexAxis: horizontal ? "y" : "x",
            maintainAspectRatio: false,
            animation: false,
            scales: horizontal ? { x: values, y: names } : { x: names, y: values },
            plugins: {
                legend: { display: series.length > 1, labels: { color: text } },
                tooltip: { callbacks: { label: (item) => `${item.dataset.label}: ${format(item.raw)}` } },
            },
            onClick: (ev, [element]) => element && onClick && onClick(element.index, element.datasetIndex),
            onHover: (ev, elements) => {
                ev.native.target.style.cursor = onClick && elements.length ? "pointer" : "default";
            },
        };
    }
}
