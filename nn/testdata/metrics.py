#!/usr/bin/env python3
"""Writes metrics.json: what scikit-learn says of predictions, and their labels, scores or targets.

Run with scikit-learn 1.9.1 and numpy 2.4.6:

    python metrics.py > metrics.json
"""
import json
import warnings

import numpy as np
import sklearn
from sklearn import metrics

warnings.simplefilter("ignore")  # of classes that are never predicted
rng = np.random.default_rng(12)


def classes(labels, predicted, n):
    """The figures of a classifier: of each class, and averages over them."""
    per = metrics.precision_recall_fscore_support(labels, predicted, labels=range(n))
    out = {"labels": labels, "predicted": predicted, "classes": n,
           "matrix": metrics.confusion_matrix(labels, predicted, labels=range(n)).tolist(),
           "accuracy": metrics.accuracy_score(labels, predicted),
           "precision": per[0].tolist(), "recall": per[1].tolist(), "f1": per[2].tolist(), "rows": [int(n) for n in per[3]]}
    for average in "macro", "micro", "weighted":
        out[average] = metrics.precision_recall_fscore_support(labels, predicted, average=average)[:3]
    return out


def area(scores, positive):
    return {"scores": scores, "positive": positive, "auc": metrics.roc_auc_score(positive, scores)}


def r2(y, t):
    return {"shape": list(np.shape(y)), "y": np.ravel(y).tolist(), "t": np.ravel(t).tolist(), "r2": metrics.r2_score(t, y)}


def ints(n, size):
    return rng.integers(n, size=size).tolist()


labels = ints(4, 60)
noisy = [p if rng.random() < 0.7 else int(rng.integers(4)) for p in labels]
ties = (rng.integers(5, size=50) / 4).tolist()
t = rng.normal(size=(20, 3))
groups = {
    "scikit-learn": sklearn.__version__,
    "classes": {
        "two classes": classes([0, 1, 1, 0, 1, 1, 0], [0, 1, 0, 0, 1, 1, 1], 2),
        "four classes, most right": classes(labels, noisy, 4),
        "four classes, by chance": classes(ints(4, 60), ints(4, 60), 4),
        "all right": classes([2, 0, 1], [2, 0, 1], 3),
        "all wrong": classes([2, 0, 1], [0, 1, 2], 3),
        "one class": classes([0, 0, 0], [0, 0, 0], 1),
        "a class that is never predicted": classes([0, 1, 2, 2], [0, 1, 1, 1], 3),
        "a class without rows": classes([0, 1, 1], [0, 2, 1], 3),
        "classes that do not occur": classes([0, 4, 4, 0], [4, 4, 0, 0], 6),
    },
    "areas": {
        "scores as they come": area(rng.normal(size=40).tolist(), (rng.random(40) < 0.4).tolist()),
        "scores that say something": area(*(lambda p: ((p + rng.normal(size=60)).tolist(), p.tolist()))(rng.random(60) < 0.3)),
        "many ties": area(ties, (rng.random(50) < 0.5).tolist()),
        "all equal": area([3.0] * 6, [True, False, True, True, False, True]),
        "perfect": area([0.1, 0.9, 0.8, 0.2], [False, True, True, False]),
        "the wrong way round": area([0.9, 0.1, 0.2, 0.8], [False, True, True, False]),
        "far apart": area([-1e300, 1e300, -1e-300, 0.0, 1e-300, -0.0], [False, True, True, False, False, True]),
    },
    "r2": {
        "one output": r2(t[:, :1] + 0.3 * rng.normal(size=(20, 1)), t[:, :1]),
        "three outputs": r2(t + 0.5 * rng.normal(size=(20, 3)), t),
        "worse than the mean": r2(-t, t),
        "perfect": r2(t, t),
        "constant targets": r2([[1.0], [2.0]], [[2.0], [2.0]]),
        "constant targets, perfect": r2([[2.0], [2.0]], [[2.0], [2.0]]),
        "a constant output among others": r2(np.c_[t, np.full(20, 3.0)] + 0.1, np.c_[t, np.full(20, 3.0)]),
        "far from 0": r2(1e6 + t + 0.1, 1e6 + t),
    },
}
lines = []
for name, group in groups.items():
    if isinstance(group, dict):
        group = ",\n".join(f"  {json.dumps(k)}: {json.dumps(v)}" for k, v in group.items())
        lines.append(f" {json.dumps(name)}: {{\n{group}\n }}")
    else:
        lines.append(f" {json.dumps(name)}: {json.dumps(group)}")
print("{\n" + ",\n".join(lines) + "\n}")
