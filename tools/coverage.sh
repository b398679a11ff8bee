#!/usr/bin/env bash
# Branch coverage of the scheduler and of the store by their own tests: prints a table for each, fails below 95 % of
# either.
#   tools/coverage.sh
set -euo pipefail
cd "$(dirname "$0")/.."
build=build/coverage
least=95

cmake --log-level=WARNING --preset coverage >/dev/null
cmake --build --preset coverage >"$build/build.log" || {
  cat "$build/build.log"
  exit 1
}
find "$build" -name '*.gcda' -delete
# In parts beside each other: the store's tests wait for the disk.
run() { GTEST_TOTAL_SHARDS=$parts GTEST_SHARD_INDEX=$2 "$build/tests/$1" --gtest_brief=1 >"$build/$1.$2.log" 2>&1; }
parts=$((2 * $(nproc)))
declare -A running
for test in storage_test store_line_test orchestrator_test; do
  for ((part = 0; part < parts; ++part)); do
    run "$test" "$part" &
    running[$!]=$build/$test.$part.log
  done
done
for process in "${!running[@]}"; do
  wait "$process" || {
    cat "${running[$process]}"
    exit 1
  }
done

# CMake leaves exception edges out, and here what gcov still calls "throw" is (cmake/Coverage.cmake).
gcovr --root . --filter 'orchestrator/scheduler\.cpp' --filter 'storage/.*\.[ch]pp' --exclude-throw-branches \
  --exclude-unreachable-branches -j "$(nproc)" --json "$build/coverage.json" "$build/storage" "$build/orchestrator"

# Each part's table, without headers that have no branches; "Missing" are the lines with a branch that was not taken.
failed=0
for part in 'orchestrator/scheduler\.cpp' 'storage/.*'; do
  gcovr --root . -a "$build/coverage.json" --filter "$part" --branches --fail-under-branch "$least" >"$build/table.txt" ||
    failed=1
  grep -E '%|^File' "$build/table.txt" | grep -v -e '--%'
done
exit "$failed"
