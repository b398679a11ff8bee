"""Ten-step trajectories of torch.optim in float64, for tests/trainer/optimizer_test.cpp.

Run with the oracle environment: python tools/oracles/make_optimizer_golden.py > tests/golden/trainer/optimizer.json
"""

import json
import sys

import torch

STEPS = 10
CASES = [
    ("adam", 1e-3, 1e-2, lambda p, lr, wd: torch.optim.Adam(p, lr=lr, weight_decay=wd)),
    ("adam", 0.1, 0.0, lambda p, lr, wd: torch.optim.Adam(p, lr=lr, weight_decay=wd)),
    ("adamw", 1e-2, 0.1, lambda p, lr, wd: torch.optim.AdamW(p, lr=lr, weight_decay=wd)),
    ("sgd", 0.05, 1e-2, lambda p, lr, wd: torch.optim.SGD(p, lr=lr, weight_decay=wd)),
]


def trajectory(optimizer_name, learning_rate, weight_decay, make):
    generator = torch.Generator().manual_seed(7)
    shapes = [(3, 2), (5,)]
    parameters = [torch.randn(s, generator=generator, dtype=torch.float64).requires_grad_() for s in shapes]
    start = [p.detach().flatten().tolist() for p in parameters]
    optimizer = make(parameters, learning_rate, weight_decay)
    gradients, after = [], []
    for _ in range(STEPS):
        for p in parameters:
            p.grad = torch.randn(p.shape, generator=generator, dtype=torch.float64)
        gradients.append([p.grad.flatten().tolist() for p in parameters])
        optimizer.step()
        after.append([p.detach().flatten().tolist() for p in parameters])
    norms = [sum(x * x for g in step for x in g) ** 0.5 for step in gradients]
    return {
        "optimizer": optimizer_name,
        "learning_rate": learning_rate,
        "weight_decay": weight_decay,
        "start": start,
        "gradients": gradients,
        "gradient_norms": norms,
        "parameters": after,
    }


json.dump({"torch": torch.__version__, "cases": [trajectory(*case) for case in CASES]}, sys.stdout, indent=1)
print()
