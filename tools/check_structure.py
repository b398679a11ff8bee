#!/usr/bin/env python3
"""Checks the shape of the sources: include edges, sizes, headers, tests that are built, links. Prints each breach.

The tables below are the rules; CONTRIBUTING.md explains them. Needs universal-ctags for function lengths.
"""
import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent
FOLDERS = ["core", "data/exchange", "data/import", "data", "transport", "storage", "orchestrator", "worker/extractor", "worker/gateway", "worker/trainer", "worker", "model/kernels",
           "model/grid", "model/cuda", "model", "web", "cli"]
FOLDERS_WITH_TORCH = ["model", "worker/extractor", "worker/trainer"]
MAX_FILE_LINES = 600
MAX_FUNCTION_LINES = 100

# Which folder may include which folders ("x/") and files, besides its own. A main.cpp may include what it wires.
ALLOWED_EDGES = {
    "core": [],
    "data": ["core/"],
    "data/exchange": ["core/", "data/"],
    "data/import": ["core/", "data/"],
    "transport": ["core/"],
    "storage": ["core/"],
    "model/kernels": ["core/"],
    "model/grid": ["core/", "model/kernels/"],
    "model/cuda": ["core/", "model/kernels/", "model/grid/"],
    "model": ["core/", "model/kernels/", "model/grid/", "model/cuda/library.hpp"],
    "orchestrator": ["core/", "data/", "transport/transport.hpp", "storage/result_store.hpp"],
    "worker/extractor": ["core/", "data/", "model/device/gpu.hpp", "model/grid/"],
    "worker/gateway": ["core/", "transport/gateway_link.hpp", "transport/transport.hpp"],
    "worker": ["core/", "data/", "transport/transport.hpp"],
    "worker/trainer": ["core/", "data/", "model/", "model/kernels/", "model/grid/"],
    "web": ["core/", "storage/aggregate.hpp", "storage/audit.hpp", "storage/comparison.hpp",
            "storage/configurations.hpp", "storage/control_target.hpp", "storage/missing.hpp", "storage/pooled.hpp",
            "storage/published.hpp", "storage/reader_call.hpp", "storage/result_store.hpp", "storage/results_text.hpp",
            "storage/tables.hpp", "storage/utterance_tests.hpp"],
    "cli": ["core/", "data/", "data/exchange/", "data/import/", "storage/", "web/", "orchestrator/sweep_plan.hpp"],
}

# Third-party headers and the only files that may include them.
CONFINED = [
    (r"mpi\.h", r"(tests/)?transport/mpi_\w+\.cpp"),
    (r"zmq\.h", r"(tests/)?transport/zmq_\w+\.cpp"),
    (r"sqlite3\.h", r"(storage|tests/storage|bench)/\w+\.cpp"),
    (r"httplib\.h", r"web/\w+\.cpp|cli/coordinator_client\.cpp|tests/web/\w+\.cpp"),
    (r"openssl/.*", r"core/sha256\.cpp|(tests/)?web/(tls|channel)\w*\.cpp"),
    (r"boost/.*", r"core/stats/distributions\.cpp"),
    (r"Eigen/.*", r"core/stats/(pca|separation|tsne)\.cpp"),
    (r"hwy/.*", r"model/kernels/.*"),
    (r"sndfile\.h", r"data/sound_file\.hpp|worker/extractor/(waveform|acoustic_methods)\.cpp|tests/extractor/signals\.cpp"),
    (r"soxr\.h", r"worker/extractor/(resampling|acoustic_methods)\.cpp"),
    (r"utf8proc\.h", r"worker/extractor/(bert_characters|hashed_text)\.cpp"),
    (r"zip\.h", r"data/exchange/npz\.cpp"),
    (r"CLI/.*", r"cli/\w+\.(cpp|hpp)|\w+(/\w+)?/main\.cpp"),
    (r"(torch|ATen|c10)/.*", r"model/(device/)?\w+\.[ch]pp|worker/extractor/((log_mel|acoustic_methods|bert_\w+)\.cpp|(bert_weights|compute_alone)\.hpp)|worker/trainer/.*|tests/(model|device|trainer)/.*|bench/.*"),
    (r"(cuda|cublas|nccl).*\.h", r"model/cuda/.*"),
    (r"nlohmann/json\.hpp", r"core/json\.hpp"),
    (r"core/json\.hpp", r".*\.cpp|core/pch\.hpp"),
]

# The seams between parts: their headers state who may call them from which thread and how they fail.
SEAMS = [
    "core/messages.hpp",
    "core/result.hpp",
    "data/corpus.hpp",
    "data/safetensors.hpp",
    "storage/result_store.hpp",
    "transport/frame_port.hpp",
    "transport/transport.hpp",
    "model/kernels/kernels.hpp",
    "model/grid/operations.hpp",
    "model/grid/runtime.hpp",
    "model/device/device.hpp",
    "model/stacked_model.hpp",
]


class Include(NamedTuple):
    line: int
    name: str
    quoted: bool


def includes_of(path: Path) -> list[Include]:
    found = []
    for number, line in enumerate(path.read_text().splitlines(), 1):
        match = re.match(r'\s*#\s*include\s+(["<])([^">]+)[">]', line)
        if match:
            found.append(Include(number, match[2], match[1] == '"'))
    return found


def folder_of(path: Path) -> str | None:
    """The code folder of a path relative to ROOT; None outside of them (tests, bench)."""
    return next((folder for folder in FOLDERS if path.as_posix().startswith(folder + "/")), None)


def files(*patterns: str) -> list[Path]:
    """Every file of these patterns that git tracks or would track, relative to ROOT."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "--", *patterns],
        cwd=ROOT, capture_output=True, text=True, check=True).stdout.splitlines()
    return sorted(Path(name) for name in set(listed) if (ROOT / name).is_file())


def is_generated(user: Path, name: str) -> bool:
    """A header that the build makes: the CMakeLists.txt of its user's folder names it."""
    lists = ROOT / user.parent / "CMakeLists.txt"
    return lists.is_file() and name in lists.read_text()


def breaches_of_edges(path: Path) -> list[str]:
    folder = folder_of(path)
    found = []
    for include in includes_of(ROOT / path):
        where = f"{path}:{include.line}"
        for header, users in CONFINED:
            if re.fullmatch(header, include.name) and not re.fullmatch(users, path.as_posix()):
                found.append(f"{where}: {include.name} may be included only by {users}")
        if not include.quoted:
            continue
        if not (ROOT / include.name).is_file() and not is_generated(path, include.name):
            found.append(f'{where}: "{include.name}" is not a file of the project: write paths from the root')
        target = folder_of(Path(include.name))
        if folder is None or path.name == "main.cpp" or target is None or target == folder:
            continue
        if not any(include.name == edge or edge == target + "/" for edge in ALLOWED_EDGES[folder]):
            found.append(f"{where}: {folder}/ may not include {include.name}")
    return found


def breaches_of_header(path: Path) -> list[str]:
    text = (ROOT / path).read_text()
    found = []
    if not text.startswith("//"):
        found.append(f"{path}:1: a header begins with a comment that says what it is for")
    # -inl.hpp: compiled once for each instruction set, within one unit.
    if "#pragma once" not in text and not path.name.endswith("-inl.hpp"):
        found.append(f"{path}:1: #pragma once is missing")
    if path.as_posix() in SEAMS:
        found += [f"{path}:1: a seam's header states {word}" for word in ("Threads:", "Errors:") if word not in text]
    return found


def breaches_of_text(path: Path) -> list[str]:
    lines = (ROOT / path).read_text().splitlines()
    found = []
    if len(lines) > MAX_FILE_LINES:
        found.append(f"{path}: {len(lines)} lines, at most {MAX_FILE_LINES}")
    for number, line in enumerate(lines, 1):
        if re.search(r"\b(TODO|FIXME|XXX)\b", line):
            found.append(f"{path}:{number}: no {line.strip()!r}: do it, or file it")
        if path.suffix == ".hpp" and re.match(r"using namespace\b", line):
            found.append(f"{path}:{number}: no using namespace in a header")
    return found


def breaches_of_functions(paths: list[Path]) -> list[str]:
    if not shutil.which("ctags"):
        return ["universal-ctags is missing: run tools/setup.sh --tests"]
    run = subprocess.run(
        ["ctags", "--output-format=json", "--languages=C++", "--kinds-C++=f", "--fields=+ne", "-f", "-", "-L", "-"],
        cwd=ROOT, input="\n".join(map(str, paths)), capture_output=True, text=True, check=True)
    found = []
    for tag in map(json.loads, run.stdout.splitlines()):
        length = tag.get("end", tag["line"]) - tag["line"] + 1
        if length > MAX_FUNCTION_LINES:
            found.append(f"{tag['path']}:{tag['line']}: {tag['name']} has {length} lines, at most {MAX_FUNCTION_LINES}")
    return found


def breaches_of_build(paths: list[Path]) -> list[str]:
    """Every unit is named in the CMakeLists.txt of its folder or of one above: a test that is not built rots."""
    found = []
    for path in paths:
        if path.suffix not in (".cpp", ".cu"):
            continue
        lists = [ROOT / parent / "CMakeLists.txt" for parent in path.parents]
        if not any(re.search(rf"\b{re.escape(path.name)}", each.read_text()) for each in lists if each.is_file()):
            found.append(f"{path}: not named in a CMakeLists.txt")
    return found


def breaches_of_links(page: Path) -> list[str]:
    """Links of a Markdown page to files that are not there."""
    targets = re.findall(r"\]\(([^)#\s]+)[^)]*\)", (ROOT / page).read_text())
    return [f"{page}: links to {target}, which is not there" for target in targets
            if "://" not in target and not (ROOT / page.parent / target).exists()]


def main() -> int:
    paths = files("*.cpp", "*.hpp", "*.cu")
    found = []
    for path in paths:
        found += breaches_of_edges(path) + breaches_of_text(path)
        if path.suffix == ".hpp":
            found += breaches_of_header(path)
    for page in files("*.md"):
        found += breaches_of_links(page)
    found += [f"{seam}: a seam of the project is missing" for seam in SEAMS if not (ROOT / seam).is_file()]
    found += breaches_of_functions(paths) + breaches_of_build(paths)
    print("\n".join(found) or f"{len(paths)} files are in order")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
