# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026, the bytemark.cloud contributors
#
# Relative paths only: the clone may be in any directory, also one with spaces in its name.

.DEFAULT_GOAL := help
NOX := scripts/setup.sh nox
LINTERS := lint docs-check license-check extra-checks static-analysis
CHECKS := unit unit-turned chaos integration sanity docs build units install-test molecule environment

.PHONY: help demo check test test-long bench generate pictures lint versions clean $(CHECKS)

help: ## list these targets
	@awk -F ':.*## ' '/^## /{print ""; print substr($$0, 4)} /^[a-z-]+:.*## /{printf "  make %-22s %s\n", $$1, $$2}' Makefile

## Try it

demo: ## watch the collection at work on a practice cloud; KEEP=1 keeps the cloud running at the end
	@scripts/setup.sh demo scripts/demo.py

## Work on it: ARGS goes to the tool that a check runs

check: ## every check below on one ansible-core, as CI runs them
	@$(NOX) -s $(CHECKS) $(LINTERS)
unit: ## the unit tests; ARGS="tests/unit/docs -k readme"
unit-turned: ## the tests that depend on the form of answers, with the simulator's settings reversed
chaos: ## fleets while everything goes wrong; ARGS="--runs 200", or ARGS="--first 7 --runs 1" to repeat one
integration: ## playbooks against simulated clouds, in three ways, one of them on Python 3.10; ARGS="bigv_vm"
sanity: ## ansible-test sanity; ARGS="--test validate-modules"
lint: ## everything static: generated files, ruff, mypy, yamllint, ansible-lint, the plugins' documentation, licences
	@$(NOX) -s $(LINTERS)
docs: ## the documentation as HTML, in .build/docs/html
molecule: ## the Molecule scenario; ARGS="--destroy=never"
generate: ## write what is generated from the modules and schemas: RETURN blocks, action plugins, tables
	@scripts/setup.sh test scripts/generate.py
pictures: ## draw the pictures and plots of the documentation that are out of date; needs Graphviz
	@scripts/setup.sh test scripts/pictures.py
test-long: ## the property and fuzz tests with 10,000 examples each (EXAMPLES), and 200 runs of chaos
	@EXAMPLES=$(or $(EXAMPLES),10000) $(NOX) -s unit -- \
	    tests/unit/contract/test_properties.py tests/unit/contract/test_address_properties.py tests/unit/fuzz
	@$(NOX) -s chaos -- --runs 200
bench: ## the benchmarks, an hour; BENCH=module, BENCH=inventory ARGS="--rounds 3 1000" or BENCH=fleet ARGS="--quick"
	@for part in $(or $(BENCH),module inventory fleet); do \
	    scripts/setup.sh test tests/benchmark/$$part.py $(ARGS) || exit 1; \
	done
clean: ## remove everything that was built
	@scripts/setup.sh clean

## Release it

test: ## check, then versions
	@$(NOX) -s $(CHECKS) $(LINTERS) versions
versions: ## unit, integration and sanity on the other lines of ansible-core; ARGS="2.18 2.22"
	@$(NOX) -s $(or $(foreach line,$(ARGS),unit-$(line) integration-$(line) sanity-$(line)),versions)
build: ## the artifact, put through Galaxy's importer
units: ## some unit tests with ansible-test, in the installed artifact; ARGS="tests/unit/" for all
install-test: ## the artifact installed where only ansible-core and the oldest requests are, and the quickstart run there
environment: ## the build context of an execution environment; no container engine is needed

$(CHECKS):
	@$(NOX) -s $@ -- $(ARGS)
