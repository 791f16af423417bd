#!/bin/sh
# Runs a program where the probe finds a GPU: probed.sh PROBE PROGRAM ARGUMENTS...
"$1" || exit $?
shift
exec "$@"
