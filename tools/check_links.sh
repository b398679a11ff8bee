#!/usr/bin/env bash
# merctl, mer-coordinator, mer-gateway and mer-worker need neither LibTorch nor CUDA, directly or through another library.
#   tools/check_links.sh FOLDER_OF_THE_PROGRAMS
set -euo pipefail
status=0
for program in merctl mer-coordinator mer-gateway mer-worker; do
  needed=$(ldd "$1/$program")
  if grep -E 'libtorch|libc10|libcud|libcupti|libnv' <<<"$needed"; then
    echo "$program must link neither LibTorch nor CUDA"
    status=1
  fi
done
exit "$status"
