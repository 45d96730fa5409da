# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, the bytemark.cloud contributors
#
# Relative paths only: the clone may lie anywhere, in a folder with spaces in its name too.

.DEFAULT_GOAL := help
CHECKS := unit integration sanity lint docs-lint build molecule environment
python := .build/venv/bin/python

.PHONY: help demo test test-long bench $(CHECKS) clean

help: ## list the targets
	@sed -n 's/^\([a-z][a-z -]*\):.* ## /\1: /p' Makefile | awk -F ': ' '{printf "make %-12s %s\n", $$1, $$2}'

demo: ## set up, start a simulated cloud, and show the collection at work on it
	@scripts/setup.sh demo
	@$(python) scripts/demo.py

test: ## run every check below, as .ci/run does
	@scripts/setup.sh test
	@$(python) scripts/check.py $(CHECKS)

test-long: ## the property tests at length: EXAMPLES=10000 for each module
	@scripts/setup.sh test
	@EXAMPLES=$(or $(EXAMPLES),10000) $(python) scripts/check.py unit -- tests/unit/modules/test_properties.py

bench: ## the benchmarks, half an hour; BENCH=inventory ARGS="--rounds 3 1000" or BENCH=fleet for a part
	@scripts/setup.sh test
	@for part in $(or $(BENCH),inventory fleet); do \
	    PYTHONPATH=scripts $(python) tests/benchmark/$$part.py $(ARGS) || exit 1; \
	done

unit: ## unit and module tests with pytest; ARGS="-k pattern" narrows them
integration: ## playbooks against the simulated cloud; ARGS="bigv_vm" picks targets
sanity: ## ansible-test sanity; ARGS="--test validate-modules" picks tests
lint: ## ruff, mypy, yamllint and ansible-lint
docs-lint: ## the plugins' documentation and the changelog
molecule: ## the molecule scenario; ARGS="--destroy=never" is passed on
environment: ## the execution environment, as far as ansible-builder takes it without a container engine
build: ## build the collection's artifact, install it, and put it through Galaxy's importer

$(CHECKS):
	@scripts/setup.sh test
	@$(python) scripts/check.py $@ -- $(ARGS)

clean: ## remove everything that was built
	@scripts/setup.sh clean
