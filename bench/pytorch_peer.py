#!/usr/bin/env python3
"""Trains the paper's model in PyTorch (bench/peers/model.py) on a corpus folder, in one process.

A peer in two senses: mer's training throughput is measured against it, and its scores on a corpus must agree with
mer's, which it shares no code with. Default readings of docs/paper_map.md; the last session is tested.

    bench/pytorch_peer.py CORPUS --modalities audio text --standardise audio text --epochs 40 --learning-rate 1e-3
"""

import argparse
from pathlib import Path

import torch

from peers.corpus import Corpus, Fold
from peers.training import Settings, make_model, train


def last_session_out(corpus: Corpus, modalities: list[str], standardise: list[str]) -> Fold:
    last = sorted({row["session"] for row in corpus.rows})[-1]
    test = {i for i, row in enumerate(corpus.rows) if row["session"] == last}
    return Fold(corpus, set(range(len(corpus.rows))) - test, test, modalities, standardise)


def report(fold: Fold, settings: Settings) -> None:
    epochs = list(train(make_model(fold, settings.seed), fold, settings))
    steps = sum(epoch.steps for epoch in epochs)
    seconds = sum(epoch.train_seconds for epoch in epochs)
    best = max(epoch.accuracy for epoch in epochs)
    print(f"seed {settings.seed}: WA last {epochs[-1].accuracy:.4f}, best test epoch {best:.4f}; "
          f"{1000 * seconds / steps:.1f} ms a step", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("corpus", type=Path)
    parser.add_argument("--modalities", nargs="+", default=["audio", "text"])
    parser.add_argument("--standardise", nargs="*", default=["audio"])
    parser.add_argument("--epochs", type=int, default=40)
    parser.add_argument("--batch", type=int, default=20)
    parser.add_argument("--learning-rate", type=float, default=1e-3)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0])
    parser.add_argument("--device", default="cpu", help="cpu or cuda")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    fold = last_session_out(Corpus(arguments.corpus), arguments.modalities, arguments.standardise).to(arguments.device)
    for seed in arguments.seeds:
        report(fold, Settings(arguments.epochs, seed, arguments.batch, arguments.learning_rate))


if __name__ == "__main__":
    main()
