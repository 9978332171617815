# Everything is done by the scripts in dev/; each says at its top what it does and takes.
MAKEFLAGS += --no-print-directory
.DEFAULT_GOAL := help
.PHONY: help setup run demo test test-hostile test-kill test-workers test-jobs test-users lint bench score pot screenshots clean clean-all

help: ## list the commands
	@echo "crm_migration: make …"
	@sed -nE 's/^([a-z-]+): ## (.*)/  \1|\2/p' $(MAKEFILE_LIST) | column -t -s '|' 2>/dev/null \
		|| sed -nE 's/^([a-z-]+): ## (.*)/  \1	\2/p' $(MAKEFILE_LIST)
	@echo "Variables: CRM_MIGRATION_CACHE=DIR  ODOO_SOURCE=DIR  PGHOST=… PGPORT=… PGUSER=…  PYTHON=…  PORT=8069  DB=NAME  ARGS='…'"
	@echo "./dev/odoo ARGS runs Odoo, ./dev/psql DB its database; see also the other scripts in dev/"

setup: ## fetch and cache Odoo 19 and its dependencies, start the private PostgreSQL
	@dev/setup

run: ## migrate the bundled exports and serve http://127.0.0.1:8069 (admin/admin)
	@dev/run

demo: ## the same without serving: migrate the bundled exports, print the reconciliation
	@dev/demo

test: ## all tests: engine, Odoo, browser (ARGS='-k name' or '--keep' …)
	@dev/test $(ARGS)

test-hostile: ## migrate among a customer's own rules, constraints and records, and take it back
	@dev/test-hostile $(ARGS)

test-kill: ## kill a migration 20 times at random moments; it must end as an undisturbed one
	@dev/test-kill $(ARGS)

test-workers: ## load with 1, 2 and 4 processes, and kill some; all must leave the same
	@dev/test-workers $(ARGS)

test-jobs: ## load with the jobs of OCA's queue_job and its runner, and kill some
	@dev/test-jobs $(ARGS)

test-users: ## people edit and save while one worker loads, and two; how long they wait
	@dev/test-users $(ARGS)

lint: ## ruff, pylint-odoo, XML, JSON and shell checks (ARGS=--fix repairs)
	@dev/lint $(ARGS)

bench: ## records per second, by both roads, beside Odoo's importer, XML-RPC and bare COPY (SIZE=contacts ROUNDS=3)
	@test -x dev/bench || { echo "error: dev/bench is not there yet" >&2; exit 1; }
	@dev/bench $(ARGS)

score: ## quality figures of the proposer and the reader
	@test -x dev/score || { echo "error: dev/score is not there yet" >&2; exit 1; }
	@dev/score $(ARGS)

pot: ## export i18n/crm_migration.pot
	@dev/pot

screenshots: ## take the pictures of static/description anew, with the bundled exports
	@dev/screenshots

clean: ## remove databases, filestores and configuration; keep the downloads
	@dev/clean

clean-all: ## remove the downloads too
	@dev/clean --all
