#!/usr/bin/env bash
# From a clone to a first table: installs what is missing, builds mer, runs configs/quickstart.json on 2 workers.
# A second run does no work twice: the sweep resumes, or its results are shown again.
set -euo pipefail
cd "$(dirname "$0")/.."

tools/setup.sh
cmake --log-level=WARNING --preset release
cmake --build --preset release

status=0
build/release/bin/merctl run configs/quickstart.json --workers 2 || status=$?
[ "$status" -eq 0 ] || exit "$status"
printf '\nThe results are in %s. To see them in a browser:\n\n  build/release/bin/merctl serve\n\n' "${MER_STORE:-mer-store}"
