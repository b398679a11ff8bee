#!/usr/bin/env python3
"""Makes tests/golden/projections.json: principal components, silhouettes and t-SNE by scikit-learn.

Usage: python tools/oracles/make_projections.py > tests/golden/projections.json   (numpy, scikit-learn)
"""
import json
import sys

import numpy
import sklearn
from sklearn.decomposition import PCA
from sklearn.manifold import TSNE
from sklearn.metrics import silhouette_score
from sklearn.neighbors import NearestNeighbors

COMPONENTS, NEIGHBOURS = 3, 10


def blobs(generator, count, width, groups):
    """Rounded, so that the file holds what was computed with."""
    centres = generator.normal(0, 1.5, (groups, width))
    labels = generator.integers(0, groups, count)
    scales = 1 / numpy.sqrt(1 + numpy.arange(width))
    return numpy.round(centres[labels] + generator.normal(0, 1, (count, width)) * scales, 3), labels


def components(points, labels):
    pca = PCA(COMPONENTS, svd_solver="full")
    projected = pca.fit_transform(points)
    return {"width": points.shape[1], "points": points.flatten().tolist(), "labels": labels.tolist(),
            "projected": projected.flatten().tolist(), "explained": pca.explained_variance_ratio_.tolist(),
            "silhouette": float(silhouette_score(points, labels))}


def neighbours_kept(points, placed):
    """Share of each point's nearest neighbours that are so in the picture too."""
    def sets(where):
        found = NearestNeighbors(n_neighbors=NEIGHBOURS).fit(where).kneighbors(return_distance=False)
        return [set(row) for row in found]

    return float(numpy.mean([len(a & b) / NEIGHBOURS for a, b in zip(sets(points), sets(placed))]))


def neighbourhoods(points, perplexity):
    start = PCA(2, svd_solver="full").fit_transform(points)
    start *= 1e-4 / numpy.std(start[:, 0])
    method = TSNE(perplexity=perplexity, init=start, method="exact", learning_rate="auto", max_iter=1000)
    placed = method.fit_transform(points)
    return {"width": points.shape[1], "points": points.flatten().tolist(), "perplexity": perplexity,
            "start": start.flatten().tolist(), "divergence": float(method.kl_divergence_), "neighbours": NEIGHBOURS,
            "kept": neighbours_kept(points, placed)}


def main():
    generator = numpy.random.default_rng(20261129)
    json.dump({
        "made_by": f"scikit-learn {sklearn.__version__}, numpy {numpy.__version__}",
        "components": [components(*blobs(generator, count, width, 3)) for count, width in ((40, 12), (8, 12), (30, 3))],
        "tsne": [neighbourhoods(blobs(generator, count, 8, groups)[0], perplexity)
                 for count, groups, perplexity in ((150, 4, 20), (120, 1, 10))],
    }, sys.stdout)


if __name__ == "__main__":
    main()
