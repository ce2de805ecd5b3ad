"""scikit-learn as a peer. The number of threads is that of the environment: OPENBLAS_NUM_THREADS and OMP_NUM_THREADS."""

import sys

import numpy as np

from peer import Job, Missing, labels, noise, serve

try:
    import sklearn
    from sklearn.neural_network import MLPClassifier
except ImportError as e:
    print("no", e, flush=True)
    sys.exit(0)

import warnings

warnings.simplefilter("ignore")  # that a training has not converged


def fit(precision, shape, examples, epochs):
    widths, batch = shape.split("@")
    widths, batch, examples, epochs = [int(w) for w in widths.split("-")], int(batch), int(examples), int(epochs)
    classes = labels(examples, max(widths[-1], 2))
    centers = noise(max(widths[-1], 2) * widths[0], 4).reshape(-1, widths[0])
    x = centers[classes] + noise(examples * widths[0], 1).reshape(examples, widths[0]) / 2
    x = x.astype(np.float32 if precision == "f32" else np.float64)
    last = [None]

    def run():
        last[0] = MLPClassifier(
            widths[1:-1], solver="adam", alpha=0, batch_size=batch, learning_rate_init=1e-3, max_iter=epochs,
            shuffle=True, random_state=1, tol=0, n_iter_no_change=10**6, early_stopping=False,
        ).fit(x, classes)  # fmt: skip

    run()
    if last[0].n_iter_ != epochs:
        raise Missing(f"it stopped after {last[0].n_iter_} epochs")
    return Job(run, last[0].score(x, classes))


KINDS = {"fit": fit}


def make(kind, *words):
    if kind not in KINDS:
        raise Missing("unknown job")
    return KINDS[kind](*words)


serve(f"scikit-learn {sklearn.__version__}, NumPy {np.__version__}", make)
