"""Counts and figures of ``dev/score``: our proposals, Odoo's and an exact match, column by column.

Usage: score.py FOLDER [--tasks] [PATH …] [--wrong] [--all]; with ``--tasks`` only writes what Odoo
is to be asked (FOLDER/tasks.json), else reads its answers (FOLDER/answers.json), if there are any.
"""

import argparse
import csv
import json
import sys
from collections import Counter, defaultdict
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
SHARED = REPOSITORY.parent / "shared"
SETS = REPOSITORY / "engine" / "tests" / "data" / "headers"
sys.path.insert(0, str(REPOSITORY))

from engine import profiles, reading  # noqa: E402
from engine.inference import ColumnStatistics  # noqa: E402
from engine.proposing import propose, propose_map, recognise  # noqa: E402
from engine.proposing.suggesting import suggestions  # noqa: E402
from engine.relations import find_links  # noqa: E402

KEPT = ("custom", "ignore")
MODELS = {
    "contact": "res.partner", "company": "res.partner", "deal": "crm.lead", "lead": "crm.lead",
    "activity": "mail.activity",
}  # fmt: skip
LINKS = frozenset(("parent_id", "partner_id", "res_id"))
LEVELS = (0.99, 0.95, 0.9, 0.8, 0.0)


class Table:
    """Columns with known meaning: ``gold`` {column: right targets, best first}, ``found`` ours."""

    def __init__(self, group, name, object_, gold, found, rows=()):
        self.group, self.name, self.object = group, name, object_
        self.gold, self.found, self.rows = gold, found, list(rows)


# reading what is known


def header_sets(path):
    """Yield the tables of a CSV of header sets: ours, or that of ``shared/headers``."""
    sets = defaultdict(list)
    with path.open(encoding="utf-8", newline="") as stream:
        for row in csv.DictReader(stream):
            name = row.get("set") or row["set_id"]
            gold = row.get("gold") or row["gold_field"]
            sample = row.get("sample") or row.get("sample_value") or ""
            sets[name, row["object"]].append((row["column"], gold.split("|"), sample))
    for (name, object_), columns in sets.items():
        names = [column for column, __, __ in columns]
        samples = {column: [sample] for column, __, sample in columns if sample}
        found = propose(names, samples, object_)
        gold = {column: right for column, right, __ in columns}
        row = [sample for __, __, sample in columns]
        yield Table(group_of(path), name, object_, gold, found, [row])


def group_of(path):
    return path.stem if path.parent == SETS else "/".join(path.parts[-2:]).removesuffix(".csv")


class Export:
    """An export with its answers: tables, files recognised, rows counted, references found."""

    def __init__(self, folder):
        self.folder = folder
        self.expected = json.loads((folder / "expected.json").read_text(encoding="utf-8"))
        self.name = f"{folder.parent.name}/{folder.name}"
        self.entities, self.rows, self.links = Counter(), Counter(), Counter()
        self.tables = []
        self._read()

    def _read(self):
        generic, profiled, golds = profiles.generic(), defaultdict(list), {}
        for name, file in self.expected["files"].items():
            if not file["columns"]:
                continue
            table = reading.tables(self.folder / "base" / name)[0]
            statistics = [ColumnStatistics(column) for column in table.header]
            rows = 0
            for row in table.rows():
                rows += not row.footer
                for one in statistics:
                    one.add(row.values.get(one.name))
            columns = [one.profile() for one in statistics]
            self._count("rows", rows == file["rows"] and set(file["columns"]) <= set(table.header))
            found = recognise(name, table.header, generic, columns)[0]
            self._count("entities", found == file["object"])
            profiled[file["object"]] += [] if profiled[file["object"]] else columns
            golds.setdefault(file["object"], file["columns"])
        self._propose(generic, profiled, golds)

    def _propose(self, generic, profiled, golds):
        entities = {code: generic.entity(code) for code in profiled if generic.entity(code)}
        keys = {
            code: {one.rule.column: one.rule.field for one in propose_map(entity, profiled[code])}
            for code, entity in entities.items()
        }
        links = find_links({code: profiled[code] for code in entities}, keys)
        for code, entity in entities.items():
            columns = profiled[code]
            proposals = propose_map(entity, columns, links=links.get(code))
            found = suggestions(proposals, entity)
            filled = {column.name for column in columns if column.filled}
            gold = {
                column: answer["field"].split("|")
                for column, answer in golds[code].items()
                if column in filled
            }
            samples = [[str(column.samples[0]) if column.samples else "" for column in columns]]
            self.tables.append(Table("exports", self.name, code, gold, found, samples))
            for one in proposals:
                if LINKS.intersection(gold.get(one.rule.column, ())):
                    self._count("links", bool(one.rule.reference))

    def _count(self, what, right):
        counter = getattr(self, what)
        counter["right"] += right
        counter["all"] += 1


# counting


def is_right(target, gold):
    """Tell whether a target is one of the right ones: to keep or to ignore is the same here."""
    return target in gold or (target in KEPT and not set(KEPT).isdisjoint(gold))


def count(tables, answer):
    """Return the counts of an answer: function (table, column) -> target or None."""
    counts = Counter()
    for table in tables:
        for column, gold in table.gold.items():
            target = answer(table, column) or "custom"
            real, said = gold[0] not in KEPT, target not in KEPT
            right = is_right(target, gold)
            counts["columns"] += 1
            counts["right"] += right
            counts["real"] += real
            counts["said"] += said
            counts["hit"] += real and said and right
            counts["wrong"] += said and not right
            counts["kept wrongly mapped"] += said and not right and not real
    return counts


def line(title, counts):
    def share(part, whole):
        return f"{counts[part] / counts[whole]:>7.1%}" if counts[whole] else "      -"

    counts["said right"] = counts["said"] - counts["wrong"]
    return (
        f"{title:<34}{counts['columns']:>6}{share('right', 'columns')}{share('hit', 'real')}"
        f"{share('said right', 'said')}{counts['wrong']:>7}{counts['kept wrongly mapped']:>10}"
    )


HEAD = f"{'':<34}{'cols':>6}{'right':>7}{'recall':>7}{'precis.':>8}{'wrong':>6}{'of kept':>10}"


def calibration(tables):
    """Yield (level, columns, share right) of the scores given."""
    levels = {level: Counter() for level in LEVELS}
    for table in tables:
        for column, gold in table.gold.items():
            found = table.found[column]
            level = next(level for level in LEVELS if found.score >= level)
            levels[level]["all"] += 1
            levels[level]["right"] += is_right(found.target, gold)
    for level, counts in levels.items():
        if counts["all"]:
            yield level, counts["all"], counts["right"] / counts["all"]


def ours(table, column):
    return table.found[column].target


def missed(table):
    for column, gold in table.gold.items():
        found = table.found[column]
        if not is_right(found.target, gold):
            what = "wrong " if found.target not in KEPT else "missed"
            sure = " certain" if found.certain else ""
            yield f"  {what} {column!r}: {'|'.join(gold)}, not {found.target}{sure}"


def write_tasks(tables, path):
    tasks = {
        f"{table.group}:{table.name}:{table.object}": {
            "model": MODELS[table.object],
            "columns": list(table.gold),
            "rows": table.rows,
        }
        for table in tables
        if table.object in MODELS
    }
    path.write_text(json.dumps(tasks), encoding="utf-8")


def show(tables, exports, answers, asked):
    groups = defaultdict(list)
    for table in tables:
        groups[table.group].append(table)
    print(HEAD)
    for group, members in groups.items():
        print(line(group, count(members, ours)))
        for who, title in (("odoo", "  Odoo's import dialog"), ("exact", "  exact match")):
            known = [t for t in members if f"{t.group}:{t.name}:{t.object}" in answers]
            if known:
                print(line(title, count(known, peer(answers, who))))
        for table in members if asked.all or asked.wrong else ():
            print(line(f"    {table.name} {table.object}"[:34], count([table], ours)))
            if asked.wrong:
                print(*missed(table), sep="\n")
    for group, members in groups.items():
        levels = (
            f"{part:.1%} of {all_} from {level}" for level, all_, part in calibration(members)
        )
        print(f"\nright in {group}: " + ", ".join(levels))
    for what, title in (
        ("rows", "files with header and row count right"),
        ("entities", "tables recognised without a profile"),
        ("links", "references found"),
    ):
        total = sum((getattr(export, what) for export in exports), Counter())
        if total:
            print(f"{title}: {total['right']}/{total['all']}")


def peer(answers, who):
    def answer(table, column):
        found = answers[f"{table.group}:{table.name}:{table.object}"][who].get(column)
        return "id" if found == "id" else found

    return answer


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("paths", nargs="*", type=Path)
    for option in ("--tasks", "--wrong", "--all"):
        parser.add_argument(option, action="store_true")
    asked = parser.parse_intermixed_args()
    defaults = [*sorted(SETS.glob("*.csv")), SHARED / "headers" / "headers.csv", SHARED / "exports"]
    paths = [path for path in asked.paths or defaults if path.exists()]
    tables = [table for path in paths if path.is_file() for table in header_sets(path)]
    files = [
        file for path in paths if path.is_dir() for file in sorted(path.rglob("expected.json"))
    ]
    exports = [Export(file.parent) for file in files]
    tables += [table for export in exports for table in export.tables]
    if asked.tasks:
        write_tasks(tables, asked.folder / "tasks.json")
        return 0
    answers = asked.folder / "answers.json"
    known = json.loads(answers.read_text(encoding="utf-8")) if answers.exists() else {}
    show(tables, exports, known, asked)
    if not known:
        print("\nOdoo's own dialog was not asked.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
