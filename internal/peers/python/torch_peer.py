"""PyTorch as a peer. The number of threads is the first argument; the second may be compile, for training steps by
torch.compile, or flush, for subnormal numbers taken as zeros."""

import math
import sys

from peer import Job, Missing, labels, noise, perceptron, serve, weigh

try:
    import torch
except ImportError as e:
    print("no", e, flush=True)
    sys.exit(0)

from torch_operations import operation

F = torch.nn.functional
COMPILE = "compile" in sys.argv[2:]

UNARY = {
    "exp": torch.exp,
    "tanh": torch.tanh,
    "sigmoid": torch.sigmoid,
    "relu": torch.relu,
    "softmax": lambda x: torch.softmax(x, 1),
}

# The forms that write into a tensor that is there already; the others make a new one each time.
INTO = {
    "exp": lambda x, y: torch.exp(x, out=y),
    "tanh": lambda x, y: torch.tanh(x, out=y),
    "sigmoid": lambda x, y: torch.sigmoid(x, out=y),
    "relu": lambda x, y: torch.clamp_min(x, 0, out=y),
}


def elementwise(name, what, rows, columns):
    rows, columns = int(rows), int(columns)
    x = torch.tensor(16 * noise(rows * columns, 1).reshape(rows, columns), dtype=torch.float32)
    f = UNARY[name]
    if what == "forward":
        y = torch.empty_like(x)

        def run():
            with torch.no_grad():
                if name in INTO:
                    return INTO[name](x, y)
                return f(x)

        return Job(run, weigh(run()))
    x.requires_grad_(True)
    ct = torch.tensor(noise(rows * columns, 2).reshape(rows, columns), dtype=torch.float32)

    def both():
        x.grad = None
        f(x).backward(ct)

    both()
    return Job(both, weigh(x.grad))


def mlp(*words):
    optimizer, start, x, classes = perceptron(words)
    layers = []
    for i, (w, b) in enumerate(start):
        linear = torch.nn.Linear(*w.shape)
        with torch.no_grad():
            linear.weight.copy_(torch.tensor(w.T))
            linear.bias.copy_(torch.tensor(b))
        layers.append(linear)
        if i + 1 < len(start):
            layers.append(torch.nn.ReLU())
    net = torch.nn.Sequential(*layers)
    x = torch.tensor(x, dtype=torch.float32)
    target = torch.tensor(classes)
    if start[-1][0].shape[1] == 1:
        target = target.to(torch.float32).reshape(-1, 1)
    return training(net, x, target, optimizer)


def training(net, x, target, optimizer):
    """One step on a batch: cross-entropy of labels, or of the targets 0 and 1 where those are numbers."""
    if target.is_floating_point():
        loss_of = lambda: F.binary_cross_entropy_with_logits(net(x), target)
    else:
        loss_of = lambda: F.cross_entropy(net(x), target)
    kind = {"sgd": torch.optim.SGD, "adam": torch.optim.Adam}[optimizer]
    if COMPILE:
        torch._dynamo.reset()  # the code of earlier jobs, whose guards would be looked through at every call
        opt = kind(net.parameters(), lr=1e-3)
        loss_of, update = torch.compile(loss_of), torch.compile(opt.step)
    else:
        opt = kind(net.parameters(), lr=1e-3, fused=True)  # the fastest on processors, by as much as a quarter of a step
        update = opt.step
    last = [0.0]

    def step():
        opt.zero_grad(set_to_none=True)
        loss = loss_of()
        loss.backward()
        update()
        last[0] = loss

    for _ in range(5):
        step()
    return Job(step, last[0].item())


def gemm(precision, form, m, n, k):
    m, n, k = int(m), int(n), int(k)
    dtype = torch.float32 if precision == "f32" else torch.float64
    a = torch.tensor(noise(m * k, 1), dtype=dtype)
    b = torch.tensor(noise(k * n, 2), dtype=dtype)
    a = a.reshape(k, m).T if form[0] == "t" else a.reshape(m, k)
    b = b.reshape(n, k).T if form[1] == "t" else b.reshape(k, n)
    c = torch.empty(m, n, dtype=dtype)
    run = lambda: torch.mm(a, b, out=c)
    run()
    return Job(run, weigh(c))


def conv2d(n, channels, height, width, filters, size):
    n, channels, height, width, filters, size = (int(v) for v in (n, channels, height, width, filters, size))
    shape = (n, channels, height, width)
    x = torch.tensor(noise(n * channels * height * width, 1).reshape(shape), dtype=torch.float32, requires_grad=True)
    w = torch.tensor(noise(filters * channels * size * size, 2).reshape(filters, channels, size, size), dtype=torch.float32, requires_grad=True)
    y = F.conv2d(x, w, stride=1, padding=1)
    ct = torch.tensor(noise(y.numel(), 4).reshape(tuple(y.shape)), dtype=torch.float32)

    def both():
        x.grad = w.grad = None
        F.conv2d(x, w, stride=1, padding=1).backward(ct)

    both()
    return Job(both, weigh(x.grad) + weigh(w.grad))


def cnn(channels, size, first, second, classes, images, memory_format=torch.contiguous_format):
    channels, size, first, second, classes, images = (int(v) for v in (channels, size, first, second, classes, images))
    net = torch.nn.Sequential(
        torch.nn.Conv2d(channels, first, 3, padding=1),
        torch.nn.ReLU(),
        torch.nn.MaxPool2d(2),
        torch.nn.Conv2d(first, second, 3, padding=1),
        torch.nn.ReLU(),
        torch.nn.MaxPool2d(2),
        torch.nn.Flatten(),
        torch.nn.Linear(second * (size // 4) ** 2, classes),
    )
    with torch.no_grad():
        for i, layer in enumerate((net[0], net[3], net[7])):
            shape = tuple(layer.weight.shape)
            scale = 2 / math.sqrt(layer.weight[0].numel())
            w = noise(layer.weight.numel(), 10 + 2 * i) * scale
            w = w.reshape(shape) if len(shape) == 4 else w.reshape(shape[::-1]).T  # a linear layer's is given as (in, out)
            layer.weight.copy_(torch.tensor(w))
            layer.bias.copy_(torch.tensor(noise(shape[0], 11 + 2 * i) * scale))
    x = torch.tensor(2 * noise(images * channels * size * size, 1).reshape(images, channels, size, size), dtype=torch.float32)
    net, x = net.to(memory_format=memory_format), x.to(memory_format=memory_format)
    return training(net, x, torch.tensor(labels(images, classes)), "sgd")


def cnn_channels_last(*words):
    return cnn(*words, memory_format=torch.channels_last)


class LanguageModel(torch.nn.Module):
    def __init__(self, letters, width, units):
        super().__init__()
        self.letters = torch.nn.Embedding(letters, width)
        self.gru = torch.nn.GRU(width, units, batch_first=True)
        self.out = torch.nn.Linear(units, letters)

    def forward(self, x):
        return self.out(self.gru(self.letters(x))[0]).flatten(0, 1)


def gru(inputs, units, rows, time):
    inputs, units, rows, time = (int(v) for v in (inputs, units, rows, time))
    layer = torch.nn.GRU(inputs, units, batch_first=True)
    fill(layer.parameters(), 2 / math.sqrt(units), 10)
    x = torch.tensor(2 * noise(rows * time * inputs, 1).reshape(rows, time, inputs), dtype=torch.float32, requires_grad=True)
    ct = torch.tensor(noise(rows * time * units, 2).reshape(rows, time, units), dtype=torch.float32)

    def both():
        x.grad = None
        for p in layer.parameters():
            p.grad = None
        layer(x)[0].backward(ct)

    both()
    return Job(both, weigh(x.grad) + weigh(layer.weight_hh_l0.grad.T))


def fill(parameters, scale, seed):
    """Sets the weights and biases, which are given with inputs before outputs."""
    with torch.no_grad():
        for i, p in enumerate(parameters):
            p.copy_(torch.tensor(scale * noise(p.numel(), seed + i).reshape(tuple(p.shape)[::-1]).T))


def language_model(letters, width, units, rows, time):
    letters, width, units, rows, time = (int(v) for v in (letters, width, units, rows, time))
    net = LanguageModel(letters, width, units)
    with torch.no_grad():
        w = net.letters.weight
        w.copy_(torch.tensor(2 * noise(w.numel(), 10).reshape(w.shape)))
    fill(list(net.gru.parameters()) + list(net.out.parameters()), 2 / math.sqrt(units), 11)
    text = torch.tensor(labels(rows * (time + 1), letters)).reshape(rows, time + 1)
    return training(net, text[:, :-1].contiguous(), text[:, 1:].flatten(), "adam")


class Draws:
    """The stream of numbers in [0, 1) that ADBench's programs start from."""

    def __init__(self, state):
        self.state = state

    def fill(self, n, low, high):
        out = []
        for _ in range(n):
            self.state = (self.state * 1103515245 + 12345) % 2**31
            out.append(low + (high - low) * (self.state / 2**31))
        return torch.tensor(out, dtype=torch.float64)


def mixture(d, k):
    """The gradient of ADBench's mixture of Gaussians, but for what does not depend on its leaves."""
    d, k, n = int(d), int(k), 1000
    rng = Draws(42)
    x = rng.fill(n * d, -1, 1).reshape(n, d)
    alpha, mu = rng.fill(k, -1, 1).requires_grad_(), rng.fill(k * d, -1, 1).reshape(k, d).requires_grad_()
    factors = rng.fill(k * d * (d + 1) // 2, -0.5, 0.5).reshape(k, -1).requires_grad_()
    columns, rows = torch.triu_indices(d, d, 1)
    places = torch.cat([torch.arange(d) * (d + 1), rows * d + columns])
    leaves = [alpha, mu, factors]

    def run():
        for leaf in leaves:
            leaf.grad = None
        logs = factors[:, :d]
        numbers = torch.cat([torch.exp(logs), factors[:, d:]], 1)
        q = torch.zeros(k, d * d, dtype=torch.float64).index_copy(1, places, numbers).reshape(k, d, d)
        off = (x @ q.reshape(k * d, d).T).reshape(n, k, d) - (q @ mu[:, :, None]).reshape(k, d)
        terms = alpha + logs.sum(1) - 0.5 * off.square().sum(2)
        value = torch.logsumexp(terms, 1).sum() - n * torch.logsumexp(alpha, 0) - 0.5 * numbers.square().sum()
        value.backward()

    run()
    return Job(run, sum(float(leaf.grad.sum()) for leaf in leaves))


class TransformerBlock(torch.nn.Module):
    """One block with its norms first, a last norm and a linear layer."""

    def __init__(self, width, heads, classes):
        super().__init__()
        self.heads = heads
        self.qkv = torch.nn.Linear(width, 3 * width)
        self.out = torch.nn.Linear(width, width)
        self.up = torch.nn.Linear(width, 4 * width)
        self.down = torch.nn.Linear(4 * width, width)
        self.norm1 = torch.nn.LayerNorm(width)
        self.norm2 = torch.nn.LayerNorm(width)
        self.norm3 = torch.nn.LayerNorm(width)
        self.last = torch.nn.Linear(width, classes)

    def forward(self, x):
        rows, time, width = x.shape
        q, k, v = self.qkv(self.norm1(x)).view(rows, time, 3, self.heads, width // self.heads).permute(2, 0, 3, 1, 4)
        a = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        x = x + self.out(a.transpose(1, 2).reshape(rows, time, width))
        x = x + self.down(F.gelu(self.up(self.norm2(x))))
        return self.last(self.norm3(x)).flatten(0, 1)


def transformer(width, heads, classes, rows, time):
    width, heads, classes, rows, time = (int(v) for v in (width, heads, classes, rows, time))
    net = TransformerBlock(width, heads, classes)
    with torch.no_grad():
        # The numbers are those of the parameters' places in the list that all contestants share, which norms are in.
        for place, layer in ((0, net.qkv), (2, net.out), (4, net.up), (6, net.down), (14, net.last)):
            n = layer.weight.shape[1]
            layer.weight.copy_(torch.tensor(2 / math.sqrt(n) * noise(layer.weight.numel(), 10 + place).reshape(n, -1).T))
            layer.bias.zero_()
    x = torch.tensor(2 * noise(rows * time * width, 1).reshape(rows, time, width), dtype=torch.float32)
    return training(net, x, torch.tensor(labels(rows * time, classes)), "adam")


def deep(layers, nodes, classes, rows):
    return mlp("sgd", (nodes + "-") * (int(layers) + 1) + classes + "@" + rows)


KINDS = {"elementwise": elementwise, "gemm": gemm, "mlp": mlp, "conv2d": conv2d, "cnn": cnn, "cnn-channels-last": cnn_channels_last, "gru": gru, "letters": language_model, "transformer": transformer, "mixture": mixture, "deep": deep, "operation": operation}


def make(kind, *words):
    if kind not in KINDS:
        raise Missing("unknown job")
    return KINDS[kind](*words)


torch.set_num_threads(int(sys.argv[1]))
if "flush" in sys.argv[2:]:
    torch.set_flush_denormal(True)
serve(f"PyTorch {torch.__version__}", make)
