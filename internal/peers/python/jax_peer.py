"""JAX, compiled by jit, as a peer. The number of threads is the argument: with 1 the process keeps to one core."""

import math
import os
import sys

import numpy as np

from peer import Job, Missing, labels, noise, perceptron, serve, weigh

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
        return cross_entropy(z, target)

    return training(loss_of, params, optimizer)


def training(loss_of, params, optimizer):
    """Steps by the optimizer; its learning rate is 0.001."""
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


def cross_entropy(z, target):
    return -jnp.mean(jax.nn.log_softmax(z)[jnp.arange(z.shape[0]), target])


def start(shape, seed, scale):
    return jnp.asarray(scale * noise(math.prod(shape), seed).reshape(shape), dtype=jnp.float32)


def cnn(channels, size, first, second, classes, images):
    channels, size, first, second, classes, images = (int(v) for v in (channels, size, first, second, classes, images))
    last = second * (size // 4) ** 2
    params = []
    for i, shape in enumerate(((first, channels, 3, 3), (second, first, 3, 3), (last, classes))):
        scale = 2 / math.sqrt(math.prod(shape[1:]) if len(shape) == 4 else shape[0])
        params.append((start(shape, 10 + 2 * i, scale), start((classes if len(shape) == 2 else shape[0],), 11 + 2 * i, scale)))
    x = start((images, channels, size, size), 1, 2)
    target = jnp.asarray(labels(images, classes), dtype=jnp.int32)

    def layer(x, w, b):
        y = jax.lax.conv_general_dilated(x, w, (1, 1), ((1, 1), (1, 1))) + b[:, None, None]
        return jax.lax.reduce_window(jax.nn.relu(y), -jnp.inf, jax.lax.max, (1, 1, 2, 2), (1, 1, 2, 2), "VALID")

    def loss_of(params):
        h = layer(layer(x, *params[0]), *params[1]).reshape(images, last)
        return cross_entropy(h @ params[2][0] + params[2][1], target)

    return training(loss_of, params, "sgd")


def transformer(width, heads, classes, rows, time):
    width, heads, classes, rows, time = (int(v) for v in (width, heads, classes, rows, time))
    shapes = {0: (width, 3 * width), 2: (width, width), 4: (width, 4 * width), 6: (4 * width, width), 14: (width, classes)}
    linear = [(start(s, 10 + i, 2 / math.sqrt(s[0])), jnp.zeros(s[1], jnp.float32)) for i, s in shapes.items()]
    norms = [(jnp.ones(width, jnp.float32), jnp.zeros(width, jnp.float32)) for _ in range(3)]
    x = start((rows, time, width), 1, 2)
    target = jnp.asarray(labels(rows * time, classes), dtype=jnp.int32)
    seen = jnp.tril(jnp.ones((time, time), bool))

    def norm(x, scale, shift):
        off = x - x.mean(-1, keepdims=True)
        return off * jax.lax.rsqrt((off * off).mean(-1, keepdims=True) + 1e-5) * scale + shift

    def loss_of(params):
        (qkv, out, up, down, last), (norm1, norm2, norm3) = params
        h = (norm(x, *norm1) @ qkv[0] + qkv[1]).reshape(rows, time, 3, heads, width // heads)
        q, k, v = (h[:, :, i].transpose(0, 2, 1, 3) for i in range(3))
        w = jax.nn.softmax(jnp.where(seen, q @ k.swapaxes(2, 3) / math.sqrt(width // heads), -jnp.inf))
        y = x + (w @ v).transpose(0, 2, 1, 3).reshape(rows, time, width) @ out[0] + out[1]
        y = y + jax.nn.gelu(norm(y, *norm2) @ up[0] + up[1], approximate=False) @ down[0] + down[1]
        return cross_entropy((norm(y, *norm3) @ last[0] + last[1]).reshape(rows * time, classes), target)

    return training(loss_of, (linear, norms), "adam")


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


def adbench(form, name, *sizes):
    from adbench import task

    return Job(*task(name, form, *(int(n) for n in sizes)))


def valley(x):
    """Rosenbrock's function of many variables."""
    a, b = x[:-1], x[1:]
    return jnp.sum(100 * (b - a * a) ** 2 + (1 - a) ** 2)


def waves(x):
    return jnp.log(jnp.sum(jnp.exp(jnp.sin(x) * x)))


def series(f, x, d, degree):
    """The coefficients of f(x + t·d) up to t^degree. jet takes and returns derivatives, not divided by factorials."""
    from jax.experimental.jet import jet

    y, rest = jet(f, (x,), ((d,) + (jnp.zeros_like(d),) * (degree - 1),))
    return jnp.stack([y] + [c / math.factorial(j + 1) for j, c in enumerate(rest)])


def derivative(what, n, degree="0"):
    n, degree = int(n), int(degree)
    x, d = jnp.asarray(2 * noise(n, 1)), jnp.asarray(2 * noise(n, 2))
    f = {
        "gradient": lambda x, d: jax.value_and_grad(valley)(x)[::-1],
        "jvp": lambda x, d: jax.jvp(valley, (x,), (d,))[::-1],
        "hvp": lambda x, d: (jax.jvp(jax.grad(valley), (x,), (d,))[1],),
        "hessian": lambda x, d: (jax.hessian(valley)(x),),
        "taylor": lambda x, d: (series(waves, x, d, degree),),
    }[what]
    g = jax.jit(f)
    return Job(lambda: jax.block_until_ready(g(x, d)), weigh(g(x, d)[0]))


def per_example(shape):
    """Gradients by the weights, one for each example."""
    widths, rows = shape.split("@")
    widths, rows = [int(w) for w in widths.split("-")], int(rows)
    random = lambda seed, scale, *shape: jnp.asarray(scale * noise(math.prod(shape), seed).reshape(shape))
    params = [(random(10 + 2 * i, 0.25, m, n), random(11 + 2 * i, 0.25, n)) for i, (m, n) in enumerate(zip(widths, widths[1:]))]
    x, target = random(1, 2, rows, widths[0]), jnp.asarray(labels(rows, widths[-1]))

    def loss_of(params, x, target):
        h = x
        for w, b in params[:-1]:
            h = jax.nn.relu(h @ w + b)
        return -jax.nn.log_softmax(h @ params[-1][0] + params[-1][1])[target]

    g = jax.jit(jax.vmap(jax.grad(loss_of), (None, 0, 0)))
    check = sum(weigh(a) for layer in g(params, x, target) for a in layer)
    return Job(lambda: jax.block_until_ready(g(params, x, target)), check)


def sparse(what, n):
    """Matrices with few entries, among all their zeros."""
    x = jnp.asarray(0.1 + np.arange(int(n)) % 7 / 10)
    banded = lambda x: jnp.sin(x[:-2]) * x[1:-1] - x[2:] ** 2
    g = {
        "banded-jacobian": jax.jit(jax.jacfwd(banded)),
        "banded-hessian": jax.jit(jax.hessian(lambda x: jnp.sum(banded(x)))),
        "arrow-head-hessian": jax.jit(jax.hessian(lambda x: x[0] ** 2 + x[0] * jnp.sum(jnp.exp(x[1:])))),
    }[what]
    return Job(lambda: g(x).block_until_ready(), float(jnp.sum(g(x))))


KINDS = {
    "adbench": adbench,
    "elementwise": elementwise,
    "mlp": mlp,
    "deep": deep,
    "conv2d": conv2d,
    "cnn": cnn,
    "transformer": transformer,
    "program": program,
    "derivative": derivative,
    "per-example": per_example,
    "sparse": sparse,
}


def make(kind, *words):
    if kind not in KINDS:
        raise Missing("unknown job")
    return KINDS[kind](*words)


serve(f"JAX {jax.__version__}", make)
