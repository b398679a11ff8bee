#!/usr/bin/env bash
# Installs what mer needs: Debian packages, LibTorch in .deps/torch, and with --tests the test tools and .venv.
#   tools/setup.sh [--tests]
# Runs as often as you like; does nothing when nothing is missing. Without root it goes on if every package is there.
# Not installed: a CUDA toolkit for GPUs, and NCCL for trials on several of them (docs/gpu.md).
# MER_SKIP_PACKAGES=1 leaves the packages to you (a cluster's modules, a container, another distribution).
set -euo pipefail
cd "$(dirname "$0")/.."

say() { printf 'setup: %s\n' "$*"; }
fail() {
  printf 'setup: %s\n' "$*" >&2
  exit 1
}

wanted_packages() {  # wanted_packages KIND...
  local kind
  for kind in "$@"; do awk -v kind="$kind" '$1 == kind { print $2 }' tools/packages.txt; done
}

missing_packages() {
  local package
  for package in "$@"; do
    dpkg-query -W -f '${db:Status-Status}\n' "$package" 2>/dev/null | grep -qx installed || echo "$package"
  done
}

# How to become root: "" as root, "sudo" with sudo; status 1 without either.
root_command() {
  [ "$(id -u)" -ne 0 ] || return 0
  command -v sudo >/dev/null || return 1
  if sudo -n true 2>/dev/null || { [ -t 0 ] && sudo -v; }; then echo sudo; else return 1; fi
}

install_packages() {
  [ -z "${MER_SKIP_PACKAGES:-}" ] || return 0
  local remedy="on a cluster load modules for them or use a Debian 12 container, then set MER_SKIP_PACKAGES=1"
  local -a wanted missing as_root
  mapfile -t wanted < <(wanted_packages "$@")
  command -v dpkg-query >/dev/null || fail "not a Debian system; needed are ${wanted[*]}: $remedy"
  mapfile -t missing < <(missing_packages "${wanted[@]}")
  [ ${#missing[@]} -gt 0 ] || return 0
  local become
  become=$(root_command) || fail "missing Debian packages, and no root to install them: ${missing[*]}: $remedy"
  as_root=(env DEBIAN_FRONTEND=noninteractive)
  [ -z "$become" ] || as_root=("$become" "${as_root[@]}")
  say "installing ${#missing[@]} Debian packages: ${missing[*]}"
  "${as_root[@]}" apt-get update -q -q
  # Slurm, for tests that are skipped without it, comes last: a container may refuse what its packages do when installed.
  local needed=() optional=() package
  for package in "${missing[@]}"; do
    case $package in slurm-wlm | munge) optional+=("$package") ;; *) needed+=("$package") ;; esac
  done
  install=("${as_root[@]}" apt-get install -y -q -q --no-install-recommends)
  [ ${#needed[@]} -eq 0 ] || without_daemons "${install[@]}" "${needed[@]}" >/dev/null
  [ ${#optional[@]} -eq 0 ] || without_daemons "${install[@]}" "${optional[@]}" >/dev/null ||
    say "Slurm cannot be installed here: its tests are skipped"
}

# Runs a command while no package may start its daemons: nobody wants a Slurm or munge to run here. A policy that is
# there already stays as it is.
without_daemons() (
  policy=/usr/sbin/policy-rc.d
  if [ ! -e "$policy" ]; then
    trap '"${as_root[@]}" rm -f "$policy"' EXIT
    printf '#!/bin/sh\nexit 101\n' | "${as_root[@]}" tee "$policy" >/dev/null
    "${as_root[@]}" chmod 755 "$policy"
  fi
  "$@"
)

# .deps/torch is complete when its stamp holds the hash of the wheel list. It is unpacked under a temporary name and
# renamed, so it is whole or absent.
install_libtorch() {
  local stamp=.deps/torch/.stamp want
  want=$(sha256sum <tools/libtorch.txt | cut -d' ' -f1)
  [ "$(cat "$stamp" 2>/dev/null)" != "$want" ] || return 0
  say "downloading LibTorch (0.5 GB)"
  mkdir -p .deps
  work=$(mktemp -d .deps/unpack-XXXXXX)
  trap 'rm -rf "$work"' EXIT
  # The platforms are named so that any Python will do: the wheels are data here, nothing is installed.
  python3 -m pip download -q --no-deps --require-hashes --only-binary=:all: --python-version 3.11 \
    --platform manylinux_2_28_x86_64 --platform manylinux_2_25_x86_64 --platform manylinux2014_x86_64 \
    --disable-pip-version-check --dest "$work/wheels" -r tools/libtorch.txt ||
    fail "could not download LibTorch's wheels from PyPI (see above); with them in a folder, set PIP_NO_INDEX=1 PIP_FIND_LINKS=FOLDER"
  python3 tools/unpack_libtorch.py "$work/wheels" "$work/torch"
  echo "$want" >"$work/torch/.stamp"
  [ ! -e .deps/torch ] || mv .deps/torch "$work/old"
  mv "$work/torch" .deps/torch
  rm -rf "$work"
  trap - EXIT
  say "LibTorch is in .deps/torch"
}

# Python packages of the tests, in .venv.
install_test_tools() {
  local want
  want=$(sha256sum <tools/requirements.txt | cut -d' ' -f1)
  [ "$(cat .venv/.stamp 2>/dev/null)" != "$want" ] || return 0
  say "installing the test tools into .venv"
  rm -rf .venv
  python3 -m venv .venv
  .venv/bin/pip install -q --disable-pip-version-check -r tools/requirements.txt
  echo "$want" >.venv/.stamp
}

case "${1:-}" in
  "") install_packages build ;;
  --tests) install_packages build test ;;
  *) fail "unknown argument $1; usage: tools/setup.sh [--tests]" ;;
esac
install_libtorch
[ "${1:-}" != --tests ] || install_test_tools
say "everything is there"
