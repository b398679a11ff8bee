#!/usr/bin/env python3
"""Makes tests/golden/data/*.safetensors with scikit-learn and the reference implementation of safetensors.

standardiser.safetensors  columns of many kinds, a choice of rows, and StandardScaler's mean and scale on these rows
python.safetensors        one tensor of each type, written by the reference implementation
mer.safetensors           written by mer (data/safetensors.cpp); here only read, to see that the reference can

Run: python tools/oracles/make_standardiser.py   (needs numpy, scikit-learn, safetensors)
"""

import pathlib

import numpy as np
from safetensors.numpy import load_file, save_file
from sklearn.preprocessing import StandardScaler

GOLDEN = pathlib.Path(__file__).resolve().parents[2] / "tests" / "golden" / "data"


def make_standardiser() -> None:
    random = np.random.default_rng(0)
    rows = 60
    columns = [
        random.normal(size=rows),
        random.normal(size=rows) * 1e-12,
        random.normal(size=rows) * 1e12 + 1e13,
        random.normal(size=rows) + 1e4,
        np.full(rows, 0.1),  # constant, not exact in binary
        np.zeros(rows),
        np.full(rows, 1e30),
        np.where(np.arange(rows) == 59, 1.0, 0.0),  # constant on the chosen rows only
        np.where(np.arange(rows) % 2 == 0, 3.0, np.nextafter(np.float32(3), np.float32(4))),
        random.integers(0, 2, size=rows),
    ]
    features = np.stack(columns, axis=1).astype(np.float32)
    chosen = np.sort(random.permutation(rows - 1)[:40]).astype(np.int64)
    scaler = StandardScaler().fit(features[chosen].astype(np.float64))
    save_file(
        {"features": features, "rows": chosen, "mean": scaler.mean_, "scale": scaler.scale_},
        GOLDEN / "standardiser.safetensors",
    )


def make_python_file() -> None:
    save_file(
        {
            "doubles": np.array([0.1, -1e300, 5e-324]),
            "matrix": np.arange(6, dtype=np.float32).reshape(2, 3),
            "integers": np.array([-1, 1 << 40], dtype=np.int64),
            "bytes": np.array([1, 2, 3], dtype=np.uint8),
            "nan": np.array([0x7FC00123], dtype=np.uint32).view(np.float32),
        },
        GOLDEN / "python.safetensors",
        metadata={"made_by": "safetensors"},
    )


def check_mer_file() -> None:
    tensors = load_file(GOLDEN / "mer.safetensors")
    assert sorted(tensors) == ["bytes", "doubles", "matrix"]
    np.testing.assert_array_equal(tensors["bytes"], np.array([1, 2, 3], dtype=np.uint8))
    np.testing.assert_array_equal(tensors["doubles"], np.array([0.1, -1e300]))
    np.testing.assert_array_equal(tensors["matrix"], np.arange(6, dtype=np.float32).reshape(2, 3) + np.float32(0.5))


if __name__ == "__main__":
    GOLDEN.mkdir(parents=True, exist_ok=True)
    make_standardiser()
    make_python_file()
    check_mer_file()
