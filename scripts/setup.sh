#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, the bytemark.cloud contributors
#
# Make .build/ and the virtual environment in it, and run a Python script there; or remove them.
# Usage, from the clone's top folder: scripts/setup.sh demo|test SCRIPT [ARGUMENT...], or scripts/setup.sh clean

set -eu

die() {
    printf '%s\n' "$*" >&2
    exit 1
}

plain() (
    LC_ALL=C
    case $1 in *[!A-Za-z0-9_./+-]*) exit 1 ;; esac
)

# Ansible puts the path of its Python into shell commands without quotes, so a clone in a folder with spaces or accents
# in its name gets a build folder elsewhere, and .build is a link to it.
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
    die "No folder for the build: set XDG_CACHE_HOME to a writable folder whose path has only letters, digits and . _ + -"
}

remove_build_folder() {
    if [ -L .build ] && [ "$(cat .build/clone 2>/dev/null)" = "$here" ]; then
        rm -rf "$(readlink .build)"
    fi
    rm -rf .build
}

# The tests that need one of these say by themselves what is missing where it cannot be installed from here.
install_programs() {
    if ! { command -v chromedriver && { command -v chromium || command -v google-chrome; }; } >/dev/null; then
        install_from_debian "Chromium for the tests of the simulator's pages" chromium chromium-driver
    fi
    if ! command -v java >/dev/null; then
        install_from_debian "Java for the test of the event source" default-jre-headless
    fi
}

install_from_debian() {
    [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null || return 0
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
    die "git does not take this folder for a clone of yours: get one with git clone, as the user you are now."

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
    die "$python cannot make virtual environments: install its venv module (Debian, Ubuntu: apt-get install python3-venv)."

# One make at a time in a clone. The lock is on the clone's folder, and is this process's until it ends.
exec 9<.
lock() {
    "$python" -c "import fcntl; fcntl.flock(9, $1)" 2>/dev/null
}
if ! lock 'fcntl.LOCK_EX | fcntl.LOCK_NB'; then
    echo "Another make is at work in this clone: waiting for it to end ..."
    lock fcntl.LOCK_EX || die "This folder cannot be locked."
fi

if [ "$(cat .build/clone 2>/dev/null)" != "$here" ]; then
    rm -rf .build
    make_build_folder
    printf '%s\n' "$here" >.build/clone
fi
[ -w .build/clone ] || die "The build folder .build belongs to another user: remove it, or become that user."
build=$(cd -P .build && pwd -P)

wanted() {
    "$python" --version
    cat requirements.txt roles/simulator/files/requirements.txt scripts/requirements-demo.txt
    [ "$1" = demo ] || cat scripts/requirements-versions.txt scripts/requirements-test.txt
}

for made in demo test; do
    stamp=$build/venv/made-for-$made
    if [ -e "$stamp" ] && [ "$(cat "$stamp")" != "$(wanted $made)" ]; then
        rm -rf "$build/venv"
    fi
done
if ! [ -e "$build/venv/made-for-$layer" ] || ! [ -x "$build/venv/bin/python" ]; then
    echo "Setting up a virtual environment in .build/venv (once; up to a minute) ..."
    [ -x "$build/venv/bin/python" ] || "$python" -m venv --clear "$build/venv"
    "$build/venv/bin/python" -m pip install --disable-pip-version-check -r "scripts/requirements-$layer.txt" \
        >"$build/pip.log" 2>&1 ||
        die "$(grep '^ERROR' "$build/pip.log" || tail -n 5 "$build/pip.log")
pip could not install scripts/requirements-$layer.txt; all it said is in .build/pip.log. Is there a way to a package index?"
    wanted "$layer" >"$build/venv/made-for-$layer"
fi
[ "$layer" = demo ] || install_programs

PYTHONPATH=$here/scripts:$here/tests exec "$build/venv/bin/python" "$@"
