#!/usr/bin/env python3
"""The paper's model as one would write it in PyTorch: padded batches, nn.GRU, nn.MultiheadAttention, one process.

A peer in two senses: mer's training throughput is measured against it, and its scores on a corpus must agree with
mer's, which it shares no code with. Default readings of docs/paper_map.md; the last session is tested.

    bench/pytorch_peer.py CORPUS --modalities audio text --standardise audio text --epochs 40 --learning-rate 1e-3
"""

import argparse
import csv
import json
import time
from pathlib import Path

import torch
import torch.nn.functional as F
from safetensors.torch import load_file
from torch import nn

HIDDEN, HEADS, DROPOUT, ALPHA, BETA, MOMENTS = 100, 4, 0.2, 0.1, 0.1, 5


class Corpus:
    """A corpus folder (docs/corpus.md), its dialogues split into the last session (test) and the others (train)."""

    def __init__(self, folder: Path, modalities: list[str], standardise: list[str]):
        facts = json.loads((folder / "corpus.json").read_text())
        rows = list(csv.DictReader((folder / "utterances.csv").open()))
        self.classes = len(facts["labels"])
        self.labels = torch.tensor([facts["labels"].index(row["label"]) for row in rows])
        dialogues: dict[str, list[int]] = {}
        for i, row in enumerate(rows):
            dialogues.setdefault(row["dialogue"], []).append(i)
        last = sorted({row["session"] for row in rows})[-1]
        self.train = [d for d in dialogues.values() if rows[d[0]]["session"] != last]
        self.test = [d for d in dialogues.values() if rows[d[0]]["session"] == last]
        training_rows = [i for dialogue in self.train for i in dialogue]
        self.features = []
        for name in modalities:
            values = load_file(folder / facts["modalities"][name]["file"])["features"]
            if name in standardise:
                part = values[training_rows].double()
                values = ((values.double() - part.mean(0)) / part.std(0, unbiased=False)).float()
            self.features.append(values)


def difference(left, right):
    """One term of eq 6 in the normalised reading."""

    def rows(x):
        x = x - x.mean(0)
        return x / (x.norm(dim=1, keepdim=True).detach() + 1e-6)

    return (rows(left).T @ rows(right)).pow(2).mean()


def similarity(left, right):
    """Eq 5: central moment discrepancy."""
    means = left.mean(0), right.mean(0)
    total = (means[0] - means[1]).norm()
    for k in range(2, MOMENTS + 1):
        total = total + (((left - means[0]) ** k).mean(0) - ((right - means[1]) ** k).mean(0)).norm()
    return total


class Model(nn.Module):
    """Section 3 of the paper, for one modality or two."""

    def __init__(self, dims: list[int], classes: int):
        super().__init__()
        count = len(dims)
        self.project = nn.ModuleList(nn.Linear(dim, HIDDEN) for dim in dims)
        self.recurrent = nn.ModuleList(
            nn.GRU(HIDDEN, HIDDEN // 2, bidirectional=True, batch_first=True) for _ in dims
        )
        self.attention = nn.ModuleList(nn.MultiheadAttention(HIDDEN, HEADS, batch_first=True) for _ in dims)
        self.dropout = nn.Dropout(DROPOUT)
        self.multimodal = count == 2
        self.classify = nn.Linear(4 * HIDDEN if self.multimodal else HIDDEN, classes)
        if self.multimodal:
            self.auxiliary = nn.ModuleList(nn.Linear(HIDDEN, classes) for _ in dims)
            self.public = nn.Linear(HIDDEN, HIDDEN)
            self.unique = nn.ModuleList(nn.Linear(HIDDEN, HIDDEN) for _ in dims)
            self.decode = nn.ModuleList(nn.Linear(HIDDEN, HIDDEN) for _ in dims)
            self.cross = nn.ModuleList(nn.MultiheadAttention(HIDDEN, HEADS, batch_first=True) for _ in dims)

    def forward(self, features, labels, mask):
        lengths = mask.sum(1)
        context = []
        for k, padded in enumerate(features):
            packed = nn.utils.rnn.pack_padded_sequence(
                self.project[k](padded), lengths, batch_first=True, enforce_sorted=False
            )
            hidden, _ = nn.utils.rnn.pad_packed_sequence(self.recurrent[k](packed)[0], batch_first=True)
            attended, _ = self.attention[k](hidden, hidden, hidden, key_padding_mask=~mask, need_weights=False)
            context.append(self.dropout(attended))
        if not self.multimodal:
            logits = self.classify(context[0])[mask]
            return logits, F.cross_entropy(logits, labels)
        return self.fuse(context, labels, mask)

    def fuse(self, context, labels, mask):
        public = [torch.sigmoid(self.public(u)) for u in context]
        unique = [torch.sigmoid(encode(u)) for encode, u in zip(self.unique, context)]
        rebuilt = [decode(p + q) for decode, p, q in zip(self.decode, public, unique)]
        cycled = [torch.sigmoid(encode(r)) for encode, r in zip(self.unique, rebuilt)]
        crossed = [
            self.dropout(self.cross[s](unique[1 - s], unique[s], unique[s], key_padding_mask=~mask, need_weights=False)[0])
            for s in range(2)
        ]
        logits = self.classify(torch.cat(crossed + public, -1))[mask]
        auxiliary = sum(F.cross_entropy(head(u)[mask], labels) for head, u in zip(self.auxiliary, context))
        p, q = [x[mask] for x in public], [x[mask] for x in unique]
        apart = difference(q[0], q[1]) + difference(q[0], p[0]) + difference(q[1], p[1])
        rebuild = sum(F.mse_loss(r[mask], u[mask]) for r, u in zip(rebuilt, context))
        cycle = sum(F.mse_loss(c[mask], x) for c, x in zip(cycled, q))
        subspace = rebuild + cycle + ALPHA * (similarity(p[0], p[1]) + apart)
        return logits, F.cross_entropy(logits, labels) + auxiliary + BETA * subspace


def batch_of(corpus: Corpus, dialogues: list[list[int]]):
    width = max(map(len, dialogues))
    mask = torch.zeros(len(dialogues), width, dtype=torch.bool)
    features = [torch.zeros(len(dialogues), width, values.shape[1]) for values in corpus.features]
    for i, rows in enumerate(dialogues):
        mask[i, : len(rows)] = True
        for padded, values in zip(features, corpus.features):
            padded[i, : len(rows)] = values[rows]
    return features, torch.cat([corpus.labels[rows] for rows in dialogues]), mask


def accuracy(model: Model, corpus: Corpus) -> float:
    model.eval()
    with torch.no_grad():
        features, labels, mask = batch_of(corpus, corpus.test)
        logits, _ = model(features, labels, mask)
    return (logits.argmax(1) == labels).float().mean().item()


def train(corpus: Corpus, arguments, seed: int) -> None:
    torch.manual_seed(seed)
    model = Model([values.shape[1] for values in corpus.features], corpus.classes)
    optimizer = torch.optim.Adam(model.parameters(), lr=arguments.learning_rate, weight_decay=1e-5)
    best, steps, seconds = 0.0, 0, 0.0
    for _ in range(arguments.epochs):
        model.train()
        order = torch.randperm(len(corpus.train)).tolist()
        for first in range(0, len(order), arguments.batch):
            start = time.perf_counter()
            optimizer.zero_grad()
            _, loss = model(*batch_of(corpus, [corpus.train[i] for i in order[first : first + arguments.batch]]))
            loss.backward()
            optimizer.step()
            seconds += time.perf_counter() - start
            steps += 1
        last = accuracy(model, corpus)
        best = max(best, last)
    print(f"seed {seed}: WA last {last:.4f}, best test epoch {best:.4f}; {1000 * seconds / steps:.1f} ms a step", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("corpus", type=Path)
    parser.add_argument("--modalities", nargs="+", default=["audio", "text"])
    parser.add_argument("--standardise", nargs="*", default=["audio"])
    parser.add_argument("--epochs", type=int, default=40)
    parser.add_argument("--batch", type=int, default=20)
    parser.add_argument("--learning-rate", type=float, default=1e-3)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0])
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    corpus = Corpus(arguments.corpus, arguments.modalities, arguments.standardise)
    for seed in arguments.seeds:
        train(corpus, arguments, seed)


if __name__ == "__main__":
    main()
