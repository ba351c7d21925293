# DialReady. `make` alone lists what there is.
.DEFAULT_GOAL := help
.SUFFIXES:
SHELL := /bin/sh

PYTHON := $(shell command -v python3.11 || command -v python3)
PORT ?= 8080
STAGE ?= dev
TESTS ?= tests
# These have the whole system in their own process, and run beside each other, a file at a time, the longest first.
IN_PROCESS := tests/faults tests/api tests/unit
CHOSEN = $(patsubst tests,$(IN_PROCESS) tests/e2e,$(TESTS:/=))

# Each environment carries the checksum of the file it was made from in its stamp's name,
# so it is made again when, and only when, that file's content changes.
DEV := .venv/made-$(shell cksum < requirements-dev.txt | tr ' ' '-')
EMBEDDED := .venv-embedded/made-$(shell cksum < infra/requirements-embedded.txt | tr ' ' '-')
RUN := .venv/bin/python
LOCK := .venv/bin/uv pip compile --quiet --python-version 3.11 --generate-hashes \
	--no-header --no-annotate --no-emit-index-url --no-emit-find-links

.PHONY: help environment run reset logs test bench demo build deploy redrive upkeep rotate token lint format lock

help: ## this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: environment ## the whole system on this machine: one port (PORT=8080), data kept; TLS=1 for https
	@PORT='$(PORT)' TLS='$(TLS)' exec $(RUN) -m infra.local run

reset: environment ## forget the data of `make run`
	@$(RUN) -m infra.local reset

logs: environment ## what the functions of a running system have logged
	@$(RUN) -m infra.local logs

test: environment ## every test; TESTS=tests/unit for a part
	@status=0; \
	$(if $(filter-out tests/e2e%,$(CHOSEN)),$(RUN) -m pytest --numprocesses auto --maxprocesses 4 --dist loadfile \
		--no-loadscope-reorder $(filter-out tests/e2e%,$(CHOSEN)) || status=$$?;) \
	$(if $(filter tests/e2e%,$(CHOSEN)),$(RUN) -m pytest $(filter tests/e2e%,$(CHOSEN)) || status=$$?;) \
	exit $$status

bench: environment ## the budgets, measured; PARTS="growth sending" for some of them
	@$(RUN) -m tests.bench $(PARTS)

demo: environment ## ten people from examples/people.csv, in a running `make run`, and what each one got
	@$(RUN) -m infra.demo

build: environment ## build/STAGE: the package that is deployed
	@$(RUN) -m infra.build --stage '$(STAGE)'

deploy: environment ## to AWS: make deploy STAGE=prod ARTIFACTS=bucket [RESERVE=yes] [DETAILED=yes] [RESTORED=seconds] [SMS_SET=name] [APPLE_SIGNING=yes]
	@$(RUN) -m infra.deploy --stage '$(STAGE)' --artifacts '$(ARTIFACTS)' \
		$(if $(RESERVE),--reserve-concurrency '$(RESERVE)') $(if $(DETAILED),--detailed-monitoring '$(DETAILED)') $(if $(RESTORED),--restored '$(RESTORED)') $(if $(APPLE_SIGNING),--apple-signing) \
		$(if $(SMS_SET),--sms-configuration-set '$(SMS_SET)')

redrive: environment ## what failed five times, once more: make redrive STAGE=prod
	@$(RUN) -m infra.redrive --stage '$(STAGE)'

upkeep: environment ## what time does, at once: make upkeep STAGE=prod [DRY=1 changes nothing] [DAYS=30]; STAGE=local for `make run`
	@$(RUN) -m infra.upkeep --stage '$(STAGE)' $(if $(DRY),--dry) $(if $(DAYS),--days '$(DAYS)')

rotate: environment ## a new key: make rotate STAGE=prod RING=links|operators [RETIRE=a removes an old one] [FORCE=1]
	@$(RUN) -m infra.rotate --stage '$(STAGE)' --ring '$(RING)' $(if $(RETIRE),--retire '$(RETIRE)') $(if $(FORCE),--force)

token: environment ## the provider's token of a deployed stage
	@$(RUN) -m infra.provider_token --stage '$(STAGE)'

lint: environment ## what CI checks before the tests
	@.venv/bin/ruff check .
	@.venv/bin/ruff format --check .
	@.venv/bin/mypy
	@$(RUN) -m infra.build --stage '$(STAGE)'
	@.venv/bin/cfn-lint build/'$(STAGE)'/template.json

format: environment ## ruff's format and safe fixes
	@.venv/bin/ruff format .
	@.venv/bin/ruff check --fix .

lock: environment ## newest versions of every requirement, with their hashes
	@$(LOCK) --upgrade requirements.in -o requirements.txt
	@$(LOCK) --upgrade requirements-dev.in -c requirements.txt -o requirements-dev.txt
	@$(LOCK) --upgrade infra/requirements-embedded.in -o infra/requirements-embedded.txt

environment: $(DEV) $(EMBEDDED)

$(DEV):
	@$(call make_environment,.venv,requirements-dev.txt)
	@touch $@

$(EMBEDDED):
	@$(call make_environment,.venv-embedded,infra/requirements-embedded.txt)
	@touch $@

# $(1): folder, $(2): its pinned requirements.
define make_environment
{ test -n '$(PYTHON)' && $(PYTHON) -c 'import sys, venv, ensurepip; sys.exit(sys.version_info[:2] != (3, 11))' 2>/dev/null; } \
	|| { echo 'Python 3.11 with venv is needed: install it (Debian: apt-get install python3.11-venv) or name it: make PYTHON=/path/to/python3.11'; exit 1; }; \
echo 'making $(1) from $(2) ...'; \
rm -rf $(1) && $(PYTHON) -m venv $(1) \
	&& $(1)/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r $(2)
endef
