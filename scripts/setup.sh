#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026, the bytemark.cloud contributors
#
# Create the build directory .build with a virtual environment, and run a program in it; or remove it.
# Usage, in the top folder of the clone:
#   scripts/setup.sh demo|test SCRIPT [ARGUMENT...]    a Python script, one at a time
#   scripts/setup.sh nox [ARGUMENT...]
#   scripts/setup.sh clean
# INSTALL_PROGRAMS=yes lets it install what the unit tests need from Debian, where it is root and that is missing.

set -eu

die() {
    printf '%s\n' "$*" >&2
    exit 1
}

plain() (
    LC_ALL=C
    case $1 in *[!A-Za-z0-9_./+-]*) exit 1 ;; esac
)

# Ansible puts the path of its Python into shell commands without quotes. So where the path of the clone has spaces or
# accents in it, the build directory is in the user's cache, and .build is a link to it.
make_build_folder() {
    if plain "$here"; then
        mkdir .build
        return
    fi
    for parent in "${XDG_CACHE_HOME:-${HOME:-/nonexistent}/.cache}" "${TMPDIR:-/tmp}" /tmp; do
        if plain "$parent" && mkdir -p "$parent" 2>/dev/null && folder=$(mktemp -d "$parent/bytemark.cloud.XXXXXX"); then
            ln -s "$folder" .build
            return
        fi
    done
    die "There is no directory to build in: set XDG_CACHE_HOME to a writable directory whose path has only letters, digits and . _ + -"
}

remove_build_folder() {
    if [ -L .build ] && [ "$(cat .build/clone 2>/dev/null)" = "$here" ]; then
        rm -rf "$(readlink .build)"
    fi
    rm -rf .build
}

# A test that needs one of these fails where it is missing, and says how to install it.
install_programs() {
    [ "${INSTALL_PROGRAMS:-}" = yes ] && [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null || return 0
    if ! { command -v chromedriver && { command -v chromium || command -v google-chrome; }; } >/dev/null; then
        install_from_debian "Chromium for the tests of the simulator's pages" chromium chromium-driver
    fi
    if ! command -v java >/dev/null; then
        install_from_debian "Java for the test of the event source" default-jre-headless
    fi
}

install_from_debian() {
    echo "Installing Debian's $1 (once; up to two minutes) ..."
    shift
    {
        apt-get update &&
            DEBIAN_FRONTEND=noninteractive apt-get install --yes --no-install-recommends -o DPkg::Lock::Timeout=300 "$@"
    } >"$build/apt.log" 2>&1 || echo "That failed; what apt-get said is in .build/apt.log."
}

here=$(pwd -P)
layer=$1
shift

if [ "$layer" = clean ]; then
    remove_build_folder
    exit
fi

command -v git >/dev/null || die "git is missing: install it (Debian, Ubuntu: apt-get install git)."
[ "$(git rev-parse --show-prefix 2>&1)" = "" ] ||
    die "This directory is not a git clone that belongs to you: create one with git clone, as the current user."

find_python() {
    for candidate; do
        if "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            python=$candidate
            return
        fi
    done
    die "Python 3.11 or newer is missing ($* tried): install it, or name it: make PYTHON=/usr/local/bin/python3 ..."
}

if [ "${PYTHON:-}" ]; then
    find_python "$PYTHON"
else
    find_python python3 python3.13 python3.12 python3.11
fi
"$python" -c 'import ensurepip, venv' 2>/dev/null ||
    die "$python cannot create virtual environments: install its venv module (Debian, Ubuntu: apt-get install python3-venv)."

# One make at a time in a clone. The lock is on the clone's folder, and is this process's until it ends.
exec 9<.
lock() {
    "$python" -c "import fcntl; fcntl.flock(9, $1)" 2>/dev/null
}
if ! lock 'fcntl.LOCK_EX | fcntl.LOCK_NB'; then
    echo "Another make is running in this clone: waiting for it to finish ..."
    lock fcntl.LOCK_EX || die "This directory cannot be locked."
fi

# nox that was not started by make has created .build already.
if plain "$here" && [ -d .build/nox ] && ! [ -e .build/clone ]; then
    printf '%s\n' "$here" >.build/clone
fi
if [ "$(cat .build/clone 2>/dev/null)" != "$here" ]; then
    rm -rf .build
    make_build_folder
    printf '%s\n' "$here" >.build/clone
fi
[ -w .build/clone ] || die "The build directory .build belongs to another user: remove it, or run make as that user."
build=$(cd -P .build && pwd -P)

requirements() {
    case $1 in
    nox) echo scripts/requirements-nox.txt ;;
    demo) echo meta/ee-requirements.txt roles/simulator/files/requirements.txt scripts/requirements-demo.txt ;;
    test) echo "$(requirements demo)" scripts/requirements-versions.txt scripts/requirements-test.txt ;;
    esac
}

wanted() {
    "$python" --version
    # shellcheck disable=SC2046
    cat $(requirements "$1")
}

# Install the requirements of a layer into a virtual environment, unless they are there.
install() {
    venv=$1
    for made in "$2" "$3"; do
        stamp=$venv/made-for-$made
        if [ -e "$stamp" ] && [ "$(cat "$stamp")" != "$(wanted "$made")" ]; then
            rm -rf "$venv"
        fi
    done
    if ! [ -e "$venv/made-for-$3" ] || ! [ -x "$venv/bin/python" ]; then
        echo "Setting up a virtual environment in ${venv#"$here"/} (once; up to a minute) ..." >&2
        [ -x "$venv/bin/python" ] || "$python" -m venv --clear "$venv"
        "$venv/bin/python" -m pip install --disable-pip-version-check -r "scripts/requirements-$3.txt" \
            >"$build/pip.log" 2>&1 ||
            die "$(grep '^ERROR' "$build/pip.log" || tail -n 5 "$build/pip.log")
pip could not install scripts/requirements-$3.txt; its whole output is in .build/pip.log. Can it reach a package index?"
        wanted "$3" >"$venv/made-for-$3"
    fi
}

if [ "$layer" = nox ]; then
    install "$build/nox/venv" nox nox
    # Each session takes the lock when it needs it.
    exec 9<&-
    exec "$build/nox/venv/bin/nox" "$@"
fi
install "$build/venv" demo "$layer"
case " $* " in *" unit "*) install_programs ;; esac

PYTHONPATH=$here/scripts:$here/tests exec "$build/venv/bin/python" "$@"
