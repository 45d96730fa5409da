#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026, the bytemark.cloud contributors
#
# What a new user types: install the collection, start a simulated cloud with its role, build the small fleet in it.
# Usage, in an empty home folder with start.yml and stop.yml: ./install.sh ARTIFACT

set -eux

ansible-galaxy collection install "$1"

ansible-playbook start.yml
trap 'ansible-playbook stop.yml' EXIT
. ./credentials.sh

ansible-playbook bytemark.cloud.quickstart | tee first
grep 'changed=3 .*failed=0' first

ansible-playbook bytemark.cloud.quickstart --check --diff | tee second
grep 'changed=0 .*failed=0' second

printf 'plugin: bytemark.cloud.bigv\n' >fleet.bigv.yml
ansible-inventory -i fleet.bigv.yml --graph bigv | tee graph
[ "$(grep -c '\.acme\.uk0\.bigv\.io$' graph)" = 4 ]
