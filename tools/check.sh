#!/usr/bin/env bash
# The gate: what must hold of the sources whatever the tests say. Takes every step, then fails if one failed.
#   tools/check.sh [--report FILE.xml]     the outcome of each step as JUnit
set -euo pipefail
cd "$(dirname "$0")/.."
build=build/debug
report=
[ "${1:-}" != --report ] || report=$2

failed=0
cases=
shown=  # what the last step printed, if it went well
step() {  # step NAME COMMAND...
  local name=$1 began=$SECONDS output
  shift
  if output=$("$@" 2>&1); then
    printf 'ok      %-10s %3d s\n' "$name" $((SECONDS - began))
    shown=$output
    cases+="<testcase classname=\"check\" name=\"$name\"/>"
  else
    printf 'FAILED  %-10s %3d s\n%s\n' "$name" $((SECONDS - began)) "$output"
    shown=
    cases+="<testcase classname=\"check\" name=\"$name\"><failure message=\"see the log\"/></testcase>"
    failed=1
  fi
}

mapfile -t sources < <(git ls-files --cached --others --exclude-standard -- '*.cpp' '*.hpp' '*.sh' '*.sbatch' '*.sbatch.in' .ci/run |
  while read -r file; do if [ -e "$file" ]; then echo "$file"; fi; done)
mapfile -t units < <(printf '%s\n' "${sources[@]}" | grep -E '\.[ch]pp$')
mapfile -t scripts < <(printf '%s\n' "${sources[@]}" | grep -vE '\.[ch]pp$')

[ -e "$build/build.ninja" ] || cmake --log-level=WARNING --preset debug-asan

step format clang-format --dry-run -Werror "${units[@]}"
step structure python3 tools/check_structure.py
step scripts shellcheck "${scripts[@]}"
step links tools/check_links.sh "$build/bin"
step headers cmake --build "$build" --target header_check -- -k 0
step tidy python3 tools/run_tidy.py "$build"
step tsan tools/tsan.sh
step coverage tools/coverage.sh
printf '%s\n' "$shown"

[ -z "$report" ] || printf '<testsuite name="check">%s</testsuite>\n' "$cases" >"$report"
exit "$failed"
