# shellcheck shell=bash
# What the scripts of this folder share. Sourced, never run.

set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
cd "$root"

# Text data and libtorch; the server and the tests look there too.
export CHORUS_HOME=${CHORUS_HOME:-$root/.chorus}
case $CHORUS_HOME in
    /*) ;;
    *) CHORUS_HOME=$PWD/$CHORUS_HOME ;;
esac

# LIBTORCH from outside always wins; Package.swift reads it.
# shellcheck disable=SC2034  # setup asks for it
# Exported by a script that called this one, it is no wish of the user.
if [ -n "${LIBTORCH:-}" ] && [ "$LIBTORCH" != "$CHORUS_HOME/libtorch" ]; then
    libtorch_is_given=1
else
    libtorch_is_given=
    export LIBTORCH=$CHORUS_HOME/libtorch
fi

say() { printf '%s\n' "$*"; }

die() {
    printf '%s\n' "$*" >&2
    exit 1
}

# Swift where an installer put it without touching PATH.
if ! command -v swift >/dev/null 2>&1; then
    for folder in "$HOME/.local/share/swiftly/bin" "$HOME/.swiftly/bin" /opt/swift/usr/bin /usr/local/swift/usr/bin; do
        if [ -x "$folder/swift" ]; then
            export PATH="$folder:$PATH"
            break
        fi
    done
fi
