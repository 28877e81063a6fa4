#!/usr/bin/env bash
# Remakes the lock files from pyproject.toml: every version, for Python 3.11 to 3.13, with the hashes of all its files.
# Existing versions stay unless asked otherwise: lock.sh --upgrade, or lock.sh --upgrade-package NAME.
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/../.."
locks=packaging/locks
tool=build/lock-tool

if [ ! -x "$tool/bin/uv" ]; then
    "${PYTHON:-python3}" -m venv "$tool"
    "$tool/bin/python" -m pip install --quiet --disable-pip-version-check uv
fi

# Neither an index address nor a command line may enter the files: they say what, not where from.
compile() {
    "$tool/bin/uv" pip compile --quiet --universal --python-version 3.11 --generate-hashes \
        --no-emit-index-url --no-header "$@"
}

# One version of everything: what runs and what builds is a part of what is developed with.
compile --extra dev pyproject.toml --output-file $locks/dev.txt "$@"
compile pyproject.toml --constraint $locks/dev.txt --output-file $locks/runtime.txt "$@"
compile --group build --constraint $locks/dev.txt --output-file $locks/build.txt "$@"
