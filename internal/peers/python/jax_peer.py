"""JAX, compiled by jit, as a peer. The number of threads is the argument: with 1 the process keeps to one core."""

import os
import sys

from peer import Job, Missing, noise, perceptron, serve, weigh

if int(sys.argv[1]) == 1 and hasattr(os, "sched_setaffinity"):
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})

try:
    import jax
    import jax.numpy as jnp
except ImportError as e:
    print("no", e, flush=True)
    sys.exit(0)

UNARY = {
    "exp": jnp.exp,
    "tanh": jnp.tanh,
    "sigmoid": jax.nn.sigmoid,
    "relu": jax.nn.relu,
    "softmax": lambda x: jax.nn.softmax(x, axis=1),
}


def elementwise(name, what, rows, columns):
    rows, columns = int(rows), int(columns)
    x = jnp.asarray(16 * noise(rows * columns, 1).reshape(rows, columns), dtype=jnp.float32)
    f = UNARY[name]
    if what == "forward":
        g = jax.jit(f)
        return Job(lambda: g(x).block_until_ready(), weigh(g(x)))
    ct = jnp.asarray(noise(rows * columns, 2).reshape(rows, columns), dtype=jnp.float32)

    @jax.jit
    def both(x, ct):
        y, back = jax.vjp(f, x)
        return y, back(ct)[0]  # y as well: the others compute it

    return Job(lambda: both(x, ct)[1].block_until_ready(), weigh(both(x, ct)[1]))


def mlp(*words):
    optimizer, start, x, labels = perceptron(words)
    x = jnp.asarray(x, dtype=jnp.float32)
    params = [(jnp.asarray(w, dtype=jnp.float32), jnp.asarray(b, dtype=jnp.float32)) for w, b in start]
    one = start[-1][0].shape[1] == 1
    target = jnp.asarray(labels, dtype=jnp.float32 if one else jnp.int32)

    def loss_of(params):
        h = x
        for w, b in params[:-1]:
            h = jax.nn.relu(h @ w + b)
        z = h @ params[-1][0] + params[-1][1]
        if one:
            z = z[:, 0]
            return jnp.mean(jnp.maximum(z, 0) - z * target + jnp.log1p(jnp.exp(-jnp.abs(z))))
        return -jnp.mean(jax.nn.log_softmax(z)[jnp.arange(z.shape[0]), target])

    tree = jax.tree_util.tree_map

    def sgd(state):
        params, m, v, t = state
        loss, grads = jax.value_and_grad(loss_of)(params)
        return loss, (tree(lambda p, g: p - 1e-3 * g, params, grads), m, v, t)

    def adam(state):
        params, m, v, t = state
        loss, grads = jax.value_and_grad(loss_of)(params)
        t = t + 1
        m = tree(lambda m, g: 0.9 * m + 0.1 * g, m, grads)
        v = tree(lambda v, g: 0.999 * v + 0.001 * g * g, v, grads)
        c1, c2 = 1 - 0.9**t, 1 - 0.999**t
        params = tree(lambda p, m, v: p - 1e-3 * (m / c1) / (jnp.sqrt(v / c2) + 1e-8), params, m, v)
        return loss, (params, m, v, t)

    step = jax.jit(sgd if optimizer == "sgd" else adam, donate_argnums=0)
    zeros = tree(jnp.zeros_like, params) if optimizer == "adam" else None
    state = [(params, zeros, tree(jnp.zeros_like, zeros), jnp.zeros((), jnp.float32))]

    def run():
        loss, state[0] = step(state[0])
        jax.block_until_ready(state[0])
        return loss

    for _ in range(5):
        last = run()
    return Job(run, float(last))


def deep(layers, nodes, classes, rows):
    return mlp("sgd", (nodes + "-") * (int(layers) + 1) + classes + "@" + rows)


def conv2d(n, channels, height, width, filters, size):
    n, channels, height, width, filters, size = (int(v) for v in (n, channels, height, width, filters, size))
    x = jnp.asarray(noise(n * channels * height * width, 1).reshape(n, channels, height, width), dtype=jnp.float32)
    w = jnp.asarray(noise(filters * channels * size * size, 2).reshape(filters, channels, size, size), dtype=jnp.float32)
    f = lambda x, w: jax.lax.conv_general_dilated(x, w, (1, 1), ((1, 1), (1, 1)))
    y = f(x, w)
    ct = jnp.asarray(noise(y.size, 4).reshape(y.shape), dtype=jnp.float32)

    @jax.jit
    def both(x, w, ct):
        y, back = jax.vjp(f, x, w)
        return y, back(ct)

    dx, dw = both(x, w, ct)[1]
    return Job(lambda: jax.block_until_ready(both(x, w, ct)), weigh(dx) + weigh(dw))


def program(what, name, n, form):
    """Values and gradients at n points, by a function of a vector or of scalars."""
    from programs import PROGRAMS, points

    if what != "batch":
        raise Missing("unknown job")
    f, at = PROGRAMS[name]
    k = len(at)
    x = jnp.asarray(points(at, int(n)))
    if x.dtype != jnp.float64:
        raise Missing("JAX keeps to single precision")
    if form == "vector":
        g = jax.jit(jax.vmap(jax.value_and_grad(lambda p: f(*(p[i] for i in range(k))))))
    else:
        each = jax.vmap(jax.value_and_grad(f, argnums=tuple(range(k))))

        @jax.jit
        def g(x):
            y, dy = each(*(x[:, i] for i in range(k)))
            return y, jnp.stack(dy, axis=1)

    y, dy = g(x)
    return Job(lambda: jax.block_until_ready(g(x)), weigh(y) + weigh(dy))


KINDS = {"elementwise": elementwise, "mlp": mlp, "deep": deep, "conv2d": conv2d, "program": program}


def make(kind, *words):
    if kind not in KINDS:
        raise Missing("unknown job")
    return KINDS[kind](*words)


serve(f"JAX {jax.__version__}", make)
