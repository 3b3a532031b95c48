# What you can do with WaveCom. `make` alone lists the targets.
# The first suitable Python that runs (a version manager may put names on the PATH without a Python behind them), else uv's;
# without --system uv would choose the Python of the environment that is about to be replaced.
PYTHON ?= $(or $(shell for each in python3.13 python3.12 python3.11 python3; do \
	$$each -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' 2>/dev/null && { echo $$each; exit; }; \
	done; uv python find --system '>=3.11,<3.14' 2>/dev/null),python3)
VENV := .venv
BIN := $(VENV)/bin
MINISTACK := .venv-ministack
SAM := .venv-sam
OPENAPI := .venv-openapi
CONTRACT_TOOLS := tests/contract_tools/node_modules
MACHINE := $(if $(filter arm64 aarch64,$(shell uname -m)),arm64,x86_64)
DOCKER ?= docker
COMPOSE_IS_THERE := { $(DOCKER) compose version >/dev/null 2>&1 && $(DOCKER) info >/dev/null 2>&1; } || { \
	echo "This needs Docker with Compose, running: https://docs.docker.com/get-started. Without it: make up." >&2; exit 1; }
# The servers of docker-compose.yml, by their addresses on this machine.
SERVICES := MONGODB_URI="mongodb://127.0.0.1:27017/?directConnection=true" AMQP_URL=amqp://guest:guest@127.0.0.1:5672 \
	AWS_ENDPOINT_URL=http://127.0.0.1:4566 AWS_ACCESS_KEY_ID=local AWS_SECRET_ACCESS_KEY=local
SAM_OPTIONS := --template template-local.yml --docker-network wavecom --region us-east-1 \
	--parameter-overrides Architecture=$(MACHINE) $(if $(BROKER),Broker=$(BROKER))
export PYTHONPATH := .:shared
# Set, it would have each of the many processes compile all modules anew.
unexport PYTHONDONTWRITEBYTECODE
# 20.19 runs everything too, but is no longer maintained, so the messages ask for 22.
NODE_IS_THERE := node -e 'const [a, b] = process.versions.node.split("."); process.exit(a * 100 + +b >= 2019 ? 0 : 1)' 2>/dev/null
# Processes that share the tests: more than cores, since many tests wait.
TEST_PROCESSES := 4
# Two targets at once, each with its output in one piece where make can do that (GNU make 4; 3.81 cannot).
BOTH_AT_ONCE = --no-print-directory --jobs=2 $(if $(filter output-sync,$(.FEATURES)),--output-sync=target)
SOURCES := shared functions local cli chaos benchmarks layers infra_cdk tests clients
TYPESCRIPT_CLIENT := clients/typescript

# A stage of cdk.json, and settings that override its own: CONTEXT="queueEngine=sqs logLevel=DEBUG".
CDK = infra_cdk/node_modules/.bin/cdk
CDK_CONTEXT = -c stage=$(or $(STAGE),$(error set STAGE, for example make $@ STAGE=dev)) $(addprefix -c ,$(CONTEXT))
# Checked before anything is installed.
$(if $(filter synth bootstrap deploy diff destroy,$(MAKECMDGOALS)),$(if $(STAGE),,$(error set STAGE, for example make $(firstword $(MAKECMDGOALS)) STAGE=dev)))
CDK_NEEDS = install infra_cdk/node_modules/.installed page
export JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION := 1

.DEFAULT_GOAL := help
.PHONY: help install up page dashboard down reset key audit test test-quick chaos bench check check-dashboard check-clients clients layers synth bootstrap deploy diff destroy api-key smoke format openapi refusals lock clean services services-down sam-api sam-invoke

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  \033[1m%-15s\033[0m %s\n", $$1, $$2}' $(MAKEFILE_LIST)

install: $(VENV)/.installed $(MINISTACK)/.installed ## Install everything that is missing

up: install page ## Run WaveCom on this machine (BROKER=sqs or rabbitmq); Ctrl-C stops it
	@exec $(BIN)/python -m local up

page: ## Build the dashboard, if Node.js is installed
	@if $(NODE_IS_THERE); then $(MAKE) --silent --no-print-directory dashboard/dist/.built; \
	else echo "The dashboard needs Node.js 22 or newer; the API runs without it."; fi

dashboard: dashboard/node_modules/.installed ## Serve the dashboard with live reload, beside make up
	@cd dashboard && npm run --silent dev

down: install ## End processes that a killed run left behind
	@$(BIN)/python -m local down

reset: install ## End running processes and delete all local data
	@$(BIN)/python -m local reset

key: install ## Create an API key: make key TENANT=acme
	@$(BIN)/python -m local key --tenant "$(or $(TENANT),$(error set TENANT, for example make key TENANT=acme))"

audit: install ## Verify the audit trails of a period: make audit SINCE=2026-01-31T00:00:00Z UNTIL=…
	@bin/wavecom audit --since "$(or $(SINCE),$(shell date -u -d yesterday +%FT%TZ 2>/dev/null || date -u -v-1d +%FT%TZ))" \
	    --until "$(or $(UNTIL),$(shell date -u +%FT%TZ))" --all-tenants

chaos: install ## Kill, pause and mislead a running stack, and count what was lost or sent twice (SEED=1, SHORT=1)
	@$(BIN)/python -m local install-servers
	@$(BIN)/python -m chaos --seed $(or $(SEED),1) $(if $(SHORT),--short,--report)

bench: $(VENV)/.bench-installed ## Measure speed and cost, and write docs/performance.md (PART=accept for one part)
	@$(BIN)/python -m local install-servers
	@$(BIN)/python -m benchmarks run $(PART)

test: install $(SAM)/.installed tests/node/node_modules/.installed $(OPENAPI)/.installed $(CONTRACT_TOOLS)/.installed $(TYPESCRIPT_CLIENT)/dist/.built ## Run all checks and tests, on real servers and in a real browser
	@$(MAKE) $(BOTH_AT_ONCE) check check-dashboard check-clients
	@$(BIN)/python -m local install-servers
	@$(BIN)/python -m local install-browser
	@$(BIN)/python -m local install-runtime-client
	@$(BIN)/python -m pytest --numprocesses $(TEST_PROCESSES) -m "not quiet"
	@$(BIN)/python -m pytest -m quiet $$(grep -rlF mark.quiet tests --include="test_*.py")

test-quick: install ## Run the unit tests, and the contract tests on fakes
	@$(BIN)/python -m pytest --numprocesses 2 -p no:schemathesis -m "not servers" tests/unit tests/contract

check: install ## Lint, types, import rules
	@$(BIN)/ruff format --check $(SOURCES)
	@$(BIN)/ruff check $(SOURCES)
	@$(BIN)/mypy
	@$(BIN)/lint-imports

check-dashboard: dashboard/dist/.built ## Lint, types, unit tests and size of the dashboard
	@cd dashboard && npm run --silent check:generated && npm run --silent format:check && npm run --silent lint
	@cd dashboard && npm run --silent test && npm run --silent size

check-clients: install $(TYPESCRIPT_CLIENT)/dist/.built ## Lint, types and unit tests of the clients for Python and TypeScript
	@cd clients/python && PYTHONPATH= ../../$(BIN)/mypy && PYTHONPATH= ../../$(BIN)/python -m pytest
	@cd $(TYPESCRIPT_CLIENT) && npm run --silent check:generated && npm run --silent format:check && npm run --silent lint
	@cd $(TYPESCRIPT_CLIENT) && npm run --silent types && npm run --silent test

clients: install $(TYPESCRIPT_CLIENT)/dist/.built ## Build the clients for Python (wheel) and TypeScript (tarball) into clients/dist
	@mkdir -p clients/dist
	@cd clients/python && ../../$(BIN)/python -m flit_core.wheel --outdir ../dist
	@cd $(TYPESCRIPT_CLIENT) && npm pack --silent --ignore-scripts --pack-destination ../dist

layers: install ## Build the Lambda functions' code and layers (ARCHITECTURE=arm64 or x86_64)
	@$(BIN)/python -m layers --architecture $(or $(ARCHITECTURE),arm64)

synth: $(CDK_NEEDS) ## Write a stage's templates to cdk.out: make synth STAGE=dev
	@$(CDK) synth --quiet $(CDK_CONTEXT)

bootstrap: $(CDK_NEEDS) ## Prepare an account and region for CDK, once: make bootstrap STAGE=dev
	@$(CDK) bootstrap $(CDK_CONTEXT)

deploy: $(CDK_NEEDS) ## Deploy a stage into the account that you are signed in to: make deploy STAGE=dev (YES=1 skips the questions)
	@$(CDK) deploy $(or $(STACKS:%=wavecom-$(STAGE)-%),--all) $(if $(YES),--concurrency 4 --require-approval never) $(CDK_CONTEXT)

diff: $(CDK_NEEDS) ## Show what a deployment would change: make diff STAGE=dev
	@$(CDK) diff --all $(CDK_CONTEXT)

destroy: $(CDK_NEEDS) ## Delete a stage from its account: make destroy STAGE=dev (YES=1 skips the questions)
	@$(CDK) destroy --all $(if $(YES),--force) $(CDK_CONTEXT)

api-key: install ## Create an API key of a deployed stage: make api-key STAGE=dev TENANT=acme (ROLE=operator)
	@$(BIN)/python -m infra_cdk.api_key --stage $(or $(STAGE),$(error set STAGE, for example make api-key STAGE=dev TENANT=acme)) \
	    --tenant "$(or $(TENANT),$(error set TENANT, for example make api-key STAGE=dev TENANT=acme))" $(if $(ROLE),--role $(ROLE))

smoke: install ## Check that a deployed stage works: make smoke STAGE=dev (SECONDS=300 to wait)
	@$(BIN)/python -m infra_cdk.smoke --stage $(or $(STAGE),$(error set STAGE, for example make smoke STAGE=dev)) $(if $(SECONDS),--seconds $(SECONDS))

services: install ## Start MongoDB, RabbitMQ and LocalStack in Docker, with indexes and queues
	@$(COMPOSE_IS_THERE)
	@$(DOCKER) compose up --detach --wait
	@$(SERVICES) BROKER=sqs $(BIN)/python -m local prepare
	@$(SERVICES) BROKER=rabbitmq $(BIN)/python -m local prepare
	@echo 'Put before make up or make key, to use them: $(SERVICES)'

services-down: ## Stop these servers; their data stays
	@$(COMPOSE_IS_THERE)
	@$(DOCKER) compose down

sam-api: install $(SAM)/.installed ## Serve the functions' HTTP API by sam local, beside make services (BROKER=sqs or rabbitmq)
	@$(COMPOSE_IS_THERE)
	@$(BIN)/python -m layers --architecture $(MACHINE)
	@SAM_CLI_TELEMETRY=0 $(SAM)/bin/sam local start-api $(SAM_OPTIONS) --warm-containers LAZY

sam-invoke: install $(SAM)/.installed ## Run a function once: make sam-invoke FUNCTION=deliver EVENT=events/sqs_deliver.json
	@$(COMPOSE_IS_THERE)
	@$(BIN)/python -m layers --architecture $(MACHINE)
	@SAM_CLI_TELEMETRY=0 $(SAM)/bin/sam local invoke $(SAM_OPTIONS) --event \
	    "$(or $(EVENT),$(error set EVENT, for example EVENT=events/sqs_deliver.json))" \
	    "$(or $(FUNCTION),$(error set FUNCTION, for example FUNCTION=deliver))"

format: install dashboard/node_modules/.installed $(TYPESCRIPT_CLIENT)/node_modules/.installed ## Format the code and fix lint findings
	@$(BIN)/ruff format $(SOURCES)
	@$(BIN)/ruff check --fix $(SOURCES)
	@cd dashboard && npm run --silent format
	@cd $(TYPESCRIPT_CLIENT) && npm run --silent format

openapi: install dashboard/node_modules/.installed $(TYPESCRIPT_CLIENT)/node_modules/.installed ## Write docs/openapi.json from the routes, and the types of the dashboard and the clients from it
	@$(BIN)/python -m local openapi > docs/openapi.json
	@cd dashboard && npm run --silent generate
	@cd $(TYPESCRIPT_CLIENT) && npm run --silent generate
	@$(BIN)/python clients/python/generate.py > clients/python/src/wavecom_client/types.py

refusals: install ## Write the meaning of providers' refusals into docs/providers.md, from the code's own tables
	@$(BIN)/python -m local refusals

lock: ## Update the locked dependencies, with hashes and without addresses (needs uv)
	uv pip compile pyproject.toml --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	    --no-header -o requirements/runtime.txt
	uv pip compile pyproject.toml --group dev --universal --python-version 3.11 --generate-hashes \
	    --no-emit-index-url --no-header -c requirements/runtime.txt -o requirements/dev.txt
	uv pip compile --group bench --universal --python-version 3.11 --generate-hashes \
	    --no-emit-index-url --no-header -c requirements/dev.txt -o requirements/bench.txt
	uv pip compile requirements/ministack.in --universal --python-version 3.11 --generate-hashes \
	    --no-emit-index-url --no-header -o requirements/ministack.txt
	uv pip compile requirements/lambda.in --universal --python-version 3.13 --generate-hashes \
	    --no-emit-index-url --no-header -o requirements/lambda.txt
	uv pip compile requirements/sam.in --universal --python-version 3.11 --generate-hashes \
	    --no-emit-index-url --no-header -o requirements/sam.txt
	uv pip compile requirements/openapi-client.in --universal --python-version 3.11 --generate-hashes \
	    --no-emit-index-url --no-header -o requirements/openapi-client.txt

clean: ## Remove files that install and test created
	rm -rf $(VENV) $(MINISTACK) dashboard/node_modules dashboard/dist infra_cdk/node_modules tests/node/node_modules cdk.out layers/build .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache .venv-lambda $(SAM) $(OPENAPI) $(CONTRACT_TOOLS) clients/dist $(TYPESCRIPT_CLIENT)/node_modules $(TYPESCRIPT_CLIENT)/dist clients/python/.mypy_cache

$(VENV)/.installed: requirements/dev.txt
	@$(PYTHON) -c 'import sys; ok = (3, 11) <= sys.version_info < (3, 14); \
	    sys.exit(None if ok else "WaveCom needs Python 3.11 to 3.13; this is %s. Set PYTHON=python3.x." % sys.version.split()[0])'
	@echo "Installing Python packages into $(VENV)"
	@$(PYTHON) -m venv --clear $(VENV)
	@$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.txt
	@touch $@

$(VENV)/.bench-installed: $(VENV)/.installed $(MINISTACK)/.installed requirements/bench.txt
	@$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements/bench.txt
	@touch $@

$(MINISTACK)/.installed: requirements/ministack.txt
	@echo "Installing the AWS emulator into $(MINISTACK)"
	@python=$$($(PYTHON) -c 'import sys; from layers.python313 import python313; print(python313() or sys.executable)'); \
	    "$$python" -m venv --clear $(MINISTACK) # it runs functions on its own Python: Lambda's, where there is one
	@$(MINISTACK)/bin/pip install --quiet --disable-pip-version-check --require-hashes -r requirements/ministack.txt
	@touch $@

$(SAM)/.installed: requirements/sam.txt
	@echo "Installing AWS SAM into $(SAM)"
	@$(PYTHON) -m venv --clear $(SAM)
	@# The lock names all dependencies; pip would take as long again to see that.
	@$(SAM)/bin/pip install --quiet --disable-pip-version-check --no-compile --no-deps --require-hashes -r requirements/sam.txt
	@touch $@

$(OPENAPI)/.installed: requirements/openapi-client.txt
	@echo "Installing the generator of API clients into $(OPENAPI)"
	@$(PYTHON) -m venv --clear $(OPENAPI)
	@$(OPENAPI)/bin/pip install --quiet --disable-pip-version-check --require-hashes -r requirements/openapi-client.txt
	@touch $@

$(CONTRACT_TOOLS)/.installed: tests/contract_tools/package-lock.json
	@$(NODE_IS_THERE) || { echo "Spectral, which checks the OpenAPI document, needs Node.js 22 or newer: https://nodejs.org" >&2; exit 1; }
	@echo "Installing Spectral"
	@cd tests/contract_tools && npm ci --silent
	@touch $@

dashboard/node_modules/.installed: dashboard/package-lock.json
	@$(NODE_IS_THERE) || { echo "The dashboard needs Node.js 22 or newer: https://nodejs.org" >&2; exit 1; }
	@echo "Installing the dashboard's packages"
	@cd dashboard && npm ci --silent
	@touch $@

infra_cdk/node_modules/.installed: infra_cdk/package-lock.json
	@$(NODE_IS_THERE) || { echo "The CDK command line needs Node.js 22 or newer: https://nodejs.org" >&2; exit 1; }
	@echo "Installing the CDK command line"
	@cd infra_cdk && npm ci --silent
	@touch $@

tests/node/node_modules/.installed: tests/node/package-lock.json
	@$(NODE_IS_THERE) || { echo "The tests need Node.js 22 or newer: https://nodejs.org" >&2; exit 1; }
	@echo "Installing the tests' packages"
	@cd tests/node && npm ci --silent
	@touch $@

dashboard/dist/.built: dashboard/node_modules/.installed $(shell find dashboard/src dashboard/public -type f) $(wildcard dashboard/*.*)
	@echo "Building the dashboard"
	@cd dashboard && npm run --silent build -- --logLevel warn
	@touch $@

$(TYPESCRIPT_CLIENT)/node_modules/.installed: $(TYPESCRIPT_CLIENT)/package-lock.json
	@$(NODE_IS_THERE) || { echo "The TypeScript client needs Node.js 22 or newer: https://nodejs.org" >&2; exit 1; }
	@echo "Installing the TypeScript client's packages"
	@cd $(TYPESCRIPT_CLIENT) && npm ci --silent
	@touch $@

$(TYPESCRIPT_CLIENT)/dist/.built: $(TYPESCRIPT_CLIENT)/node_modules/.installed $(shell find clients/typescript/src -type f) $(wildcard $(TYPESCRIPT_CLIENT)/*.json)
	@echo "Building the TypeScript client"
	@cd $(TYPESCRIPT_CLIENT) && rm -rf dist && npm run --silent build
	@touch $@
