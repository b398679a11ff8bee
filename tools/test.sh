#!/usr/bin/env bash
# Builds Debug with sanitizers and runs every check and test; ends with one line: N passed, N failed, N skipped.
#   tools/test.sh [--no-setup]
set -euo pipefail
cd "$(dirname "$0")/.."

[ "${1:-}" = --no-setup ] || tools/setup.sh --tests
build=build/debug
reports=$build/reports
export MER_BIN=$PWD/$build/bin

step() { printf '\n== %s (%s s)\n' "$1" "$SECONDS"; }

step "build"
cmake --log-level=WARNING --preset debug-asan
cmake --build --preset debug-asan
rm -rf "$reports"
mkdir -p "$reports"

# A step that fails does not hide the next one: the summary judges by the reports.
step "checks"
tools/check.sh --report "$reports/check.xml" || true

step "ctest"
ctest --test-dir "$build" -j "$(nproc)" --timeout 300 --no-tests=error --output-on-failure \
  --output-junit "$PWD/$reports/ctest.xml" || true

step "pytest"
.venv/bin/python -m pytest -c tests/pytest.ini tests -n "$(nproc)" --dist loadgroup --junitxml "$reports/pytest.xml" || true

step "summary"
python3 tools/summarise_tests.py "$reports"/{check,ctest,pytest}.xml
