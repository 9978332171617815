#!/usr/bin/env python3
"""Verifies the dossier of a migration. Needs Python 3.9 or newer, and nothing else: no Odoo.

    python3 verify_dossier.py DOSSIER.zip [EXPORT …] [--log LOG.csv] [--fingerprint HEX]

EXPORT: files that were migrated, compared with the fingerprints taken when they were uploaded.
--log: the log as exported from Odoo (CSV), compared line by line with the fingerprints of the runs.
--fingerprint: that of the dossier, as it was noted when it was made (on paper, in a mail).

Prints what was found. Exit: 0 all is as it was recorded, 1 something is not, 2 wrong use.
"""

import argparse
import csv
import hashlib
import io
import json
import re
import sys
import zipfile
from pathlib import Path

FORMAT = "crm_migration dossier 1"
MANIFEST = "MANIFEST.json"
CHUNK = 1 << 20
# More than any dossier of a real migration; what claims more is refused unread.
MAX_MEMBERS = 200
MAX_MEMBER = 2 << 30
MAX_TOTAL = 4 << 30
MAX_JSON = 256 << 20
# A text that unpacks to so many times its size is none of ours.
MAX_RATIO = 300
SAFE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,99}")
# As in models/crm_migration_log.py: what a line's fingerprint is made of.
SEALED = (
    "id", "run_id", "model", "res_id", "action", "before", "after", "undoes_id", "user_id",
    "logged_at",
)  # fmt: skip
VALUES = ("before", "after")
# What must be in a dossier; the rest is there where the migration got so far.
NEEDED = (
    "README.txt", "approvals.json", "checks.json", "decisions.json", "forecast.json",
    "inputs.json", "inventory.json", "log.json", "map.json", "project.json", "receipts.json",
    "records.json", "report.html", "runs.json",
)  # fmt: skip


class Unusable(Exception):
    """The file is no dossier that can be looked into."""


class Verification:
    def __init__(self, path):
        self.path = path
        self.problems = []
        self.notes = []
        self.parts = {}

    def tell(self, text):
        self.problems.append(text)

    # ------------------------------------------------------------- the ZIP

    def run(self, exports=(), log=None, fingerprint=None):
        """Look at everything; return whether it is as recorded.

        Steps: the archive itself, its members against the manifest, the members against each
        other, then what was given besides.
        """
        try:
            with zipfile.ZipFile(self.path) as archive:
                self.check_members(archive, fingerprint)
        except zipfile.BadZipFile as error:
            raise Unusable(f"the file is no ZIP, or was cut off: {error}") from error
        except (OSError, EOFError, NotImplementedError) as error:
            raise Unusable(f"the file cannot be read: {error}") from error
        if not self.problems:
            self.check_runs()
            self.check_approvals()
            self.check_sums()
            self.check_receipts()
            self.check_inputs(exports)
            if log:
                self.check_log(log)
        return not self.problems

    def check_members(self, archive, fingerprint):
        """Compare the members with the manifest, after refusing what no dossier has."""
        infos = archive.infolist()
        self.refuse_hostile(infos)
        by_name = {info.filename: info for info in infos}
        if MANIFEST not in by_name:
            raise Unusable(f"there is no {MANIFEST} in it: this is no dossier")
        content = self.read(archive, by_name.pop(MANIFEST), keep=MAX_JSON)
        if content is None:
            return
        manifest = self.parse(MANIFEST, content)
        if not isinstance(manifest, dict) or manifest.get("format") != FORMAT:
            raise Unusable(f"{MANIFEST} does not say “{FORMAT}”")
        self.fingerprint = hashlib.sha256(content).hexdigest()
        if fingerprint and fingerprint.strip().lower() != self.fingerprint:
            self.tell(
                f"the dossier's fingerprint is {self.fingerprint}, not the one that was noted: "
                "it is another dossier, or its manifest was changed"
            )
        self.compare_members(archive, by_name, manifest.get("members"))

    def compare_members(self, archive, by_name, told):
        told = {
            one["name"]: one
            for one in (told if isinstance(told, list) else [])
            if isinstance(one, dict) and isinstance(one.get("name"), str)
        }
        for name in sorted(set(NEEDED) - told.keys()):
            self.tell(f"{name}: the manifest does not list it")
        for name in sorted(told.keys() - by_name.keys()):
            self.tell(f"{name}: missing; it was taken out of the dossier")
        for name in sorted(by_name.keys() - told.keys()):
            self.tell(f"{name}: not in the manifest; it was added to the dossier")
        for name in sorted(told.keys() & by_name.keys()):
            keep = MAX_JSON if name.endswith(".json") else 0
            content = self.read(archive, by_name[name], told[name], keep)
            if content is not None and keep:
                self.parts[name] = self.parse(name, content)

    def refuse_hostile(self, infos):
        """Stop at names that lead elsewhere, at bombs, and at what is there twice."""
        if len(infos) > MAX_MEMBERS:
            raise Unusable(f"it has {len(infos)} members; a dossier has at most {MAX_MEMBERS}")
        seen, total = set(), 0
        for info in infos:
            name = info.filename
            if not SAFE_NAME.fullmatch(name) or ".." in name:
                raise Unusable(f"the name {name[:100]!r} of a member is not one of a dossier")
            if name in seen:
                raise Unusable(f"{name} is in it twice")
            if info.flag_bits & 1:
                raise Unusable(f"{name} is encrypted")
            total += info.file_size
            ratio = info.file_size / max(info.compress_size, 1)
            bomb = info.file_size > CHUNK and ratio > MAX_RATIO
            if info.file_size > MAX_MEMBER or total > MAX_TOTAL or bomb:
                raise Unusable(f"{name} says that it unpacks to {info.file_size} bytes: refused")
            seen.add(name)

    def read(self, archive, info, told=None, keep=0):
        """Read a member, never more than it says it has; tell what differs from the manifest.

        :param keep: return the content if it has at most that many bytes
        :return: the content (empty if it is not kept), or None if it could not be read
        """
        digest, size, kept = hashlib.sha256(), 0, []
        try:
            with archive.open(info) as stream:
                while chunk := stream.read(CHUNK):
                    size += len(chunk)
                    if size > info.file_size:
                        raise Unusable(f"{info.filename} unpacks to more than it says: refused")
                    digest.update(chunk)
                    if size <= keep:
                        kept.append(chunk)
        except (zipfile.BadZipFile, EOFError, OSError, ValueError) as error:
            self.tell(f"{info.filename}: damaged, it cannot be unpacked ({error})")
            return None
        except Exception as error:  # zlib.error and the like
            if isinstance(error, Unusable):
                raise
            self.tell(f"{info.filename}: damaged, it cannot be unpacked ({error})")
            return None
        if told and digest.hexdigest() != told.get("sha256"):
            self.tell(f"{info.filename}: changed; its fingerprint is not the one of the manifest")
            return None
        if keep and size > keep:
            raise Unusable(f"{info.filename} has {size} bytes: too many to be looked into")
        return b"".join(kept)

    def parse(self, name, content):
        try:
            return json.loads(content)
        except (ValueError, RecursionError) as error:
            raise Unusable(f"{name} is no JSON: {error}") from error

    # ------------------------------------------------------------- the parts

    def check_runs(self):
        """The log of each run must be as it was when the run ended."""
        names = self.get_run_names()
        closed = self.parts["project.json"]["closed_at"]
        for run in self.parts["log.json"]["runs"]:
            sealed = run["sealed"]
            kind = "without_values" if closed else "digest"
            if not sealed["lines"]:
                if names.get(run["run"], "").endswith("(done)"):
                    self.tell(f"log: run {names[run['run']]} has lines, but no seal")
            elif run["lines"] != sealed["lines"]:
                self.tell(
                    f"log: run {names.get(run['run'], run['run'])} wrote {sealed['lines']} lines, "
                    f"and has {run['lines']} now: lines were added or removed"
                )
            elif run[kind] != sealed[kind]:
                self.tell(
                    f"log: lines of run {names.get(run['run'], run['run'])} were changed after it "
                    "ended"
                )
        known = {run["run"] for run in self.parts["log.json"]["runs"]}
        for run in self.parts["runs.json"]:
            if run["log_lines"] and run["id"] not in known:
                self.tell(f"log: all lines of run {names[run['id']]} are gone")

    def get_run_names(self):
        return {
            run["id"]: f"{run['id']} {run['kind']} ({run['state']})"
            for run in self.parts["runs.json"]
        }

    def check_approvals(self):
        """What stands approved must be the map that is in the dossier."""
        current = self.parts["map.json"]["hash"]
        for one in self.parts["approvals.json"]:
            if not one["voided_at"] and one["hash"] != current:
                self.tell(
                    f"approvals: what {one['by']} approved on {one['at']} ({one['kind']}) is not "
                    "the map of this dossier"
                )

    def check_sums(self):
        """Rows read must be the sum of their outcomes."""
        for entity, one in self.parts["records.json"]["entities"].items():
            outcomes = {name: count for name, count in one["outcomes"].items() if name != "read"}
            if one["outcomes"]["read"] != sum(outcomes.values()):
                self.tell(f"records: the outcomes of {entity} do not add up to the rows read")

    def check_receipts(self):
        """A purge has its receipt, and what was purged is not called kept."""
        project, kinds = self.parts["project.json"], set()
        for one in self.parts["receipts.json"]:
            kinds.add(one["kind"])
            text = json.dumps(one["detail"], sort_keys=True)
            if hashlib.sha256(text.encode()).hexdigest() != one["digest"]:
                self.tell(f"receipts: the receipt of {one['at']} was changed")
            for run, intact in one["detail"].get("seals", {}).items():
                if not intact:
                    self.tell(f"receipts: the log of run {run} was changed before it was purged")
        for name, kind in (("purged_at", {"copies", "log"}), ("closed_at", {"log"})):
            if project[name] and not kinds & kind:
                self.tell(f"receipts: the project says {name} {project[name]}, without a receipt")

    # ------------------------------------------------------------- what was given besides

    def check_inputs(self, exports):
        """Compare export files with the fingerprints of what was uploaded."""
        known = {}
        for one in self.parts["inputs.json"]["files"]:
            known.setdefault(one["sha256"], one["name"] or "a document")
        given = set()
        for path in exports:
            try:
                digest = self.hash_file(path)
            except OSError as error:
                raise Unusable(f"{path} cannot be read: {error}") from error
            if digest in known:
                self.notes.append(f"{path}: is what was uploaded ({known[digest]})")
                given.add(digest)
            else:
                self.tell(f"{path}: is not what was uploaded; no input has its fingerprint")
        missing = sorted(name for digest, name in known.items() if digest and digest not in given)
        if exports and missing:
            self.notes.append(f"not given, so not compared: {', '.join(missing)}")

    def hash_file(self, path):
        digest = hashlib.sha256()
        with open(path, "rb") as stream:
            while chunk := stream.read(CHUNK):
                digest.update(chunk)
        return digest.hexdigest()

    def check_log(self, path):
        """Work the fingerprints of the runs out of an exported log, and compare."""
        csv.field_size_limit(1 << 30)
        runs, names = {}, self.get_run_names()
        columns = SEALED
        if self.parts["project.json"]["closed_at"]:
            columns = [name for name in SEALED if name not in VALUES]
        with open(path, "rb") as raw:
            reader = csv.DictReader(io.TextIOWrapper(raw, encoding="utf-8-sig", newline=""))
            if not set(SEALED) <= set(reader.fieldnames or ()):
                raise Unusable(f"{path} is no log exported as CSV: columns are missing")
            for row in reader:
                if not (row["run_id"] or "").isdigit():
                    self.tell(f"{path}: line {reader.line_num} names no run")
                    return
                digest, count = runs.setdefault(int(row["run_id"]), [hashlib.sha256(), 0])
                line = "\x1f".join(row[name] or "" for name in columns)
                digest.update(hashlib.sha256(line.encode()).digest())
                runs[int(row["run_id"])][1] = count + 1
        key = "without_values" if columns is not SEALED else "digest"
        told = {run["run"]: run for run in self.parts["log.json"]["runs"]}
        for run in sorted(told.keys() | runs.keys()):
            name = names.get(run, run)
            if run not in runs:
                self.tell(f"{path}: has no line of run {name}, which wrote {told[run]['lines']}")
            elif run not in told:
                self.tell(f"{path}: has lines of run {name}, of which the dossier knows nothing")
            elif runs[run][1] != told[run]["lines"]:
                count = told[run]["lines"]
                self.tell(f"{path}: has {runs[run][1]} lines of run {name} instead of {count}")
            elif runs[run][0].hexdigest() != told[run][key]:
                self.tell(f"{path}: lines of run {name} were changed")
        self.notes.append(f"{path}: {sum(count for __, count in runs.values())} lines compared")


def say(text, file=None):
    """Print, without what a terminal would act upon."""
    print("".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text), file=file)


def main(arguments=None):
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(errors="replace")
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("dossier")
    parser.add_argument("exports", nargs="*", metavar="EXPORT")
    parser.add_argument("--log", metavar="LOG.csv")
    parser.add_argument("--fingerprint", metavar="HEX")
    asked = parser.parse_args(arguments)
    for name in (asked.dossier, *([asked.log] if asked.log else [])):
        if not Path(name).is_file():
            say(f"{name}: there is no such file", file=sys.stderr)
            return 2
    verification = Verification(asked.dossier)
    try:
        good = verification.run(asked.exports, asked.log, asked.fingerprint)
    except Unusable as error:
        say(f"NOT GENUINE: {error}")
        return 1
    except (KeyError, TypeError, AttributeError, UnicodeDecodeError, csv.Error) as error:
        say(f"NOT GENUINE: a part is not made as a dossier's is ({type(error).__name__}: {error})")
        return 1
    for text in verification.notes:
        say(f"  {text}")
    if not good:
        say("NOT GENUINE:")
        for text in verification.problems:
            say(f"  {text}")
        return 1
    project = verification.parts["project.json"]
    say(f"Genuine in itself: the dossier of “{project['name']}” ({project['source']}).")
    say(f"Fingerprint: {verification.fingerprint}")
    if not asked.fingerprint:
        say("Compare it with the one that was noted when the dossier was made: a dossier that was")
        say("made anew, of another database, is genuine in itself too.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
