"""The tasks of internal/adbench in their usual sizes, but for ba, as JAX takes them: each returns a function of nothing,
compiled, that computes the value and the derivative. The check is the sum of the derivative's numbers."""

import math

import jax
import jax.numpy as jnp
import numpy as np

from peer import Missing


def draws(seed):
    """The numbers of programs.Draws."""
    state = seed
    while True:
        state = (state * 1103515245 + 12345) % (1 << 31)
        yield state / (1 << 31)


def fill(rng, n, low, high):
    return np.array([low + (high - low) * next(rng) for _ in range(n)])


def lse(form):
    x = jnp.asarray(fill(draws(7), 100000, -100, 100))

    def f(x):
        m = jnp.max(x)
        return m + jnp.log(jnp.sum(jnp.exp(x - m)))

    g = jax.jit(jax.value_and_grad(f))
    return lambda: g(x)


def llsq(form):
    m, n = 128, 4096
    x = jnp.asarray(fill(draws(7), m, 0, 1))
    t = jnp.asarray(-1 + 2 * np.arange(n) / (n - 1))
    sign = jnp.sign(t)

    def f(x):
        p = jnp.zeros(n)
        for j in reversed(range(m)):
            p = p * t + x[j]
        return jnp.sum((sign - p) ** 2) / 2

    g = jax.jit(jax.value_and_grad(f))
    return lambda: g(x)


def ode(form):
    n, steps = 20, 1000
    x, h = jnp.asarray(fill(draws(7), n, 0.5, 1.5)), 2 / steps

    def f(x):
        def slope(y):
            return x * jnp.concatenate([jnp.ones(1), y[:-1]])

        def step(y, _):
            k1 = slope(y)
            k2 = slope(y + h / 2 * k1)
            k3 = slope(y + h / 2 * k2)
            k4 = slope(y + h * k3)
            return y + h / 6 * (k1 + k4 + 2 * (k2 + k3)), None

        return jax.lax.scan(step, jnp.zeros(n), None, length=steps)[0][-1]

    g = jax.jit(jax.value_and_grad(f))
    return lambda: g(x)


def kmeans(form):
    n, k, d = 1000, 10, 8
    rng = draws(7)
    points, x = jnp.asarray(fill(rng, n * d, 0, 1).reshape(n, 1, d)), jnp.asarray(fill(rng, k * d, 0, 1).reshape(k, d))

    def f(x):
        return jnp.sum(jnp.min(jnp.sum((points - x) ** 2, axis=2), axis=1))

    @jax.jit
    def g(x):
        value = f(x)
        grad, second = jax.jvp(jax.grad(f), (x,), (jnp.ones_like(x),))
        return value, jnp.where(second == 0, 0, grad / jnp.where(second == 0, 1, second))

    return lambda: g(x)


BONES, FINGERS, JOINTS = 22, 5, 4


def parent(b):
    return b - 1 if b < 2 or (b - 2) % JOINTS != 0 else 1


def offset(b):
    finger, joint = divmod(b - 2, JOINTS)
    if b == 0:
        return (0.0, 0.0, 0.0)
    if b == 1:
        return (0.0, 0.2, 0.0)
    if joint == 0:
        return (0.25 * (finger - 2), 0.9 - 0.08 * (finger - 2) ** 2, 0.0)
    return (0.0, 0.45 - 0.1 * joint, 0.0)


def hand(form):
    n = 1000
    rng = draws(7)
    pose = jnp.asarray(fill(rng, 26, -0.5, 0.5))
    rest = np.zeros((BONES, 3))
    for b in range(1, BONES):
        rest[b] = rest[parent(b)] + np.array(offset(b))
    weights, points = np.zeros((n, BONES, 4)), np.zeros((n, 3))
    for i in range(n):
        b = 1 + i % (BONES - 1)
        points[i] = [rest[b][k] + 0.2 * (next(rng) - 0.5) for k in range(3)]
        w = 0.5 + 0.5 * next(rng)
        for bone, v in ((b, w), (parent(b), 1 - w)):
            weights[i, bone, :3] += v * points[i]
            weights[i, bone, 3] += v
    measured = jnp.asarray([v + 0.1 * (next(rng) - 0.5) for v in points.ravel()]).reshape(n, 3)
    weights = jnp.asarray(weights.reshape(n, 4 * BONES))

    def turn(x, y, angle):
        s, c = jnp.sin(angle), jnp.cos(angle)
        return c * x + s * y, c * y - s * x

    def f(pose):
        r = pose[:3]
        angle = jnp.sqrt(jnp.sum(r * r))
        a = r / angle
        cross = jnp.array([[0, -a[2], a[1]], [a[2], 0, -a[0]], [-a[1], a[0], 0]])
        root = jnp.cos(angle) * jnp.eye(3) + jnp.sin(angle) * cross + (1 - jnp.cos(angle)) * jnp.outer(a, a)
        columns, places = [[root[:, k] for k in range(3)]], [pose[3:6]]
        rows = []
        for b in range(BONES):
            if b > 0:
                c, o = list(columns[parent(b)]), offset(b)
                places.append(places[parent(b)] + sum(c[k] * o[k] for k in range(3)))
                if b >= 2:
                    finger, joint = divmod(b - 2, JOINTS)
                    angles = pose[6 + 4 * finger :]
                    if joint == 0:
                        c[1], c[2] = turn(c[1], c[2], angles[0])
                        c[0], c[1] = turn(c[0], c[1], angles[1])
                    elif joint < 3:
                        c[1], c[2] = turn(c[1], c[2], angles[joint + 1])
                columns.append(c)
            c = columns[b]
            rows += [*c, places[b] - sum(c[k] * rest[b][k] for k in range(3))]
        return measured - weights @ jnp.stack(rows)

    def both(pose):
        return jnp.sum(f(pose)), (jax.jacfwd if form == "forward" else jax.jacrev)(f)(pose)

    g = jax.jit(both)
    return lambda: g(pose)


def ba(form, cameras, points, observations):
    rng = draws(3)
    base = [0.1, -0.2, 0.3, 0.5, -0.4, -2, 1.3, 0.02, -0.03, 0.05, -0.01, 0.7, 0.9, 1.5, 0.8, 0.3, 0.4]

    def near(part, n):
        return np.array([[v * (0.95 + 0.1 * next(rng)) for v in part] for _ in range(n)])

    seen = near(base[15:], observations)
    camera, point, weight = near(base[:11], cameras), near(base[11:14], points), near(base[14:15], observations)
    which = np.arange(observations)
    camera, point, weight, seen = (jnp.asarray(v) for v in (camera[which % cameras], point[which % points], weight[:, 0], seen))

    def residuals(camera, point, weight, seen):
        r, x = camera[:3], point - camera[3:6]
        angle = jnp.sqrt(jnp.sum(r * r))
        a = r / angle
        s, c = jnp.sin(angle), jnp.cos(angle)
        turned = x * c + jnp.cross(a, x) * s + a * (jnp.dot(a, x) * (1 - c))
        uv = turned[:2] / turned[2]
        r2 = jnp.sum(uv * uv)
        scale = camera[6] * (camera[9] * r2 + camera[10] * (r2 * r2) + 1)
        e = weight * (uv * scale + camera[7:9] - seen)
        return jnp.concatenate([e, (1 - weight * weight)[None]])

    jacobian = (jax.jacfwd if form == "forward" else jax.jacrev)(residuals, argnums=(0, 1, 2))
    each = jax.vmap(jacobian)
    values = jax.vmap(residuals)

    @jax.jit
    def g(camera, point, weight, seen):
        return jnp.sum(values(camera, point, weight, seen)), each(camera, point, weight, seen)

    return lambda: g(camera, point, weight, seen)


def particle(form):
    def potential(x, w):
        charges = jnp.stack([jnp.array([10.0, 10.0]) - jnp.array([0.0, 1.0]) * w, jnp.array([10.0, 0.0])])
        return jnp.sum(1 / jnp.sqrt(jnp.sum((x - charges) ** 2, axis=1)))

    def fall(w):
        def going(s):
            x, v = s
            return (x + 0.1 * v)[1] > 0

        def step(s):
            x, v = s
            return x + 0.1 * v, v - 0.1 * jax.grad(potential)(x, w)

        x, v = jax.lax.while_loop(going, step, (jnp.array([0.0, 8.0]), jnp.array([0.75, 0.0])))
        return (x[0] - x[1] / v[1] * v[0]) ** 2

    def both(w):
        return jax.jvp(fall, (w,), (jnp.ones_like(w),))

    def step(s):
        w, value, slope, rate, successes, _ = s
        rate, successes = jnp.where(successes == 10, 2 * rate, rate), jnp.where(successes == 10, 0, successes)
        far = w - rate * slope
        close = jnp.abs(far - w) <= 1e-5
        v, s = both(far)
        better = v < value
        pick = lambda a, b: jnp.where(close, b, jnp.where(better, a, b))
        return (pick(far, w), pick(v, value), pick(s, slope), jnp.where(better, rate, rate / 2), jnp.where(better, successes + 1, 0), close)

    @jax.jit
    def descend(w):
        value, slope = both(w)
        going = lambda s: (jnp.abs(s[2]) > 1e-5) & ~s[5]
        w = jax.lax.while_loop(going, step, (w, value, slope, 1e-5, 0, False))[0]
        return w, w

    start = jnp.asarray(0.0)
    return lambda: descend(start)


TASKS = {"lse": lse, "llsq": llsq, "ode": ode, "kmeans": kmeans, "hand": hand, "ba": ba, "particle": particle}


def task(name, form, *sizes):
    """The task of that name, and its check."""
    if name not in TASKS:
        raise Missing("unknown task")
    run = TASKS[name](form, *sizes)
    derivative = run()[1]
    if any(a.dtype != jnp.float64 for a in jax.tree_util.tree_leaves(derivative)):
        raise Missing("JAX keeps to single precision")
    return (lambda: jax.block_until_ready(run())), math.fsum(float(jnp.sum(a)) for a in jax.tree_util.tree_leaves(derivative))
