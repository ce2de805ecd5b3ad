"""Single operations of PyTorch. See serve_operations.go, whose words these are."""

import functools

import numpy as np
import torch

import peer
from peer import Job, labels

noise = functools.cache(peer.noise)  # many operations have the same numbers, which nobody changes

F = torch.nn.functional
CONSTANT = ("const", "int", "bool", "sorted")
SYMMETRIC = ("spd", "symmetric")
SIGNLESS = ("eigh", "svd", "qr")
held = None  # the only operation that holds its numbers: those of all together would not fit the memory


def svd(a):
    u, s, vh = torch.linalg.svd(a, False)
    return u, s, vh.mT


def draw(shape, kind, k, dtype):
    """The numbers of operand k."""
    size = int(np.prod(shape, dtype=np.int64))
    x = noise(size, 10 + k)
    n = shape[0] if shape else 1
    diagonal = None
    if kind[0] == "const":
        kind = kind[1:]
    if kind[0] in ("int", "bool"):
        count = int(kind[1]) if kind[0] == "int" else 2
        x = np.floor(count * (x + 0.5)).reshape(shape)
        return torch.tensor(x, dtype=torch.int64 if kind[0] == "int" else torch.bool)
    if kind[0] == "sorted":
        x = np.sort(4 * x)
    elif kind[0] == "well":
        diagonal = 0.2 * n
    elif kind[0] == "near":
        x = x / n
        diagonal = 1
    elif kind[0] == "wide":
        x = x / np.sqrt(n)
        diagonal = np.arange(1, n + 1)
    elif kind[0] in SYMMETRIC:
        x = x.reshape(shape)
        x = np.tril(x) + np.tril(x, -1).T
        if kind[0] == "spd":
            diagonal = 1 + 0.2 * n
    else:
        lo, hi = float(kind[0]), float(kind[1])
        x = lo + (hi - lo) * (x + 0.5)
    x = x.reshape(shape)
    if diagonal is not None:
        x = x + np.diag(np.broadcast_to(diagonal, n))
    return torch.tensor(x, dtype=dtype)


def weigh_signed(x):
    """One number by which two results can be compared: terms do not cancel, and one with the wrong sign shows."""
    x = x.detach().to(torch.float64).numpy().ravel()
    return float(np.where(x < 0, -2 * x, x) @ (1 + noise(x.size, 3)))


def joined(results):
    """The numbers of several results, one behind the other."""
    return torch.cat([y.flatten() for y in results])


class Operation:
    def __init__(self, typ, what, name, *words):
        self.dtype = torch.float64 if typ == "f64" else torch.float32
        self.what, self.name = what, name
        end = words.index("=")
        self.words, expression = words[:end], " ".join(words[end + 1 :])
        names, views = [], []
        for w in self.words:
            if w[0] == "(":
                names.append("abcdefg"[len(names)])
                views.append(names[-1] + (".mT" if w[w.index(")") + 1 :].startswith("t") else ""))
        source = f"lambda {','.join(names)}: {expression}"
        if names != views:
            source = f"lambda {','.join(names)}: ({source})({','.join(views)})"
        self.scope = {"torch": torch, "F": F, "svd": svd}
        attributes = iter("pqrs")
        for w in self.words:
            if w[0] == "#":
                n, k = (int(v) for v in w[1:].split(":"))
                self.scope["i"] = torch.tensor(labels(n, k))
            elif w[0] != "(":
                self.scope[next(attributes)] = int(w) if w.lstrip("-").isdigit() else float(w)
        self.f = eval(source, self.scope)
        self.operands = None
        self.prepare()
        y, grads = self.run()
        if name == "random_uniform":
            self.check = float("nan")
        elif what == "forward":
            y = joined(y) if isinstance(y, tuple) else y
            self.check = weigh_signed(y * y if name in SIGNLESS else y)
        else:
            self.check = 0.0
            for kind, g in zip(self.kinds, grads):
                self.check += weigh_signed((g + g.mT) / 2 if kind[0] in SYMMETRIC else g)

    def prepare(self):
        global held
        if held is not None:
            held.operands = held.wanted = held.ct = None
        held = self
        self.operands, self.wanted, self.kinds = [], [], []
        for w in self.words:
            if w[0] != "(":
                continue
            shape, kind = w[1 : w.index(")")], w[w.index(":") + 1 :].split(":")
            shape = tuple(int(d) for d in shape.split(",")) if shape else ()
            x = draw(shape, kind, len(self.operands), self.dtype)
            self.operands.append(x)
            if self.what == "both" and kind[0] not in CONSTANT:
                x.requires_grad_(True)
                self.wanted.append(x)
                self.kinds.append(kind)
        if self.what == "forward":
            return
        y = self.f(*self.operands)
        several = isinstance(y, tuple)
        flat = joined(y) if several else y.flatten()
        ct = torch.tensor(noise(flat.numel(), 2), dtype=self.dtype)
        if self.name in SIGNLESS:
            ct = ct * flat.detach()
        if several:
            self.ct = tuple(c.reshape(v.shape) for c, v in zip(ct.split([v.numel() for v in y]), y))
        else:
            self.ct = ct.reshape(y.shape)

    def run(self):
        if self.operands is None:
            self.prepare()
        if self.what == "forward":  # no operand wants a gradient, so that PyTorch records nothing
            return self.f(*self.operands), None
        y = self.f(*self.operands)
        return y, torch.autograd.grad(y, self.wanted, self.ct)


def operation(*words):
    o = Operation(*words)
    return Job(o.run, o.check)
