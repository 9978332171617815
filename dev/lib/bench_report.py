"""Put the results of ``dev/bench`` side by side: bench_report.py FOLDER LATEST.json

Prints medians over the rounds; ends with 1 where the contenders ended with different content.
"""

import json
import os
import sys
from pathlib import Path
from statistics import median

ENTITIES = {"company": "companies", "contact": "contacts", "deal": "deals", "activity": "messages"}
FIGURES = ("records", "seconds", "cpu", "queries")
PHASES = {
    "extract": "stage",
    "propose": "propose",
    "schema": "prepare",
    "sample": "sample",
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


def summarise(ours, peer):
    loads = {
        name: with_total({entity: load_figures(runs, entity) for entity in ENTITIES})
        for name, runs in (("ours", ours), ("peer", peer))
    }
    phases = {
        label: {n: middle(ours, "phases", kind, n) for n in FIGURES}
        for kind, label in PHASES.items()
    }
    # The load's own line holds the owners too; the lines by entity are for comparison.
    again = [sum(f["seconds"] for k, f in run["again"].items() if " " not in k) for run in ours]
    records = phases["load"]["records"]
    phases["again, unchanged"] = {"records": records, "seconds": median(again)}
    phases["rollback"] = {"records": records, "seconds": middle(ours, "rollback", "seconds")}
    equal = all(run["content"] == peer[0]["content"] for run in [*ours, *peer])
    return {
        "rounds": len(ours),
        "cores": os.cpu_count(),
        "load": loads,
        "phases": phases,
        "memory": {
            name: {key: middle(runs, "memory", key) for key in ("start", "peak")}
            for name, runs in (("ours", ours), ("peer", peer))
        },
        "content_is_equal": equal,
        "again_is_unchanged": all(run["again_is_unchanged"] for run in ours),
        "rolled_back": all(not any(map(any, run["left"].values())) for run in ours),
        "content": {"ours": ours[0]["content"], "peer": peer[0]["content"]},
    }


def rate(figure):
    return figure["records"] / figure["seconds"] if figure["seconds"] else 0


def show(summary):
    ours, peer = summary["load"]["ours"], summary["load"]["peer"]
    total = ours["total"]["records"]
    print(f"\n{total:,} records, median of {summary['rounds']}, {summary['cores']} cores\n")
    print(f"{'':<11}{'':>9}{'records/s':>20}{'':>8}{'CPU':>8}{'queries/record':>18}")
    columns = ("load", "records", "addon", "importer", "ratio", "ratio", "addon", "importer")
    print("{:<11}{:>9}{:>10}{:>10}{:>8}{:>8}{:>9}{:>9}".format(*columns))
    for entity, label in (*ENTITIES.items(), ("total", "total")):
        mine, other = ours[entity], peer[entity]
        print(
            f"{label:<11}{mine['records']:>9,.0f}{rate(mine):>10,.0f}{rate(other):>10,.0f}"
            f"{rate(mine) / rate(other):>7.1f}x{other['cpu'] / mine['cpu']:>7.1f}x"
            f"{mine['queries'] / mine['records']:>9.2f}{other['queries'] / other['records']:>9.2f}"
        )
    print("CPU: of the two Python processes, without PostgreSQL; steadier on a busy machine")
    print("\naddon, file to verified and back:")
    for label, figure in summary["phases"].items():
        print(f"  {label:<18}{figure['seconds']:>8.2f} s{rate(figure):>10,.0f} records/s")
    memory = summary["memory"]
    print(
        "\npeak memory: addon {:.0f} MB ({:.0f} before), importer {:.0f} MB ({:.0f} before)".format(
            *(memory[name][key] for name in ("ours", "peer") for key in ("peak", "start"))
        )
    )
    for key in ("content_is_equal", "again_is_unchanged", "rolled_back"):
        print(f"{key.replace('_', ' ')}: {'yes' if summary[key] else 'NO'}")
    if not summary["content_is_equal"]:
        print(json.dumps(summary["content"], indent=1))


def main(folder, latest):
    folder = Path(folder)
    summary = summarise(read(folder, "ours"), read(folder, "peer"))
    Path(latest).write_text(json.dumps(summary, indent=1) + "\n", encoding="utf-8")
    show(summary)
    return 0 if all(summary[k] for k in ("content_is_equal", "rolled_back")) else 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
