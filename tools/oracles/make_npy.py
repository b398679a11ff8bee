#!/usr/bin/env python3
"""Makes tests/golden/data/npy: arrays as NumPy writes them, of the kinds that are read and of those that are refused.

Run: python tools/oracles/make_npy.py   (needs numpy)
"""

import pathlib

import numpy as np

GOLDEN = pathlib.Path(__file__).resolve().parents[2] / "tests" / "golden" / "data" / "npy"
MATRIX = np.array([[1.5, -2.25, 0.0], [65504.0, 6.103515625e-05, -0.5]])  # exact in float16, 6.1e-05 its least normal


def write_version(path: pathlib.Path, array: np.ndarray, version: tuple[int, int]) -> None:
    with path.open("wb") as file:
        np.lib.format.write_array(file, array, version=version)


def main() -> None:
    GOLDEN.mkdir(exist_ok=True)
    single = MATRIX.astype("<f4")
    arrays = {
        "float32": single,
        "float64_fortran": np.asfortranarray(MATRIX),
        "float16": MATRIX.astype("<f2"),
        "big_endian": MATRIX.astype(">f4"),
        "whole_numbers": np.arange(6).reshape(2, 3),
        "structured": np.zeros(2, dtype=[("a", "<f4"), ("b", "<f4")]),
        "texts": np.array(["u1", "größe", "日本", "😀"]),
        "text_bytes": np.array([b"u1", b"u2"]),
    }
    for name, array in arrays.items():
        np.save(GOLDEN / f"{name}.npy", array)
    np.save(GOLDEN / "objects.npy", np.array([[1.0], "text"], dtype=object), allow_pickle=True)
    write_version(GOLDEN / "version2.npy", single, (2, 0))
    write_version(GOLDEN / "version3.npy", single, (3, 0))
    texts = arrays["texts"][:2]
    np.savez(GOLDEN / "stored.npz", features=single, utterances=texts)
    np.savez_compressed(GOLDEN / "deflated.npz", features=np.zeros((2, 4000), dtype="<f4"), utterances=texts)


if __name__ == "__main__":
    main()
