#!/usr/bin/env python3
"""Unpacks LibTorch from the wheels of tools/libtorch.txt: headers and the CPU libraries, nothing else.

Usage: unpack_libtorch.py WHEELS_FOLDER TARGET_FOLDER
"""
import re
import shutil
import sys
import zipfile
from pathlib import Path

KEPT = {
    "torch": re.compile(r"torch/((?:include|lib)/.+)"),
    "nvidia_cuda_runtime": re.compile(r"nvidia/cu13/(lib/libcudart\.so\.13)"),
    "nvidia_cuda_cupti": re.compile(r"nvidia/cu13/(lib/libcupti\.so\.13)"),
}
DROPPED = re.compile(r"lib/lib(torch_cuda|torch_python|torch_nvshmem|shm_windows)|\.(pyi?|a|lib)$")


def unpack(wheel: Path, pattern: re.Pattern, target: Path) -> int:
    count = 0
    with zipfile.ZipFile(wheel) as archive:
        for member in archive.infolist():
            match = pattern.fullmatch(member.filename)
            if member.is_dir() or not match or DROPPED.search(match[1]):
                continue
            path = target / match[1]
            path.parent.mkdir(parents=True, exist_ok=True)
            with archive.open(member) as source, path.open("wb") as sink:
                shutil.copyfileobj(source, sink, 1 << 20)
            count += 1
    return count


def main(wheels: Path, target: Path) -> None:
    for name, pattern in KEPT.items():
        found = list(wheels.glob(f"{name}-*.whl"))
        if len(found) != 1:
            sys.exit(f"unpack_libtorch: expected one wheel of {name} in {wheels}, found {len(found)}")
        if unpack(found[0], pattern, target) == 0:
            sys.exit(f"unpack_libtorch: {found[0].name} has none of the expected files")


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    main(Path(sys.argv[1]), Path(sys.argv[2]))
