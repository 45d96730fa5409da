# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, the bytemark.cloud contributors
#
# Relative paths only: the clone may lie anywhere, in a folder with spaces in its name too.

.DEFAULT_GOAL := help
CHECKS := unit unit-turned chaos integration sanity lint docs-lint docs build units quickstart molecule environment versions

.PHONY: help demo check test test-long bench generate $(CHECKS) clean

help: ## list the targets
	@sed -n 's/^\([a-z][a-z -]*\):.* ## /\1: /p' Makefile | awk -F ': ' '{printf "make %-18s %s\n", $$1, $$2}'

demo: ## set up, start a simulated cloud, and show the collection at work on it
	@scripts/setup.sh demo scripts/demo.py

check: ## run every check below but versions, as .ci/run does
	@scripts/setup.sh test scripts/check.py $(filter-out versions,$(CHECKS))

test: ## run every check below
	@scripts/setup.sh test scripts/check.py $(CHECKS)

test-long: ## the property and fuzz tests at length, EXAMPLES=10000 for each module, and a longer campaign
	@EXAMPLES=$(or $(EXAMPLES),10000) scripts/setup.sh test scripts/check.py unit -- \
	    tests/unit/contract/test_properties.py tests/unit/contract/test_address_properties.py tests/unit/fuzz
	@scripts/setup.sh test scripts/check.py chaos -- --runs 200

bench: ## the benchmarks, an hour; BENCH=module, BENCH=inventory ARGS="--rounds 3 1000" or BENCH=fleet ARGS="--quick" for a part
	@for part in $(or $(BENCH),module inventory fleet); do \
	    scripts/setup.sh test tests/benchmark/$$part.py $(ARGS) || exit 1; \
	done

generate: ## write what follows from the modules and schemas: RETURN blocks, action plugins, tables
	@scripts/setup.sh test scripts/generate.py

unit: ## unit and module tests with pytest; ARGS="-k pattern" narrows them
unit-turned: ## those that depend on the forms of answers again, on a simulator whose settings are turned round
chaos: ## fleets converged while everything goes wrong; ARGS="--runs 200", or ARGS="--first 7 --runs 1" for one again
integration: ## playbooks against simulated clouds, in the controller and not, and with settings turned round; ARGS="bigv_vm"
sanity: ## ansible-test sanity; ARGS="--test validate-modules" picks tests
lint: ## what is generated, ruff, mypy, yamllint, ansible-lint and REUSE
docs-lint: ## the plugins' documentation and the changelog
docs: ## build the documentation as HTML; the summary says where to read it
molecule: ## the molecule scenario; ARGS="--destroy=never" is passed on
environment: ## the execution environment, as far as ansible-builder takes it without a container engine
build: ## build the collection's artifact and put it through Galaxy's importer
units: ## some unit tests through ansible-test, in the installed artifact; ARGS="tests/unit/" runs all that are in it
quickstart: ## install the artifact where only ansible-core and requests are, and run the quickstart as a new user does
versions: ## unit, integration and sanity on the other ansible-core lines; ARGS="2.18 2.22" picks lines

$(CHECKS):
	@scripts/setup.sh test scripts/check.py $@ -- $(ARGS)

clean: ## remove everything that was built
	@scripts/setup.sh clean
