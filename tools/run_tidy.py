#!/usr/bin/env python3
"""Runs clang-tidy over the product's units that do not include LibTorch (one of those takes it a minute), cores at a time.

Usage: run_tidy.py BUILD_FOLDER
A unit that was clean is not looked at again until it, a project header that it includes, or .clang-tidy changes; the
marks are kept in ${XDG_CACHE_HOME:-~/.cache}/mer/tidy.
"""
import concurrent.futures
import hashlib
import json
import os
import re
import subprocess
import sys
from pathlib import Path

from check_structure import FOLDERS_WITH_TORCH, ROOT, folder_of, includes_of


def closure(unit: Path) -> set[Path]:
    """The unit and every project file that it includes, directly or not."""
    seen: set[Path] = set()
    waiting = [unit]
    while waiting:
        path = waiting.pop()
        if path in seen or not path.is_file():
            continue
        seen.add(path)
        waiting += [ROOT / include.name for include in includes_of(path) if include.quoted]
    return seen


def mark_of(unit: Path, command: str) -> Path:
    digest = hashlib.sha256(command.replace(str(ROOT), "").encode())  # a clone elsewhere has the same marks
    for path in [ROOT / ".clang-tidy", *sorted(closure(unit))]:
        digest.update(path.read_bytes())
    cache = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache"))
    return cache / "mer" / "tidy" / digest.hexdigest()


def without_precompiled_headers(build: Path) -> Path:
    """A copy of the build's compile database that clang can read: GCC's precompiled headers are not for it."""
    entries = json.loads((build / "compile_commands.json").read_text())
    for entry in entries:
        entry["command"] = re.sub(r" -include \S+/cmake_pch\.hxx", "", entry["command"])
    folder = build / "tidy"
    folder.mkdir(exist_ok=True)
    (folder / "compile_commands.json").write_text(json.dumps(entries))
    return folder


def units(database: Path, build: Path) -> list[tuple[Path, str]]:
    """Sources of the compile database, once each, without LibTorch's, nvcc's, tests and generated ones."""
    found = {}
    for entry in json.loads((database / "compile_commands.json").read_text()):
        path = Path(entry["file"])
        if not path.is_relative_to(ROOT) or path.is_relative_to(build) or path.suffix == ".cu":
            continue
        folder = folder_of(path.relative_to(ROOT))
        if folder is not None and folder not in FOLDERS_WITH_TORCH and "torch/include" not in entry["command"]:
            found.setdefault(path, entry["command"])
    return sorted(found.items())


def tidy(database: Path, unit: Path, command: str) -> str | None:
    """None when the unit is clean, else clang-tidy's words."""
    mark = mark_of(unit, command)
    if mark.exists():
        return None
    run = subprocess.run(
        ["clang-tidy", "--quiet", "-p", str(database), "--extra-arg=-Wno-unknown-warning-option", str(unit)],
        capture_output=True, text=True, check=False)
    if run.returncode != 0:
        return run.stdout + run.stderr
    mark.parent.mkdir(parents=True, exist_ok=True)
    mark.touch()
    return None


def main(build: Path) -> int:
    database = without_precompiled_headers(build)
    todo = units(database, build)
    if not todo:
        print(f"no unit in {build}/compile_commands.json")
        return 1
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        complaints = [text for text in pool.map(lambda unit: tidy(database, *unit), todo) if text]
    print("\n".join(complaints) or f"{len(todo)} units are clean")
    return 1 if complaints else 0


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    sys.exit(main(Path(sys.argv[1]).resolve()))
