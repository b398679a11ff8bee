#!/usr/bin/env bash
# Runs the tests of what has threads, and neither MPI nor LibTorch, under ThreadSanitizer: the HTTP server, its API over
# a store, the coordinator's mailbox.
#   tools/tsan.sh
set -euo pipefail
cd "$(dirname "$0")/.."
build=build/tsan
tests=(web_http_test web_api_test orchestrator_test)

cmake --log-level=WARNING --preset tsan
cmake --build --preset tsan --target "${tests[@]}"
for test in "${tests[@]}"; do "$build/tests/$test" --gtest_brief=1; done
