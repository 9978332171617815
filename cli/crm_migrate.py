"""``odoo crm_migrate``: the same methods as the screens, for rehearsals and cutover scripts."""

import gc
import json
import logging
import os
import select
import sys
import time
from pathlib import Path

from odoo import api, sql_db
from odoo.cli.command import Command
from odoo.modules.registry import Registry
from odoo.tools import config

_logger = logging.getLogger(__name__)

DONE, FAILED, WRONG_USE, WAITS, INCOMPLETE = 0, 1, 2, 3, 4
# Seconds between two lines of progress.
SHOWN_SECONDS = 30
# Seconds between two looks of a helper for something to do.
LOOK_SECONDS = 0.02
#: Options of the connection that ``--set`` takes: requests per second, and at once.
REST_OPTIONS = {"rate": float, "parallel": int}
STEPS = ("staged", "proposed", "sampled", "loaded", "verified")


class CrmMigrate(Command):
    """Move an old CRM into this database: stage, propose, sample, load, verify, undo"""

    name = "crm_migrate"

    def run(self, cmdargs):
        arguments = self._parse(cmdargs)
        options = ["--no-http"]
        if arguments.config:
            options += ["-c", arguments.config]
        if arguments.database:
            options += ["-d", arguments.database]
        config.parse_config(options + arguments.odoo, setup_logging=True)
        names = config["db_name"]
        database = names[0] if isinstance(names, list) and names else names
        if not database:
            self.parser.error("-d DB: name the database")
        with Registry(database).cursor() as cr:
            env = api.Environment(cr, api.SUPERUSER_ID, {})
            if "crm.migration.project" not in env:
                self.parser.error(f"crm_migration is not installed in {database}")
            # Approvals and runs carry a name: the administrator's, not the robot's.
            env = env(user=env.ref("base.user_admin").id)
            sys.exit(Journey(env, arguments).execute())

    def _parse(self, cmdargs):
        parser = self.parser
        parser.add_argument("-c", "--config", help="configuration file of Odoo")
        parser.add_argument("-d", "--database", help="database to migrate into")
        parser.add_argument("--profile", help="code of the source product")
        parser.add_argument("--project", required=True, help="name of the migration project")
        parser.add_argument("--files", nargs="+", metavar="PATH", default=[])
        parser.add_argument("--until", choices=STEPS, default="proposed")
        parser.add_argument("--yes", action="store_true", help="confirm and approve everything")
        parser.add_argument("--set", nargs="+", metavar="KEY=VALUE", default=[], action="extend")
        parser.add_argument("--map", metavar="FILE", help="use a saved map")
        parser.add_argument("--export-map", metavar="FILE", help="save the map")
        parser.add_argument("--rest", metavar="URL", help="extract by REST instead of files")
        parser.add_argument("--token-env", metavar="VAR", help="variable that holds the token")
        parser.add_argument("--json", metavar="FILE", help="write the machine-readable report")
        parser.add_argument("--delta", nargs="+", metavar="PATH", default=[])
        parser.add_argument("--verify", action="store_true")
        parser.add_argument("--report", metavar="DIR")
        parser.add_argument("--dossier", metavar="FILE", help="write the dossier as a ZIP")
        parser.add_argument("--purge", choices=("copies", "log"), help="with --yes: see the docs")
        parser.add_argument("--resume", action="store_true")
        parser.add_argument("--rollback", action="store_true")
        parser.add_argument("--run", type=int, metavar="N", help="undo this load only")
        parser.add_argument("--entity", metavar="CODE", help="undo this kind of records only")
        parser.add_argument(
            "--record", nargs="+", metavar="CODE:KEY", help="undo these records only"
        )
        parser.add_argument("--with-dependants", action="store_true")
        parser.add_argument("--stage-again", action="store_true")
        parser.add_argument("--preview", action="store_true")
        parser.add_argument("--workers", type=int, metavar="N", help="load with N processes")
        arguments, arguments_left = parser.parse_known_args(cmdargs)
        arguments.odoo = arguments_left
        return arguments


class Helpers:
    """Forks of this process, which load shares of a run while this one leads it.

    They know the registry as it is now, so they begin at once. They end when the pipe to them
    does: whatever becomes of this process, none stays.
    """

    def __init__(self, run, workers):
        self.run = run
        self.count = workers - 1 if run.kind == "load" else 0
        self.processes = {}  # {ID of a process: our end of the pipe to it}
        if run.kind == "load" and workers != (run.parameters or {}).get("workers", 1):
            run.sudo().parameters = (run.parameters or {}) | {"workers": workers}

    def __enter__(self):
        self.run.env.cr.commit()
        # What is there outlives the run: no search for garbage goes through it, here or in a fork,
        # which would copy each page it looks at.
        gc.freeze()
        sys.stdout.flush()
        for __ in range(self.count):
            theirs, ours = os.pipe()
            process = os.fork()
            if not process:
                for end in (ours, *self.processes.values()):
                    os.close(end)
                help_load(self.run.env.cr.dbname, theirs)
            os.close(theirs)
            self.processes[process] = ours
        return self

    def __exit__(self, *error):
        for ours in self.processes.values():
            os.close(ours)
        for process in self.processes:
            os.waitpid(process, 0)
        gc.unfreeze()


def help_load(database, pipe):
    """Load shares of whatever load is under way, in a fork, until the pipe ends; then exit."""
    code = FAILED
    try:
        forget_connections()
        ended = False
        while not ended:
            # New fields, made meanwhile, are known to a registry that is asked for anew.
            with Registry(database).check_signaling().cursor() as cr:
                env = api.Environment(cr, api.SUPERUSER_ID, {})
                worked = env["crm.migration.run"]._help(SHOWN_SECONDS)
            ended = select.select([pipe], [], [], 0 if worked else LOOK_SECONDS)[0]
        code = DONE
    except Exception:
        _logger.exception("A helper of the load ended")
    finally:
        # Nothing of what the other process has begun is ended here.
        os._exit(code)


def forget_connections():
    """Close the connections that a fork got from its parent, without a word to the database.

    It would take the farewell for the parent's.
    """
    nobody = os.open(os.devnull, os.O_RDWR)
    for pool in filter(None, (sql_db._Pool, sql_db._Pool_readonly)):
        for connection in pool._connections:
            if not connection.closed:
                os.dup2(nobody, connection.fileno())
    sql_db.close_all()


class WrongUse(Exception):
    """The arguments do not fit; nothing was done."""


class Waits(Exception):
    """A person has to decide before it goes on."""


class Journey:
    """One call of the command: from the arguments to the exit code and the report."""

    def __init__(self, env, arguments):
        self.env = env
        self.arguments = arguments
        self.project = env["crm.migration.project"]
        self.rest_options = {}
        self.finished = set()  # kinds of runs that were stopped, and finished by this call

    def execute(self):
        """Do what is asked; return the exit code.

        Steps: find or make the project, set its policies, do the one thing asked, report.
        """
        from odoo.exceptions import UserError, ValidationError

        try:
            self.project = self._get_project()
            self._set_policies()
            code = self._act()
        except WrongUse as error:
            print(f"crm_migrate: {error}", file=sys.stderr)
            return WRONG_USE
        except Waits as error:
            print(f"\nWaiting for a person: {error}")
            code = WAITS
        except ValidationError as error:
            print(f"crm_migrate: {error}", file=sys.stderr)
            return WRONG_USE
        except UserError as error:
            print(f"crm_migrate: {error}", file=sys.stderr)
            code = FAILED
        self._report()
        return code

    def _act(self):
        asked = self.arguments
        if not (asked.preview or asked.report or asked.dossier):
            self._finish_stopped()
        if asked.rollback:
            return self._roll_back()
        if asked.report:
            return self._write_report(Path(asked.report))
        if asked.dossier:
            return self._write_dossier(Path(asked.dossier))
        if asked.purge:
            return self._purge()
        if asked.verify:
            self._run("verify")
            return self._result()
        if asked.resume:
            return self._resume()
        return self._move()

    # ------------------------------------------------------------- project

    def _get_project(self):
        asked = self.arguments
        project = self.env["crm.migration.project"].search([("name", "=", asked.project)], limit=1)
        if project:
            if asked.profile and asked.profile != project.profile:
                raise WrongUse(f"project {asked.project!r} has the profile {project.profile}")
            return project
        later = (asked.rollback, asked.verify, asked.report, asked.resume, asked.delta)
        if any((*later, asked.dossier, asked.purge)):
            raise WrongUse(f"there is no project {asked.project!r}")
        codes = [code for code, __ in project._selection_profile()]
        if asked.profile not in codes:
            raise WrongUse(f"--profile: one of {', '.join(codes)}")
        values = {"name": asked.project, "profile": asked.profile} | self._get_policies(project)
        if "company_id" not in values and not project._get_only_company():
            names = ", ".join(project._get_companies().mapped("name"))
            raise WrongUse(f"--set company=NAME is needed, for there are several: {names}")
        return project.create(values)

    def _set_policies(self):
        values = self._get_policies(self.project)
        if values:
            self.project.write(values)
        self.env.cr.commit()

    def _get_policies(self, project):
        """Return the values of ``--set``; users and teams are given by login or name."""
        values = {}
        for pair in self.arguments.set:
            key, separator, value = pair.partition("=")
            if key in REST_OPTIONS and value.replace(".", "", 1).isdigit():
                self.rest_options[key] = REST_OPTIONS[key](value)
                continue
            name = f"{key}_id" if f"{key}_id" in project._fields else key
            field = project._fields.get(name)
            known = self._get_policy_names(project)
            if not separator or name not in known:
                raise WrongUse(f"--set {pair}: KEY=VALUE with one of {', '.join(sorted(known))}")
            values[name] = self._read_policy(field, key, value)
        return values

    def _get_policy_names(self, project):
        from odoo.addons.crm_migration.models.crm_migration_project import POLICIES

        return {*POLICIES, "user_id", "company_id"}

    def _read_policy(self, field, key, value):
        if field.type == "many2one":
            model = self.env[field.comodel_name]
            name = "login" if field.comodel_name == "res.users" else "name"
            found = model.search([(name, "=", value)]) or (
                model.browse(int(value)).exists() if value.isdigit() else model
            )
            if len(found) != 1:
                raise WrongUse(f"--set {key}={value}: {len(found)} records fit")
            return found.id
        if field.type == "integer":
            if not value.isdigit():
                raise WrongUse(f"--set {key}={value}: a number is needed")
            return int(value)
        choices = field.get_values(self.env) if field.type == "selection" else None
        if choices and value not in choices:
            listed = ", ".join(choices[:20])
            raise WrongUse(f"--set {key}={value}: one of {listed}")
        return value

    # ------------------------------------------------------------- journey

    def _move(self):
        """Walk the path as far as ``--until``."""
        asked = self.arguments
        paths = self._get_paths(asked.delta or asked.files)
        until = STEPS.index(asked.until)
        if paths:
            self.project._add_files(self._upload(paths), delta=bool(asked.delta))
            self.env.cr.commit()
            self._run("extract")
            self._settle_readings()
        extracted = bool(paths)
        if asked.rest:
            extracted = self._extract_rest()
        if not self.project.file_ids:
            raise WrongUse("--files: there is nothing to migrate yet")
        if until >= STEPS.index("proposed"):
            if extracted or not self.project.line_ids:
                self._run("propose")
            self._use_map()
        if until > STEPS.index("proposed"):
            self._go_on(until)
        elif until == STEPS.index("proposed"):
            self._wait_for_map()
        return self._result()

    def _extract_rest(self):
        """Extract over REST; True if the map has to be proposed then.

        A call that went on with what a call before had left undone finishes that: the changes
        since are fetched by the next one.
        """
        self._set_connection()
        if self.finished:
            return "extract" in self.finished
        run = self.project._start_extraction()
        self.env.cr.commit()
        self._work(run)
        return True

    def _set_connection(self):
        """Make or change the project's connection as the arguments say."""
        from odoo.addons.crm_migration.engine.web import is_open

        asked, project = self.arguments, self.project
        token = os.environ.get(asked.token_env or "", "").strip()
        if asked.token_env and not token:
            raise WrongUse(f"--token-env: the variable {asked.token_env} is empty")
        # Who works on the server's command line may name a host inside the network.
        values = {"base_url": asked.rest, "is_allowed": not is_open(asked.rest)}
        values |= self.rest_options
        connection = project.connection_id
        if connection:
            connection.write(values)
        else:
            values |= {"name": project.name, "profile": project.profile}
            connection = project.connection_id = project.connection_id.create(values)
        if token:
            connection.token = token
        self.env.cr.commit()

    def _go_on(self, until):
        """Confirm, prepare, sample, approve, load, verify."""
        loaded_before = self.project.state in ("loaded", "verified")
        self._confirm_map()
        self._run("schema")
        if not loaded_before or until == STEPS.index("sampled"):
            self._run("sample")
        self._run("forecast")
        if until >= STEPS.index("loaded"):
            self._approve_sample()
            self._run("load")
        if until >= STEPS.index("verified"):
            self._run("verify")

    def _settle_readings(self):
        """Tell which files could be read in another way; ``--yes`` takes them as they were read."""
        for file in self.project.file_ids.filtered("is_doubtful"):
            taken = " Taken as read (--yes)." if self.arguments.yes else ""
            print(f"{file.name}: {file.question}{taken}")
            if self.arguments.yes:
                file.action_confirm_reading()
        self.env.cr.commit()

    def _wait_for_readings(self):
        doubtful = self.project.file_ids.filtered("is_doubtful")
        if doubtful:
            names = ", ".join(doubtful.mapped("name"))
            raise Waits(f"how these files are read is not confirmed (or use --yes): {names}")

    def _wait_for_map(self):
        if self.arguments.yes:
            self._confirm_map()
            return
        self._wait_for_readings()
        if self.project._count_open_decisions():
            raise Waits(self._count_open())

    def _confirm_map(self):
        """Approve the map, if every line is decided; ``--yes`` decides as proposed."""
        if self.arguments.yes:
            self.project.action_confirm_all()
        self._wait_for_readings()
        if self.project._count_open_decisions():
            raise Waits(self._count_open())
        self.project.action_confirm_map()
        self.env.cr.commit()

    def _count_open(self):
        count = self.project._count_open_decisions()
        return f"{count} lines of the map are not confirmed (see the project, or use --yes)"

    def _approve_sample(self):
        if self.project._get_valid_approval("sample"):
            return
        if not self.arguments.yes:
            raise Waits("the sample is not approved (see the project, or use --yes)")
        if self.project.state in ("loaded", "verified"):
            self.project._approve_again()
        else:
            self.project.action_approve_sample()
        self.env.cr.commit()

    def _finish_stopped(self):
        """Go on with a run that was killed on its way; one that failed only when asked to, or
        when it is the same extraction: with another token it goes on at its page."""
        states = ["queued", "running", "paused"] + ["failed"] * self.arguments.resume
        stopped = self.project.run_ids[:1].filtered(
            lambda run: run.state in states or (run.state == "failed" and self._is_asked_for(run))
        )
        if stopped:
            self._renew_token()
            stopped.action_resume()
            self.env.cr.commit()
            self._work(stopped)
            self.finished.add(stopped.kind)

    def _is_asked_for(self, run):
        """Whether the run extracts over REST from the address that is asked for."""
        known = self.project.connection_id.base_url
        return run.kind == "extract" and bool(self.arguments.rest) and known == self.arguments.rest

    def _renew_token(self):
        """An extraction that goes on may need another token than it began with."""
        asked = self.arguments
        if self.project.connection_id and (asked.rest or asked.token_env):
            asked.rest = asked.rest or self.project.connection_id.base_url
            self._set_connection()

    def _resume(self):
        """Load what was held."""
        if self.project.state in ("approved", "loaded", "verified"):
            if self.project.owner_policy == "stub":
                self._run("schema")
            self._run("load")
        return self._result()

    def _roll_back(self):
        parameters = self._get_scope()
        preview = self.env["crm.migration.rollback"]._preview(self.project, parameters)
        for title in ("remove", "restore", "keep"):
            print(f"{title}:")
            for model, count in sorted(preview[title].items()):
                print(f"  {model:<32} {count:>8}")
        for (model, of_model), count in sorted(preview["dependants"].items()):
            what = "undone too" if self.arguments.with_dependants else "link emptied"
            print(f"{count} {model} hang on {of_model} that go: {what}")
        if not self.arguments.preview:
            self._run("rollback", **parameters)
        return DONE

    def _get_scope(self):
        """Return what is to be undone, of ``--run``, ``--entity`` and what goes with them."""
        asked, parameters = self.arguments, {}
        if sum(map(bool, (asked.run, asked.entity, asked.record))) > 1:
            raise WrongUse("--run, --entity or --record, one of them")
        if asked.record:
            parameters["records"] = [self._find_record(name).id for name in asked.record]
        if asked.run:
            loads = self.project.run_ids.filtered(lambda run: run.kind == "load")
            load = loads.filtered(lambda run: run.id == asked.run)
            if not load:
                known = ", ".join(map(str, loads.ids)) or "none"
                raise WrongUse(f"--run {asked.run}: no load of this project ({known})")
            parameters["runs"] = self.project._get_runs_of_load(load)
        if asked.entity:
            entities = sorted(self.project._get_outcomes())
            if asked.entity not in entities:
                raise WrongUse(f"--entity {asked.entity}: one of {', '.join(entities)}")
            parameters["entity"] = asked.entity
        if parameters:
            parameters["dependants"] = "undo" if asked.with_dependants else "keep"
            parameters["again"] = asked.stage_again
        return parameters

    def _find_record(self, name):
        """Return the staged record of ``CODE:KEY``, the ID that the source knows it by."""
        entity, __, key = name.partition(":")
        record = self.env["crm.migration.record"].search(
            [
                ("project_id", "=", self.project.id),
                ("entity", "=", entity),
                ("source_key", "=", key),
            ]
        )
        if not record:
            raise WrongUse(f"--record {name}: there is no such row (CODE:KEY, as contact:17)")
        return record

    def _result(self):
        outcomes = self.project._get_outcomes().values()
        done = self.project.state in ("loaded", "verified")
        return INCOMPLETE if done and any(o["held"] or o["failed"] for o in outcomes) else DONE

    def _run(self, kind, **parameters):
        """Do a run to its end, here, with the same steps as the background worker."""
        run = self.project._start(kind, **parameters)
        self.env.cr.commit()
        self._work(run)

    def _work(self, run):
        with Helpers(run, self.arguments.workers or 1):
            self._work_off(run)

    def _work_off(self, run):
        label = dict(run._fields["kind"]._description_selection(self.env))[run.kind]
        print(f"{label} …", end="", flush=True)
        while run.state in ("queued", "running"):
            run._work(seconds=SHOWN_SECONDS)
            run.invalidate_recordset()
            if run.state == "running" and run.processed and run.time_left:
                print(f" {run.processed} of {run.total}, {run.rate:.0f}/s, {run.time_left} left …",
                      end="", flush=True)  # fmt: skip
            if run.state in ("queued", "running"):
                # Another worker of this database has the run; it does the same steps.
                self.env.cr.rollback()
                self.env.registry.check_signaling()
                time.sleep(0.5)
        rate = f", {run.rate:.0f}/s" if run.seconds else ""
        print(f" {run.state} ({run.processed} in {run.seconds:.1f} s{rate})")
        run._check_done()
        self.env.invalidate_all()

    # ------------------------------------------------------------- files and maps

    def _get_paths(self, names):
        """Return [(path, name)]: of a folder all files, under their path inside of it."""
        paths = []
        for name in names:
            path = Path(name)
            if path.is_dir():
                inside = sorted(one for one in path.rglob("*") if one.is_file())
                paths += [(one, one.relative_to(path).as_posix()) for one in inside]
            elif path.is_file():
                paths.append((path, path.name))
            else:
                raise WrongUse(f"{name}: no such file or folder")
        return paths

    def _upload(self, paths):
        """Store the files as the upload of the screens does: none of them is ever held whole."""
        from odoo.addons.crm_migration.models.uploads import store_file

        attachments = self.env["ir.attachment"]
        for path, name in paths:
            with path.open("rb") as stream:
                attachments += store_file(self.project, name, stream, takes_empty=True)
        return attachments

    def _use_map(self):
        asked = self.arguments
        if asked.map:
            content = json.loads(Path(asked.map).read_text(encoding="utf-8"))
            self.project._import_map(content)
            self.env.cr.commit()
        if asked.export_map:
            content = json.dumps(self.project._export_map(), indent=1, ensure_ascii=False)
            Path(asked.export_map).write_text(content, encoding="utf-8")

    # ------------------------------------------------------------- report

    def _write_report(self, folder):
        folder.mkdir(parents=True, exist_ok=True)
        for path in self.env["crm.migration.report"]._write_files(self.project, folder):
            print(path)
        return DONE

    def _write_dossier(self, path):
        from odoo.addons.crm_migration.models.dossier import Dossier

        with path.open("wb") as stream:
            fingerprint = Dossier(self.project).save(stream)
        self.env.cr.commit()
        print(f"{path}\nfingerprint: {fingerprint}")
        return DONE

    def _purge(self):
        """Purge the copies of the source, or the log's values too; it cannot be undone."""
        if not self.arguments.yes:
            raise WrongUse("--purge cannot be undone: say so with --yes")
        if "purge" not in self.finished:
            run = self.project.action_purge(self.arguments.purge)
            self.env.cr.commit()
            self._work(run)
        return DONE

    def _report(self):
        project = self.project
        project.invalidate_recordset()
        self._print_files()
        self._print_outcomes()
        if self.arguments.json:
            content = json.dumps(project._get_report(), indent=1, ensure_ascii=False, default=str)
            Path(self.arguments.json).write_text(content, encoding="utf-8")

    def _print_files(self):
        if not (self.arguments.files or self.arguments.delta):
            return
        print()
        payload = self.project.file_ids.filtered(lambda f: f.state == "payload")
        if payload:
            print(f"{len(payload)} files go with the export")
        for file in self.project.file_ids.filtered(
            lambda f: f.state not in ("superseded", "payload")
        ):
            delimiter = f", delimiter {file.delimiter!r}" if file.delimiter else ""
            unmoved = "listed, does not move" if file._is_listed() else "not recognised"
            print(
                f"{file.name}: {file.entity or unmoved}, {file.file_format}, "
                f"{file.encoding}{delimiter}, header in row {file.header_row}, {file.rows} rows"
            )

    def _print_outcomes(self):
        outcomes = self.project._get_outcomes()
        if not outcomes:
            return
        names = list(next(iter(outcomes.values())))
        print("\n" + f"{'':<12}" + "".join(f"{name:>10}" for name in names))
        for entity, counts in outcomes.items():
            print(f"{entity:<12}" + "".join(f"{counts[name]:>10}" for name in names))
        self._print_forecast()
        self._print_issues()
        checks = self.project._get_check_totals()
        if any(checks.values()):
            print("\nChecked: " + ", ".join(f"{count} {name}" for name, count in checks.items()))

    def _print_forecast(self):
        """Tell what the newest forecast said, and how the load kept to it."""
        forecast = self.project.forecast
        if not forecast:
            return
        # Once the load is done only how it was kept is told.
        kept = "kept, but for" if forecast["differences"] else "kept"
        print(f"\nForecast: {forecast['sentence'] or kept}")
        for reason in forecast["reasons"]:
            print(f"  {reason['count']:>7}  {reason['label']}: {reason['title']}")
        for line in forecast["differences"]:
            print(f"  {line['count']:>7}  {line['text']}")

    def _print_issues(self):
        groups = self.env["crm.migration.issue"]._read_group(
            [("project_id", "=", self.project.id), ("state", "=", "open")],
            ["severity", "code"],
            ["__count"],
        )
        labels = dict(self.env["crm.migration.issue"]._fields["code"].selection)
        if groups:
            print("\nIssues:")
        for severity, code, count in groups:
            print(f"  {severity:<8} {count:>7}  {labels[code]} ({code})")
