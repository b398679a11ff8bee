"""The paper's model as one would write it in PyTorch: padded batches, nn.GRU, nn.MultiheadAttention.

The default readings of docs/paper_map.md, and no code shared with mer.
"""

import torch
import torch.nn.functional as F
from torch import nn

HIDDEN, HEADS, DROPOUT, ALPHA, BETA, MOMENTS = 100, 4, 0.2, 0.1, 0.1, 5


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
        lengths = mask.sum(1).cpu()  # pack_padded_sequence wants them on the host
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
