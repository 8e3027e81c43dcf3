#!/bin/sh
# Starts the program with its own Python, whatever the user's environment says of another.
here=$(dirname "$(readlink -f "$0")")
unset PYTHONPATH PYTHONHOME PYTHONSTARTUP
export PYTHONSAFEPATH=1 PYTHONNOUSERSITE=1 PYTHONDONTWRITEBYTECODE=1 PYTHONUTF8=1
exec "$here/../python/bin/python3.11" -m app "$@"
