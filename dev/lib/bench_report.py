"""Put the results of ``dev/bench`` side by side: bench_report.py FOLDER LATEST.json

Prints medians over the rounds, and draws them in LATEST.png; ends with 1 where the contenders ended
with different content.
"""

import json
import os
import sys
from pathlib import Path
from statistics import median

ENTITIES = {"company": "companies", "contact": "contacts", "deal": "deals", "activity": "messages"}
CONTENDERS = {
    "ours": "addon", "two": "addon, two", "plain": "by create()", "peer": "importer",
    "rpc": "XML-RPC", "limit": "COPY",
}  # fmt: skip
FIGURES = ("records", "seconds", "cpu", "queries")
PHASES = {
    "extract": "stage",
    "propose": "propose",
    "schema": "prepare",
    "sample": "sample",
    "forecast": "forecast",
    "load": "load",
    "verify": "verify",
}


def read(folder, contender):
    paths = sorted(folder.glob(f"{contender}-*.json"))
    return [json.loads(path.read_text("utf-8")) for path in paths]


def middle(runs, *keys):
    """The median of a figure over the runs."""
    figures = []
    for run in runs:
        for key in keys:
            run = run[key]
        figures.append(run)
    return median(figures)


def load_figures(runs, entity):
    keys = ("phases", f"load {entity}")
    return {name: middle(runs, *keys, name) for name in FIGURES}


def with_total(figures):
    whole = {name: sum(figure[name] for figure in figures.values()) for name in FIGURES}
    return figures | {"total": whole}


def summarise(runs):
    """Return the medians of all contenders.

    :param runs: {contender: list of results}
    """
    loads = {
        name: with_total({entity: load_figures(results, entity) for entity in ENTITIES})
        for name, results in runs.items()
    }
    ours, peer = runs["ours"], runs["peer"]
    phases = {
        label: {n: middle(ours, "phases", kind, n) for n in FIGURES}
        for kind, label in PHASES.items()
    }
    # The load's own line holds the owners too; the lines by entity are for comparison.
    again = [sum(f["seconds"] for k, f in run["again"].items() if " " not in k) for run in ours]
    records = phases["load"]["records"]
    phases["again, unchanged"] = {"records": records, "seconds": median(again)}
    phases["again, its load"] = {
        "records": records,
        "seconds": middle(ours, "again", "load", "seconds"),
    }
    phases["rollback"] = {"records": records, "seconds": middle(ours, "rollback", "seconds")}
    equal = all(run["content"] == peer[0]["content"] for some in runs.values() for run in some)
    return {
        "rounds": len(ours),
        "cores": os.cpu_count(),
        "load": loads,
        "phases": phases,
        "memory": {
            name: {key: middle(results, "memory", key) for key in ("start", "peak")}
            for name, results in runs.items()
        },
        "helper_memory": middle(runs["two"], "memory", "helper"),
        "content_is_equal": equal,
        "again_is_unchanged": all(run["again_is_unchanged"] for run in ours),
        "rolled_back": all(not any(map(any, run["left"].values())) for run in ours),
        "content": {name: results[0]["content"] for name, results in runs.items()},
    }


def rate(figure):
    return figure["records"] / figure["seconds"] if figure["seconds"] else 0


def show(summary):
    loads = summary["load"]
    total = loads["ours"]["total"]["records"]
    print(f"\n{total:,} records, median of {summary['rounds']}, {summary['cores']} cores")
    print("\nrecords per second of the load:")
    print(f"{'':<11}{'records':>9}" + "".join(f"{label:>12}" for label in CONTENDERS.values()))
    for entity, label in (*ENTITIES.items(), ("total", "total")):
        figures = "".join(f"{rate(loads[name][entity]):>12,.0f}" for name in CONTENDERS)
        print(f"{label:<11}{loads['ours'][entity]['records']:>9,.0f}{figures}")
    print("\nthe addon against the others:")
    print(
        f"{'':<11}{'importer':>10}{'its CPU':>10}{'XML-RPC':>10}{'% of COPY':>11}{'queries':>10}"
        f"{'two: importer':>16}{'one':>7}{'% of COPY':>11}{'create(): importer':>20}{'its CPU':>10}"
    )
    for entity, label in (*ENTITIES.items(), ("total", "total")):
        mine, two, plain, peer, rpc, limit = (loads[name][entity] for name in CONTENDERS)
        print(
            f"{label:<11}{rate(mine) / rate(peer):>9.1f}x{peer['cpu'] / mine['cpu']:>9.1f}x"
            f"{rate(mine) / rate(rpc):>9.1f}x{100 * rate(mine) / rate(limit):>11.0f}"
            f"{mine['queries'] / mine['records']:>10.2f}"
            f"{rate(two) / rate(peer):>15.1f}x{rate(two) / rate(mine):>6.1f}x"
            f"{100 * rate(two) / rate(limit):>11.0f}"
            f"{rate(plain) / rate(peer):>19.1f}x{peer['cpu'] / plain['cpu']:>9.1f}x"
        )
    print("CPU: of the Python processes, without PostgreSQL; steadier on a busy machine")
    print("\naddon, file to verified and back:")
    for label, figure in summary["phases"].items():
        print(f"  {label:<18}{figure['seconds']:>8.2f} s{rate(figure):>10,.0f} records/s")
    peaks = (
        f"{label} {summary['memory'][name]['peak']:.0f} MB ({summary['memory'][name]['start']:.0f})"
        for name, label in CONTENDERS.items()
    )
    print(f"\npeak memory (before the load): {', '.join(peaks)}")
    print(f"the second worker at most {summary['helper_memory']:.0f} MB, shared pages included")
    for key in ("content_is_equal", "again_is_unchanged", "rolled_back"):
        print(f"{key.replace('_', ' ')}: {'yes' if summary[key] else 'NO'}")
    if not summary["content_is_equal"]:
        print(json.dumps(summary["content"], indent=1))


def draw(summary, path):
    """Draw records per second of each contender, by kind of record."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    labels = [*ENTITIES.values(), "all"]
    figure, axes = pyplot.subplots(figsize=(8, 4), layout="constrained")
    width = 0.8 / len(CONTENDERS)
    colors = ("#714b67", "#a24689", "#c78fb5", "#8f8f8f", "#c0c0c0", "#e0e0e0")
    for place, ((name, label), color) in enumerate(zip(CONTENDERS.items(), colors, strict=True)):
        rates = [rate(summary["load"][name][entity]) for entity in (*ENTITIES, "total")]
        where = [n + (place - (len(CONTENDERS) - 1) / 2) * width for n in range(len(labels))]
        bars = axes.bar(where, rates, width, label=label, color=color)
        axes.bar_label(bars, fmt="{:,.0f}", fontsize=6)
    axes.set_yscale("log")
    axes.set_xticks(range(len(labels)), labels)
    axes.set_ylabel("records per second")
    total = summary["load"]["ours"]["total"]["records"]
    axes.set_title(
        f"Load of {total:,.0f} records, median of {summary['rounds']}, {summary['cores']} cores",
        fontsize=10,
    )
    axes.legend(fontsize=8, frameon=False)
    axes.spines[["top", "right"]].set_visible(False)
    figure.savefig(path, dpi=150)


def main(folder, latest):
    folder, latest = Path(folder), Path(latest)
    summary = summarise({name: read(folder, name) for name in CONTENDERS})
    latest.write_text(json.dumps(summary, indent=1) + "\n", encoding="utf-8")
    show(summary)
    try:
        draw(summary, latest.with_suffix(".png"))
    except ImportError:
        print("no chart: matplotlib is not there")
    return 0 if all(summary[k] for k in ("content_is_equal", "rolled_back")) else 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
